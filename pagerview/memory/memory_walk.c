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
 *
 * The same large readings come again and again, and the target may stand still for them. Where one
 * led is remembered as a route, which holds as long as no chunk has changed.
 */
#include <stdlib.h>
#include <string.h>

#include "backends.h"

#define CHUNK       512u
#define BUCKETS     1024u
#define MAX_CHUNKS  8192u
#define MAX_ROUNDS  16 /* levels of a walk, thrice over */
#define KEEP_EPOCHS 16u
#define MAX_ROUTES  4u
#define ROUTE_MIN   16u /* requests: fewer are as quickly planned */

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
	bool listed; /* in the list of those that this round's translations went through */
	unsigned char bytes[CHUNK], fetched[CHUNK];
};

enum request_state { REQUEST_PENDING, REQUEST_PLANNED, REQUEST_FAILED, REQUEST_DONE };

/* One reading, or, with requests and chunks of its own, a route: one that was planned at once. */
struct reading {
	struct memory_request *requests; /* NULL: no route */
	enum request_state *states;
	size_t count;
	struct memory_request *burst; /* this round's: stretches of data, then chunks */
	size_t *owners;               /* of each stretch, the index of its request */
	size_t num_data, num_burst, room_burst;
	struct pagewalk_page last; /* where the last translation led; size 0: nowhere */
	struct chunk **chunks;     /* that the translations went through */
	size_t num_chunks;
	uint64_t changes; /* of a route: those of chunks when it was planned */
};

struct memory_walk {
	struct memory memory;
	struct memory *physical;
	struct pagewalk walk;
	uint64_t epoch; /* refreshes so far */
	struct chunk *buckets[BUCKETS];
	size_t num_chunks;
	uint64_t changes; /* of chunks: came, changed, went */
	struct chunk *listed[MAX_CHUNKS];
	size_t num_listed;
	bool lacked;    /* the last translation needs a chunk that is not here */
	bool no_memory; /* there was none for a chunk: what is not translated may be mapped */
	bool blind;     /* a translation came to a chunk that cannot be read */
	struct reading routes[MAX_ROUTES];
	size_t next_route; /* the one to give way */
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
	walk->no_memory |= !chunk;
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
			walk->changes++;
		}
	}
}

static void chunk_list(struct memory_walk *walk, struct chunk *chunk)
{
	if (!chunk->listed)
		walk->listed[walk->num_listed++] = chunk;
	chunk->listed = true;
	chunk->used = walk->epoch;
}

static void listed_clear(struct memory_walk *walk)
{
	for (size_t i = 0; i < walk->num_listed; i++)
		walk->listed[i]->listed = false;
	walk->num_listed = 0;
}

/* How the walk reads tables: from chunks alone; what it went through goes on the list. */
static bool table_read(void *context, uint64_t pa, void *to, size_t len)
{
	struct memory_walk *walk = context;
	struct chunk *chunk;

	if (pa % CHUNK + len > CHUNK)
		return false;
	chunk = chunk_get(walk, pa - pa % CHUNK);
	walk->blind |= !chunk || chunk->state == CHUNK_BAD;
	if (!chunk || chunk->state == CHUNK_BAD)
		return false;
	chunk_list(walk, chunk);
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

	walk->no_memory = false;
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
			return !walk->no_memory;
		}
		in_page = va - reading->last.va;
		if (left > reading->last.size - in_page)
			left = reading->last.size - in_page;
		if (!stretch_add(reading, i, first, reading->last.pa + in_page,
				 (char *)request->to + done, left))
			return false;
		done += left;
	}
	return !walk->no_memory;
}

/* Chunks that the plan went through and that may have changed join the burst. */
static bool burst_add_chunks(struct reading *reading)
{
	for (size_t i = 0; i < reading->num_chunks; i++) {
		struct chunk *chunk = reading->chunks[i];

		if (chunk->state != CHUNK_FRESH &&
		    !burst_add(reading, chunk->pa, chunk->fetched, CHUNK, SIZE_MAX))
			return false;
	}
	return true;
}

/* Take in the chunks that end the burst; true when none that the plan believed has changed. */
static bool chunks_take(struct memory_walk *walk, const struct reading *reading)
{
	const struct memory_request *fetched =
		reading->num_chunks ? reading->burst + reading->num_data : NULL;
	bool same = true;

	for (size_t i = 0; i < reading->num_chunks; i++) {
		struct chunk *chunk = reading->chunks[i];

		if (chunk->state == CHUNK_FRESH)
			continue;
		if (!fetched->ok || memcmp(chunk->bytes, chunk->fetched, CHUNK)) {
			same = same && chunk->state != CHUNK_STALE;
			walk->changes++;
		}
		chunk->state = fetched->ok ? CHUNK_FRESH : CHUNK_BAD;
		memcpy(chunk->bytes, chunk->fetched, CHUNK);
		fetched++;
	}
	return same;
}

