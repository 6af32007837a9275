/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Modules of the viewer that need no target, or just its memory, with each of their allocations
 * failing (failures.h); those that need a whole target are test_failures_target.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/balance.h"
#include "analysis/check.h"
#include "analysis/diff.h"
#include "analysis/growth.h"
#include "collect.h"
#include "collect_events.h"
#include "export/balance_text.h"
#include "export/figure.h"
#include "export/json.h"
#include "export/recorder.h"
#include "export/recording.h"
#include "export/text.h"
#include "failures.h"
#include "failures_ui.h"
#include "fake_stub.h"
#include "lesson/lesson.h"
#include "memory/backends.h"
#include "target_image.h"
#include "ui_fixture.h"

/* What things are done to is made in peace. */
static struct snapshot *fixture(unsigned moment)
{
	struct snapshot *snapshot;

	failures_peace_begin();
	snapshot = fixture_snapshot(moment);
	failures_peace_end();
	return snapshot;
}

static bool draw_screens(FILE *out, struct error *error)
{
	struct snapshot *first = fixture(1), *second = fixture(2);

	fputc('.', out);
	return failures_draw_screens(first, second) || failures_no_memory(error);
}

/* ---- what is done: false with ERROR set, or true with what came of it written to OUT ---- */

static struct image image;
static char *snapshot_text, *profile_text;
static size_t snapshot_len, profile_len;
static char path[64];

static char *read_file(const char *name, size_t *len)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(name, "rb");

	assert_non_null(file);
	*len = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

static bool read_json(FILE *out, struct error *error)
{
	struct snapshot *snapshot = json_parse("a", snapshot_text, snapshot_len, error);
	char *state = snapshot ? json_state_text(snapshot) : NULL;
	bool ok = snapshot && (state || failures_no_memory(error));

	if (ok)
		fputs(state, out);
	free(state);
	snapshot_destroy(snapshot);
	return ok;
}

static bool look_through(FILE *out, struct error *error)
{
	struct snapshot *one = fixture(1), *two = fixture(2);
	struct diff *diff = NULL;
	bool ok = check_fill(one) && check_fill(two) && (diff = diff_create(one, two)) != NULL;

	if (ok) {
		text_write_findings(one, out);
		text_write_diff(diff, out);
	}
	diff_destroy(diff);
	snapshot_destroy(one);
	snapshot_destroy(two);
	return ok || failures_no_memory(error);
}

static bool draw_figure(FILE *out, struct error *error)
{
	struct snapshot *snapshot = fixture(1);
	struct figure *figure = figure_create(snapshot, error);

	if (figure) {
		figure_write_svg(figure, snapshot, out);
		figure_write_dot(figure, snapshot, out);
		figure_write_text(figure, snapshot, out);
	}
	figure_destroy(figure);
	snapshot_destroy(snapshot);
	return figure != NULL;
}

static bool follow_references(FILE *out, struct error *error)
{
	struct snapshot *snapshot = fixture(3);
	struct reflog *log = reflog_create();
	bool ok;

	if (log)
		reflog_add(log, snapshot, snapshot);
	ok = log && !log->failed;
	for (uint32_t i = 0; ok && i < log->num_lives && i < 4; i++) {
		struct balance *balance = balance_create(log, NULL, snapshot, log->lives[i].id);

		ok = balance != NULL;
		if (ok)
			text_write_balance(balance, out);
		balance_destroy(balance);
	}
	reflog_destroy(log);
	snapshot_destroy(snapshot);
	return ok || failures_no_memory(error);
}

static bool watch_growth(FILE *out, struct error *error)
{
	struct snapshot *snapshot = fixture(3);
	struct growth *growth = growth_create();
	bool ok;

	if (growth) {
		growth_add(growth, snapshot, 0);
		growth_add_after(growth, snapshot);
	}
	ok = growth && !growth->failed;
	fprintf(out, "%u", ok ? growth->num_rows : 0);
	growth_destroy(growth);
	snapshot_destroy(snapshot);
	return ok || failures_no_memory(error);
}

