/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to do with a whole target (fake_machine.h) with each of its allocations failing
 * (failures.h): it is left as it was found, running and with no breakpoint in it, whatever fails.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "blame.h"
#include "export/json.h"
#include "failures.h"
#include "failures_ui.h"
#include "fake_machine.h"
#include "memory/backends.h"
#include "memory/source.h"
#include "open_words.h"
#include "options.h"
#include "run.h"

#define MAX_WORDS 14
#define PROFILE   "pagerview/profile/target_pager.json"

static struct image image;
static struct machine machine;
static char dump_path[64], record_path[64], starter[4200], profiles[4200], object[24];

/* ---- the stub ---- */

/* Its address; what it does with breakpoints is the test's. */
static const char *begin_stub(bool hits)
{
	failures_peace_begin();
	machine.fake.hits = hits;
	machine_begin(&machine);
	failures_peace_end();
	return fake_stub_address(machine.stub);
}

static void end_stub(void)
{
	struct fake_seen seen = machine_end(&machine);

	assert_true(seen.running);
	assert_int_equal(seen.breakpoints, 0);
	assert_false(seen.physical);
}

/* ---- sessions ---- */

/* What is not exact is told by the program, too, and by its exit status. */
static bool take(struct live *live, FILE *out, struct error *error)
{
	struct snapshot *snapshot;
	bool exact;

	if (!live_refresh(live, &snapshot, error))
		return false;
	exact = snapshot->capture.consistency == CONSISTENCY_EXACT;
	if (!exact)
		error_set(error, EXIT_PARTIAL, "the snapshot is %s: %s",
			  consistency_name(snapshot->capture.consistency), snapshot->capture.why);
	if (exact && !json_write_state(snapshot, out))
		failures_no_memory(error);
	snapshot_destroy(snapshot);
	return error->status == EXIT_CLEAN;
}

/* OFTEN: snapshots wherever it stands, which by packets takes long. */
static bool look_at(struct live *live, bool often, FILE *out, struct error *error)
{
	struct live_status status;
	uint8_t page[LIVE_PAGE];

	if (!take(live, out, error) || (often && !take(live, out, error)) ||
	    !live_pause(live, error) || !live_read_page(live, MACHINE_HEAP, page, error) ||
	    !live_step(live, error) || (often && !take(live, out, error)) ||
	    !live_run_to_event(live, "fault", error) || !live_resume(live, error) ||
	    !take(live, out, error))
		return false;
	live_status(live, &status);
	fprintf(out, "%d %s %d", status.state, status.event_kinds, page[0]);
	return true;
}

static bool connect_to(const char *read, FILE *out, struct error *error)
{
	const char *address = begin_stub(true);
	char *words[] = {"pagerview",     "snap",       "--connect",
			 (char *)address, "--elf",      (char *)image_elf(),
			 "--read",        (char *)read, "--profile",
			 PROFILE,         NULL};
	struct live *live = open_words(10, words, error);
	bool ok = live && look_at(live, strcmp(read, "stub") != 0, out, error);

	live_close(live);
	end_stub();
	return ok;
}

static bool session_local(FILE *out, struct error *error)
{
	return connect_to("local", out, error);
}

static bool session_stub(FILE *out, struct error *error)
{
	return connect_to("stub", out, error);
}

static bool session_dump(FILE *out, struct error *error)
{
	char *words[] = {"pagerview",         "snap", "--core", dump_path, "--elf",
			 (char *)image_elf(), NULL};
	struct live *live = open_words(6, words, error);
	bool ok = live && take(live, out, error) && take(live, out, error);

	live_close(live);
	return ok;
}

/* ---- memory ---- */

static struct source_proof proof_of(const char *function)
{
	struct source_proof proof = {.addr = image_symbol(&image, function), .len = 64};

	proof.bytes = machine.ram + (proof.addr - machine.ram_base);
	return proof;
}

static bool settle_source(FILE *out, struct error *error)
{
	struct source_config config = {.way = SOURCE_AUTO};
	struct source_proof proof = proof_of("pager_unlock");
	unsigned char bytes[100];
	struct source *source;
	uint64_t us = 0;
	bool ok;

	config.rsp = (struct rsp_config){
		.address = begin_stub(false), .timeout_ms = 5000, .abort_fd = -1};
	source = source_open(&config, error);
	ok = source && source_add_table(source, machine.root) &&
	     source_settle(source, &proof, 1, error) && source_settle(source, &proof, 1, error) &&
	     memory_read_at(source_memory(source), IMAGE_BASE, bytes, sizeof(bytes), error) &&
	     rsp_resume(source_client(source), error) && source_pause_begin(source, error) &&
	     source_pause_end(source, &us, error);
	if (ok)
		fprintf(out, "%02x", bytes[64]);
	source_close(source);
	end_stub();
	return ok;
}

