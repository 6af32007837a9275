/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what `blame`, `trace` and `check --growth` are made of and that needs no target: an
 * entry of a ring taken apart, lives gathered from events, balances of made-up lives, growth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/balance.h"
#include "analysis/growth.h"
#include "collect_events.h"
#include "export/balance_text.h"
#include "model/arena.h"

/* ---- entries ---- */

static struct layout_word kinds[] = {{.value = 7, .text = "get"}, {.value = 8, .text = "put"}};

/* An entry of 32 bytes: seq, kind, cpu, object, detail of 16 bits, page of 16 bits. */
static void make_layout(struct layout_events *events)
{
	static const struct {
		enum event_role role;
		unsigned int offset, size;
	} fields[] = {{EVENT_ROLE_SEQ, 0, 8},     {EVENT_ROLE_KIND, 8, 4},
		      {EVENT_ROLE_CPU, 12, 4},    {EVENT_ROLE_OBJECT, 16, 8},
		      {EVENT_ROLE_DETAIL, 24, 2}, {EVENT_ROLE_PAGE, 26, 2}};

	memset(events, 0, sizeof(*events));
	events->entry_size = 32;
	events->num_entries = 8;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct layout_field *field = &events->fields[fields[i].role];

		field->present = true;
		field->offset[0] = fields[i].offset;
		field->size = fields[i].size;
	}
	events->fields[EVENT_ROLE_KIND].words = kinds;
	events->fields[EVENT_ROLE_KIND].num_words = 2;
}

static void make_entry(uint8_t entry[32], uint64_t seq, uint32_t kind)
{
	uint64_t object = 0xffffff8040001000;
	uint32_t cpu = 3;
	uint16_t detail = 5, page = 0xffff;

	memset(entry, 0, 32);
	memcpy(entry, &seq, 8);
	memcpy(entry + 8, &kind, 4);
	memcpy(entry + 12, &cpu, 4);
	memcpy(entry + 16, &object, 8);
	memcpy(entry + 24, &detail, 2);
	memcpy(entry + 26, &page, 2);
}

static void entry_is_taken_apart(void **state)
{
	struct layout_events events;
	struct snap_event event;
	uint8_t entry[32];

	(void)state;
	make_layout(&events);
	make_entry(entry, 42, 8);
	assert_true(event_decode(&events, entry, 42, &event));
	assert_string_equal(event.kind, "put");
	assert_int_equal(event.cpu, 3);
	assert_true(event.object == 0xffffff8040001000);
	assert_int_equal(event.detail, 5);
	assert_true(event.page == NO_EVENT_PAGE);
	assert_true(event.time == 0 && event.caller == 0);
}

static void torn_entry_is_dropped(void **state)
{
	struct layout_events events;
	struct snap_event event;
	uint8_t entry[32];

	(void)state;
	make_layout(&events);
	make_entry(entry, 42, 8);
	assert_false(event_decode(&events, entry, 42 + 8, &event)); /* of the turn before */
	make_entry(entry, 0, 8);
	assert_false(event_decode(&events, entry, 42, &event)); /* being written */
	make_entry(entry, 42, 99);
	assert_true(event_decode(&events, entry, 42, &event));
	assert_string_equal(event.kind, ""); /* a kind that nobody knows */
}

/* ---- a world of references ---- */

struct world {
	struct reflog *log;
	struct snapshot *snapshot;
	uint64_t seq;
	uint32_t counts[16]; /* by object */
};

static void event(struct world *world, uint64_t object, const char *kind, const char *where,
		  int move)
{
	struct snap_event one = {.seq = ++world->seq,
				 .kind = kind,
				 .object = object,
				 .page = NO_EVENT_PAGE,
				 .where = where,
				 .path = "somebody (main.c:1)"};
	struct snapshot batch = {.events = &one, .num_events = 1};

	if (strcmp(kind, "new") == 0)
		world->counts[object] = 0;
	world->counts[object] += (uint32_t)move;
	one.detail = world->counts[object];
	reflog_add(world->log, &batch, NULL);
}

