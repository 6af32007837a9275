/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory, registers and the monitor of a target that stands still. A burst begins with what it
 * needs (which thread, virtual or physical addresses) and all of it is on its way before the first
 * answer is read, so even a change of thread costs no round trip of its own.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_private.h"
#include "packet.h"

#define MAX_THREAD_ROUNDS 4096

/* What goes before the requests of a burst. */
struct preamble {
	char requests[3][24 + RSP_THREAD_LEN];
	size_t count;
};

static void preamble_add_thread(struct rsp_client *client, struct preamble *preamble,
				const char *thread)
{
	if (!thread || !*thread)
		thread = client->last.thread;
	if (!*thread || !strcmp(thread, client->selected))
		return;
	snprintf(preamble->requests[preamble->count++], sizeof(preamble->requests[0]), "Hg%s",
		 thread);
	snprintf(client->selected, sizeof(client->selected), "%s", thread);
}

static void preamble_add_physical(struct rsp_client *client, struct preamble *preamble,
				  bool physical)
{
	if (!client->qemu || client->physical == physical)
		return;
	snprintf(preamble->requests[preamble->count++], sizeof(preamble->requests[0]),
		 "Qqemu.PhyMemMode:%d", physical);
	client->physical = physical;
}

/* What a burst had set up is not known to hold when it was cut short. */
static void preamble_forget(struct rsp_client *client)
{
	client->selected[0] = '\0';
	client->physical = client->qemu ? -1 : 0;
}

static size_t preamble_compose(const struct preamble *preamble, size_t i, char *body, size_t room)
{
	return (size_t)snprintf(body, room, "%s", preamble->requests[i]);
}

/* One `m` packet. */
struct piece {
	struct rsp_read *read;
	size_t offset, len;
};

struct memory_burst {
	struct preamble preamble;
	struct piece *pieces;
	size_t num_pieces;
	const char *behind; /* a last request, after the pieces; NULL: none */
	bool refused;       /* the stub refused what the preamble asks */
};

static size_t memory_compose(void *context, size_t i, char *body, size_t room)
{
	const struct memory_burst *burst = context;
	const struct piece *piece;

	if (i < burst->preamble.count)
		return preamble_compose(&burst->preamble, i, body, room);
	if (i - burst->preamble.count == burst->num_pieces)
		return (size_t)snprintf(body, room, "%s", burst->behind);
	piece = &burst->pieces[i - burst->preamble.count];
	return (size_t)snprintf(body, room, "m%" PRIx64 ",%zx", piece->read->addr + piece->offset,
				piece->len);
}

static enum link_reply memory_accept(void *context, size_t i, const char *body, size_t len)
{
	struct memory_burst *burst = context;
	struct piece *piece;

	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (i < burst->preamble.count || i - burst->preamble.count == burst->num_pieces) {
		if (strcmp(body, "OK"))
			burst->refused = true;
		return LINK_REPLY_DONE;
	}
	piece = &burst->pieces[i - burst->preamble.count];
	if (packet_hex_decode(body, len, (char *)piece->read->to + piece->offset, piece->len))
		return LINK_REPLY_DONE;
	/* An error, a shorter answer than asked for, or "unsupported": not there. */
	if (len && body[0] != 'E' && strspn(body, "0123456789abcdefABCDEF") != len)
		return LINK_REPLY_FOREIGN;
	piece->read->ok = false;
	return LINK_REPLY_DONE;
}

static struct piece *pieces_create(const struct rsp_client *client, struct rsp_read *reads,
				   size_t count, size_t *num_pieces)
{
	struct piece *pieces;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += (reads[i].len + client->max_read - 1) / client->max_read;
	pieces = calloc(n ? n : 1, sizeof(*pieces));
	if (!pieces)
		return NULL;
	n = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t done = 0; done < reads[i].len; done += pieces[n++].len) {
			size_t left = reads[i].len - done;

			pieces[n].read = &reads[i];
			pieces[n].offset = done;
			pieces[n].len = left < client->max_read ? left : client->max_read;
		}
	}
	*num_pieces = n;
	return pieces;
}

static void reads_mark(struct rsp_read *reads, size_t count, bool ok)
{
	for (size_t i = 0; i < count; i++)
		reads[i].ok = ok;
}

void rsp_view(struct rsp_client *client, const char *thread)
{
	snprintf(client->view, sizeof(client->view), "%s", thread ? thread : "");
}

bool rsp_can_read_physical(const struct rsp_client *client)
{
	return client->qemu;
}

/* A burst of virtual or physical reads, BEFORE them and BEHIND them another request each. */
static bool memory_exchange(struct rsp_client *client, struct rsp_read *reads, size_t count,
			    bool physical, const char *before, const char *behind,
			    struct error *error)
{
	struct memory_burst burst = {.behind = behind};
	struct link_exchange exchange = {.compose = memory_compose,
					 .accept = memory_accept,
					 .context = &burst,
					 .deaf = behind != NULL};
	bool done;

