/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ranges are copied first, in one burst, so that the target need not stand still for the
 * looking. Then: the heap's blocks, from the allocator's own headers, so that freed memory, which
 * is full of old pointers, counts for nothing; the fobjs among them that no list leads to; and at
 * last every aligned word against the sorted address ranges of the objects that are in question.
 * A word is left out where the walk knows why it is there, where it lies in its own object, and
 * in the ring of events, which is history.
 *
 * It is conservative: a number that looks like an address counts, and so does what a function that
 * has returned left on a stack. It can therefore call an object "possibly" held that nobody holds,
 * but hardly the other way round: registers of CPUs that run are all it does not see.
 */
#include "collect_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK      ((uint64_t)64 << 10) /* of one request; where it fails, page by page */
#define PAGE       UINT64_C(4096)
#define MAX_BLOCKS (1u << 20)
#define MAX_PAGES  (1u << 20) /* of a fobj: more is garbage */
#define BGET_SLACK 64u        /* that a pool may end before its range does */
#define MAX_RANGES (LAYOUT_MAX_RANGES + 64u)

struct range {
	const char *name;
	uint64_t from, size; /* bytes, as loaded */
	uint8_t *bytes;
	uint8_t *ok; /* by page, counted from FROM */
	uint64_t room, ok_room;
	bool is_heap, is_stack;
	unsigned int thread; /* whose stack it is */
};

struct block {
	uint64_t addr, size; /* of what it holds, without its header */
};

/* A thread, by the stack that it says is its own. */
struct owned_stack {
	uint64_t stack, thread;
};

struct target {
	uint64_t low, high; /* pointers into it count; HIGH is not in it */
	uint32_t index;     /* in the snapshot's `pointers` */
};

struct scan {
	const struct layout *layout;
	struct memory *memory;
	uint64_t slide;
	struct range ranges[MAX_RANGES];
	unsigned int num_ranges;
	struct block *blocks; /* in use, by address */
	uint32_t num_blocks, max_blocks;
	struct owned_stack *stacks; /* by both */
	uint32_t num_stacks;
	uint32_t told;  /* places in words */
	uint64_t sp;    /* of a CPU that stands; 0 unknown */
	uint64_t bytes; /* copied */
	uint64_t left; /* of what is left out: behind SCAN_MAX_BYTES, or no block was found there */
	bool cut;      /* there were more than SCAN_MAX_BYTES */
};

struct scan *scan_create(const struct layout *layout, struct memory *memory, uint64_t slide)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (scan) {
		scan->layout = layout;
		scan->memory = memory;
		scan->slide = slide;
	}
	return scan;
}

void scan_destroy(struct scan *scan)
{
	if (!scan)
		return;
	for (unsigned int i = 0; i < MAX_RANGES; i++) {
		free(scan->ranges[i].bytes);
		free(scan->ranges[i].ok);
	}
	free(scan->blocks);
	free(scan->stacks);
	free(scan);
}

/* ---- copying ---- */

static uint64_t pages_of(const struct range *range)
{
	return (range->size + PAGE - 1) / PAGE;
}

/* One more range, cut to what is left of SCAN_MAX_BYTES. NULL: out of memory. */
static struct range *range_add(struct scan *scan, uint64_t from, uint64_t size)
{
	struct range *range = &scan->ranges[scan->num_ranges];

	if (size > SCAN_MAX_BYTES - scan->bytes) {
		scan->left += size - (SCAN_MAX_BYTES - scan->bytes);
		size = SCAN_MAX_BYTES - scan->bytes;
		scan->cut = true;
	}
	range->from = from;
	range->size = size;
	if (range->room < size + 8) {
		free(range->bytes);
		free(range->ok);
		range->room = size + 8;
		range->bytes = malloc(range->room);
		range->ok = malloc(pages_of(range) + 1);
		if (!range->bytes || !range->ok) {
			range->room = 0;
			return NULL;
		}
	}
	memset(range->ok, 0, pages_of(range) + 1);
	scan->bytes += size;
	scan->num_ranges++;
	return range;
}

