/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical pages of the pager's pool and the lists they are in (slide "pmem"). A pmem knows
 * which page of which fobj it holds, without a reference; it knows no area and no table.
 * Everything here is guarded by the pager lock.
 */
#ifndef CORE_PMEM_H
#define CORE_PMEM_H

#include <sys/queue.h>

#include "types.h"

struct fobj;

enum pmem_state {
	PMEM_FREE,   /* holds nothing */
	PMEM_CLEAN,  /* equals its backing store; mapped read-only at most */
	PMEM_DIRTY,  /* written since it was loaded: saved before it is released */
	PMEM_LOCKED, /* belongs to a locked fobj: never released while that lives */
};

struct pmem {
	paddr_t pa;        /* set once, at pmem_init() */
	struct fobj *fobj; /* whose page this is, not counted; NULL when free */
	unsigned int page; /* page index within the fobj */
	enum pmem_state state;
	bool hidden;            /* in pmem_hidden: no valid mapping anywhere (rule 5) */
	TAILQ_ENTRY(pmem) link; /* in exactly one of the lists below */
};
TAILQ_HEAD(pmem_list, pmem);

/* Oldest first. Eviction order is all of pmem_hidden, then all of pmem_shown. */
extern struct pmem_list pmem_free, pmem_hidden, pmem_shown, pmem_locked;

/* Pages in the lists, kept with them; the checker counts the lists against these. */
struct pmem_counts {
	unsigned int total, free, hidden, shown, locked;
	unsigned int reserved; /* promised to locked fobjs, taken or not */
};
extern struct pmem_counts pmem_counts;

/* Every pmem of the pool, pmem_counts.total of them, in the order of their addresses. */
extern struct pmem *pmem_pool;

/* Make a pool of NUM_PAGES pages from BASE (bytes, page aligned). ERR_NO_MEMORY leaves no pool. */
enum status pmem_init(paddr_t base, unsigned int num_pages);
/* Give the pool's records back. Every page must be free. */
void pmem_deinit(void);

/* The core's address of the page's bytes. */
void *pmem_bytes(const struct pmem *pmem);

/* Take the oldest free page, on no list until pmem_publish(); NULL if none is free. */
struct pmem *pmem_take(void);
/* PMEM, just taken, now holds PAGE of FOBJ: newest of its list. STATE is not PMEM_FREE. */
void pmem_publish(struct pmem *pmem, struct fobj *fobj, unsigned int page, enum pmem_state state);
/* Empty PMEM, on a list or just taken, and free it. Its mappings are gone already. */
void pmem_release(struct pmem *pmem);
/*
 * Promise NUM_PAGES pages to a locked fobj, or give the promise back. ERR_NO_FRAME: fewer than
 * PMEM_MIN_EVICTABLE pages would be left for all others.
 */
#define PMEM_MIN_EVICTABLE 6u
enum status pmem_reserve(unsigned int num_pages);
void pmem_unreserve(unsigned int num_pages);
/* Move PMEM between the lists of pages seen and pages hidden; newest of the new list. */
void pmem_set_hidden(struct pmem *pmem, bool hidden);

#endif
