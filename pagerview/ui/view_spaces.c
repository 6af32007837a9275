/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spaces: what does each TA see? Every context with its areas, a cell a page, as that context's
 * own tables say: mapped, hidden, in the pool but not mapped here, not in. Beneath, the pages of
 * the selected area with the physical page behind each.
 */
#include "view.h"

static const struct space_row *space_of(const struct row *row)
{
	return &row->scene->spaces[row->index];
}

static const struct snap_area *area_of(const struct row *row)
{
	return &row->scene->snapshot->areas[space_of(row)->area];
}

static uint32_t count_spaces(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->num_spaces;
}

static struct ref space_ref(const struct row *row)
{
	const struct space_row *space = space_of(row);

	if (space->area == NONE)
		return scene_ref(row->scene, OBJECT_CONTEXT, space->context);
	return scene_ref(row->scene, OBJECT_AREA, space->area);
}

static uint32_t space_group(const struct row *row)
{
	return space_of(row)->context;
}

static bool space_heading(const struct row *row, struct field *field)
{
	const struct snap_context *context =
		&row->scene->snapshot->contexts[space_of(row)->context];

	if (space_of(row)->area != NONE)
		return false;
	field->style = STYLE_STRONG;
	scene_add_context(row->scene, space_of(row)->context, &field->text);
	if (*context->state)
		text_add(&field->text, " \u00b7 %.20s", context->state);
	if (context->kind == CONTEXT_USER)
		text_add(&field->text, " \u00b7 ASID %u", context->asid);
	text_add(&field->text, " \u00b7 ");
	text_add_counted(&field->text, context->num_areas, "area");
	if (context->faults) {
		text_add(&field->text, " \u00b7 ");
		text_add_counted(&field->text, context->faults, "fault");
	}
	return true;
}

static void name_text(const struct row *row, struct field *field)
{
	scene_add_area(row->scene, space_of(row)->area, &field->text);
}

static struct sort_key name_key(const struct row *row)
{
	return (struct sort_key){0, space_of(row)->area == NONE ? "" : area_of(row)->name};
}

static void base_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "0x%08llx", (unsigned long long)area_of(row)->base);
}

static struct sort_key base_key(const struct row *row)
{
	return (struct sort_key){space_of(row)->area == NONE ? 0 : area_of(row)->base, NULL};
}

static void prot_text(const struct row *row, struct field *field)
{
	text_add_prot(&field->text, area_of(row)->prot);
}

static void pages_text(const struct row *row, struct field *field)
{
	text_add_count(&field->text, area_of(row)->pages);
}

static struct sort_key pages_key(const struct row *row)
{
	return (struct sort_key){space_of(row)->area == NONE ? 0 : area_of(row)->pages, NULL};
}

static void type_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%s", area_of(row)->type);
}

static void fobj_text(const struct row *row, struct field *field)
{
	const struct snap_area *area = area_of(row);

	field->style = STYLE_LINK;
	scene_add_fobj(row->scene, area->fobj, &field->text);
	if (area->fobj_page)
		text_add(&field->text, " +%u", area->fobj_page);
}

struct look {
	char sign;
	enum style style;
};

/* How page PAGE of the area looks to the area's own context. */
static struct look area_page_look(const struct scene *scene, uint32_t area_index, uint32_t page)
{
	const struct snap_area *area = &scene->snapshot->areas[area_index];
	uint32_t pmem = scene_page(scene, area->fobj, area->fobj_page + page);
	const struct snap_owner *owner = scene_owner(scene, area_index, pmem);

	if (pmem == NONE)
		return (struct look){'.', STYLE_FREE};
	if (owner && !owner->pte_known)
		return (struct look){'?', STYLE_WARN};
	if (owner && owner->pte)
		return (struct look){owner->pte & PROT_W   ? 'w'
				     : owner->pte & PROT_X ? 'x'
							   : 'r',
				     page_style(&scene->snapshot->pmems[pmem])};
	if (scene->snapshot->pmems[pmem].hidden)
		return (struct look){'h', STYLE_HIDDEN};
	return (struct look){'o', STYLE_DIM};
}