/* Requests of LEN bytes at most for what of the range is not here yet; how many. */
static size_t ask(struct range *range, uint64_t len, struct memory_request *requests)
{
	size_t count = 0;

	for (uint64_t at = 0; at < range->size; at += len) {
		uint64_t part = range->size - at < len ? range->size - at : len;

		if (range->ok[at / PAGE])
			continue;
		requests[count++] = (struct memory_request){
			.addr = range->from + at, .len = part, .to = range->bytes + at};
	}
	return count;
}

static void note(struct range *range, const struct memory_request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t at = requests[i].addr - range->from;

		for (uint64_t done = 0; requests[i].ok && done < requests[i].len; done += PAGE)
			range->ok[(at + done) / PAGE] = 1;
	}
}

/* Ranges FIRST and on: all in one burst by chunks of LEN bytes, a multiple of PAGE. */
static bool copy_once(struct scan *scan, unsigned int first, uint64_t len, struct error *error)
{
	size_t max = 0, count = 0;
	struct memory_request *requests;
	size_t counts[MAX_RANGES];
	bool ok;

	for (unsigned int i = first; i < scan->num_ranges; i++)
		max += scan->ranges[i].size / len + 1;
	requests = calloc(max + 1, sizeof(*requests));
	if (!requests)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	for (unsigned int i = first; i < scan->num_ranges; i++) {
		counts[i] = ask(&scan->ranges[i], len, requests + count);
		count += counts[i];
	}
	ok = count == 0 || memory_read(scan->memory, requests, count, error);
	for (unsigned int i = first, done = 0; ok && i < scan->num_ranges; i++) {
		note(&scan->ranges[i], requests + done, counts[i]);
		done += (unsigned int)counts[i];
	}
	free(requests);
	return ok;
}

static bool copy(struct scan *scan, unsigned int first, struct error *error)
{
	return copy_once(scan, first, CHUNK, error) && copy_once(scan, first, PAGE, error);
}

/* How many bytes of each range are in use, where a variable says so. */
static bool read_lengths(struct scan *scan, uint64_t *lengths, struct error *error)
{
	const struct layout_scan *layout = &scan->layout->scan;
	struct memory_request requests[LAYOUT_MAX_RANGES];
	uint64_t used[LAYOUT_MAX_RANGES] = {0};
	size_t count = 0, next = 0;

	for (unsigned int i = 0; i < layout->num_ranges; i++) {
		const struct layout_range *range = &layout->ranges[i];

		lengths[i] = range->to - range->from;
		if (range->length)
			requests[count++] =
				(struct memory_request){.addr = range->length + scan->slide,
							.len = range->length_size,
							.to = &used[i]};
	}
	if (count && !memory_read(scan->memory, requests, count, error))
		return false;
	for (unsigned int i = 0; i < layout->num_ranges; i++) {
		if (layout->ranges[i].length && requests[next++].ok && used[i] < lengths[i])
			lengths[i] = used[i];
	}
	return true;
}

/* A number of SIZE bytes at ADDR in the copy. False: it is not in it. */
static bool peek(const struct scan *scan, uint64_t addr, uint64_t size, uint64_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < scan->num_ranges; i++) {
		const struct range *range = &scan->ranges[i];
		uint64_t at = addr - range->from;

		if (addr < range->from || at >= range->size || size > range->size - at)
			continue;
		if (!range->ok[at / PAGE] || !range->ok[(at + size - 1) / PAGE])
			return false;
		memcpy(value, range->bytes + at, size);
		return true;
	}
	return false;
}

