/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages: which page goes next, and whose is it? The pool's pages in eviction order, oldest first,
 * as the pager itself would release them; beneath, every owner of the selected page, each an area
 * that covers it, with what that area's tables say of it now.
 */
#include "view.h"

static const struct snap_pmem *pmem_of(const struct row *row)
{
	return &row->scene->snapshot->pmems[row->index];
}

static uint32_t count_pages(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->snapshot->num_pmems;
}

static struct ref page_ref(const struct row *row)
{
	return scene_ref(row->scene, OBJECT_PMEM, row->index);
}

static void order_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%u", row->index);
}

static void pa_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = pmem_of(row);

	if (pmem->pa_known)
		text_add(&field->text, "0x%08llx", (unsigned long long)pmem->pa);
	else
		text_add(&field->text, "unknown");
}

static struct sort_key pa_key(const struct row *row)
{
	return (struct sort_key){pmem_of(row)->pa, NULL};
}

static void state_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = pmem_of(row);

	field->style = page_style(pmem);
	text_add(&field->text, "%c ", page_letter(pmem));
	page_add_state(pmem, &field->text);
}

static struct sort_key state_key(const struct row *row)
{
	return (struct sort_key){(uint64_t)pmem_of(row)->state * 2 + pmem_of(row)->hidden, NULL};
}

static void object_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = pmem_of(row);

	if (pmem->fobj == NONE) {
		field->style = STYLE_DIM;
		text_add(&field->text, "-");
		return;
	}
	scene_add_fobj(row->scene, pmem->fobj, &field->text);
	text_add(&field->text, "[%u]", pmem->page);
}

static const struct snap_fobj *fobj_of(const struct row *row)
{
	uint32_t fobj = pmem_of(row)->fobj;

	return fobj < row->scene->snapshot->num_fobjs ? &row->scene->snapshot->fobjs[fobj] : NULL;
}

static struct sort_key object_key(const struct row *row)
{
	const struct snap_fobj *fobj = fobj_of(row);

	/* Names first, so that the objects of one instance are together. */
	return (struct sort_key){fobj ? 0 : 1, fobj ? fobj->name : ""};
}

static void kind_text(const struct row *row, struct field *field)
{
	const struct snap_fobj *fobj = fobj_of(row);

	text_add(&field->text, "%s", fobj ? fobj->kind : "");
}

static struct sort_key kind_key(const struct row *row)
{
	const struct snap_fobj *fobj = fobj_of(row);

	return (struct sort_key){0, fobj ? fobj->kind : ""};
}

static void owners_text(const struct row *row, struct field *field)
{
	uint32_t owners = pmem_of(row)->num_owners;

	field->style = owners > 1 ? STYLE_STRONG : owners ? STYLE_TEXT : STYLE_DIM;
	text_add(&field->text, "%u", owners);
}

static struct sort_key owners_key(const struct row *row)
{
	return (struct sort_key){pmem_of(row)->num_owners, NULL};
}

/* The contexts, each with what its tables say: "A greeter r-x, B greeter ---". */
static void mapped_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = pmem_of(row);

	for (uint32_t i = 0; i < pmem->num_owners && field->text.length < 200; i++) {
		text_add(&field->text, "%s", i ? ", " : "");
		scene_add_context(row->scene, pmem->owners[i].context, &field->text);
		text_add(&field->text, " ");
		if (pmem->owners[i].pte_known)
			text_add_prot(&field->text, pmem->owners[i].pte);
		else
			text_add(&field->text, "???");
	}
}

static const struct column page_columns[] = {
	{.title = "ORDER", .width = 5, .rank = 2, .right = true, .text = order_text},
	{.title = "ADDRESS", .width = 10, .fit = true, .text = pa_text, .key = pa_key},
	{.title = "STATE", .width = 9, .grow = 1, .text = state_text, .key = state_key},
	{.title = "OBJECT",
	 .width = 12,
	 .grow = 4,
	 .roomy = true,
	 .text = object_text,
	 .key = object_key},
	{.title = "KIND", .width = 8, .rank = 3, .text = kind_text, .key = kind_key},
	{.title = "OWN",
	 .width = 3,
	 .rank = 1,
	 .right = true,
	 .text = owners_text,
	 .key = owners_key},
	{.title = "MAPPED IN",
	 .width = 12,
	 .grow = 6,
	 .rank = 4,
	 .roomy = true,
	 .text = mapped_text},
};

/* An address is not always written with the zeros of the list, and may be one inside the page. */
static bool page_matches(const struct row *row, const char *needle)
{
	const struct snap_pmem *pmem = pmem_of(row);
	uint64_t address;

	return pmem->pa_known && text_parse_address(needle, &address) && address >= pmem->pa &&
	       address - pmem->pa < 4096;
}

