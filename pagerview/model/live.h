/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something that gives snapshots, one after the other: a running target, a target that was
 * stopped, a file. The screen sees targets only through this, so it never touches memory and its
 * tests bring a source of their own. One thread; every call returns within the time-out of the
 * source (`--timeout`, 2 s at most for a connection that has gone). Knows no snapshot's inside.
 */
#ifndef PAGERVIEW_LIVE_H
#define PAGERVIEW_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "snapshot.h"

enum live_state {
	LIVE_RUNNING, /* the target runs between refreshes */
	LIVE_PAUSED,  /* it stands still until live_resume() */
	LIVE_ENDED, /* it is gone or its scenario is over: the last snapshot is all there will be */
	LIVE_STILL, /* a file or a dump: it never changes and cannot be paused */
};

/* What a status line tells of the way of reading. Strings end with a zero and are one line each. */
struct live_status {
	enum live_state state;
	bool finished;    /* LIVE_ENDED by itself: its scenario came to its end, or failed before */
	bool failed;      /* ... with a verdict, or a line, that is bad */
	char source[128]; /* what is looked at: "share.scn", "localhost:1234", "share.json" */
	char method[32];  /* how memory is read: "no stop", "stop and copy", "stub", "file" */
	char why[160];    /* why no better method is in use; "" when it is the best */
	char note[200];   /* what happened last to the target: "at step 3", "scenario passed"; "" */
	uint64_t pause_last_us, pause_median_us; /* how long a snapshot held the target up */
	uint64_t packets, bytes, trips;          /* what the last snapshot cost */
	uint64_t refreshes;                      /* snapshots taken */
	uint64_t torn;                           /* of these, not exact */
	char event_kinds[200]; /* what live_run_to_event() takes, separated by blanks; "" nothing */
	unsigned int in_flight; /* counts that do not add up now, too young to be findings */
};

struct live;
/* What a source brings: each as the function live_...() of its name below says. */
struct live_ops {
	bool (*refresh)(struct live *live, struct snapshot **snapshot, struct error *error);
	bool (*pause)(struct live *live, struct error *error);
	bool (*resume)(struct live *live, struct error *error);
	bool (*step)(struct live *live, struct error *error); /* NULL: it has no steps */
	bool (*run_to_event)(struct live *live, const char *kind, struct error *error);
	void (*cancel)(struct live *live);
	void (*hang_up)(struct live *live); /* NULL: it never waits for anybody */
	void (*status)(const struct live *live, struct live_status *status);
	size_t (*log)(struct live *live, const char **lines, size_t max, uint64_t *first);
	void (*close)(struct live *live);
	bool (*read_stored)(struct live *live, uint64_t fobj, uint32_t page, uint8_t *to,
			    struct error *error);
	/* NULL: it has no memory to read */
	bool (*read_page)(struct live *live, uint64_t pa, uint8_t *to, struct error *error);
};
struct live {
	const struct live_ops *ops;
};

/*
 * The state now, in *SNAPSHOT, which the caller owns. False with ERROR: none could be had;
 * *SNAPSHOT is NULL then, and the caller may ask again unless live_status() says LIVE_ENDED.
 */
bool live_refresh(struct live *live, struct snapshot **snapshot, struct error *error);
/* Stop the target until live_resume(). True when it is stopped already. */
bool live_pause(struct live *live, struct error *error);
bool live_resume(struct live *live, struct error *error);
/* Run on to the next `step` of the scenario and pause there. False with ERROR: there are no steps.
 */
bool live_step(struct live *live, struct error *error);
bool live_can_step(const struct live *live);
/*
 * Run on until the pager does something of that kind ("fault", "save" ...; live_status() lists
 * them) and pause there, at the next moment at which its lists are whole. False with ERROR: the
 * target has no such events, did not come to one in time (it is paused then), or has ended.
 */
bool live_run_to_event(struct live *live, const char *kind, struct error *error);
/*
 * Another thread may make this call and live_hang_up(): end the live_step() or live_run_to_event()
 * under way; no-op when there is none. The target is paused where it is then.
 */
void live_cancel(struct live *live);
/* End all waiting for the target, now and from now on: whoever calls it is about to live_close().
 */
void live_hang_up(struct live *live);
bool live_is_paused(const struct live *live);
void live_status(const struct live *live, struct live_status *status);
/*
 * The newest lines of the target's own console, oldest of them first, at most MAX pointers in
 * LINES; they stay valid until the next call of any live_ function. *FIRST (may be NULL) is the
 * number of the first one, counted from 0 since the start: older ones were dropped. Returns how
 * many. Bytes that are no printable ASCII or UTF-8 are shown as '.' already.
 */
size_t live_log(struct live *live, const char **lines, size_t max, uint64_t *first);
/*
 * The LIVE_PAGE bytes of the physical page at PA as they are now. False with ERROR: this source
 * has no memory, or it cannot be read there.
 */
#define LIVE_PAGE 4096
bool live_read_page(struct live *live, uint64_t pa, uint8_t *to, struct error *error);
/*
 * The same of the copy that the store has of PAGE of the fobj at that address: sealed where it is
 * read-write. False with ERROR also where there is none, or the profile does not know where.
 */
bool live_read_stored(struct live *live, uint64_t fobj, uint32_t page, uint8_t *to,
		      struct error *error);
/* Leave the target as it was found (or as --leave says), end what was started. NULL is allowed. */
void live_close(struct live *live);

#endif
