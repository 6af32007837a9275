/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application driven by its keys, without a terminal: every view against its kept screen, the
 * way along references and back, search, filter, sort, tags, time, and what small or odd input
 * does to all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui_driver.h"
#include "ui_fixture.h"

static struct app app; /* as large as its history's ring */

static int open_app(void **state)
{
	(void)state;
	driver_open(&app, 0);
	return 0;
}

static int close_app(void **state)
{
	(void)state;
	app_deinit(&app);
	return 0;
}

static void views_look_as_kept(void **state)
{
	static const struct {
		const char *key, *name;
	} shown[] = {{"1", "map"},   {"2", "pages"},  {"3", "fobjs"},      {"4", "spaces"},
		     {"5", "files"}, {"6", "events"}, {"7", "picture"},    {"8", "contents"},
		     {"9", "refs"},  {"0", "log"},    {"+", "growth-one"}, {"?", "help"}};

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		driver_press(&app, shown[i].key);
		driver_compare(&app, 24, 80, shown[i].name);
		driver_compare(&app, 60, 200, shown[i].name);
		driver_compare(&app, 10, 40, shown[i].name);
	}
}

static void ascii_is_ascii(void **state)
{
	char *screen;

	(void)state;
	app.ascii = true;
	for (const char *key = "1234567890+?"; *key; key++) {
		char name[2] = {*key, '\0'};

		driver_press(&app, name);
		screen = driver_screen(&app, 24, 80);
		for (const char *at = screen; *at; at++)
			assert_true((unsigned char)*at < 0x7f);
		free(screen);
	}
	driver_press(&app, "7");
	driver_compare(&app, 24, 80, "picture-ascii");
}

static void small_screens_say_so(void **state)
{
	static const int sizes[][2] = {{9, 80}, {24, 39}, {1, 1}, {2, 7}, {9, 39}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *screen = driver_screen(&app, sizes[i][0], sizes[i][1]), *end;

		end = strchr(screen, '\n');
		assert_non_null(end);
		assert_int_not_equal(end - screen, 0);
		for (; *end; end++)
			assert_int_equal(*end, '\n'); /* one line, and only that */
		free(screen);
	}
}

static void references_lead_there_and_back(void **state)
{
	(void)state;
	driver_expect(&app, "page 0x41004000");
	driver_press(&app, "Enter"); /* the owners */
	driver_expect(&app, "> area A.text");
	driver_press(&app, "Enter"); /* the area */
	assert_int_equal(app.view, VIEW_SPACES);
	driver_expect(&app, "> A.text");
	driver_press(&app, "Enter Enter"); /* its fobj */
	assert_int_equal(app.view, VIEW_FOBJS);
	driver_expect(&app, "> greeter.text");
	driver_press(&app, "Enter Down Down"); /* the slice that holds it */
	driver_expect(&app, "> slice");
	driver_press(&app, "Enter"); /* the file */
	assert_int_equal(app.view, VIEW_FILES);
	driver_expect(&app, "> 5f0a1c77");
	driver_press(&app, "Backspace");
	assert_int_equal(app.view, VIEW_FOBJS);
	driver_expect(&app, "> slice");
	driver_press(&app, "Backspace Backspace");
	assert_int_equal(app.view, VIEW_SPACES);
	driver_press(&app, "Backspace Backspace");
	assert_int_equal(app.view, VIEW_PAGES);
	driver_expect(&app, "> area A.text");
	driver_press(&app, "Backspace");
	driver_expect(&app, ">     0 0x41004000");
	driver_press(&app, "Backspace");
	driver_expect(&app, "this is where you began");
}

static void a_dead_end_says_so(void **state)
{
	(void)state;
	driver_press(&app, "End Enter");
	driver_expect(&app, "nobody owns it: the page is free");
	driver_press(&app, "3 End Up Enter Down Down Enter"); /* S, held by a handle */
	driver_expect(&app, "it leads to nothing that is shown");
}

static void the_cursor_stays_on_its_object(void **state)
{
	struct ref page;

	(void)state;
	driver_press(&app, "Down Down Down");
	page = app.states[VIEW_PAGES].master.selected;
	assert_int_equal(page.kind, OBJECT_PMEM);
	for (unsigned i = 1; i < 24; i++) {
		struct row row;

		app_add_snapshot(&app, fixture_snapshot(i));
		assert_true(ref_equal(app.states[VIEW_PAGES].master.selected, page));
		row = list_row(&app.states[VIEW_PAGES].master, app.scene, NONE);
		assert_true(ref_equal(views[VIEW_PAGES]->master->object(&row), page));
	}
}

static void a_cursor_that_nobody_moved_stays_at_the_top(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 5; i++) {
		app_add_snapshot(&app, fixture_snapshot(i));
		driver_expect(&app, "1/32");
	}
	driver_press(&app, "Down");
	app_add_snapshot(&app, fixture_snapshot(5));
	driver_expect(&app, "21/32"); /* where that page is now */
	driver_press(&app, "Home");
	app_add_snapshot(&app, fixture_snapshot(7));
	driver_expect(&app, "1/32");
}