/* The stacks that an array of threads points at. */
static bool add_stacks(struct scan *scan)
{
	const struct layout_scan *layout = &scan->layout->scan;

	for (uint64_t i = 0; layout->threads && i < layout->num_threads; i++) {
		uint64_t thread = layout->threads + scan->slide + i * layout->thread_stride, top;
		uint64_t state = ~layout->free_state;
		struct range *range;

		if (layout->state.size)
			peek(scan, thread + layout->state.offset, layout->state.size, &state);

		if (!peek(scan, thread + layout->top.offset, layout->top.size, &top) ||
		    top < layout->stack_bytes || state == layout->free_state)
			continue;
		top &= ~UINT64_C(15);
		range = range_add(scan, top - layout->stack_bytes, layout->stack_bytes);
		if (!range)
			return false;
		range->is_heap = false;
		range->is_stack = true;
		range->thread = (unsigned int)i;
		range->name = "stack";
	}
	return true;
}

bool scan_read(struct scan *scan, struct error *error)
{
	const struct layout_scan *layout = &scan->layout->scan;
	uint64_t lengths[LAYOUT_MAX_RANGES];
	unsigned int first;

	scan->num_ranges = 0;
	scan->bytes = scan->left = 0;
	scan->cut = false;
	if (!read_lengths(scan, lengths, error))
		return false;
	for (unsigned int i = 0; i < layout->num_ranges; i++) {
		struct range *range =
			range_add(scan, layout->ranges[i].from + scan->slide, lengths[i]);

		if (!range)
			return error_set(error, EXIT_PARTIAL, "out of memory");
		range->name = layout->ranges[i].name;
		range->is_heap = layout->ranges[i].is_heap;
		range->is_stack = false;
	}
	first = scan->num_ranges;
	if (!copy(scan, 0, error))
		return false;
	if (!add_stacks(scan))
		return error_set(error, EXIT_PARTIAL, "out of memory");
	return copy(scan, first, error);
}

static bool is_readable(const struct range *range)
{
	for (uint64_t page = 0; page < pages_of(range); page++)
		if (range->ok[page])
			return true;
	return false;
}

/* ---- blocks of the heap ---- */

