/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First fit: objects are few and long-lived, and a run is taken or given back only when an object
 * is made or freed, never on a fault.
 */
#include "store.h"

#include <string.h>

#include "arch.h"
#include "heap.h"

struct page_region store_region, secure_region;

static bool bit_test(const struct page_region *region, unsigned int index)
{
	return region->used[index / 64] >> (index % 64) & 1;
}

static void bits_assign(struct page_region *region, unsigned int first, unsigned int count,
			bool used)
{
	for (unsigned int i = first; i < first + count; i++) {
		uint64_t bit = 1UL << (i % 64);

		if (used)
			region->used[i / 64] |= bit;
		else
			region->used[i / 64] &= ~bit;
	}
}

enum status page_region_init(struct page_region *region, paddr_t base, unsigned int num_pages)
{
	region->used = heap_alloc_array((num_pages + 63) / 64, sizeof(uint64_t));
	if (!region->used)
		return ERR_NO_MEMORY;
	region->base = base;
	region->num_pages = num_pages;
	region->free_pages = num_pages;
	return OK;
}

void page_region_deinit(struct page_region *region)
{
	heap_free(region->used);
	*region = (struct page_region){0};
}

enum status page_region_take(struct page_region *region, unsigned int count, unsigned int *first)
{
	unsigned int run = 0;

	if (!count || count > region->free_pages)
		return ERR_NO_STORE;
	for (unsigned int i = 0; i < region->num_pages; i++) {
		run = bit_test(region, i) ? 0 : run + 1;
		if (run == count) {
			*first = i + 1 - count;
			bits_assign(region, *first, count, true);
			region->free_pages -= count;
			return OK;
		}
	}
	return ERR_NO_STORE;
}

void page_region_release(struct page_region *region, unsigned int first, unsigned int count)
{
	bits_assign(region, first, count, false);
	region->free_pages += count;
}

void *page_region_bytes(const struct page_region *region, unsigned int index)
{
	return phys_to_virt(region->base + (paddr_t)index * PAGE_SIZE);
}
