/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The growth view driven by its keys: which moments are points by each rule, what is said of each
 * row, the way to what is new, the past, a recording. In the story a greeter T comes and goes, and
 * each time it leaves one more object behind, held by a handle: no count is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"
#include "ui_driver.h"
#include "ui_fixture.h"

static struct app app;

static uint64_t left_id(uint32_t nth)
{
	return 0x80007000 + nth * 0x60ull;
}

/* T is there at odd moments; at each even one there is one object more than two moments ago. */
static struct snapshot *story(unsigned moment)
{
	struct snapshot *s = fixture_snapshot(moment);
	uint32_t extra = moment / 2, old = s->num_fobjs;
	struct snap_fobj *fobjs = arena_alloc_array(s->arena, old + extra + 1, sizeof(*fobjs));
	struct snap_context *contexts = arena_alloc_array(s->arena, 5, sizeof(*contexts));

	memcpy(fobjs, s->fobjs, old * sizeof(*fobjs));
	memcpy(contexts, s->contexts, 4 * sizeof(*contexts));
	for (uint32_t i = 0; i < extra; i++) {
		struct snap_holder *holder = arena_alloc(s->arena, sizeof(*holder));

		*holder = (struct snap_holder){"handle", 0x80009000 + i, NONE, "session"};
		fobjs[old + i] = (struct snap_fobj){.id = left_id(i),
						    .name = "T.data",
						    .kind = "rw",
						    .pages = 3,
						    .refcount = 1,
						    .holders = holder,
						    .num_holders = 1};
	}
	contexts[4] =
		(struct snap_context){.id = 0x80000900, .name = "T greeter", .state = "alive"};
	s->fobjs = fobjs;
	s->num_fobjs += extra;
	s->contexts = contexts;
	s->num_contexts += moment % 2;
	s->capture.consistency = CONSISTENCY_EXACT;
	s->capture.step = moment / 4;
	s->counters[1] = (struct snap_counter){"heap.bytes", 1000 + 100 * extra, true};
	return s;
}

static void tell(unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		app_add_snapshot(&app, story(i));
}

static int open_app(void **state)
{
	struct live_status status = {.state = LIVE_RUNNING, .source = "t.scn", .method = "no stop"};

	(void)state;
	driver_open(&app, 0); /* for the locale */
	app_deinit(&app);
	assert_true(app_init(&app, false));
	app_set_status(&app, &status);
	tell(0, 0);
	driver_press(&app, "+");
	return 0;
}

static int close_app(void **state)
{
	(void)state;
	app_deinit(&app);
	return 0;
}

static void one_moment_says_why(void **state)
{
	(void)state;
	driver_expect(&app, "nothing grows in one moment");
	driver_press(&app, "Enter Down End Space > I e Backspace");
	tell(1, 1);
	driver_expect(&app, "no close of a context yet: A says what makes a point");
}

static void looks_as_kept(void **state)
{
	(void)state;
	tell(1, 13);
	driver_compare(&app, 24, 80, "growth");
	driver_compare(&app, 60, 200, "growth");
	driver_compare(&app, 10, 40, "growth");
	driver_press(&app, "A");
	driver_compare(&app, 24, 80, "growth-points");
	driver_compare(&app, 10, 40, "growth-points");
}

/* After each close: 1, 2, 3 ... of what T leaves; what it takes away again does not grow. */
static void what_grows_every_round_is_on_top(void **state)
{
	static const char *const order[] = {"> fobjs rw", "fobj *.data", "handles handle",
					    "counter heap.bytes", "counter loads"};
	char *screen, *at;

	(void)state;
	tell(1, 12);
	at = screen = driver_screen(&app, 24, 80);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		at = strstr(at, order[i]);
		assert_non_null(at);
	}
	free(screen);
	driver_expect(&app, "fobj *.data                4      9      +1 every round 4 5 6 7 8 9");
}

static void enter_leads_to_what_is_new(void **state)
{
	(void)state;
	tell(1, 6); /* closes at 2, 4 and 6 */
	driver_press(&app, "/");
	driver_type(&app, "fobj *.data");
	driver_press(&app, "Enter");
	driver_expect(&app, "3 points: each close of a context \u00b7 2 new here");
	driver_press(&app, "Enter");
	driver_expect(&app, "> fobj    T.data");
	driver_expect(&app, "0x80007060");
	driver_press(&app, "Down Enter");
	assert_int_equal(app.view, VIEW_FOBJS);
	driver_expect(&app, ">+T.data");
	assert_int_equal(app.states[VIEW_FOBJS].master.selected.id, left_id(2));
	driver_press(&app, "Backspace");
	assert_int_equal(app.view, VIEW_GROWTH);
	driver_expect(&app, "0x800070c0");
}

static uint32_t points(void)
{
	return app.rounds.growth->num_points;
}

static void each_rule_has_its_points(void **state)
{
	static const char *const kinds[] = {"fault", "load", "map", "get", "put"};

	(void)state;
	tell(1, 12);
	assert_int_equal(points(), 6);
	driver_press(&app, "A o");
	assert_int_equal(points(), 6); /* 1, 3 .. 11 */
	assert_int_equal(app.rounds.growth->labels[0], 2);
	driver_press(&app, "A s");
	assert_int_equal(points(), 3); /* at 4, 8, 12 */
	driver_press(&app, "A r");
	assert_int_equal(points(), 13);
	driver_press(&app, "A m");
	assert_int_equal(points(), 0);
	driver_expect(&app, "no moment that `a` marks yet");
	driver_press(&app, "A e");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		driver_expect(&app, kinds[i]);
	driver_press(&app, "m");
	assert_int_equal(points(), 13); /* each moment has one */
	driver_expect(&app, "13 points: each map");
	driver_press(&app, "A Esc"); /* and nothing is chosen */
	assert_int_equal(points(), 13);
}

