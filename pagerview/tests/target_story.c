/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects are made role by role, by the layout of the built target.
 */
#include "target_story.h"

#include <string.h>

static uint64_t add_fobj(struct image *image, const char *name, const char *kind,
			 unsigned int pages, unsigned int refs)
{
	uint64_t fobj = image_add(image, OBJECT_FOBJ);

	image_set_text(image, OBJECT_FOBJ, fobj, ROLE_NAME, name);
	image_set_word(image, OBJECT_FOBJ, fobj, ROLE_KIND, kind);
	image_set(image, OBJECT_FOBJ, fobj, ROLE_PAGES, pages);
	image_set(image, OBJECT_FOBJ, fobj, ROLE_REFCOUNT, refs);
	image_append(image, "fobj_list", 0, fobj);
	return fobj;
}

static uint64_t add_area(struct image *image, uint64_t context, uint64_t fobj, const char *name,
			 uint64_t base, unsigned int pages, unsigned int prot)
{
	uint64_t area = image_add(image, OBJECT_AREA);

	image_set_text(image, OBJECT_AREA, area, ROLE_NAME, name);
	image_set(image, OBJECT_AREA, area, ROLE_BASE, base);
	image_set(image, OBJECT_AREA, area, ROLE_PAGES, pages);
	image_set(image, OBJECT_AREA, area, ROLE_FOBJ, fobj);
	image_set(image, OBJECT_AREA, area, ROLE_PROT, prot);
	image_append(image, "context.vm.areas", context, area);
	image_append(image, "fobj.areas", fobj, area);
	return area;
}

uint64_t story_add_pmem(struct image *image, const char *list, uint64_t fobj, unsigned int page,
			uint64_t pa, const char *state)
{
	uint64_t pmem = image_add(image, OBJECT_PMEM);

	image_set(image, OBJECT_PMEM, pmem, ROLE_FOBJ, fobj);
	image_set(image, OBJECT_PMEM, pmem, ROLE_PAGE, page);
	image_set(image, OBJECT_PMEM, pmem, ROLE_PA, pa);
	image_set_word(image, OBJECT_PMEM, pmem, ROLE_STATE, state);
	image_append(image, list, 0, pmem);
	return pmem;
}

void story_tell(struct image *image, struct story *story)
{
	image_clear(image);
	story->text = add_fobj(image, "greeter.text", "ro", 4, 3);
	for (int i = 0; i < 2; i++) {
		uint64_t context = image_add(image, OBJECT_CONTEXT);
		char name[2] = {(char)('A' + i), 0};

		story->contexts[i] = context;
		story->roots[i] = image_new_table(image);
		image_set_text(image, OBJECT_CONTEXT, context, ROLE_NAME, name);
		image_set_text(image, OBJECT_CONTEXT, context, ROLE_PROGRAM, "greeter");
		image_set_word(image, OBJECT_CONTEXT, context, ROLE_STATE, "alive");
		image_set(image, OBJECT_CONTEXT, context, ROLE_ASID, 1 + (unsigned int)i);
		image_set(image, OBJECT_CONTEXT, context, ROLE_TABLE_ROOT, story->roots[i]);
		image_append(image, "context_list", 0, context);
		story->stacks[i] = add_fobj(image, "stack", "rw", 2, 1);
		story->text_areas[i] = add_area(image, context, story->text, "text",
						0x400000 + 0x100000u * (unsigned int)i, 4, 5);
		story->stack_areas[i] =
			add_area(image, context, story->stacks[i], "stack", 0x7000000, 2, 3);
	}
	story->text_page = story_add_pmem(image, "pmem_shown", story->text, 1, 0x41000000, "clean");
	story->stack_page =
		story_add_pmem(image, "pmem_shown", story->stacks[0], 0, 0x41001000, "dirty");
	story->free_page = story_add_pmem(image, "pmem_free", 0, 0, 0x41002000, "free");
	image_map(image, story->roots[0], 0x401000, 0x41000000, AP_EL0 | AP_RO);
	image_map(image, story->roots[0], 0x7000000, 0x41001000, AP_EL0 | UXN);
	story->file = image_add(image, OBJECT_FILE);
	image_set(image, OBJECT_FILE, story->file, ROLE_REFCOUNT, 2);
	for (int i = 0; i < 2; i++)
		image_append(image, "context.files", story->contexts[i], story->file);
	image_append(image, "file_list", 0, story->file);
}

/* A slice array of the file, its length, and the reference that it holds. */
void story_add_slice(struct image *image, struct story *story)
{
	const struct layout *layout = image->layout;

	story->slice = image_add(image, OBJECT_SLICE);
	image_set(image, OBJECT_SLICE, story->slice, ROLE_FOBJ, story->text);
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];

		if (strcmp(list->label, "file.slices") != 0)
			continue;
		image_write_number(image, story->file + list->head.offset[0], story->slice, 8);
		image_write_number(image, story->file + list->count.offset[0], 1, list->count.size);
	}
}
