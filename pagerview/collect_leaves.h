/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables from the other side: not what an area's pages map to, but what every entry of
 * every table maps, whoever made it. Only where a profile lists the tables. Judges nothing.
 */
#ifndef PAGERVIEW_COLLECT_LEAVES_H
#define PAGERVIEW_COLLECT_LEAVES_H

#include "collect_walk.h"
#include "model/snapshot.h"

#define LEAVES_MAX_TABLES 4096u /* more are not looked through, and that is told */
#define LEAVES_MAX_STRAYS 256u  /* more are counted as cut */

/* Ask the walk's cache for all tables of WALK. */
void leaves_want(const struct walk *walk);
/*
 * Fill SNAPSHOT's `tables` and `strays` from what the cache has of them; its pmems and contexts are
 * known already. False: out of memory.
 */
bool leaves_fill(struct walk *walk, struct snapshot *snapshot);

#endif
