/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conservative scan: every word of the core's data, stacks and heap that might be a pointer to
 * an object whose count does not add up, and every block of the heap that is a fobj but in no list.
 * Knows a layout's ranges and the walk's objects; judges nothing.
 */
#ifndef PAGERVIEW_COLLECT_SCAN_H
#define PAGERVIEW_COLLECT_SCAN_H

#include "collect_walk.h"
#include "model/snapshot.h"

#define SCAN_MAX_BYTES  (64u << 20) /* of all ranges; more is cut, and told */
#define SCAN_MAX_PLACES 4u          /* told of one object; more are counted */
#define SCAN_MAX_TOLD   4000u       /* of all objects together; likewise */
#define SCAN_MAX_LOST   256u        /* fobjs that no list leads to; more are counted as cut */

struct scan;

/* LAYOUT (whose `scan` is present) and MEMORY stay the caller's. NULL: out of memory. */
struct scan *scan_create(const struct layout *layout, struct memory *memory, uint64_t slide);
void scan_destroy(struct scan *scan); /* NULL is allowed */

/*
 * Copy the ranges, in at most three trips. Pages that cannot be read are left out. False with
 * ERROR: the connection is gone, or memory is out.
 */
bool scan_read(struct scan *scan, struct error *error);
/*
 * Look through that copy, for a snapshot that was just built from WALK and whose surpluses are
 * known: fills `pointers`, `lost` and `capture.scanned`. SP is the stack pointer of a CPU that
 * stood, or 0: what lies below it on its stack counts for nothing. What is cut is told in WALK.
 * False: out of memory.
 */
bool scan_fill(struct scan *scan, uint64_t sp, struct walk *walk, struct snapshot *snapshot);

#endif