static bool block_add(struct scan *scan, uint64_t addr, uint64_t size)
{
	if (scan->num_blocks == scan->max_blocks) {
		uint32_t max = scan->max_blocks ? scan->max_blocks * 2 : 1024;
		struct block *more = realloc(scan->blocks, max * sizeof(*more));

		if (!more)
			return false;
		scan->blocks = more;
		scan->max_blocks = max;
	}
	scan->blocks[scan->num_blocks++] = (struct block){addr, size};
	return true;
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/*
 * Headers are looked for wherever one may begin, which is at any pointer's alignment: a small
 * malloc() gives no more. What a block holds is not looked into.
 */
static bool find_marked(struct scan *scan, const struct range *range)
{
	const struct layout_scan *layout = &scan->layout->scan;
	uint64_t align = scan->layout->pointer_size, end = range->from + range->size;
	uint64_t at = (range->from + align - 1) & ~(align - 1);

	while (at + layout->header <= end && scan->num_blocks < MAX_BLOCKS) {
		uint64_t mark, size;

		if (!peek(scan, at + layout->mark.offset, layout->mark.size, &mark) ||
		    !peek(scan, at + layout->size.offset, layout->size.size, &size) ||
		    mark != layout->used || size > end - at - layout->header) {
			at += align;
			continue;
		}
		if (!block_add(scan, at + layout->header, size))
			return false;
		at = (at + layout->header + size + align - 1) & ~(align - 1);
	}
	if (scan->num_blocks == MAX_BLOCKS)
		scan->left += end - at;
	return true;
}

/* BGET: one block after the other; the one that ends a pool has a size that leads out of it. */
static bool find_bget(struct scan *scan, const struct range *range)
{
	const struct layout_scan *layout = &scan->layout->scan;
	uint64_t align = 2 * scan->layout->pointer_size, end = range->from + range->size;
	uint64_t at = (range->from + align - 1) & ~(align - 1), word;

	while (scan->num_blocks < MAX_BLOCKS &&
	       peek(scan, at + layout->size.offset, layout->size.size, &word)) {
		bool used = word >> (layout->size.size * 8 - 1) & 1;
		uint64_t size = used ? -word : word;

		if (layout->size.size < 8)
			size &= (UINT64_C(1) << (layout->size.size * 8)) - 1;
		if (size < layout->header || size > end - at)
			break;
		if (used && !block_add(scan, at + layout->header, size - layout->header))
			return false;
		at += size;
	}
	/* The last one is only a header, at the end: a chain that ends before is broken. */
	if (is_readable(range) && end - at > layout->header + BGET_SLACK)
		scan->left += end - at;
	return true;
}

static int compare_stacks(const void *a, const void *b)
{
	const struct owned_stack *x = a, *y = b;

	if (x->stack != y->stack)
		return x->stack < y->stack ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

/* Every block that is as large as a thread says whose stack it has, if it is one. */
static bool find_stacks(struct scan *scan)
{
	const struct layout_scan *layout = &scan->layout->scan;

	free(scan->stacks);
	scan->num_stacks = 0;
	scan->stacks = calloc((size_t)scan->num_blocks + 1, sizeof(*scan->stacks));
	for (uint32_t i = 0; scan->stacks && layout->thread_size && i < scan->num_blocks; i++) {
		struct owned_stack *to = &scan->stacks[scan->num_stacks];

		to->thread = scan->blocks[i].addr;
		scan->num_stacks += scan->blocks[i].size == layout->thread_size &&
				    peek(scan, to->thread + layout->stack.offset,
					 layout->stack.size, &to->stack);
	}
	if (scan->num_stacks)
		qsort(scan->stacks, scan->num_stacks, sizeof(*scan->stacks), compare_stacks);
	return scan->stacks;
}

static bool find_blocks(struct scan *scan)
{
	enum block_form form = scan->layout->scan.form;
	bool ok = true;

	scan->num_blocks = 0;
	for (unsigned int i = 0; ok && form != BLOCKS_NONE && i < scan->num_ranges; i++) {
		if (scan->ranges[i].is_heap)
			ok = form == BLOCKS_MARKED ? find_marked(scan, &scan->ranges[i])
						   : find_bget(scan, &scan->ranges[i]);
	}
	if (scan->num_blocks)
		qsort(scan->blocks, scan->num_blocks, sizeof(*scan->blocks), compare_blocks);
	return ok && find_stacks(scan);
}

/* The block in use that ADDR lies in, or NULL. */
static const struct block *block_at(const struct scan *scan, uint64_t addr)
{
	uint32_t low = 0, high = scan->num_blocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (scan->blocks[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || addr - scan->blocks[low - 1].addr >= scan->blocks[low - 1].size)
		return NULL;
	return &scan->blocks[low - 1];
}

static bool is_stack(const struct scan *scan, const struct block *block)
{
	uint64_t word;

	return scan->layout->scan.has_canary &&
	       peek(scan, block->addr, scan->layout->pointer_size, &word) &&
	       word == scan->layout->scan.canary;
}

/* ---- fobjs that no list leads to ---- */

static bool number_at(const struct scan *scan, const struct layout_field *field, uint64_t object,
		      uint64_t *number)
{
	return field->present && !field->num_hops && !field->bit_size && field->size <= 8 &&
	       peek(scan, object + field->offset[0], field->size, number);
}

static const char *name_at(const struct scan *scan, struct arena *arena, uint64_t object)
{
	const struct layout_field *field = &scan->layout->objects[OBJECT_FOBJ].fields[ROLE_NAME];
	char text[65] = "";

	for (uint64_t i = 0; field->present && !field->num_hops && field->form == FIELD_TEXT &&
			     i < field->size && i < sizeof(text) - 1;
	     i++) {
		uint64_t letter;

		if (!peek(scan, object + field->offset[0] + i, 1, &letter) || !letter)
			break;
		text[i] = letter >= ' ' && letter < 0x7f ? (char)letter : '.';
	}
	return arena_strndup(arena, text, sizeof(text)) ?: "";
}

/* The heads of its lists are what heads are: empty and pointing at themselves, or pointing on. */
static bool heads_are_sane(const struct scan *scan, uint64_t object)
{
	const struct layout *layout = scan->layout;

	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];
		uint64_t head, first, last;

		if (!list->present || !list->is_owned || list->in != OBJECT_FOBJ ||
		    !list->is_double || list->head.num_hops || list->variant)
			continue;
		head = object + list->head.offset[0];
		if (!peek(scan, head, layout->pointer_size, &first) ||
		    !peek(scan, head + layout->pointer_size, layout->pointer_size, &last) ||
		    (!first && last != head) || (first & 3) || (last & 3) || !last)
			return false;
	}
	return true;
}

static const struct layout_ops *find_ops(const struct scan *scan, uint64_t word)
{
	const struct layout_scan *layout = &scan->layout->scan;

	for (unsigned int i = 0; i < layout->num_ops; i++) {
		if (layout->ops[i].addr + scan->slide == word)
			return &layout->ops[i];
	}
	return NULL;
}

/* Is there a fobj at OBJECT, and has the walk not come by it? */
static bool read_lost(const struct scan *scan, const struct walk *walk, uint64_t object,
		      struct snap_lost *lost)
{
	const struct layout_field *fields = scan->layout->objects[OBJECT_FOBJ].fields;
	uint64_t pages, refcount;

	if (walk_find(walk, OBJECT_FOBJ, object) != UINT32_MAX ||
	    !number_at(scan, &fields[ROLE_PAGES], object, &pages) || !pages || pages > MAX_PAGES ||
	    !number_at(scan, &fields[ROLE_REFCOUNT], object, &refcount) ||
	    (scan->layout->scan.form == BLOCKS_NONE && !refcount) || !heads_are_sane(scan, object))
		return false;
	lost->id = object;
	lost->pages = (uint32_t)pages;
	lost->refcount = (int64_t)refcount;
	return true;
}

/* Look for one in SIZE bytes at FROM. False: the list is full, or memory is out. */
static bool find_lost_in(struct scan *scan, const struct walk *walk, struct snapshot *snapshot,
			 uint64_t from, uint64_t size)
{
	uint64_t step = scan->layout->pointer_size, word;
	uint64_t needed = scan->layout->objects[OBJECT_FOBJ].size;

	for (uint64_t at = 0; at + needed <= size; at += step) {
		struct snap_lost lost = {0};
		const struct layout_ops *ops;

		if (!peek(scan, from + at + scan->layout->scan.ops_offset, step, &word))
			continue;
		ops = find_ops(scan, word);
		if (!ops || !read_lost(scan, walk, from + at, &lost))
			continue;
		if (!snapshot->lost)
			snapshot->lost = arena_alloc_array(snapshot->arena, SCAN_MAX_LOST,
							   sizeof(*snapshot->lost));
		if (!snapshot->lost || snapshot->num_lost == SCAN_MAX_LOST)
			return false;
		lost.kind = ops->kind;
		lost.name = name_at(scan, snapshot->arena, from + at);
		snapshot->lost[snapshot->num_lost++] = lost;
	}
	return true;
}

static bool find_lost(struct scan *scan, struct walk *walk, struct snapshot *snapshot)
{
	bool more = scan->layout->scan.num_ops > 0;

	for (uint32_t i = 0; more && i < scan->num_blocks; i++) {
		const struct block *block = &scan->blocks[i];

		if (!is_stack(scan, block))
			more = find_lost_in(scan, walk, snapshot, block->addr, block->size);
	}
	for (unsigned int i = 0; more && i < scan->num_ranges; i++) {
		const struct range *range = &scan->ranges[i];

		if (range->is_heap && scan->layout->scan.form == BLOCKS_NONE)
			more = find_lost_in(scan, walk, snapshot, range->from, range->size);
	}
	if (!more && scan->layout->scan.num_ops)
		walk_cut(walk, "the heap: more than %u fobjs that no list leads to", SCAN_MAX_LOST);
	return true;
}

/* ---- what is in question ---- */

static void target_add(const struct scan *scan, struct snapshot *snapshot, struct target *targets,
		       uint64_t id, uint64_t size)
{
	const struct block *block = block_at(scan, id);
	uint32_t index = snapshot->num_pointers++;

	snapshot->pointers[index].object = id;
	targets[index] = block ? (struct target){block->addr, block->addr + block->size, index}
			       : (struct target){id, id + size, index};
}

static int compare_targets(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* All that does not add up; TARGETS has room. Sorted by address. */
static void find_targets(const struct scan *scan, struct snapshot *snapshot, struct target *targets)
{
	const struct layout_object *objects = scan->layout->objects;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (fobj->surplus)
			target_add(scan, snapshot, targets, fobj->id, objects[OBJECT_FOBJ].size);
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].surplus)
			target_add(scan, snapshot, targets, snapshot->files[i].id,
				   objects[OBJECT_FILE].size);
	}
	for (uint32_t i = 0; i < snapshot->num_lost; i++)
		target_add(scan, snapshot, targets, snapshot->lost[i].id,
			   objects[OBJECT_FOBJ].size);
	qsort(targets, snapshot->num_pointers, sizeof(*targets), compare_targets);
}

