/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client and the ways to memory on a real QEMU that runs our own target: the same bytes by each
 * way, at any exception level; nothing stopped that should run, nothing left stopped, whenever and
 * however we go.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dwarf/dwarf_info.h"
#include "live_qemu.h"
#include "memory/backends.h"
#include "memory/source.h"

#define SCENARIO   "fixtures/scenarios/evict.scn"
#define SAFE_POINT "pager_unlock"
#define CUTS       25

static struct live_qemu qemu;
static char elf[512];
static struct dwarf_info *dwarf;

static void nap(long ns)
{
	struct timespec time = {.tv_nsec = ns};

	nanosleep(&time, NULL);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Our own target; HOW is one more word for QEMU, or NULL. */
static void qemu_begin(const char *how)
{
	char run[600];
	const char *const argv[] = {run,  "--loop", "--smp", "2", SCENARIO,
				    "--", "-gdb",   "GDB",   how, NULL};

	snprintf(run, sizeof(run), "%s/run_target", live_qemu_build());
	live_qemu_begin(&qemu, argv);
}

static int group_begin(void **state)
{
	struct error error = {0};

	(void)state;
	snprintf(elf, sizeof(elf), "%s/target_pager.elf", live_qemu_build());
	dwarf = dwarf_info_open(elf, &error);
	if (!dwarf) {
		print_message("%s\n", error.text);
		return -1;
	}
	return 0;
}

static int group_end(void **state)
{
	(void)state;
	dwarf_info_close(dwarf);
	return 0;
}

static int begin_running(void **state)
{
	(void)state;
	qemu_begin(NULL);
	return 0;
}

static int begin_stopped(void **state)
{
	(void)state;
	qemu_begin("-S");
	return 0;
}

static int end(void **state)
{
	(void)state;
	live_qemu_end(&qemu);
	return 0;
}

static struct source *source_begin(enum source_way way)
{
	const struct source_config config = {.rsp = {.address = qemu.address, .abort_fd = -1},
					     .way = way};
	struct error error = {0};
	struct source *source = source_open(&config, &error);

	if (!source)
		fail_msg("%s", error.text);
	return source;
}

static uint64_t symbol_addr(const char *name)
{
	const struct dwarf_symbol *symbol = dwarf_info_symbol(dwarf, name);

	assert_non_null(symbol);
	return symbol->addr;
}

/* Run to the safe point: the target lives then, its tables are up. */
static void run_to_safe_point(struct rsp_client *client)
{
	uint64_t addr = symbol_addr(SAFE_POINT), pc = 0;
	struct error error = {0};
	struct rsp_stop stop;

	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, &error));
	assert_true(rsp_resume(client, &error));
	assert_int_equal(rsp_wait_for_stop(client, 20000, &stop, &error), RSP_WAIT_STOPPED);
	assert_int_equal(stop.reason, RSP_STOP_BREAKPOINT);
	assert_true(rsp_read_register(client, "pc", &pc, &error));
	assert_true(pc == addr);
	assert_true(rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, &error));
}

static void settle(struct source *source)
{
	const struct dwarf_segment *segments;
	struct error error = {0};
	struct source_proof proof;

	assert_true(dwarf_info_segments(dwarf, &segments) > 0);
	proof.addr = segments[0].addr;
	proof.bytes = segments[0].bytes;
	proof.len = segments[0].file_size < 4096 ? segments[0].file_size : 4096;
	if (!source_settle(source, &proof, 1, &error))
		fail_msg("%s", error.text);
}

/* It ran: connecting now has to stop it. */
static bool it_runs(void)
{
	const struct rsp_config config = {.address = qemu.address, .abort_fd = -1};
	struct error error = {0};
	struct rsp_client *client = rsp_connect(&config, &error);
	bool ran;

	if (!client)
		fail_msg("%s", error.text);
	ran = rsp_was_running(client);
	rsp_close(client);
	return ran;
}

#define PAGE      4096u
#define MAX_PAGES 4096u

/* Page by page; 1 for each that is there (a guard page is not). */
static void read_pages(struct memory *memory, uint64_t addr, size_t pages, unsigned char *bytes,
		       bool *there)
{
	struct memory_request *requests = calloc(pages, sizeof(*requests));
	struct error error = {0};

	for (size_t i = 0; i < pages; i++)
		requests[i] = (struct memory_request){
			.addr = addr + i * PAGE, .len = PAGE, .to = bytes + i * PAGE};
	assert_true(memory_read(memory, requests, pages, &error));
	for (size_t i = 0; i < pages; i++) {
		there[i] = requests[i].ok;
		if (!there[i])
			memset(bytes + i * PAGE, 0xee, PAGE);
	}
	free(requests);
}