static bool record(FILE *out, struct error *error)
{
	struct snapshot *snapshot = fixture(1);
	struct recorder *recorder;
	struct recording *recording = NULL;
	struct snapshot *again = NULL;

	unlink(path);
	recorder = recorder_open(path, "a target", error);
	if (recorder && recorder_add(recorder, snapshot, error))
		recording = recording_open(path, error);
	if (recording)
		again = recording_read(recording, 0, error);
	if (again)
		json_write_state(again, out);
	snapshot_destroy(again);
	recording_close(recording);
	recorder_close(recorder);
	snapshot_destroy(snapshot);
	return again != NULL;
}

static bool read_lesson(FILE *out, struct error *error)
{
	struct lesson *lesson = lesson_read("fixtures/lessons/01-shared-memory.scn", error);

	for (uint32_t i = 0; lesson && i < lesson->num_steps; i++)
		fprintf(out, "%s|%s\n", lesson->steps[i].narration, lesson->steps[i].question);
	lesson_destroy(lesson);
	return lesson != NULL;
}

static bool read_elf(FILE *out, struct error *error)
{
	struct dwarf_info *dwarf = dwarf_info_open(image_elf(), error);
	struct profile *profile =
		dwarf ? profile_parse("p", profile_text, profile_len, error) : NULL;
	struct layout *layout = profile ? layout_create(profile, dwarf, out, error) : NULL;
	bool ok = layout != NULL;

	layout_destroy(layout);
	profile_free(profile);
	dwarf_info_close(dwarf);
	return ok;
}

static bool collect(FILE *out, struct error *error)
{
	struct collector *collector = collector_create(image.layout, &image.memory, 0);
	struct snapshot *snapshot = NULL;
	struct guard guard;

	if (collector) {
		collector_set_scan(collector, COLLECT_SCAN);
		snapshot = collector_take(collector, 10, &guard, error);
	}
	/* What could not be had for want of memory is told, not left out. */
	if (snapshot && snapshot->capture.consistency != CONSISTENCY_EXACT)
		failures_no_memory(error);
	else if (snapshot)
		json_write_state(snapshot, out);
	else
		failures_no_memory(error);
	snapshot_destroy(snapshot);
	collector_destroy(collector);
	return error->status == EXIT_CLEAN;
}

static bool read_events(FILE *out, struct error *error)
{
	struct event_reader *reader = event_reader_create(image.layout, &image.memory, 0);
	struct snapshot *batch = snapshot_create();
	bool ok = reader && batch && event_reader_take(reader, batch, error);

	if (ok)
		fprintf(out, "%u", batch->num_events);
	snapshot_destroy(batch);
	event_reader_destroy(reader);
	return ok || failures_no_memory(error);
}

static bool ask_stub(FILE *out, struct error *error)
{
	const struct fake_config fake = {.qemu = true, .was_running = true, .packet_size = 4096};
	struct fake_stub *stub;
	struct rsp_config config = {.timeout_ms = 5000, .abort_fd = -1};
	struct rsp_client *client;
	struct memory *memory = NULL;
	unsigned char bytes[64];
	uint64_t pc = 0;
	bool ok;

	failures_peace_begin(); /* the stub is no part of it */
	stub = fake_stub_begin(&fake);
	config.address = fake_stub_address(stub);
	failures_peace_end();
	client = rsp_connect(&config, error);
	memory = client ? memory_stub_create(client) : NULL;
	ok = memory && memory_read_at(memory, FAKE_BASE, bytes, sizeof(bytes), error) &&
	     rsp_read_register(client, "pc", &pc, error);
	if (ok)
		fprintf(out, "%02x %jx", bytes[9], (uintmax_t)pc);
	memory_destroy(memory);
	rsp_close(client);
	fake_stub_end(stub);
	return ok || failures_no_memory(error);
}

