/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TA's translation tables: AArch64, 4 KiB pages, 39-bit addresses, three levels (Arm ARM D8.2).
 * Knows tables, addresses and protections; no area, no page's owner. The same file serves the
 * target and the host tests, which walk the very descriptors. Guarded by the pager lock.
 */
#ifndef CORE_MMU_H
#define CORE_MMU_H

#include "table.h"
#include "types.h"

/* TA addresses: [USER_BASE, USER_END). Page 0 is never mapped. */
#define USER_BASE 0x0000000000200000UL
#define USER_END  0x0000008000000000UL

struct mmu_space {
	struct table *root;  /* its pa goes into TTBR0_EL1 */
	uint16_t asid;       /* 1 .. 255, unique among living spaces */
	unsigned int tables; /* tables in use, the root included */
};

/* An empty space with an ASID of its own. ERR_NO_TABLE; ERR_BUSY: no ASID is left. */
enum status mmu_space_init(struct mmu_space *space);
/* Whatever is still mapped goes, too. Its TA runs on no CPU. Allowed a second time. */
void mmu_space_deinit(struct mmu_space *space);

/*
 * VA now translates to PA with PROT; what was there is replaced. May empty the oldest leaf table of
 * any space to get one: those pages fault back in. ERR_NO_TABLE if there is none to empty.
 */
enum status mmu_map(struct mmu_space *space, vaddr_t va, paddr_t pa, unsigned int prot);
/* VA translates to nothing on any CPU when this returns. Did it translate to something before? */
bool mmu_unmap(struct mmu_space *space, vaddr_t va);
/* Give the empty leaf tables of a range that is no longer in use back, and what they leave empty.
 */
void mmu_trim(struct mmu_space *space, vaddr_t base, unsigned int num_pages);
/* What VA translates to; false when nothing. */
bool mmu_query(const struct mmu_space *space, vaddr_t va, paddr_t *pa, unsigned int *prot);

#endif
