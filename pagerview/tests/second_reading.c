/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By no cache, no walk and no value of the collector's: a member's bytes are read where the layout
 * says that they are.
 */
#include "second_reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer { ANSWER, NOWHERE, UNREADABLE };

static enum answer find_place(const struct hostile_kernel *kernel, const struct layout_field *field,
			      uint64_t *at)
{
	uint64_t mask = kernel->layout->pointer_size == 4 ? UINT32_MAX : UINT64_MAX;

	*at = (*at + field->offset[0]) & mask;
	for (unsigned int hop = 1; hop <= field->num_hops; hop++) {
		uint64_t pointer = 0;

		if (!hostile_peek(&kernel->memory, false, *at, &pointer,
				  kernel->layout->pointer_size))
			return UNREADABLE;
		if (!pointer)
			return NOWHERE;
		*at = (pointer + field->offset[hop]) & mask;
	}
	return ANSWER;
}

static enum answer read_again(const struct hostile_kernel *kernel, const struct layout_field *field,
			      uint64_t object, uint64_t *number)
{
	enum answer answer = find_place(kernel, field, &object);
	uint8_t bytes[64] = {0};

	*number = 0;
	if (answer != ANSWER)
		return answer;
	if (!hostile_peek(&kernel->memory, false, object, bytes, field->size))
		return UNREADABLE;
	memcpy(number, bytes, field->size < 8 ? field->size : 8);
	if (field->bit_size)
		*number = *number >> field->bit_offset & ((UINT64_C(1) << field->bit_size) - 1);
	if (field->divide > 1)
		*number /= field->divide;
	return ANSWER;
}

/* Which larger object it is in cannot be read. */
static bool is_unknown(const struct hostile_kernel *kernel, unsigned int class, uint64_t id)
{
	const struct layout_object *object = &kernel->layout->objects[class];

	for (unsigned int i = 0; i < object->num_variants; i++) {
		const struct layout_field *when = &object->variants[i].when;
		uint64_t number;

		if (!object->variants[i].present)
			continue;
		if (read_again(kernel, when, id, &number) == UNREADABLE)
			return true;
		for (unsigned int n = 0; n < when->num_words; n++) {
			if (when->words[n].value == number)
				return false;
		}
	}
	return false;
}

/* What is not there for reading is told. */
static void expect_told(const struct hostile_kernel *kernel, unsigned int class, uint64_t id,
			const struct snapshot *snapshot)
{
	const struct layout_object *object = &kernel->layout->objects[class];
	uint64_t number;

	if (!snapshot->num_cut && is_unknown(kernel, class, id)) {
		fprintf(stderr, "%s 0x%" PRIx64 ": what it is cannot be read\n", object->name, id);
		abort();
	}
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct layout_field *field = &object->fields[role];

		if (snapshot->num_cut || !field->present || field->length ||
		    read_again(kernel, field, id, &number) != UNREADABLE)
			continue;
		fprintf(stderr, "%s 0x%" PRIx64 ": its %s cannot be read, and nothing says so\n",
			object->name, id, role_key((enum role)role));
		abort();
	}
}

/* SHOWN is what is there; what cannot be true is told. */
static void expect_number(const struct hostile_kernel *kernel, unsigned int class, uint64_t id,
			  enum role role, uint64_t shown, const struct snapshot *snapshot)
{
	const struct layout_object *object = &kernel->layout->objects[class];
	uint64_t number;

	if (!object->fields[role].present ||
	    read_again(kernel, &object->fields[role], id, &number) != ANSWER || number == shown ||
	    (!shown && snapshot->num_cut))
		return;
	fprintf(stderr, "%s 0x%" PRIx64 ": its %s is 0x%" PRIx64 ", but 0x%" PRIx64 " is shown\n",
		object->name, id, role_key(role), number, shown);
	abort();
}