	reads_mark(reads, count, false);
	if (!client_is_ready(client, error))
		return false;
	if (!count || (physical && !rsp_can_read_physical(client)))
		return true;
	burst.pieces = pieces_create(client, reads, count, &burst.num_pieces);
	if (!burst.pieces)
		return error_set(error, EXIT_CONNECTION, "out of memory");
	preamble_add_thread(client, &burst.preamble, client->view);
	preamble_add_physical(client, &burst.preamble, physical);
	if (before)
		snprintf(burst.preamble.requests[burst.preamble.count++],
			 sizeof(burst.preamble.requests[0]), "%s", before);
	exchange.count = burst.preamble.count + burst.num_pieces + (behind != NULL);
	reads_mark(reads, count, true);
	done = link_exchange(&client->link, &exchange, error);
	free(burst.pieces);
	if (!done || burst.refused) {
		reads_mark(reads, count, false);
		preamble_forget(client);
	}
	return done;
}

bool rsp_read_memory(struct rsp_client *client, struct rsp_read *reads, size_t count, bool physical,
		     struct error *error)
{
	return memory_exchange(client, reads, count, physical, NULL, NULL, error);
}

/* A whole document by qXfer, asked for piece by piece. */
struct document {
	const char *name;
	size_t chunk; /* bytes asked for at once */
	char *text;
	size_t len;
	bool last, bad, no_memory;
};

#define DOCUMENT_MAX (1u << 20)

static size_t document_compose(void *context, size_t i, char *body, size_t room)
{
	const struct document *document = context;

	(void)i;
	return (size_t)snprintf(body, room, "qXfer:features:read:%.100s:%zx,%zx", document->name,
				document->len, document->chunk);
}

static enum link_reply document_accept(void *context, size_t i, const char *body, size_t len)
{
	struct document *document = context;
	char *more;

	(void)i;
	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	document->bad = !len || (body[0] != 'm' && body[0] != 'l') ||
			document->len + len > DOCUMENT_MAX || (body[0] == 'm' && len == 1);
	if (document->bad)
		return LINK_REPLY_DONE;
	more = realloc(document->text, document->len + len);
	if (!more) {
		document->bad = document->no_memory = true;
		return LINK_REPLY_DONE;
	}
	document->text = more;
	memcpy(more + document->len, body + 1, len - 1);
	document->len += len - 1;
	document->last = body[0] == 'l';
	return LINK_REPLY_DONE;
}

struct fetch_context {
	struct rsp_client *client;
	struct error *error;
};

static char *document_fetch(void *context, const char *name, size_t *len)
{
	struct fetch_context *fetch = context;
	struct rsp_client *client = fetch->client;
	struct document document = {.name = name, .chunk = 2 * client->max_read - 8};
	const struct link_exchange exchange = {.count = 1,
					       .compose = document_compose,
					       .accept = document_accept,
					       .context = &document};

	while (!document.last && !document.bad)
		if (!link_exchange(&client->link, &exchange, fetch->error))
			document.bad = true;
	if (document.bad) {
		client->features.no_memory |= document.no_memory;
		free(document.text);
		return NULL;
	}
	*len = document.len;
	return document.text;
}

/* Once per connection; QEMU answers `p` only after this was asked for. */
static bool features_ensure(struct rsp_client *client, struct error *error)
{
	struct fetch_context fetch = {.client = client, .error = error};

	if (client->features_read)
		return true;
	if (client->knows_features)
		features_read(&client->features, "target.xml", document_fetch, &fetch);
	/* Less than there is would stay all there is: it is asked for anew. */
	if (client->features.no_memory)
		error_set(error, EXIT_CONNECTION, "out of memory");
	if (client->features.no_memory || rsp_is_lost(client) || client->link.unsettled) {
		features_free(&client->features);
		return false;
	}
	features_finish(&client->features);
	client->features_read = true;
	return true;
}

struct register_burst {
	struct preamble preamble;
	struct rsp_register *registers;
	const struct features_register **known; /* one per register; NULL: no such name */
	const size_t *asked;                    /* indices of registers with a number */
	bool without_p;
	bool refused;
};

/* Registers come as the target's bytes, least significant first. */
bool client_take_number(const char *hex, size_t digits, uint64_t *value)
{
	unsigned char bytes[8] = {0};
	size_t len = digits / 2 < sizeof(bytes) ? digits / 2 : sizeof(bytes);
	bool taken = len && packet_hex_decode(hex, 2 * len, bytes, len);

	*value = 0;
	for (size_t i = len; taken && i-- > 0;)
		*value = *value << 8 | bytes[i];
	return taken;
}

