/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three steps, each repeated until nothing it asked for is pending: walk the lists, read every
 * field of every object found, look up the table entries of every owner. Only then is the snapshot
 * put together, from bytes that are all here, so the same walk at rest gives the same snapshot.
 */
#include "collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect_build.h"
#include "collect_leaves.h"
#include "collect_scan.h"

struct collector {
	const struct layout *layout;
	struct memory *memory;
	struct cache *cache;
	uint64_t slide;
	struct scan *scan; /* NULL: the layout does not say where */
	enum collect_scan when;
	uint64_t sp;
	bool copied;    /* since the last whole walk: what is not used may yet be */
	bool with_scan; /* the copy is to have, then has, the ranges of the scan, too */
};

bool guard_is_free(const struct guard *guard)
{
	if (guard->has_generation)
		return guard->generation % 2 == 0;
	return guard->has_lock && guard->lock == 0;
}

bool guard_is_same(const struct guard *before, const struct guard *after)
{
	return guard_is_free(before) && guard_is_free(after) &&
	       before->has_generation == after->has_generation &&
	       before->generation == after->generation;
}

struct collector *collector_create(const struct layout *layout, struct memory *memory,
				   uint64_t slide)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	collector->layout = layout;
	collector->memory = memory;
	collector->slide = slide;
	collector->cache = cache_create(memory);
	if (layout->scan.present)
		collector->scan = scan_create(layout, memory, slide);
	if (!collector->cache || (layout->scan.present && !collector->scan)) {
		collector_destroy(collector);
		return NULL;
	}
	return collector;
}

void collector_destroy(struct collector *collector)
{
	if (!collector)
		return;
	cache_destroy(collector->cache);
	scan_destroy(collector->scan);
	free(collector);
}

void collector_set_scan(struct collector *collector, enum collect_scan when)
{
	collector->when = when;
}

void collector_set_sp(struct collector *collector, uint64_t sp)
{
	collector->sp = sp;
}

/* ---- the guard ---- */