static void world_begin(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->log = reflog_create();
	world->snapshot = snapshot_create();
	assert_non_null(world->log);
	assert_non_null(world->snapshot);
	world->snapshot->fobjs =
		arena_alloc_array(world->snapshot->arena, 16, sizeof(struct snap_fobj));
}

static void world_end(struct world *world)
{
	reflog_destroy(world->log);
	snapshot_destroy(world->snapshot);
}

/* Put OBJECT into the snapshot with the count the events left and these holders ("a,h"). */
static void world_object(struct world *world, uint64_t object, const char *name,
			 const char *holders)
{
	struct snapshot *snapshot = world->snapshot;
	struct snap_fobj *fobj = &snapshot->fobjs[snapshot->num_fobjs++];

	*fobj = (struct snap_fobj){.id = object, .name = name, .kind = "rw", .pages = 1};
	fobj->refcount = world->counts[object];
	fobj->holders =
		arena_alloc_array(snapshot->arena, strlen(holders) + 1, sizeof(*fobj->holders));
	for (; *holders; holders++)
		fobj->holders[fobj->num_holders++] =
			(struct snap_holder){.kind = *holders == 'a' ? "area" : "handle",
					     .id = 0x9000 + fobj->num_holders,
					     .index = NONE,
					     .name = ""};
	fobj->surplus = fobj->refcount - fobj->num_holders;
	reflog_add(world->log, &(struct snapshot){0}, snapshot);
}

#define MAKE "object_new (object.c:9)"
#define ADD  "area_add (area.c:67)"
#define DEL  "area_remove (area.c:81)"
#define DROP "handle_drop (handle.c:30)"

/* Made, mapped, unmapped, dropped: as it should be. */
static void clean_life(struct world *world, uint64_t object)
{
	event(world, object, "new", MAKE, 1);
	event(world, object, "get", ADD, 1);
	event(world, object, "put", DEL, -1);
	event(world, object, "put", DROP, -1);
	event(world, object, "free", DROP, 0);
}

static const struct balance_row *culprit(const struct balance *balance)
{
	assert_non_null(balance);
	assert_true(balance->num_rows > 0);
	return balance->rows;
}

static void missing_put_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	clean_life(&world, 1);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 1);
	event(&world, 2, "put", DROP, -1);
	world_object(&world, 2, "S", "");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_CULPRIT);
	assert_string_equal(culprit(balance)->where, ADD);
	assert_int_equal(culprit(balance)->sign, 1);
	assert_int_equal(balance->surplus, 1);
	assert_int_equal(balance->num_pairs, 1);
	assert_string_equal(balance->partner, DEL);
	balance_destroy(balance);
	world_end(&world);
}

#define MAP   "region_add (region.c:50)"
#define MAP2  "region_add (region.c:51)"
#define UNMAP "region_free (region.c:70)"

/* Got twice in one call, put once: by one line that right objects come by, by one that none does.
 */
static void strange_get_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	for (int order = 0; order < 2; order++) {
		const char *wrong = order ? MAP2 : MAP, *right = order ? MAP : MAP2;

		world_begin(&world);
		event(&world, 1, "new", MAKE, 1);
		event(&world, 1, "get", right, 1);
		world_object(&world, 1, "R", "ah");
		event(&world, 2, "new", MAKE, 1);
		for (int turn = 0; turn < 2; turn++) {
			event(&world, 2, "get", MAP, 1);
			event(&world, 2, "get", MAP2, 1);
		}
		event(&world, 2, "put", UNMAP, -1);
		world_object(&world, 2, "S", "ah");
		balance = balance_create(world.log, NULL, world.snapshot, 2);
		assert_int_equal(balance->surplus, 2);
		assert_int_equal(culprit(balance)->state, BALANCE_CULPRIT);
		assert_string_equal(culprit(balance)->where, wrong);
		assert_int_equal(culprit(balance)->times, 2);
		assert_true(balance->rows[1].state != BALANCE_CULPRIT);
		assert_string_equal(balance->rival, "");
		balance_destroy(balance);
		world_end(&world);
	}
}

