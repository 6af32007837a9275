/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fobjs: what is in memory of each object, and who keeps it alive? Beneath, the holders of the
 * selected one by name, then its pages that are in the pool.
 */
#include "view.h"

static const struct snap_fobj *fobj_of(const struct row *row)
{
	return &row->scene->snapshot->fobjs[row->index];
}

static uint32_t count_fobjs(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->snapshot->num_fobjs;
}

static struct ref fobj_ref(const struct row *row)
{
	return scene_ref(row->scene, OBJECT_FOBJ, row->index);
}

static void name_text(const struct row *row, struct field *field)
{
	scene_add_fobj(row->scene, row->index, &field->text);
}

static struct sort_key name_key(const struct row *row)
{
	return (struct sort_key){0, fobj_of(row)->name};
}

static void kind_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%s", *fobj_of(row)->kind ? fobj_of(row)->kind : "?");
}

static struct sort_key kind_key(const struct row *row)
{
	return (struct sort_key){0, fobj_of(row)->kind};
}

static void pages_text(const struct row *row, struct field *field)
{
	text_add_count(&field->text, fobj_of(row)->pages);
}

static struct sort_key pages_key(const struct row *row)
{
	return (struct sort_key){fobj_of(row)->pages, NULL};
}

static void in_text(const struct row *row, struct field *field)
{
	uint32_t in = fobj_of(row)->num_resident;

	field->style = in ? STYLE_TEXT : STYLE_DIM;
	text_add_count(&field->text, in);
}

static struct sort_key in_key(const struct row *row)
{
	return (struct sort_key){fobj_of(row)->num_resident, NULL};
}

static void refs_text(const struct row *row, struct field *field)
{
	const struct snap_fobj *fobj = fobj_of(row);

	field->style = fobj->surplus ? STYLE_BAD : STYLE_TEXT;
	text_add(&field->text, "%lld", (long long)fobj->refcount);
	if (fobj->surplus)
		text_add(&field->text, " (%+lld)", (long long)fobj->surplus);
}

static struct sort_key refs_key(const struct row *row)
{
	/* Signed order in unsigned keys. */
	return (struct sort_key){(uint64_t)fobj_of(row)->refcount ^ 1ull << 63, NULL};
}

static void evicted_text(const struct row *row, struct field *field)
{
	field->style = fobj_of(row)->evictions ? STYLE_TEXT : STYLE_DIM;
	text_add_count(&field->text, fobj_of(row)->evictions);
}

static struct sort_key evicted_key(const struct row *row)
{
	return (struct sort_key){fobj_of(row)->evictions, NULL};
}

static void address_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "0x%llx", (unsigned long long)fobj_of(row)->id);
}

static struct sort_key address_key(const struct row *row)
{
	return (struct sort_key){fobj_of(row)->id, NULL};
}

/* A cell a page; where there are more pages than columns, the rest as a count. */
static void draw_resident(const struct row *row, struct canvas *canvas, struct rect rect)
{
	const struct snap_fobj *fobj = fobj_of(row);
	int cells = fobj->pages > (uint32_t)rect.cols ? rect.cols - 6 : (int)fobj->pages;

	for (int i = 0; i < cells; i++) {
		uint32_t pmem = scene_page(row->scene, row->index, (uint32_t)i);
		const struct snap_pmem *page;

		if (pmem == NONE) {
			canvas_put(canvas, rect.row, rect.col + i, STYLE_FREE, 0xb7);
			continue;
		}
		page = &row->scene->snapshot->pmems[pmem];
		canvas_put(canvas, rect.row, rect.col + i, page_style(page),
			   (uint32_t)page_letter(page));
	}
	if (cells < (int64_t)fobj->pages)
		canvas_printf(canvas, rect.row, rect.col + cells, rect.cols - cells, STYLE_DIM,
			      "+%u", fobj->pages - (uint32_t)(cells > 0 ? cells : 0));
}

static const struct column fobj_columns[] = {
	{.title = "NAME", .width = 12, .grow = 2, .text = name_text, .key = name_key},
	{.title = "KIND", .width = 8, .rank = 1, .text = kind_text, .key = kind_key},
	{.title = "PAGES", .width = 5, .right = true, .text = pages_text, .key = pages_key},
	{.title = "IN", .width = 4, .right = true, .text = in_text, .key = in_key},
	{.title = "REFS", .width = 6, .right = true, .text = refs_text, .key = refs_key},
	{.title = "EVICTED",
	 .width = 7,
	 .rank = 3,
	 .right = true,
	 .text = evicted_text,
	 .key = evicted_key},
	{.title = "PAGES IN THE POOL", .width = 18, .grow = 3, .rank = 2, .draw = draw_resident},
	{.title = "ADDRESS", .width = 18, .rank = 4, .text = address_text, .key = address_key},
};

static bool fobj_matches(const struct row *row, const char *needle)
{
	struct text address;

	text_clear(&address);
	text_add(&address, "0x%llx", (unsigned long long)fobj_of(row)->id);
	return text_contains(address.bytes, needle);
}