static void register_take(struct rsp_register *reg, const char *hex, size_t digits)
{
	reg->ok = client_take_number(hex, digits, &reg->value);
}

static size_t register_compose(void *context, size_t i, char *body, size_t room)
{
	const struct register_burst *burst = context;

	if (i < burst->preamble.count)
		return preamble_compose(&burst->preamble, i, body, room);
	i -= burst->preamble.count;
	return (size_t)snprintf(body, room, "p%" PRIx32, burst->known[burst->asked[i]]->number);
}

static enum link_reply register_accept(void *context, size_t i, const char *body, size_t len)
{
	struct register_burst *burst = context;

	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (i < burst->preamble.count)
		burst->refused |= strcmp(body, "OK") != 0;
	else if (!len)
		burst->without_p = true;
	else if (body[0] != 'E' || len != 3)
		register_take(&burst->registers[burst->asked[i - burst->preamble.count]], body,
			      len);
	return LINK_REPLY_DONE;
}

static size_t all_compose(void *context, size_t i, char *body, size_t room)
{
	const struct register_burst *burst = context;

	if (i < burst->preamble.count)
		return preamble_compose(&burst->preamble, i, body, room);
	return (size_t)snprintf(body, room, "g");
}

static enum link_reply all_accept(void *context, size_t i, const char *body, size_t len)
{
	struct register_burst *burst = context;

	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (i < burst->preamble.count)
		return LINK_REPLY_DONE;
	for (size_t n = 0; burst->asked[n] != SIZE_MAX; n++) {
		const struct features_register *known = burst->known[burst->asked[n]];
		size_t start = 2 * (size_t)known->offset, digits = 2 * (size_t)known->bytes;

		if (start + digits <= len)
			register_take(&burst->registers[burst->asked[n]], body + start, digits);
	}
	return LINK_REPLY_DONE;
}

static bool registers_ask(struct rsp_client *client, const char *thread,
			  struct register_burst *burst, size_t num_asked, struct error *error)
{
	struct link_exchange exchange = {.context = burst};
	bool done = true;

	preamble_add_thread(client, &burst->preamble, thread);
	if (!client->without_p) {
		exchange.compose = register_compose;
		exchange.accept = register_accept;
		exchange.count = burst->preamble.count + num_asked;
		done = link_exchange(&client->link, &exchange, error);
		client->without_p = burst->without_p;
	}
	if (done && client->without_p) {
		exchange.compose = all_compose;
		exchange.accept = all_accept;
		exchange.count = burst->preamble.count + 1;
		done = link_exchange(&client->link, &exchange, error);
	}
	return done;
}

#define REGISTERS_AT_ONCE 64

/* At most REGISTERS_AT_ONCE of them. */
static bool registers_read(struct rsp_client *client, const char *thread,
			   struct rsp_register *registers, size_t count, struct error *error)
{
	const struct features_register *known[REGISTERS_AT_ONCE];
	size_t asked[REGISTERS_AT_ONCE + 1], num_asked = 0;
	struct register_burst burst = {.registers = registers, .known = known, .asked = asked};
	bool done;

	for (size_t i = 0; i < count; i++) {
		registers[i].ok = false;
		known[i] = features_find(&client->features, registers[i].name);
		if (known[i])
			asked[num_asked++] = i;
	}
	asked[num_asked] = SIZE_MAX;
	if (!num_asked)
		return true;
	done = registers_ask(client, thread, &burst, num_asked, error);
	if (!done || burst.refused)
		preamble_forget(client);
	for (size_t i = 0; burst.refused && i < count; i++)
		registers[i].ok = false; /* another thread's */
	return done;
}

bool rsp_read_registers(struct rsp_client *client, const char *thread,
			struct rsp_register *registers, size_t count, struct error *error)
{
	if (!client_is_ready(client, error) || !features_ensure(client, error))
		return false;
	for (size_t done = 0; done < count;) {
		size_t part = count - done < REGISTERS_AT_ONCE ? count - done : REGISTERS_AT_ONCE;

		if (!registers_read(client, thread, registers + done, part, error))
			return false;
		done += part;
	}
	return true;
}

bool rsp_read_register(struct rsp_client *client, const char *name, uint64_t *value,
		       struct error *error)
{
	struct rsp_register wanted = {.name = name};

	if (!rsp_read_registers(client, NULL, &wanted, 1, error))
		return false;
	if (!wanted.ok)
		return error_set(error, EXIT_CONNECTION, "%s tells no register %s", client->address,
				 name);
	*value = wanted.value;
	return true;
}

