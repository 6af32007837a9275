/* SPDX-License-Identifier: BSD-2-Clause */
/* The client against a made-up stub: its manners, and what it says when the other side has none. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_stub.h"
#include "rsp/client_private.h"

#define SHORT_MS 150 /* time-out where one is expected */

static const struct fake_config qemu = {.qemu = true, .was_running = true, .packet_size = 4096};

static struct rsp_client *connect_to(struct fake_stub *stub, unsigned int timeout_ms,
				     struct error *error)
{
	const struct rsp_config config = {
		.address = fake_stub_address(stub), .timeout_ms = timeout_ms, .abort_fd = -1};

	return rsp_connect(&config, error);
}

/* With all the time it takes, on a busy host too; from then on answers are soon missed. */
static struct rsp_client *connect_hasty(struct fake_stub *stub, struct error *error)
{
	struct rsp_client *client = connect_to(stub, 5000, error);

	if (client)
		client->link.timeout_ms = SHORT_MS;
	return client;
}

static struct rsp_client *connect_well(struct fake_stub *stub)
{
	struct error error = {0};
	struct rsp_client *client = connect_to(stub, 5000, &error);

	if (!client)
		fail_msg("%s", error.text);
	return client;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Read COUNT pieces of LEN bytes all over the memory, and check them. */
static void read_and_check(struct rsp_client *client, struct fake_stub *stub, size_t count,
			   size_t len, bool physical)
{
	struct rsp_read *reads = calloc(count, sizeof(*reads));
	unsigned char *bytes = calloc(count, len);
	struct error error = {0};

	for (size_t i = 0; i < count; i++)
		reads[i] = (struct rsp_read){.addr = FAKE_BASE + i * 4099 % (FAKE_SIZE - len),
					     .len = len,
					     .to = bytes + i * len};
	if (!rsp_read_memory(client, reads, count, physical, &error))
		fail_msg("%s", error.text);
	for (size_t i = 0; i < count; i++) {
		assert_true(reads[i].ok);
		assert_memory_equal(reads[i].to,
				    fake_stub_memory(stub) + (reads[i].addr - FAKE_BASE), len);
	}
	free(reads);
	free(bytes);
}

static void a_running_qemu_is_left_running(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct fake_seen seen;

	(void)state;
	assert_true(rsp_is_qemu(client));
	assert_true(rsp_was_running(client));
	assert_false(rsp_is_running(client));
	assert_int_equal(rsp_peer_pid(client), getpid());
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.running);
	assert_true(seen.detached);
}

static void a_stopped_qemu_is_left_stopped(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;

	(void)state;
	config.was_running = false;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	assert_false(rsp_was_running(client));
	assert_true(rsp_resume(client, &error));
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_false(seen.running);
	assert_int_equal(seen.stops, 1);
}

static void it_is_left_as_asked(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};

	(void)state;
	assert_true(rsp_detach(client, RSP_LEAVE_STOPPED, &error));
	rsp_close(client);
	assert_false(fake_stub_end(stub).running);
}

static void memory_is_read_in_bursts(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct fake_seen seen;

	(void)state;
	assert_int_equal(rsp_max_read(client), 2048);
	rsp_stats_reset(client);
	read_and_check(client, stub, 1000, 48, false);
	assert_int_equal(rsp_stats(client)->trips, 1);
	read_and_check(client, stub, 3, 30000, true);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.max_ahead > 20);
	assert_false(seen.physical); /* switched off again */
}

static void refused_addresses_are_not_ok(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	char bytes[3][16];
	struct rsp_read reads[3] = {{.addr = FAKE_BASE, .len = 16, .to = bytes[0]},
				    {.addr = 0, .len = 16, .to = bytes[1]},
				    {.addr = FAKE_BASE + 16, .len = 16, .to = bytes[2]}};

	(void)state;
	assert_true(rsp_read_memory(client, reads, 3, false, &error));
	assert_true(reads[0].ok);
	assert_false(reads[1].ok);
	assert_true(reads[2].ok);
	assert_memory_equal(bytes[2], fake_stub_memory(stub) + 16, 16);
	rsp_close(client);
	fake_stub_end(stub);
}