/* The core's whole writable memory, by each way, at one stop: the same bytes. */
static void every_way_reads_the_same(void **state)
{
	static const enum source_way ways[] = {SOURCE_LOCAL, SOURCE_STUB};
	static const char *const names[] = {"local", "stub"};
	static bool there[3][MAX_PAGES];
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(dwarf, &segments), pages = 0, readable = 0;
	unsigned char *bytes[3] = {0};
	struct error error = {0};
	uint64_t addr = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (segments[i].write && segments[i].size / PAGE > pages) {
			addr = (segments[i].addr + PAGE - 1) & ~(uint64_t)(PAGE - 1);
			pages = segments[i].size / PAGE - 1;
		}
	}
	assert_in_range(pages, 16, MAX_PAGES);
	for (int way = 0; way < 2; way++) {
		struct source *source = source_begin(ways[way]);
		struct rsp_client *client = source_client(source);
		struct memory *direct;

		if (!way)
			run_to_safe_point(client);
		settle(source);
		assert_string_equal(source_name(source), names[way]);
		assert_int_equal(source_is_live(source), way == 0);
		bytes[way] = malloc(pages * PAGE);
		read_pages(source_memory(source), addr, pages, bytes[way], there[way]);
		if (way) {
			direct = memory_stub_create(client);
			bytes[2] = malloc(pages * PAGE);
			read_pages(direct, addr, pages, bytes[2], there[2]);
			memory_destroy(direct);
		}
		assert_true(rsp_detach(client, RSP_LEAVE_STOPPED, &error));
		source_close(source);
	}
	assert_memory_equal(there[0], there[1], sizeof(there[0]));
	assert_memory_equal(there[0], there[2], sizeof(there[0]));
	assert_memory_equal(bytes[0], bytes[1], pages * PAGE);
	assert_memory_equal(bytes[0], bytes[2], pages * PAGE);
	for (size_t i = 0; i < pages; i++)
		readable += there[0][i];
	assert_true(readable > pages / 2);
	for (int i = 0; i < 3; i++)
		free(bytes[i]);
}

/* QEMU's own dump of the core's part of RAM says what its live memory said. */
static void a_dump_reads_the_same(void **state)
{
	struct source *live = source_begin(SOURCE_LOCAL), *dead;
	struct rsp_client *client = source_client(live);
	const struct dwarf_symbol *symbol = dwarf_info_symbol(dwarf, SAFE_POINT);
	struct source_config config = {.way = SOURCE_AUTO};
	unsigned char from_live[64], from_dump[64];
	char path[160], command[256], output[256];
	struct error error = {0};

	(void)state;
	run_to_safe_point(client);
	settle(live);
	snprintf(path, sizeof(path), "%s/dump", qemu.folder);
	snprintf(command, sizeof(command), "dump-guest-memory %s 0x40000000 0x1800000", path);
	assert_true(rsp_monitor(client, command, output, sizeof(output), &error));
	assert_true(
		memory_read_at(source_memory(live), symbol->addr & ~63ull, from_live, 64, &error));
	config.core_path = path;
	dead = source_open(&config, &error);
	if (!dead)
		fail_msg("%s (%s)", error.text, output);
	settle(dead);
	assert_true(
		memory_read_at(source_memory(dead), symbol->addr & ~63ull, from_dump, 64, &error));
	assert_memory_equal(from_dump, from_live, 64);
	source_close(dead);
	source_close(live);
	unlink(path);
	assert_true(it_runs());
}

/* At EL0 the stub refuses the core's addresses; our walk does not. */
static void the_core_is_readable_at_el0(void **state)
{
	struct source *source = source_begin(SOURCE_STUB);
	struct rsp_client *client = source_client(source);
	struct error error = {0};
	uint64_t addr = symbol_addr(SAFE_POINT), cpsr = 1;
	const struct dwarf_segment *segments;
	struct rsp_read direct = {.addr = addr};
	unsigned char code[16], bytes[16];
	double end_s = now_s() + 20;
	uint64_t us;

	(void)state;
	assert_true(dwarf_info_segments(dwarf, &segments) > 0);
	run_to_safe_point(client);
	settle(source);
	assert_true(memory_read_at(source_memory(source), addr, code, sizeof(code), &error));
	assert_true(rsp_resume(client, &error));
	for (;;) {
		assert_true(source_pause_begin(source, &error));
		assert_true(rsp_read_register(client, "cpsr", &cpsr, &error));
		if (!(cpsr & 15))
			break;
		assert_true(source_pause_end(source, &us, &error));
		assert_true(now_s() < end_s);
		nap(1000000);
	}
	direct.len = sizeof(bytes);
	direct.to = bytes;
	assert_true(rsp_read_memory(client, &direct, 1, false, &error));
	assert_false(direct.ok);
	assert_true(memory_read_at(source_memory(source), addr, bytes, sizeof(bytes), &error));
	assert_memory_equal(bytes, code, sizeof(code));
	assert_true(source_pause_end(source, &us, &error));
	source_close(source);
	assert_true(it_runs());
}

