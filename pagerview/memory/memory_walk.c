/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual addresses by our own walk, whatever the stopped CPU may see: the core's tables are in
 * memory like everything else.
 *
 * Tables are read in chunks of 64 descriptors, kept until the target may have run. A reading goes
 * in rounds, each one burst: the chunks that translations lacked, and the data of those that did
 * not. After a refresh all chunks are stale, but a core's tables hardly ever change: translations
 * use them all the same, and the burst that fetches the data fetches the stale chunks again, too.
 * When none has changed the data was right, and all cost one round trip; when one has, the data is
 * thrown away and the next round walks the new chunks.
 */
#include <stdlib.h>
#include <string.h>

#include "backends.h"

#define CHUNK       512u
#define BUCKETS     1024u
#define MAX_CHUNKS  8192u
#define MAX_ROUNDS  16 /* levels of a walk, thrice over */
#define KEEP_EPOCHS 16u

enum chunk_state {
	CHUNK_NEW,   /* not fetched yet */
	CHUNK_FRESH, /* as it is in memory while the target stands still */
	CHUNK_STALE, /* as it was before the last refresh */
	CHUNK_BAD,   /* cannot be read */
};

struct chunk {
	uint64_t pa;
	struct chunk *next; /* in its bucket */
	uint64_t used;      /* the last epoch that needed it */
	enum chunk_state state;
	bool wanted; /* on the list of what the next burst fetches */
	unsigned char bytes[CHUNK], fetched[CHUNK];
};

struct memory_walk {
	struct memory memory;
	struct memory *physical;
	struct pagewalk walk;
	uint64_t epoch; /* refreshes so far */
	struct chunk *buckets[BUCKETS];
	size_t num_chunks;
	struct chunk *wanted[MAX_CHUNKS];
	size_t num_wanted;
	bool lacked; /* the last translation needs a chunk that is not here */
};

enum request_state { REQUEST_PENDING, REQUEST_PLANNED, REQUEST_FAILED, REQUEST_DONE };

/* One reading. */
struct reading {
	struct memory_request *requests;
	enum request_state *states;
	size_t count;
	struct memory_request *burst; /* this round's: chunks first, then stretches of data */
	size_t *owners;               /* of each of the burst, the index of its request */
	size_t num_burst, room_burst;
	struct pagewalk_page last; /* where the last translation led; size 0: nowhere */
};

static struct chunk *chunk_get(struct memory_walk *walk, uint64_t pa)
{
	uint64_t n = pa / CHUNK;
	struct chunk **bucket = &walk->buckets[(n ^ n >> 10) % BUCKETS], *chunk;

	for (chunk = *bucket; chunk; chunk = chunk->next)
		if (chunk->pa == pa)
			return chunk;
	if (walk->num_chunks == MAX_CHUNKS)
		return NULL;
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->pa = pa;
	chunk->next = *bucket;
	walk->num_chunks++;
	return *bucket = chunk;
}

/* Drop what the last KEEP epochs did not need, all for 0; what stays is stale from now on. */
static void chunks_age(struct memory_walk *walk, uint64_t keep)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct chunk **link = &walk->buckets[i];

		while (*link) {
			struct chunk *chunk = *link;

			if (keep && chunk->used + keep >= walk->epoch) {
				chunk->state = chunk->state == CHUNK_FRESH ? CHUNK_STALE
					       : chunk->state == CHUNK_BAD ? CHUNK_NEW
									   : chunk->state;
				link = &chunk->next;
				continue;
			}
			*link = chunk->next;
			free(chunk);
			walk->num_chunks--;
		}
	}
}

static void chunk_want(struct memory_walk *walk, struct chunk *chunk)
{
	if (!chunk->wanted)
		walk->wanted[walk->num_wanted++] = chunk;
	chunk->wanted = true;
}

/* How the walk reads tables: from chunks alone; what it lacks goes on the list. */
static bool table_read(void *context, uint64_t pa, void *to, size_t len)
{
	struct memory_walk *walk = context;
	struct chunk *chunk;

	if (pa % CHUNK + len > CHUNK)
		return false;
	chunk = chunk_get(walk, pa - pa % CHUNK);
	if (!chunk || chunk->state == CHUNK_BAD)
		return false;
	chunk->used = walk->epoch;
	if (chunk->state != CHUNK_FRESH)
		chunk_want(walk, chunk);
	if (chunk->state == CHUNK_NEW) {
		walk->lacked = true;
		return false;
	}
	memcpy(to, chunk->bytes + pa % CHUNK, len);
	return true;
}