static const struct list_spec fobjs = {
	.empty = "no object is backed by the pager yet",
	.count = count_fobjs,
	.object = fobj_ref,
	.columns = fobj_columns,
	.num_columns = sizeof(fobj_columns) / sizeof(fobj_columns[0]),
	.matches = fobj_matches,
};

/* Beneath: holders, then resident pages. */

static const struct snap_fobj *parent_of(const struct row *row)
{
	return &row->scene->snapshot->fobjs[row->parent];
}

static const struct snap_holder *holder_of(const struct row *row)
{
	const struct snap_fobj *fobj = parent_of(row);

	return row->index < fobj->num_holders ? &fobj->holders[row->index] : NULL;
}

static uint32_t resident_page(const struct row *row)
{
	return parent_of(row)->resident[row->index - parent_of(row)->num_holders];
}

static uint32_t count_holders(const struct scene *scene, uint32_t parent)
{
	if (parent >= scene->snapshot->num_fobjs)
		return 0;
	return scene->snapshot->fobjs[parent].num_holders +
	       scene->snapshot->fobjs[parent].num_resident;
}

static struct ref holder_ref(const struct row *row)
{
	const struct snap_holder *holder = holder_of(row);

	if (holder)
		return scene_holder_ref(row->scene, holder);
	return scene_ref(row->scene, OBJECT_PMEM,
			 scene_page(row->scene, row->parent, resident_page(row)));
}

static void holder_what(const struct row *row, struct field *field)
{
	const struct snap_holder *holder = holder_of(row);

	field->style = STYLE_DIM;
	text_add(&field->text, "%s", holder ? holder->kind : "page");
}

static void holder_name(const struct row *row, struct field *field)
{
	const struct snap_holder *holder = holder_of(row);
	struct ref ref = holder_ref(row);

	field->style = ref.kind == OBJECT_NONE ? STYLE_TEXT : STYLE_LINK;
	if (!holder)
		scene_add_ref(row->scene, ref, &field->text);
	else if (*holder->name)
		text_add(&field->text, "%.100s", holder->name);
	else
		text_add(&field->text, "0x%llx", (unsigned long long)holder->id);
}

static void area_about(const struct row *row, uint32_t index, struct field *field)
{
	const struct snap_area *area = &row->scene->snapshot->areas[index];

	scene_add_context(row->scene, area->context, &field->text);
	text_add(&field->text, " 0x%llx ", (unsigned long long)area->base);
	text_add_prot(&field->text, area->prot);
	text_add(&field->text, " pages %u-%llu", area->fobj_page,
		 (unsigned long long)area->fobj_page + area->pages - 1);
}

static void holder_about(const struct row *row, struct field *field)
{
	struct ref ref = holder_ref(row);
	uint32_t index = scene_find(row->scene, ref);

	if (!holder_of(row)) {
		text_add(&field->text, "holds page %u, ", resident_page(row));
		if (index != NONE)
			page_add_state(&row->scene->snapshot->pmems[index], &field->text);
	} else if (index != NONE && ref.kind == OBJECT_AREA) {
		area_about(row, index, field);
	} else if (index != NONE && ref.kind == OBJECT_FOBJ) {
		text_add(&field->text, "another fobj, over it");
	} else if (index != NONE && ref.kind == OBJECT_FILE) {
		text_add(&field->text, "tag %.16s", row->scene->snapshot->files[index].tag);
	}
}

static const struct column holder_columns[] = {
	{.title = "", .width = 7, .rank = 1, .text = holder_what},
	{.title = "HELD BY", .width = 14, .grow = 2, .text = holder_name},
	{.title = "WHERE", .width = 16, .grow = 4, .text = holder_about},
};

static const struct list_spec holders = {
	.empty = "nobody holds it by name",
	.count = count_holders,
	.object = holder_ref,
	.columns = holder_columns,
	.num_columns = sizeof(holder_columns) / sizeof(holder_columns[0]),
};

static void holders_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	const struct snap_fobj *fobj;

	if (parent >= scene->snapshot->num_fobjs)
		return;
	fobj = &scene->snapshot->fobjs[parent];
	scene_add_fobj(scene, parent, title);
	text_add(title, " \u00b7 count %lld, ", (long long)fobj->refcount);
	text_add_counted(title, fobj->num_holders, "named holder");
	if (fobj->surplus > 0)
		text_add(title, ": %lld without a name", (long long)fobj->surplus);
	else if (fobj->surplus < 0)
		text_add(title, ": %lld too few", -(long long)fobj->surplus);
	text_add(title, " \u00b7 %u of %u pages in the pool", fobj->num_resident, fobj->pages);
}

static uint32_t find_fobj(const struct scene *scene, struct ref ref)
{
	return ref.kind == OBJECT_FOBJ || ref.kind == OBJECT_ABSENT ? scene_find(scene, ref) : NONE;
}

const struct view view_fobjs = {
	.name = "fobjs",
	.master = &fobjs,
	.detail = &holders,
	.find = find_fobj,
	.detail_title = holders_title,
};