static void registers_by_name(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct rsp_register registers[] = {{.name = "PC"},
					   {.name = "cpsr"},
					   {.name = "TTBR1_EL1"},
					   {.name = "VBAR_EL1"},
					   {.name = "nonsense"}};
	char ids[8][RSP_THREAD_LEN];

	(void)state;
	assert_int_equal(rsp_threads(client, ids, 8, &error), 3);
	assert_string_equal(ids[2], "p01.03");
	assert_true(rsp_read_registers(client, ids[1], registers, 5, &error));
	assert_true(registers[0].value == FAKE_PC);
	assert_int_equal(registers[1].value, 0x600003c5);
	assert_int_equal(registers[2].value, 0x41000000);
	assert_true(registers[3].value == (FAKE_PC & ~0xfffull));
	assert_false(registers[4].ok);
	rsp_close(client);
	fake_stub_end(stub);
}

static void monitor_output(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	char output[32], cut[5];

	(void)state;
	assert_true(rsp_monitor(client, "hello", output, sizeof(output), &error));
	assert_string_equal(output, "hello, world\n");
	assert_true(rsp_monitor(client, "hello", cut, sizeof(cut), &error));
	assert_string_equal(cut, "hell");
	rsp_close(client);
	fake_stub_end(stub);
}

static void breakpoints_are_stepped_over(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct rsp_stop stop;
	struct fake_seen seen;
	uint64_t pc;

	(void)state;
	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, FAKE_PC + 64, 4, &error));
	for (int i = 0; i < 3; i++) {
		assert_true(rsp_resume(client, &error));
		fake_stub_hit(stub);
		assert_int_equal(rsp_wait_for_stop(client, 5000, &stop, &error), RSP_WAIT_STOPPED);
		assert_int_equal(stop.reason, RSP_STOP_BREAKPOINT);
		assert_string_equal(stop.thread, "p01.02");
		assert_true(rsp_read_register(client, "pc", &pc, &error));
		assert_true(pc == FAKE_PC + 64);
	}
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.steps, 2);
	assert_false(seen.stepped_with_break);
	assert_int_equal(seen.breakpoints, 0);
	assert_true(seen.running);
}

static void watchpoints_are_stepped_over(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct rsp_stop stop;
	struct fake_seen seen;

	(void)state;
	assert_true(rsp_breakpoint_insert(client, RSP_WATCH_WRITE, FAKE_BASE + 8, 4, &error));
	assert_true(rsp_resume(client, &error));
	fake_stub_hit(stub);
	assert_int_equal(rsp_wait_for_stop(client, 5000, &stop, &error), RSP_WAIT_STOPPED);
	assert_int_equal(stop.reason, RSP_STOP_WATCHPOINT);
	assert_int_equal(stop.watch_addr, FAKE_BASE + 8);
	assert_true(rsp_resume(client, &error));
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.steps, 1);
	assert_false(seen.stepped_with_break);
	assert_int_equal(seen.breakpoints, 0);
}

/* Where the CPU stands comes with the stop, at no trip of its own, once it was asked for. */
static void a_stop_tells_where(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct rsp_stop stop;
	uint64_t pc, trips;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_true(rsp_resume(client, &error));
		trips = rsp_stats(client)->trips;
		assert_true(rsp_stop(client, &stop, &error));
		assert_int_equal(stop.has_pc, i > 0);
		assert_in_range(rsp_stats(client)->trips - trips, 1, 2); /* one burst, two waits */
		assert_true(rsp_read_register(client, "pc", &pc, &error));
		assert_true(!stop.has_pc || stop.pc == pc);
		read_and_check(client, stub, 10, 48, i & 1);
	}
	assert_true(rsp_step(client, NULL, &stop, &error));
	assert_false(stop.has_pc);
	rsp_close(client);
	fake_stub_end(stub);
}

