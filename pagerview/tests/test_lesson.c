/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lessons: what a script says to a learner, hostile scripts, the names of scripts in a snapshot and
 * what is counted there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lesson/lesson.h"
#include "ui/view.h"

static struct lesson *parse(const char *text, struct error *error)
{
	memset(error, 0, sizeof(*error));
	return lesson_parse(text, strlen(text), "x.scn", error);
}

static struct lesson *good(const char *text)
{
	struct error error;
	struct lesson *lesson = parse(text, &error);

	if (!lesson)
		fail_msg("%s", error.text);
	return lesson;
}

static void expect_bad(const char *text, size_t len, const char *complaint)
{
	struct error error = {0};
	struct lesson *lesson = lesson_parse(text, len, "x.scn", &error);

	assert_null(lesson);
	assert_int_equal(error.status, EXIT_USAGE);
	if (!strstr(error.text, complaint) || strchr(error.text, '\n'))
		fail_msg("%s, not %s", error.text, complaint);
}

static void a_lesson_is_read(void **state)
{
	struct lesson *lesson = good("title  Two \xc3\xa9 words # a comment\r\n"
				     "say One.\nsay Two.\n# look: pages S 3\nstep\n"
				     "say\tBefore.\n# ask: How\tmany?\n#answer: owners A.data 2\n"
				     "invoke A write data 0 1 1\nsay After.\n\tstep # here\n"
				     "steps\n# looks: like none\nsay lost");

	(void)state;
	assert_string_equal(lesson->title, "Two \xc3\xa9 words");
	assert_int_equal(lesson->num_steps, 2);
	assert_string_equal(lesson->steps[0].narration, "One. Two.");
	assert_string_equal(lesson->steps[0].question, "");
	assert_string_equal(lesson->steps[0].look.view, "pages");
	assert_string_equal(lesson->steps[0].look.object.text, "S");
	assert_true(lesson->steps[0].look.object.has_page);
	assert_int_equal(lesson->steps[0].look.object.page, 3);
	assert_int_equal(lesson->steps[0].line, 5);
	assert_string_equal(lesson->steps[1].narration, "Before. After.");
	assert_string_equal(lesson->steps[1].before, "Before.");
	assert_string_equal(lesson->steps[1].question, "How many?");
	assert_int_equal(lesson->steps[1].measure, LESSON_OWNERS);
	assert_string_equal(lesson->steps[1].object.text, "A.data");
	assert_int_equal(lesson->steps[1].object.page, 2);
	assert_string_equal(lesson->steps[1].look.view, "");
	lesson_destroy(lesson);
}

static void many_steps_are_read(void **state)
{
	char text[5 * 1000 + 1] = "";
	struct lesson *lesson;

	(void)state;
	for (int i = 0; i < 1000; i++)
		memcpy(text + 5 * i, "step\n", 6);
	lesson = good(text);
	assert_int_equal(lesson->num_steps, 1000);
	assert_int_equal(lesson->steps[999].line, 1000);
	lesson_destroy(lesson);
}

