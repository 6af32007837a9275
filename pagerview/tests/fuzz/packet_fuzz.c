/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a stub may send. The input is decoded by itself, and then is all that a
 * stub ever says to a client that greets it, asks for registers and memory, steps and waits. All of
 * it is there from the start, so a wait for more is over at once: the clock is put forward instead.
 */
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rsp/client.h"
#include "rsp/packet.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* How far the clock is ahead, nanoseconds. */
static int64_t ahead;

/* In place of the C library's for the whole program: the other side never says anything later. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	static const struct timespec now = {0};
	int ready = (int)syscall(SYS_ppoll, fds, count, &now, NULL, 0);

	assert(ready || timeout_ms >= 0); /* it would wait for ever */
	if (!ready)
		ahead += (int64_t)timeout_ms * 1000000;
	return ready;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	long failed = syscall(SYS_clock_gettime, clock, time);
	int64_t ns;

	if (failed || clock != CLOCK_MONOTONIC)
		return (int)failed;
	ns = time->tv_nsec + ahead;
	time->tv_sec += ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
	return 0;
}

static void decode_all(const char *data, size_t size)
{
	char *body = malloc(512);
	struct packet packet = {.body = body, .room = 512};
	size_t used;

	for (size_t at = 0; at < size; at += used) {
		enum packet_kind kind = packet_decode(data + at, size - at, &used, &packet);

		assert((used == 0) == (kind == PACKET_NEED_MORE));
		assert(used <= size - at);
		if (kind == PACKET_NEED_MORE)
			break;
		if (kind == PACKET_BODY || kind == PACKET_NOTIFICATION) {
			char again[PACKET_ROOM(512)], copy[512];
			struct packet second = {.body = copy, .room = sizeof(copy)};
			size_t len = packet_encode(body, packet.len, again, sizeof(again)), n;

			/* What was decoded survives the other way round. */
			assert(len && packet_decode(again, len, &n, &second) == PACKET_BODY);
			assert(second.len == packet.len && !memcmp(copy, body, packet.len));
		}
	}
	free(body);
}

static void talk(struct rsp_client *client)
{
	struct rsp_register registers[] = {{.name = "pc"}, {.name = "TTBR1_EL1"}};
	char ids[4][RSP_THREAD_LEN] = {""}, output[64], bytes[5000];
	struct rsp_read reads[] = {{.addr = 0x40000000, .len = sizeof(bytes), .to = bytes},
				   {.addr = UINT64_MAX - 8, .len = 8, .to = bytes}};
	struct rsp_stop stop;
	struct error error = {0};

	rsp_read_memory(client, reads, 2, true, &error);
	rsp_threads(client, ids, 4, &error);
	rsp_read_registers(client, NULL, registers, 2, &error);
	rsp_monitor(client, "info status", output, sizeof(output), &error);
	rsp_breakpoint_insert(client, RSP_WATCH_WRITE, 0x40000000, 8, &error);
	rsp_resume(client, &error);
	rsp_wait_for_stop(client, 1, &stop, &error);
	rsp_stop(client, &stop, &error);
	rsp_step(client, NULL, &stop, &error);
	rsp_run_others(client, 1, &stop, &error);
	rsp_view(client, ids[0]);
	rsp_read_memory_as(client, reads, 2, "cpsr", 0x3cd, &error);
	if (rsp_can_reverse(client))
		rsp_reverse_continue(client, &error);
	rsp_breakpoint_remove(client, RSP_WATCH_WRITE, 0x40000000, 8, &error);
	rsp_detach(client, RSP_LEAVE_STOPPED, &error);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct rsp_config config = {.address = "fuzz", .timeout_ms = 20, .abort_fd = -1};
	struct error error = {0};
	struct rsp_client *client;
	int ends[2];

	if (size > 60000)
		return 0;
	decode_all((const char *)data, size);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 0;
	if (send(ends[1], data, size, MSG_NOSIGNAL) < 0 && size)
		abort();
	if (size % 2) /* else it falls silent */
		shutdown(ends[1], SHUT_WR);
	client = rsp_adopt(ends[0], &config, &error);
	if (client)
		talk(client);
	else
		assert(error.status == EXIT_CONNECTION && error.text[0]);
	rsp_close(client);
	close(ends[1]);
	return 0;
}
