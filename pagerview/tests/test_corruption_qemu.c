/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A live target's memory goes bad under the reader: words of real objects (counts, pointers, links,
 * lengths, anything) are overwritten in the memory of a running QEMU, read by each way, and put
 * back. Nothing crashes or takes long, what cannot be true is marked, and once it is mended the
 * reader shows what it showed before. CORRUPTIONS (40) of each kind; CORRUPTIONS_SEED repeats them.
 *
 * Our own target stands at a step meanwhile; a stand-in of OP-TEE's pager runs, but never touches
 * its lists; and a busy one of our own may do with what it finds whatever it likes.
 */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/check.h"
#include "export/json.h"
#include "live_qemu.h"
#include "memory/backends.h"
#include "options.h"
#include "session_private.h"

#define RAM       UINT64_C(0x40000000) /* where QEMU's `virt` has it */
#define MAX_SPOTS 2000
#define MAX_S     14.0 /* that one reading may take, sanitizers and a busy host included */
#define BUSY_LIFE 20   /* corruptions of one life of a busy target */

/* What a word is, and so what it cannot be. */
enum spot_kind { SPOT_COUNT, SPOT_POINTER, SPOT_LINK, SPOT_LENGTH, SPOT_OTHER };

struct spot {
	enum spot_kind kind;
	uint64_t va, pa;
	unsigned int size;
	const char *object, *what;
};

static struct {
	struct live_qemu qemu;
	struct options options;
	struct live *live;
	uint64_t ram; /* in QEMU's address space */
	struct spot spots[MAX_SPOTS];
	size_t num_spots;
	char *pristine; /* the state's text */
	uint32_t findings;
	unsigned int seed;
	unsigned long rounds, shown,
		marked; /* rounds; that changed what is shown; and were marked */
	double slowest;
} test;

static unsigned int number_of(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

static unsigned int any(unsigned int below)
{
	return (unsigned int)rand_r(&test.seed) % below;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- the guest's memory, beside the reader ---- */

static bool poke(uint64_t pa, uint64_t value, unsigned int size)
{
	struct iovec near = {&value, size}, far = {(void *)(test.ram + (pa - RAM)), size};

	return process_vm_writev(test.qemu.pid, &near, 1, &far, 1, 0) == (ssize_t)size;
}

static uint64_t peek(uint64_t pa, unsigned int size)
{
	uint64_t value = 0;
	struct iovec near = {&value, size}, far = {(void *)(test.ram + (pa - RAM)), size};

	assert_int_equal(process_vm_readv(test.qemu.pid, &near, 1, &far, 1, 0), size);
	return value;
}

static struct memory *target_memory(void)
{
	return source_memory(((struct session *)test.live)->source);
}

static bool place_of(uint64_t va, uint64_t *pa)
{
	struct pagewalk_page page;

	if (!memory_walk_translate(target_memory(), va, &page))
		return false;
	*pa = page.pa + (va - page.va);
	return *pa >= RAM;
}

static void find_ram(void)
{
	struct rsp_client *client = source_client(((struct session *)test.live)->source);
	struct error error = {0};
	bool ran = rsp_is_running(client);
	char text[200];

	assert_true(rsp_stop(client, NULL, &error));
	if (!rsp_monitor(client, "gpa2hva 0x40000000", text, sizeof(text), &error))
		fail_msg("%s", error.text);
	assert_non_null(strstr(text, "is 0x"));
	test.ram = strtoull(strstr(text, "is 0x") + 3, NULL, 16);
	assert_true(!ran || rsp_resume(client, &error));
}

/* ---- what there is to spoil ---- */

static void add_spot(enum spot_kind kind, uint64_t va, uint64_t size, const char *object,
		     const char *what)
{
	struct spot *spot = &test.spots[test.num_spots];

	*spot = (struct spot){
		.kind = kind, .va = va, .size = (unsigned int)size, .object = object, .what = what};
	if (size <= 8 && test.num_spots < MAX_SPOTS && place_of(va, &spot->pa))
		test.num_spots++;
}

/* Where a field of an object lies, over its pointers; 0: nowhere. */
static uint64_t field_at(const struct layout_field *field, uint64_t object)
{
	const struct layout *layout = ((struct session *)test.live)->layout;
	uint64_t at = object + field->offset[0];

	for (unsigned int hop = 1; hop <= field->num_hops; hop++) {
		uint64_t pa, pointer;

		if (!place_of(at, &pa))
			return 0;
		pointer = peek(pa, layout->pointer_size);
		if (!pointer)
			return 0;
		at = pointer + field->offset[hop];
	}
	return at;
}

static void add_fields(unsigned int class, uint64_t id)
{
	static const struct {
		enum role role;
		enum spot_kind kind;
		const char *what;
	} roles[] = {
		{ROLE_REFCOUNT, SPOT_COUNT, "refcount"},
		{ROLE_FOBJ, SPOT_POINTER, "fobj"},
		{ROLE_PAGES, SPOT_LENGTH, "pages"},
		{ROLE_BASE, SPOT_OTHER, "base"},
		{ROLE_FOBJ_PAGE, SPOT_OTHER, "fobj_page"},
		{ROLE_PAGE, SPOT_OTHER, "page"},
		{ROLE_PA, SPOT_OTHER, "pa"},
		{ROLE_TABLE_ROOT, SPOT_OTHER, "table_root"},
		{ROLE_FILE, SPOT_OTHER, "file"},
		{ROLE_SOURCE, SPOT_OTHER, "source"},
		{ROLE_STATE, SPOT_OTHER, "state"},
	};
	const struct layout_object *object = &((struct session *)test.live)->layout->objects[class];

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const struct layout_field *field = &object->fields[roles[i].role];
		uint64_t at = field->present && !field->bit_size ? field_at(field, id) : 0;

		if (at)
			add_spot(roles[i].kind, at, field->size, object->name, roles[i].what);
	}
	for (uint64_t at = 0; at + 8 <= object->size; at += 8)
		add_spot(SPOT_OTHER, id + at, 8, object->name, "any word");
}

/* Links of that object as a node, and the heads and counts of what it lists. */
static void add_links(unsigned int class, uint64_t id)
{
	const struct layout *layout = ((struct session *)test.live)->layout;

	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];
		uint64_t at;

		if (!list->present || list->variant)
			continue;
		if (list->of == class && !list->has_via && list->kind == LIST_CHAIN)
			add_spot(SPOT_LINK, id + list->next, layout->pointer_size, list->label,
				 "link");
		if (!list->is_owned || list->in != class)
			continue;
		if (list->kind == LIST_CHAIN && (at = field_at(&list->head, id)))
			add_spot(SPOT_LINK, at, layout->pointer_size, list->label, "head");
		if (list->has_count && (at = field_at(&list->count, id)))
			add_spot(SPOT_LENGTH, at, list->count.size, list->label, "count");
	}
}