/* Where no right object shows which, both are named. */
static void gets_of_one_call_are_both_named(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", MAP, 1);
	event(&world, 2, "get", MAP2, 1);
	event(&world, 2, "put", UNMAP, -1);
	world_object(&world, 2, "S", "h");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_CULPRIT);
	assert_string_equal(culprit(balance)->where, MAP2);
	assert_string_equal(balance->rival, MAP);
	balance_destroy(balance);
	world_end(&world);
}

/*
 * Holders' kinds are named like no file here: which file is whose is learned from right objects
 * that are alive, and so the missing put is looked for where it belongs.
 */
static void kinds_are_learned_from_the_living(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	for (uint64_t right = 3; right < 6; right++) {
		event(&world, right, "new", MAKE, 1);
		event(&world, right, "get", MAP, 1);
		event(&world, right, "get", "mobj_alloc (mobj.c:10)", 1);
		event(&world, right, "put", DROP, -1);
		world_object(&world, right, "R", "ah");
	}
	event(&world, 8, "new", MAKE, 1);
	event(&world, 8, "get", MAP, 1);
	event(&world, 8, "get", "mobj_alloc (mobj.c:10)", 1);
	event(&world, 8, "put", DROP, -1);
	event(&world, 8, "get", MAP, 1);
	event(&world, 8, "get", "mobj_alloc (mobj.c:10)", 1);
	event(&world, 8, "put", "mobj_free (mobj.c:20)", -1);
	world_object(&world, 8, "S", "ah");
	balance = balance_create(world.log, NULL, world.snapshot, 8);
	assert_int_equal(culprit(balance)->state, BALANCE_CULPRIT);
	assert_string_equal(culprit(balance)->where, MAP);
	assert_int_equal(culprit(balance)->times, 1);
	balance_destroy(balance);
	world_end(&world);
}

static void second_put_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 1);
	event(&world, 2, "get", ADD, 1);
	event(&world, 2, "put", DEL, -1);
	event(&world, 2, "put", DEL, -1);
	world_object(&world, 2, "S", "ah");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_CULPRIT);
	assert_string_equal(culprit(balance)->where, DEL);
	assert_int_equal(culprit(balance)->sign, -1);
	assert_int_equal(culprit(balance)->times, 1);
	assert_int_equal(culprit(balance)->seq, 5);
	balance_destroy(balance);
	world_end(&world);
}

static void get_that_did_not_count_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 0);
	world_object(&world, 2, "S", "ah");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_FALSE);
	assert_string_equal(culprit(balance)->where, ADD);
	balance_destroy(balance);
	world_end(&world);
}

static void store_without_event_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	event(&world, 2, "new", MAKE, 1);
	world.counts[2] = 2;
	world_object(&world, 2, "S", "h");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_FALSE);
	assert_int_equal(culprit(balance)->seq, 0);
	assert_int_equal(culprit(balance)->sign, 1);
	balance_destroy(balance);
	world_end(&world);
}

static void right_object_has_no_culprit(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	clean_life(&world, 1);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 1);
	world_object(&world, 2, "S", "ah");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_int_equal(culprit(balance)->state, BALANCE_OPEN);
	assert_int_equal(balance->surplus, 0);
	assert_null(balance_create(world.log, NULL, world.snapshot, 3));
	balance_destroy(balance);
	world_end(&world);
}

/* The object was freed, and somebody holds it still. */
static void hold_of_the_dead_is_found(void **state)
{
	struct world world;
	struct balance *balance;

	(void)state;
	world_begin(&world);
	clean_life(&world, 1);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 1);
	event(&world, 2, "put", DROP, -1);
	event(&world, 2, "put", DROP, -1);
	event(&world, 2, "free", DROP, 0);
	world.counts[2] = 0xdead;
	world_object(&world, 2, "S", "a");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_true(balance->gone);
	assert_int_equal(balance->surplus, -1);
	assert_string_equal(culprit(balance)->where, DROP);
	assert_int_equal(culprit(balance)->sign, -1);
	balance_destroy(balance);
	world_end(&world);
}

