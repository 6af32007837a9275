/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growth: of what kinds of object there are more from one point of a workload to the next same one.
 * It finds leaks in which every reference has a holder, which no count tells. Objects are counted
 * by kind and by the pattern of their names, "*.data" for A.data and B.data. Knows snapshots only.
 */
#ifndef PAGERVIEW_GROWTH_H
#define PAGERVIEW_GROWTH_H

#include "../model/snapshot.h"

#define GROWTH_MAX_POINTS 64 /* the last of them are kept */

struct growth_row {
	char kind[16];    /* "context", "fobj", "file", "area" */
	char pattern[64]; /* of the names: an instance's word is "*", digits are "#" */
	uint32_t counts[GROWTH_MAX_POINTS];
	uint32_t after; /* when all was closed */
};

struct growth {
	struct growth_row *rows;
	uint32_t num_rows, max_rows;
	uint32_t num_points; /* at most GROWTH_MAX_POINTS */
	bool has_after;
	bool failed; /* out of memory: what came later is not counted */
};

struct growth *growth_create(void);         /* NULL: out of memory */
void growth_destroy(struct growth *growth); /* NULL is allowed */

/* One more same point of the workload. */
void growth_add(struct growth *growth, const struct snapshot *snapshot);
/* After all of it, when everything is closed: what is not there any more did not leak. */
void growth_add_after(struct growth *growth, const struct snapshot *snapshot);
/*
 * There was never less of it than at the point before, there is more of it than at the first one,
 * and it is still there when all is closed, where that was seen. Needs two points.
 */
bool growth_is_leak(const struct growth *growth, const struct growth_row *row);

#endif