static void add_object(unsigned int class, uint64_t id)
{
	if (!((struct session *)test.live)->layout->objects[class].present || !id)
		return;
	add_links(class, id);
	add_fields(class, id);
}

static void add_globals(void)
{
	const struct session *session = (struct session *)test.live;
	const struct layout *layout = session->layout;

	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];

		if (list->present && !list->is_owned && list->kind == LIST_CHAIN)
			add_spot(SPOT_LINK, list->symbol + session->slide + list->head.offset[0],
				 layout->pointer_size, list->label, "head");
		if (list->present && list->has_length)
			add_spot(SPOT_LENGTH,
				 list->length_symbol + session->slide + list->length.offset[0],
				 list->length.size, list->label, "length");
	}
}

static void find_spots(const struct snapshot *s)
{
	test.num_spots = 0;
	add_globals();
	for (uint32_t i = 0; i < s->num_contexts; i++)
		if (s->contexts[i].kind == CONTEXT_USER)
			add_object(OBJECT_CONTEXT, s->contexts[i].id);
	for (uint32_t i = 0; i < s->num_areas; i++)
		add_object(OBJECT_AREA, s->areas[i].id);
	for (uint32_t i = 0; i < s->num_fobjs; i++)
		add_object(OBJECT_FOBJ, s->fobjs[i].id);
	for (uint32_t i = 0; i < s->num_pmems; i++)
		add_object(OBJECT_PMEM, s->pmems[i].id);
	for (uint32_t i = 0; i < s->num_files; i++) {
		add_object(OBJECT_FILE, s->files[i].id);
		for (uint32_t n = 0; n < s->files[i].num_slices; n++)
			add_object(OBJECT_SLICE, s->files[i].slices[n].id);
	}
	assert_in_range(test.num_spots, 100, MAX_SPOTS - 1);
}

/* ---- spoiling ---- */

static uint64_t wild(void)
{
	return UINT64_C(0xffffffffdead0000) + any(8192) * 8u;
}

/* A value that no target of any sense has there. */
static uint64_t impossible(const struct spot *spot, uint64_t was)
{
	switch (spot->kind) {
	case SPOT_COUNT:
		return was + 1 + any(1000);
	case SPOT_LENGTH:
		return any(2) ? UINT64_MAX - any(1000) : was + 100000 + any(1u << 30);
	case SPOT_LINK:
		return any(3) ? wild() : spot->va;
	default:
		return wild();
	}
}

static uint64_t anything(const struct spot *spot, uint64_t was)
{
	switch (any(5)) {
	case 0:
		return was ^ UINT64_C(1) << any(8 * spot->size);
	case 1:
		return 0;
	case 2:
		return UINT64_MAX;
	case 3:
		return test.spots[any((unsigned int)test.num_spots)].va;
	default:
		return (uint64_t)any(1u << 31) << 33 ^ any(1u << 31);
	}
}