static bool burst_add(struct reading *reading, uint64_t pa, void *to, size_t len, size_t owner)
{
	if (reading->num_burst == reading->room_burst) {
		size_t room = reading->room_burst ? 2 * reading->room_burst : 64;
		void *burst = realloc(reading->burst, room * sizeof(*reading->burst));
		void *owners;

		if (burst)
			reading->burst = burst;
		owners = realloc(reading->owners, room * sizeof(*reading->owners));
		if (owners)
			reading->owners = owners;
		if (!burst || !owners)
			return false;
		reading->room_burst = room;
	}
	reading->owners[reading->num_burst] = owner;
	reading->burst[reading->num_burst++] =
		(struct memory_request){.addr = pa, .len = len, .to = to};
	return true;
}

/* Append LEN bytes at PA to the last stretch where they go on from it, else begin another. */
static bool stretch_add(struct reading *reading, size_t owner, size_t first_stretch, uint64_t pa,
			char *to, size_t len)
{
	if (reading->num_burst > first_stretch) {
		struct memory_request *last = &reading->burst[reading->num_burst - 1];

		if (last->addr + last->len == pa) {
			last->len += len;
			return true;
		}
	}
	return burst_add(reading, pa, to, len, owner);
}

static bool page_covers(const struct pagewalk_page *page, uint64_t va)
{
	return page->size && va >= page->va && va - page->va < page->size;
}

/* Translate one request into stretches of physical memory. False: out of memory. */
static bool request_plan(struct memory_walk *walk, struct reading *reading, size_t i)
{
	const struct memory_request *request = &reading->requests[i];
	size_t first = reading->num_burst;

	reading->states[i] = REQUEST_PLANNED;
	for (size_t done = 0; done < request->len;) {
		uint64_t va = request->addr + done, in_page;
		size_t left = request->len - done;

		walk->lacked = false;
		if (!page_covers(&reading->last, va) &&
		    pagewalk_translate(&walk->walk, table_read, walk, va, &reading->last) !=
			    PAGEWALK_MAPPED) {
			reading->last.size = 0;
			reading->num_burst = first;
			reading->states[i] = walk->lacked ? REQUEST_PENDING : REQUEST_FAILED;
			return true;
		}
		in_page = va - reading->last.va;
		if (left > reading->last.size - in_page)
			left = reading->last.size - in_page;
		if (!stretch_add(reading, i, first, reading->last.pa + in_page,
				 (char *)request->to + done, left))
			return false;
		done += left;
	}
	return true;
}

/* Chunks that the plan wanted join the burst. */
static bool burst_add_chunks(struct memory_walk *walk, struct reading *reading)
{
	for (size_t i = 0; i < walk->num_wanted; i++)
		if (!burst_add(reading, walk->wanted[i]->pa, walk->wanted[i]->fetched, CHUNK,
			       SIZE_MAX))
			return false;
	return true;
}

/* Take in the chunks that end the burst; true when none that was used has changed. */
static bool chunks_take(struct memory_walk *walk, const struct reading *reading)
{
	const struct memory_request *fetched =
		reading->burst + reading->num_burst - walk->num_wanted;
	bool same = true;

	for (size_t i = 0; i < walk->num_wanted; i++) {
		struct chunk *chunk = walk->wanted[i];

		chunk->wanted = false;
		if (chunk->state == CHUNK_STALE &&
		    (!fetched[i].ok || memcmp(chunk->bytes, chunk->fetched, CHUNK)))
			same = false;
		chunk->state = fetched[i].ok ? CHUNK_FRESH : CHUNK_BAD;
		memcpy(chunk->bytes, chunk->fetched, CHUNK);
	}
	return same;
}

/* The results of a round whose translations held. */
static void reading_take(struct reading *reading, size_t num_data)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->states[i] == REQUEST_PLANNED) {
			reading->states[i] = REQUEST_DONE;
			reading->requests[i].ok = true;
		} else if (reading->states[i] == REQUEST_FAILED) {
			reading->states[i] = REQUEST_DONE;
		}
	}
	for (size_t i = 0; i < num_data; i++)
		if (!reading->burst[i].ok)
			reading->requests[reading->owners[i]].ok = false;
}

