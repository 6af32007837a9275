/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files: which TA files are known by their tag, and what of them is shared? Beneath the selected
 * file: who holds it, then its slices, each followed by the holders of that slice's fobj.
 */
#include <string.h>

#include "view.h"

static const struct snap_file *file_of(const struct row *row)
{
	return &row->scene->snapshot->files[row->index];
}

static uint32_t count_files(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->snapshot->num_files;
}

static struct ref file_ref(const struct row *row)
{
	return scene_ref(row->scene, OBJECT_FILE, row->index);
}

static void tag_text(const struct row *row, struct field *field)
{
	if (!file_of(row)->unlisted) {
		text_add(&field->text, "%.128s", file_of(row)->tag);
		return;
	}
	field->style = STYLE_BAD;
	text_add(&field->text, "freed 0x%llx", (unsigned long long)file_of(row)->id);
}

static struct sort_key tag_key(const struct row *row)
{
	return (struct sort_key){0, file_of(row)->tag};
}

static void refs_text(const struct row *row, struct field *field)
{
	const struct snap_file *file = file_of(row);

	field->style = file->surplus ? STYLE_BAD : STYLE_TEXT;
	text_add(&field->text, "%lld", (long long)file->refcount);
	if (file->surplus)
		text_add(&field->text, " (%+lld)", (long long)file->surplus);
}

static struct sort_key refs_key(const struct row *row)
{
	return (struct sort_key){(uint64_t)file_of(row)->refcount ^ 1ull << 63, NULL};
}

static void slices_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%u", file_of(row)->num_slices);
}

static struct sort_key slices_key(const struct row *row)
{
	return (struct sort_key){file_of(row)->num_slices, NULL};
}

static uint64_t file_pages(const struct snap_file *file)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < file->num_slices; i++)
		pages += file->slices[i].pages;
	return pages;
}

static void pages_text(const struct row *row, struct field *field)
{
	text_add_count(&field->text, file_pages(file_of(row)));
}

static struct sort_key pages_key(const struct row *row)
{
	return (struct sort_key){file_pages(file_of(row)), NULL};
}

static void held_text(const struct row *row, struct field *field)
{
	const struct snap_file *file = file_of(row);

	for (uint32_t i = 0; i < file->num_holders && field->text.length < 200; i++)
		text_add(&field->text, "%s%.60s", i ? ", " : "",
			 *file->holders[i].name ? file->holders[i].name : file->holders[i].kind);
}

static const struct column file_columns[] = {
	{.title = "TAG", .width = 16, .grow = 3, .text = tag_text, .key = tag_key},
	{.title = "REFS", .width = 6, .right = true, .text = refs_text, .key = refs_key},
	{.title = "SLICES", .width = 6, .right = true, .text = slices_text, .key = slices_key},
	{.title = "PAGES",
	 .width = 5,
	 .rank = 2,
	 .right = true,
	 .text = pages_text,
	 .key = pages_key},
	{.title = "HELD BY", .width = 12, .grow = 4, .rank = 1, .text = held_text},
};

static const struct list_spec files = {
	.empty = "no files are registered yet",
	.count = count_files,
	.object = file_ref,
	.columns = file_columns,
	.num_columns = sizeof(file_columns) / sizeof(file_columns[0]),
};

/* Beneath: what a row is. Both NULL: past the end. */
struct part {
	const struct snap_slice *slice;   /* the slice, or the one that HOLDER's fobj is of */
	const struct snap_holder *holder; /* of the file when SLICE is NULL */
};

static const struct snap_fobj *slice_fobj(const struct scene *scene, const struct snap_slice *slice)
{
	return slice->fobj < scene->snapshot->num_fobjs ? &scene->snapshot->fobjs[slice->fobj]
							: NULL;
}

static struct part part_of(const struct row *row)
{
	const struct snap_file *file = &row->scene->snapshot->files[row->parent];
	uint32_t left = row->index;

	if (left < file->num_holders)
		return (struct part){NULL, &file->holders[left]};
	left -= file->num_holders;
	for (uint32_t i = 0; i < file->num_slices; i++) {
		const struct snap_fobj *fobj = slice_fobj(row->scene, &file->slices[i]);

		if (left-- == 0)
			return (struct part){&file->slices[i], NULL};
		if (fobj && left < fobj->num_holders)
			return (struct part){&file->slices[i], &fobj->holders[left]};
		left -= fobj ? fobj->num_holders : 0;
	}
	return (struct part){NULL, NULL};
}