static const struct spot *any_spot(bool known)
{
	const struct spot *spot;

	do
		spot = &test.spots[any((unsigned int)test.num_spots)];
	while (known && spot->kind == SPOT_OTHER);
	return spot;
}

/* ---- reading ---- */

static struct snapshot *read_now(struct error *error)
{
	struct snapshot *snapshot = NULL;
	double before = now_s(), took;

	live_refresh(test.live, &snapshot, error);
	took = now_s() - before;
	if (took > test.slowest)
		test.slowest = took;
	if (took > MAX_S)
		fail_msg("a reading took %.1f s", took);
	if (!snapshot && (error->status == EXIT_CLEAN || !error->text[0]))
		fail_msg("no snapshot, and no word why");
	return snapshot;
}

static bool is_marked(const struct snapshot *s)
{
	return s->capture.consistency != CONSISTENCY_EXACT || s->num_findings > test.findings;
}

/* 0: it shows what there was; 1: something else, and says that it is wrong; -1: as if it were true.
 */
static int judge(const struct snapshot *snapshot)
{
	char *text = json_state_text(snapshot);
	int verdict = !strcmp(text, test.pristine) ? 0 : is_marked(snapshot) ? 1 : -1;

	free(text);
	return verdict;
}

static struct snapshot *read_well(void)
{
	struct error error = {0};
	struct snapshot *snapshot = read_now(&error);

	if (!snapshot)
		fail_msg("round %lu: %s", test.rounds, error.text);
	return snapshot;
}

/* It is mended: the very same is shown again, as sure as before. */
static void expect_pristine(const struct spot *spot)
{
	struct snapshot *s = read_well();

	if (judge(s) != 0 || s->capture.consistency != CONSISTENCY_EXACT ||
	    s->num_findings != test.findings)
		fail_msg("round %lu: %s of a %s is mended, but shown is other than before (%s, %u "
			 "findings)",
			 test.rounds, spot->what, spot->object, s->capture.why, s->num_findings);
	snapshot_destroy(s);
}

static void spoil_one(bool known)
{
	const struct spot *spot = any_spot(known);
	uint64_t was = peek(spot->pa, spot->size);
	uint64_t value = known ? impossible(spot, was) : anything(spot, was);
	struct snapshot *s;
	int verdict;

	assert_true(poke(spot->pa, value, spot->size));
	s = read_well();
	verdict = judge(s);
	if (known && verdict < 0)
		fail_msg("round %lu: %s of a %s at 0x%" PRIx64 " was 0x%" PRIx64 ", now 0x%" PRIx64
			 ": shown as true",
			 test.rounds, spot->what, spot->object, spot->va, was, value);
	test.shown += verdict != 0;
	test.marked += verdict > 0;
	snapshot_destroy(s);
	assert_true(poke(spot->pa, was, spot->size));
	expect_pristine(spot);
	test.rounds++;
}

/* A word that goes bad and well again all the time, while somebody reads. */
struct flicker {
	const struct spot *spot;
	uint64_t was, bad;
	atomic_bool end;
};

static void *flicker_run(void *arg)
{
	struct flicker *flicker = arg;

	while (!atomic_load(&flicker->end)) {
		poke(flicker->spot->pa, flicker->bad, flicker->spot->size);
		poke(flicker->spot->pa, flicker->was, flicker->spot->size);
	}
	return NULL;
}

static void spoil_meanwhile(void)
{
	struct flicker flicker = {.spot = any_spot(true)};
	pthread_t thread;

	flicker.was = peek(flicker.spot->pa, flicker.spot->size);
	flicker.bad = impossible(flicker.spot, flicker.was);
	assert_int_equal(pthread_create(&thread, NULL, flicker_run, &flicker), 0);
	for (int i = 0; i < 3; i++) {
		struct snapshot *s = read_well();

		if (judge(s) < 0)
			fail_msg("round %lu: %s of a %s, now and then 0x%" PRIx64 ": shown as true",
				 test.rounds, flicker.spot->what, flicker.spot->object,
				 flicker.bad);
		snapshot_destroy(s);
	}
	atomic_store(&flicker.end, true);
	pthread_join(thread, NULL);
	expect_pristine(flicker.spot);
	test.rounds++;
}

/* ---- a target and a way ---- */

static void open_session(const char *elf, const char *profile, const char *way, const char *until)
{
	const char *words[] = {"pagerview", "check", "--connect", test.qemu.address,
			       "--elf",     elf,     "--profile", profile,
			       "--read",    way,     "--timeout", "20",
			       "--until",   until,   NULL};
	struct error error = {0};

	if (!options_parse(until ? 14 : 12, (char **)words, &test.options, &error))
		fail_msg("%s", error.text);
	test.live = session_open(&test.options, -1, &error);
	if (!test.live)
		fail_msg("%s", error.text);
	find_ram();
}