/* The rule at work while it runs, and the rule chosen afterwards, find the same points. */
static void late_and_early_agree(void **state)
{
	static const char *const rules[] = {"A c", "A o", "A s", "A r", "A e g"};
	struct snapshot *again;
	struct growth early;

	(void)state;
	tell(1, 3);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		driver_press(&app, rules[i]);
		tell(4 + 20 * (unsigned)i, 23 + 20 * (unsigned)i);
		again = story(23 + 20 * (unsigned)i); /* a refresh that shows no change */
		again->num_events = 0;
		app_add_snapshot(&app, again);
		early = *app.rounds.growth;
		early.rows = NULL;
		driver_press(&app, rules[i]);
		assert_int_equal(points(), early.num_points);
		assert_memory_equal(app.rounds.growth->numbers, early.numbers,
				    early.num_points * sizeof(early.numbers[0]));
	}
}

static void the_user_marks_points(void **state)
{
	(void)state;
	driver_press(&app, "A m a");
	assert_int_equal(points(), 1);
	driver_expect(&app, "this moment is a point");
	tell(1, 5);
	assert_int_equal(points(), 1);
	driver_press(&app, "a");
	assert_int_equal(points(), 2);
	driver_expect(&app, "2 points: each moment that `a` marks");
	driver_press(&app, "a");
	assert_int_equal(points(), 1);
	driver_expect(&app, "no marked point any more");
	driver_press(&app, "[ [ a ] ]"); /* a past moment may be one, too */
	assert_int_equal(points(), 2);
}

static void the_past_has_the_points_of_then(void **state)
{
	(void)state;
	tell(1, 12);
	driver_expect(&app, "6 points");
	driver_press(&app, "[ [ [ [");
	driver_expect(&app, "4 points");
	driver_press(&app, "{");
	driver_expect(&app, "no close of a context yet");
	driver_press(&app, "}");
	driver_expect(&app, "6 points");
}

/* What is torn is no point; the next whole moment stands for it, and nobody is told otherwise. */
static void a_torn_moment_is_no_point(void **state)
{
	struct snapshot *torn;

	(void)state;
	tell(1, 1);
	torn = story(2);
	torn->capture.consistency = CONSISTENCY_TORN;
	torn->num_fobjs = 0;
	app_add_snapshot(&app, torn);
	assert_int_equal(points(), 0);
	torn = story(1);
	torn->capture.consistency = CONSISTENCY_TORN;
	torn->num_contexts = 0; /* read while the list was changed: nobody has gone */
	app_add_snapshot(&app, torn);
	driver_expect(&app, "no point yet: what was read so far is torn or partial");
	tell(2, 4);
	assert_int_equal(points(), 2);
}

/* Where there is no ring, the run to an event tells of it. */
static void a_run_to_an_event_is_one(void **state)
{
	struct live_status status = {.state = LIVE_PAUSED, .event_kinds = "fault new"};

	(void)state;
	app_set_status(&app, &status);
	for (unsigned i = 1; i < 4; i++) {
		struct snapshot *snapshot = story(i);

		snapshot->num_events = 0;
		assert_int_equal(driver_press(&app, "n n"), APP_EVENT); /* "new" */
		if (i != 2)                                             /* once in vain */
			app_count_event(&app);
		app_add_snapshot(&app, snapshot);
	}
	driver_press(&app, "A e n");
	assert_int_equal(points(), 2);
	driver_expect(&app, "2 points: each new");
}

static struct snapshot *load_story(void *arg, uint32_t at, struct error *error)
{
	unsigned *broken = arg;

	if (at == *broken) {
		error_set(error, EXIT_USAGE, "broken");
		return NULL;
	}
	return story(at);
}

/* The whole of a recording counts, wherever one stands in it; one bad line does no harm. */
static void a_recording_has_all_its_points(void **state)
{
	unsigned broken = 101, work = 0;
	struct history_source source = {.count = 1001, .load = load_story, .arg = &broken};

	(void)state;
	assert_true(app_open_recording(&app, &source, ""));
	driver_expect(&app, "looking for points");
	while (app_work(&app))
		work++;
	assert_true(work > 10); /* a few at a time */
	assert_int_equal(app.rounds.growth->numbers[points() - 1] + 1, 499);
	driver_expect(&app, "no close of a context yet"); /* at the first moment */
	driver_press(&app, "}");
	driver_expect(&app, "499 points");
	driver_press(&app, "[ [");
	driver_expect(&app, "points");
	driver_press(&app, "A s");
	while (app_work(&app))
		;
	driver_expect(&app, "points: each step");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_app, close_app)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_moment_says_why),
		TEST(looks_as_kept),
		TEST(what_grows_every_round_is_on_top),
		TEST(enter_leads_to_what_is_new),
		TEST(each_rule_has_its_points),
		TEST(late_and_early_agree),
		TEST(the_user_marks_points),
		TEST(the_past_has_the_points_of_then),
		TEST(a_torn_moment_is_no_point),
		TEST(a_run_to_an_event_is_one),
		TEST(a_recording_has_all_its_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