static void local_reading_stops_nothing(void **state)
{
	struct source *source = source_begin(SOURCE_AUTO);
	struct rsp_client *client = source_client(source);
	struct error error = {0};
	uint64_t addr = symbol_addr(SAFE_POINT);
	unsigned char bytes[256];

	(void)state;
	run_to_safe_point(client);
	settle(source);
	assert_true(source_is_live(source));
	assert_non_null(strstr(source_sentence(source), "QEMU's own memory"));
	assert_true(rsp_resume(client, &error));
	rsp_stats_reset(client);
	for (int i = 0; i < 1000; i++) {
		source_refresh(source);
		assert_true(
			memory_read_at(source_memory(source), addr, bytes, sizeof(bytes), &error));
	}
	assert_int_equal(rsp_stats(client)->packets, 0);
	assert_int_equal(rsp_stats(client)->stops, 0);
	assert_true(rsp_is_running(client));
	source_close(source);
	assert_true(it_runs());
}

static void safe_points_again_and_again(void **state)
{
	struct source *source = source_begin(SOURCE_STUB);
	struct rsp_client *client = source_client(source);
	uint64_t addr = symbol_addr(SAFE_POINT), pc;
	struct error error = {0};

	(void)state;
	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, &error));
	for (int i = 0; i < 50; i++) {
		assert_true(rsp_resume(client, &error));
		assert_int_equal(rsp_wait_for_stop(client, 20000, NULL, &error), RSP_WAIT_STOPPED);
		assert_true(rsp_read_register(client, "pc", &pc, &error));
		assert_true(pc == addr);
	}
	source_close(source);
	assert_true(it_runs());
}

/* The word that the pager's generation is kept in changes: the watchpoint fires, and goes on. */
static void watchpoints_fire_and_go_on(void **state)
{
	struct source *source = source_begin(SOURCE_STUB);
	struct rsp_client *client = source_client(source);
	const struct dwarf_symbol *symbol = dwarf_info_symbol(dwarf, "pager_generation");
	struct error error = {0};
	struct rsp_stop stop;

	(void)state;
	if (!symbol) {
		source_close(source);
		skip();
	}
	run_to_safe_point(client);
	assert_true(rsp_breakpoint_insert(client, RSP_WATCH_WRITE, symbol->addr, 8, &error));
	for (int i = 0; i < 5; i++) {
		assert_true(rsp_resume(client, &error));
		assert_int_equal(rsp_wait_for_stop(client, 20000, &stop, &error), RSP_WAIT_STOPPED);
		assert_int_equal(stop.reason, RSP_STOP_WATCHPOINT);
	}
	source_close(source);
	assert_true(it_runs());
}

static void stopped_before_means_stopped_after(void **state)
{
	struct source *source = source_begin(SOURCE_AUTO);
	struct error error = {0};

	(void)state;
	assert_false(rsp_was_running(source_client(source)));
	assert_true(rsp_resume(source_client(source), &error));
	source_close(source);
	assert_false(it_runs());
	/* It was not the question that stopped it, nor set it running. */
	assert_false(it_runs());
}

static void a_core_that_is_not_up_is_told(void **state)
{
	struct source *source = source_begin(SOURCE_AUTO);
	const struct dwarf_segment *segments;
	struct error error = {0};
	struct source_proof proof;

	(void)state;
	dwarf_info_segments(dwarf, &segments);
	proof = (struct source_proof){segments[0].addr, segments[0].bytes, 64};
	assert_false(source_settle(source, &proof, 1, &error));
	assert_int_equal(error.status, EXIT_LAYOUT);
	assert_non_null(strstr(error.text, "is the core running yet"));
	source_close(source);
}

static void qemu_killed_in_mid_read(void **state)
{
	struct source *source = source_begin(SOURCE_STUB);
	struct rsp_client *client = source_client(source);
	struct error error = {0};
	char *bytes = malloc(1 << 20);
	struct rsp_read read = {.addr = 0x40000000, .len = 1 << 20, .to = bytes};
	double before;

	(void)state;
	if (!fork()) {
		nap(20000000);
		kill(qemu.pid, SIGKILL);
		_exit(0);
	}
	before = now_s();
	while (rsp_read_memory(client, &read, 1, true, &error))
		assert_true(now_s() < before + 20);
	assert_int_equal(error.status, EXIT_CONNECTION);
	assert_non_null(strstr(error.text, "closed the connection"));
	before = now_s();
	source_close(source);
	assert_true(now_s() < before + 1);
	free(bytes);
	wait(NULL);
}

