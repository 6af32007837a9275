/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map: how full is the pool, and with what? A cell a page, in the order of physical addresses, so
 * a page stays where it is however the eviction list turns. A cell is a letter for the state and a
 * digit for the owners of a shared page; its colour only repeats the letter.
 */
#include "view.h"

static uint32_t pmem_index(const struct row *row)
{
	return row->scene->by_pa[row->index];
}

static uint32_t count_cells(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->snapshot->num_pmems;
}

static struct ref cell_ref(const struct row *row)
{
	return scene_ref(row->scene, OBJECT_PMEM, pmem_index(row));
}

static void cell_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = &row->scene->snapshot->pmems[pmem_index(row)];

	field->style = page_style(pmem);
	text_add(&field->text, "%c", page_letter(pmem));
	if (pmem->num_owners > 1)
		text_add(&field->text, pmem->num_owners > 9 ? "+" : "%u", pmem->num_owners);
}

static void label_text(const struct row *row, struct field *field)
{
	const struct snap_pmem *pmem = &row->scene->snapshot->pmems[pmem_index(row)];

	if (pmem->pa_known)
		text_add(&field->text, "0x%08llx", (unsigned long long)pmem->pa);
	else
		text_add(&field->text, "no address");
}

/* Search sees what the pages view would show. */
static bool cell_matches(const struct row *row, const char *needle)
{
	struct row page = {row->scene, NONE, pmem_index(row)};
	struct field field;

	for (unsigned i = 0; i < view_pages.master->num_columns; i++) {
		text_clear(&field.text);
		view_pages.master->columns[i].text(&page, &field);
		if (text_contains(field.text.bytes, needle))
			return true;
	}
	return view_pages.master->matches(&page, needle);
}

static const struct list_spec cells = {
	.empty = "the pool has no pages yet",
	.count = count_cells,
	.object = cell_ref,
	.cell = cell_text,
	.label = label_text,
	.cell_width = 4,
	.label_width = 13,
	.matches = cell_matches,
};

static void draw_legend(struct canvas *canvas, struct rect rect)
{
	static const struct legend_entry entries[] = {
		{".", STYLE_FREE, "free"},
		{"c", STYLE_CLEAN, "clean"},
		{"D", STYLE_DIRTY, "dirty"},
		{"h H", STYLE_HIDDEN, "the same, hidden"},
		{"L", STYLE_LOCKED, "locked"},
		{"2", STYLE_STRONG, "owners"},
		{"~ +", STYLE_CHANGED, "changed, new"},
	};

	legend_draw(canvas, rect, entries, sizeof(entries) / sizeof(entries[0]));
}

static uint32_t find_cell(const struct scene *scene, struct ref ref)
{
	uint32_t pmem = ref.kind == OBJECT_PMEM ? scene_find(scene, ref) : NONE;

	for (uint32_t i = 0; pmem != NONE && i < scene->snapshot->num_pmems; i++)
		if (scene->by_pa[i] == pmem)
			return i;
	return NONE;
}

const struct view view_map = {
	.name = "map",
	.master = &cells,
	.detail = &page_owners,
	.find = find_cell,
	.parent = pmem_index,
	.detail_title = page_owners_title,
	.legend = draw_legend,
};
