/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of 256 bytes in a hash table by address. A block that is asked for the first time brings
 * its whole neighbourhood of 2 KiB, the most that one packet carries: objects of one heap lie close
 * together. Where what lies before it is here already, the walk goes on through memory, and as much
 * again is brought: so a first walk takes few rounds. Only blocks that were really used are fetched
 * again for the next snapshot. Adjoining blocks travel as one request; a request that fails is
 * repeated block by block, so one bad block does not take its neighbours along.
 *
 * Which bytes a walk read is kept, a bit for each: two copies that agree in those lead the walk the
 * same way to the same snapshot, whatever goes on between them in memory.
 */
#include "collect_cache.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SHIFT  8
#define BLOCK_SIZE   ((size_t)1 << BLOCK_SHIFT)
#define NEIGHBOURS   8                 /* blocks of a neighbourhood, a power of two */
#define MAX_AHEAD    256               /* blocks brought at once where a walk goes on and on */
#define MAX_RUN      64                /* blocks in one request */
#define MAX_BLOCKS   ((size_t)1 << 18) /* 64 MiB: more is refused as unreadable */
#define PHYSICAL_BIT (UINT64_C(1) << 63)

enum block_state { BLOCK_EMPTY, BLOCK_WANTED, BLOCK_HERE, BLOCK_BAD };

#define WORD_BITS   64
#define BLOCK_WORDS (BLOCK_SIZE / WORD_BITS)

struct block {
	uint64_t key; /* address >> BLOCK_SHIFT, PHYSICAL_BIT for physical ones */
	enum block_state state;
	bool alone;                 /* could not be read once: joins no request of several */
	uint64_t used[BLOCK_WORDS]; /* a bit a byte: read by the walk, not only brought along */
	uint8_t bytes[BLOCK_SIZE];
};

struct run {
	size_t first, count; /* of the plan's blocks */
	uint8_t *bytes;
};

/* A burst, ready to be read. */
struct plan {
	struct block **blocks; /* sorted by key */
	struct run *runs;
	struct memory_request *requests;     /* one a run */
	uint8_t *bytes, *earlier;            /* the copy, and one that was made before it */
	bool *earlier_ok;                    /* by run, of that one */
	size_t count, num_runs, num_virtual; /* blocks, runs, runs of virtual addresses */
	size_t room;                         /* blocks that there is room for */
};

struct cache {
	struct memory *memory;
	struct block **blocks; /* in the order of their making */
	size_t num_blocks, max_blocks;
	uint32_t *table; /* open addressing: index into blocks + 1, 0 empty */
	size_t table_size;
	size_t num_wanted;
	size_t rounds;
	bool held;
	bool reshaped;      /* blocks came, went or stand alone: the plan has to be made anew */
	bool was_short;     /* of memory for a block: it was said to be unreadable */
	struct block *last; /* asked for last: most likely the next one, too */
	struct plan plan;
};

struct cache *cache_create(struct memory *memory)
{
	struct cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->memory = memory;
	cache->table_size = 1024;
	cache->table = calloc(cache->table_size, sizeof(*cache->table));
	if (!cache->table) {
		free(cache);
		return NULL;
	}
	return cache;
}

void cache_destroy(struct cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->num_blocks; i++)
		free(cache->blocks[i]);
	free(cache->blocks);
	free(cache->table);
	free(cache->plan.blocks);
	free(cache->plan.runs);
	free(cache->plan.requests);
	free(cache->plan.bytes);
	free(cache->plan.earlier);
	free(cache->plan.earlier_ok);
	free(cache);
}

/* ---- the table ---- */