static void stop_and_go(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct fake_seen seen;

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_true(rsp_resume(client, &error));
		assert_int_equal(rsp_wait_for_stop(client, 0, NULL, &error), RSP_WAIT_TIMEOUT);
		assert_true(rsp_stop(client, NULL, &error));
		read_and_check(client, stub, 10, 48, i & 1);
	}
	assert_true(rsp_resume(client, &error));
	rsp_close(client);
	seen = fake_stub_end(stub);
	/* Hanging up on a running machine disturbs nothing: each stop was asked for. */
	assert_int_equal(seen.stops, 50);
	assert_true(seen.running);
}

static void answers_in_fragments(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;

	(void)state;
	config.fragments = true;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	read_and_check(client, stub, 20, 200, false);
	rsp_close(client);
	fake_stub_end(stub);
}

static void acknowledgements_are_given(void **state)
{
	const struct fake_config config = {.was_running = true, .acks = true, .lacks_p = true};
	struct fake_stub *stub = fake_stub_begin(&config);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	struct fake_seen seen;
	uint64_t pc;

	(void)state;
	assert_false(rsp_is_qemu(client));
	assert_in_range(rsp_max_read(client), 100, 200); /* nothing was promised */
	read_and_check(client, stub, 20, 300, false);
	assert_true(rsp_read_register(client, "pc", &pc, &error)); /* by `g` */
	assert_true(pc == FAKE_PC);
	assert_true(rsp_resume(client, &error));
	assert_true(rsp_stop(client, NULL, &error));
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.max_ahead, 1);
	assert_false(seen.parallel_without_ack);
	assert_true(seen.detached);
}

static void no_ack_mode_is_used(void **state)
{
	const struct fake_config config = {
		.was_running = true, .acks = true, .offers_no_ack = true, .packet_size = 1024};
	struct fake_stub *stub = fake_stub_begin(&config);
	struct rsp_client *client = connect_well(stub);
	struct fake_seen seen;

	(void)state;
	assert_int_equal(rsp_max_read(client), 510);
	read_and_check(client, stub, 200, 100, false);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.max_ahead > 5);
}

static void garbled_answers_are_asked_for_again(void **state)
{
	const struct fake_config config = {.was_running = true,
					   .acks = true,
					   .fault = FAKE_BAD_CHECKSUM,
					   .fault_at = 6,
					   .fault_count = 2};
	struct fake_stub *stub = fake_stub_begin(&config);
	struct rsp_client *client = connect_well(stub);

	(void)state;
	read_and_check(client, stub, 20, 100, false);
	rsp_close(client);
	fake_stub_end(stub);
}

static void refused_packets_are_repeated(void **state)
{
	const struct fake_config config = {
		.was_running = true, .acks = true, .fault = FAKE_NACKS, .fault_count = 2};
	struct fake_stub *stub = fake_stub_begin(&config);
	struct rsp_client *client = connect_well(stub);

	(void)state;
	read_and_check(client, stub, 20, 100, false);
	rsp_close(client);
	fake_stub_end(stub);
}

static void notifications_and_noise_are_skipped(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;

	(void)state;
	config.fault = FAKE_NOTIFIES;
	config.fault_at = 2;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	read_and_check(client, stub, 100, 48, false);
	rsp_close(client);
	fake_stub_end(stub);
}

/* OpenOCD tells what it thinks whenever it likes. */
static void a_talking_console_is_passed_over(void **state)
{
	struct fake_config config = {.was_running = true, .acks = true, .fault = FAKE_PRINTS};
	struct fake_stub *stub = fake_stub_begin(&config);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};
	uint64_t pc = 0;

	(void)state;
	read_and_check(client, stub, 20, 100, false);
	assert_true(rsp_read_register(client, "pc", &pc, &error));
	assert_true(pc == FAKE_PC);
	rsp_close(client);
	assert_true(fake_stub_end(stub).running);
}

