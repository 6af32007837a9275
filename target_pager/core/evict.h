/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eviction policy, and nothing else: which page is hidden next, which page goes. It chooses
 * from pmem's lists; the pager does the unmapping and saving. Guarded by the pager lock.
 */
#ifndef CORE_EVICT_H
#define CORE_EVICT_H

#include "pmem.h"

/* The page to release: the oldest hidden one, else the oldest. NULL if all are locked. */
struct pmem *evict_victim(void);
/* The page to hide now so that a third of what can be evicted is hidden, or NULL. */
struct pmem *evict_hide_next(void);

#endif
