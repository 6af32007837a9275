/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers: access from C, and the values the core gives them, for C and assembly alike.
 * Field names are the Arm ARM's (DDI 0487, chapter D17).
 */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

/* The linear map, and so the core's image: VA = PA + this. The first address that TTBR1 serves. */
#define LINEAR_OFFSET 0xffffff8000000000

/* MAIR_EL1: attribute 0 Normal, inner and outer write-back; 1 Device-nGnRnE. */
#define MAIR_VALUE  0x00000000000000ff
#define ATTR_NORMAL 0
#define ATTR_DEVICE 1

/*
 * TCR_EL1: 39-bit addresses and 4 KiB pages in both halves, walks cacheable and inner shareable,
 * ASID of 16 bits from TTBR0, 40-bit physical addresses, no tags in addresses.
 */
#define TCR_T0SZ  (25 << 0)
#define TCR_WALK0 ((1 << 8) | (1 << 10) | (3 << 12)) /* IRGN0, ORGN0, SH0; TG0 = 0: 4 KiB */
#define TCR_T1SZ  (25 << 16)
#define TCR_WALK1 ((1 << 24) | (1 << 26) | (3 << 28)) /* IRGN1, ORGN1, SH1 */
#define TCR_TG1   (2 << 30)                           /* 4 KiB */
#define TCR_IPS   (2 << 32)                           /* 40 bits */
#define TCR_AS    (1 << 36)
#define TCR_VALUE (TCR_T0SZ | TCR_WALK0 | TCR_T1SZ | TCR_WALK1 | TCR_TG1 | TCR_IPS | TCR_AS)

/*
 * SCTLR_EL1: MMU and caches on, stack alignment checked at both levels, whatever is writable is
 * never executable, PAN set on each entry (SPAN = 0); EL0 may read CTR_EL0 and use DC ZVA, may not
 * maintain caches; the rest is RES1 or off.
 */
#define SCTLR_M       (1 << 0)
#define SCTLR_C       (1 << 2)
#define SCTLR_SA      (1 << 3)
#define SCTLR_SA0     (1 << 4)
#define SCTLR_I       (1 << 12)
#define SCTLR_DZE     (1 << 14)
#define SCTLR_UCT     (1 << 15)
#define SCTLR_NTWI    (1 << 16)
#define SCTLR_NTWE    (1 << 18)
#define SCTLR_WXN     (1 << 19)
#define SCTLR_RES1    ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 28) | (1 << 29))
#define SCTLR_MMU_OFF (SCTLR_RES1 | (1 << 23))
#define SCTLR_VALUE                                                                                \
	(SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_SA0 | SCTLR_WXN | SCTLR_DZE | \
	 SCTLR_UCT | SCTLR_NTWI | SCTLR_NTWE)

/* CPACR_EL1: SIMD registers trap at EL0 and EL1, or nowhere; SVE, SME and trace always trap. */
#define CPACR_SIMD_OFF 0
#define CPACR_SIMD_ON  (3 << 20)

#ifndef __ASSEMBLER__
#include <stdint.h>

/* NAME is a register as the assembler knows it, or S<op0>_<op1>_C<n>_C<m>_<op2>. */
#define SYSREG_READ(name)                                                                          \
	({                                                                                         \
		uint64_t value_;                                                                   \
		__asm__ volatile("mrs %0, " #name : "=r"(value_));                                 \
		value_;                                                                            \
	})
#define SYSREG_WRITE(name, value)                                                                  \
	__asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

/* What was written to system registers applies to the instructions that follow. */
static inline void sysreg_sync(void)
{
	__asm__ volatile("isb" : : : "memory");
}

#endif
#endif