/* Whoever waits for a target that was never let go would wait for ever. */
static void a_go_that_is_refused(void **state)
{
	static const struct {
		enum fake_fault fault;
		const char *says;
	} cases[] = {{FAKE_REFUSES_GO, "(E.it is locked)"}, {FAKE_CANNOT_GO, "(unsupported)"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake_config config = {.acks = true, .fault = cases[i].fault};
		struct fake_stub *stub = fake_stub_begin(&config);
		struct rsp_client *client = connect_well(stub);
		struct error error = {0};

		assert_true(rsp_resume(client, &error));
		assert_int_equal(rsp_wait_for_stop(client, 5000, NULL, &error), RSP_WAIT_LOST);
		if (!strstr(error.text, cases[i].says))
			fail_msg("%s", error.text);
		rsp_close(client);
		fake_stub_end(stub);
	}
}

static void short_answers_are_not_believed(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	char bytes[16];
	struct rsp_read read = {.addr = FAKE_BASE, .len = 16, .to = bytes};

	(void)state;
	config.fault = FAKE_SHORT;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	assert_true(rsp_read_memory(client, &read, 1, false, &error));
	assert_false(read.ok);
	rsp_close(client);
	fake_stub_end(stub);
}

/* Each burst is right although the monitor's user let the target run in between. */
static void a_target_set_running_behind_our_back(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct fake_seen seen;

	(void)state;
	config.fault = FAKE_SET_RUNNING;
	config.fault_at = 30;
	config.fault_count = 1;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	read_and_check(client, stub, 200, 48, false);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.stops, 1);
	assert_true(seen.requests > 200);
}

struct refusal {
	enum fake_fault fault;
	unsigned int fault_at;
	const char *says;
};

static void connecting_fails_with_a_line(void **state)
{
	static const struct refusal refusals[] = {
		{FAKE_BANNER, 0, "is no gdbstub: it sent \"SSH-2.0-"},
		{FAKE_SILENT, 0, "said nothing for 0.1 s"},
		{FAKE_CLOSES, 0, "closed the connection"},
		{FAKE_OVERSIZED, 0, "a packet of more than"},
		{FAKE_BAD_CHECKSUM, 0, "wrong checksum"},
		{FAKE_NACKS, 0, "refuses our packets"},
		{FAKE_NONSENSE, 3, "has no stopped target"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct fake_config config = {.was_running = true, .acks = true};
		struct error error = {0};
		struct fake_stub *stub;
		double before = now_s();

		config.fault = refusals[i].fault;
		config.fault_at = refusals[i].fault_at;
		stub = fake_stub_begin(&config);
		if (connect_to(stub, SHORT_MS, &error))
			fail_msg("fault %zu goes unnoticed", i);
		assert_true(now_s() - before < 2);
		assert_int_equal(error.status, EXIT_CONNECTION);
		if (!strstr(error.text, refusals[i].says))
			fail_msg("'%s' has no '%s'", error.text, refusals[i].says);
		assert_non_null(strstr(error.text, fake_stub_address(stub)));
		fake_stub_end(stub);
	}
}

static void reading_fails_with_a_line(void **state)
{
	static const struct refusal refusals[] = {
		{FAKE_SILENT, 40, "did not answer for 0.1 s"},
		{FAKE_CLOSES, 40, "closed the connection (has the target ended?)"},
		{FAKE_CLOSES_INSIDE, 40, "closed the connection (has the target ended?)"},
		{FAKE_OVERSIZED, 40, "a packet of more than"},
		{FAKE_BAD_CHECKSUM, 40, "wrong checksum"},
		{FAKE_NONSENSE, 40, "makes no sense: \"no answer\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct fake_config config = qemu;
		struct error error = {0}, again = {0};
		struct rsp_client *client;
		struct fake_stub *stub;
		char bytes[100][64];
		struct rsp_read reads[100];

		config.fault = refusals[i].fault;
		config.fault_at = refusals[i].fault_at;
		stub = fake_stub_begin(&config);
		client = connect_hasty(stub, &error);
		assert_non_null(client);
		for (size_t r = 0; r < 100; r++)
			reads[r] = (struct rsp_read){
				.addr = FAKE_BASE + 64 * r, .len = 64, .to = bytes[r]};
		assert_false(rsp_read_memory(client, reads, 100, false, &error));
		assert_int_equal(error.status, EXIT_CONNECTION);
		if (!strstr(error.text, refusals[i].says))
			fail_msg("'%s' has no '%s'", error.text, refusals[i].says);
		for (size_t r = 0; r < 100; r++)
			assert_false(reads[r].ok);
		assert_true(rsp_is_lost(client));
		assert_false(rsp_read_memory(client, reads, 100, false, &again));
		assert_string_equal(error.text, again.text);
		rsp_close(client);
		fake_stub_end(stub);
	}
}

/* The stub has stopped talking, but not listening: it is told to let the target go. */
static void a_silent_stub_still_hears_goodbye(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;
	uint64_t pc;

	(void)state;
	config.fault = FAKE_SILENT;
	config.fault_at = 40;
	stub = fake_stub_begin(&config);
	client = connect_hasty(stub, &error);
	assert_non_null(client);
	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, FAKE_PC, 4, &error));
	while (rsp_read_register(client, "pc", &pc, &error))
		;
	assert_true(rsp_is_lost(client));
	assert_false(rsp_close(client)); /* which nobody can know */
	seen = fake_stub_end(stub);
	assert_int_equal(seen.breakpoints, 0);
	assert_true(seen.detached);
	assert_true(seen.running);
}