static void draw_cells(const struct row *row, struct canvas *canvas, struct rect rect)
{
	uint32_t pages = area_of(row)->pages;
	int cells = pages > (uint32_t)rect.cols ? rect.cols - 6 : (int)pages;

	for (int i = 0; i < cells; i++) {
		struct look look = area_page_look(row->scene, space_of(row)->area, (uint32_t)i);

		canvas_put(canvas, rect.row, rect.col + i, look.style,
			   look.sign == '.' ? 0xb7 : (uint32_t)look.sign);
	}
	if (cells < (int64_t)pages)
		canvas_printf(canvas, rect.row, rect.col + cells, rect.cols - cells, STYLE_DIM,
			      "+%u", pages - (uint32_t)(cells > 0 ? cells : 0));
}

static const struct column space_columns[] = {
	{.title = "AREA",
	 .width = 10,
	 .grow = 2,
	 .roomy = true,
	 .text = name_text,
	 .key = name_key},
	{.title = "VA", .width = 10, .fit = true, .text = base_text, .key = base_key},
	{.title = "PROT", .width = 4, .rank = 1, .text = prot_text},
	{.title = "PAGES",
	 .width = 5,
	 .rank = 2,
	 .right = true,
	 .text = pages_text,
	 .key = pages_key},
	{.title = "TYPE", .width = 4, .rank = 4, .text = type_text},
	{.title = "FOBJ", .width = 10, .grow = 2, .rank = 3, .roomy = true, .text = fobj_text},
	{.title = "A CELL A PAGE", .width = 13, .grow = 4, .draw = draw_cells},
};

/* An address anywhere inside the area finds it. */
static bool space_matches(const struct row *row, const char *needle)
{
	uint64_t address;

	if (space_of(row)->area == NONE || !text_parse_address(needle, &address))
		return false;
	return address >= area_of(row)->base &&
	       (address - area_of(row)->base) / 4096 < area_of(row)->pages;
}

static const struct list_spec spaces = {
	.empty = "no address space is known yet: no TA is open",
	.count = count_spaces,
	.object = space_ref,
	.columns = space_columns,
	.num_columns = sizeof(space_columns) / sizeof(space_columns[0]),
	.group = space_group,
	.heading = space_heading,
	.matches = space_matches,
};

/* Beneath an area: the fobj it maps, then page by page. Beneath a context: nothing more. */

static uint32_t parent_area(const struct scene *scene, uint32_t parent)
{
	return parent < scene->num_spaces ? scene->spaces[parent].area : NONE;
}

static uint32_t count_area_pages(const struct scene *scene, uint32_t parent)
{
	uint32_t area = parent_area(scene, parent);

	return area == NONE ? 0 : scene->snapshot->areas[area].pages + 1;
}

static uint32_t area_page_pmem(const struct row *row)
{
	const struct snap_area *area =
		&row->scene->snapshot->areas[parent_area(row->scene, row->parent)];

	return scene_page(row->scene, area->fobj, area->fobj_page + row->index - 1);
}

static struct ref area_page_ref(const struct row *row)
{
	uint32_t area = parent_area(row->scene, row->parent);

	const struct snap_area *what = &row->scene->snapshot->areas[area];
	struct ref ref = scene_ref(row->scene, OBJECT_FOBJ, what->fobj);

	if (row->index == 0 || ref.kind == OBJECT_NONE)
		return ref;
	if (area_page_pmem(row) != NONE)
		return scene_ref(row->scene, OBJECT_PMEM, area_page_pmem(row));
	return (struct ref){OBJECT_ABSENT, ref.id, what->fobj_page + row->index - 1};
}

