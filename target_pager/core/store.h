/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of pages of one region of memory, first fit over a bitmap. Two regions exist: the backing
 * store (outside what is trusted: all in it is sealed or hashed) and the plain secure memory of
 * unpaged objects. Guarded by the pager lock.
 */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "types.h"

struct page_region {
	paddr_t base; /* bytes, page aligned; set once, as is num_pages */
	unsigned int num_pages;
	unsigned int free_pages;
	uint64_t *used; /* one bit a page, owned */
};
extern struct page_region store_region;  /* the backing store */
extern struct page_region secure_region; /* plain secure memory */

/* All of [BASE, BASE + NUM_PAGES pages) is free. ERR_NO_MEMORY. Once, at boot. */
enum status page_region_init(struct page_region *region, paddr_t base, unsigned int num_pages);
void page_region_deinit(struct page_region *region);
/*
 * COUNT adjoining pages, as they were left; their first index in *FIRST. ERR_NO_STORE: no such run
 * is free, or COUNT is 0. page_region_release() takes back just what was taken.
 */
enum status page_region_take(struct page_region *region, unsigned int count, unsigned int *first);
void page_region_release(struct page_region *region, unsigned int first, unsigned int count);
/* The core's address of page INDEX, 0 .. num_pages - 1. */
void *page_region_bytes(const struct page_region *region, unsigned int index);

#endif