/* A connection that is cut says nothing of the target: it is let go over another one. */
static void after_a_cut_the_target_is_let_go(void **state)
{
	static const bool found_running[] = {true, false};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake_config config = qemu;
		struct fake_stub *stub;
		struct rsp_client *client;
		struct error error = {0};
		struct fake_seen seen;
		uint64_t pc;

		config.was_running = found_running[i];
		config.fault = FAKE_CLOSES;
		config.fault_at = 40;
		config.fault_count = 1;
		stub = fake_stub_begin(&config);
		client = connect_hasty(stub, &error);
		assert_non_null(client);
		assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, FAKE_PC, 4, &error));
		while (rsp_read_register(client, "pc", &pc, &error))
			;
		assert_true(rsp_is_lost(client));
		assert_true(rsp_close(client));
		seen = fake_stub_end(stub);
		assert_int_equal(seen.connections, 2);
		assert_int_equal(seen.breakpoints, 0);
		assert_true(seen.running == found_running[i]);
	}
}

/* To be told to run has no answer: that a cut came first is seen when we leave. */
static void a_go_that_was_cut_is_made_good(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;
	struct pollfd polled = {.events = POLLRDHUP};

	(void)state;
	config.fault = FAKE_CLOSES_AT_GO;
	config.fault_count = 1;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	assert_true(rsp_resume(client, &error));
	polled.fd = rsp_fd(client);
	assert_int_equal(poll(&polled, 1, 5000), 1);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.connections, 2);
	assert_true(seen.running);
}

static void an_interrupt_that_does_nothing(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};

	(void)state;
	config.qemu = false;
	config.acks = true;
	config.fault = FAKE_HANGS;
	stub = fake_stub_begin(&config);
	client = connect_hasty(stub, &error);
	assert_non_null(client);
	assert_true(rsp_resume(client, &error));
	assert_false(rsp_stop(client, NULL, &error));
	assert_non_null(strstr(error.text, "does not stop the target"));
	rsp_close(client);
	fake_stub_end(stub);
}

