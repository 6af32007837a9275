/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping, running, stepping, breakpoints.
 *
 * To go on from a breakpoint, or after a watchpoint has fired, the stub has to be helped: `c` with
 * it still in place hits again at once. So what the target stands on is taken out, one instruction
 * is stepped with all other CPUs standing still (none can slip through), and it is put in again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_private.h"
#include "packet.h"

#define STEP_TRIES       4
#define MAX_OTHERS       32 /* CPUs that run while one stands */
#define SIGNAL_INTERRUPT 2  /* the protocol's numbers, not the host's */
#define SIGNAL_TRAP      5
#define ASK_AGAIN_MS     200

/* "thread:p01.02;" and the like; the value is text or a number by key. */
static void stop_note_pair(struct rsp_stop *stop, const char *key, size_t key_len,
			   const char *value, size_t len)
{
	struct packet_cursor cursor = packet_cursor_of(value, len);

	if (key_len == 6 && !memcmp(key, "thread", 6) && len < sizeof(stop->thread)) {
		memcpy(stop->thread, value, len);
		stop->thread[len] = '\0';
	} else if ((key_len == 5 && !memcmp(key, "watch", 5)) ||
		   (key_len == 6 && (!memcmp(key, "rwatch", 6) || !memcmp(key, "awatch", 6)))) {
		stop->reason = RSP_STOP_WATCHPOINT;
		stop->watch_addr = packet_cursor_hex(&cursor);
	}
}

/* Thread ids go back to the stub as they came: nothing else may be in them. */
static bool thread_is_sane(const char *thread)
{
	return strspn(thread, "p0123456789abcdefABCDEF.-") == strlen(thread);
}

void client_note_stop(void *context, const char *body, size_t len)
{
	struct rsp_client *client = context;
	struct packet_cursor cursor = packet_cursor_of(body + 1, 2);
	struct rsp_stop stop = {.reason = RSP_STOP_SIGNAL};

	stop.signal = (int)packet_cursor_hex(&cursor);
	if (stop.signal == SIGNAL_TRAP)
		stop.reason = RSP_STOP_BREAKPOINT;
	cursor = packet_cursor_of(body + 3, len - 3);
	while (body[0] == 'T' && !packet_cursor_done(&cursor)) {
		size_t pair_len, key_len;
		const char *pair = packet_cursor_until(&cursor, ';', &pair_len);
		struct packet_cursor inside = packet_cursor_of(pair, pair_len);
		const char *key = packet_cursor_until(&inside, ':', &key_len);

		stop_note_pair(&stop, key, key_len, inside.at, (size_t)(inside.end - inside.at));
	}
	if (body[0] == 'W' || body[0] == 'X')
		stop.reason = RSP_STOP_EXITED;
	if (!thread_is_sane(stop.thread))
		stop.thread[0] = '\0';
	client->last = stop;
	client->view[0] = '\0';
	if (client->running)
		client->ran_us += link_now_us() - client->went_us;
	client->running = client->interrupting = false;
	client->selected[0] = '\0';
	client->stops++;
}

void client_note_go(struct rsp_client *client)
{
	client->running = true;
	client->went_us = link_now_us();
}

uint64_t rsp_ran_us(const struct rsp_client *client)
{
	int64_t now = client->running ? link_now_us() - client->went_us : 0;

	return (uint64_t)(client->ran_us + now);
}

const struct rsp_stop *rsp_last_stop(struct rsp_client *client)
{
	link_collect(&client->link);
	return &client->last;
}

static bool client_lose_target(struct rsp_client *client, struct error *error)
{
	link_lose(&client->link, "says that the target has ended (status %d)", client->last.signal);
	return link_report(&client->link, error);
}

/* One packet came while the target ran: true when it has stopped now, for us to hear. */
static bool client_take_stop(struct rsp_client *client, uint64_t stops_before, struct error *error)
{
	if (client->stops == stops_before) {
		if (client->link.body[0] == 'E' || !client->link.body_len)
			link_lose(&client->link, "refuses to let the target run (%.40s)",
				  client->link.body_len ? client->link.body : "unsupported");
		return false;
	}
	/* The answer to an interrupt that crossed an earlier stop is old news. */
	if (client->interrupt_due && client->last.reason == RSP_STOP_SIGNAL &&
	    client->last.signal == SIGNAL_INTERRUPT) {
		client->interrupt_due = false;
		rsp_resume(client, error);
		return false;
	}
	return true;
}