static const struct list_spec pages = {
	.empty = "the pool has no pages yet",
	.count = count_pages,
	.object = page_ref,
	.matches = page_matches,
	.columns = page_columns,
	.num_columns = sizeof(page_columns) / sizeof(page_columns[0]),
};

/* Owners of one page: its areas, then the fobj it holds a page of. */

static const struct snap_pmem *parent_of(const struct row *row)
{
	return &row->scene->snapshot->pmems[row->parent];
}

/* NULL: the last row, the fobj's. */
static const struct snap_owner *owner_of(const struct row *row)
{
	const struct snap_pmem *pmem = parent_of(row);

	return row->index < pmem->num_owners ? &pmem->owners[row->index] : NULL;
}

static uint32_t count_owners(const struct scene *scene, uint32_t parent)
{
	const struct snap_pmem *pmem;

	if (parent >= scene->snapshot->num_pmems)
		return 0;
	pmem = &scene->snapshot->pmems[parent];
	return pmem->num_owners + (pmem->fobj != NONE);
}

static struct ref owner_ref(const struct row *row)
{
	const struct snap_owner *owner = owner_of(row);

	if (!owner)
		return scene_ref(row->scene, OBJECT_FOBJ, parent_of(row)->fobj);
	return scene_ref(row->scene, OBJECT_AREA, owner->area);
}

static void owner_what(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%s", owner_of(row) ? "area" : "fobj");
}

static void owner_name(const struct row *row, struct field *field)
{
	const struct snap_owner *owner = owner_of(row);

	field->style = STYLE_LINK;
	if (owner) {
		scene_add_area(row->scene, owner->area, &field->text);
		return;
	}
	scene_add_fobj(row->scene, parent_of(row)->fobj, &field->text);
	text_add(&field->text, "[%u]", parent_of(row)->page);
}

static void owner_context(const struct row *row, struct field *field)
{
	const struct snap_owner *owner = owner_of(row);

	if (owner)
		scene_add_context(row->scene, owner->context, &field->text);
	else
		text_add(&field->text, "holds this page of it");
}

static void owner_va(const struct row *row, struct field *field)
{
	const struct snap_owner *owner = owner_of(row);

	if (owner)
		text_add(&field->text, "0x%08llx", (unsigned long long)owner->va);
}

static void owner_pte(const struct row *row, struct field *field)
{
	const struct snap_owner *owner = owner_of(row);

	if (!owner)
		return;
	field->style = !owner->pte_known ? STYLE_WARN : owner->pte ? STYLE_GOOD : STYLE_DIM;
	if (owner->pte_known)
		text_add_prot(&field->text, owner->pte);
	else
		text_add(&field->text, "???");
}

static void owner_allowed(const struct row *row, struct field *field)
{
	const struct snap_owner *owner = owner_of(row);

	if (owner && owner->area < row->scene->snapshot->num_areas)
		text_add_prot(&field->text, row->scene->snapshot->areas[owner->area].prot);
}

static const struct column owner_columns[] = {
	{.title = "", .width = 4, .rank = 2, .text = owner_what},
	{.title = "OWNER", .width = 11, .grow = 3, .roomy = true, .text = owner_name},
	{.title = "CONTEXT", .width = 9, .grow = 2, .text = owner_context},
	{.title = "VA", .width = 10, .fit = true, .text = owner_va},
	{.title = "PTE", .width = 3, .text = owner_pte},
	{.title = "AREA", .width = 4, .rank = 3, .text = owner_allowed},
};

const struct list_spec page_owners = {
	.empty = "nobody owns it: the page is free",
	.count = count_owners,
	.object = owner_ref,
	.columns = owner_columns,
	.num_columns = sizeof(owner_columns) / sizeof(owner_columns[0]),
};

void page_owners_title(const struct scene *scene, uint32_t index, struct text *title)
{
	const struct snap_pmem *pmem;
	uint32_t mapped = 0;

	if (index >= scene->snapshot->num_pmems)
		return;
	pmem = &scene->snapshot->pmems[index];
	for (uint32_t i = 0; i < pmem->num_owners; i++)
		mapped += pmem->owners[i].pte_known && pmem->owners[i].pte != 0;
	scene_add_ref(scene, scene_ref(scene, OBJECT_PMEM, index), title);
	text_add(title, " \u00b7 ");
	page_add_state(pmem, title);
	if (pmem->fobj == NONE)
		return;
	text_add(title, " \u00b7 ");
	text_add_counted(title, pmem->num_owners, "owner");
	text_add(title, ", mapped by %u", mapped);
}

static uint32_t find_page(const struct scene *scene, struct ref ref)
{
	return ref.kind == OBJECT_PMEM ? scene_find(scene, ref) : NONE;
}

const struct view view_pages = {
	.name = "pages",
	.master = &pages,
	.detail = &page_owners,
	.find = find_page,
	.detail_title = page_owners_title,
};