static void address_used_again_is_another_life(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world);
	clean_life(&world, 1);
	clean_life(&world, 1);
	assert_int_equal(world.log->num_lives, 2);
	assert_true(world.log->lives[0].freed && world.log->lives[1].born);
	assert_int_equal(world.log->lives[1].num_events, 4);
	assert_ptr_equal(reflog_find(world.log, 1), &world.log->lives[1]);
	for (uint64_t i = 0; i < 3000; i++) /* the hash grows */
		event(&world, 2 + i % 14, "new", MAKE, 1);
	assert_int_equal(world.log->num_lives, 3002);
	assert_true(reflog_find(world.log, 15)->id == 15);
	world_end(&world);
}

static void answer_is_one_line(void **state)
{
	struct world world;
	struct balance *balance;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	world_begin(&world);
	clean_life(&world, 1);
	event(&world, 2, "new", MAKE, 1);
	event(&world, 2, "get", ADD, 1);
	event(&world, 2, "put", DROP, -1);
	world_object(&world, 2, "S", "");
	balance = balance_create(world.log, NULL, world.snapshot, 2);
	assert_true(text_write_balance(balance, out));
	fclose(out);
	assert_int_equal(strncmp(text, "blame: S: +1: never put: got by " ADD " < somebody", 40),
			 0);
	assert_non_null(strstr(text, "; missing is a put as by " DEL "\n"));
	free(text);
	balance_destroy(balance);
	world_end(&world);
}

/* ---- growth ---- */

static void add_point(struct growth *growth, uint32_t count, const char *name, bool after)
{
	struct snap_fobj fobjs[8] = {0};
	struct snapshot snapshot = {.fobjs = fobjs, .num_fobjs = count};

	for (uint32_t i = 0; i < count; i++)
		fobjs[i] = (struct snap_fobj){.name = name, .kind = "rw"};
	if (after)
		growth_add_after(growth, &snapshot);
	else
		growth_add(growth, &snapshot, 0);
}

static struct growth_row *row_of(struct growth *growth, const char *kind)
{
	struct growth_row *found = NULL;

	for (uint32_t i = 0; i < growth->num_rows; i++) {
		if (strcmp(growth->rows[i].kind, kind) != 0)
			continue;
		assert_null(found); /* one pattern */
		found = &growth->rows[i];
	}
	return found;
}

static enum growth_trend trend_of(const uint32_t *counts, uint32_t num)
{
	struct growth *growth = growth_create();
	enum growth_trend trend;

	assert_non_null(growth);
	for (uint32_t i = 0; i < num; i++)
		add_point(growth, counts[i], i % 2 ? "A1.data" : "B22.data", false);
	trend = growth_trend(growth, row_of(growth, "fobj"), num - 1);
	growth_destroy(growth);
	return trend;
}

static bool grows(const uint32_t *counts, uint32_t num, int after)
{
	struct growth *growth = growth_create();
	struct growth_row *row;
	bool leak;

	assert_non_null(growth);
	for (uint32_t i = 0; i < num; i++)
		add_point(growth, counts[i], i % 2 ? "A1.data" : "B22.data", false);
	if (after >= 0)
		add_point(growth, (uint32_t)after, "C.data", true);
	row = row_of(growth, "fobj");
	leak = row && growth_is_leak(growth, row);
	row = row_of(growth, "fobjs"); /* the total is none by itself */
	assert_false(row && growth_is_leak(growth, row));
	growth_destroy(growth);
	return leak;
}

