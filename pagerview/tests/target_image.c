/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three stretches of memory: the ELF's writable segments by virtual address, a heap by virtual
 * address, tables by physical address. All else cannot be read.
 */
#include "target_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_PAGES 64

/* The page offset of ROW is not the image's to know: everything is found through these ranges. */
static uint8_t *bytes_at(const struct image *image, uint64_t addr, size_t len)
{
	if (addr >= image->data_base && addr - image->data_base + len <= image->data_size)
		return image->data + (addr - image->data_base);
	if (addr >= IMAGE_BASE && addr - IMAGE_BASE + len <= IMAGE_SIZE)
		return image->heap + (addr - IMAGE_BASE);
	return NULL;
}

static bool image_read(struct memory *memory, struct memory_request *requests, size_t count,
		       struct error *error)
{
	struct image *image = (struct image *)memory;

	(void)error;
	image->reads++;
	memory->stats.trips++;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *from = bytes_at(image, requests[i].addr, requests[i].len);

		requests[i].ok = from != NULL;
		if (from)
			memcpy(requests[i].to, from, requests[i].len);
	}
	return true;
}

static bool image_read_physical(struct memory *memory, struct memory_request *requests,
				size_t count, struct error *error)
{
	struct image *image = (struct image *)memory;

	(void)error;
	image->reads++;
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = requests[i].addr - IMAGE_PHYS;

		requests[i].ok = requests[i].addr >= IMAGE_PHYS &&
				 offset + requests[i].len <= TABLE_PAGES * 4096;
		if (requests[i].ok)
			memcpy(requests[i].to, image->tables + offset, requests[i].len);
	}
	return true;
}

static const struct memory_ops image_ops = {
	.read = image_read,
	.read_physical = image_read_physical,
};

/* Tests lie in BUILD/asan/pagerview/tests, the target in BUILD. */
const char *image_elf(void)
{
	static char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	path[len > 0 ? len : 0] = 0;
	for (int up = 0; up < 4; up++) {
		char *slash = strrchr(path, '/');

		if (slash)
			*slash = 0;
	}
	strcat(path, "/target_pager.elf");
	return path;
}

static void find_data(struct image *image)
{
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(image->dwarf, &segments);
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < count; i++) {
		if (!segments[i].write)
			continue;
		if (segments[i].addr < low)
			low = segments[i].addr;
		if (segments[i].addr + segments[i].size > high)
			high = segments[i].addr + segments[i].size;
	}
	image->data_base = low & ~UINT64_C(4095);
	image->data_size = (size_t)(((high + 4095) & ~UINT64_C(4095)) - image->data_base);
}

bool image_open(struct image *image, const char *elf)
{
	struct error error = {0};

	memset(image, 0, sizeof(*image));
	image->memory.ops = &image_ops;
	image->dwarf = dwarf_info_open(elf, &error);
	if (image->dwarf)
		image->profile = profile_load("pagerview/profile/target_pager.json", &error);
	if (image->profile)
		image->layout = layout_create(image->profile, image->dwarf, NULL, &error);
	if (!image->layout) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	find_data(image);
	image->data = malloc(image->data_size);
	image->heap = malloc(IMAGE_SIZE);
	image->tables = malloc(TABLE_PAGES * 4096);
	image_clear(image);
	return true;
}

void image_close(struct image *image)
{
	layout_destroy(image->layout);
	profile_free(image->profile);
	dwarf_info_close(image->dwarf);
	free(image->data);
	free(image->heap);
	free(image->tables);
}

void image_clear(struct image *image)
{
	memset(image->data, 0, image->data_size);
	memset(image->heap, 0, IMAGE_SIZE);
	memset(image->tables, 0, TABLE_PAGES * 4096);
	image->next = IMAGE_BASE + 64;
	image->next_table = IMAGE_PHYS;
}

uint64_t image_symbol(const struct image *image, const char *name)
{
	const struct dwarf_symbol *symbol = dwarf_info_symbol(image->dwarf, name);

	if (!symbol)
		abort();
	return symbol->addr;
}

void image_write(struct image *image, uint64_t addr, const void *bytes, size_t len)
{
	uint8_t *to = bytes_at(image, addr, len);

	if (!to)
		abort();
	memcpy(to, bytes, len);
}

