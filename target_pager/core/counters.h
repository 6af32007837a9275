/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the pager did since it was started, counted exactly. Lowest of all: knows no object.
 * Guarded by the pager lock.
 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include "types.h"

/* How a fault ended, and the counter it is counted in. */
#define FAULT_LIST(X)                                                                              \
	X(FAULT_LOADED, loaded)         /* first touch: a page was loaded */                       \
	X(FAULT_SHARED, shared)         /* the page was resident: mapped here too */               \
	X(FAULT_HIDDEN, hidden)         /* a hidden page was touched: shown again */               \
	X(FAULT_MADE_DIRTY, made_dirty) /* first write to a clean page */                          \
	X(FAULT_SPURIOUS, spurious)     /* another CPU was faster: nothing to do */                \
	X(FAULT_NO_AREA, no_area)       /* outside every area: the TA dies */                      \
	X(FAULT_DENIED, denied)         /* against the area's protection: the TA dies */           \
	X(FAULT_CORRUPT, corrupt)       /* the store's page failed its check: the TA dies */       \
	X(FAULT_NO_FRAME, no_frame)     /* no page to take, all locked: the TA dies */             \
	X(FAULT_NO_TABLE, no_table)     /* no translation table to take: the TA dies */

enum fault_outcome {
#define X(name, counter) name,
	FAULT_LIST(X)
#undef X
};
/* What the pager did since pager_init(); written under the pager lock. */
#define PAGER_COUNTER_LIST(X)                                                                      \
	X(loads)        /* pages filled from a store */                                            \
	X(zero_fills)   /* of these, first uses of a read-write or locked page */                  \
	X(saves)        /* dirty pages sealed into the store */                                    \
	X(releases)     /* pages taken from their owners to make room */                           \
	X(hides)        /* pages hidden to learn whether they are used */                          \
	X(hidden_hits)  /* hidden pages that were touched again */                                 \
	X(table_steals) /* leaf tables emptied for another range */

struct pager_counters {
#define X(name) uint64_t name;
	PAGER_COUNTER_LIST(X)
#undef X
	struct {
#define X(name, counter) uint64_t counter;
		FAULT_LIST(X)
#undef X
	} faults;
};
extern struct pager_counters pager_counters;

#endif