static const struct target *target_of(const struct target *targets, uint32_t count, uint64_t word)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (targets[middle].low <= word)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && word < targets[low - 1].high ? &targets[low - 1] : NULL;
}

/* ---- where a pointer is ---- */

/* The (first) thread whose stack the block is; false: it is nobody's. */
static bool thread_of(const struct scan *scan, const struct block *stack, uint64_t *thread)
{
	uint32_t low = 0, high = scan->num_stacks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (scan->stacks[middle].stack < stack->addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == scan->num_stacks || scan->stacks[low].stack != stack->addr)
		return false;
	*thread = scan->stacks[low].thread;
	return true;
}

static const char *thread_name(const struct scan *scan, uint64_t thread, char text[65])
{
	const struct dwarf_member *name = &scan->layout->scan.name;
	uint64_t i, letter;

	for (i = 0; i < name->size && i < 64; i++) {
		if (!peek(scan, thread + name->offset + i, 1, &letter) || !letter)
			break;
		text[i] = letter > ' ' && letter < 0x7f ? (char)letter : '.';
	}
	text[i] = 0;
	return text;
}

/* Below the stack pointer lies what functions that have returned left behind. */
static bool is_below_sp(const struct scan *scan, uint64_t addr)
{
	const struct dwarf_member *saved = &scan->layout->scan.sp;
	const struct block *block = block_at(scan, addr);
	uint64_t thread, sp = scan->sp;

	if (!block || !is_stack(scan, block))
		return false;
	if (sp >= block->addr && sp - block->addr < block->size)
		return addr < sp;
	return saved->size && thread_of(scan, block, &thread) &&
	       peek(scan, thread + saved->offset, saved->size, &sp) && sp >= block->addr &&
	       sp - block->addr < block->size && addr < sp;
}

