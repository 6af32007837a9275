/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector: layout and memory in, snapshot out. It reads what the lists hold and says what it
 * could not read; whether that moment was a whole one is for its caller to judge, by the guard.
 * Knows no connection and no screen.
 */
#ifndef PAGERVIEW_COLLECT_H
#define PAGERVIEW_COLLECT_H

#include "error.h"
#include "memory/memory.h"
#include "model/snapshot.h"
#include "profile/layout.h"

struct collector;

/* What guards the pager's lists, as read. */
struct guard {
	bool has_generation, has_lock; /* the profile names one, and it could be read */
	uint64_t generation;           /* odd: a change is under way */
	uint64_t lock;                 /* not 0: held */
};
/* By the guard, nothing was being changed. Where there is neither, false. */
bool guard_is_free(const struct guard *guard);
bool guard_is_same(const struct guard *before, const struct guard *after);

/* LAYOUT and MEMORY stay the caller's and outlive it. NULL: out of memory. */
struct collector *collector_create(const struct layout *layout, struct memory *memory,
				   uint64_t slide);
void collector_destroy(struct collector *collector); /* NULL is allowed */

/* When to scan the core's memory for pointers, where the layout says what to scan. */
enum collect_scan {
	COLLECT_NO_SCAN,
	COLLECT_SCAN_SUSPECTS, /* where a count does not add up */
	COLLECT_SCAN,          /* always: it also finds fobjs that no list leads to */
};
/* For the snapshots from now on; COLLECT_NO_SCAN at first. */
void collector_set_scan(struct collector *collector, enum collect_scan when);
/* The stack pointer of the CPU that stands, for the scans from now on; 0: none stands. */
void collector_set_sp(struct collector *collector, uint64_t sp);

/* The guard as it is now. False with ERROR: the connection is gone. */
bool collector_guard(struct collector *collector, struct guard *guard, struct error *error);
/*
 * Read everything; give up the walk after TIMEOUT_S seconds. `capture` is filled in as far as it is
 * known here: elf, build_id, profile, slide, generation, packets, bytes; `consistency` is PARTIAL
 * where something is missing, else EXACT on trust. *GUARD is what the guard was in the same burst.
 * NULL with ERROR: the connection is gone or memory is out.
 */
struct snapshot *collector_take(struct collector *collector, double timeout_s, struct guard *guard,
				struct error *error);
/*
 * The same in parts, of which only collector_copy() needs the target: get ready to read all that
 * the last snapshot was made of; read it in one burst; put it in its place; walk in that copy
 * alone. False with ERROR: the connection is gone, or memory is out.
 */
bool collector_prepare(struct collector *collector, struct error *error);
bool collector_copy(struct collector *collector, struct error *error);
/*
 * Before collector_copy(), of a target that still runs, where that costs it nothing: a copy for the
 * host's caches alone, so that the one that counts takes less time. It is in no statistics.
 */
bool collector_warm(struct collector *collector, struct error *error);
void collector_settle(struct collector *collector);
/*
 * Between these two, once more: two copies, of which the later one settles and the earlier one is
 * kept beside it, until the next collector_prepare().
 */
bool collector_copy_again(struct collector *collector, struct error *error);
/*
 * They agree in every byte that the last walk used. After collector_build(): its snapshot is that
 * of both copies. Before: it hardly can be, if this is false.
 */
bool collector_copies_agree(const struct collector *collector);
/* The last copy had all that its walk asked for, or there was no walk yet since. */
bool collector_is_whole(const struct collector *collector);
/* NULL without ERROR: the copy lacks something, which the next one will bring along. */
struct snapshot *collector_build(struct collector *collector, double timeout_s, struct guard *guard,
				 struct error *error);

#endif