static void growth_is_told_from_use(void **state)
{
	(void)state;
	assert_true(grows((const uint32_t[]){1, 2, 3}, 3, -1));
	assert_true(grows((const uint32_t[]){0, 1, 1}, 3, 1));
	assert_false(grows((const uint32_t[]){1, 2, 3}, 3, 0)); /* all closed, all gone */
	assert_false(grows((const uint32_t[]){1, 3, 2}, 3, -1));
	assert_false(grows((const uint32_t[]){2, 2, 2}, 3, 2));
	assert_false(grows((const uint32_t[]){5}, 1, 5));
}

static void a_trend_has_a_name(void **state)
{
	(void)state;
	assert_int_equal(trend_of((const uint32_t[]){3}, 1), GROWTH_ONE_POINT);
	assert_int_equal(trend_of((const uint32_t[]){1, 2, 3}, 3), GROWTH_EVERY_MORE);
	assert_int_equal(trend_of((const uint32_t[]){0, 0, 3}, 3), GROWTH_MORE);
	assert_int_equal(trend_of((const uint32_t[]){1, 2, 2}, 3), GROWTH_MORE);
	assert_int_equal(trend_of((const uint32_t[]){1, 3, 2}, 3), GROWTH_SWINGS_UP);
	assert_int_equal(trend_of((const uint32_t[]){2, 2, 2}, 3), GROWTH_SAME);
	assert_int_equal(trend_of((const uint32_t[]){2, 4, 2}, 3), GROWTH_SWINGS);
	assert_int_equal(trend_of((const uint32_t[]){3, 4, 2}, 3), GROWTH_SWINGS_DOWN);
	assert_int_equal(trend_of((const uint32_t[]){3, 3, 2}, 3), GROWTH_LESS);
	assert_int_equal(trend_of((const uint32_t[]){3, 2, 1}, 3), GROWTH_EVERY_LESS);
}

/* Of many points some are kept; what is said is said of all, up to the one it is asked for. */
static void growth_keeps_the_first_and_the_last_point(void **state)
{
	struct growth *growth = growth_create();
	struct growth_row *row;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		add_point(growth, i == 700 ? 3 : i < 301 ? 4 : 5, "S", false);
		row = row_of(growth, "fobj");
		assert_true(growth->num_points < GROWTH_MAX_POINTS);
		assert_int_equal(growth->numbers[0], 0);
		assert_int_equal(growth->numbers[growth->num_points - 1], i);
		assert_int_equal(row->counts[growth->num_points - 1], i == 700  ? 3
								      : i < 301 ? 4
										: 5);
	}
	for (uint32_t i = 1; i < growth->num_points; i++) {
		uint64_t number = growth->numbers[i];

		assert_true(number > growth->numbers[i - 1]);
		assert_int_equal(growth_trend(growth, row, i), number < 301    ? GROWTH_SAME
							       : number < 700  ? GROWTH_MORE
							       : number == 700 ? GROWTH_SWINGS_DOWN
									       : GROWTH_SWINGS_UP);
	}
	assert_false(growth_is_leak(growth, row));
	growth_destroy(growth);
}

