/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of 256 bytes in a hash table by address. A block that is asked for the first time brings
 * its whole neighbourhood of 2 KiB, the most that one packet carries: objects of one heap lie close
 * together, so a first walk takes few rounds. Only blocks that were really used are fetched again
 * for the next snapshot. Adjoining blocks travel as one request; a request that fails is repeated
 * block by block, so one bad block does not take its neighbours along.
 */
#include "collect_cache.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SHIFT  8
#define BLOCK_SIZE   ((size_t)1 << BLOCK_SHIFT)
#define NEIGHBOURS   8                 /* blocks of a neighbourhood, a power of two */
#define MAX_RUN      64                /* blocks in one request */
#define MAX_BLOCKS   ((size_t)1 << 18) /* 64 MiB: more is refused as unreadable */
#define PHYSICAL_BIT (UINT64_C(1) << 63)

enum block_state { BLOCK_EMPTY, BLOCK_WANTED, BLOCK_HERE, BLOCK_BAD };

struct block {
	uint64_t key; /* address >> BLOCK_SHIFT, PHYSICAL_BIT for physical ones */
	enum block_state state;
	bool used; /* read by the walk, not only brought along */
	uint8_t bytes[BLOCK_SIZE];
};

struct cache {
	struct memory *memory;
	struct block **blocks; /* in the order of their making */
	size_t num_blocks, max_blocks;
	uint32_t *table; /* open addressing: index into blocks + 1, 0 empty */
	size_t table_size;
	size_t num_wanted;
	size_t rounds;
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

static struct block *block_add(struct cache *cache, uint64_t key)
{
	struct block *block;

	if (cache->num_blocks == MAX_BLOCKS)
		return NULL;
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
	cache->blocks[cache->num_blocks++] = block;
	cache->table[slot_of(cache, key)] = (uint32_t)cache->num_blocks;
	return block;
}

/* ---- asking ---- */

static void want(struct cache *cache, struct block *block)
{
	if (block && block->state == BLOCK_EMPTY) {
		block->state = BLOCK_WANTED;
		cache->num_wanted++;
	}
}

static enum cache_answer ask(struct cache *cache, uint64_t key, struct block **found)
{
	struct block *block = block_find(cache, key);
	uint64_t first = key & ~(uint64_t)(NEIGHBOURS - 1);

	if (!block) {
		for (uint64_t near = first; near < first + NEIGHBOURS; near++) {
			if (!block_find(cache, near))
				want(cache, block_add(cache, near));
		}
		block = block_find(cache, key);
		if (!block)
			return CACHE_BAD;
	}
	block->used = true;
	want(cache, block);
	*found = block;
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

struct run {
	size_t first, count; /* of the sorted wanted blocks */
	uint8_t *bytes;
};

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = (*(struct block *const *)a)->key, y = (*(struct block *const *)b)->key;