/* These are read past the cache: their whole point is the moment at which they are read. */
bool collector_guard(struct collector *collector, struct guard *guard, struct error *error)
{
	const struct layout_counter *counters[2] = {&collector->layout->generation,
						    &collector->layout->lock};
	uint64_t values[2] = {0};
	struct memory_request requests[2];
	size_t count = 0;

	memset(guard, 0, sizeof(*guard));
	for (size_t i = 0; i < 2; i++) {
		const struct layout_field *field = &counters[i]->field;

		if (!field->present || field->num_hops || field->size > sizeof(values[0]))
			continue;
		requests[count].addr = counters[i]->symbol + collector->slide + field->offset[0];
		requests[count].len = field->size;
		requests[count].to = &values[i];
		requests[count++].ok = false;
	}
	if (count && !memory_read(collector->memory, requests, count, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool is_generation = requests[i].to == &values[0];

		if (is_generation)
			guard->has_generation = requests[i].ok;
		else
			guard->has_lock = requests[i].ok;
	}
	guard->generation = values[0];
	guard->lock = values[1];
	return true;
}

static void guard_from_cache(const struct collector *collector, const struct values *values,
			     struct guard *guard)
{
	const struct layout_counter *generation = &collector->layout->generation;
	const struct layout_counter *lock = &collector->layout->lock;

	memset(guard, 0, sizeof(*guard));
	guard->has_generation =
		value_number(values, &generation->field, generation->symbol + collector->slide,
			     &guard->generation) == CACHE_OK;
	guard->has_lock = value_number(values, &lock->field, lock->symbol + collector->slide,
				       &guard->lock) == CACHE_OK;
}

static void fill_capture(const struct collector *collector, struct builder *builder,
			 const struct guard *guard)
{
	struct snapshot *snapshot = builder->snapshot;
	struct capture *capture = &snapshot->capture;
	struct dwarf_info *dwarf = collector->layout->dwarf;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	capture->elf = arena_strndup(builder->arena, dwarf_info_path(dwarf), 4096) ?: "";
	capture->build_id = arena_strndup(builder->arena, dwarf_info_build_id(dwarf), 128) ?: "";
	capture->profile =
		arena_strndup(builder->arena, collector->layout->profile->name, 64) ?: "";
	capture->source = "";
	capture->why = "";
	capture->slide = collector->slide;
	capture->time = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
	capture->packets = collector->memory->stats.packets;
	capture->bytes = collector->memory->stats.bytes;
	capture->has_generation = guard->has_generation && guard->generation <= MOST_COUNTED;
	if (capture->has_generation)
		capture->generation = guard->generation;
	else if (guard->has_generation)
		walk_cut(&builder->walk, "the generation cannot be 0x%" PRIx64, guard->generation);
	else if (collector->layout->generation.field.present)
		walk_cut(&builder->walk, "the generation cannot be read");
	snapshot->cut = builder->walk.cut;
	snapshot->num_cut = builder->walk.num_cut;
	capture->consistency = CONSISTENCY_EXACT;
	if (snapshot->num_cut) {
		capture->consistency = CONSISTENCY_PARTIAL;
		capture->why = snapshot->cut[0];
	}
}

static bool adds_up(const struct snapshot *snapshot)
{
	bool all = true;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		all = all && !snapshot->fobjs[i].surplus;
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		all = all && !snapshot->files[i].surplus;
	return all;
}

static bool scan_fill_in(struct collector *collector, struct builder *builder)
{
	return scan_fill(collector->scan, collector->sp, &builder->walk, builder->snapshot) ||
	       error_set(builder->error, EXIT_PARTIAL, "out of memory");
}

/* While the cache is held the scan's ranges have to be in the copy, too. */
static bool scan_for_pointers(struct collector *collector, struct builder *builder)
{
	bool wanted = collector->scan && collector->when != COLLECT_NO_SCAN &&
		      (collector->when == COLLECT_SCAN || !adds_up(builder->snapshot));
	bool has = collector->with_scan;

	collector->with_scan = wanted;
	if (!wanted)
		return true;
	if (cache_is_held(collector->cache))
		return has && scan_fill_in(collector, builder);
	return scan_read(collector->scan, builder->error) && scan_fill_in(collector, builder);
}

/* What every table maps, where a look at everything is wanted. */
static bool look_through_tables(struct collector *collector, struct builder *builder)
{
	const struct cache *cache = collector->cache;

	if (collector->when != COLLECT_SCAN)
		return true;
	do
		leaves_want(&builder->walk);
	while (builder_fetch(builder));
	if (builder->error->status != EXIT_CLEAN || (cache_is_held(cache) && cache_wants(cache)))
		return false;
	return leaves_fill(&builder->walk, builder->snapshot) ||
	       error_set(builder->error, EXIT_PARTIAL, "out of memory");
}

/* From what is in the cache; while that is held, it may turn out to lack something. */
static bool build(struct collector *collector, struct builder *builder, struct guard *guard)
{
	const struct cache *cache = collector->cache;
	bool held = cache_is_held(cache);

	if (!walk_run(&builder->walk, builder->deadline, builder->error))
		return false;
	do { /* A copy that lacks something shows it in the building. */
		if (!held)
			builder_touch_fields(builder);
		guard_from_cache(collector, &builder->walk.values, guard);
	} while (builder_fetch(builder));
	if (builder->error->status != EXIT_CLEAN || (held && cache_wants(cache)))
		return false;
	if (!builder_objects(builder))
		return error_set(builder->error, EXIT_PARTIAL, "out of memory");
	builder_types(builder->snapshot);
	builder_tables(builder);
	return builder->error->status == EXIT_CLEAN && !(held && cache_wants(cache)) &&
	       look_through_tables(collector, builder) && scan_for_pointers(collector, builder);
}

static struct snapshot *make(struct collector *collector, double timeout_s, struct guard *guard,
			     struct error *error)
{
	struct values values = {collector->layout, collector->cache, collector->slide};
	struct arena *arena = arena_create();
	struct builder builder = {.arena = arena, .error = error};
	bool ok = false;

	cache_begin_walk(collector->cache);
	if (arena)
		builder.snapshot = arena_alloc(arena, sizeof(*builder.snapshot));
	if (!builder.snapshot || !walk_init(&builder.walk, &values, arena)) {
		error_set(error, EXIT_PARTIAL, "out of memory");
	} else {
		builder.snapshot->arena = arena;
		builder.deadline = walk_clock() + timeout_s;
		cache_was_short(collector->cache);
		ok = build(collector, &builder, guard);
		if (cache_was_short(collector->cache))
			ok = error_set(error, EXIT_PARTIAL, "out of memory");
		if (ok)
			fill_capture(collector, &builder, guard);
	}
	walk_deinit(&builder.walk);
	free(builder.entries);
	if (ok)
		return builder.snapshot;
	arena_destroy(arena);
	return NULL;
}

static void begin_reading(struct collector *collector)
{
	if (!collector->copied)
		memory_stats_reset(collector->memory);
}

struct snapshot *collector_take(struct collector *collector, double timeout_s, struct guard *guard,
				struct error *error)
{
	struct snapshot *snapshot;

	begin_reading(collector);
	if (!cache_renew(collector->cache, collector->copied, error))
		return NULL;
	snapshot = make(collector, timeout_s, guard, error);
	collector->copied = false;
	return snapshot;
}

bool collector_prepare(struct collector *collector, struct error *error)
{
	begin_reading(collector);
	collector->with_scan = collector->scan &&
			       (collector->when == COLLECT_SCAN ||
				(collector->when == COLLECT_SCAN_SUSPECTS && collector->with_scan));
	return cache_prepare(collector->cache, collector->copied, error);
}

bool collector_copy(struct collector *collector, struct error *error)
{
	return cache_copy(collector->cache, error) &&
	       (!collector->with_scan || scan_read(collector->scan, error));
}

bool collector_warm(struct collector *collector, struct error *error)
{
	const struct memory_stats before = collector->memory->stats;
	bool done = collector_copy(collector, error);

	collector->memory->stats = before;
	return done;
}

bool collector_copy_again(struct collector *collector, struct error *error)
{
	return cache_copy_again(collector->cache, error);
}

bool collector_copies_agree(const struct collector *collector)
{
	return cache_copies_agree(collector->cache);
}

void collector_settle(struct collector *collector)
{
	cache_settle(collector->cache);
	collector->copied = true;
}

bool collector_is_whole(const struct collector *collector)
{
	return !cache_wants(collector->cache);
}

struct snapshot *collector_build(struct collector *collector, double timeout_s, struct guard *guard,
				 struct error *error)
{
	struct snapshot *snapshot;

	cache_hold(collector->cache, true);
	snapshot = make(collector, timeout_s, guard, error);
	cache_hold(collector->cache, false);
	if (snapshot)
		collector->copied = false;
	return snapshot;
}
