/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client and the stub's memory with another stub than QEMU's: gdbserver, on a small program of
 * this host (this test itself, asked to count). Skipped where gdbserver is not installed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory/source.h"

/* What the child counts; the parent has the same addresses, being the same position. */
static volatile uint64_t counter = 0x1122334400000000;

__attribute__((noinline)) static void tick(void)
{
	counter++;
}

static void count_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		tick();
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
}

static struct {
	pid_t counting, server;
	char address[32];
} target;

/* "Listening on port 12345", on its standard error. */
static bool read_port(int fd, char *address, size_t len)
{
	char text[512];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0) {
		const char *port;

		text[n += (size_t)got] = '\0';
		port = strstr(text, "Listening on port ");
		if (port && strchr(port, '\n')) {
			snprintf(address, len, ":%d", atoi(port + strlen("Listening on port ")));
			return true;
		}
	}
	return false;
}

static int begin(void **state)
{
	char pid[16];
	int ends[2];

	(void)state;
	if (system("command -v gdbserver >/dev/null 2>&1")) {
		print_message("skipped: gdbserver is not installed\n");
		return 0;
	}
	/* A child has our addresses: no slide, wherever we were loaded. */
	target.counting = fork();
	if (!target.counting)
		count_for_ever();
	/* gdbserver interrupts the group that is called like the process. */
	setpgid(target.counting, 0);
	if (pipe(ends))
		return -1;
	snprintf(pid, sizeof(pid), "%d", (int)target.counting);
	target.server = fork();
	if (!target.server) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		execlp("gdbserver", "gdbserver", "--once", "--attach", "localhost:0", pid, NULL);
		_exit(127);
	}
	close(ends[1]);
	if (!read_port(ends[0], target.address, sizeof(target.address)))
		print_message("skipped: gdbserver may not attach to a process here\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (target.server > 0) {
		kill(target.server, SIGKILL);
		waitpid(target.server, NULL, 0);
	}
	if (target.counting > 0) {
		kill(target.counting, SIGKILL);
		waitpid(target.counting, NULL, 0);
	}
	return 0;
}

static uint64_t read_counter(struct source *source)
{
	struct error error = {0};
	uint64_t value = 0;

	if (!memory_read_at(source_memory(source), (uintptr_t)&counter, &value, 8, &error))
		fail_msg("%s", error.text);
	return value;
}

static void it_is_read_stopped_and_let_go(void **state)
{
	struct source_config config = {.rsp = {.address = target.address, .abort_fd = -1}};
	struct source_proof proof = {
		.addr = (uintptr_t)tick, .bytes = (const void *)tick, .len = 16};
	struct error error = {0};
	struct source *source;
	struct rsp_client *client;
	struct rsp_stop stop;
	uint64_t pc, before, us;

	(void)state;
	if (!target.address[0])
		skip();
	source = source_open(&config, &error);
	if (!source)
		fail_msg("%s", error.text);
	client = source_client(source);
	assert_false(rsp_is_qemu(client));
	if (!source_settle(source, &proof, 1, &error))
		fail_msg("%s", error.text);
	assert_non_null(strstr(source_sentence(source), "not local: the stub is not QEMU's"));
	/* From hit to hit of a breakpoint it counts one. */
	assert_true(rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, (uintptr_t)tick, 1, &error));
	for (int i = 0; i < 5; i++) {
		before = read_counter(source);
		assert_true(rsp_resume(client, &error));
		assert_int_equal(rsp_wait_for_stop(client, 10000, &stop, &error), RSP_WAIT_STOPPED);
		assert_int_equal(stop.reason, RSP_STOP_BREAKPOINT);
		assert_true(rsp_read_register(client, "pc", &pc, &error));
		assert_true(pc == (uintptr_t)tick);
		assert_true(i == 0 || read_counter(source) == before + 1);
	}
	assert_true(rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, (uintptr_t)tick, 1, &error));
	assert_true(rsp_resume(client, &error));
	if (!source_pause_begin(source, &error))
		fail_msg("%s", error.text);
	assert_true(read_counter(source) >> 32 == 0x11223344);
	assert_true(source_pause_end(source, &us, &error));
	assert_true(rsp_detach(client, RSP_LEAVE_AS_FOUND, &error));
	source_close(source);
	/* Let go, not stopped and not dead: once it has been waited for, gdbserver is gone. */
	assert_int_equal(waitpid(target.server, NULL, 0), target.server);
	target.server = 0;
	assert_int_equal(waitpid(target.counting, NULL, WNOHANG | WUNTRACED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_read_stopped_and_let_go),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
