/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coming and going. What a stub can do is asked, never assumed from its name, but for one: QEMU
 * wants no acknowledgements (any byte stops a running machine) and takes requests ahead. It is
 * known by a packet of its own, PhyMemMode.
 *
 * Connecting stops QEMU. Whether it ran before is known in one of two ways: up to version 7, a
 * machine that ran sends a stop reply before we have said a word; and the monitor tells
 * `prelaunch`, `debug` and the like where it stood still for another reason than our coming. A stub
 * that lets us know neither is taken as running before.
 */
#include "client.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_private.h"
#include "dial.h"
#include "packet.h"

#define DEFAULT_TIMEOUT_MS 5000
#define LINGER_MS          200 /* for the other side to hear what has no answer */
#define DEFAULT_READ       2048
#define SMALLEST_PACKET    64
#define QEMU_WINDOW        256
#define OTHER_WINDOW       32
#define FIRST_SILENT_QEMU  8          /* versions before tell their stop to whoever connects */
#define FLIGHT_BYTES       (1u << 20) /* of answers under way */

struct question {
	const char *request;
	char *answer;
};

static size_t question_compose(void *context, size_t i, char *body, size_t room)
{
	const struct question *question = (const struct question *)context + i;
	size_t len = strlen(question->request);

	if (len > room)
		return 0;
	memcpy(body, question->request, len);
	return len;
}

static enum link_reply question_accept(void *context, size_t i, const char *body, size_t len)
{
	const struct question *question = (const struct question *)context + i;
	size_t kept = len < ANSWER_MAX ? len : ANSWER_MAX - 1;

	if (link_body_is_stop(body, len) && strcmp(question->request, "?"))
		return LINK_REPLY_FOREIGN;
	memcpy(question->answer, body, kept);
	question->answer[kept] = '\0';
	return LINK_REPLY_DONE;
}

bool client_ask(struct rsp_client *client, const char *request, char answer[ANSWER_MAX], bool deaf,
		struct error *error)
{
	struct question question = {.request = request, .answer = answer};
	const struct link_exchange exchange = {.count = 1,
					       .compose = question_compose,
					       .accept = question_accept,
					       .context = &question,
					       .deaf = deaf};

	answer[0] = '\0';
	return link_exchange(&client->link, &exchange, error);
}

bool client_is_ready(const struct rsp_client *client, struct error *error)
{
	if (rsp_is_lost(client))
		return link_report(&client->link, error);
	if (client->running)
		return error_set(error, EXIT_CONNECTION, "%s cannot be asked while the target runs",
				 client->address);
	return true;
}

/* The first words: a machine that ran tells its stop before it answers. */
static enum link_reply greeting_accept(void *context, size_t i, const char *body, size_t len)
{
	if (i == 0 && link_body_is_stop(body, len))
		return LINK_REPLY_MORE;
	return question_accept(context, i, body, len);
}

#define GREETING                                                                                   \
	"qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+;"                              \
	"xmlRegisters=i386"

static bool client_greet(struct rsp_client *client, char answer[ANSWER_MAX], struct error *error)
{
	struct question question = {.request = GREETING, .answer = answer};
	const struct link_exchange exchange = {.count = 1,
					       .compose = question_compose,
					       .accept = greeting_accept,
					       .context = &question};

	return link_exchange(&client->link, &exchange, error);
}

/* What `PacketSize=HEX` allows in one `m`. */
static size_t read_size(const struct rsp_config *config, const char *supported, bool qemu)
{
	size_t wanted = config->max_read ? config->max_read : DEFAULT_READ;
	const char *size = strstr(supported, "PacketSize=");
	size_t packet = size ? strtoul(size + strlen("PacketSize="), NULL, 16) : 400;
	size_t allowed;

	if (packet < SMALLEST_PACKET)
		packet = SMALLEST_PACKET;
	if (packet > LINK_BODY_MAX)
		packet = LINK_BODY_MAX;
	/* QEMU counts the body alone, others the frame too. */
	allowed = (qemu ? packet : packet - PACKET_OVERHEAD) / 2;
	return wanted < allowed ? wanted : allowed;
}