static void patterns_are_of_names(void **state)
{
	static const struct {
		const char *kind, *name, *pattern;
	} wanted[] = {
		{"fobj", "A.data", "*.data"},
		{"fobj", "R12", "R#"},
		{"area", "S in A", "S in A"},
		{"context", "A greeter", "greeter"},
		{"context", "7011a688-ddde-4053-a5a9-7b3c4ddf13b8",
		 "7011a688-ddde-4053-a5a9-7b3c4ddf13b8"},
		{"context", "core", "core"},
		{"fobj", "", ""},
	};
	char pattern[64], longer[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		growth_pattern(wanted[i].kind, wanted[i].name, pattern);
		assert_string_equal(pattern, wanted[i].pattern);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	longer[2] = '.';
	growth_pattern("fobj", longer, pattern);
	assert_int_equal(strlen(pattern), 62);
}

static void everything_is_counted(void **state)
{
	struct snap_holder holders[] = {{"area", 1, 0, ""}, {"handle", 2, NONE, "shm S"}};
	struct snap_fobj fobj = {.name = "S", .kind = "rw", .holders = holders, .num_holders = 2};
	struct snap_context context = {.name = "A greeter"};
	struct snap_area area = {.name = "S in A"};
	struct snap_file file = {.tag = "1", .num_slices = 2};
	struct snap_pmem pmems[] = {{.state = PMEM_STATE_FREE}, {.state = PMEM_STATE_DIRTY}};
	struct snap_counter counters[] = {{"loads", 7, false}, {"heap.bytes", 99, true}};
	struct snap_table table = {0};
	struct snap_lost lost = {.name = "T"};
	struct snapshot snapshot = {.fobjs = &fobj,
				    .num_fobjs = 1,
				    .contexts = &context,
				    .num_contexts = 1,
				    .areas = &area,
				    .num_areas = 1,
				    .files = &file,
				    .num_files = 1,
				    .pmems = pmems,
				    .num_pmems = 2,
				    .tables = &table,
				    .num_tables = 1,
				    .counters = counters,
				    .num_counters = 2,
				    .lost = &lost,
				    .num_lost = 1};
	static const struct {
		const char *kind, *pattern;
		uint64_t count;
		enum growth_sort sort;
	} wanted[] = {
		{"contexts", "", 1, GROWTH_TOTAL},      {"context", "greeter", 1, GROWTH_OBJECTS},
		{"areas", "", 1, GROWTH_TOTAL},         {"area", "S in A", 1, GROWTH_OBJECTS},
		{"fobjs", "rw", 1, GROWTH_TOTAL},       {"fobj", "S", 1, GROWTH_OBJECTS},
		{"handles", "handle", 1, GROWTH_TOTAL}, {"file", "", 1, GROWTH_OBJECTS},
		{"slices", "", 2, GROWTH_TOTAL},        {"pages", "dirty", 1, GROWTH_LEVEL},
		{"in no list", "", 1, GROWTH_TOTAL},    {"tables", "", 1, GROWTH_TOTAL},
		{"counter", "loads", 7, GROWTH_TALLY},  {"counter", "heap.bytes", 99, GROWTH_LEVEL},
	};
	struct growth *growth = growth_create();

	(void)state;
	growth_add(growth, &snapshot, 5);
	assert_int_equal(growth->labels[0], 5);
	assert_int_equal(growth->num_rows, sizeof(wanted) / sizeof(wanted[0]));
	for (uint32_t i = 0; i < growth->num_rows; i++) {
		assert_string_equal(growth->rows[i].kind, wanted[i].kind);
		assert_string_equal(growth->rows[i].pattern, wanted[i].pattern);
		assert_int_equal(growth->rows[i].counts[0], wanted[i].count);
		assert_int_equal(growth->rows[i].sort, wanted[i].sort);
	}
	growth_destroy(growth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_is_taken_apart),
		cmocka_unit_test(torn_entry_is_dropped),
		cmocka_unit_test(missing_put_is_found),
		cmocka_unit_test(strange_get_is_found),
		cmocka_unit_test(gets_of_one_call_are_both_named),
		cmocka_unit_test(kinds_are_learned_from_the_living),
		cmocka_unit_test(second_put_is_found),
		cmocka_unit_test(get_that_did_not_count_is_found),
		cmocka_unit_test(store_without_event_is_found),
		cmocka_unit_test(right_object_has_no_culprit),
		cmocka_unit_test(hold_of_the_dead_is_found),
		cmocka_unit_test(address_used_again_is_another_life),
		cmocka_unit_test(answer_is_one_line),
		cmocka_unit_test(growth_is_told_from_use),
		cmocka_unit_test(a_trend_has_a_name),
		cmocka_unit_test(growth_keeps_the_first_and_the_last_point),
		cmocka_unit_test(patterns_are_of_names),
		cmocka_unit_test(everything_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
