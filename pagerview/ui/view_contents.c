/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents: what does the selected page hold, now, or the copy of it in the store? Read anew with
 * every refresh; of the past only the lists are kept, not the pages.
 */
#include "view.h"

/* Bytes. */
static unsigned per_row(const struct scene *scene)
{
	return scene->page->wide ? 2 * CONTENTS_PER_ROW : CONTENTS_PER_ROW;
}

static const uint8_t *bytes_of(const struct row *row)
{
	return row->scene->page->bytes + (size_t)(row->index - 1) * per_row(row->scene);
}

static uint32_t count_rows(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->page && scene->page->known ? LIVE_PAGE / per_row(scene) + 1 : 0;
}

static const char *why_none(const struct scene *scene)
{
	if (scene->page && scene->page->why[0])
		return scene->page->why;
	if (!scene->page || !scene->page->wanted)
		return "select a page that is in the pool in another view, then come here";
	return "reading the page";
}

static struct ref row_ref(const struct row *row)
{
	(void)row;
	return REF_NONE;
}

/* The first row says whose page it is. */
static bool page_heading(const struct row *row, struct field *field)
{
	const struct snapshot *snapshot = row->scene->snapshot;
	uint32_t index = snapshot_find_pmem_pa(snapshot, row->scene->page->place.pa);

	if (row->index)
		return false;
	field->style = STYLE_TITLE;
	if (row->scene->page->place.stored)
		text_add(&field->text, "the store's copy, for ");
	if (!row->scene->page->place.pa) {
		const struct page_place *place = &row->scene->page->place;

		scene_add_ref(row->scene, (struct ref){OBJECT_ABSENT, place->fobj, place->page},
			      &field->text);
		return true;
	}
	text_add(&field->text, "page 0x%llx", (unsigned long long)row->scene->page->place.pa);
	if (index == NONE)
		return true;
	text_add(&field->text, " \u00b7 ");
	page_add_state(&snapshot->pmems[index], &field->text);
	if (snapshot->pmems[index].fobj != NONE) {
		text_add(&field->text, " \u00b7 ");
		scene_add_fobj(row->scene, snapshot->pmems[index].fobj, &field->text);
		text_add(&field->text, "[%u]", snapshot->pmems[index].page);
	}
	return true;
}

static void offset_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	/* Where the store lies says nothing: its copy is told by the offset within the page. */
	text_add(&field->text, "0x%llx",
		 (row->scene->page->place.stored ? 0ull : row->scene->page->place.pa) +
			 (row->index - 1ull) * per_row(row->scene));
}

static void bytes_text(const struct row *row, struct field *field)
{
	unsigned count = per_row(row->scene);
	bool zero = true;

	for (unsigned i = 0; i < count; i++) {
		text_add(&field->text, i ? " %02x" : "%02x", bytes_of(row)[i]);
		zero = zero && !bytes_of(row)[i];
	}
	field->style = zero ? STYLE_DIM : STYLE_TEXT;
}

static void ascii_text(const struct row *row, struct field *field)
{
	unsigned count = per_row(row->scene);

	field->style = STYLE_LINK;
	for (unsigned i = 0; i < count; i++) {
		uint8_t byte = bytes_of(row)[i];

		text_add(&field->text, "%c", byte >= 0x20 && byte < 0x7f ? byte : '.');
	}
}

static const struct column columns[] = {
	{.title = "ADDRESS", .width = 10, .fit = true, .text = offset_text},
	{.title = "+0                      +8",
	 .wide = "+0                      +8                      +16                     +24",
	 .width = 47,
	 .fit = true,
	 .text = bytes_text},
	{.title = "TEXT", .width = 16, .rank = 1, .fit = true, .text = ascii_text},
};

static const struct list_spec contents = {
	.why = why_none,
	.count = count_rows,
	.object = row_ref,
	.heading = page_heading,
	.columns = columns,
	.num_columns = sizeof(columns) / sizeof(columns[0]),
};

const struct view view_contents = {.name = "contents", .tab = "bytes", .master = &contents};
