/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One level of tables resolves nine bits of address; the first level is the one that leaves all the
 * others whole. Block entries at levels 1 and 2 are pages to us too.
 */
#include "collect_tables.h"

#define PAGE_SHIFT  12
#define LEVEL_BITS  9
#define DESC_VALID  UINT64_C(1)
#define DESC_TABLE  UINT64_C(2) /* at level 3: a page */
#define DESC_AP_EL0 (UINT64_C(1) << 6)
#define DESC_AP_RO  (UINT64_C(1) << 7)
#define DESC_UXN    (UINT64_C(1) << 54)
#define DESC_ADDR   UINT64_C(0x0000fffffffff000)

static uint8_t leaf_prot(uint64_t descriptor)
{
	uint8_t prot = 0;

	if (!(descriptor & DESC_AP_EL0))
		return descriptor & DESC_UXN ? 0 : PROT_X;
	prot = PROT_R;
	if (!(descriptor & DESC_AP_RO))
		prot |= PROT_W;
	if (!(descriptor & DESC_UXN))
		prot |= PROT_X;
	return prot;
}

enum cache_answer tables_lookup(struct cache *cache, uint64_t root, unsigned int va_bits,
				uint64_t va, uint8_t *prot, uint64_t *pa)
{
	unsigned int levels = (va_bits - PAGE_SHIFT + LEVEL_BITS - 1) / LEVEL_BITS;
	uint64_t table = root & DESC_ADDR;

	*prot = 0;
	*pa = 0;
	if (va_bits < 64 && va >> va_bits)
		return CACHE_BAD;
	for (unsigned int below = levels; below-- > 0;) {
		unsigned int shift = PAGE_SHIFT + LEVEL_BITS * below;
		uint64_t index = va >> shift & ((1u << LEVEL_BITS) - 1), descriptor = 0;
		enum cache_answer answer = cache_get(cache, CACHE_PHYSICAL, table + index * 8,
						     &descriptor, sizeof(descriptor));

		if (answer != CACHE_OK || !(descriptor & DESC_VALID))
			return answer;
		if (below > 0 && descriptor & DESC_TABLE) {
			table = descriptor & DESC_ADDR;
			continue;
		}
		if (below == 0 && !(descriptor & DESC_TABLE))
			return CACHE_OK; /* reserved: nothing */
		*prot = leaf_prot(descriptor);
		*pa = (descriptor & DESC_ADDR & ~((UINT64_C(1) << shift) - 1)) |
		      (va & ((UINT64_C(1) << shift) - 1) & ~UINT64_C(0xfff));
		return CACHE_OK;
	}
	return CACHE_OK;
}