	return x < y ? -1 : x > y;
}

static bool read_space(struct cache *cache, struct memory_request *requests, size_t count,
		       bool physical, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		requests[i].ok = false;
	if (count == 0)
		return true;
	if (!physical)
		return memory_read(cache->memory, requests, count, error);
	return memory_read_physical(cache->memory, requests, count, error);
}

/* Read runs of blocks, virtual ones before physical ones: the keys sort so. */
static bool read_runs(struct cache *cache, struct block **blocks, const struct run *runs,
		      size_t num_runs, struct memory_request *requests, struct error *error)
{
	size_t num_virtual = 0;

	for (size_t i = 0; i < num_runs; i++) {
		uint64_t key = blocks[runs[i].first]->key;

		num_virtual += !(key & PHYSICAL_BIT);
		requests[i].addr = (key & ~PHYSICAL_BIT) << BLOCK_SHIFT;
		requests[i].len = runs[i].count * BLOCK_SIZE;
		requests[i].to = runs[i].bytes;
	}
	return read_space(cache, requests, num_virtual, false, error) &&
	       read_space(cache, requests + num_virtual, num_runs - num_virtual, true, error);
}

static size_t make_runs(struct block **blocks, size_t count, struct run *runs, uint8_t *bytes,
			size_t max_run)
{
	size_t num_runs = 0;

	for (size_t i = 0; i < count; i++) {
		struct run *last = num_runs ? &runs[num_runs - 1] : NULL;

		if (last && last->count < max_run && blocks[i]->key == blocks[i - 1]->key + 1) {
			last->count++;
			continue;
		}
		runs[num_runs].first = i;
		runs[num_runs].count = 1;
		runs[num_runs++].bytes = bytes + i * BLOCK_SIZE;
	}
	return num_runs;
}

/* Deliver what came; blocks of a failed run of several stay wanted. Returns how many did. */
static size_t settle_runs(struct block **blocks, const struct run *runs,
			  const struct memory_request *requests, size_t num_runs)
{
	size_t left = 0;

	for (size_t i = 0; i < num_runs; i++) {
		for (size_t n = 0; n < runs[i].count; n++) {
			struct block *block = blocks[runs[i].first + n];

			if (requests[i].ok) {
				memcpy(block->bytes, runs[i].bytes + n * BLOCK_SIZE, BLOCK_SIZE);
				block->state = BLOCK_HERE;
			} else if (runs[i].count == 1) {
				block->state = BLOCK_BAD;
			} else {
				left++;
			}
		}
	}
	return left;
}

static size_t gather_wanted(const struct cache *cache, struct block **blocks)
{
	size_t count = 0;

	for (size_t i = 0; i < cache->num_blocks; i++) {
		if (cache->blocks[i]->state == BLOCK_WANTED)
			blocks[count++] = cache->blocks[i];
	}
	qsort(blocks, count, sizeof(blocks[0]), compare_keys);
	return count;
}

static bool fetch_once(struct cache *cache, size_t max_run, size_t *left, struct error *error)
{
	size_t count = cache->num_wanted;
	struct block **blocks = calloc(count + 1, sizeof(struct block *));
	struct run *runs = calloc(count + 1, sizeof(*runs));
	struct memory_request *requests = calloc(count + 1, sizeof(*requests));
	uint8_t *bytes = malloc(count * BLOCK_SIZE + 1);
	bool ok = blocks && runs && requests && bytes;

	if (!ok)
		error_set(error, EXIT_PARTIAL, "out of memory");
	if (ok) {
		size_t num_runs;

		count = gather_wanted(cache, blocks);
		num_runs = make_runs(blocks, count, runs, bytes, max_run);
		ok = read_runs(cache, blocks, runs, num_runs, requests, error);
		*left = ok ? settle_runs(blocks, runs, requests, num_runs) : 0;
		cache->num_wanted = *left;
	}
	free(blocks);
	free(runs);
	free(requests);
	free(bytes);
	return ok;
}

bool cache_fetch(struct cache *cache, struct error *error)
{
	size_t left = 0;

	if (cache->num_wanted == 0)
		return true;
	cache->rounds++;
	if (!fetch_once(cache, MAX_RUN, &left, error))
		return false;
	return left == 0 || fetch_once(cache, 1, &left, error);
}

size_t cache_rounds(const struct cache *cache)
{
	return cache->rounds;
}

bool cache_renew(struct cache *cache, struct error *error)
{
	size_t kept = 0;

	memset(cache->table, 0, cache->table_size * sizeof(*cache->table));
	cache->num_wanted = 0;
	cache->rounds = 0;
	for (size_t i = 0; i < cache->num_blocks; i++) {
		struct block *block = cache->blocks[i];

		if (!block->used) {
			free(block);
			continue;
		}
		block->used = false;
		block->state = BLOCK_WANTED;
		cache->num_wanted++;
		cache->blocks[kept++] = block;
	}
	cache->num_blocks = kept;
	for (size_t i = 0; i < kept; i++)
		cache->table[slot_of(cache, cache->blocks[i]->key)] = (uint32_t)i + 1;
	return cache_fetch(cache, error);
}