static bool physical_read(struct memory_walk *walk, struct reading *reading, struct error *error)
{
	const struct memory_stats before = walk->physical->stats;
	bool done = memory_read_physical(walk->physical, reading->burst, reading->num_burst, error);

	walk->memory.stats.packets += walk->physical->stats.packets - before.packets;
	walk->memory.stats.trips += walk->physical->stats.trips - before.trips;
	walk->memory.stats.bytes += walk->physical->stats.bytes - before.bytes;
	return done;
}

static void wanted_clear(struct memory_walk *walk)
{
	for (size_t i = 0; i < walk->num_wanted; i++)
		walk->wanted[i]->wanted = false;
	walk->num_wanted = 0;
}

/* Plan and read what is not done. MORE: something still is not. */
static bool reading_round(struct memory_walk *walk, struct reading *reading, bool *more,
			  struct error *error)
{
	size_t num_data;

	*more = false;
	reading->num_burst = 0;
	reading->last.size = 0;
	walk->num_wanted = 0;
	for (size_t i = 0; i < reading->count; i++)
		if (reading->states[i] != REQUEST_DONE && !request_plan(walk, reading, i))
			return error_set(error, EXIT_CONNECTION, "out of memory");
	num_data = reading->num_burst;
	if (!burst_add_chunks(walk, reading))
		return error_set(error, EXIT_CONNECTION, "out of memory");
	if (reading->num_burst && !physical_read(walk, reading, error))
		return false;
	if (chunks_take(walk, reading))
		reading_take(reading, num_data);
	for (size_t i = 0; i < reading->count; i++)
		*more |= reading->states[i] != REQUEST_DONE;
	return true;
}

static bool walk_read(struct memory *memory, struct memory_request *requests, size_t count,
		      struct error *error)
{
	struct memory_walk *walk = (struct memory_walk *)memory;
	struct reading reading = {.requests = requests, .count = count};
	bool more = true, done = true;

	reading.states = calloc(count, sizeof(*reading.states));
	if (!reading.states)
		return error_set(error, EXIT_CONNECTION, "out of memory");
	for (int round = 0; done && more && round < MAX_ROUNDS; round++)
		done = reading_round(walk, &reading, &more, error);
	wanted_clear(walk);
	free(reading.states);
	free(reading.burst);
	free(reading.owners);
	return done;
}

static bool walk_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			       struct error *error)
{
	struct memory_walk *walk = (struct memory_walk *)memory;
	struct reading reading = {.burst = requests, .num_burst = count};

	return physical_read(walk, &reading, error);
}

static void walk_refresh(struct memory *memory)
{
	struct memory_walk *walk = (struct memory_walk *)memory;

	walk->epoch++;
	chunks_age(walk, KEEP_EPOCHS);
	memory_refresh(walk->physical);
}

static void walk_destroy(struct memory *memory)
{
	struct memory_walk *walk = (struct memory_walk *)memory;

	chunks_age(walk, 0);
	memory_destroy(walk->physical);
	free(walk);
}

struct memory *memory_walk_create(struct memory *physical, const struct pagewalk *tables)
{
	static const struct memory_ops ops = {.read = walk_read,
					      .read_physical = walk_read_physical,
					      .destroy = walk_destroy,
					      .refresh = walk_refresh};
	struct memory_walk *walk = calloc(1, sizeof(*walk));

	if (!walk) {
		memory_destroy(physical);
		return NULL;
	}
	walk->memory.ops = &ops;
	walk->physical = physical;
	walk->walk = *tables;
	return &walk->memory;
}

void memory_walk_set(struct memory *memory, const struct pagewalk *tables)
{
	struct memory_walk *walk = (struct memory_walk *)memory;

	chunks_age(walk, 0);
	walk->walk = *tables;
}

bool memory_walk_translate(struct memory *memory, uint64_t va, struct pagewalk_page *page)
{
	struct memory_walk *walk = (struct memory_walk *)memory;
	struct error ignored = {0};
	unsigned char byte;

	/* The read brings the chunks here. */
	if (!memory_read_at(memory, va, &byte, 1, &ignored))
		return false;
	return pagewalk_translate(&walk->walk, table_read, walk, va, page) == PAGEWALK_MAPPED;
}