static enum rsp_wait client_wait(struct rsp_client *client, int timeout_ms, bool deaf,
				 struct error *error)
{
	int64_t deadline = link_now_us() + (int64_t)timeout_ms * 1000;

	while (client->running) {
		int64_t left = (deadline - link_now_us() + 999) / 1000;
		int wait_ms = timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0;
		uint64_t stops = client->stops;

		switch (link_receive(&client->link, wait_ms, deaf)) {
		case LINK_PACKET:
			client_take_stop(client, stops, error);
			break;
		case LINK_TIMEOUT:
			return RSP_WAIT_TIMEOUT;
		case LINK_ABORTED:
			return RSP_WAIT_ABORTED;
		case LINK_LOST:
			link_report(&client->link, error);
			return RSP_WAIT_LOST;
		}
	}
	if (client->last.reason == RSP_STOP_EXITED) {
		client_lose_target(client, error);
		return RSP_WAIT_LOST;
	}
	return RSP_WAIT_STOPPED;
}

enum rsp_wait rsp_wait_for_stop(struct rsp_client *client, int timeout_ms, struct rsp_stop *stop,
				struct error *error)
{
	enum rsp_wait wait;

	if (rsp_is_lost(client)) {
		link_report(&client->link, error);
		return RSP_WAIT_LOST;
	}
	if (client->running)
		client->link.stats.trips++;
	wait = client_wait(client, timeout_ms, false, error);
	if (wait == RSP_WAIT_STOPPED && stop)
		*stop = client->last;
	return wait;
}

/*
 * Where the CPU stands is asked along with the interrupt, where that can do no harm: QEMU looks at
 * what stopped, whoever that is, and answers in order. What it calls its registers is known after
 * they were asked for once.
 */
static bool asked_find(struct rsp_client *client)
{
	struct asked *asked = &client->asked;

	if (!client->link.qemu || client->link.acks || client->without_p || !client->features_read)
		return false;
	asked->registers[0] = features_find(&client->features, "pc");
	asked->registers[1] = features_find(&client->features, "sp");
	return asked->registers[0] && asked->registers[1];
}

static size_t asked_compose(void *context, size_t i, char *body, size_t room)
{
	const struct rsp_client *client = context;

	return (size_t)snprintf(body, room, "p%" PRIx32, client->asked.registers[i]->number);
}

static enum link_reply asked_accept(void *context, size_t i, const char *body, size_t len)
{
	struct rsp_client *client = context;
	struct rsp_stop *stop = &client->last;

	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (i == 0)
		stop->has_pc = client_take_number(body, len, &stop->pc);
	else
		stop->has_sp = client_take_number(body, len, &stop->sp);
	return LINK_REPLY_DONE;
}

/* The answers come behind the stop reply, for whom they are wanted by. */
static void asked_owe(struct rsp_client *client)
{
	link_owe(&client->link, &(struct link_exchange){.count = 2,
							.compose = asked_compose,
							.accept = asked_accept,
							.context = client});
}

/*
 * QEMU drops an interrupt that comes while its last answer is not acknowledged; the '+' before it
 * acknowledges, or is itself the byte that stops a running machine.
 */
static bool client_interrupt(struct rsp_client *client, bool asks, struct error *error)
{
	char bytes[2 + 2 * PACKET_ROOM(16)] = "+\003", body[16];
	size_t len = 2;

	client->interrupting = true;
	if (!client->qemu)
		return link_send_raw(&client->link, "\003", 1, error);
	for (size_t i = 0; asks && i < 2; i++) {
		size_t body_len = asked_compose(client, i, body, sizeof(body));

		len += packet_encode(body, body_len, bytes + len, sizeof(bytes) - len);
		client->link.stats.packets++;
	}
	return link_send_raw(&client->link, bytes, len, error);
}

/*
 * Interrupt until it stops. gdbserver overlooks an interrupt that it receives together with the
 * request to run, so others than QEMU are asked again and again.
 */