static void a_target_that_ends(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct error error = {0};

	(void)state;
	assert_true(rsp_resume(client, &error));
	assert_int_equal(rsp_wait_for_stop(client, 0, NULL, &error), RSP_WAIT_TIMEOUT);
	fake_stub_exit_target(stub);
	assert_int_equal(rsp_wait_for_stop(client, 5000, NULL, &error), RSP_WAIT_LOST);
	assert_non_null(strstr(error.text, "the target has ended"));
	assert_int_equal(error.status, EXIT_CONNECTION);
	rsp_close(client);
	fake_stub_end(stub);
}

/* A signal handler writes to a pipe; whatever waits then gives up, but the target is let go. */
static void the_abort_descriptor_ends_waiting(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_config config = {.address = fake_stub_address(stub), .timeout_ms = 5000};
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;
	int abort_pipe[2];

	(void)state;
	assert_int_equal(pipe(abort_pipe), 0);
	config.abort_fd = abort_pipe[0];
	client = rsp_connect(&config, &error);
	assert_non_null(client);
	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, FAKE_PC, 4, &error));
	assert_true(rsp_resume(client, &error));
	assert_int_equal(write(abort_pipe[1], "!", 1), 1);
	assert_int_equal(rsp_wait_for_stop(client, -1, NULL, &error), RSP_WAIT_ABORTED);
	assert_int_equal(error.status, EXIT_CLEAN);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.breakpoints, 0);
	assert_true(seen.running);
	close(abort_pipe[0]);
	close(abort_pipe[1]);
}

static bool stop_is_cut_short(struct rsp_client *client, struct error *error)
{
	return rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, FAKE_PC, 4, error) &&
	       rsp_resume(client, error) && rsp_stop(client, NULL, error);
}

static bool burst_is_cut_short(struct rsp_client *client, struct error *error)
{
	static char bytes[200][64];
	struct rsp_read reads[200];

	for (size_t i = 0; i < 200; i++)
		reads[i] = (struct rsp_read){.addr = FAKE_BASE + 64 * i, .len = 64, .to = bytes[i]};
	return rsp_read_memory(client, reads, 200, false, error);
}

static bool nothing_is_cut_short(struct rsp_client *client, struct error *error)
{
	return rsp_resume(client, error) && rsp_stop(client, NULL, error);
}

/*
 * A stub on a busy host answers late, whatever was on its way when the user wanted to be gone: the
 * answers are still taken for what they are, nothing is said twice, and the target runs on.
 */
static void a_late_stub_is_left_as_it_was(void **state)
{
	static const struct {
		char late_on;
		bool (*act)(struct rsp_client *client, struct error *error);
	} cases[] = {
		{3, stop_is_cut_short},
		{'m', burst_is_cut_short},
		{'z', stop_is_cut_short},
		{'D', nothing_is_cut_short},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rsp_config how = {.timeout_ms = 5000};
		struct fake_config config = qemu;
		struct rsp_client *client;
		struct error error = {0};
		struct fake_stub *stub;
		struct fake_seen seen;
		int abort_pipe[2];
		double before;

		config.late_on = cases[i].late_on;
		config.late_ms = 800;
		stub = fake_stub_begin(&config);
		assert_int_equal(pipe(abort_pipe), 0);
		how.address = fake_stub_address(stub);
		how.abort_fd = abort_pipe[0];
		client = rsp_connect(&how, &error);
		assert_non_null(client);
		assert_int_equal(write(abort_pipe[1], "!", 1), 1);
		before = now_s();
		cases[i].act(client, &error);
		rsp_close(client);
		assert_true(now_s() - before < 2);
		seen = fake_stub_end(stub);
		if (!seen.running || seen.breakpoints)
			fail_msg("late on %d: runs %d, %u breakpoints", cases[i].late_on,
				 seen.running, seen.breakpoints);
		close(abort_pipe[0]);
		close(abort_pipe[1]);
	}
}

