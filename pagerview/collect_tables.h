/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What translation tables say of a virtual address: from a root in physical memory, or from the
 * leaf tables that a kernel keeps pointers to. Descriptors of stage 1: AArch64 with 4 KiB granule
 * (Arm ARM D8.2, D8.3), the long ones of AArch32, which are alike, and its short ones (G5.4). No
 * object.
 */
#ifndef PAGERVIEW_COLLECT_TABLES_H
#define PAGERVIEW_COLLECT_TABLES_H

#include "collect_cache.h"
#include "collect_value.h"
#include "model/snapshot.h"

/* What one entry says: PROT_* bits, 0 where nothing is mapped, and the page's physical address. */
struct translation {
	uint8_t prot;
	uint64_t pa; /* of the core's tables also where nothing is mapped: the entry's bits */
};

/*
 * Look VA up below the table at physical ROOT, for addresses of VA_BITS bits; AArch64, 4 KiB
 * granule, as EL0 sees it.
 */
enum cache_answer tables_lookup(struct cache *cache, uint64_t root, unsigned int va_bits,
				uint64_t va, struct translation *translation);
/*
 * Look VA up in the leaf table that the layout's way leads to from LEAF, an area's leaf_tables; the
 * area begins at BASE. KERNEL: as EL1 sees it.
 */
enum cache_answer tables_lookup_leaf(const struct values *values, uint64_t leaf, uint64_t base,
				     uint64_t va, bool kernel, struct translation *translation);
/* What the 8 bytes of a page's descriptor say, as EL0 sees it; false: nothing, it is not valid. */
bool tables_decode(uint64_t descriptor, struct translation *translation);
/* Look VA up in the core's own leaf tables. CACHE_BAD also where none of them covers it. */
enum cache_answer tables_lookup_core(const struct values *values, uint64_t va,
				     struct translation *translation);

#endif
