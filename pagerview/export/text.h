/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What commands print for people and for grep: one fact a line.
 */
#ifndef PAGERVIEW_EXPORT_TEXT_H
#define PAGERVIEW_EXPORT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "../analysis/diff.h"
#include "../model/snapshot.h"

/* One line per finding: "error one-pmem pmem 0x...: message (definite)". False: a write failed. */
bool text_write_findings(const struct snapshot *snapshot, FILE *out);
/*
 * Who owns what lies at ADDR: the address of an object, a physical address of the pool, or a
 * virtual address, in whichever contexts. *FOUND: something was printed.
 */
bool text_write_owners(const struct snapshot *snapshot, uint64_t addr, FILE *out, bool *found);

/* One line per change: "~ fobj 0x... S: refcount 2 -> 3". */
bool text_write_diff(const struct diff *diff, FILE *out);

/* The name of the object at ID, "" unknown. */
typedef const char *text_namer(void *arg, uint64_t id);
/* One line: number, CPU, what, of which object, where, and who called. */
bool text_write_event(const struct snap_event *event, text_namer *namer, void *arg, FILE *out);

#endif