/* An object of the walk that lies in the block, as words; false: none does. */
static bool object_in(const struct walk *walk, const struct block *block, uint64_t addr, char *text,
		      size_t len)
{
	const struct layout *layout = walk->values.layout;

	for (unsigned int class = 0; class < layout->num_objects; class ++) {
		for (uint32_t i = 0; i < walk->num_objects[class]; i++) {
			uint64_t object = walk->objects[class][i].addr;

			if (object < block->addr || object - block->addr >= block->size)
				continue;
			snprintf(text, len, "%s 0x%" PRIx64 "%c0x%" PRIx64,
				 layout->objects[class].name, object, addr < object ? '-' : '+',
				 addr < object ? object - addr : addr - object);
			return true;
		}
	}
	return false;
}

static void describe_in_block(const struct scan *scan, const struct walk *walk,
			      const struct block *block, uint64_t addr, char *text, size_t len)
{
	uint64_t thread, offset = addr - block->addr;
	char name[65];

	if (is_stack(scan, block)) {
		if (thread_of(scan, block, &thread))
			snprintf(text, len, "stack of thread %s+0x%" PRIx64,
				 thread_name(scan, thread, name), offset);
		else
			snprintf(text, len, "stack of no thread+0x%" PRIx64, offset);
	} else if (!object_in(walk, block, addr, text, len)) {
		snprintf(text, len, "heap block 0x%" PRIx64 "+0x%" PRIx64, block->addr,
			 addr - block->addr);
	}
}