static void search_finds_names_addresses_and_tags(void **state)
{
	(void)state;
	driver_press(&app, "/");
	driver_type(&app, "B.STACK");
	driver_press(&app, "Enter");
	driver_expect(&app, "> ");
	driver_expect(&app, "page 0x41018000");
	driver_press(&app, "n");
	driver_expect(&app, "page 0x41016000");
	driver_press(&app, "N");
	driver_expect(&app, "page 0x41018000");
	driver_press(&app, "/");
	driver_type(&app, "c0ffee");
	driver_press(&app, "Enter"); /* no page has it; a file does */
	assert_int_equal(app.view, VIEW_FILES);
	driver_expect(&app, "> c0ffee7777");
	driver_press(&app, "4 /");
	driver_type(&app, "0x4000e123"); /* inside the stack of A */
	driver_press(&app, "Enter");
	driver_expect(&app, "> A.stack");
	driver_press(&app, "2 /");
	driver_type(&app, "0x041016abc"); /* inside a page, whatever zeros are in front */
	driver_press(&app, "Enter");
	driver_expect(&app, "page 0x41016000");
	driver_press(&app, "1 /");
	driver_type(&app, "0x041018abc");
	driver_press(&app, "Enter");
	driver_expect(&app, "page 0x41018000");
	driver_press(&app, "/");
	driver_type(&app, "nowhere");
	driver_press(&app, "Enter");
	driver_expect(&app, "nowhere: not found");
	driver_press(&app, "/");
	driver_press(&app, "C-u C-c");
	assert_int_equal(driver_press(&app, "C-c"), APP_QUIT);
}

static void filter_shows_what_matches(void **state)
{
	(void)state;
	driver_press(&app, "\\");
	driver_type(&app, "lockedx");
	driver_expect(&app, "nothing matches");
	driver_press(&app, "Backspace Enter");
	driver_expect(&app, "1/4 of 32 \"locked\"");
	driver_expect(&app, "core.heap[0]");
	driver_expect_not(&app, "greeter.text");
	app_add_snapshot(&app, fixture_snapshot(1));
	driver_expect(&app, "1/4 of 32");
	driver_press(&app, "Esc");
	driver_expect(&app, "/32");
	driver_press(&app, "4 \\"); /* a heading stays with those of its group that match */
	driver_type(&app, "C.data");
	driver_press(&app, "Enter");
	driver_expect(&app, "C counter");
	driver_expect(&app, "1/2 of 17");
	driver_press(&app, "Esc \\");
	driver_type(&app, "b greeter"); /* and all of a group whose heading matches */
	driver_press(&app, "Enter");
	driver_expect(&app, "B.stack");
	driver_expect(&app, "/5 of 17");
}

static uint64_t nth_pa(uint32_t nth)
{
	const struct list_state *list = &app.states[VIEW_PAGES].master;

	return app.scene->snapshot->pmems[list->order[nth]].pa;
}

static void sorting_goes_through_the_columns(void **state)
{
	(void)state;
	driver_press(&app, ">");
	driver_expect(&app, "\u25b2"
			    "ADDRESS");
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(nth_pa(i), 0x41000000 + i * 0x1000);
	driver_press(&app, "I");
	driver_expect(&app, "\u25bc"
			    "ADDRESS");
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(nth_pa(i), 0x41000000 + (31 - i) * 0x1000);
	driver_press(&app, "> >");
	driver_expect(&app, "\u25b2"
			    "OBJECT");
	driver_press(&app, "3 < <"); /* a title as wide as its column has room for the arrow */
	driver_expect(&app, "\u25bc"
			    "EVICTED");
	driver_press(&app, "2 < < <");
	driver_expect_not(&app, "\u25b2");
	assert_int_equal(nth_pa(0), 0x41004000); /* the target's own order again */
}

static void tags_stay_at_the_top(void **state)
{
	(void)state;
	driver_press(&app, "Down Down Down Space");
	driver_press(&app, "Home");
	driver_expect(&app, ">*    3 0x41013000");
	driver_press(&app, "End");
	app_add_snapshot(&app, fixture_snapshot(5));
	driver_press(&app, "Home");
	driver_expect(&app, ">*");
	driver_expect(&app, "page 0x41013000");
	driver_press(&app, "U");
	driver_expect_not(&app, "*");
	for (int i = 0; i < 2 * MAX_TAGS; i++)
		driver_press(&app, "3 Home Space 9 Space Down 5 Space 2 Space");
	assert_true(app.tags.count <= MAX_TAGS);
}

static void set_kinds(const char *kinds)
{
	struct live_status status = app.status;

	snprintf(status.event_kinds, sizeof(status.event_kinds), "%s", kinds);
	app_set_status(&app, &status);
}