static size_t slot_of(const struct cache *cache, uint64_t key)
{
	size_t slot =
		(size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (cache->table_size - 1);

	while (cache->table[slot] && cache->blocks[cache->table[slot] - 1]->key != key)
		slot = (slot + 1) & (cache->table_size - 1);
	return slot;
}

static bool table_grow(struct cache *cache)
{
	size_t size = cache->table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	free(cache->table);
	cache->table = table;
	cache->table_size = size;
	for (size_t i = 0; i < cache->num_blocks; i++)
		cache->table[slot_of(cache, cache->blocks[i]->key)] = (uint32_t)i + 1;
	return true;
}

static struct block *block_find(const struct cache *cache, uint64_t key)
{
	uint32_t index = cache->table[slot_of(cache, key)];

	return index ? cache->blocks[index - 1] : NULL;
}

/* NULL: out of memory. */
static struct block *block_make(struct cache *cache, uint64_t key)
{
	struct block *block;

	if (cache->num_blocks == cache->max_blocks) {
		size_t max = cache->max_blocks ? cache->max_blocks * 2 : 256;
		struct block **blocks = realloc(cache->blocks, max * sizeof(struct block *));

		if (!blocks)
			return NULL;
		cache->blocks = blocks;
		cache->max_blocks = max;
	}
	if ((cache->num_blocks + 1) * 2 > cache->table_size && !table_grow(cache))
		return NULL;
	block = calloc(1, sizeof(*block));
	if (!block)
		return NULL;
	block->key = key;
	cache->reshaped = true;
	cache->blocks[cache->num_blocks++] = block;
	cache->table[slot_of(cache, key)] = (uint32_t)cache->num_blocks;
	return block;
}

static struct block *block_add(struct cache *cache, uint64_t key)
{
	struct block *block;

	if (cache->num_blocks == MAX_BLOCKS)
		return NULL;
	block = block_make(cache, key);
	cache->was_short |= !block;
	return block;
}

bool cache_was_short(struct cache *cache)
{
	bool was = cache->was_short;

	cache->was_short = false;
	return was;
}

/* ---- what a walk reads ---- */

static void mark_used(struct block *block, size_t offset, size_t len)
{
	for (size_t end = offset + len; offset < end;) {
		size_t bit = offset % WORD_BITS;
		size_t count = WORD_BITS - bit < end - offset ? WORD_BITS - bit : end - offset;

		block->used[offset / WORD_BITS] |= ~UINT64_C(0) >> (WORD_BITS - count) << bit;
		offset += count;
	}
}

static bool is_used(const struct block *block)
{
	uint64_t any = 0;

	for (size_t i = 0; i < BLOCK_WORDS; i++)
		any |= block->used[i];
	return any;
}

void cache_begin_walk(struct cache *cache)
{
	for (size_t i = 0; i < cache->num_blocks; i++)
		memset(cache->blocks[i]->used, 0, sizeof(cache->blocks[i]->used));
}

/* ---- asking ---- */

static void want(struct cache *cache, struct block *block)
{
	if (block && block->state == BLOCK_EMPTY) {
		block->state = BLOCK_WANTED;
		cache->num_wanted++;
	}
}

/* How many blocks to bring from FIRST on: as many as lie right before it, and were read. */
static uint64_t ahead_of(const struct cache *cache, uint64_t first)
{
	uint64_t count = 0;

	while (count < MAX_AHEAD && count < first) {
		const struct block *before = block_find(cache, first - count - 1);

		if (!before || before->state != BLOCK_HERE)
			break;
		count++;
	}
	return count > NEIGHBOURS ? count : NEIGHBOURS;
}

static void want_around(struct cache *cache, uint64_t key)
{
	uint64_t first = key & ~(uint64_t)(NEIGHBOURS - 1), end = first + ahead_of(cache, first);

	for (uint64_t near = first; near < end; near++) {
		if (!block_find(cache, near))
			want(cache, block_add(cache, near));
	}
}

static enum cache_answer ask(struct cache *cache, uint64_t key, struct block **found)
{
	struct block *block = cache->last;

	if (!block || block->key != key)
		block = block_find(cache, key);
	if (!block) {
		want_around(cache, key);
		block = block_find(cache, key);
		if (!block)
			return CACHE_BAD;
	}
	want(cache, block);
	cache->last = *found = block;
	if (block->state == BLOCK_HERE)
		return CACHE_OK;
	return block->state == BLOCK_BAD ? CACHE_BAD : CACHE_PENDING;
}

enum cache_answer cache_get(struct cache *cache, enum cache_space space, uint64_t addr, void *to,
			    size_t len)
{
	enum cache_answer worst = CACHE_OK;
	size_t done = 0;

	if (len == 0 || len > MAX_RUN * BLOCK_SIZE || addr + len < addr)
		return CACHE_BAD;
	while (done < len) {
		uint64_t at = addr + done, key = at >> BLOCK_SHIFT;
		size_t offset = at & (BLOCK_SIZE - 1);
		size_t part = BLOCK_SIZE - offset < len - done ? BLOCK_SIZE - offset : len - done;
		struct block *block = NULL;
		enum cache_answer answer;

		answer = ask(cache, space == CACHE_PHYSICAL ? key | PHYSICAL_BIT : key, &block);
		if (block)
			mark_used(block, offset, part);
		if (answer == CACHE_OK)
			memcpy((char *)to + done, block->bytes + offset, part);
		if (answer > worst)
			worst = answer;
		done += part;
	}
	return worst;
}

bool cache_wants(const struct cache *cache)
{
	return cache->num_wanted > 0;
}

/* ---- fetching ---- */

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = (*(struct block *const *)a)->key, y = (*(struct block *const *)b)->key;

	return x < y ? -1 : x > y;
}

