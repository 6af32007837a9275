/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refs: does every reference have a holder? The ledger: each fobj and each file with its count
 * against its named holders. Beneath, the findings about the selected one, and its holders.
 */
#include <stdlib.h>
#include <string.h>

#include "view.h"

struct account {
	struct ref ref;
	int64_t count, surplus;
	const struct snap_holder *holders;
	uint32_t num_holders;
	const char *kind;
};

static struct account account_of(const struct scene *scene, uint32_t index)
{
	const struct snapshot *snapshot = scene->snapshot;

	if (index < snapshot->num_fobjs) {
		const struct snap_fobj *fobj = &snapshot->fobjs[index];

		return (struct account){scene_ref(scene, OBJECT_FOBJ, index),
					fobj->refcount,
					fobj->surplus,
					fobj->holders,
					fobj->num_holders,
					"fobj"};
	}
	index -= snapshot->num_fobjs;
	if (index >= snapshot->num_files) {
		const struct snap_lost *lost = &snapshot->lost[index - snapshot->num_files];

		return (struct account){
			{OBJECT_FOBJ, lost->id, 0}, lost->refcount, 0, NULL, 0, "lost"};
	}
	return (struct account){
		scene_ref(scene, OBJECT_FILE, index), snapshot->files[index].refcount,
		snapshot->files[index].surplus,       snapshot->files[index].holders,
		snapshot->files[index].num_holders,   "file"};
}

static uint32_t count_accounts(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->snapshot->num_fobjs + scene->snapshot->num_files + scene->snapshot->num_lost;
}

static struct ref account_ref(const struct row *row)
{
	return account_of(row->scene, row->index).ref;
}

static void kind_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%s", account_of(row->scene, row->index).kind);
}

static void name_text(const struct row *row, struct field *field)
{
	const struct snapshot *snapshot = row->scene->snapshot;
	uint32_t index = row->index;

	if (index < snapshot->num_fobjs) {
		scene_add_fobj(row->scene, index, &field->text);
		return;
	}
	index -= snapshot->num_fobjs;
	if (index < snapshot->num_files)
		text_add(&field->text, "%.64s",
			 snapshot->files[index].unlisted ? "freed" : snapshot->files[index].tag);
	else
		text_add(&field->text, "%.64s", snapshot->lost[index - snapshot->num_files].name);
}

static void count_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%lld", (long long)account_of(row->scene, row->index).count);
}

static struct sort_key count_key(const struct row *row)
{
	return (struct sort_key){(uint64_t)account_of(row->scene, row->index).count ^ 1ull << 63,
				 NULL};
}

static void named_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%u", account_of(row->scene, row->index).num_holders);
}

static struct sort_key named_key(const struct row *row)
{
	return (struct sort_key){account_of(row->scene, row->index).num_holders, NULL};
}

/* A finding's object is an address in hex, perhaps with more text after it. */
static bool finding_about(const struct snap_finding *finding, struct ref ref)
{
	const char *hex = strstr(finding->object, "0x");

	return hex && strtoull(hex, NULL, 16) == ref.id;
}

static const struct snap_finding *finding_nth(const struct row *row, struct ref ref, uint32_t nth)
{
	const struct snapshot *snapshot = row->scene->snapshot;

	for (uint32_t i = 0; i < snapshot->num_findings; i++)
		if (finding_about(&snapshot->findings[i], ref) && nth-- == 0)
			return &snapshot->findings[i];
	return NULL;
}

/* Freed while somebody holds it, or in no list while it is not freed. */
static bool is_gone(const struct snapshot *snapshot, uint32_t index)
{
	if (index < snapshot->num_fobjs)
		return snapshot->fobjs[index].unlisted;
	index -= snapshot->num_fobjs;
	return index >= snapshot->num_files || snapshot->files[index].unlisted;
}

static void verdict_text(const struct row *row, struct field *field)
{
	struct account account = account_of(row->scene, row->index);
	const struct snap_finding *finding = finding_nth(row, account.ref, 0);

	bool wrong = account.surplus || is_gone(row->scene->snapshot, row->index);

	field->style = wrong ? STYLE_BAD : STYLE_GOOD;
	if (finding && *finding->confidence)
		text_add(&field->text, "%.20s: ", finding->confidence);
	if (account.surplus > 0)
		text_add(&field->text, "%lld without a holder", (long long)account.surplus);
	else if (account.surplus < 0)
		text_add(&field->text, "%lld too few", -(long long)account.surplus);
	else if (is_gone(row->scene->snapshot, row->index))
		text_add(&field->text, "%s", account.kind[0] == 'l' ? "in no list" : "freed");
	else
		text_add(&field->text, "all named");
}