static bool client_settle_acks(struct rsp_client *client, const char *supported,
			       struct error *error)
{
	char answer[ANSWER_MAX];

	if (!strstr(supported, "QStartNoAckMode+"))
		return true;
	if (!client_ask(client, "QStartNoAckMode", answer, false, error))
		return false;
	if (!strcmp(answer, "OK"))
		client->link.acks = false;
	return true;
}

/* Whether physical memory is read: nobody else knows the question. */
static bool is_qemu_mode(const char *answer)
{
	return !strcmp(answer, "0") || !strcmp(answer, "1");
}

static bool client_settle_qemu(struct rsp_client *client, struct error *error)
{
	char answer[ANSWER_MAX];

	if (!client_ask(client, "qqemu.PhyMemMode", answer, false, error))
		return false;
	client->qemu = client->link.qemu = is_qemu_mode(answer);
	if (client->qemu)
		client->link.acks = false;
	return true;
}

static void client_settle_window(struct rsp_client *client)
{
	size_t window = FLIGHT_BYTES / (2 * client->max_read);
	size_t most = client->qemu ? QEMU_WINDOW : OTHER_WINDOW;

	client->link.window = client->link.acks ? 1 : window > most ? most : window;
}

/* A stop that is not our doing: the state in parentheses, and not for having run. */
static bool status_is_stopped(const char *status)
{
	const char *state = strchr(status, '(');

	return state && strncmp(state, "(running)", 9) && strncmp(state, "(paused)", 8);
}

/* A monitor command whose refusal is no error. False only when the connection is gone. */
static bool monitor_try(struct rsp_client *client, const char *command, char text[ANSWER_MAX],
			struct error *error)
{
	struct error refusal = {0};

	text[0] = '\0';
	if (rsp_monitor(client, command, text, ANSWER_MAX, &refusal) || !client->link.unsettled)
		return !rsp_is_lost(client) || link_report(&client->link, error);
	return error_set(error, refusal.status, "%s", refusal.text);
}

static bool client_learn_state(struct rsp_client *client, bool told_stop, struct error *error)
{
	char text[ANSWER_MAX];
	unsigned long version;

	if (!client->qemu || told_stop)
		return true;
	if (!monitor_try(client, "info status", text, error))
		return false;
	if (status_is_stopped(text)) {
		client->was_running = false;
		return true;
	}
	if (!monitor_try(client, "info version", text, error))
		return false;
	/* A QEMU that would have told of its stop, and did not, was paused before. */
	version = strtoul(text, NULL, 10);
	client->was_running = version < 1 || version >= FIRST_SILENT_QEMU;
	return true;
}

static bool client_handshake(struct rsp_client *client, const struct rsp_config *config,
			     struct error *error)
{
	char supported[ANSWER_MAX], answer[ANSWER_MAX];
	bool told_stop;

	if (!client_greet(client, supported, error))
		return false;
	told_stop = client->stops > 0;
	client->multiprocess = strstr(supported, "multiprocess+");
	client->knows_features = strstr(supported, "qXfer:features:read+");
	if (!client_settle_acks(client, supported, error) || !client_settle_qemu(client, error))
		return false;
	client->max_read = read_size(config, supported, client->qemu);
	client_settle_window(client);
	/* QEMU takes out what breakpoints an earlier client left behind, too. */
	if (!client_ask(client, "?", answer, false, error))
		return false;
	if (!link_body_is_stop(answer, strlen(answer)))
		return error_set(error, EXIT_CONNECTION,
				 "%s speaks like a gdbstub but has no stopped target (\"%.40s\")",
				 client->address, answer);
	if (client->last.reason == RSP_STOP_EXITED)
		return error_set(error, EXIT_CONNECTION, "%s: the target has ended",
				 client->address);
	if (!client_ask(client, "vCont?", answer, false, error))
		return false;
	client->vcont = strstr(answer, ";c") && strstr(answer, ";s");
	if (!strncmp(answer, "vCont", 5)) {
		client->link.probe = "vCont?";
		client->link.probe_answer = "vCont";
	}
	return client_learn_state(client, told_stop, error);
}