/* A reading that is not to be trusted says so on any screen, and `w` why. */
static void a_torn_reading_is_seen_on_any_screen(void **state)
{
	static const int sizes[][2] = {{10, 40}, {24, 80}, {60, 200}};
	struct snapshot *torn = fixture_snapshot(7);
	struct live_status status = app.status;
	char *screen;

	(void)state;
	torn->capture.consistency = CONSISTENCY_TORN;
	torn->capture.why = "stopped in the middle of a change, and it did not come to its safe "
			    "point within half a second";
	snprintf(status.why, sizeof(status.why), "QEMU is not of this host");
	app_set_status(&app, &status);
	app_add_snapshot(&app, torn);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		driver_press(&app, "Up");
		screen = driver_screen(&app, sizes[i][0], sizes[i][1]);
		assert_non_null(strstr(screen, "\u25cf live"));
		assert_non_null(strstr(screen, " torn: s"));
		free(screen);
		driver_press(&app, "w");
		screen = driver_screen(&app, sizes[i][0], sizes[i][1]);
		assert_non_null(strstr(screen, "half a"));
		assert_non_null(strstr(screen, "any key: back"));
		free(screen);
		driver_press(&app, "x");
	}
	driver_expect_not(&app, "any key: back");
}

static void n_runs_to_an_event_of_a_kind(void **state)
{
	(void)state;
	driver_press(&app, "n");
	driver_expect(&app, "names no events to stop at");
	set_kinds("fault free load put fill");
	driver_press(&app, "Up"); /* takes the message away */
	driver_expect(&app, "n event");
	assert_int_equal(driver_press(&app, "n"), APP_NOTHING);
	driver_expect(&app, "f fault");
	driver_expect(&app, "r free"); /* its first letter is taken */
	driver_expect(&app, "i fill");
	assert_int_equal(driver_press(&app, "x"), APP_NOTHING);
	assert_int_equal(driver_press(&app, "r"), APP_EVENT);
	assert_string_equal(app.event, "free");
	driver_expect_not(&app, "r free");
	driver_press(&app, "E");
	driver_expect(&app, "Enter: free again");
	assert_int_equal(driver_press(&app, "Enter"), APP_EVENT);
	driver_press(&app, "n");
	assert_int_equal(driver_press(&app, "Esc"), APP_NOTHING);
	driver_expect_not(&app, "a letter chooses");
}

static void n_is_the_next_match_of_a_search(void **state)
{
	(void)state;
	set_kinds("fault load");
	driver_press(&app, "/");
	driver_type(&app, "greeter.text");
	driver_press(&app, "Enter");
	driver_expect(&app, "n match");
	assert_int_equal(driver_press(&app, "n"), APP_NOTHING);
	driver_expect_not(&app, "a letter chooses");
	driver_press(&app, "Esc n"); /* no search any more */
	driver_expect(&app, "a letter chooses");
	driver_press(&app, "Esc");
}

static void a_run_can_be_given_up(void **state)
{
	(void)state;
	set_kinds("fault load");
	assert_int_equal(driver_press(&app, "Esc"), APP_NOTHING);
	app_set_busy(&app, "the next fault");
	driver_expect(&app, "running to the next fault; Esc gives up");
	app_set_waiting(&app, 3);
	driver_expect(&app, "running to the next fault, 3 s; Esc gives up");
	driver_press(&app, "n");
	driver_expect(&app, "on the way to the next fault already");
	assert_int_equal(driver_press(&app, "Esc"), APP_GIVE_UP);
	app_set_busy(&app, "");
	driver_expect_not(&app, "running to");
}

static void time_goes_both_ways(void **state)
{
	char *screens[6];

	(void)state;
	screens[0] = driver_screen(&app, 24, 80);
	free(screens[0]);
	for (unsigned i = 1; i < 6; i++)
		app_add_snapshot(&app, fixture_snapshot(i));
	driver_expect(&app, "live");
	driver_press(&app, "{");
	driver_expect(&app, "replay 1 of 6, 2.5 s ago");
	for (int i = 0; i < 5; i++) {
		screens[i] = driver_screen(&app, 24, 80);
		driver_press(&app, "]");
	}
	driver_expect(&app, "live");
	for (int i = 4; i >= 0; i--) {
		char *screen;

		driver_press(&app, "[");
		screen = driver_screen(&app, 24, 80);
		assert_string_equal(screen, screens[i]);
		free(screen);
		free(screens[i]);
	}
	driver_press(&app, "[");
	driver_expect(&app, "the oldest moment");
	app_add_snapshot(&app, fixture_snapshot(6));
	driver_expect(&app, "replay 1 of 7");
	driver_press(&app, "}");
	driver_expect(&app, "torn: the pager changed its lists");
}

static void changes_are_marked_since_the_mark(void **state)
{
	(void)state;
	driver_press(&app, "d");
	driver_expect(&app, "no moment is marked yet");
	driver_press(&app, "m");
	app_add_snapshot(&app, fixture_snapshot(1));
	app_add_snapshot(&app, fixture_snapshot(0)); /* all is as it was */
	driver_expect(&app, "~");
	driver_press(&app, "d Esc");
	driver_expect(&app, "since mark +0 ~0 -0");
	driver_expect_not(&app, " ~ ");
	app_add_snapshot(&app, fixture_snapshot(2));
	driver_expect_not(&app, "since mark +0 ~0 -0");
	driver_press(&app, "d Esc");
	driver_expect_not(&app, "since mark");
}

