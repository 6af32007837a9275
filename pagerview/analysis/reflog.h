/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of references: the gets and puts of every object's life, gathered batch by batch from
 * the target's events, with the names that snapshots taken meanwhile gave the objects. An address
 * that is freed and used again is another life. Knows snapshots and their events only.
 */
#ifndef PAGERVIEW_REFLOG_H
#define PAGERVIEW_REFLOG_H

#include "../model/snapshot.h"

#define REFLOG_MAX_EVENTS 4000000u /* of references; more are counted as lost */

/* One get or put, or the making of an object, which is its first get. */
struct reflog_event {
	uint64_t seq;
	int sign;       /* +1: new and get; -1: put */
	uint32_t count; /* afterwards, as the target wrote it; of `new` always 1 */
	bool is_new;
	uint32_t site; /* index in `sites` of where it was called */
};

/* A call path, each once. */
struct reflog_site {
	const char *where; /* "area_add (area.c:67)" */
	const char *path;  /* " < " between its callers; "" unknown */
};

struct reflog_life {
	uint64_t id;
	const char *name; /* "" unknown */
	const char *kind; /* of a fobj; "file"; "" unknown */
	bool born, freed; /* its beginning, its end was seen */
	struct reflog_event *events;
	uint32_t num_events, max_events;
};

struct reflog {
	struct reflog_life *lives; /* in the order of their beginning */
	uint32_t num_lives, max_lives;
	struct reflog_site *sites;
	uint32_t num_sites, max_sites;
	uint64_t seen, lost; /* events of any kind */
	uint64_t first_seq;  /* of the first event seen; 0: none. Above 1: older ones are gone */
	uint32_t num_events; /* kept */
	bool failed;         /* out of memory: what came later is missing */
	struct arena *arena; /* texts */
	uint32_t *by_id;     /* hash of the lives that go on */
	uint32_t by_id_size;
};

/* NULL: out of memory. */
struct reflog *reflog_create(void);
void reflog_destroy(struct reflog *reflog); /* NULL is allowed */

/* Take BATCH's events in, then the names in NAMES (may be NULL, or BATCH itself). */
void reflog_add(struct reflog *reflog, const struct snapshot *batch, const struct snapshot *names);
/* The life that goes on at that address, or the last one that did; NULL: none was seen. */
const struct reflog_life *reflog_find(const struct reflog *reflog, uint64_t id);

#endif
