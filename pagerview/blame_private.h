/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ways of `blame` share: blame.c (the target's events), blame_watch.c (a watchpoint).
 */
#ifndef PAGERVIEW_BLAME_PRIVATE_H
#define PAGERVIEW_BLAME_PRIVATE_H

#include "analysis/balance.h"
#include "blame.h"
#include "session.h"

struct blame {
	const struct options *options;
	struct reflog *log;
	struct snapshot *before;   /* where the log begins; NULL: with the objects' making */
	struct snapshot *snapshot; /* the moment that is judged */
	FILE *out;
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

#endif