static void client_free(struct rsp_client *client)
{
	link_deinit(&client->link);
	features_free(&client->features);
	free(client->address);
	free(client);
}

/*
 * Without a connection yet: whoever has dialled QEMU has stopped it, and must be able to let it go
 * on. NULL: out of memory.
 */
static struct rsp_client *client_create(const struct rsp_config *config)
{
	struct rsp_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->address = strdup(config->address);
	client->leave = config->leave;
	client->physical = -1;
	client->last.reason = RSP_STOP_SIGNAL;
	client->max_read = SMALLEST_PACKET;
	client->was_running = true;
	if (!link_init(&client->link, config) || !client->address) {
		client_free(client);
		return NULL;
	}
	client->link.address = client->address;
	client->link.on_stop = client_note_stop;
	client->link.on_stop_context = client;
	return client;
}

/* Greeted over FD; NULL with ERROR: then there is no client any more. */
static struct rsp_client *client_begin(struct rsp_client *client, int fd,
				       const struct rsp_config *config, struct error *error)
{
	bool done;

	client->link.fd = fd;
	/*
	 * QEMU stops for us at some moment after we have connected, even when we are gone by then:
	 * it has to be heard first, to know how to leave it.
	 */
	client->link.greeting = client->leave != RSP_LEAVE_DYING;
	done = client_handshake(client, config, error);
	client->link.greeting = false;
	if (!done && !rsp_close(client) && config->unsure)
		*config->unsure = true;
	return done ? client : NULL;
}

static struct rsp_config whole_config(const struct rsp_config *config)
{
	struct rsp_config whole = *config;

	if (!whole.timeout_ms)
		whole.timeout_ms = DEFAULT_TIMEOUT_MS;
	return whole;
}

struct rsp_client *rsp_adopt(int fd, const struct rsp_config *config, struct error *error)
{
	const struct rsp_config whole = whole_config(config);
	struct rsp_client *client = client_create(&whole);

	if (client)
		return client_begin(client, fd, &whole, error);
	close(fd);
	error_set(error, EXIT_CONNECTION, "out of memory");
	return NULL;
}

struct rsp_client *rsp_connect(const struct rsp_config *config, struct error *error)
{
	const struct rsp_config whole = whole_config(config);
	struct rsp_client *client = client_create(&whole);
	int fd;

	if (!client) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	fd = rsp_dial(whole.address, whole.timeout_ms, whole.abort_fd, error);
	if (fd < 0) {
		client_free(client);
		return NULL;
	}
	client->dialled = true;
	return client_begin(client, fd, &whole, error);
}

static bool abort_is_wanted(const struct rsp_client *client)
{
	struct pollfd polled = {.fd = client->link.abort_fd, .events = POLLIN};

	return polled.fd >= 0 && poll(&polled, 1, 0) > 0;
}

/* `D`, or `D;PID` where process ids are in use: QEMU refuses the plain one then. */
static bool client_say_goodbye(struct rsp_client *client, struct error *error)
{
	char answer[ANSWER_MAX], request[64];
	unsigned int pid = 1;

	if (client->last.thread[0] == 'p')
		pid = (unsigned int)strtoul(client->last.thread + 1, NULL, 16);
	snprintf(request, sizeof(request), client->multiprocess ? "D;%x" : "D", pid);
	client->let_go = true;
	if (!client_ask(client, request, answer, true, error))
		return false;
	if (answer[0] == 'E' && !client->multiprocess &&
	    !client_ask(client, "D;1", answer, true, error))
		return false;
	if (strcmp(answer, "OK"))
		return error_set(error, EXIT_CONNECTION,
				 "%s refuses to let the target go (\"%.40s\")", client->address,
				 answer);
	client_note_go(client);
	return true;
}