static void the_status_line_tells(void **state)
{
	struct live_status status = {.state = LIVE_PAUSED, .method = "stub"};

	(void)state;
	driver_expect(&app, "live \u00b7 exact \u00b7 no stop \u00b7 pause 210, median 200 us "
			    "\u00b7 12 pkt 30.5 KiB");
	driver_expect(&app, "at step 3");
	app_set_status(&app, &status);
	driver_expect(&app, "\u2016 paused \u00b7 exact \u00b7 stub");
	status.state = LIVE_STILL;
	strcpy(status.method, "file");
	app_set_status(&app, &status);
	driver_expect(&app, "\u25a0 file \u00b7 exact");
	driver_expect_not(&app, "exact \u00b7 file"); /* once is enough */
	driver_expect_not(&app, "median");
	driver_press(&app, "w");
	driver_expect(&app, "taken      1970-01-01 00:16:40, read by stub, of target_pager.elf");
}

/* The keys that do something here, and what. */
static void the_footer_names_what_works_here(void **state)
{
	struct live_status status = app.status;

	(void)state;
	driver_expect(&app, "> sort");
	driver_expect(&app, "p pause");
	status.state = LIVE_PAUSED;
	app_set_status(&app, &status);
	driver_expect(&app, "p run");
	driver_press(&app, "1");
	driver_expect_not(&app, "> sort");
	driver_press(&app, ">");
	driver_expect(&app, "this list has one order");
	driver_press(&app, "8");
	driver_expect(&app, "x store's copy");
	driver_expect_not(&app, "Enter");
	driver_press(&app, "x");
	driver_expect(&app, "x the page");
	driver_press(&app, "0"); /* where there is none yet */
	driver_expect_not(&app, "Enter whole line");
	driver_press(&app, "?");
	driver_expect(&app, "Enter whole line");
	driver_press(&app, "7");
	driver_expect(&app, "Enter follow");
	driver_expect_not(&app, "/ search");
}

static void silence_is_told(void **state)
{
	struct live_status status = app.status;

	(void)state;
	assert_true(app_set_waiting(&app, 2));
	assert_false(app_set_waiting(&app, 2));
	driver_expect(&app, "\u25cb no answer for 2 s");
	app_set_status(&app, &status);
	driver_expect(&app, "\u25cf live");
	status.state = LIVE_STILL;
	app_set_status(&app, &status);
	assert_false(app_set_waiting(&app, 3)); /* a file has nothing to say */
}

static void what_was_cut_is_told(void **state)
{
	struct snapshot *snapshot = fixture_snapshot(1);
	const char *cut[] = {"pmems: 20 of 32", "areas: unreadable"};

	(void)state;
	snapshot->cut = cut;
	snapshot->num_cut = 2;
	app_add_snapshot(&app, snapshot);
	driver_expect(&app, "cut: pmems: 20 of 32 +1");
}

static void the_log_follows_its_end(void **state)
{
	char line[300][24], *lines[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(line[i], sizeof(line[i]), "line number %d", i);
		lines[i] = line[i];
	}
	app_set_log(&app, lines, 100, 0);
	driver_press(&app, "0");
	driver_expect(&app, "line number 99");
	app_set_log(&app, lines, 200, 0);
	driver_expect(&app, "line number 199");
	driver_press(&app, "Home Down");
	app_set_log(&app, lines + 50, 200, 50); /* the first 50 are kept no longer */
	driver_expect(&app, "line number 50");
	driver_press(&app, "End");
	app_set_log(&app, lines + 100, 200, 100);
	driver_expect(&app, "line number 299");
	driver_press(&app, "/");
	driver_type(&app, "number 123");
	driver_press(&app, "Enter");
	driver_expect(&app, ">   124 line number 123");
	snprintf(line[0], sizeof(line[0]), "0123456789ABCDEFGHIJKLM");
	app_set_log(&app, lines, 1, 0);
	driver_press(&app, "Esc Right");
	driver_expect(&app, "   1 GHIJKLM");
	driver_press(&app, "Left");
	driver_expect(&app, "   1 0123456789ABCDEF");
}

static void click(int row, int col)
{
	free(driver_screen(&app, 24, 80)); /* what is clicked on is what was drawn */
	app_click(&app, row, col);
}