static void qemu_killed_under_local_reading(void **state)
{
	struct source *source = source_begin(SOURCE_LOCAL);
	struct rsp_client *client = source_client(source);
	struct error error = {0};
	char byte;
	double end_s = now_s() + 20;

	(void)state;
	run_to_safe_point(client);
	settle(source);
	assert_true(rsp_resume(client, &error));
	kill(qemu.pid, SIGKILL);
	while (memory_read_at(source_memory(source), symbol_addr(SAFE_POINT), &byte, 1, &error))
		assert_true(now_s() < end_s);
	assert_int_equal(error.status, EXIT_CONNECTION);
	assert_non_null(strstr(error.text, "has ended"));
	assert_int_equal(rsp_wait_for_stop(client, 5000, NULL, &error), RSP_WAIT_LOST);
	source_close(source);
}

/* ---- leaving at any moment ---- */

static int abort_pipe[2];

static void on_signal(int signal)
{
	ssize_t n = write(abort_pipe[1], "!", 1);

	(void)signal;
	(void)n;
}

/* A viewer's life: connect, break at the safe point, read, go on, until it is told to end. */
static void cut_child(void)
{
	struct rsp_config config = {.address = qemu.address, .abort_fd = abort_pipe[0]};
	struct rsp_client *client;
	struct error error = {0};
	char bytes[64][48];

	client = rsp_connect(&config, &error);
	for (unsigned int i = 0; client && error.status == EXIT_CLEAN; i++) {
		struct rsp_read reads[64];

		for (size_t r = 0; r < 64; r++)
			reads[r] = (struct rsp_read){
				.addr = 0x40800000 + 997 * r, .len = 48, .to = bytes[r]};
		rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, symbol_addr(SAFE_POINT), 4,
				      &error);
		rsp_resume(client, &error);
		rsp_wait_for_stop(client, 50, NULL, &error);
		rsp_stop(client, NULL, &error);
		rsp_read_memory(client, reads, 64, i & 1, &error);
		if (poll(&(struct pollfd){.fd = abort_pipe[0], .events = POLLIN}, 1, 0) > 0)
			break;
	}
	rsp_close(client);
}

static void cut_once(int signal, unsigned int *seed)
{
	double before;
	int status;
	pid_t child;

	assert_int_equal(pipe(abort_pipe), 0);
	child = fork();
	if (!child) {
		struct sigaction action = {.sa_handler = on_signal};

		sigaction(SIGTERM, &action, NULL);
		sigaction(SIGINT, &action, NULL);
		cut_child();
		_exit(0);
	}
	nap(rand_r(seed) % 60000000);
	before = now_s();
	kill(child, signal);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(now_s() - before < 2);
	assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
		    (WIFSIGNALED(status) && WTERMSIG(status) == signal)); /* before its handler */
	close(abort_pipe[0]);
	close(abort_pipe[1]);
}

/*
 * Signals at random moments: no hang, and the target runs on with no breakpoint left: it comes to
 * where the breakpoint was a hundred times a second, and would stand there at the next look.
 */
static void signals_at_any_moment(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < CUTS; i++) {
		cut_once(i & 1 ? SIGTERM : SIGINT, &seed);
		nap(20000000);
		assert_true(it_runs());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_way_reads_the_same, begin_running, end),
		cmocka_unit_test_setup_teardown(a_dump_reads_the_same, begin_running, end),
		cmocka_unit_test_setup_teardown(the_core_is_readable_at_el0, begin_running, end),
		cmocka_unit_test_setup_teardown(local_reading_stops_nothing, begin_running, end),
		cmocka_unit_test_setup_teardown(safe_points_again_and_again, begin_running, end),
		cmocka_unit_test_setup_teardown(watchpoints_fire_and_go_on, begin_running, end),
		cmocka_unit_test_setup_teardown(stopped_before_means_stopped_after, begin_stopped,
						end),
		cmocka_unit_test_setup_teardown(a_core_that_is_not_up_is_told, begin_stopped, end),
		cmocka_unit_test_setup_teardown(qemu_killed_in_mid_read, begin_running, end),
		cmocka_unit_test_setup_teardown(qemu_killed_under_local_reading, begin_running,
						end),
		cmocka_unit_test_setup_teardown(signals_at_any_moment, begin_running, end),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
