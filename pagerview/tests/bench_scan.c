/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long the scan for pointers takes over 1 MiB of heap, beside the reading of it: blocks of 64
 * bytes, one word in eight a pointer, to one of a hundred objects whose counts do not add up. The
 * exit status is 1 when it takes longer than the 20 ms that the project promises. Arguments: the
 * target's ELF and its profile, for the layout.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../collect_scan.h"
#include "../model/arena.h"

#define LIMIT_MS 20.0
#define ROUNDS   20
#define BASE     UINT64_C(0xffffff8040800000)
#define SIZE     (UINT64_C(1) << 20)
#define BLOCK    64u
#define OBJECTS  100u

static uint8_t heap[SIZE];

static bool read_heap(struct memory *memory, struct memory_request *requests, size_t count,
		      struct error *error)
{
	(void)memory;
	(void)error;
	for (size_t i = 0; i < count; i++) {
		uint64_t at = requests[i].addr - BASE;

		requests[i].ok = requests[i].addr >= BASE && at + requests[i].len <= SIZE;
		if (requests[i].ok)
			memcpy(requests[i].to, heap + at, requests[i].len);
	}
	return true;
}

/* Objects are blocks of their own, at regular distances. */
static uint64_t object_at(unsigned int i, uint64_t header)
{
	return BASE + SIZE / OBJECTS / BLOCK * BLOCK * i + header;
}

static void fill_heap(const struct layout_scan *scan)
{
	uint32_t number = 1;

	for (uint64_t at = 0; at + BLOCK <= SIZE; at += BLOCK) {
		uint64_t size = BLOCK - scan->header;

		memcpy(heap + at + scan->size.offset, &size, scan->size.size);
		memcpy(heap + at + scan->mark.offset, &scan->used, scan->mark.size);
		for (uint64_t word = scan->header; word < BLOCK; word += 8) {
			uint64_t value;

			number = number * 1664525 + 1013904223;
			value = number % 8 ? number : object_at(number / 8 % OBJECTS, scan->header);
			memcpy(heap + at + word, &value, 8);
		}
	}
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One scan; how long it took. */
static double scan_once(struct scan *scan, const struct layout *layout, uint64_t *found,
			uint64_t *bytes)
{
	struct values values = {.layout = layout};
	struct snapshot *snapshot = snapshot_create();
	struct error error = {0};
	struct walk walk;
	double start, took;

	if (!snapshot || !walk_init(&walk, &values, snapshot->arena))
		exit(2);
	snapshot->fobjs = arena_alloc_array(snapshot->arena, OBJECTS, sizeof(*snapshot->fobjs));
	snapshot->num_fobjs = OBJECTS;
	for (unsigned int i = 0; i < OBJECTS; i++) {
		snapshot->fobjs[i].id = object_at(i, layout->scan.header);
		snapshot->fobjs[i].surplus = 1;
	}
	start = now_ms();
	if (!scan_read(scan, &error) || !scan_fill(scan, 0, &walk, snapshot))
		exit(2);
	took = now_ms() - start;
	*found = 0;
	for (uint32_t i = 0; i < snapshot->num_pointers; i++)
		*found += snapshot->pointers[i].count;
	*bytes = snapshot->capture.scanned;
	walk_deinit(&walk);
	snapshot_destroy(snapshot);
	return took;
}

int main(int argc, char **argv)
{
	static const struct memory_ops ops = {.read = read_heap};
	struct memory memory = {.ops = &ops};
	struct error error = {0};
	struct dwarf_info *dwarf = dwarf_info_open(argc == 3 ? argv[1] : "", &error);
	struct profile *profile = dwarf ? profile_load(argv[2], &error) : NULL;
	struct layout *layout = profile ? layout_create(profile, dwarf, NULL, &error) : NULL;
	uint64_t found = 0, bytes = 0;
	double best = 1e9;
	struct scan *scan;

	if (!layout || layout->scan.form != BLOCKS_MARKED) {
		fprintf(stderr, "bench_scan: %s\n", error.text);
		return 2;
	}
	layout->scan.num_ranges = 1;
	layout->scan.ranges[0] = (struct layout_range){
		.name = "heap", .from = BASE, .to = BASE + SIZE, .is_heap = true};
	fill_heap(&layout->scan);
	scan = scan_create(layout, &memory, 0);
	for (int i = 0; scan && i < ROUNDS; i++) {
		double took = scan_once(scan, layout, &found, &bytes);

		best = took < best ? took : best;
	}
	printf("scan      %7.3f ms for %" PRIu64 " KiB with %" PRIu64
	       " pointers to %u objects (%.0f) %s\n",
	       best, bytes >> 10, found, OBJECTS, LIMIT_MS, best > LIMIT_MS ? "NOT KEPT" : "kept");
	scan_destroy(scan);
	layout_destroy(layout);
	profile_free(profile);
	dwarf_info_close(dwarf);
	return best > LIMIT_MS || !found || bytes != SIZE;
}
