/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection as packets: requests out, answers in, many under way at once. It knows framing,
 * acknowledgements, time-outs and what an interrupted exchange leaves behind; what packets mean is
 * the client's business, but for one thing: a stop reply may come at any moment and is told apart.
 * Internal to rsp/.
 */
#ifndef PAGERVIEW_RSP_LINK_H
#define PAGERVIEW_RSP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "client.h"

#define LINK_BODY_MAX (128u << 10) /* largest decoded packet; also what an input may hold */

/* What a packet is to the request that waits first. */
enum link_reply {
	LINK_REPLY_DONE,    /* its answer */
	LINK_REPLY_MORE,    /* belongs to it, and more follows */
	LINK_REPLY_FOREIGN, /* makes no sense here: the connection is given up */
};

/* A burst of COUNT requests whose answers come in order. */
struct link_exchange {
	size_t count;
	/* The body of request I into BODY; its length, 0 if it does not fit (never). */
	size_t (*compose)(void *context, size_t i, char *body, size_t room);
	enum link_reply (*accept)(void *context, size_t i, const char *body, size_t len);
	void *context;
	bool takes_console; /* `O` packets are for accept; else they are passed over */
	bool deaf;          /* not ended by the abort descriptor: for saying goodbye */
};
#define LINK_REQUEST_MAX 1024u /* longest body that compose may write */

struct link {
	int fd;                  /* -1: closed */
	int abort_fd;            /* -1: none */
	unsigned int timeout_ms; /* longest silence while an answer is owed */
	const char *address;     /* the client's, for sentences */
	bool acks;               /* packets are acknowledged both ways, so only one is under way */
	bool qemu;               /* no acknowledgements, and none is wanted */
	size_t window;           /* requests under way at most */
	bool greeting; /* whoever wants to be gone still hears the answers, if they are quick */
	unsigned int hurry_ms; /* what is left to wait once somebody wants to be gone */
	int64_t gone_by_us; /* since somebody wants to be gone: all waiting ends by then; 0: nobody
			     */
	const char *probe;  /* a request without effect whose answer is told from all others by */
	const char *probe_answer; /* ... how it begins; NULL: none is known */

	char *in; /* received, not yet decoded: in[in_start..in_end) */
	size_t in_start, in_end;
	char *out; /* to be sent: out[out_start..out_end) */
	size_t out_start, out_end, out_room;
	char *body; /* the last packet decoded */
	size_t body_len;

	bool unsettled;            /* an exchange was cut short: answers may still come */
	struct link_exchange owed; /* asked for already, not answered yet; count 0: nothing is */
	unsigned int retries;      /* of one packet that was refused or garbled */
	char *last;                /* the last packet as framed, to repeat it when it is refused */
	size_t last_len;
	char junk[24]; /* first bytes that were no packet, printable */
	size_t junk_len;
	size_t packets_in; /* packets received in all */

	void (*on_stop)(void *context, const char *body, size_t len); /* a stop reply came in */
	void *on_stop_context;

	struct rsp_stats stats;
	struct error lost; /* why the connection is gone; EXIT_CLEAN: it is not */
	bool hung_up;      /* ... because the other side closed it, or it was cut on the way */
};

/* Without a connection: `fd` is to be set. False: out of memory; link_deinit() is due all the same.
 */
bool link_init(struct link *link, const struct rsp_config *config);
void link_deinit(struct link *link);

/*
 * Send all, take all answers. Requests must be such that asking twice does no harm: when the
 * target turns out to have been set running behind our back (QEMU then eats a byte), what has no
 * answer yet is asked again.
 */
bool link_exchange(struct link *link, const struct link_exchange *exchange, struct error *error);

/*
 * The requests of EXCHANGE are on their way; its answers are taken before those of the next one, or
 * by link_collect(), however that ends. Its context stays the caller's, and there, until then.
 */
void link_owe(struct link *link, const struct link_exchange *exchange);
void link_collect(struct link *link);

/* Queue a framed packet; it goes out with what is sent next. False: there is no room. */
bool link_queue_packet(struct link *link, const char *body);
/* Queue a framed packet, or bytes as they are, and send all that is queued. No answer awaited. */
bool link_send_packet(struct link *link, const char *body, struct error *error);
bool link_send_raw(struct link *link, const char *bytes, size_t len, struct error *error);
/* As many queued and given bytes as the socket takes at once, errors ignored: a parting word. */
void link_send_blindly(struct link *link, const char *body);

/*
 * Hang up so that what was sent is still read: unread answers would make TCP drop it, and QEMU
 * drops what it has not read when it sees that we are gone. True: the other side heard all and hung
 * up, too; false: it did not within MS.
 */
bool link_linger(struct link *link, unsigned int ms);

enum link_event {
	LINK_PACKET, /* link->body; a stop reply was told to on_stop already */
	LINK_TIMEOUT,
	LINK_ABORTED,
	LINK_LOST, /* link->lost */
};
/* The next packet. TIMEOUT_MS -1: for ever. DEAF: not ended by the abort descriptor. */
enum link_event link_receive(struct link *link, int timeout_ms, bool deaf);

/* The user wants to be gone: from now on until the end, waiting has this much time in all. */
#define LINK_HURRY_MS 1500
void link_hurry(struct link *link);
/* How long to wait for an answer now: the time-out, or what is left of that little time. */
unsigned int link_patience_ms(const struct link *link);

/* A stop reply: T, S, W, X and two digits, or N. */
bool link_body_is_stop(const char *body, size_t len);

/* Give the connection up; the first reason stays. Always false. */
bool link_lose(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Copy the reason of the loss. Always false. */
bool link_report(const struct link *link, struct error *error);

int64_t link_now_us(void); /* monotonic clock */

#endif