static void what_is_no_lesson_is_told(void **state)
{
	static const char *const bad[][2] = {
		{"", "there is no `step`"},
		{"say x\n", "there is no `step`"},
		{"# look:\nstep", "line 1: look takes"},
		{"# look: nowhere\nstep", "line 1: look: there is no view 'nowhere'"},
		{"# look: pages S x\nstep", "line 1: 'x' is no page"},
		{"# look: pages S -1\nstep", "line 1: '-1' is no page"},
		{"# look: pages S 4294967295\nstep", "is no page"},
		{"# look: pages S 1 2\nstep", "look takes"},
		{"# ask:\nstep", "there is no question"},
		{"# ask: a\n# ask: b\nstep", "line 2: ask: a step has one question"},
		{"\n# ask: a\nstep", "line 3: the question before this step has no"},
		{"# answer: refs S\nstep", "nothing was asked"},
		{"# ask: a\n# answer: refs S\n# answer: refs S\nstep",
		 "line 3: answer: a question"},
		{"# ask: a\n# answer: refs\nstep", "answer takes"},
		{"# ask: a\n# answer: owners S\nstep", "answer takes"},
		{"# ask: a\n# answer: 3\nstep", "answer takes"},
		{"# ask: a\n# answer:\nstep", "answer takes"},
		{"step\n# ask: a\n# answer: refs S\n", "no step after it"},
		{"say \x1b[2J\nstep", "line 1: byte 0x1b is no text"},
		{"say \xc0\x80\nstep", "byte 0xc0 is no text"},
		{"say \xc2\x9b\nstep", "byte 0xc2 is no text"},
		{"say \xed\xa0\x80\nstep", "byte 0xed is no text"},
		{"say \xe2\x82\nstep", "byte 0xe2 is no text"},
	};
	static char big[LESSON_MAX_BYTES + 1];
	char line[LESSON_MAX_LINE + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_bad(bad[i][0], strlen(bad[i][0]), bad[i][1]);
	expect_bad("say a\0b\nstep", 12, "line 1: byte 0x00 is no text");
	memset(line, 'x', sizeof(line));
	expect_bad(line, LESSON_MAX_LINE + 1, "line 1: longer than 200 bytes");
	memset(big, '\n', sizeof(big));
	expect_bad(big, sizeof(big), "longer than 65536 bytes");
	memset(line, 'x', sizeof(line));
	memcpy(line, "# look: map ", 12);
	expect_bad(line, 150, "an object's name is too long");
}

/* Every cut and every flipped bit of a lesson is read or refused; the sanitizers judge. */
static void no_bytes_do_harm(void **state)
{
	char text[] = "title T\nsay S\n# ask: Q\n# answer: owners A.x 1\n# look: pages S 1\nstep\n";
	size_t len = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i < len * 9; i++) {
		struct error error = {0};
		size_t cut = i < len ? i : len;

		if (i >= len)
			text[i % len] ^= (char)(1 << (i / len - 1));
		lesson_destroy(lesson_parse(text, cut, "x", &error));
		if (i >= len)
			text[i % len] ^= (char)(1 << (i / len - 1));
	}
}

static void views_are_those_of_the_screen(void **state)
{
	(void)state;
	for (unsigned int i = 0; lesson_views[i]; i++) {
		int id = 0;

		while (id < NUM_VIEWS && strcmp(views[id]->name, lesson_views[i]) != 0)
			id++;
		assert_true(id < NUM_VIEWS);
	}
}

/* ---- a snapshot by hand: A and B of one file, S mapped by both, B from page 2 on ---- */

struct world {
	struct snapshot snapshot;
	struct snap_context contexts[2];
	struct snap_area areas[5];
	struct snap_fobj fobjs[3];
	struct snap_file files[2];
	struct snap_slice slices[2];
	uint32_t of_a[3], of_b[2], pages[3];
	struct snap_holder holders[2];
};

static void make_world(struct world *world)
{
	*world = (struct world){
		.contexts = {{.id = 0xa, .name = "A greeter"}, {.id = 0xb, .name = "B greeter"}},
		.areas = {{.name = "text", .context = 0, .fobj = 0, .pages = 12},
			  {.name = "S", .context = 0, .fobj = 1, .pages = 6},
			  {.name = "data", .context = 0, .fobj = 2, .pages = 4},
			  {.name = "text", .context = 1, .fobj = 0, .pages = 12},
			  {.name = "S", .context = 1, .fobj = 1, .pages = 3, .fobj_page = 2}},
		.fobjs = {{.id = 0x10, .name = "greeter.text", .refcount = 3, .pages = 12},
			  {.id = 0x20, .name = "S", .refcount = 4, .pages = 6, .surplus = 2},
			  {.id = 0x30, .name = "A.data", .refcount = 1, .pages = 4}},
		.files = {{.id = 0x50, .tag = "00"}, {.id = 0x60, .tag = "aa", .refcount = 2}},
		.slices = {{.fobj = 2}, {.fobj = 0}},
		.of_a = {0, 1, 2},
		.of_b = {3, 4},
		.pages = {0, 3, 5},
		.holders = {{.kind = "area", .name = "A.S"}, {.kind = "area", .name = "B.S"}},
	};
	world->contexts[0].areas = world->of_a;
	world->contexts[0].num_areas = 3;
	world->contexts[1].areas = world->of_b;
	world->contexts[1].num_areas = 2;
	world->fobjs[1].resident = world->pages;
	world->fobjs[1].num_resident = 3;
	world->fobjs[1].holders = world->holders;
	world->fobjs[1].num_holders = 2;
	world->files[0].slices = &world->slices[0];
	world->files[1].slices = &world->slices[1];
	world->files[0].num_slices = world->files[1].num_slices = 1;
	world->snapshot = (struct snapshot){.contexts = world->contexts,
					    .areas = world->areas,
					    .fobjs = world->fobjs,
					    .files = world->files,
					    .num_contexts = 2,
					    .num_areas = 5,
					    .num_fobjs = 3,
					    .num_files = 2};
}