static bool area_page_heading(const struct row *row, struct field *field)
{
	uint32_t index = parent_area(row->scene, row->parent);
	const struct snap_area *area = &row->scene->snapshot->areas[index];

	if (row->index)
		return false;
	field->style = STYLE_LINK;
	text_add(&field->text, "fobj ");
	scene_add_fobj(row->scene, area->fobj, &field->text);
	text_add(&field->text, ", pages %u-%llu", area->fobj_page,
		 (unsigned long long)area->fobj_page + area->pages - 1);
	return true;
}

static void page_va(const struct row *row, struct field *field)
{
	const struct snap_area *area =
		&row->scene->snapshot->areas[parent_area(row->scene, row->parent)];

	text_add(&field->text, "0x%08llx",
		 (unsigned long long)(area->base + (row->index - 1) * 4096ull));
}

static void page_pte(const struct row *row, struct field *field)
{
	const struct snap_owner *owner =
		scene_owner(row->scene, parent_area(row->scene, row->parent), area_page_pmem(row));

	field->style = owner && owner->pte ? STYLE_GOOD : STYLE_DIM;
	if (owner && !owner->pte_known)
		text_add(&field->text, "???");
	else
		text_add_prot(&field->text, owner ? owner->pte : 0);
}

static void page_behind(const struct row *row, struct field *field)
{
	struct ref ref = area_page_ref(row);

	field->style = ref.kind == OBJECT_PMEM ? STYLE_LINK : STYLE_DIM;
	if (ref.kind == OBJECT_PMEM)
		scene_add_ref(row->scene, ref, &field->text);
	else
		text_add(&field->text, "not in the pool");
}

static void page_state(const struct row *row, struct field *field)
{
	uint32_t pmem = area_page_pmem(row);
	const struct snap_pmem *page;

	if (pmem == NONE)
		return;
	page = &row->scene->snapshot->pmems[pmem];
	field->style = page_style(page);
	text_add(&field->text, "%c ", page_letter(page));
	page_add_state(page, &field->text);
	if (page->num_owners > 1)
		text_add(&field->text, ", %u owners", page->num_owners);
}

static const struct column area_page_columns[] = {
	{.title = "VA", .width = 10, .fit = true, .text = page_va},
	{.title = "PTE", .width = 3, .text = page_pte},
	{.title = "BEHIND IT", .width = 16, .grow = 1, .roomy = true, .text = page_behind},
	{.title = "STATE", .width = 22, .grow = 1, .rank = 1, .text = page_state},
};

static const struct list_spec area_pages = {
	.empty = "select an area to see its pages",
	.count = count_area_pages,
	.object = area_page_ref,
	.columns = area_page_columns,
	.num_columns = sizeof(area_page_columns) / sizeof(area_page_columns[0]),
	.heading = area_page_heading,
};

static void area_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	uint32_t area = parent_area(scene, parent), in = 0;

	if (parent >= scene->num_spaces)
		return;
	scene_add_context(scene, scene->spaces[parent].context, title);
	if (area == NONE)
		return;
	text_add(title, " \u00b7 ");
	scene_add_area(scene, area, title);
	for (uint32_t i = 0; i < scene->snapshot->areas[area].pages && i < 65536; i++)
		in += scene_page(scene, scene->snapshot->areas[area].fobj,
				 scene->snapshot->areas[area].fobj_page + i) != NONE;
	text_add(title, " \u00b7 %u of %u pages in the pool", in,
		 scene->snapshot->areas[area].pages);
}

static void draw_legend(struct canvas *canvas, struct rect rect)
{
	static const struct legend_entry entries[] = {
		{"r w x", STYLE_CLEAN, "mapped"},
		{"h", STYLE_HIDDEN, "hidden"},
		{"o", STYLE_DIM, "in the pool, not mapped here"},
		{"\u00b7", STYLE_FREE, "not in"},
		{"?", STYLE_WARN, "unreadable"},
	};

	legend_draw(canvas, rect, entries, sizeof(entries) / sizeof(entries[0]));
}

const struct view view_spaces = {
	.name = "spaces",
	.master = &spaces,
	.detail = &area_pages,
	.find = scene_space_row,
	.detail_title = area_title,
	.legend = draw_legend,
};
