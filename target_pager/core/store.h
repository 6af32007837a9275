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
	paddr_t base;
	unsigned int num_pages;
	unsigned int free_pages;
	uint64_t *used; /* one bit a page, owned */
};
extern struct page_region store_region;  /* the backing store */
extern struct page_region secure_region; /* plain secure memory */

enum status page_region_init(struct page_region *region, paddr_t base, unsigned int num_pages);
void page_region_deinit(struct page_region *region);
/* COUNT adjoining pages; their first index in *FIRST. ERR_NO_STORE. */
enum status page_region_take(struct page_region *region, unsigned int count, unsigned int *first);
void page_region_release(struct page_region *region, unsigned int first, unsigned int count);
/* The bytes of page INDEX. */
void *page_region_bytes(const struct page_region *region, unsigned int index);

#endif
