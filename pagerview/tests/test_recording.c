/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recordings: what is written is read back, whatever was cut or is strange in between is told and
 * passed over, a long one is shown in bounded memory, and the application shows the same screens
 * of it backwards as forwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../export/json.h"
#include "../export/recorder.h"
#include "../export/recording.h"
#include "ui_driver.h"
#include "ui_fixture.h"

#define MOMENTS 20u

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/pagerview-recording-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_bytes(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void write_text(const char *text)
{
	write_bytes(text, strlen(text));
}

static char *read_all(size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text = malloc(8 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*len = fread(text, 1, (8 << 20) - 1, file);
	text[*len] = '\0';
	fclose(file);
	return text;
}

static void add(struct recorder *recorder, unsigned moment)
{
	struct snapshot *snapshot = fixture_snapshot(moment);
	struct error error = {0};

	assert_true(recorder_add(recorder, snapshot, &error));
	snapshot_destroy(snapshot);
}

static void record(unsigned from, unsigned count)
{
	struct error error = {0};
	struct recorder *recorder = recorder_open(path, "a \"quoted\" scenario", &error);

	if (!recorder)
		fail_msg("%s", error.text);
	for (unsigned i = from; i < from + count; i++)
		add(recorder, i);
	recorder_close(recorder);
}

static struct recording *open_recording(uint32_t count, const char *note)
{
	struct error error = {0};
	struct recording *recording = recording_open(path, &error);

	if (!recording)
		fail_msg("%s", error.text);
	assert_int_equal(recording_count(recording), count);
	assert_string_equal(recording_note(recording), note);
	return recording;
}

static void what_is_written_is_read(void **state)
{
	struct error error = {0};
	struct recording *recording;

	(void)state;
	record(0, MOMENTS);
	recording = open_recording(MOMENTS, "");
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct snapshot *read = recording_read(recording, i, &error);
		struct snapshot *wanted = fixture_snapshot(i);
		char *a, *b;

		assert_non_null(read);
		a = json_state_text(read);
		b = json_state_text(wanted);
		assert_true(a && b);
		assert_string_equal(a, b);
		assert_true(read->events_head == wanted->events_head);
		free(a);
		free(b);
		snapshot_destroy(read);
		snapshot_destroy(wanted);
	}
	assert_null(recording_read(recording, MOMENTS, &error));
	assert_int_equal(error.status, EXIT_USAGE);
	recording_close(recording);
}

static void the_same_state_is_one_moment(void **state)
{
	struct error error = {0};
	struct recorder *recorder = recorder_open(path, "s", &error);
	struct snapshot *again = fixture_snapshot(1);

	(void)state;
	assert_non_null(recorder);
	add(recorder, 0);
	add(recorder, 1);
	again->num_events = 0;
	again->events_lost = 0;
	again->capture.time += 5;
	assert_true(recorder_add(recorder, again, &error));
	assert_int_equal(recorder_moments(recorder), 2);
	snapshot_destroy(again);
	recorder_close(recorder);
}

static void the_console_is_kept(void **state)
{
	static char *const first[] = {"one", "two", "thr"}, *const more[] = {"two", "three",
									     "four"};
	struct error error = {0};
	struct recorder *recorder = recorder_open(path, "s", &error);
	struct recording *recording;
	const char *const *lines;
	uint64_t number;

	(void)state;
	assert_non_null(recorder);
	add(recorder, 0);
	assert_true(recorder_add_log(recorder, first, 3, 0, &error));
	assert_true(recorder_add_log(recorder, first, 3, 0, &error)); /* nothing new */
	assert_true(recorder_add_log(recorder, more, 3, 1, &error));
	recorder_close(recorder);
	recording = open_recording(1, "");
	assert_int_equal(recording_log(recording, &lines, &number), 4);
	assert_int_equal(number, 0);
	assert_string_equal(lines[1], "two");
	assert_string_equal(lines[2], "three");
	assert_string_equal(lines[3], "four");
	recording_close(recording);
}

/* Wherever it is cut, what was whole is there, and what is missing is said. */
static void a_cut_is_told(void **state)
{
	char *text;
	size_t len, last;

	(void)state;
	record(0, 3);
	text = read_all(&len);
	assert_int_equal(text[len - 1], '\n');
	for (last = len - 1; text[last - 1] != '\n'; last--)
		;
	for (size_t cut = last + 1; cut < len - 1; cut += 211) {
		write_bytes(text, cut);
		recording_close(open_recording(2, "its last line is cut"));
	}
	write_bytes(text, len - 1); /* only the newline is missing */
	recording_close(open_recording(3, ""));
	write_bytes(text, last);
	recording_close(open_recording(2, ""));
	write_bytes(text, last + 1000);
	record(3, 2); /* it goes on */
	recording_close(open_recording(5, ""));
	free(text);
}

/* A zero within a line would end what is read of it. */
static void a_line_with_a_zero_is_told(void **state)
{
	static const char zero[] = "{ \"log\": [\"a\0b\"], \"first\": 0 }\n"
				   "{ \"schema\": \"1.0\", \"x\": \"\0\" }\n";
	struct error error = {0};
	struct recording *recording;
	const char *const *lines;
	uint64_t first;
	FILE *file;

	(void)state;
	record(0, 2);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fwrite(zero, 1, sizeof(zero) - 1, file), sizeof(zero) - 1);
	assert_int_equal(fclose(file), 0);
	recording = open_recording(3, "1 line of no known kind");
	assert_int_equal(recording_log(recording, &lines, &first), 0);
	assert_null(recording_read(recording, 2, &error));
	assert_int_equal(error.status, EXIT_USAGE);
	assert_non_null(strstr(error.text, "line 5: byte 0x00 is no text"));
	recording_close(recording);
}