/*
 * The connection is of no use any more, but the other side may still read what we send. True: it
 * runs, and needs to hear nothing for that. A stub that never said a word may yet accept us, and
 * stop its target; what is no stub will not.
 */
static bool client_part_blindly(struct rsp_client *client, bool runs)
{
	if (!client->link.packets_in)
		return client->link.junk_len > 0;
	/* What was said may still be heard; said twice, it would stop what the first one let go. */
	if (client->let_go) {
		link_linger(&client->link, LINGER_MS);
		return false;
	}
	if (client->running && !client->num_breakpoints && !client->interrupting)
		return true;
	/* The first byte to a running machine stops it and is eaten. */
	if (client->running)
		link_send_blindly(&client->link, "?");
	for (size_t i = 0; i < client->num_breakpoints; i++) {
		const struct breakpoint *at = &client->breakpoints[i];
		char request[64];

		snprintf(request, sizeof(request), "z%d,%" PRIx64 ",%x", at->type, at->addr,
			 at->kind);
		link_send_blindly(&client->link, request);
	}
	if (client->qemu && client->physical)
		link_send_blindly(&client->link, "Qqemu.PhyMemMode:0");
	if (runs)
		link_send_blindly(&client->link, "D;1");
	link_linger(&client->link, LINGER_MS);
	return false;
}

static bool client_leave(struct rsp_client *client, bool runs, struct error *error)
{
	char answer[ANSWER_MAX];

	/* A connection that is cut by now may have been when it was told to run: nobody answers
	 * that. */
	while (client->running && link_receive(&client->link, 0, true) == LINK_PACKET)
		;
	if (rsp_is_lost(client))
		return link_report(&client->link, error);
	/* A QEMU that runs on, or will once it has heard so, just sees us hang up: nothing stops.
	 */
	if (client->qemu && client->running && runs && !client->num_breakpoints &&
	    client->physical != 1) {
		link_hurry(&client->link);
		return link_linger(&client->link, link_patience_ms(&client->link)) ||
		       error_set(error, EXIT_CONNECTION, "%s did not hear us leave",
				 client->address);
	}
	if (!client_stop_deaf(client, error))
		return false;
	if (client->last.reason == RSP_STOP_EXITED)
		return true;
	if (client->num_breakpoints && !client_breakpoints_clear(client, error))
		return false;
	if (client->physical == 1 && !client_ask(client, "Qqemu.PhyMemMode:0", answer, true, error))
		return false;
	client->physical = 0;
	return !runs || client_say_goodbye(client, error);
}

/*
 * A second connection to what may be QEMU: all that matters, in one go. NULL: it is not. *THERE:
 * somebody is.
 */
static struct rsp_client *rescue_begin(const struct rsp_client *client, bool *there,
				       struct error *error)
{
	const struct rsp_config config = {.address = client->address,
					  .timeout_ms = LINK_HURRY_MS,
					  .abort_fd = -1,
					  .leave = RSP_LEAVE_STOPPED};
	char supported[ANSWER_MAX], mode[ANSWER_MAX], why[ANSWER_MAX];
	struct question questions[] = {
		{GREETING, supported}, {"qqemu.PhyMemMode", mode}, {"?", why}};
	const struct link_exchange exchange = {.count = 3,
					       .compose = question_compose,
					       .accept = greeting_accept,
					       .context = questions};
	struct rsp_client *again = client_create(&config);

