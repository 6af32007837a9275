/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What translation tables in physical memory say of a virtual address. Stage 1, AArch64, 4 KiB
 * granule (Arm ARM D8.2, D8.3), as seen from EL0. Knows descriptors; no object.
 */
#ifndef PAGERVIEW_COLLECT_TABLES_H
#define PAGERVIEW_COLLECT_TABLES_H

#include "collect_cache.h"
#include "model/snapshot.h"

/*
 * Look VA up below the table at physical ROOT, for addresses of VA_BITS bits. *PROT: PROT_* bits
 * that EL0 has, 0 where nothing is mapped; *PA: the page's physical address, 0 likewise.
 */
enum cache_answer tables_lookup(struct cache *cache, uint64_t root, unsigned int va_bits,
				uint64_t va, uint8_t *prot, uint64_t *pa);

#endif
