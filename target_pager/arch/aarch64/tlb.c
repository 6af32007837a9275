/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLB and cache maintenance, always for all CPUs (the inner shareable domain). The order is that of
 * Arm ARM D8.13.5: the table write is seen by walks, then the old entry goes, then its going has
 * finished everywhere.
 */
#include "local.h"

#define CTR_IMINLINE(ctr) ((ctr)&0xf) /* log2 of words in the smallest I line */
#define CTR_DMINLINE(ctr) (((ctr) >> 16) & 0xf)
#define CTR_L1IP(ctr)     (((ctr) >> 14) & 3) /* 3: PIPT, any address of a line does */
#define CTR_IDC(ctr)      (((ctr) >> 28) & 1) /* no clean is needed */
#define CTR_DIC(ctr)      (((ctr) >> 29) & 1) /* no invalidation is needed */
#define L1IP_PIPT         3

static uint64_t tlbi_asid(uint16_t asid)
{
	return (uint64_t)asid << 48;
}

void tlb_invalidate_page(uint16_t asid, vaddr_t va)
{
	uint64_t operand = tlbi_asid(asid) | ((va >> PAGE_SHIFT) & 0xfffffffffff);

	__asm__ volatile("dsb ishst\n\ttlbi vae1is, %0\n\tdsb ish\n\tisb"
			 :
			 : "r"(operand)
			 : "memory");
}

void tlb_invalidate_asid(uint16_t asid)
{
	__asm__ volatile("dsb ishst\n\ttlbi aside1is, %0\n\tdsb ish\n\tisb"
			 :
			 : "r"(tlbi_asid(asid))
			 : "memory");
}

void table_write_barrier(void)
{
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

static void clean_lines(const char *page, unsigned long line)
{
	for (unsigned long at = 0; at < PAGE_SIZE; at += line)
		__asm__ volatile("dc cvau, %0" : : "r"(page + at) : "memory");
}

static void invalidate_lines(const char *page, unsigned long line)
{
	for (unsigned long at = 0; at < PAGE_SIZE; at += line)
		__asm__ volatile("ic ivau, %0" : : "r"(page + at) : "memory");
}

void icache_sync_page(const void *page)
{
	uint64_t ctr = SYSREG_READ(ctr_el0);

	if (!CTR_IDC(ctr))
		clean_lines(page, 4ul << CTR_DMINLINE(ctr));
	__asm__ volatile("dsb ish" : : : "memory");
	if (CTR_L1IP(ctr) != L1IP_PIPT)
		__asm__ volatile("ic ialluis" : : : "memory");
	else if (!CTR_DIC(ctr))
		invalidate_lines(page, 4ul << CTR_IMINLINE(ctr));
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}