static void clicks_select_and_follow(void **state)
{
	(void)state;
	click(6, 20);
	driver_expect(&app, ">     1 ");
	click(6, 20); /* once more: into its references */
	assert_true(app.states[VIEW_PAGES].in_detail);
	click(19, 5);
	driver_expect(&app, "> fobj ");
	click(19, 5);
	assert_int_equal(app.view, VIEW_FOBJS);
	click(4, 20); /* the titles */
	click(23, 2);
	assert_int_equal(app.view, VIEW_FOBJS);
	click(3, 2);
	assert_int_equal(app.view, VIEW_MAP);
	click(4, 22); /* the third cell of the first line */
	driver_expect(&app, "page 0x41002000");
	click(3, 79);
	click(3, 75);
	assert_int_equal(app.view, VIEW_LOG);
	driver_press(&app, "w");
	click(10, 10);
	assert_int_equal(app.prompt, PROMPT_NONE);
	driver_press(&app, "n");
	for (int row = -1; row < 30; row++)
		for (int col = -1; col < 90; col += 7)
			app_click(&app, row, col);
}

/* On a small screen there is more to it than has room. */
static void the_status_in_full_scrolls(void **state)
{
	struct live_status status = app.status;
	char *screen;

	(void)state;
	snprintf(status.why, sizeof(status.why), "QEMU's monitor tells no RAM that can be read");
	snprintf(status.note, sizeof(status.note), "at step 3 of the scenario");
	app_set_status(&app, &status);
	driver_press(&app, "w");
	screen = driver_screen(&app, 10, 40);
	assert_non_null(strstr(screen, "state"));
	assert_null(strstr(screen, "so far"));
	assert_non_null(strstr(screen, "Down Up, any key: back"));
	free(screen);
	driver_press(&app, "End");
	screen = driver_screen(&app, 10, 40);
	assert_null(strstr(screen, "state"));
	assert_non_null(strstr(screen, "so far"));
	free(screen);
	app_key(&app, UI_KEY_NOTHING);
	driver_press(&app, "Up PgUp PgDn PgUp PgUp Down Down Up Home");
	screen = driver_screen(&app, 10, 40);
	assert_non_null(strstr(screen, "state"));
	free(screen);
	assert_int_equal(app.prompt, PROMPT_STATUS);
	driver_press(&app, "x");
	assert_int_equal(app.prompt, PROMPT_NONE);
	/* Where all is seen, any key ends it as ever. */
	driver_press(&app, "w");
	screen = driver_screen(&app, 24, 80);
	assert_non_null(strstr(screen, "any key: back"));
	free(screen);
	driver_press(&app, "Down");
	assert_int_equal(app.prompt, PROMPT_NONE);
}

static void a_long_line_is_shown_whole(void **state)
{
	char line[400], *lines[] = {line};

	(void)state;
	memset(line, 'x', sizeof(line));
	snprintf(line + 300, sizeof(line) - 300, " its end");
	app_set_log(&app, lines, 1, 0);
	driver_press(&app, "0");
	driver_expect_not(&app, "its end");
	driver_press(&app, "Enter");
	driver_expect(&app, "its end");
	driver_expect(&app, "any key: back");
	driver_press(&app, "x ?");
	driver_expect_not(&app, "its end");
	driver_press(&app, "Down Enter");
	driver_expect(&app, "  this list of keys, and back");
	driver_expect_not(&app, "WHAT THEY DO");
	driver_press(&app, "x End");
	driver_expect(&app, "  Signs");
	driver_expect(&app, "> ?              spaces: the table entry cannot be read");
}

/* Having run somewhere, what happened there is told. */
static void an_arrival_tells_what_happened(void **state)
{
	char *lines[] = {"target_pager 0.1", "say: Two share a page.", "open B"};
	struct live_status status = app.status;

	(void)state;
	set_kinds("fault load put step");
	driver_press(&app, "n p");
	app_add_snapshot(&app, fixture_snapshot(1));
	snprintf(status.note, sizeof(status.note), "after a put");
	app_set_status(&app, &status);
	app_arrived(&app);
	driver_expect(&app, " after a put: ");
	driver_expect(&app, "put: B greeter, greeter.text, area_add (area.c:67)");
	snprintf(status.note, sizeof(status.note), "at a step of the scenario");
	app_set_status(&app, &status);
	app_set_log(&app, lines, 3, 0);
	assert_int_equal(driver_press(&app, "s"), APP_STEP);
	app_arrived(&app);
	driver_expect(&app, " step: Two share a page.");
	driver_press(&app, "s");
	app_arrived(&app); /* nothing new was said */
	driver_expect_not(&app, " step: Two share a page.");
	driver_expect(&app, " at a step of the scenario");
}