static void describe(const struct scan *scan, const struct walk *walk, const struct range *range,
		     uint64_t addr, char *text, size_t len)
{
	const struct block *block = range->is_heap ? block_at(scan, addr) : NULL;
	const struct dwarf_symbol *symbol = NULL;
	uint64_t offset = addr - range->from;

	if (block) {
		describe_in_block(scan, walk, block, addr, text, len);
		return;
	}
	if (range->is_stack) {
		snprintf(text, len, "stack of thread %u+0x%" PRIx64, range->thread, offset);
		return;
	}
	if (!range->is_heap)
		symbol = dwarf_info_symbol_at(scan->layout->dwarf, addr - scan->slide, &offset);
	snprintf(text, len, "%.80s+0x%" PRIx64, symbol ? symbol->name : range->name, offset);
}

/* ---- the words ---- */

static int compare_links(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_explained(const struct scan *scan, const struct walk *walk,
			 const struct range *range, const struct target *target, uint64_t addr)
{
	const struct layout_events *events = &scan->layout->events;
	uint64_t ring = events->ring + scan->slide;

	if (addr >= target->low && addr < target->high)
		return true;
	if (events->present && addr >= ring &&
	    addr - ring < events->entry_size * events->num_entries)
		return true;
	/* A heap of which no block was found is not what we take it for: then all of it counts. */
	if (range->is_heap && scan->num_blocks && !block_at(scan, addr))
		return true;
	if (range->is_heap && is_below_sp(scan, addr))
		return true;
	return walk->num_links &&
	       bsearch(&addr, walk->links, walk->num_links, sizeof(addr), compare_links);
}

static bool enter(struct scan *scan, const struct walk *walk, struct snapshot *snapshot,
		  const struct range *range, uint32_t index, uint64_t addr)
{
	struct snap_pointers *pointers = &snapshot->pointers[index];
	char text[160];

	pointers->count++;
	if (pointers->num_places == SCAN_MAX_PLACES || scan->told == SCAN_MAX_TOLD)
		return true;
	scan->told++;
	if (!pointers->places)
		pointers->places = arena_alloc_array(snapshot->arena, SCAN_MAX_PLACES,
						     sizeof(*pointers->places));
	if (!pointers->places)
		return false;
	describe(scan, walk, range, addr, text, sizeof(text));
	pointers->places[pointers->num_places] = arena_strndup(snapshot->arena, text, 160);
	return pointers->places[pointers->num_places++] != NULL;
}

static bool look_through(struct scan *scan, const struct walk *walk, struct snapshot *snapshot,
			 const struct range *range, const struct target *targets)
{
	uint64_t step = scan->layout->pointer_size, count = snapshot->num_pointers;
	uint64_t low = targets[0].low, high = 0;

	for (uint32_t i = 0; i < count; i++)
		high = targets[i].high > high ? targets[i].high : high;
	for (uint64_t at = -range->from & (step - 1); at + step <= range->size; at += step) {
		const struct target *target;
		uint64_t word = 0;

		memcpy(&word, range->bytes + at, step);
		if (word < low || word >= high || !range->ok[at / PAGE])
			continue;
		target = target_of(targets, (uint32_t)count, word);
		if (target && !is_explained(scan, walk, range, target, range->from + at) &&
		    !enter(scan, walk, snapshot, range, target->index, range->from + at))
			return false;
	}
	return true;
}

static int compare_pointers(const void *a, const void *b)
{
	const struct snap_pointers *x = a, *y = b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->count > y->count ? -1 : x->count < y->count;
}

/* By object, each once: where memory is bad one address may be a fobj's and a file's. */
static void sort_pointers(struct snapshot *snapshot)
{
	struct snap_pointers *pointers = snapshot->pointers;
	uint32_t kept = 0;

	qsort(pointers, snapshot->num_pointers, sizeof(*pointers), compare_pointers);
	for (uint32_t i = 0; i < snapshot->num_pointers; i++) {
		if (!kept || pointers[kept - 1].object != pointers[i].object)
			pointers[kept++] = pointers[i];
	}
	snapshot->num_pointers = kept;
}

static bool find_pointers(struct scan *scan, struct walk *walk, struct snapshot *snapshot,
			  struct target *targets)
{
	bool ok = true;

	scan->told = 0;
	find_targets(scan, snapshot, targets);
	if (walk->num_links)
		qsort(walk->links, walk->num_links, sizeof(*walk->links), compare_links);
	for (unsigned int i = 0; ok && snapshot->num_pointers && i < scan->num_ranges; i++)
		ok = look_through(scan, walk, snapshot, &scan->ranges[i], targets);
	sort_pointers(snapshot);
	return ok;
}

/*
 * Where no list holds all fobjs, one that something still points at is held by somebody whom the
 * profile does not know: that is no loss.
 */
static void forget_pointed_at(const struct layout *layout, struct snapshot *snapshot)
{
	uint32_t kept = 0;

	for (unsigned int i = 0; i < layout->num_lists; i++) {
		if (layout->lists[i].present && !layout->lists[i].is_owned &&
		    layout->lists[i].of == OBJECT_FOBJ)
			return;
	}
	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		const struct snap_pointers *pointers =
			snapshot_find_pointers(snapshot, snapshot->lost[i].id);

		if (!pointers || !pointers->count)
			snapshot->lost[kept++] = snapshot->lost[i];
	}
	snapshot->num_lost = kept;
}