static struct sort_key verdict_key(const struct row *row)
{
	bool gone = is_gone(row->scene->snapshot, row->index);

	return (struct sort_key){(uint64_t)llabs(account_of(row->scene, row->index).surplus) + gone,
				 NULL};
}

static const struct column account_columns[] = {
	{.title = "", .width = 4, .rank = 1, .text = kind_text},
	{.title = "OBJECT", .width = 12, .grow = 3, .roomy = true, .text = name_text},
	{.title = "COUNT", .width = 5, .right = true, .text = count_text, .key = count_key},
	{.title = "NAMED", .width = 5, .right = true, .text = named_text, .key = named_key},
	{.title = "VERDICT", .width = 9, .grow = 3, .text = verdict_text, .key = verdict_key},
};

static const struct list_spec accounts = {
	.empty = "nothing is counted yet",
	.worst_first = 4,
	.count = count_accounts,
	.object = account_ref,
	.columns = account_columns,
	.num_columns = sizeof(account_columns) / sizeof(account_columns[0]),
};

/* Beneath: findings about it, then its holders. */

static uint32_t count_findings(const struct scene *scene, uint32_t parent)
{
	struct ref ref = account_of(scene, parent).ref;
	uint32_t count = 0;

	for (uint32_t i = 0; i < scene->snapshot->num_findings; i++)
		count += finding_about(&scene->snapshot->findings[i], ref);
	return count;
}

static uint32_t count_entries(const struct scene *scene, uint32_t parent)
{
	if (parent >= count_accounts(scene, NONE))
		return 0;
	return count_findings(scene, parent) + account_of(scene, parent).num_holders;
}

static const struct snap_holder *entry_holder(const struct row *row)
{
	uint32_t findings = count_findings(row->scene, row->parent);

	if (row->index < findings)
		return NULL;
	return &account_of(row->scene, row->parent).holders[row->index - findings];
}

static struct ref entry_ref(const struct row *row)
{
	const struct snap_holder *holder = entry_holder(row);

	return holder ? scene_holder_ref(row->scene, holder)
		      : account_of(row->scene, row->parent).ref;
}

static void entry_what(const struct row *row, struct field *field)
{
	const struct snap_holder *holder = entry_holder(row);

	field->style = holder ? STYLE_DIM : STYLE_BAD;
	text_add(&field->text, "%s", holder ? holder->kind : "finding");
}

static void entry_text(const struct row *row, struct field *field)
{
	const struct snap_holder *holder = entry_holder(row);
	const struct snap_finding *finding;

	if (holder) {
		field->style = STYLE_LINK;
		text_add(&field->text, "%.100s", *holder->name ? holder->name : "no name");
		text_add(&field->text, " 0x%llx", (unsigned long long)holder->id);
		return;
	}
	finding = finding_nth(row, account_of(row->scene, row->parent).ref, row->index);
	if (finding)
		text_add(&field->text, "%s", finding->message);
}

static const struct column entry_columns[] = {
	{.title = "", .width = 7, .text = entry_what},
	{.title = "HELD BY", .width = 20, .grow = 1, .text = entry_text},
};

static const struct list_spec entries = {
	.empty = "nobody holds it by name",
	.count = count_entries,
	.object = entry_ref,
	.columns = entry_columns,
	.num_columns = sizeof(entry_columns) / sizeof(entry_columns[0]),
};

static void entries_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	if (parent >= count_accounts(scene, NONE))
		return;
	scene_add_ref(scene, account_of(scene, parent).ref, title);
	text_add(title, " \u00b7 ");
	text_add_counted(title, count_findings(scene, parent), "finding");
	text_add(title, " here, %u in all", scene->snapshot->num_findings);
}

static uint32_t find_account(const struct scene *scene, struct ref ref)
{
	uint32_t index = scene_find(scene, ref);

	if (index == NONE || (ref.kind != OBJECT_FOBJ && ref.kind != OBJECT_FILE))
		return NONE;
	return ref.kind == OBJECT_FOBJ ? index : index + scene->snapshot->num_fobjs;
}

const struct view view_refs = {
	.name = "refs",
	.master = &accounts,
	.detail = &entries,
	.find = find_account,
	.detail_title = entries_title,
};
