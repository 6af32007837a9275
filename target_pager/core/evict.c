/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory: pages leave oldest first, but a page that is in use should not be old. No hardware bit
 * tells us which are in use, so once more than two thirds of what can be evicted are mapped, the
 * oldest of these is hidden: it loses its mappings but not its contents. A touch shows it again as
 * the newest page, for the price of a cheap fault; an untouched one moves on to be the next to go.
 * At most one page is hidden per fault, so a fault's cost does not grow with the pool.
 * (OP-TEE: tee_pager_hide_pages() hides a third of the pool by a walk over all of it.)
 */
#include "evict.h"

struct pmem *evict_victim(void)
{
	struct pmem *oldest = TAILQ_FIRST(&pmem_hidden);

	return oldest ? oldest : TAILQ_FIRST(&pmem_shown);
}

struct pmem *evict_hide_next(void)
{
	unsigned int evictable = pmem_counts.total - pmem_counts.locked;

	if (pmem_counts.shown <= evictable * 2 / 3)
		return NULL;
	return TAILQ_FIRST(&pmem_shown);
}