static void read_areas_again(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_areas; i++) {
		const struct snap_area *area = &s->areas[i];

		expect_told(kernel, OBJECT_AREA, area->id, s);
		expect_number(kernel, OBJECT_AREA, area->id, ROLE_BASE, area->base, s);
		expect_number(kernel, OBJECT_AREA, area->id, ROLE_PAGES, area->pages, s);
		expect_number(kernel, OBJECT_AREA, area->id, ROLE_FOBJ_PAGE, area->fobj_page, s);
		if (area->fobj != NONE)
			expect_number(kernel, OBJECT_AREA, area->id, ROLE_FOBJ,
				      s->fobjs[area->fobj].id, s);
	}
}

static void read_fobjs_again(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_fobjs; i++) {
		const struct snap_fobj *fobj = &s->fobjs[i];

		if (fobj->unlisted)
			continue;
		expect_told(kernel, OBJECT_FOBJ, fobj->id, s);
		if (fobj->unreadable)
			continue;
		expect_number(kernel, OBJECT_FOBJ, fobj->id, ROLE_PAGES, fobj->pages, s);
		expect_number(kernel, OBJECT_FOBJ, fobj->id, ROLE_REFCOUNT,
			      (uint64_t)fobj->refcount, s);
		expect_number(kernel, OBJECT_FOBJ, fobj->id, ROLE_EVICTIONS, fobj->evictions, s);
	}
}

static void read_pmems_again(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_pmems; i++) {
		const struct snap_pmem *pmem = &s->pmems[i];

		expect_told(kernel, OBJECT_PMEM, pmem->id, s);
		expect_number(kernel, OBJECT_PMEM, pmem->id, ROLE_FOBJ,
			      pmem->fobj == NONE ? 0 : s->fobjs[pmem->fobj].id, s);
		if (pmem->fobj != NONE)
			expect_number(kernel, OBJECT_PMEM, pmem->id, ROLE_PAGE, pmem->page, s);
		expect_number(kernel, OBJECT_PMEM, pmem->id, ROLE_PA, pmem->pa, s);
	}
}

static void read_files_again(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_files; i++) {
		const struct snap_file *file = &s->files[i];

		if (file->unlisted)
			continue;
		expect_told(kernel, OBJECT_FILE, file->id, s);
		expect_number(kernel, OBJECT_FILE, file->id, ROLE_REFCOUNT,
			      (uint64_t)file->refcount, s);
		for (uint32_t n = 0; n < file->num_slices; n++) {
			const struct snap_slice *slice = &file->slices[n];

			expect_told(kernel, OBJECT_SLICE, slice->id, s);
			expect_number(kernel, OBJECT_SLICE, slice->id, ROLE_PAGE_OFFSET,
				      slice->page_offset, s);
		}
	}
}

static void read_holders_again(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	const struct layout *layout = kernel->layout;

	for (uint32_t i = 0; i < s->num_fobjs; i++) {
		for (uint32_t n = 0; n < s->fobjs[i].num_holders; n++) {
			const struct snap_holder *holder = &s->fobjs[i].holders[n];

			for (unsigned int class = OBJECT_HOLDER; class < layout->num_objects;
			     class ++) {
				if (strcmp(layout->objects[class].name, holder->kind) == 0)
					expect_told(kernel, class, holder->id, s);
			}
		}
	}
	for (unsigned int class = OBJECT_HOLDER; class < layout->num_objects; class ++) {
		if (strcmp(layout->objects[class].name, "table") != 0)
			continue;
		for (uint32_t i = 0; i < s->num_tables; i++)
			expect_told(kernel, class, s->tables[i].id, s);
	}
}

void second_reading(const struct hostile_kernel *kernel, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_contexts; i++) {
		if (s->contexts[i].kind != CONTEXT_CORE)
			expect_told(kernel, OBJECT_CONTEXT, s->contexts[i].id, s);
	}
	read_areas_again(kernel, s);
	read_fobjs_again(kernel, s);
	read_pmems_again(kernel, s);
	read_files_again(kernel, s);
	read_holders_again(kernel, s);
}