/* What a round whose translations held has brought, to REQUESTS. */
static void reading_deliver(const struct reading *reading, struct memory_request *requests)
{
	for (size_t i = 0; i < reading->count; i++)
		if (reading->states[i] == REQUEST_PLANNED)
			requests[i].ok = true;
	for (size_t i = 0; i < reading->num_data; i++)
		if (!reading->burst[i].ok)
			requests[reading->owners[i]].ok = false;
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

static void reading_free(struct reading *reading)
{
	free(reading->states);
	free(reading->burst);
	free(reading->owners);
}

/* ---- routes ---- */

static void route_forget(struct reading *route)
{
	reading_free(route);
	free(route->requests);
	free(route->chunks);
	*route = (struct reading){0};
}

static bool is_same_request(const struct memory_request *one, const struct memory_request *two)
{
	return one->addr == two->addr && one->len == two->len && one->to == two->to;
}

/* The route of just these requests, if it still holds; NULL: none. */
static struct reading *route_find(struct memory_walk *walk, const struct memory_request *requests,
				  size_t count)
{
	for (size_t i = 0; i < MAX_ROUTES; i++) {
		struct reading *route = &walk->routes[i];
		size_t same = 0;

		if (route->requests && route->changes != walk->changes)
			route_forget(route);
		if (!route->requests || route->count != count)
			continue;
		while (same < count && is_same_request(&route->requests[same], &requests[same]))
			same++;
		if (same == count)
			return route;
	}
	return NULL;
}

static void *copy_of(const void *bytes, size_t size)
{
	void *copy = malloc(size ? size : 1);

	return copy ? memcpy(copy, bytes, size) : NULL;
}

/* What READING was planned with becomes a route, if it can be; its arrays go over to it then. */
static bool route_keep(struct memory_walk *walk, struct reading *reading)
{
	struct reading *route = &walk->routes[walk->next_route];

	route_forget(route);
	*route = *reading;
	route->requests = copy_of(reading->requests, reading->count * sizeof(*reading->requests));
	route->chunks = copy_of(reading->chunks, reading->num_chunks * sizeof(*reading->chunks));
	route->changes = walk->changes;
	if (!route->requests || !route->chunks) {
		route->states = NULL;
		route->burst = NULL;
		route->owners = NULL;
		route_forget(route);
		return false;
	}
	walk->next_route = (walk->next_route + 1) % MAX_ROUTES;
	return true;
}

/* The burst of what is planned, and the chunks with it. HELD: so did its translations. */
static bool burst_read(struct memory_walk *walk, struct reading *reading, bool *held,
		       struct error *error)
{
	reading->num_burst = reading->num_data;
	if (!burst_add_chunks(reading))
		return error_set(error, EXIT_CONNECTION, "out of memory");
	if (reading->num_burst && !physical_read(walk, reading, error))
		return false;
	*held = chunks_take(walk, reading);
	return true;
}

static bool route_read(struct memory_walk *walk, struct reading *route,
		       struct memory_request *requests, bool *held, struct error *error)
{
	for (size_t i = 0; i < route->num_chunks; i++)
		route->chunks[i]->used = walk->epoch;
	if (!burst_read(walk, route, held, error))
		return false;
	if (*held)
		reading_deliver(route, requests);
	return true;
}

/* ---- reading ---- */

/* Plan what is not done. WHOLE: that is everything, and all of it could be planned. */
static bool reading_plan(struct memory_walk *walk, struct reading *reading, bool *whole)
{
	*whole = true;
	walk->blind = false;
	reading->num_burst = 0;
	reading->last.size = 0;
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->states[i] == REQUEST_DONE)
			*whole = false;
		else if (!request_plan(walk, reading, i))
			return false;
		*whole = *whole && reading->states[i] != REQUEST_PENDING;
	}
	*whole = *whole && !walk->blind;
	reading->num_data = reading->num_burst;
	reading->chunks = walk->listed;
	reading->num_chunks = walk->num_listed;
	return true;
}

/* After a round that held: what was planned is done. MORE: something still is not. */
static void reading_advance(struct reading *reading, bool *more)
{
	*more = false;
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->states[i] == REQUEST_PENDING)
			*more = true;
		else
			reading->states[i] = REQUEST_DONE;
	}
}

/* Plan and read what is not done. KEPT: its arrays are a route's now. */
static bool reading_round(struct memory_walk *walk, struct reading *reading, bool *more, bool *kept,
			  struct error *error)
{
	bool whole, held;

	if (!reading_plan(walk, reading, &whole))
		return error_set(error, EXIT_CONNECTION, "out of memory");
	if (!burst_read(walk, reading, &held, error))
		return false;
	*more = true;
	if (!held)
		return true;
	reading_deliver(reading, reading->requests);
	*kept = whole && reading->count >= ROUTE_MIN && route_keep(walk, reading);
	if (*kept)
		*more = false;
	else
		reading_advance(reading, more);
	return true;
}

static bool read_anew(struct memory_walk *walk, struct memory_request *requests, size_t count,
		      struct error *error)
{
	struct reading reading = {.requests = requests, .count = count};
	bool more = true, kept = false, done = true;

	reading.states = calloc(count, sizeof(*reading.states));
	if (!reading.states)
		return error_set(error, EXIT_CONNECTION, "out of memory");
	for (int round = 0; done && more && round < MAX_ROUNDS; round++) {
		done = reading_round(walk, &reading, &more, &kept, error);
		listed_clear(walk);
	}
	if (!kept)
		reading_free(&reading);
	return done;
}

static bool walk_read(struct memory *memory, struct memory_request *requests, size_t count,
		      struct error *error)
{
	struct memory_walk *walk = (struct memory_walk *)memory;
	struct reading *route = route_find(walk, requests, count);
	bool held = false;

	if (route && !route_read(walk, route, requests, &held, error))
		return false;
	return held || read_anew(walk, requests, count, error);
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

	for (size_t i = 0; i < MAX_ROUTES; i++)
		route_forget(&walk->routes[i]);
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
	walk->changes++;
	walk->walk = *tables;
}

bool memory_walk_translate(struct memory *memory, uint64_t va, struct pagewalk_page *page)
{
	struct memory_walk *walk = (struct memory_walk *)memory;
	struct error ignored = {0};
	unsigned char byte;
	bool mapped;

	/* The read brings the chunks here. */
	if (!memory_read_at(memory, va, &byte, 1, &ignored))
		return false;
	mapped = pagewalk_translate(&walk->walk, table_read, walk, va, page) == PAGEWALK_MAPPED;
	listed_clear(walk);
	return mapped;
}
