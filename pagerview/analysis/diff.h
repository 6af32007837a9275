/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changed from one snapshot to another, object by object. Objects are the same if their id and
 * what cannot change in an object's life (name, kind, size) are the same: an address that was freed
 * and given to something else is one object gone and one new. Knows snapshots only.
 */
#ifndef PAGERVIEW_DIFF_H
#define PAGERVIEW_DIFF_H

#include "../model/snapshot.h"

struct diff_change {
	char sign;        /* '+' new, '-' gone, '~' changed */
	const char *kind; /* "context", "area", "fobj", "pmem", "file" */
	uint64_t id;
	const char *name;
	const char
		*text; /* what changed: "refcount 2 -> 3, resident 4 -> 6"; "" for new and gone */
};

struct diff {
	struct diff_change *changes; /* by kind, then in the order of the newer snapshot */
	uint32_t num_changes;
	struct arena *arena;
};

/* The snapshots may be destroyed afterwards. NULL: out of memory. */
struct diff *diff_create(const struct snapshot *before, const struct snapshot *after);
void diff_destroy(struct diff *diff); /* NULL is allowed */

#endif
