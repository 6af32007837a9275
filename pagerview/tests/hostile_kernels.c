/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in's lists are static: all that it has is in its ELF. Our own target's are told.
 */
#include "hostile_kernels.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target_story.h"

#define MAX_KERNELS 12

static struct hostile_kernel kernels[MAX_KERNELS];
static unsigned int num_kernels;

static void give_up(const struct error *error)
{
	fprintf(stderr, "%s\n", error->text);
	exit(2);
}

/* All that the ELF holds: its tables are static. */
static void open_stand_in(struct hostile_kernel *kernel)
{
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(kernel->dwarf, &segments);

	for (size_t i = 0; i < count && i < HOSTILE_MAX_STRETCHES; i++) {
		if (segments[i].write)
			hostile_add(&kernel->memory, segments[i].addr, segments[i].bytes,
				    (size_t)segments[i].file_size, false);
	}
}

static unsigned int class_named(const struct layout *layout, const char *name)
{
	unsigned int class = OBJECT_HOLDER;

	while (class < layout->num_objects && strcmp(layout->objects[class].name, name) != 0)
		class ++;
	assert(class < layout->num_objects);
	return class;
}

/* A block of the heap with its header, behind all objects. */
static uint64_t add_block(struct image *image, uint64_t *at, uint64_t size)
{
	const struct layout_scan *scan = &image->layout->scan;
	uint64_t block = *at + scan->header;

	image_write_number(image, *at + scan->size.offset, size, scan->size.size);
	image_write_number(image, *at + scan->mark.offset, scan->used, scan->mark.size);
	*at = block + (size + 15) / 16 * 16;
	return block;
}

/* A stack that points at the text, its thread, and a fobj that no list has. */
static void add_blocks(struct image *image, const struct story *story)
{
	const struct layout *layout = image->layout;
	const struct layout_scan *scan = &layout->scan;
	uint64_t at = IMAGE_BASE + IMAGE_SIZE - 16384;
	uint64_t stack = add_block(image, &at, 1024),
		 thread = add_block(image, &at, scan->thread_size);
	uint64_t lost = add_block(image, &at, layout->objects[OBJECT_FOBJ].size);

	image_write_number(image, stack, scan->canary, 8);
	image_write_number(image, stack + 512, story->text, 8);
	image_write_number(image, thread + scan->stack.offset, stack, 8);
	image_write_number(image, lost + scan->ops_offset, scan->ops[0].addr, 8);
	image_set(image, OBJECT_FOBJ, lost, ROLE_PAGES, 3);
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];
		uint64_t head = lost + list->head.offset[0];

		if (list->present && list->is_owned && list->in == OBJECT_FOBJ && list->is_double)
			image_write_number(image, head + 8, head, 8);
	}
}

/* What the pager did lately: references of the text, and the page that came. */
static void add_events(struct image *image, const struct story *story)
{
	const struct layout_events *events = &image->layout->events;
	const struct layout_field *fields = events->fields, *kind = &fields[EVENT_ROLE_KIND];
	unsigned int count = 3 * events->num_entries / 2;

	for (unsigned int n = 1; n <= count; n++) {
		uint64_t entry = events->ring + (n - 1) % events->num_entries * events->entry_size;
		const struct layout_word *word = &kind->words[n % kind->num_words];

		image_write_number(image, entry + fields[EVENT_ROLE_SEQ].offset[0], n,
				   fields[EVENT_ROLE_SEQ].size);
		image_write_number(image, entry + kind->offset[0], word->value, kind->size);
		image_write_number(image, entry + fields[EVENT_ROLE_OBJECT].offset[0], story->text,
				   8);
		image_write_number(image, entry + fields[EVENT_ROLE_CALLER].offset[0],
				   image_symbol(image, "trace_write") + n % 8 * 4, 8);
	}
	image_write_number(image, events->head, count, events->head_size);
}

/* One table of A and one of nobody, each with a page that is not theirs; a handle of the file. */
static void add_others(struct image *image, const struct story *story)
{
	unsigned int class = class_named(image->layout, "table");
	uint64_t handle, stray = 0x41001000 | AP_EL0 | UXN | 3;

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t table = image_add(image, class), pa = image_new_table(image);

		image_set(image, class, table, ROLE_PA, pa);
		memcpy(image->tables + (pa - IMAGE_PHYS) + 16, &stray, sizeof(stray));
		image_set(image, class, table, ROLE_SPACE, i ? 0 : story->contexts[0]);
		image_set(image, class, table, ROLE_BASE, 0x7000000);
		image_append(image, i ? "table_inner" : "table_leaves", 0, table);
	}
	class = class_named(image->layout, "handle");
	handle = image_add(image, class);
	image_set(image, class, handle, ROLE_FILE, story->file);
	image_set(image, OBJECT_FILE, story->file, ROLE_REFCOUNT, 3);
	image_append(image, "handle_list", 0, handle);
}