static void close_session(void)
{
	live_close(test.live);
	test.live = NULL;
}

static void learn(void)
{
	struct snapshot *s = read_well();

	assert_int_equal(s->capture.consistency, CONSISTENCY_EXACT);
	find_spots(s);
	free(test.pristine);
	test.pristine = json_state_text(s);
	test.findings = s->num_findings;
	snapshot_destroy(s);
}

static void tell(const char *what, const char *way)
{
	print_message("%s, %s: %lu rounds, %lu changed what is shown, %lu of them marked; slowest "
		      "reading %.3f s\n",
		      what, way, test.rounds, test.shown, test.marked, test.slowest);
	test.rounds = test.shown = test.marked = 0;
	test.slowest = 0;
}

static void spoil(const char *what, const char *way)
{
	unsigned int rounds = number_of("CORRUPTIONS", 40);

	learn();
	for (unsigned int i = 0; i < rounds; i++)
		spoil_one(true);
	for (unsigned int i = 0; i < rounds; i++)
		spoil_one(false);
	for (unsigned int i = 0; i < rounds; i++)
		spoil_meanwhile();
	tell(what, way);
}

static const char *const ways[] = {"local", "stub"};

static void begin_own(const char *scenario)
{
	char run[600];
	const char *const argv[] = {run,  "--loop", "--smp", "2", scenario,
				    "--", "-gdb",   "GDB",   NULL};

	snprintf(run, sizeof(run), "%s/run_target", live_qemu_build());
	live_qemu_begin(&test.qemu, argv);
}

static const char *own_elf(void)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/target_pager.elf", live_qemu_build());
	return path;
}

static void a_target_that_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_own("fixtures/scenarios/share.scn");
		open_session(own_elf(), "pagerview/profile/target_pager.json", ways[i], "step:5");
		spoil("our own target at a step", ways[i]);
		close_session();
		live_qemu_end(&test.qemu);
	}
}

static void a_pager_of_op_tees_shape(void **state)
{
	char command[400], elf[96], folder[] = P_tmpdir "/standin.XXXXXX";
	const char *const argv[] = {"qemu-system-aarch64",
				    "-M",
				    "virt",
				    "-cpu",
				    "cortex-a57",
				    "-m",
				    "64M",
				    "-display",
				    "none",
				    "-nodefaults",
				    "-kernel",
				    elf,
				    "-gdb",
				    "GDB",
				    NULL};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(elf, sizeof(elf), "%s/elf", folder);
	snprintf(command, sizeof(command),
		 "aarch64-linux-gnu-gcc -DFORM=1 -g -O2 -ffreestanding -nostdlib -static -fno-pic "
		 "-no-pie -Wl,-Ttext=0x40200000 -o %s fixtures/optee/standin.c",
		 elf);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < 2; i++) {
		live_qemu_begin(&test.qemu, argv);
		open_session(elf, "pagerview/profile/optee.json", ways[i], NULL);
		spoil("a running stand-in", ways[i]);
		close_session();
		live_qemu_end(&test.qemu);
	}
	unlink(elf);
	rmdir(folder);
}

/* What it does with its ruined lists is its own affair; ours is to end well. */
static void live_a_life(const char *way)
{
	struct error error = {0};
	struct snapshot *s;

	begin_own("fixtures/scenarios/evict.scn");
	open_session(own_elf(), "pagerview/profile/target_pager.json", way, "event:save");
	if (!live_resume(test.live, &error))
		fail_msg("%s", error.text);
	s = read_well();
	find_spots(s);
	for (int i = 0; s && i < BUSY_LIFE; i++) {
		const struct spot *spot = any_spot(any(2));

		snapshot_destroy(s);
		if (!poke(spot->pa, anything(spot, 0), spot->size))
			live_qemu_wait(&test.qemu);
		s = read_now(&error);
		test.marked += s && s->capture.consistency != CONSISTENCY_EXACT;
		test.rounds++;
	}
	snapshot_destroy(s);
	close_session();
	live_qemu_end(&test.qemu);
}

static void a_busy_target(void **state)
{
	unsigned int rounds = number_of("CORRUPTIONS", 40);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		while (test.rounds < rounds)
			live_a_life(ways[i]);
		tell("a busy target", ways[i]);
	}
}

static int begin(void **state)
{
	(void)state;
	test.seed = number_of("CORRUPTIONS_SEED", 4711);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(test.pristine);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_that_stands),
		cmocka_unit_test(a_pager_of_op_tees_shape),
		cmocka_unit_test(a_busy_target),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