/* Often enough for a route, over pages enough for chunks; again when they may have changed. */
static bool walk_tables(FILE *out, struct error *error)
{
	static unsigned char bytes[40][64];
	struct memory_request requests[40];
	const struct pagewalk walk = {.format = PAGEWALK_AARCH64,
				      .half = {[1] = {.root = machine.root, .va_bits = 39}}};
	struct memory *dump = memory_core_create(dump_path, error);
	struct memory *memory = dump ? memory_walk_create(dump, &walk) : NULL;
	struct pagewalk_page page;
	bool ok = memory || failures_no_memory(error);

	for (size_t i = 0; i < 40; i++)
		requests[i] = (struct memory_request){
			.addr = (i % 2 ? machine.ram_base : IMAGE_BASE) + i * 4096 - i,
			.len = sizeof(bytes[0]),
			.to = bytes[i]};
	requests[0].addr += 16;
	for (int round = 0; ok && round < 3; round++) {
		ok = memory_read(memory, requests, 40, error);
		for (size_t i = 0; ok && i < 40; i++)
			ok = requests[i].ok || failures_no_memory(error);
		for (size_t i = 0; ok && i < 40; i++)
			fprintf(out, "%02x%02x", bytes[i][0], bytes[i][63]);
		if (ok && round == 1)
			memory_refresh(memory);
	}
	ok = ok &&
	     (memory_walk_translate(memory, IMAGE_BASE + 5000, &page) || failures_no_memory(error));
	if (ok)
		fprintf(out, " %jx", (uintmax_t)page.pa);
	memory_destroy(memory);
	return ok;
}

/* ---- blame ---- */

/* What it says of how it gets on is for people. */
static bool blame(int count, char **words, FILE *out, struct error *error)
{
	int null = open("/dev/null", O_WRONLY), kept = dup(2), status;
	struct options options;

	dup2(null, 2);
	status = options_parse(count, words, &options, error) ? blame_run(&options, -1, out, error)
							      : 0;
	dup2(kept, 2);
	close(kept);
	close(null);
	fprintf(out, "%d", status);
	return error->status == EXIT_CLEAN;
}

static bool blame_target(const char *way, FILE *out, struct error *error)
{
	char *words[MAX_WORDS] = {"pagerview", "blame",     "--connect", NULL,      "--elf",
				  NULL,        "--profile", PROFILE,     "--format"};
	int count = 10;
	bool ok;

	words[3] = (char *)begin_stub(true);
	words[5] = (char *)image_elf();
	words[9] = "json";
	if (way[0] == '-')
		words[count++] = (char *)way;
	if (strcmp(way, "--watch") == 0)
		words[count++] = object;
	if (way[0] != '-') {
		words[count++] = "--until";
		words[count++] = (char *)way;
	}
	ok = blame(count, words, out, error);
	end_stub();
	return ok;
}

static bool blame_by_events(FILE *out, struct error *error)
{
	return blame_target("end", out, error);
}

static bool blame_by_watch(FILE *out, struct error *error)
{
	return blame_target("--watch", out, error);
}

static bool blame_by_replay(FILE *out, struct error *error)
{
	return blame_target("--back", out, error);
}

/* ---- a target of our own ---- */

/* NAME beside this program, where starter and profiles are looked for. */
static void name_beside(char path[4200], const char *name)
{
	ssize_t len = readlink("/proc/self/exe", path, 4000);

	assert_true(len > 0);
	path[len] = 0;
	strcpy(strrchr(path, '/') + 1, name);
}

/* Says a line and waits. */
static void write_starter(void)
{
	FILE *file;

	name_beside(starter, "run_target");
	file = fopen(starter, "w");
	assert_non_null(file);
	fputs("#!/bin/sh\n"
	      "for word; do case $word in unix:*) path=${word#unix:}; : >\"${path%%,*}\";; esac; "
	      "done\n"
	      "echo it runs\n"
	      "exec sleep 600\n",
	      file);
	fclose(file);
	assert_int_equal(chmod(starter, 0755), 0);
}

static bool start_target(FILE *out, struct error *error)
{
	const struct run_config config = {.scenario = "fixtures/scenarios/share.scn",
					  .elf = image_elf(),
					  .pace_ms = 3,
					  .abort_fd = -1};
	struct run *run = run_start(&config, 60, error);
	const char *line = "";
	char socket[100] = "";

	if (!run)
		return false;
	snprintf(socket, sizeof(socket), "%s", run_address(run) + strlen("unix:"));
	while (run_poll(run, NULL) && !run_log(run, &line, 1, NULL))
		run_wait(run, 0, NULL);
	fprintf(out, "%s", line);
	run_stop(run);
	assert_int_not_equal(access(socket, F_OK), 0);
	return true;
}

