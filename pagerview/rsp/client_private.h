/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's state, shared by its files: client.c (coming and going), control.c (stop, resume,
 * step, breakpoints), access.c (memory, registers, monitor). Internal to rsp/.
 */
#ifndef PAGERVIEW_RSP_CLIENT_PRIVATE_H
#define PAGERVIEW_RSP_CLIENT_PRIVATE_H

#include "client.h"
#include "features.h"
#include "link.h"

#define CLIENT_MAX_BREAKPOINTS 64

struct breakpoint {
	enum rsp_breakpoint type;
	uint64_t addr;
	unsigned int kind;
};

/* What was asked along with an interrupt. */
struct asked {
	const struct features_register *registers[2]; /* pc, sp */
};

struct rsp_client {
	struct link link;
	char *address;
	enum rsp_leave leave;
	size_t max_read; /* bytes per `m` */

	bool qemu;           /* it knows QEMU's own packets */
	bool vcont;          /* vCont with c and s */
	bool multiprocess;   /* thread ids are "pPID.TID" */
	bool knows_features; /* qXfer:features:read is offered */
	bool was_running;
	bool dialled; /* the address is more than a name: it can be dialled again */
	bool let_go;  /* `D` was sent: it may run, whether or not we hear so */
	bool gone;    /* said goodbye */
	bool unsure;  /* ... to somebody who did not answer: the target may stand still */

	bool running;
	int64_t went_us;    /* while it runs: since when, on link_now_us()'s clock */
	int64_t ran_us;     /* before that */
	bool interrupting;  /* our 0x03 is out, and no stop has come since */
	bool interrupt_due; /* our 0x03 crossed another stop: its own stop may come later */
	struct rsp_stop last;
	struct asked asked;            /* with the interrupt that is under way */
	uint64_t stops;                /* stop replies seen */
	char view[RSP_THREAD_LEN];     /* whose virtual addresses; "": the one that stopped */
	char selected[RSP_THREAD_LEN]; /* thread of `m`, `p` and `g`; "" not known */
	int physical;                  /* PhyMemMode: 0, 1, or -1 not known */

	bool features_read; /* tried */
	struct features features;
	bool without_p; /* `p` is not there: use `g` */

	struct breakpoint breakpoints[CLIENT_MAX_BREAKPOINTS];
	size_t num_breakpoints;
};

#define ANSWER_MAX 512u /* longest answer that client_ask() keeps */

/*
 * One request; its answer, cut to ANSWER_MAX - 1 bytes, zero-terminated into ANSWER. DEAF as in
 * link_exchange.
 */
bool client_ask(struct rsp_client *client, const char *request, char answer[ANSWER_MAX], bool deaf,
		struct error *error);
/* False with ERROR unless the target stands still and the connection is there. */
bool client_is_ready(const struct rsp_client *client, struct error *error);
/* The number of a register as `p` tells it, LEN digits at HEX. False: that is no number. */
bool client_take_number(const char *hex, size_t len, uint64_t *value);
/* From here on it may run. */
void client_note_go(struct rsp_client *client);
/* Take a stop reply apart; it becomes client->last. */
void client_note_stop(void *client, const char *body, size_t len);
/* rsp_stop(), not ended by the abort descriptor. */
bool client_stop_deaf(struct rsp_client *client, struct error *error);
/* All breakpoints out of the target, in one burst; the list is empty afterwards. */
bool client_breakpoints_clear(struct rsp_client *client, struct error *error);

#endif