static void events_add_up_and_follow(void **state)
{
	(void)state;
	driver_press(&app, "6");
	driver_expect(&app, "5/5");
	for (unsigned i = 1; i < 4; i++)
		app_add_snapshot(&app, fixture_snapshot(i));
	driver_expect(&app, "20/20"); /* at the end, and still there */
	driver_expect(&app, "event 20 \u00b7 put");
	driver_press(&app, "Up Up");
	driver_expect(&app, "event 18 \u00b7 map");
	app_add_snapshot(&app, fixture_snapshot(4));
	driver_expect(&app, "event 18 \u00b7 map");
	driver_press(&app, "["); /* what had happened by then */
	driver_expect(&app, "18/20");
	driver_press(&app, "{");
	driver_expect(&app, "5/5");
	driver_press(&app, "}");
	driver_expect(&app, "event 18 \u00b7 map");
	driver_press(&app, "End Enter");
	driver_expect(&app, ">~object");
	driver_expect(&app, "by vm_map (vm.c:88) < loader_load");
	driver_press(&app, "Enter");
	assert_int_equal(app.view, VIEW_FOBJS);
	driver_expect(&app, ">~B.stack");
	driver_press(&app, "e"); /* and the events of that object */
	driver_expect(&app, "of 25 \"0x800011e0\"");
	driver_expect_not(&app, "greeter.text");
	driver_press(&app, "Backspace");
	driver_expect(&app, ">~B.stack");
	driver_press(&app, "6 Esc End Up Up"); /* of an event: those of its object */
	driver_expect(&app, "event 23 \u00b7 map");
	driver_press(&app, "e");
	driver_expect(&app, "of 25 \"0x80001120\"");
	driver_expect_not(&app, "B.stack");
	driver_press(&app, "Up 2"); /* and its page in the other views */
	driver_expect(&app, "A.stack[1]");
	driver_expect(&app, "fobj A.stack[1]");
}

static void contents_are_of_the_selected_page(void **state)
{
	static uint8_t bytes[LIVE_PAGE] = "TEE\n\033[31m";
	struct page_place place, other;
	char *screen;

	(void)state;
	assert_false(app_wants_page(&app, &place));
	driver_press(&app, "Down 8");
	assert_true(app_wants_page(&app, &place));
	assert_int_equal(place.pa, 0x41009000);
	assert_false(place.stored);
	other = place;
	other.pa = 0x41005000;
	driver_expect(&app, "reading the page");
	app_set_page(&app, &other, bytes, ""); /* of one that was looked at before */
	driver_expect(&app, "reading the page");
	app_set_page(&app, &place, bytes, "");
	driver_expect(&app, "0x41009000 54 45 45 0a 1b 5b 33 31 6d 00");
	driver_expect(&app, "TEE..[31m...");
	driver_expect(&app, "page 0x41009000 \u00b7 clean \u00b7 greeter.text[5]");
	screen = driver_screen(&app, 10, 40); /* what does not fit is cut, and can be got at */
	assert_non_null(strstr(screen, "0x41009000 54 45 45 0a 1b 5b 33 31"));
	assert_non_null(strstr(screen, "\u2026"));
	free(screen);
	driver_press(&app, "Right");
	screen = driver_screen(&app, 10, 40);
	assert_non_null(strstr(screen, "0x41009000 b 33 31 6d 00"));
	free(screen);
	driver_press(&app, "Left End");
	driver_expect(&app, "0x41009ff0 00 00");
	app_set_page(&app, &place, NULL, "physical page 0x41009000 cannot be read");
	driver_expect(&app, "  physical page 0x41009000 cannot be read");
	driver_press(&app, "2");
	assert_false(app_wants_page(&app, &place));
}

/* What was read before the end stays; nothing is waited for that will not come. */
static void contents_end_with_the_target(void **state)
{
	static uint8_t bytes[LIVE_PAGE] = "TEE";
	struct live_status status = app.status;
	struct page_place place;

	(void)state;
	driver_press(&app, "Down 8");
	assert_true(app_wants_page(&app, &place));
	app_set_page(&app, &place, bytes, "");
	driver_expect(&app, "0x41009000 54 45 45 00");
	status.state = LIVE_ENDED;
	app_set_status(&app, &status);
	driver_expect(&app, "0x41009000 54 45 45 00");
	driver_press(&app, "2 Down 8");
	driver_expect(&app, "the target has ended, and with it the contents of its pages");
	driver_expect_not(&app, "reading the page");
}

/* Where there is room, a row holds twice as much; the cursor stays on its bytes. */
static void contents_use_a_wide_screen(void **state)
{
	static uint8_t bytes[LIVE_PAGE] = "TEE\n";
	struct page_place place;
	char *screen;

	(void)state;
	bytes[31] = 'z';
	bytes[3200] = 0xee;
	driver_press(&app, "Down 8");
	assert_true(app_wants_page(&app, &place));
	app_set_page(&app, &place, bytes, "");
	screen = driver_screen(&app, 60, 200);
	assert_non_null(strstr(screen, "0x41009000 54 45 45 0a 00"));
	assert_non_null(strstr(screen, " 00 7a TEE............................z"));
	assert_non_null(strstr(screen, "+8                      +16                     +24"));
	free(screen);
	driver_press(&app, "Home");
	for (int row = 0; row < 3200 / 32 + 1; row++)
		driver_press(&app, "Down");
	screen = driver_screen(&app, 60, 200);
	assert_non_null(strstr(screen, "> 0x41009c80 ee"));
	free(screen);
	screen = driver_screen(&app, 24, 80);
	assert_non_null(strstr(screen, "> 0x41009c80 ee"));
	assert_null(strstr(screen, "+16"));
	free(screen);
	screen = driver_screen(&app, 30, 160);
	assert_non_null(strstr(screen, "> 0x41009c80 ee"));
	free(screen);
}