/* ---- the screen's ---- */

static bool feed_screen(FILE *out, struct error *error)
{
	return failures_feed(record_path, out, error);
}

static bool teach(FILE *out, struct error *error)
{
	fputc('.', out);
	return failures_teach(error);
}

/* ---- all of them ---- */

static unsigned long elf_allocations; /* what a session does before it connects */

static bool read_elf(FILE *out, struct error *error)
{
	struct dwarf_info *dwarf = dwarf_info_open(image_elf(), error);
	struct profile *profile = layout_choose(PROFILE, dwarf, error);
	struct layout *layout = layout_create(profile, dwarf, NULL, error);

	(void)out;
	layout_destroy(layout);
	profile_free(profile);
	dwarf_info_close(dwarf);
	return true;
}

static const struct failure_test elf_test = {.name = "an ELF is read", .doing = read_elf};

static const struct failure_test tests[] = {
	{"blame by a watchpoint", blame_by_watch, &elf_allocations},
	{"blame of a replay", blame_by_replay, &elf_allocations},
	{"a target is started", start_target, NULL},
	{"the screen is fed", feed_screen, NULL},
	{"a lesson is taught", teach, NULL},
	{"a session with QEMU's own memory", session_local, &elf_allocations},
	{"a session by packets", session_stub, &elf_allocations},
	{"a source is settled", settle_source, NULL},
	{"tables are walked", walk_tables, NULL},
	{"blame by events", blame_by_events, &elf_allocations},
	{"a session with a dump", session_dump, NULL},
};

static void each_allocation_fails(void **state)
{
	(void)state;
	failures_each(tests, sizeof(tests) / sizeof(tests[0]));
}

/* ---- the target ---- */

/* The ring's entry NUMBER, from 1: the object is made, got, put ... where FUNCTION is. */
static void add_event(uint64_t number, const char *kind, uint64_t fobj, const char *function,
		      uint64_t count)
{
	const struct layout_events *events = &image.layout->events;
	const struct layout_field *kinds = &events->fields[EVENT_ROLE_KIND];
	uint64_t entry = events->ring + (number - 1) * events->entry_size;
	uint64_t kind_value = 0;

	for (unsigned int i = 0; i < kinds->num_words; i++)
		if (strcmp(kinds->words[i].text, kind) == 0)
			kind_value = kinds->words[i].value;
	image_write_number(&image, entry + events->fields[EVENT_ROLE_SEQ].offset[0], number, 8);
	image_write_number(&image, entry + kinds->offset[0], kind_value, 4);
	image_write_number(&image, entry + events->fields[EVENT_ROLE_OBJECT].offset[0], fobj, 8);
	image_write_number(&image, entry + events->fields[EVENT_ROLE_CALLER].offset[0],
			   image_symbol(&image, function) + 8, 8);
	image_write_number(&image, entry + events->fields[EVENT_ROLE_DETAIL].offset[0], count, 8);
	image_write_number(&image, events->head, number, events->head_size);
}

/* A fobj that an area maps, and that was got once more than it was put. */
static void fill_image(void)
{
	uint64_t fobj, context, area, pmem;

	image_clear(&image);
	fobj = image_add(&image, OBJECT_FOBJ);
	context = image_add(&image, OBJECT_CONTEXT);
	area = image_add(&image, OBJECT_AREA);
	pmem = image_add(&image, OBJECT_PMEM);
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
	image_set(&image, OBJECT_PMEM, pmem, ROLE_PA, MACHINE_HEAP);
	image_append(&image, "pmem_shown", 0, pmem);
	add_event(1, "new", fobj, "context_open", 4);
	add_event(2, "get", fobj, "area_add", 2);
	add_event(3, "put", fobj, "context_open", 1);
	add_event(4, "get", fobj, "vm_map", 2);
	snprintf(object, sizeof(object), "0x%jx", (uintmax_t)fobj);
}

static int begin(void **state)
{
	char folder[PATH_MAX];

	(void)state;
	if (!image_open(&image, image_elf()))
		return -1;
	fill_image();
	machine_create(&machine, &image);
	machine.fake.reverses = true;
	elf_allocations = failures_count(&elf_test);
	write_starter();
	name_beside(profiles, "profiles");
	unlink(profiles);
	if (!realpath("pagerview/profile", folder) || symlink(folder, profiles) != 0)
		return -1;
	strcpy(dump_path, P_tmpdir "/test_failures.XXXXXX");
	close(mkstemp(dump_path));
	machine_dump(&machine, dump_path);
	strcpy(record_path, P_tmpdir "/test_failures.XXXXXX");
	close(mkstemp(record_path));
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(dump_path);
	unlink(record_path);
	unlink(starter);
	unlink(profiles);
	machine_destroy(&machine);
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