	*there = true;
	if (!again)
		return NULL;
	again->link.fd = rsp_dial(client->address, LINK_HURRY_MS, -1, error);
	if (again->link.fd < 0) {
		*there = false;
		client_free(again);
		return NULL;
	}
	link_hurry(&again->link);
	again->link.acks = false;
	again->link.window = 3;
	if (link_exchange(&again->link, &exchange, error) && is_qemu_mode(mode) &&
	    link_body_is_stop(why, strlen(why))) {
		again->qemu = again->link.qemu = true;
		again->multiprocess = strstr(supported, "multiprocess+");
		return again;
	}
	/* What closes on everybody is no stub. */
	*there = !again->link.hung_up || again->link.packets_in;
	rsp_close(again);
	return NULL;
}

/*
 * The connection was cut, but QEMU may be there yet: it stands still then, or soon will, with our
 * breakpoints in. Dialled once more, it takes them out as we ask it why it stands, and is let go. A
 * target that has not begun yet is not begun: its state when we came may not have been known by
 * then, or it is another one. True: that was done, or nobody is there any more.
 */
static bool client_rescue(struct rsp_client *client, bool runs, enum rsp_leave leave)
{
	struct error ignored = {0};
	struct rsp_client *again;
	char status[ANSWER_MAX];
	bool there, done = false;

	if (!client->dialled || !client->link.hung_up || client->last.reason == RSP_STOP_EXITED)
		return client->link.hung_up || client->last.reason == RSP_STOP_EXITED;
	again = rescue_begin(client, &there, &ignored);
	if (again && leave == RSP_LEAVE_AS_FOUND)
		runs = runs && monitor_try(again, "info status", status, &ignored) &&
		       !strstr(status, "prelaunch");
	if (again)
		done = rsp_detach(again, runs ? RSP_LEAVE_RUNNING : RSP_LEAVE_STOPPED, &ignored);
	rsp_close(again);
	return done || !there;
}

bool rsp_detach(struct rsp_client *client, enum rsp_leave leave, struct error *error)
{
	bool runs =
		leave == RSP_LEAVE_RUNNING || (leave == RSP_LEAVE_AS_FOUND && client->was_running);
	bool done = false;

	if (client->gone)
		return true;
	if (abort_is_wanted(client))
		link_hurry(&client->link);
	if (rsp_is_lost(client))
		link_report(&client->link, error);
	else
		done = leave == RSP_LEAVE_DYING || client_leave(client, runs, error);
	if (!done && leave != RSP_LEAVE_DYING) {
		client->unsure = !client_part_blindly(client, runs);
		client->unsure &= !client_rescue(client, runs, leave) && runs;
	}
	client->gone = true;
	link_lose(&client->link, "was left");
	return done;
}

void rsp_part(struct rsp_client *client)
{
	struct error ignored = {0};

	rsp_detach(client, client->leave, &ignored);
}

bool rsp_close(struct rsp_client *client)
{
	bool sure;

	if (!client)
		return true;
	rsp_part(client);
	sure = !client->unsure;
	client_free(client);
	return sure;
}

bool rsp_is_lost(const struct rsp_client *client)
{
	return client->link.lost.status != EXIT_CLEAN;
}

bool rsp_is_running(const struct rsp_client *client)
{
	return client->running;
}

bool rsp_is_qemu(const struct rsp_client *client)
{
	return client->qemu;
}

bool rsp_was_running(const struct rsp_client *client)
{
	return client->was_running;
}

const char *rsp_address(const struct rsp_client *client)
{
	return client->address;
}

int rsp_fd(const struct rsp_client *client)
{
	return rsp_is_lost(client) ? -1 : client->link.fd;
}

pid_t rsp_peer_pid(const struct rsp_client *client)
{
	return client->link.fd < 0 ? 0 : rsp_dial_peer(client->link.fd);
}

size_t rsp_max_read(const struct rsp_client *client)
{
	return client->max_read;
}

const struct rsp_stats *rsp_stats(const struct rsp_client *client)
{
	return &client->link.stats;
}

void rsp_stats_reset(struct rsp_client *client)
{
	client->link.stats = (struct rsp_stats){0};
}