static void a_broken_moment_is_passed_over(void **state)
{
	struct error error = {0};
	struct recording *recording;
	struct snapshot *snapshot;
	FILE *file;

	(void)state;
	record(0, 2);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("{\"schema\": \"1.0\", broken\nwhat is this\n\n  \n[1]\n", file);
	assert_int_equal(fclose(file), 0);
	record(2, 2);
	recording = open_recording(5, "2 lines of no known kind");
	assert_null(recording_read(recording, 2, &error));
	assert_non_null(strstr(error.text, "line 4: no JSON"));
	memset(&error, 0, sizeof(error));
	snapshot = recording_read(recording, 3, &error);
	assert_non_null(snapshot);
	snapshot_destroy(snapshot);
	recording_close(recording);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const none[] = {"",
					   "\n",
					   "{",
					   "mine\n",
					   "{\"schema\": \"1.0\"}\n",
					   "{\"recording\"",
					   "{\"recording\": \"1.0\"}\n",
					   "{\"recording\": \"1.0\"}\n{\"schema\": \"1.0\", "};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct error error = {0};

		write_text(none[i]);
		assert_null(recording_open(path, &error));
		assert_int_equal(error.status, EXIT_USAGE);
		assert_null(strchr(error.text, '\n'));
	}
}

static void what_is_no_recording_is_not_written_to(void **state)
{
	struct error error = {0};
	size_t len;
	char *text;

	(void)state;
	write_text("mine\n");
	assert_null(recorder_open(path, "s", &error));
	assert_int_equal(error.status, EXIT_USAGE);
	text = read_all(&len);
	assert_string_equal(text, "mine\n");
	free(text);
	memset(&error, 0, sizeof(error));
	assert_null(recorder_open("/dev/null", "s", &error));
	assert_null(recorder_open("/nowhere/at/all", "s", &error));
}

/* The recording ends; the watching need not. */
static void what_cannot_be_written_is_told(void **state)
{
	const struct rlimit small = {4096, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
	struct snapshot *snapshot = fixture_snapshot(0);
	struct error error = {0};
	struct recorder *recorder = recorder_open(path, "s", &error);

	(void)state;
	assert_non_null(recorder);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_false(recorder_add(recorder, snapshot, &error));
	setrlimit(RLIMIT_FSIZE, &none);
	assert_int_equal(error.status, EXIT_USAGE);
	assert_non_null(strstr(error.text, "File too large"));
	snapshot_destroy(snapshot);
	recorder_close(recorder);
}

static struct snapshot *load(void *arg, uint32_t at, struct error *error)
{
	return recording_read(arg, at, error);
}

static struct snapshot *load_large(void *arg, uint32_t at, struct error *error)
{
	struct snapshot *snapshot = fixture_large(50);

	(void)error;
	++*(unsigned *)arg;
	snapshot->capture.time = at;
	return snapshot;
}

static void a_long_one_is_bounded(void **state)
{
	static struct history history;
	unsigned loads = 0;
	struct history_source source = {RECORDING_MOMENTS, load_large, &loads};

	(void)state;
	assert_true(history_init_source(&history, 1 << 20, &source));
	assert_int_equal(history.count, RECORDING_MOMENTS);
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t at = i * 7919u % RECORDING_MOMENTS;
		struct moment *moment = history_at(&history, at);

		assert_non_null(moment);
		assert_true(moment->snapshot->capture.time == at);
		assert_int_equal(history_position(&history, moment), at);
		assert_true(history.bytes <= (1 << 20) + (64 << 10));
	}
	loads = 0;
	for (uint32_t i = 0; i < 5; i++)
		assert_non_null(history_at(&history, 1000 + i % 2));
	assert_int_equal(loads, 2);
	assert_null(history_at(&history, RECORDING_MOMENTS));
	history_deinit(&history);
}