static enum rsp_wait client_interrupt_and_wait(struct rsp_client *client, bool asks, bool deaf,
					       struct error *error)
{
	int left_ms = (int)link_patience_ms(&client->link);
	enum rsp_wait wait;

	do {
		int part_ms = client->qemu || left_ms < ASK_AGAIN_MS ? left_ms : ASK_AGAIN_MS;

		if (!client_interrupt(client, asks, error))
			return RSP_WAIT_LOST;
		wait = client_wait(client, part_ms, deaf, error);
		left_ms -= part_ms;
	} while (wait == RSP_WAIT_TIMEOUT && left_ms > 0);
	/* The interrupt is on its way: whoever wants to be gone still has to hear of the stop. */
	if (wait == RSP_WAIT_ABORTED)
		wait = client_wait(client, (int)link_patience_ms(&client->link), true, error);
	return wait;
}

static bool client_stop(struct rsp_client *client, bool deaf, struct error *error)
{
	bool asks = !deaf && asked_find(client);
	enum rsp_wait wait;

	if (rsp_is_lost(client))
		return link_report(&client->link, error);
	if (!client->running)
		return true;
	client->link.stats.stops++;
	client->link.stats.trips++;
	wait = client_interrupt_and_wait(client, asks, deaf, error);
	if (wait == RSP_WAIT_LOST)
		return false;
	if (wait != RSP_WAIT_STOPPED) {
		link_lose(&client->link, "does not stop the target (is it hanging?)");
		return link_report(&client->link, error);
	}
	if (!client->qemu && client->last.signal != SIGNAL_INTERRUPT)
		client->interrupt_due = true;
	if (asks)
		asked_owe(client);
	return true;
}

bool rsp_stop(struct rsp_client *client, struct rsp_stop *stop, struct error *error)
{
	if (!client_stop(client, false, error))
		return false;
	if (stop)
		*stop = *rsp_last_stop(client);
	return true;
}

bool client_stop_deaf(struct rsp_client *client, struct error *error)
{
	return client_stop(client, true, error);
}

/* A burst of Z or z packets. */
struct break_burst {
	char letter; /* 'Z' or 'z' */
	const struct breakpoint *list;
	size_t refused; /* answers other than OK */
	char answer[32];
};

static size_t break_compose(void *context, size_t i, char *body, size_t room)
{
	const struct break_burst *burst = context;
	const struct breakpoint *at = &burst->list[i];

	return (size_t)snprintf(body, room, "%c%d,%" PRIx64 ",%x", burst->letter, at->type,
				at->addr, at->kind);
}

static enum link_reply break_accept(void *context, size_t i, const char *body, size_t len)
{
	struct break_burst *burst = context;

	(void)i;
	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (strcmp(body, "OK")) {
		burst->refused++;
		snprintf(burst->answer, sizeof(burst->answer), "%s", len ? body : "unsupported");
	}
	return LINK_REPLY_DONE;
}

static bool breakpoints_send(struct rsp_client *client, char letter, const struct breakpoint *list,
			     size_t count, bool deaf, struct error *error)
{
	struct break_burst burst = {.letter = letter, .list = list};
	const struct link_exchange exchange = {.count = count,
					       .compose = break_compose,
					       .accept = break_accept,
					       .context = &burst,
					       .deaf = deaf};

	if (!link_exchange(&client->link, &exchange, error))
		return false;
	if (burst.refused)
		return error_set(error, EXIT_CONNECTION,
				 "%s refuses to %s a breakpoint at 0x%" PRIx64 " (%s)",
				 client->address, letter == 'Z' ? "insert" : "remove", list[0].addr,
				 burst.answer);
	return true;
}

static struct breakpoint *breakpoint_find(struct rsp_client *client, enum rsp_breakpoint type,
					  uint64_t addr, unsigned int kind)
{
	for (size_t i = 0; i < client->num_breakpoints; i++) {
		struct breakpoint *at = &client->breakpoints[i];

		if (at->type == type && at->addr == addr && at->kind == kind)
			return at;
	}
	return NULL;
}

