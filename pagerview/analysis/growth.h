/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growth: of what there is more from one point of a workload to the next same one. It finds leaks
 * in which every reference has a holder, which no count tells. Objects are counted by kind and by
 * the pattern of their names, "*.data" for A.data and B.data, and with them whatever else a
 * snapshot knows the number of. Knows snapshots only.
 *
 * Any number of points may be added; the counts of GROWTH_MAX_POINTS of them are kept, the first
 * and the last ones always. What is said of a trend is said of all of them.
 */
#ifndef PAGERVIEW_GROWTH_H
#define PAGERVIEW_GROWTH_H

#include "../model/snapshot.h"

#define GROWTH_MAX_POINTS 64 /* when there are more, every second one goes, but for the last */

enum growth_sort {
	GROWTH_OBJECTS, /* of one kind, and of one pattern of names */
	GROWTH_TOTAL,   /* all objects of a kind, or of a sort of it */
	GROWTH_LEVEL,   /* how much there is of something */
	GROWTH_TALLY,   /* what only ever goes up, and so is no leak */
};

enum growth_trend {
	GROWTH_ONE_POINT,
	GROWTH_EVERY_MORE, /* more at each point than at the one before */
	GROWTH_MORE,       /* never less, and more in the end */
	GROWTH_SWINGS_UP,  /* more in the end, with less in between */
	GROWTH_SAME,       /* always as many */
	GROWTH_SWINGS,     /* as many in the end as in the beginning */
	GROWTH_SWINGS_DOWN,
	GROWTH_LESS,
	GROWTH_EVERY_LESS,
};

struct growth_row {
	char kind[16];    /* "context", "fobj", "file", "area"; "fobjs", "pages", "counter" ... */
	char pattern[64]; /* of the names: an instance's word is "*", digits are "#" */
	enum growth_sort sort;
	uint64_t counts[GROWTH_MAX_POINTS];
	uint64_t after; /* when all was closed */
	/* Number of the first point at which there was more than at the one before, not more ...;
	 * 0: there was none. */
	uint64_t more, not_more, less, not_less;
};

struct growth {
	struct growth_row *rows;
	uint32_t num_rows, max_rows;
	uint32_t num_points;                 /* that are kept */
	uint64_t numbers[GROWTH_MAX_POINTS]; /* of those: 0 the first point, and so on */
	uint64_t labels[GROWTH_MAX_POINTS];  /* the caller's, of each */
	bool has_after;
	bool failed; /* out of memory: what came later is not counted */
};

struct growth *growth_create(void);         /* NULL: out of memory */
void growth_destroy(struct growth *growth); /* NULL is allowed */
/* As it was when it was created. */
void growth_clear(struct growth *growth);

/* One more same point of the workload; LABEL is kept with it. */
void growth_add(struct growth *growth, const struct snapshot *snapshot, uint64_t label);
/* After all of it, when everything is closed: what is not there any more did not leak. */
void growth_add_after(struct growth *growth, const struct snapshot *snapshot);
/*
 * How it went from the first point to the LAST-th of those kept, which are counted from 0.
 */
enum growth_trend growth_trend(const struct growth *growth, const struct growth_row *row,
			       uint32_t last);
/*
 * There was never less of these objects than at the point before, there is more of them than at the
 * first one, and they are still there when all is closed, where that was seen. Needs two points.
 */
bool growth_is_leak(const struct growth *growth, const struct growth_row *row);

/* Index of the row with these, or NONE. */
uint32_t growth_find(const struct growth *growth, const char *kind, const char *pattern);
/* "*.data" of "A.data", "R#" of "R12"; of a context what it runs, not what this one is called. */
void growth_pattern(const char *kind, const char *name, char pattern[64]);
/* A reference that is held by name, and not by an area or a slice: someone has it open. */
bool growth_is_handle(const struct snap_holder *holder);

#endif