static struct app app; /* as large as its history's ring */

static void open_app(struct recording *recording)
{
	struct history_source source = {recording_count(recording), load, recording};
	struct live_status status = {.state = LIVE_STILL, .source = "x.jsonl", .method = "file"};

	assert_true(app_init(&app, false));
	app_set_status(&app, &status);
	assert_true(app_open_recording(&app, &source, recording_note(recording)));
}

static void the_same_both_ways(void **state)
{
	struct recording *recording;
	char *forth[MOMENTS], *back;

	(void)state;
	record(0, MOMENTS);
	recording = open_recording(MOMENTS, "");
	open_app(recording);
	for (const char *view = "12345679"; *view; view++) {
		char name[2] = {*view, '\0'};

		driver_press(&app, name);
		driver_press(&app, "{");
		for (unsigned i = 0; i < MOMENTS; i++) {
			forth[i] = driver_screen(&app, 60, 200);
			driver_press(&app, "]");
		}
		for (unsigned i = MOMENTS; i-- > 0;) {
			back = driver_screen(&app, 60, 200);
			if (i + 1 < MOMENTS) /* there it says that this is the newest */
				assert_string_equal(back, forth[i]);
			free(back);
			free(forth[i]);
			driver_press(&app, "[");
		}
	}
	app_deinit(&app);
	recording_close(recording);
}

static void it_plays_to_its_end(void **state)
{
	struct recording *recording;
	unsigned shown = 1;

	(void)state;
	record(0, 5);
	recording = open_recording(5, "");
	open_app(recording);
	assert_int_equal(app_play_wait(&app), -1);
	driver_expect(&app, "\u25a0 replay 1 of 5");
	assert_int_equal(driver_press(&app, "p"), APP_NOTHING);
	driver_expect(&app, "\u25b6 replay 1 of 5");
	for (; app_play_wait(&app) >= 0 && shown < 100; shown++)
		app_play(&app);
	assert_int_equal(shown, 5);
	driver_expect(&app, "\u25a0 replay 5 of 5");
	driver_press(&app, "p"); /* again from the beginning */
	driver_expect(&app, "\u25b6 replay 1 of 5");
	driver_press(&app, "p");
	driver_expect(&app, "\u25a0 replay 1 of 5");
	assert_int_equal(driver_press(&app, "s"), APP_NOTHING); /* nothing runs here */
	driver_expect(&app, "replay 2 of 5");
	app_deinit(&app);
	recording_close(recording);
}

static void broken_moments_do_not_stop_it(void **state)
{
	struct recording *recording;
	FILE *file;

	(void)state;
	record(0, 2);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("{\"schema\": \"1.0\", broken\n{\"schema\": \"9.0\"}\n", file);
	assert_int_equal(fclose(file), 0);
	record(2, 1);
	recording = open_recording(5, "");
	open_app(recording);
	driver_press(&app, "] ]");
	driver_expect(&app, "replay 5 of 5");
	driver_press(&app, "[");
	driver_expect(&app, "replay 2 of 5");
	app_deinit(&app);
	recording_close(recording);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(the_same_state_is_one_moment),
		TEST(the_console_is_kept),
		TEST(a_cut_is_told),
		TEST(a_line_with_a_zero_is_told),
		TEST(a_broken_moment_is_passed_over),
		TEST(what_is_none_is_refused),
		TEST(what_is_no_recording_is_not_written_to),
		TEST(what_cannot_be_written_is_told),
		TEST(a_long_one_is_bounded),
		TEST(the_same_both_ways),
		TEST(it_plays_to_its_end),
		TEST(broken_moments_do_not_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
