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

/*
 * Read the tables of WALK by physical address, in one burst, and fill SNAPSHOT's `tables` and
 * `strays`; its pmems and contexts are known already. False with ERROR: the connection is gone, or
 * memory is out.
 */
bool leaves_fill(struct walk *walk, struct memory *memory, struct snapshot *snapshot,
		 struct error *error);

#endif