/* Of an object that is made of pages: the first that is there. */
static void contents_are_of_the_selected_object(void **state)
{
	static uint8_t bytes[LIVE_PAGE] = "sealed";
	struct page_place place;

	(void)state;
	driver_press(&app, "3 Home 8");
	assert_true(app_wants_page(&app, &place));
	assert_int_equal(place.fobj, fixture_fobj_id(0));
	assert_int_equal(place.page, 0);
	driver_press(&app, "4 /");
	driver_type(&app, "S in A");
	driver_press(&app, "Enter Esc 8");
	assert_true(app_wants_page(&app, &place));
	assert_int_equal(place.fobj, fixture_fobj_id(8));
	assert_int_equal(place.page, 1); /* the only one that is in */
	driver_press(&app, "4 /");
	driver_type(&app, "S in C"); /* which begins behind it */
	driver_press(&app, "Enter Esc 8");
	assert_false(app_wants_page(&app, &place));
	driver_expect(&app, "no page of area S in C is in the pool");
	driver_press(&app, "4 Right Down"); /* one of its pages by itself */
	driver_expect(&app, "not in the pool");
	driver_press(&app, "8");
	driver_expect(&app, "S[2] is not in the pool; x shows the store's copy of it");
	driver_press(&app, "x");
	assert_true(app_wants_page(&app, &place));
	assert_true(place.stored);
	assert_int_equal(place.fobj, fixture_fobj_id(8));
	assert_int_equal(place.page, 2);
	app_set_page(&app, &place, bytes, "");
	driver_expect(&app, "> the store's copy, for S[2]");
	driver_expect(&app, "73 65 61 6c");
	driver_press(&app, "x");
	assert_false(app_wants_page(&app, &place));
	driver_press(&app, "4 Enter"); /* and where it leads: to its fobj */
	assert_int_equal(app.view, VIEW_FOBJS);
	driver_expect(&app, "> S ");
}

static void x_shows_what_the_store_has(void **state)
{
	static uint8_t plain[LIVE_PAGE] = "plain", sealed[LIVE_PAGE] = {0xde, 0xad};
	struct page_place place, stored;

	(void)state;
	driver_press(&app, "x");
	driver_expect(&app, "in the contents of a page");
	driver_press(&app, "Down 8");
	assert_true(app_wants_page(&app, &place));
	app_set_page(&app, &place, plain, "");
	driver_press(&app, "x");
	assert_true(app_wants_page(&app, &stored));
	assert_true(stored.stored && stored.fobj && stored.pa == place.pa);
	driver_expect_not(&app, "plain");
	app_set_page(&app, &place, plain, ""); /* it comes too late */
	driver_expect_not(&app, "plain");
	app_set_page(&app, &stored, sealed, "");
	driver_expect(&app, "the store's copy, for page 0x41009000");
	driver_expect(&app, "0x0        de ad 00");
	app_set_page(&app, &stored, NULL, "this page was never saved");
	driver_expect(&app, "this page was never saved");
	driver_press(&app, "x");
	assert_true(app_wants_page(&app, &place) && !place.stored);
	app_set_page(&app, &place, plain, "");
	driver_expect(&app, "plain");
	app_add_snapshot(&app, fixture_snapshot(1));
	driver_press(&app, "["); /* what is read now is not what was there then */
	driver_expect(&app, "of the past the lists are kept, not the contents of pages");
	driver_expect_not(&app, "plain");
	assert_false(app_wants_page(&app, &place));
	driver_press(&app, "}");
	assert_true(app_wants_page(&app, &place));
	app_set_page(&app, &place, plain, "");
	driver_expect(&app, "plain");
}

static void events_are_bounded(void **state)
{
	struct snapshot *snapshot = fixture_snapshot(1);
	struct snap_event event = snapshot->events[0];

	(void)state;
	snapshot->num_events = 1;
	snapshot->events = &event;
	for (uint64_t i = 0; i < 3ull * EVENTS_MAX; i++) {
		event.seq = 100 + i;
		event_log_add(&app.events, snapshot);
		assert_true(app.events.count <= EVENTS_MAX);
	}
	assert_int_equal(app.events.events[app.events.count - 1].seq, 99 + 3ull * EVENTS_MAX);
	assert_true(app.events.num_names < 10);
	snapshot_destroy(snapshot);
}

static void empty_screens_are_friendly(void **state)
{
	struct snapshot *snapshot = fixture_snapshot(1);
	char *screen;

	(void)state;
	snapshot->num_pmems = snapshot->num_areas = snapshot->num_fobjs = 0;
	snapshot->num_files = snapshot->num_contexts = 0;
	app_add_snapshot(&app, snapshot);
	driver_press(&app, "5");
	driver_expect(&app, "no files are registered yet");
	driver_press(&app, "Enter Space Down End Right Backspace 4");
	driver_expect(&app, "no TA is open");
	driver_press(&app, "1 Left Right Enter 7");
	driver_expect(&app, "there is no object to draw yet");
	driver_press(&app, "8");
	driver_expect(&app, "select a page that is in the pool");
	screen = driver_screen(&app, 10, 40); /* whole, if in two lines */
	assert_non_null(strstr(screen, "then come here"));
	free(screen);
}