static bool open_dump(FILE *out, struct error *error)
{
	static const struct pagewalk none = {.format = PAGEWALK_IDENTITY};
	struct memory *dump = memory_core_create("pagerview/tests/fuzz/seeds/core/aarch64", error);
	struct memory *walk = dump ? memory_walk_create(dump, &none) : NULL;
	uint64_t first = 0;
	bool ok = walk && memory_read_at(walk, 0x40000000, &first, sizeof(first), error);

	fprintf(out, "%jx", ok ? (uintmax_t)first : 0);
	memory_destroy(walk);
	return ok || failures_no_memory(error);
}

static const struct failure_test tests[] = {
	{"a snapshot is read", read_json, NULL},
	{"a snapshot is checked and compared", look_through, NULL},
	{"a figure is drawn", draw_figure, NULL},
	{"references are followed", follow_references, NULL},
	{"growth is watched", watch_growth, NULL},
	{"a recording is written and read", record, NULL},
	{"a lesson is read", read_lesson, NULL},
	{"a configuration is read", failures_read_config, NULL},
	{"an ELF and a profile are read", read_elf, NULL},
	{"a target is collected", collect, NULL},
	{"events are read", read_events, NULL},
	{"a stub is asked", ask_stub, NULL},
	{"a dump is read", open_dump, NULL},
	{"screens are drawn", draw_screens, NULL},
};

static void each_allocation_fails(void **state)
{
	(void)state;
	failures_each(tests, sizeof(tests) / sizeof(tests[0]));
}

/* One of each: a fobj that a context's area maps, with a page, and counted once too often. */
static void fill_image(void)
{
	uint64_t fobj, context, area, pmem, file;

	image_clear(&image);
	fobj = image_add(&image, OBJECT_FOBJ);
	context = image_add(&image, OBJECT_CONTEXT);
	area = image_add(&image, OBJECT_AREA);
	pmem = image_add(&image, OBJECT_PMEM);
	file = image_add(&image, OBJECT_FILE);
	image_set_text(&image, OBJECT_FOBJ, fobj, ROLE_NAME, "stack");
	image_set(&image, OBJECT_FOBJ, fobj, ROLE_PAGES, 4);
	image_set(&image, OBJECT_FOBJ, fobj, ROLE_REFCOUNT, 2);
	image_append(&image, "fobj_list", 0, fobj);
	image_set(&image, OBJECT_CONTEXT, context, ROLE_TABLE_ROOT, image_new_table(&image));
	image_append(&image, "context_list", 0, context);
	image_set(&image, OBJECT_AREA, area, ROLE_BASE, 0x400000);
	image_set(&image, OBJECT_AREA, area, ROLE_PAGES, 4);
	image_set(&image, OBJECT_AREA, area, ROLE_FOBJ, fobj);
	image_append(&image, "context.vm.areas", context, area);
	image_append(&image, "fobj.areas", fobj, area);
	image_set(&image, OBJECT_PMEM, pmem, ROLE_FOBJ, fobj);
	image_set(&image, OBJECT_PMEM, pmem, ROLE_PA, 0x41000000);
	image_append(&image, "pmem_shown", 0, pmem);
	image_set(&image, OBJECT_FILE, file, ROLE_REFCOUNT, 1);
	image_append(&image, "file_list", 0, file);
	image_append(&image, "context.files", context, file);
}

static int begin(void **state)
{
	(void)state;
	if (!image_open(&image, image_elf()))
		return -1;
	fill_image();
	strcpy(path, P_tmpdir "/test_failures.XXXXXX");
	close(mkstemp(path));
	snapshot_text = read_file("pagerview/tests/fuzz/seeds/json/small", &snapshot_len);
	profile_text = read_file("pagerview/profile/target_pager.json", &profile_len);
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	free(snapshot_text);
	free(profile_text);
	image_close(&image);
	return 0;
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(each_allocation_fails),
	};

	return cmocka_run_group_tests(all, begin, end);
}