static uint32_t count_parts(const struct scene *scene, uint32_t parent)
{
	const struct snap_file *file;
	uint32_t count;

	if (parent >= scene->snapshot->num_files)
		return 0;
	file = &scene->snapshot->files[parent];
	count = file->num_holders + file->num_slices;
	for (uint32_t i = 0; i < file->num_slices; i++) {
		const struct snap_fobj *fobj = slice_fobj(scene, &file->slices[i]);

		count += fobj ? fobj->num_holders : 0;
	}
	return count;
}

static struct ref part_ref(const struct row *row)
{
	struct part part = part_of(row);

	if (part.holder)
		return scene_holder_ref(row->scene, part.holder);
	return part.slice ? scene_ref(row->scene, OBJECT_FOBJ, part.slice->fobj) : REF_NONE;
}

static void part_what(const struct row *row, struct field *field)
{
	struct part part = part_of(row);

	field->style = part.holder ? STYLE_DIM : STYLE_STRONG;
	text_add(&field->text, "%s%s", part.slice && part.holder ? "  " : "",
		 part.holder ? part.holder->kind : "slice");
}

static void part_name(const struct row *row, struct field *field)
{
	struct part part = part_of(row);

	field->style = part_ref(row).kind ? STYLE_LINK : STYLE_TEXT;
	if (!part.holder && part.slice)
		scene_add_fobj(row->scene, part.slice->fobj, &field->text);
	else if (part.holder && *part.holder->name)
		text_add(&field->text, "%s%.100s", part.slice ? "  " : "", part.holder->name);
	else if (part.holder)
		text_add(&field->text, "%s0x%llx", part.slice ? "  " : "",
			 (unsigned long long)part.holder->id);
}

static void part_about(const struct row *row, struct field *field)
{
	struct part part = part_of(row);
	struct ref ref = part_ref(row);
	uint32_t index = scene_find(row->scene, ref);

	if (part.slice && !part.holder) {
		text_add(&field->text, "file page %u, ", part.slice->page_offset);
		text_add_counted(&field->text, part.slice->pages, "page");
		text_add(&field->text, ", count %lld", (long long)part.slice->refcount);
	} else if (part.holder && !part.slice) {
		text_add(&field->text, "holds the file");
	} else if (index != NONE && ref.kind == OBJECT_AREA) {
		scene_add_context(row->scene, row->scene->snapshot->areas[index].context,
				  &field->text);
		text_add(&field->text, " at 0x%llx",
			 (unsigned long long)row->scene->snapshot->areas[index].base);
	} else if (index != NONE && ref.kind == OBJECT_FOBJ) {
		text_add(&field->text, "another fobj, over it");
	} else if (index != NONE && ref.kind == OBJECT_FILE) {
		text_add(&field->text, "%s",
			 index == row->parent ? "this file's own" : "another file's");
	}
}

static const struct column part_columns[] = {
	{.title = "", .width = 9, .text = part_what},
	{.title = "SLICE / HELD BY", .width = 13, .grow = 2, .text = part_name},
	{.title = "WHERE", .width = 13, .grow = 3, .text = part_about},
};

static const struct list_spec parts = {
	.empty = "the file has no slices and no holders",
	.count = count_parts,
	.object = part_ref,
	.columns = part_columns,
	.num_columns = sizeof(part_columns) / sizeof(part_columns[0]),
};

static void file_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	const struct snap_file *file;

	if (parent >= scene->snapshot->num_files)
		return;
	file = &scene->snapshot->files[parent];
	if (file->unlisted)
		text_add(title, "freed: in no list of files, but ");
	else
		text_add(title, "file %.12s \u00b7 count %lld, ", file->tag,
			 (long long)file->refcount);
	text_add_counted(title, file->num_holders, "named holder");
	text_add(title, " \u00b7 ");
	text_add_counted(title, file->num_slices, "slice");
}

static uint32_t find_file(const struct scene *scene, struct ref ref)
{
	return ref.kind == OBJECT_FILE || ref.kind == OBJECT_SLICE ? scene_find(scene, ref) : NONE;
}

const struct view view_files = {
	.name = "files",
	.master = &files,
	.detail = &parts,
	.find = find_file,
	.detail_title = file_title,
};