/* Our own target keeps its lists in a heap, and tables by physical address. */
static void tell(struct image *image)
{
	struct layout *layout = image->layout;
	struct layout_range *data = &layout->scan.ranges[0], *heap = &layout->scan.ranges[1];
	struct story story;

	story_tell(image, &story);
	story_add_slice(image, &story);
	heap->from = IMAGE_BASE;
	heap->to = IMAGE_BASE + IMAGE_SIZE;
	heap->length = 0;
	/* All of our data takes most of the time, and so does our ring when it is full. */
	data->to = data->from + 16384;
	layout->events.num_entries = HOSTILE_RING;
	add_blocks(image, &story);
	add_events(image, &story);
	add_others(image, &story);
}

static void open_own(struct hostile_kernel *kernel, const char *elf)
{
	struct image image;

	if (!image_open(&image, elf))
		exit(2);
	tell(&image);
	hostile_add(&kernel->memory, image.data_base, image.data, image.data_size, false);
	hostile_add(&kernel->memory, IMAGE_BASE, image.heap, IMAGE_SIZE, false);
	hostile_add(&kernel->memory, IMAGE_PHYS, image.tables, 16 * 4096, true);
	kernel->dwarf = image.dwarf;
	kernel->profile = image.profile;
	kernel->layout = image.layout;
	image.dwarf = NULL;
	image.profile = NULL;
	image.layout = NULL;
	image_close(&image);
}

/* A word of the heap as it is at first. */
static void put(struct hostile_kernel *kernel, uint64_t addr, uint64_t word)
{
	struct hostile_stretch *heap = &kernel->memory.stretches[1];

	memcpy(heap->clean + (addr - heap->base), &word, sizeof(word));
}

/* A block that is free, one in use, the end; a thread, and its stack. Both point at the text. */
static void put_bget(struct hostile_kernel *kernel, uint64_t at, uint64_t text)
{
	const struct layout_scan *scan = &kernel->layout->scan;

	put(kernel, at + 8, 64);
	put(kernel, at + 64 + 8, (uint64_t)-64);
	put(kernel, at + 64 + 24, text);
	put(kernel, at + 128 + 8, UINT64_C(1) << 63);
	put(kernel, scan->threads, 1);
	put(kernel, scan->threads + 8, scan->threads + 4096);
	put(kernel, scan->threads + 4096 - 512, text);
}

/* OP-TEE's heap and stacks, of which its stand-ins have none: in our own heap, at its end. */
static void open_bget(struct hostile_kernel *kernel, const char *elf)
{
	struct layout_scan *scan;
	uint64_t at = IMAGE_BASE + IMAGE_SIZE - 16384;

	open_own(kernel, elf);
	scan = &kernel->layout->scan;
	scan->form = BLOCKS_BGET;
	scan->header = 16;
	scan->size = (struct dwarf_member){.offset = 8, .size = 8};
	scan->ranges[1].from = at;
	scan->has_canary = false;
	scan->threads = at + 8192;
	scan->num_threads = 3;
	scan->thread_stride = 32;
	scan->top = (struct dwarf_member){.offset = 8, .size = 8};
	scan->state = (struct dwarf_member){.offset = 0, .size = 4};
	scan->stack_bytes = 1024;
	put_bget(kernel, at, IMAGE_BASE + 64);
}

static void open_kernel(const char *elf)
{
	struct hostile_kernel *kernel = &kernels[num_kernels++];
	struct error error = {0};

	kernel->dwarf = dwarf_info_open(elf, &error);
	if (!kernel->dwarf)
		give_up(&error);
	if (dwarf_info_symbol(kernel->dwarf, "trace_ring")) {
		dwarf_info_close(kernel->dwarf);
		open_own(kernel, elf);
		hostile_begin(&kernel->memory, 8);
		kernel = &kernels[num_kernels++];
		open_bget(kernel, elf);
	} else {
		kernel->profile = profile_load("pagerview/profile/optee.json", &error);
		if (kernel->profile)
			kernel->layout =
				layout_create(kernel->profile, kernel->dwarf, NULL, &error);
		if (!kernel->layout)
			give_up(&error);
		open_stand_in(kernel);
	}
	hostile_begin(&kernel->memory, kernel->layout->pointer_size);
}

/* Until the process ends. */
static void close_kernels(void)
{
	for (unsigned int i = 0; i < num_kernels; i++) {
		hostile_deinit(&kernels[i].memory);
		layout_destroy(kernels[i].layout);
		profile_free(kernels[i].profile);
		dwarf_info_close(kernels[i].dwarf);
	}
}

unsigned int hostile_kernels_open(const char *elves)
{
	char *copy = elves ? strdup(elves) : NULL, *rest = copy;

	for (char *name; rest && num_kernels + 1 < MAX_KERNELS && (name = strsep(&rest, ":"));)
		open_kernel(name);
	free(copy);
	if (!num_kernels) {
		fprintf(stderr, "FUZZ_ELF names no ELF\n");
		exit(2);
	}
	atexit(close_kernels);
	return num_kernels;
}

struct hostile_kernel *hostile_kernel(unsigned int index)
{
	return &kernels[index];
}