static void expect_found(const struct snapshot *snapshot, const struct snapshot *before,
			 const char *name, enum lesson_kind kind, uint32_t index)
{
	struct lesson_object object = lesson_find(snapshot, before, name);

	if (object.kind != kind || (kind != LESSON_NOTHING && object.index != index))
		fail_msg("%s: kind %d, index %u", name, (int)object.kind, object.index);
}

static void names_are_found(void **state)
{
	struct world world;

	(void)state;
	make_world(&world);
	expect_found(&world.snapshot, NULL, "S", LESSON_FOBJ, 1);
	expect_found(&world.snapshot, NULL, "A", LESSON_CONTEXT, 0);
	expect_found(&world.snapshot, NULL, "B", LESSON_CONTEXT, 1);
	expect_found(&world.snapshot, NULL, "B.text", LESSON_FOBJ, 0);
	expect_found(&world.snapshot, NULL, "A.data", LESSON_FOBJ, 2);
	expect_found(&world.snapshot, NULL, "B.file", LESSON_FILE, 1);
	expect_found(&world.snapshot, NULL, "B.data", LESSON_NOTHING, 0);
	expect_found(&world.snapshot, NULL, "gree", LESSON_NOTHING, 0);
	expect_found(&world.snapshot, NULL, "C.file", LESSON_NOTHING, 0);
	expect_found(&world.snapshot, NULL, "A.libbank.file", LESSON_NOTHING, 0);
	expect_found(&world.snapshot, NULL, ".", LESSON_NOTHING, 0);
	expect_found(&world.snapshot, NULL, "", LESSON_NOTHING, 0);
}

static void a_name_outlives_who_gave_it(void **state)
{
	struct world before, after;

	(void)state;
	make_world(&before);
	make_world(&after);
	after.snapshot.num_contexts = after.snapshot.num_areas = 0;
	expect_found(&after.snapshot, NULL, "A.text", LESSON_NOTHING, 0);
	expect_found(&after.snapshot, &before.snapshot, "A.text", LESSON_FOBJ, 0);
	expect_found(&after.snapshot, &before.snapshot, "A.file", LESSON_FILE, 1);
	after.fobjs[0].name = "counter.text"; /* another at the same address */
	expect_found(&after.snapshot, &before.snapshot, "A.text", LESSON_NOTHING, 0);
}

static void expect_count(const struct world *now, const struct world *before, const char *answer,
			 int64_t wanted, const char *why)
{
	char text[100], said[100];
	struct lesson *lesson;
	int64_t count;

	snprintf(text, sizeof(text), "# ask: q\n# answer: %s\nstep\n", answer);
	lesson = good(text);
	assert_true(lesson_answer(&lesson->steps[0], &now->snapshot,
				  before ? &before->snapshot : NULL, &count));
	lesson_explain(&lesson->steps[0], &now->snapshot, before ? &before->snapshot : NULL, said,
		       sizeof(said));
	assert_int_equal(count, wanted);
	assert_string_equal(said, why);
	lesson_destroy(lesson);
}

static void answers_are_counted(void **state)
{
	struct world world, gone;
	struct lesson *lesson;
	int64_t count;

	(void)state;
	make_world(&world);
	expect_count(&world, NULL, "refs S", 4,
		     "held by area A.S, area B.S; 2 more than it has holders");
	expect_count(&world, NULL, "owners S 2", 2, "in the areas A.S, B.S");
	expect_count(&world, NULL, "owners S 1", 1, "in the areas A.S");
	expect_count(&world, NULL, "owners S 5", 1, "in the areas A.S");
	expect_count(&world, NULL, "owners S 6", 0, "no area covers it");
	expect_count(&world, NULL, "resident S", 3, "of 6 pages, in memory: 0, 3, 5");
	expect_count(&world, NULL, "refs A.file", 2, "held by nobody who can be named");
	make_world(&gone);
	gone.snapshot.num_fobjs = gone.snapshot.num_areas = gone.snapshot.num_contexts = 0;
	expect_count(&gone, &world, "refs S", 0, "S is gone: freed with its last reference");
	lesson = good("# ask: q\n# answer: refs X\nstep\n");
	assert_false(lesson_answer(&lesson->steps[0], &world.snapshot, &world.snapshot, &count));
	lesson_destroy(lesson);
}