static bool plan_make_room(struct plan *plan, size_t count)
{
	if (count <= plan->room)
		return true;
	count += count / 4;
	free(plan->blocks);
	free(plan->runs);
	free(plan->requests);
	free(plan->bytes);
	free(plan->earlier);
	free(plan->earlier_ok);
	plan->blocks = malloc(count * sizeof(struct block *));
	plan->runs = malloc(count * sizeof(*plan->runs));
	plan->requests = malloc(count * sizeof(*plan->requests));
	plan->bytes = malloc(count * BLOCK_SIZE);
	plan->earlier = malloc(count * BLOCK_SIZE);
	plan->earlier_ok = malloc(count * sizeof(bool));
	plan->room = count;
	if (plan->blocks && plan->runs && plan->requests && plan->bytes && plan->earlier &&
	    plan->earlier_ok)
		return true;
	plan->room = 0;
	return false;
}

static void gather_wanted(const struct cache *cache, struct plan *plan)
{
	plan->count = 0;
	for (size_t i = 0; i < cache->num_blocks; i++) {
		if (cache->blocks[i]->state == BLOCK_WANTED)
			plan->blocks[plan->count++] = cache->blocks[i];
	}
	if (plan->count)
		qsort(plan->blocks, plan->count, sizeof(plan->blocks[0]), compare_keys);
}

static void make_runs(struct plan *plan, size_t max_run)
{
	plan->num_runs = 0;
	for (size_t i = 0; i < plan->count; i++) {
		struct run *last = plan->num_runs ? &plan->runs[plan->num_runs - 1] : NULL;

		if (last && last->count < max_run && !plan->blocks[i]->alone &&
		    !plan->blocks[i - 1]->alone &&
		    plan->blocks[i]->key == plan->blocks[i - 1]->key + 1) {
			last->count++;
			continue;
		}
		plan->runs[plan->num_runs++] =
			(struct run){.first = i, .count = 1, .bytes = plan->bytes + i * BLOCK_SIZE};
	}
}

/* Virtual ones come before physical ones: the keys sort so. */
static void make_requests(struct plan *plan)
{
	plan->num_virtual = 0;
	for (size_t i = 0; i < plan->num_runs; i++) {
		const struct run *run = &plan->runs[i];
		uint64_t key = plan->blocks[run->first]->key;

		plan->num_virtual += !(key & PHYSICAL_BIT);
		plan->requests[i] =
			(struct memory_request){.addr = (key & ~PHYSICAL_BIT) << BLOCK_SHIFT,
						.len = run->count * BLOCK_SIZE,
						.to = run->bytes};
	}
}

static bool plan_make(struct cache *cache, size_t max_run, struct error *error)
{
	struct plan *plan = &cache->plan;

	if (!plan_make_room(plan, cache->num_wanted))
		return error_set(error, EXIT_PARTIAL, "out of memory");
	gather_wanted(cache, plan);
	make_runs(plan, max_run);
	make_requests(plan);
	return true;
}

/* All that the target is needed for. */
static bool plan_read(struct cache *cache, struct error *error)
{
	struct plan *plan = &cache->plan;
	size_t num_physical = plan->num_runs - plan->num_virtual;

	if (plan->num_virtual &&
	    !memory_read(cache->memory, plan->requests, plan->num_virtual, error))
		return false;
	return !num_physical ||
	       memory_read_physical(cache->memory, plan->requests + plan->num_virtual, num_physical,
				    error);
}

static void block_fill(struct block *block, const uint8_t *bytes)
{
	memcpy(block->bytes, bytes, BLOCK_SIZE);
	block->state = BLOCK_HERE;
}

static void block_fail(struct cache *cache, struct block *block)
{
	cache->reshaped = cache->reshaped || !block->alone;
	block->alone = true;
	block->state = BLOCK_BAD;
}