bool rsp_breakpoint_insert(struct rsp_client *client, enum rsp_breakpoint type, uint64_t addr,
			   unsigned int kind, struct error *error)
{
	struct breakpoint at = {.type = type, .addr = addr, .kind = kind};

	if (!client_is_ready(client, error))
		return false;
	if (breakpoint_find(client, type, addr, kind))
		return true;
	if (client->num_breakpoints == CLIENT_MAX_BREAKPOINTS)
		return error_set(error, EXIT_USAGE, "more than %d breakpoints",
				 CLIENT_MAX_BREAKPOINTS);
	/* On the list first: if we are cut short, the target may have it already. */
	client->breakpoints[client->num_breakpoints++] = at;
	if (breakpoints_send(client, 'Z', &at, 1, false, error))
		return true;
	if (!rsp_is_lost(client) && !client->link.unsettled)
		client->num_breakpoints--;
	return false;
}

bool rsp_breakpoint_remove(struct rsp_client *client, enum rsp_breakpoint type, uint64_t addr,
			   unsigned int kind, struct error *error)
{
	struct breakpoint *at = breakpoint_find(client, type, addr, kind), gone;

	if (!client_is_ready(client, error))
		return false;
	if (!at)
		return true;
	gone = *at;
	if (!breakpoints_send(client, 'z', &gone, 1, false, error))
		return false;
	*at = client->breakpoints[--client->num_breakpoints];
	return true;
}

bool client_breakpoints_clear(struct rsp_client *client, struct error *error)
{
	struct error refusal = {0};

	/* A refusal is not the end: one that never went in cannot be taken out. */
	if (!breakpoints_send(client, 'z', client->breakpoints, client->num_breakpoints, true,
			      &refusal) &&
	    rsp_is_lost(client))
		return link_report(&client->link, error);
	client->num_breakpoints = 0;
	return true;
}

/* What the target stands on, into LIFTED; their number. */
static size_t breakpoints_underfoot(struct rsp_client *client,
				    struct breakpoint lifted[CLIENT_MAX_BREAKPOINTS])
{
	struct error ignored = {0};
	size_t count = 0;
	uint64_t pc = 0;

	if (!client->num_breakpoints || client->last.reason == RSP_STOP_SIGNAL)
		return 0;
	if (client->last.reason == RSP_STOP_BREAKPOINT &&
	    !rsp_read_register(client, "pc", &pc, &ignored))
		return 0;
	for (size_t i = 0; i < client->num_breakpoints; i++) {
		const struct breakpoint *at = &client->breakpoints[i];
		bool watches = at->type >= RSP_WATCH_WRITE;

		if (client->last.reason == RSP_STOP_WATCHPOINT ? watches
							       : !watches && at->addr == pc)
			lifted[count++] = *at;
	}
	return count;
}

static bool client_go(struct rsp_client *client, const char *request, struct error *error)
{
	link_collect(&client->link);
	client_note_go(client); /* whether or not the sending succeeds */
	return link_send_packet(&client->link, request, error);
}

static bool client_step(struct rsp_client *client, const char *thread, struct error *error)
{
	char request[32 + RSP_THREAD_LEN], answer[ANSWER_MAX];
	enum rsp_wait wait;

	if (!thread || !*thread)
		thread = client->last.thread;
	if (!thread_is_sane(thread) || strlen(thread) >= RSP_THREAD_LEN)
		return error_set(error, EXIT_USAGE, "no thread '%.40s'", thread);
	if (client->vcont && *thread) {
		snprintf(request, sizeof(request), "vCont;s:%s", thread);
	} else {
		snprintf(request, sizeof(request), "Hc%s", thread);
		if (*thread && !client_ask(client, request, answer, false, error))
			return false;
		snprintf(request, sizeof(request), "s");
	}
	client->link.stats.trips++;
	if (!client_go(client, request, error))
		return false;
	wait = client_wait(client, (int)link_patience_ms(&client->link), false, error);
	if (wait == RSP_WAIT_STOPPED)
		return true;
	if (wait == RSP_WAIT_TIMEOUT)
		error_set(error, EXIT_CONNECTION, "%s: a single step does not end",
			  client->address);
	if (wait == RSP_WAIT_ABORTED)
		error_set(error, EXIT_CONNECTION, "interrupted while %s stepped", client->address);
	return false;
}

bool rsp_step(struct rsp_client *client, const char *thread, struct rsp_stop *stop,
	      struct error *error)
{
	struct breakpoint lifted[CLIENT_MAX_BREAKPOINTS];
	size_t count;
	bool stepped;

