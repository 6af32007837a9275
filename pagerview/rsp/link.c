/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One buffer each way and one loop that always polls both directions: a stub answers before it
 * reads on, so a client that only sends makes both sides wait for ever (and QEMU's main loop with
 * them). Requests go out in batches as room allows, so a burst costs few system calls.
 *
 * After a time-out or an abort, answers to what was asked may still arrive, however late. They
 * carry no number, so before the next exchange the link asks something whose answer is like no
 * other and drops all that comes before; of a stub that knows no such request it drops until the
 * other side has been quiet for a while. The same cure serves when a stop reply comes where an
 * answer is due: somebody (QEMU's monitor) let the target run, our next byte stopped it again and
 * was eaten, and so one answer will never come.
 */
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"

#define IN_ROOM      (2 * LINK_BODY_MAX)
#define OUT_ROOM     (64u << 10)
#define JUNK_MAX     (64u << 10) /* bytes that are no packet before we believe it is no stub */
#define JUNK_AT_ONCE 16          /* the same while no packet has come at all */
#define RETRIES_MAX  3
#define QUIET_MS     100 /* silence after which no late answer is expected */
#define RESTARTS_MAX 5
#define LATE_LOOKS   64 /* at what is there already when a time-out is over */

int64_t link_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool link_init(struct link *link, const struct rsp_config *config)
{
	*link = (struct link){.fd = -1,
			      .abort_fd = config->abort_fd,
			      .timeout_ms = config->timeout_ms,
			      .hurry_ms = config->leave == RSP_LEAVE_DYING ? 0 : LINK_HURRY_MS,
			      .address = config->address,
			      .acks = true,
			      .window = 1};
	link->in = malloc(IN_ROOM);
	link->out = malloc(OUT_ROOM);
	link->body = malloc(LINK_BODY_MAX);
	link->last = malloc(PACKET_ROOM(LINK_REQUEST_MAX));
	link->out_room = OUT_ROOM;
	return link->in && link->out && link->body && link->last;
}

static void link_hang_up(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

void link_deinit(struct link *link)
{
	link_hang_up(link);
	free(link->in);
	free(link->out);
	free(link->body);
	free(link->last);
}

bool link_lose(struct link *link, const char *format, ...)
{
	char reason[300];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return error_set(&link->lost, EXIT_CONNECTION, "%s %s", link->address, reason);
}

bool link_report(const struct link *link, struct error *error)
{
	return error_set(error, EXIT_CONNECTION, "%s", link->lost.text);
}

static bool link_is_lost(const struct link *link)
{
	return link->lost.status != EXIT_CLEAN;
}

bool link_body_is_stop(const char *body, size_t len)
{
	if (len < 3 || !strchr("TSWX", body[0]))
		return false;
	return packet_hex_digit(body[1]) >= 0 && packet_hex_digit(body[2]) >= 0;
}

static bool link_lose_hung_up(struct link *link)
{
	link->hung_up = true;
	return link_lose(link, "closed the connection%s",
			 link->packets_in ? " (has the target ended?)"
					  : " without a word (is it a gdbstub?)");
}

/* Send what the socket takes now. */
static bool out_flush(struct link *link)
{
	while (link->out_start < link->out_end) {
		ssize_t n = send(link->fd, link->out + link->out_start,
				 link->out_end - link->out_start, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n < 0)
			return link_lose_hung_up(link);
		link->out_start += (size_t)n;
		link->stats.bytes += (uint64_t)n;
	}
	link->out_start = link->out_end = 0;
	return true;
}

static size_t out_free(struct link *link)
{
	if (link->out_start) {
		memmove(link->out, link->out + link->out_start, link->out_end - link->out_start);
		link->out_end -= link->out_start;
		link->out_start = 0;
	}
	return link->out_room - link->out_end;
}

/* False only when the other side takes so little that there is no room. */
static bool out_queue(struct link *link, const char *bytes, size_t len)
{
	if (out_free(link) < len)
		return false;
	memcpy(link->out + link->out_end, bytes, len);
	link->out_end += len;
	return true;
}

static bool out_queue_packet(struct link *link, const char *body, size_t len)
{
	size_t room = out_free(link);
	size_t n = packet_encode(body, len, link->out + link->out_end, room);

	if (n && link->acks && n <= PACKET_ROOM(LINK_REQUEST_MAX)) {
		memcpy(link->last, link->out + link->out_end, n);
		link->last_len = n;
	}
	link->out_end += n;
	if (n)
		link->stats.packets++;
	return n != 0;
}

/* Take what the socket has. */
static bool in_fill(struct link *link)
{
	ssize_t n;

	if (link->in_start) {
		memmove(link->in, link->in + link->in_start, link->in_end - link->in_start);
		link->in_end -= link->in_start;
		link->in_start = 0;
	}
	if (link->in_end == IN_ROOM)
		return link_lose(link, "sent a packet of more than %u bytes", IN_ROOM);
	n = recv(link->fd, link->in + link->in_end, IN_ROOM - link->in_end, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return true;
	if (n <= 0)
		return link_lose_hung_up(link);
	link->in_end += (size_t)n;
	link->stats.bytes += (uint64_t)n;
	return true;
}

static bool junk_note(struct link *link, const char *bytes, size_t len)
{
	size_t before = link->junk_len;

	for (size_t i = 0; i < len && before + i < sizeof(link->junk) - 1; i++)
		link->junk[before + i] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
	link->junk_len += len;
	if (link->junk_len > (link->packets_in ? JUNK_MAX : JUNK_AT_ONCE))
		return link_lose(link, "is no gdbstub: it sent \"%s\"...", link->junk);
	return true;
}

/* Ask for the last packet again. */
static bool packet_refuse(struct link *link, const char *what)
{
	if (!link->acks || ++link->retries > RETRIES_MAX)
		return link_lose(link, "sent a packet %s", what);
	out_queue(link, "-", 1);
	return true;
}

/* Decode until there is a packet; false: no whole one is here, or the link is lost. */
static bool in_packet(struct link *link)
{
	while (link->in_start < link->in_end) {
		struct packet packet = {.body = link->body, .room = LINK_BODY_MAX};
		const char *from = link->in + link->in_start;
		size_t used;

		switch (packet_decode(from, link->in_end - link->in_start, &used, &packet)) {
		case PACKET_NEED_MORE:
			if (link->in_end - link->in_start > LINK_BODY_MAX)
				link_lose(link, "sent a packet of more than %u bytes",
					  LINK_BODY_MAX);
			return false;
		case PACKET_BODY:
			link->in_start += used;
			link->body_len = packet.len;
			link->packets_in++;
			link->retries = 0;
			if (link->acks)
				out_queue(link, "+", 1);
			return true;
		case PACKET_ACK:
		case PACKET_NOTIFICATION:
			break;
		case PACKET_NACK:
			if (!link->acks || ++link->retries > RETRIES_MAX)
				link_lose(link, "refuses our packets");
			else
				out_queue(link, link->last, link->last_len);
			break;
		case PACKET_JUNK:
			junk_note(link, from, used);
			break;
		case PACKET_BAD_CHECKSUM:
			packet_refuse(link, "with a wrong checksum");
			break;
		case PACKET_MALFORMED:
			packet_refuse(link, "that makes no sense");
			break;
		case PACKET_TOO_LONG:
			link_lose(link, "sent a packet of more than %u bytes", LINK_BODY_MAX);
			break;
		}
		link->in_start += used;
		if (link_is_lost(link))
			return false;
	}
	return false;
}

static void stop_tell(struct link *link)
{
	if (link->on_stop && link_body_is_stop(link->body, link->body_len))
		link->on_stop(link->on_stop_context, link->body, link->body_len);
}

void link_hurry(struct link *link)
{
	if (!link->gone_by_us)
		link->gone_by_us = link_now_us() + (int64_t)link->hurry_ms * 1000;
}

unsigned int link_patience_ms(const struct link *link)
{
	int64_t left_ms = (link->gone_by_us - link_now_us() + 999) / 1000;

	if (!link->gone_by_us || left_ms >= link->timeout_ms)
		return link->timeout_ms;
	return left_ms > 0 ? (unsigned int)left_ms : 0;
}

static int poll_ms(int timeout_ms, int64_t deadline_us)
{
	int64_t left = deadline_us - link_now_us();

	if (timeout_ms < 0)
		return -1;
	return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

enum link_event link_receive(struct link *link, int timeout_ms, bool deaf)
{
	int64_t deadline = link_now_us() + (int64_t)timeout_ms * 1000;
	unsigned int late = 0;
	bool looked = false;
	int ready = 0;

	while (!link_is_lost(link)) {
		struct pollfd polled[2] = {{.fd = link->fd, .events = POLLIN},
					   {.fd = deaf ? -1 : link->abort_fd, .events = POLLIN}};

		if (in_packet(link)) {
			stop_tell(link);
			return LINK_PACKET;
		}
		if (link_is_lost(link) || !out_flush(link))
			break;
		/* Behind an acknowledgement there may be more, the end of all too: that is not
		 * late. */
		if (looked && timeout_ms >= 0 && link_now_us() >= deadline &&
		    (ready <= 0 || ++late > LATE_LOOKS))
			return LINK_TIMEOUT;
		if (link->out_start < link->out_end)
			polled[0].events |= POLLOUT;
		looked = true;
		ready = poll(polled, 2, poll_ms(timeout_ms, deadline));
		if (ready < 0 && errno != EINTR) {
			link_lose(link, "cannot be waited for (%s)", strerror(errno));
			break;
		}
		if (ready > 0 && polled[1].revents) {
			link_hurry(link);
			return LINK_ABORTED;
		}
		if (ready > 0 && (polled[0].revents & ~POLLOUT) && !in_fill(link))
			break;
	}
	return LINK_LOST;
}

/* Nothing came for the whole time-out. */
static bool link_lose_silent(struct link *link)
{
	unsigned int ms = link->timeout_ms;

	if (link->packets_in)
		return link_lose(link, "did not answer for %u.%u s", ms / 1000, ms % 1000 / 100);
	if (link->junk_len)
		return link_lose(link, "is no gdbstub: it sent \"%s\"", link->junk);
	return link_lose(link,
			 "takes the connection but said nothing for %u.%u s (a stub serves one "
			 "debugger at a time: is another one connected?)",
			 ms / 1000, ms % 1000 / 100);
}

/* Ask what tells the end of late answers; how many such answers are owed for it. */
static unsigned int probe_send(struct link *link)
{
	return link->probe && out_queue_packet(link, link->probe, strlen(link->probe)) ? 1 : 0;
}

/* What was received is the answer to a probe. A stop reply tells that one may have been eaten. */
static bool probe_take(struct link *link, unsigned int *asked)
{
	if (*asked && link_body_is_stop(link->body, link->body_len))
		*asked += probe_send(link);
	return *asked && !strncmp(link->body, link->probe_answer, strlen(link->probe_answer));
}

/* Read and drop what is still coming from an exchange that was cut short. */
static bool link_settle(struct link *link)
{
	int64_t give_up = link_now_us() + (int64_t)link_patience_ms(link) * 1000;
	unsigned int asked = probe_send(link), heard = 0;
	enum link_event event;

	do {
		unsigned int ms = asked && !heard ? link_patience_ms(link) : QUIET_MS;

		event = link_receive(link, (int)ms, true);
		if (event == LINK_PACKET && probe_take(link, &asked) && ++heard == asked)
			break;
		if (event == LINK_TIMEOUT && asked && !heard)
			return link_lose_silent(link);
		if (link_now_us() > give_up)
			return link_lose(link, "does not stop talking");
	} while (event == LINK_PACKET ||
		 (event == LINK_TIMEOUT && link->out_start < link->out_end));
	link->unsettled = false;
	return event != LINK_LOST;
}

struct burst {
	const struct link_exchange *exchange;
	size_t sent, answered;
	unsigned int restarts;
};

static bool burst_send(struct link *link, struct burst *burst)
{
	const struct link_exchange *exchange = burst->exchange;
	char body[LINK_REQUEST_MAX];

	while (burst->sent < exchange->count && burst->sent - burst->answered < link->window) {
		size_t len;

		if (out_free(link) < PACKET_ROOM(LINK_REQUEST_MAX))
			break;
		len = exchange->compose(exchange->context, burst->sent, body, sizeof(body));
		if (!out_queue_packet(link, body, len))
			return link_lose(link, "would be sent a request that is too long");
		burst->sent++;
	}
	return true;
}

/* The stop reply tells that a byte of ours was eaten: whatever has no answer is asked again. */
static bool burst_restart(struct link *link, struct burst *burst)
{
	link->stats.intrusions++;
	if (++burst->restarts > RESTARTS_MAX)
		return link_lose(link, "is set running again and again by somebody else");
	burst->sent = burst->answered;
	return link_settle(link);
}

/* What the target or the stub (OpenOCD does) prints meanwhile: "O" and hex digits. */
static bool body_is_console(const struct link *link)
{
	return link->body_len > 2 && link->body[0] == 'O' &&
	       strspn(link->body + 1, "0123456789abcdefABCDEF") == link->body_len - 1;
}

static bool burst_take(struct link *link, struct burst *burst)
{
	const struct link_exchange *exchange = burst->exchange;
	enum link_reply reply;

	if (!exchange->takes_console && body_is_console(link))
		return true;
	reply = exchange->accept(exchange->context, burst->answered, link->body, link->body_len);
	if (reply == LINK_REPLY_DONE)
		burst->answered++;
	if (reply != LINK_REPLY_FOREIGN)
		return true;
	if (link_body_is_stop(link->body, link->body_len)) {
		if (link->body[0] == 'W' || link->body[0] == 'X')
			return link_lose(link, "says that the target has ended");
		return burst_restart(link, burst);
	}
	return link_lose(link, "gave an answer that makes no sense: \"%.40s\"", link->body);
}

static bool burst_run(struct link *link, struct burst *burst, struct error *error)
{
	const struct link_exchange *exchange = burst->exchange;
	bool deaf = exchange->deaf;

	while (burst->answered < exchange->count) {
		if (!burst_send(link, burst))
			return false;
		switch (link_receive(link, (int)link_patience_ms(link), deaf)) {
		case LINK_PACKET:
			if (!burst_take(link, burst))
				return false;
			break;
		case LINK_TIMEOUT:
			return link_lose_silent(link);
		case LINK_ABORTED:
			if (link->greeting) {
				deaf = true;
				break;
			}
			link->unsettled = true;
			return error_set(error, EXIT_CONNECTION, "interrupted while %s answered",
					 link->address);
		case LINK_LOST:
			return false;
		}
	}
	return true;
}

static void owed_take(struct link *link, bool deaf)
{
	struct link_exchange owed = link->owed;
	struct burst burst = {.exchange = &owed, .sent = owed.count};
	struct error ignored = {0};

	link->owed.count = 0;
	owed.deaf = deaf;
	if (owed.count && !link_is_lost(link) && !link->unsettled)
		burst_run(link, &burst, &ignored);
}

void link_owe(struct link *link, const struct link_exchange *exchange)
{
	link->owed = *exchange;
}

void link_collect(struct link *link)
{
	owed_take(link, false);
}

/* Before the answers to BURST come those that are owed; its requests need not wait for them. */
static void owed_take_before(struct link *link, struct burst *burst)
{
	uint64_t intrusions = link->stats.intrusions;

	if (link->owed.count && !link->unsettled && !burst_send(link, burst))
		return;
	owed_take(link, burst->exchange->deaf);
	if (link->unsettled || link->stats.intrusions != intrusions)
		burst->sent = 0; /* what was answered meanwhile was dropped */
}

bool link_exchange(struct link *link, const struct link_exchange *exchange, struct error *error)
{
	struct burst burst = {.exchange = exchange};
	bool done;

	if (!exchange->count)
		return true;
	owed_take_before(link, &burst);
	done = !link_is_lost(link) && (!link->unsettled || link_settle(link)) &&
	       burst_run(link, &burst, error);
	link->stats.trips++;
	if (!done && link_is_lost(link))
		link_report(link, error);
	return done;
}

static bool out_drain(struct link *link)
{
	int64_t deadline = link_now_us() + (int64_t)link_patience_ms(link) * 1000;

	while (!link_is_lost(link) && out_flush(link) && link->out_start < link->out_end) {
		struct pollfd polled = {.fd = link->fd, .events = POLLIN | POLLOUT};

		if (link_now_us() > deadline)
			return link_lose_silent(link);
		poll(&polled, 1, (int)link_patience_ms(link));
		if ((polled.revents & ~POLLOUT) && !in_fill(link))
			break;
	}
	return !link_is_lost(link);
}

bool link_queue_packet(struct link *link, const char *body)
{
	return out_queue_packet(link, body, strlen(body)) || link_lose(link, "takes no more data");
}

bool link_send_raw(struct link *link, const char *bytes, size_t len, struct error *error)
{
	if (!link_is_lost(link) && out_queue(link, bytes, len) && out_drain(link))
		return true;
	link_lose(link, "takes no more data");
	return link_report(link, error);
}

bool link_send_packet(struct link *link, const char *body, struct error *error)
{
	if (!link_is_lost(link) && out_queue_packet(link, body, strlen(body)) && out_drain(link))
		return true;
	link_lose(link, "takes no more data");
	return link_report(link, error);
}

void link_send_blindly(struct link *link, const char *body)
{
	char framed[PACKET_ROOM(64)];
	size_t len = packet_encode(body, strnlen(body, 64), framed, sizeof(framed));

	if (link->fd < 0)
		return;
	if (link->out_start < link->out_end)
		(void)!send(link->fd, link->out + link->out_start, link->out_end - link->out_start,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	link->out_start = link->out_end = 0;
	(void)!send(link->fd, framed, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool link_linger(struct link *link, unsigned int ms)
{
	int64_t end = link_now_us() + (int64_t)ms * 1000;
	ssize_t n = 1;

	if (link->fd < 0)
		return false;
	shutdown(link->fd, SHUT_WR);
	while (n > 0 && link_now_us() < end) {
		struct pollfd polled = {.fd = link->fd, .events = POLLIN};

		if (poll(&polled, 1, poll_ms((int)ms, end)) <= 0)
			break;
		n = recv(link->fd, link->in, IN_ROOM, MSG_DONTWAIT);
	}
	link_hang_up(link);
	return n == 0;
}