/* How many objects do not add up, at most. */
static size_t count_targets(const struct snapshot *snapshot)
{
	size_t count = snapshot->num_lost;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		count += snapshot->fobjs[i].surplus != 0;
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		count += snapshot->files[i].surplus != 0;
	return count;
}

/*
 * Bytes that should have been searched, and were not. A page that the kernel does not map, a guard
 * below a stack, holds nothing and is none of them; but a range of which nothing can be read is
 * there for the kernel, and only not for us.
 */
static uint64_t unscanned(const struct scan *scan)
{
	uint64_t bytes = scan->left;

	for (unsigned int i = 0; i < scan->num_ranges; i++)
		if (!is_readable(&scan->ranges[i]))
			bytes += scan->ranges[i].size;
	return bytes;
}

bool scan_fill(struct scan *scan, uint64_t sp, struct walk *walk, struct snapshot *snapshot)
{
	struct target *targets;
	size_t max;
	bool ok;

	scan->sp = sp;
	if (scan->cut)
		walk_cut(walk, "only %u MiB of the core's memory were scanned",
			 SCAN_MAX_BYTES >> 20);
	snapshot->capture.scanned = scan->bytes;
	if (!find_blocks(scan) || !find_lost(scan, walk, snapshot))
		return false;
	snapshot->capture.unscanned = unscanned(scan);
	max = count_targets(snapshot);
	if (!max)
		return true;
	snapshot->pointers = arena_alloc_array(snapshot->arena, max, sizeof(*snapshot->pointers));
	targets = calloc(max, sizeof(*targets));
	ok = snapshot->pointers && targets && find_pointers(scan, walk, snapshot, targets);
	free(targets);
	if (ok)
		forget_pointed_at(scan->layout, snapshot);
	return ok;
}