	if (!client_is_ready(client, error))
		return false;
	count = breakpoints_underfoot(client, lifted);
	if (count && !breakpoints_send(client, 'z', lifted, count, false, error))
		return false;
	stepped = client_step(client, thread, error);
	if (count && !client->running &&
	    !breakpoints_send(client, 'Z', lifted, count, false, error))
		return false;
	if (stepped && stop)
		*stop = client->last;
	return stepped;
}

/* "vCont;c:ID;c:ID" of all threads but KEPT; false: there are none, or too many. */
static bool compose_others(struct rsp_client *client, const char *kept, char *request, size_t room,
			   struct error *error)
{
	char ids[MAX_OTHERS][RSP_THREAD_LEN];
	size_t count = rsp_threads(client, ids, MAX_OTHERS, error), len = 5;

	snprintf(request, room, "vCont");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(ids[i], kept) != 0 && len + RSP_THREAD_LEN + 4 < room)
			len += (size_t)snprintf(request + len, room - len, ";c:%s", ids[i]);
	}
	return len > 5;
}

enum rsp_wait rsp_run_others(struct rsp_client *client, int timeout_ms, struct rsp_stop *other,
			     struct error *error)
{
	struct rsp_stop first = client->last;
	char request[MAX_OTHERS * (RSP_THREAD_LEN + 3) + 8];
	enum rsp_wait wait;

	if (!client_is_ready(client, error))
		return RSP_WAIT_LOST;
	if (!client->vcont || !*first.thread ||
	    !compose_others(client, first.thread, request, sizeof(request), error))
		return error->status == EXIT_CLEAN ? RSP_WAIT_TIMEOUT : RSP_WAIT_LOST;
	client->link.stats.trips++;
	if (!client_go(client, request, error))
		return RSP_WAIT_LOST;
	wait = client_wait(client, timeout_ms, false, error);
	if ((wait == RSP_WAIT_TIMEOUT || wait == RSP_WAIT_ABORTED) &&
	    !client_stop_deaf(client, error))
		return RSP_WAIT_LOST;
	if (wait != RSP_WAIT_LOST) {
		*other = client->last;
		client->last = first;
	}
	return wait;
}

bool rsp_breakpoint_at(const struct rsp_client *client, uint64_t addr)
{
	for (size_t i = 0; i < client->num_breakpoints; i++)
		if (client->breakpoints[i].type < RSP_WATCH_WRITE &&
		    client->breakpoints[i].addr == addr)
			return true;
	return false;
}

/*
 * Leave the breakpoint that the target stands on. QEMU may end a step before the instruction is
 * done, when an interrupt came between: then the breakpoint would be hit once more, and whoever
 * counts hits would count one too many. So the PC has to move.
 */
static bool step_off(struct rsp_client *client, struct error *error)
{
	struct breakpoint lifted[CLIENT_MAX_BREAKPOINTS];
	struct error ignored = {0};
	uint64_t from = 0, pc = 0;

	for (unsigned int i = 0; i < STEP_TRIES && pc == from; i++) {
		if (!breakpoints_underfoot(client, lifted))
			return true;
		if (!rsp_read_register(client, "pc", &from, &ignored))
			return rsp_step(client, NULL, NULL, error);
		if (!rsp_step(client, NULL, NULL, error))
			return false;
		if (!rsp_read_register(client, "pc", &pc, &ignored))
			return true;
	}
	return true;
}

bool rsp_resume(struct rsp_client *client, struct error *error)
{
	if (rsp_is_lost(client))
		return link_report(&client->link, error);
	if (client->running)
		return true;
	link_collect(&client->link);
	if (!step_off(client, error))
		return false;
	/*
	 * A debugger that comes after us does not expect physical addresses. The answer to this
	 * comes while the target runs already, before any stop, and is dropped by who waits for
	 * one.
	 */
	if (client->physical == 1 && !client->link.acks) {
		if (!link_queue_packet(&client->link, "Qqemu.PhyMemMode:0"))
			return link_report(&client->link, error);
		client->physical = 0;
	}
	return client_go(client, client->vcont ? "vCont;c" : "c", error);
}