static void before_the_first_snapshot_all_keys_are_safe(void **state)
{
	(void)state;
	app_deinit(&app);
	assert_true(app_init(&app, false));
	driver_expect(&app, "waiting for the first snapshot");
	for (int i = COMMAND_NONE + 1; i < NUM_COMMANDS; i++) {
		driver_press(&app, command_infos[i].keys);
		free(driver_screen(&app, 24, 80));
		driver_press(&app, "Esc");
	}
}

/* Any keys, any sizes, a target that moves: nothing may fail, which the sanitizers judge. */
static void random_keys_do_no_harm(void **state)
{
	uint32_t seed = 20;

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		uint32_t key;
		size_t length;

		seed = seed * 1664525 + 1013904223;
		key = seed >> 24 & 0x7f;
		if (seed & 1)
			key = keys_parse(command_infos[1 + (seed >> 8) % (NUM_COMMANDS - 1)].keys,
					 &length);
		app_key(&app, key);
		if (i % 7 == 0)
			app_add_snapshot(&app, fixture_snapshot(i / 7));
		if (i % 3 == 0)
			free(driver_screen(&app, 1 + (int)(seed >> 4 & 63),
					   1 + (int)(seed >> 11 & 255)));
	}
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* An object without a name is told by the end of its address, and its index stays. */
static void addresses_are_cut_in_front(void **state)
{
	char *screen;

	(void)state;
	app_add_snapshot(&app, fixture_large(3));
	driver_press(&app, "2");
	screen = driver_screen(&app, 10, 40);
	assert_non_null(strstr(screen, "\u202620000060[0]"));
	assert_non_null(strstr(screen, "\u2026200000c0[0]"));
	free(screen);
	screen = driver_screen(&app, 24, 80);
	assert_non_null(strstr(screen, "fobj 0x20000060[0]"));
	free(screen);
}

/* The promise is for the program as it is built; here even the sanitized one keeps it. */
static void ten_thousand_pages_are_quick(void **state)
{
	struct canvas *canvas = canvas_create(60, 200, false);

	(void)state;
	app_add_snapshot(&app, fixture_large(10000));
	for (const char *view = "1234567890+"; *view; view++) {
		double best = 1e9;

		app_key(&app, (uint32_t)*view);
		if (*view == '+') { /* at its fullest: each refresh is a point */
			driver_press(&app, "A r");
			app_add_snapshot(&app, fixture_large(10000));
		}
		for (int i = 0; i < 40; i++) {
			double start = now_ms();

			app_key(&app, i % 2 ? UI_KEY_UP : UI_KEY_PAGE_DOWN);
			app_draw(&app, canvas);
			best = now_ms() - start < best ? now_ms() - start : best;
		}
		if (best >= 5)
			fprintf(stderr, "view %c: %.2f ms\n", *view, best);
		assert_true(best < 5);
	}
	canvas_destroy(canvas);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_app, close_app)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(views_look_as_kept),
		TEST(ascii_is_ascii),
		TEST(small_screens_say_so),
		TEST(references_lead_there_and_back),
		TEST(a_dead_end_says_so),
		TEST(the_cursor_stays_on_its_object),
		TEST(a_cursor_that_nobody_moved_stays_at_the_top),
		TEST(search_finds_names_addresses_and_tags),
		TEST(filter_shows_what_matches),
		TEST(sorting_goes_through_the_columns),
		TEST(tags_stay_at_the_top),
		TEST(a_torn_reading_is_seen_on_any_screen),
		TEST(n_runs_to_an_event_of_a_kind),
		TEST(n_is_the_next_match_of_a_search),
		TEST(a_run_can_be_given_up),
		TEST(time_goes_both_ways),
		TEST(changes_are_marked_since_the_mark),
		TEST(the_status_line_tells),
		TEST(silence_is_told),
		TEST(what_was_cut_is_told),
		TEST(the_footer_names_what_works_here),
		TEST(the_log_follows_its_end),
		TEST(clicks_select_and_follow),
		TEST(the_status_in_full_scrolls),
		TEST(a_long_line_is_shown_whole),
		TEST(an_arrival_tells_what_happened),
		TEST(events_add_up_and_follow),
		TEST(events_are_bounded),
		TEST(contents_are_of_the_selected_page),
		TEST(contents_end_with_the_target),
		TEST(contents_use_a_wide_screen),
		TEST(contents_are_of_the_selected_object),
		TEST(x_shows_what_the_store_has),
		TEST(empty_screens_are_friendly),
		TEST(before_the_first_snapshot_all_keys_are_safe),
		TEST(random_keys_do_no_harm),
		TEST(addresses_are_cut_in_front),
		TEST(ten_thousand_pages_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
