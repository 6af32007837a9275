/* SPDX-License-Identifier: BSD-2-Clause */
/* What counts as a target's progress where its threads have to wait for a CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"

#define PID 4711

static char proc[64];

/* Thread ID of the process has waited so many seconds; any other TEXT is what the host says. */
static void say_text(int id, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d/task/%d", proc, PID, id);
	mkdir(path, 0700);
	strncat(path, "/schedstat", sizeof(path) - strlen(path) - 1);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void say(int id, double waited_s)
{
	char text[64];

	snprintf(text, sizeof(text), "123456789 %.0f 42\n", waited_s * 1e9);
	say_text(id, text);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	snprintf(proc, sizeof(proc), "/tmp/test_progress.XXXXXX");
	assert_non_null(mkdtemp(proc));
	snprintf(path, sizeof(path), "%s/%d", proc, PID);
	assert_int_equal(mkdir(path, 0700), 0);
	strncat(path, "/task", sizeof(path) - strlen(path) - 1);
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", proc);
	return system(command);
}

static void made_is(struct progress *progress, double ran_s, double expected)
{
	assert_float_equal(progress_made(progress, proc, PID, ran_s), expected, 1e-6);
}

static void test_thread_that_waited_longest_counts(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	say(10, 100);
	say(11, 7);
	made_is(&progress, 1, 1); /* what they waited before this is not ours */
	say(10, 101);
	say(11, 10);
	made_is(&progress, 6, 1 + 5 - 3);
	made_is(&progress, 7, 4);
	say(10, 101.25);
	made_is(&progress, 8, 4.75);
}

static void say_state(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d/stat", proc, PID);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_held_process_gets_nowhere(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	say_state("4711 (a) T (b) S 1 4711");
	made_is(&progress, 1, 1);
	say_state("4711 (a) S (b) T 1 4711");
	assert_true(progress_is_held(proc, PID));
	made_is(&progress, 9, 1);
	say_state("4711 (qemu) t 1");
	made_is(&progress, 10, 1);
	say_state("");
	made_is(&progress, 11, 2);
	assert_false(progress_is_held(proc, 0));
}

/* Two looks may see one wait of more than what ran in between: that is no way back. */
static void test_never_goes_back(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	say(10, 0);
	made_is(&progress, 2, 2);
	say(10, 9);
	made_is(&progress, 3, 2);
	say(10, 8);
	made_is(&progress, 4, 3);
}

static void test_threads_come_and_go(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	say(10, 5);
	made_is(&progress, 1, 1);
	say(12, 50);
	made_is(&progress, 2, 2);
	say(12, 50.5);
	made_is(&progress, 3, 2.5);
}

/* Nothing is taken off for what the host does not tell, or tells in another way. */
static void test_host_that_does_not_tell(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	say_text(10, "");
	say_text(11, "no numbers");
	say_text(12, "1 -2 3");
	made_is(&progress, 1, 1);
	made_is(&progress, 2, 2);
	assert_float_equal(progress_made(&progress, proc, PID + 1, 3), 3, 1e-6);
	assert_float_equal(progress_made(&progress, proc, 0, 4), 4, 1e-6);
}

static void test_more_threads_than_are_looked_at(void **state)
{
	struct progress progress = {.num_threads = 0};

	(void)state;
	for (int id = 1; id <= PROGRESS_THREADS + 8; id++)
		say(id, 1);
	made_is(&progress, 1, 1);
	assert_int_equal(progress.num_threads, PROGRESS_THREADS);
	made_is(&progress, 2, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_thread_that_waited_longest_counts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_held_process_gets_nowhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_never_goes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_threads_come_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_that_does_not_tell, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_threads_than_are_looked_at, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