/* Deliver what came; blocks of a failed run of several stay wanted. */
static void plan_settle(struct cache *cache)
{
	struct plan *plan = &cache->plan;
	size_t left = 0;

	for (size_t i = 0; i < plan->num_runs; i++) {
		const struct run *run = &plan->runs[i];

		for (size_t n = 0; n < run->count; n++) {
			struct block *block = plan->blocks[run->first + n];

			if (plan->requests[i].ok)
				block_fill(block, run->bytes + n * BLOCK_SIZE);
			else if (run->count == 1)
				block_fail(cache, block);
			else
				left++;
		}
	}
	cache->num_wanted = left;
}

static bool fetch_once(struct cache *cache, size_t max_run, struct error *error)
{
	cache->reshaped = true; /* the plan will be of these blocks alone */
	if (!plan_make(cache, max_run, error) || !plan_read(cache, error))
		return false;
	plan_settle(cache);
	return true;
}

bool cache_fetch(struct cache *cache, struct error *error)
{
	if (cache->num_wanted == 0 || cache->held)
		return true;
	cache->rounds++;
	if (!fetch_once(cache, MAX_RUN, error))
		return false;
	return cache->num_wanted == 0 || fetch_once(cache, 1, error);
}

size_t cache_rounds(const struct cache *cache)
{
	return cache->rounds;
}

/* Forget what the last walk did not use. */
static void drop_unused(struct cache *cache)
{
	size_t kept = 0;

	for (size_t i = 0; i < cache->num_blocks; i++) {
		struct block *block = cache->blocks[i];

		if (is_used(block))
			cache->blocks[kept++] = block;
		else
			free(block);
	}
	if (kept == cache->num_blocks)
		return;
	cache->reshaped = true;
	cache->last = NULL;
	cache->num_blocks = kept;
	memset(cache->table, 0, cache->table_size * sizeof(*cache->table));
	for (size_t i = 0; i < kept; i++)
		cache->table[slot_of(cache, cache->blocks[i]->key)] = (uint32_t)i + 1;
}

static void want_again(struct cache *cache, bool all)
{
	if (!all)
		drop_unused(cache);
	for (size_t i = 0; i < cache->num_blocks; i++)
		cache->blocks[i]->state = BLOCK_WANTED;
	cache->num_wanted = cache->num_blocks;
	cache->rounds = 0;
	cache->held = false;
}

bool cache_renew(struct cache *cache, bool all, struct error *error)
{
	want_again(cache, all);
	return cache_fetch(cache, error);
}

bool cache_prepare(struct cache *cache, bool all, struct error *error)
{
	want_again(cache, all);
	if (cache->reshaped && !plan_make(cache, MAX_RUN, error))
		return false;
	cache->reshaped = false;
	return true;
}

bool cache_copy(struct cache *cache, struct error *error)
{
	cache->rounds = 1;
	return plan_read(cache, error);
}

bool cache_copy_again(struct cache *cache, struct error *error)
{
	struct plan *plan = &cache->plan;

	if (plan->count)
		memcpy(plan->earlier, plan->bytes, plan->count * BLOCK_SIZE);
	for (size_t i = 0; i < plan->num_runs; i++)
		plan->earlier_ok[i] = plan->requests[i].ok;
	return plan_read(cache, error);
}

void cache_settle(struct cache *cache)
{
	plan_settle(cache);
}

static bool agrees_where_used(const struct block *block, const uint8_t *one, const uint8_t *two)
{
	if (!is_used(block) || memcmp(one, two, BLOCK_SIZE) == 0)
		return true;
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		if (one[i] != two[i] && block->used[i / WORD_BITS] >> i % WORD_BITS & 1)
			return false;
	}
	return true;
}

bool cache_copies_agree(const struct cache *cache)
{
	const struct plan *plan = &cache->plan;

	for (size_t i = 0; i < plan->num_runs; i++) {
		const struct run *run = &plan->runs[i];

		if (plan->requests[i].ok != plan->earlier_ok[i])
			return false;
		for (size_t n = run->first; plan->earlier_ok[i] && n < run->first + run->count;
		     n++) {
			if (!agrees_where_used(plan->blocks[n], plan->bytes + n * BLOCK_SIZE,
					       plan->earlier + n * BLOCK_SIZE))
				return false;
		}
	}
	return true;
}

void cache_hold(struct cache *cache, bool held)
{
	cache->held = held;
}

bool cache_is_held(const struct cache *cache)
{
	return cache->held;
}