/* One answer to q[fs]ThreadInfo: "m1,2,3". False: it was the last ("l") or makes no sense. */
static bool threads_take(const char *answer, char (*ids)[RSP_THREAD_LEN], size_t max, size_t *count)
{
	struct packet_cursor cursor = packet_cursor_of(answer, strlen(answer));

	if (!packet_cursor_skip(&cursor, "m"))
		return false;
	while (!packet_cursor_done(&cursor) && *count < max) {
		size_t len;
		const char *id = packet_cursor_until(&cursor, ',', &len);

		if (!len || len >= RSP_THREAD_LEN || strspn(id, "p0123456789abcdefABCDEF.") < len)
			return false;
		memcpy(ids[*count], id, len);
		ids[(*count)++][len] = '\0';
	}
	return *count < max;
}

size_t rsp_threads(struct rsp_client *client, char (*ids)[RSP_THREAD_LEN], size_t max,
		   struct error *error)
{
	char answer[ANSWER_MAX];
	size_t count = 0;

	if (!client_is_ready(client, error))
		return 0;
	for (int round = 0; round < MAX_THREAD_ROUNDS; round++) {
		if (!client_ask(client, round ? "qsThreadInfo" : "qfThreadInfo", answer, false,
				error))
			return 0;
		if (!threads_take(answer, ids, max, &count))
			break;
	}
	if (!count)
		error_set(error, EXIT_CONNECTION, "%s tells no threads", client->address);
	return count;
}

/* "P21=cd030000": the target's bytes, least significant first. */
static void register_set_request(char *request, size_t room, const struct features_register *known,
				 uint64_t value)
{
	size_t len = (size_t)snprintf(request, room, "P%" PRIx32 "=", known->number);

	for (uint32_t i = 0; i < known->bytes && i < 8 && len + 3 <= room; i++)
		len += (size_t)snprintf(request + len, room - len, "%02x",
					(unsigned int)(value >> 8 * i & 0xff));
}

bool rsp_read_memory_as(struct rsp_client *client, struct rsp_read *reads, size_t count,
			const char *name, uint64_t value, struct error *error)
{
	struct rsp_register had = {.name = name};
	const struct features_register *known;
	char before[32], behind[32];

	reads_mark(reads, count, false);
	if (!rsp_read_registers(client, client->view, &had, 1, error))
		return false;
	known = had.ok ? features_find(&client->features, name) : NULL;
	if (!known || known->bytes > 8)
		return error_set(error, EXIT_CONNECTION, "%s tells no register %s", client->address,
				 name);
	register_set_request(before, sizeof(before), known, value);
	register_set_request(behind, sizeof(behind), known, had.value);
	return memory_exchange(client, reads, count, false, before, behind, error);
}

struct monitor_talk {
	const char *command;
	char *output;
	size_t room, len;
	char refusal[16];
};

static size_t monitor_compose(void *context, size_t i, char *body, size_t room)
{
	const struct monitor_talk *talk = context;
	size_t len = strlen(talk->command), prefix = strlen("qRcmd,");

	(void)i;
	if (prefix + 2 * len > room)
		return 0;
	memcpy(body, "qRcmd,", prefix);
	packet_hex_encode(talk->command, len, body + prefix);
	return prefix + 2 * len;
}

static void monitor_append(struct monitor_talk *talk, const char *hex, size_t digits)
{
	size_t left = talk->room - 1 - talk->len;
	size_t len = digits / 2 < left ? digits / 2 : left;

	if (packet_hex_decode(hex, 2 * len, talk->output + talk->len, len))
		talk->len += len;
}

static enum link_reply monitor_accept(void *context, size_t i, const char *body, size_t len)
{
	struct monitor_talk *talk = context;

	(void)i;
	if (link_body_is_stop(body, len))
		return LINK_REPLY_FOREIGN;
	if (!strcmp(body, "OK"))
		return LINK_REPLY_DONE;
	if (len && body[0] == 'O') {
		monitor_append(talk, body + 1, len - 1);
		return LINK_REPLY_MORE;
	}
	if (!len || (len == 3 && body[0] == 'E'))
		snprintf(talk->refusal, sizeof(talk->refusal), "%s", len ? body : "unsupported");
	else
		monitor_append(talk, body, len);
	return LINK_REPLY_DONE;
}

bool rsp_monitor(struct rsp_client *client, const char *command, char *output, size_t len,
		 struct error *error)
{
	struct monitor_talk talk = {.command = command, .output = output, .room = len};
	const struct link_exchange exchange = {.count = 1,
					       .compose = monitor_compose,
					       .accept = monitor_accept,
					       .takes_console = true,
					       .context = &talk};
	bool done;

	if (!client_is_ready(client, error))
		return false;
	done = link_exchange(&client->link, &exchange, error);
	output[talk.len] = '\0';
	if (done && talk.refusal[0])
		return error_set(error, EXIT_CONNECTION, "%s refuses the monitor command '%s' (%s)",
				 client->address, command, talk.refusal);
	return done;
}
