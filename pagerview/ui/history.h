/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * History: the snapshots that were seen, newest last, in bounded memory: HISTORY_BYTES of
 * snapshots and HISTORY_MOMENTS of them, whichever comes first; the oldest go. The newest is
 * always kept, whatever its size. A moment may be held beyond that (the mark, the one on screen).
 * Of a recording all moments are there, and within the same bounds those in memory that were near
 * the last one asked for.
 */
#ifndef PAGERVIEW_UI_HISTORY_H
#define PAGERVIEW_UI_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "../model/snapshot.h"

#define HISTORY_BYTES   (64u << 20)
#define HISTORY_MOMENTS 4096u
#define HISTORY_LOADED  256u /* of a source's, as many as are in memory at once */

/* A snapshot and how many hold it. */
struct moment {
	struct snapshot *snapshot;
	uint64_t number; /* 1 for the first refresh, and so on */
	unsigned holders;
	uint32_t happened; /* the owner's; what it took the place of has its share in it */
};

/* Moments that are somewhere else, in a file: the history then only holds those near by. */
struct history_source {
	uint32_t count;
	/* The caller's then. NULL with ERROR: that one cannot be had. */
	struct snapshot *(*load)(void *arg, uint32_t at, struct error *error);
	void *arg;
};

struct history {
	struct moment *moments[HISTORY_MOMENTS]; /* a ring; of a source: those loaded, no order */
	uint32_t first, count;
	struct history_deck *deck; /* NULL: moments are added; else they come from a source */
	size_t bytes;
	size_t max_bytes;
	uint64_t added;   /* since the start */
	uint64_t dropped; /* for want of room */
};

void history_init(struct history *history, size_t max_bytes);
/*
 * Moments come from SOURCE, which is copied, when they are asked for; nothing can be added. False
 * when memory is out.
 */
bool history_init_source(struct history *history, size_t max_bytes,
			 const struct history_source *source);
void history_deinit(struct history *history);
/* Why history_at() gave nothing; "" when it did. */
const char *history_trouble(const struct history *history);
/* Takes SNAPSHOT over. False when memory is out; it is destroyed then. */
bool history_add(struct history *history, struct snapshot *snapshot);
/*
 * The AT-th that is kept, 0 the oldest; NULL past the end, or when its source cannot give it. Not
 * held: it may be gone after the next two calls.
 */
struct moment *history_at(const struct history *history, uint32_t at);
struct moment *history_newest(const struct history *history);
/* Position of MOMENT, or NONE when it is kept no longer. */
uint32_t history_position(const struct history *history, const struct moment *moment);

/* Nothing has changed from A to B, and both know it. */
bool history_same(const struct snapshot *a, const struct snapshot *b);

struct moment *moment_get(struct moment *moment);
void moment_put(struct moment *moment); /* NULL is allowed */

#endif
