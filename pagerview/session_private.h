/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of a session share: its state, and the steps that more than one of them takes. A
 * session is session.c (the front), session_open.c (from the options to a target that is where it
 * is wanted), session_stop.c (running, stopping, the end) and session_take.c (one snapshot).
 */
#ifndef PAGERVIEW_SESSION_PRIVATE_H
#define PAGERVIEW_SESSION_PRIVATE_H

#include <stdatomic.h>

#include "collect.h"
#include "collect_events.h"
#include "memory/source.h"
#include "progress.h"
#include "run.h"
#include "session.h"
#include "session_slide.h"

#define SAFE_WAIT_MS  500 /* for a busy target to come to its safe point */
#define PAUSE_HISTORY 64

/* A count that did not add up, and how many snapshots running. */
#define MAX_COUNTED 64
struct counted {
	char text[200];
	unsigned int times;
	double since; /* progress of the target, seconds */
};

struct session {
	struct live live;
	const struct options *options;
	int abort_fd;   /* readable: give up all waiting; the caller's descriptor, or the next */
	int hang_up_fd; /* an eventfd for session_hang_up() */
	struct run *run;
	struct source *source;
	bool unsure; /* no source came of a connection, and the target may stand still for it */
	struct dwarf_info *dwarf;
	struct profile *profile;
	struct layout *layout;
	struct collector *collector;
	struct proofs proofs;        /* as loaded */
	struct event_reader *events; /* NULL: the target has no ring */
	session_watcher *watcher;    /* told of events while the target runs; NULL: nobody */
	void *watcher_arg;
	uint64_t slide;
	bool paused;   /* it stands until someone resumes it */
	bool by_pause; /* ... because source_pause_begin() stopped it */
	bool at_safe_point;
	atomic_bool cancel;           /* another thread's wish: the wait under way is to end */
	bool held;                    /* never let run on: no step can have been missed */
	uint32_t steps;               /* stopped at since it came to life, while HELD; else 0 */
	bool ended, finished, failed; /* the target is gone; by itself; its scenario failed */
	uint64_t stop_pc;             /* while it stands; 0 unknown */
	uint64_t stop_sp;             /* likewise */
	char note[200];
	uint64_t pauses[PAUSE_HISTORY];
	uint64_t refreshes, torn, packets, bytes, trips;
	uint64_t readings; /* of all lists, for these refreshes: also those that were given up */
	double take_by;    /* session_clock()'s time at which the snapshot under way is to be had */
	struct counted counted[MAX_COUNTED];
	uint32_t num_counted;
	struct progress progress;
	unsigned int in_flight;
};

static inline struct session *session_of(struct live *live)
{
	return (struct session *)live; /* `live` is its first member */
}

extern const struct live_ops session_ops;

double session_clock(void);                                  /* monotonic, seconds */
void session_nap(long ns);                                   /* less than a second */
unsigned int session_wait_ms(const struct session *session); /* --timeout */

/*
 * The target is gone: ERROR, whatever it was, becomes why, in the target's own words where it was
 * ours. Always false.
 */
bool session_target_ended(struct session *session, struct error *error);
/* The same if the connection is lost; else ERROR stays as it is. Always false. */
bool session_check_lost(struct session *session, struct error *error);

/* Address of function NAME as loaded. False with ERROR: there is none. */
bool session_address(const struct session *session, const char *name, uint64_t *addr,
		     struct error *error);
/* Remember where the target has stopped. */
void session_note_stop(struct session *session);
/* Tell the screen where the CPU that stopped is, on a machine that has two worlds. */
void session_note_world(struct session *session);
/* Look at the events once, for the watcher; the target may run or stand. */
bool session_watch_events(struct session *session, struct error *error);
/* Wait for a stop, MS at most, -1 for ever; looks at the events meanwhile, with a watcher. */
enum rsp_wait session_wait_for_stop(struct session *session, int ms, struct rsp_stop *stop,
				    struct error *error);
/* Let a standing target run to ADDR, COUNT times, MS each; then it stands there. */
bool session_run_to(struct session *session, uint64_t addr, uint64_t count, unsigned int ms,
		    const char *where, struct error *error);
/*
 * Let a standing target run to the next event of KIND, MS at most, and on to where the lists are
 * whole. It stands then, also where this fails, unless it has ended.
 */
bool session_run_to_event(struct session *session, const char *kind, unsigned int ms,
			  struct error *error);
/* Which kinds there are, separated by blanks, into TEXT of SIZE bytes. */
void session_list_events(const struct session *session, char *text, size_t size);
/* Why a wait ended without what was waited for: given up, or WHERE did not come in MS. False. */
bool session_late(struct session *session, const char *where, unsigned int ms, struct error *error);
/* Let it run until it stands at a breakpoint of ours, MS at most however often it stops elsewhere.
 */
enum rsp_wait session_run_to_breakpoint(struct session *session, unsigned int ms,
					struct error *error);
/*
 * It was stopped where it was wanted. Where another CPU is in the middle of a change, let that one
 * alone go on to its safe point, for SAFE_WAIT_MS at most; else it stands as it is.
 */
void session_let_others_finish(struct session *session);
/* To where `--until` says; nowhere without it. */
bool session_run_until(struct session *session, struct error *error);

/* The store's copy of a page of a fobj, from memory that can be read now. False with ERROR: none.
 */
bool session_read_stored(struct session *session, uint64_t fobj, uint32_t page, uint8_t *to,
			 struct error *error);
/* One snapshot, as exact as can be. NULL: none; ERROR may say why. */
struct snapshot *session_take(struct session *session, struct error *error);
/* The same of a running target, which is stopped for it even where it need not be. */
struct snapshot *session_take_stopping(struct session *session, struct error *error);
/* Just stopped at a random place: if that is in the middle of a change, go on to the safe point. */
void session_come_to_rest(struct session *session);
/* Findings that may be in flight are marked so in SNAPSHOT until they are old enough. */
void session_settle_findings(struct session *session, struct snapshot *snapshot);

#endif
