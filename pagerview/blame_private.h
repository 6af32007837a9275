/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ways of `blame` share: blame.c (the target's events), blame_watch.c (a watchpoint).
 */
#ifndef PAGERVIEW_BLAME_PRIVATE_H
#define PAGERVIEW_BLAME_PRIVATE_H

#include "analysis/balance.h"
#include "blame.h"
#include "export/blame_json.h"
#include "session.h"

struct blame {
	const struct options *options;
	struct reflog *log;
	struct snapshot *before;   /* where the log begins; NULL: with the objects' making */
	struct snapshot *snapshot; /* the moment that is judged */
	uint64_t watched;          /* the one object that is; 0: none, or not found yet */
	FILE *out;                 /* for words; nowhere if they are not wanted */
	struct blame_json *json;   /* NULL: words are wanted */
	bool no_memory;            /* something was not told for want of it */
};

/* Take `snapshot` anew, and its events into the log. */
bool blame_look(struct blame *blame, struct live *live, struct error *error);
/* The object is the one that was asked for; where none was, one whose count is wrong. */
bool blame_wants(const struct blame *blame, uint64_t id, const char *name, int64_t surplus);

/*
 * Watch the count of the one object that is asked for, from where the session stands to the moment
 * that is judged; each change goes into the log. On return `before` and `snapshot` are set.
 */
bool blame_watch(struct blame *blame, struct live *live, struct error *error);

/*
 * Record the scenario, and go back to where the count of the object that is asked for, or of each
 * that is wrong, went wrong; connected to somebody else's stub, blame_replay(). An exit status.
 */
int blame_back(struct blame *blame, int abort_fd, struct error *error);
/*
 * Connected to a stub that replays: every store to the counts of those objects from the recording's
 * beginning to where it stands, and who is to blame. It stands there again on return.
 */
int blame_replay(struct blame *blame, int abort_fd, struct error *error);

/* False with ERROR: memory was out for some of the log, or of what was to be told. */
bool blame_is_whole(const struct blame *blame, struct error *error);
/* Print who is to blame for the object by the log and `snapshot`. */
void blame_object(struct blame *blame, uint64_t id, const char *name, int64_t surplus);

/* A command of a replaying QEMU's monitor, without an answer. False with ERROR: it has one. */
bool blame_rr_command(const struct session_parts *parts, struct error *error, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));
/* How many instructions were executed where it stands. */
bool blame_rr_instructions(const struct session_parts *parts, uint64_t *count, struct error *error);
/* Until it stops, TIMEOUT_S seconds at most. False with ERROR: it did not. */
bool blame_rr_wait(const struct session_parts *parts, double timeout_s, struct error *error);

/*
 * Where the target stands: the innermost function that does not just count, and who called it,
 * joined by " < ". Texts are ARENA's. False with ERROR: the registers cannot be read.
 */
bool blame_stack(const struct session_parts *parts, struct arena *arena, const char **where,
		 const char **path, struct error *error);
/* Where the count of the fobj or file at ID lies, and its SIZE in bytes. */
bool blame_place(const struct session_parts *parts, bool is_file, uint64_t id, uint64_t *place,
		 unsigned int *size, struct error *error);
/* A number of SIZE bytes of the target's memory. False: not readable, or ERROR is set. */
bool blame_read(const struct session_parts *parts, uint64_t addr, unsigned int size,
		uint64_t *value, struct error *error);

#endif