static void expect_nothing(const struct world *now, const struct world *before, const char *answer,
			   const char *why)
{
	char text[100], said[100];
	struct lesson *lesson;
	int64_t count;

	snprintf(text, sizeof(text), "# ask: q\n# answer: %s\nstep\n", answer);
	lesson = good(text);
	assert_false(lesson_answer(&lesson->steps[0], &now->snapshot, &before->snapshot, &count));
	assert_false(lesson_accepts(&lesson->steps[0], &now->snapshot, &before->snapshot, 0));
	lesson_explain(&lesson->steps[0], &now->snapshot, &before->snapshot, said, sizeof(said));
	assert_string_equal(said, why);
	lesson_destroy(lesson);
}

static void what_has_no_answer_says_why(void **state)
{
	struct world world;

	(void)state;
	make_world(&world);
	expect_nothing(&world, &world, "refs X", "nothing is called X");
	expect_nothing(&world, &world, "resident A.file", "A.file is no object with pages");
	expect_nothing(&world, &world, "leaves S", "no page of S left memory");
	world.fobjs[1].unreadable = true;
	expect_nothing(&world, &world, "refs S", "S cannot be read");
}

/* Pages 0, 3 and 5 of S were in memory, 5 the oldest; now only 3 is. */
static void each_page_that_left_is_an_answer(void **state)
{
	struct snap_pmem pmems[] = {
		{.fobj = 1, .page = 5}, {.fobj = 0, .page = 0}, {.fobj = 1, .page = 3},
		{.fobj = NONE},         {.fobj = 1, .page = 0},
	};
	struct lesson *lesson = good("# ask: q\n# answer: leaves S\nstep\n");
	const struct lesson_step *step = &lesson->steps[0];
	struct world before, after;

	(void)state;
	make_world(&before);
	before.snapshot.pmems = pmems;
	before.snapshot.num_pmems = sizeof(pmems) / sizeof(pmems[0]);
	make_world(&after);
	after.pages[0] = 3;
	after.fobjs[1].num_resident = 1;
	expect_count(&after, &before, "leaves S", 5, "5, 0 of S left memory");
	assert_true(lesson_accepts(step, &after.snapshot, &before.snapshot, 5));
	assert_true(lesson_accepts(step, &after.snapshot, &before.snapshot, 0));
	assert_false(lesson_accepts(step, &after.snapshot, &before.snapshot, 3));
	assert_false(lesson_accepts(step, &after.snapshot, &before.snapshot, NONE));
	after.snapshot.num_fobjs = 0; /* freed: all of it left */
	after.snapshot.num_areas = 0;
	expect_count(&after, &before, "leaves S", 5, "5, 3, 0 of S left memory");
	lesson_destroy(lesson);
}

/* Those that we ship; the tests run from the top folder. */
static void our_own_lessons_are_read(void **state)
{
	static const char *const names[] = {"01-shared-memory", "07-sharing-read-only",
					    "13-a-leak"};
	char path[100];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error error = {0};
		struct lesson *lesson;

		snprintf(path, sizeof(path), "fixtures/lessons/%s.scn", names[i]);
		lesson = lesson_read(path, &error);
		if (!lesson)
			fail_msg("%s", error.text);
		assert_true(lesson->num_steps > 2 && lesson->title[0]);
		for (uint32_t j = 0; j < lesson->num_steps; j++)
			assert_true(lesson->steps[j].narration[0] && lesson->steps[j].look.view[0]);
		lesson_destroy(lesson);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lesson_is_read),
		cmocka_unit_test(many_steps_are_read),
		cmocka_unit_test(what_is_no_lesson_is_told),
		cmocka_unit_test(no_bytes_do_harm),
		cmocka_unit_test(views_are_those_of_the_screen),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(a_name_outlives_who_gave_it),
		cmocka_unit_test(answers_are_counted),
		cmocka_unit_test(what_has_no_answer_says_why),
		cmocka_unit_test(each_page_that_left_is_an_answer),
		cmocka_unit_test(our_own_lessons_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