/* Hanging up is not to overtake what was said before. */
static void a_busy_stub_hears_the_go(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;

	(void)state;
	config.late_on = (char)('m' | FAKE_LATE_AFTER);
	config.late_ms = 300;
	stub = fake_stub_begin(&config);
	client = connect_well(stub);
	read_and_check(client, stub, 1, 8, false);
	assert_true(rsp_resume(client, &error));
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.running);
}

/* The same of a goodbye that nobody hurries: it was heard, though too late for us to know. */
static void a_goodbye_is_said_once(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct rsp_client *client;
	struct error error = {0};
	struct fake_seen seen;

	(void)state;
	config.late_on = 'D';
	config.late_ms = 2 * SHORT_MS;
	stub = fake_stub_begin(&config);
	client = connect_hasty(stub, &error);
	assert_non_null(client);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.running);
	assert_int_equal(seen.stops, 0);
}

static void bad_addresses(void **state)
{
	static const struct {
		const char *address;
		enum exit_status status;
		const char *says;
	} cases[] = {
		{"nonsense", EXIT_USAGE, "want HOST:PORT"},
		{"host:", EXIT_USAGE, "want HOST:PORT"},
		{":0", EXIT_USAGE, "want HOST:PORT"},
		{":65536", EXIT_USAGE, "want HOST:PORT"},
		{":12x", EXIT_USAGE, "want HOST:PORT"},
		{"a:b:1", EXIT_USAGE, "want HOST:PORT"},
		{"unix:", EXIT_USAGE, "a path of 1 to"},
		{"unix:/there/is/no/such/socket", EXIT_CONNECTION, "No such file"},
		{"[::1]:1", EXIT_CONNECTION, "cannot connect to [::1]:1"},
		{":1", EXIT_CONNECTION, "Connection refused"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rsp_config config = {.address = cases[i].address, .abort_fd = -1};
		struct error error = {0};

		assert_null(rsp_connect(&config, &error));
		assert_int_equal(error.status, cases[i].status);
		if (!strstr(error.text, cases[i].says))
			fail_msg("'%s' has no '%s'", error.text, cases[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_qemu_is_left_running),
		cmocka_unit_test(a_stopped_qemu_is_left_stopped),
		cmocka_unit_test(it_is_left_as_asked),
		cmocka_unit_test(memory_is_read_in_bursts),
		cmocka_unit_test(refused_addresses_are_not_ok),
		cmocka_unit_test(registers_by_name),
		cmocka_unit_test(monitor_output),
		cmocka_unit_test(breakpoints_are_stepped_over),
		cmocka_unit_test(watchpoints_are_stepped_over),
		cmocka_unit_test(a_stop_tells_where),
		cmocka_unit_test(stop_and_go),
		cmocka_unit_test(answers_in_fragments),
		cmocka_unit_test(acknowledgements_are_given),
		cmocka_unit_test(no_ack_mode_is_used),
		cmocka_unit_test(garbled_answers_are_asked_for_again),
		cmocka_unit_test(refused_packets_are_repeated),
		cmocka_unit_test(notifications_and_noise_are_skipped),
		cmocka_unit_test(a_talking_console_is_passed_over),
		cmocka_unit_test(a_go_that_is_refused),
		cmocka_unit_test(short_answers_are_not_believed),
		cmocka_unit_test(a_target_set_running_behind_our_back),
		cmocka_unit_test(connecting_fails_with_a_line),
		cmocka_unit_test(reading_fails_with_a_line),
		cmocka_unit_test(a_silent_stub_still_hears_goodbye),
		cmocka_unit_test(after_a_cut_the_target_is_let_go),
		cmocka_unit_test(a_go_that_was_cut_is_made_good),
		cmocka_unit_test(an_interrupt_that_does_nothing),
		cmocka_unit_test(a_target_that_ends),
		cmocka_unit_test(the_abort_descriptor_ends_waiting),
		cmocka_unit_test(a_late_stub_is_left_as_it_was),
		cmocka_unit_test(a_busy_stub_hears_the_go),
		cmocka_unit_test(a_goodbye_is_said_once),
		cmocka_unit_test(bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
