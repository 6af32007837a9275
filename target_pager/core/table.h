/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables: a limited pool of pages, recycled. A table knows which space and which VA
 * range it serves and how many of its entries are valid. What is in them is a cache of what the
 * areas say, so the oldest leaf table may be emptied and reused at any time (mmu.c does).
 * Guarded by the pager lock.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <sys/queue.h>

#include "types.h"

struct mmu_space;

#define TABLE_ENTRIES    512u /* descriptors of 8 bytes */
#define TABLE_LEAF_LEVEL 3u

struct table {
	paddr_t pa;              /* set once, at table_init() */
	struct mmu_space *space; /* whose it is; NULL when free */
	vaddr_t base;            /* first VA it translates, bytes */
	unsigned int level;      /* 1 root, 2, 3 leaf; Arm ARM D8.2.5 */
	unsigned int used;       /* valid entries, 0 .. 512 */
	struct table *parent;    /* the table whose entry points here; NULL for a root */
	TAILQ_ENTRY(table) link; /* in table_free, table_leaves or table_inner; oldest first */
};
TAILQ_HEAD(table_list, table);

extern struct table_list table_free, table_leaves, table_inner; /* inner: roots, too */
extern struct table *table_pool; /* table_total of them, in the order of their addresses */
extern unsigned int table_total, table_free_count;

/* A pool of NUM_TABLES pages from BASE (bytes, page aligned), zeroed here. ERR_NO_MEMORY. */
enum status table_init(paddr_t base, unsigned int num_tables);
void table_deinit(void);

/* The record of the table at PA, which is in the pool. */
struct table *table_of_pa(paddr_t pa);

/* Its TABLE_ENTRIES descriptors, by the core's own address. */
uint64_t *table_entries(const struct table *table);
/* A table of zeros for SPACE's addresses from BASE at LEVEL, newest of its list; NULL: none is
 * free. */
struct table *table_take(struct mmu_space *space, vaddr_t base, unsigned int level,
			 struct table *parent);
/* Zero it and put it back. Nothing points to it any more and no CPU may still walk it. */
void table_release(struct table *table);

#endif