void image_write_number(struct image *image, uint64_t addr, uint64_t value, size_t size)
{
	image_write(image, addr, &value, size);
}

uint64_t image_read_number(const struct image *image, uint64_t addr, size_t size)
{
	const uint8_t *from = bytes_at(image, addr, size);
	uint64_t value = 0;

	if (!from)
		abort();
	memcpy(&value, from, size);
	return value;
}

static uint64_t allocate(struct image *image, uint64_t size)
{
	uint64_t addr = image->next;

	image->next += (size + 15) / 16 * 16;
	if (image->next > IMAGE_BASE + IMAGE_SIZE)
		abort();
	return addr;
}

uint64_t image_add(struct image *image, unsigned int class)
{
	return allocate(image, image->layout->objects[class].size + 64);
}

/* Where the field is; missing objects on the way are made. */
static uint64_t place(struct image *image, const struct layout_field *field, uint64_t object)
{
	uint64_t at = object + field->offset[0];

	for (unsigned int hop = 1; hop <= field->num_hops; hop++) {
		uint64_t pointer = image_read_number(image, at, 8);

		if (!pointer) {
			pointer = allocate(image, 256);
			image_write_number(image, at, pointer, 8);
		}
		at = pointer + field->offset[hop];
	}
	return at;
}

void image_set(struct image *image, unsigned int class, uint64_t object, enum role role,
	       uint64_t value)
{
	const struct layout_field *field = &image->layout->objects[class].fields[role];

	image_write_number(image, place(image, field, object), value, field->size);
}

void image_set_text(struct image *image, unsigned int class, uint64_t object, enum role role,
		    const char *text)
{
	const struct layout_field *field = &image->layout->objects[class].fields[role];
	size_t len = strlen(text);

	image_write(image, place(image, field, object), text,
		    len < field->size ? len : field->size);
}

void image_set_word(struct image *image, unsigned int class, uint64_t object, enum role role,
		    const char *word)
{
	const struct layout_field *field = &image->layout->objects[class].fields[role];

	for (unsigned int i = 0; i < field->num_words; i++) {
		if (strcmp(field->words[i].text, word) == 0) {
			image_set(image, class, object, role, field->words[i].value);
			return;
		}
	}
	abort();
}

const struct layout_list *image_list(const struct image *image, const char *label)
{
	for (unsigned int i = 0; i < image->layout->num_lists; i++) {
		if (strcmp(image->layout->lists[i].label, label) == 0)
			return &image->layout->lists[i];
	}
	abort();
}

void image_append(struct image *image, const char *label, uint64_t owner, uint64_t object)
{
	const struct layout_list *list = image_list(image, label);
	uint64_t head = place(image, &list->head, list->is_owned ? owner : list->symbol);
	uint64_t at = head;

	if (list->kind == LIST_POINTERS) {
		while (image_read_number(image, at, 8))
			at += 8;
	} else {
		for (uint64_t node; (node = image_read_number(image, at, 8)) != 0;)
			at = node + list->next;
	}
	image_write_number(image, at, object, 8);
	if (list->is_double)
		image_write_number(image, object + list->next + 8, at, 8);
	if (list->has_tail)
		image_write_number(image, head + 8, object + list->next, 8);
	if (list->has_length) {
		at = list->length_symbol + list->length.offset[0];
		image_write_number(image, at, image_read_number(image, at, list->length.size) + 1,
				   list->length.size);
	}
}

uint64_t image_new_table(struct image *image)
{
	uint64_t table = image->next_table;

	image->next_table += 4096;
	if (image->next_table > IMAGE_PHYS + TABLE_PAGES * 4096)
		abort();
	return table;
}

void image_map(struct image *image, uint64_t root, uint64_t va, uint64_t pa,
	       uint64_t descriptor_bits)
{
	uint64_t table = root;

	for (int level = 1; level <= 3; level++) {
		uint64_t index = va >> (12 + 9 * (3 - level)) & 511;
		uint64_t *entry =
			(uint64_t *)(void *)(image->tables + (table - IMAGE_PHYS) + index * 8);

		if (level == 3) {
			*entry = pa | descriptor_bits | 3;
			return;
		}
		if (!*entry)
			*entry = image_new_table(image) | 3;
		table = *entry & UINT64_C(0xfffffffff000);
	}
}
