/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least machine on which library code runs: EL1, one identity map of the first GiB of RAM as
 * ordinary memory (unaligned accesses fault without), a stack, and vectors that end the run with
 * status 2. SIMD registers still trap: seal_arm64.c opens them itself.
 */
#define RAM_BASE     0x40000000
#define BLOCK_NORMAL 0x701 /* block descriptor: access flag, inner shareable, EL1 read-write, attribute 0 */
#define TABLE_ENTRY  8     /* of RAM_BASE's GiB */
#define MAIR_NORMAL  0xff  /* attribute 0: write-back */
/* TCR_EL1: T0SZ 25 (39 bits: the walk begins at 1 GiB blocks), 4 KiB, write-back, inner shareable,
   no TTBR1, 40-bit physical addresses. */
#define TCR          (25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)
#define SCTLR_M_C_I  (1 << 0 | 1 << 2 | 1 << 12)

	.section .text.start, "ax"
	.globl	_start
_start:
	ldr	x0, =vectors
	msr	vbar_el1, x0
	ldr	x0, =block_table
	ldr	x1, =RAM_BASE | BLOCK_NORMAL
	str	x1, [x0, #TABLE_ENTRY]
	dsb	sy
	msr	ttbr0_el1, x0
	mov	x1, #MAIR_NORMAL
	msr	mair_el1, x1
	ldr	x1, =TCR
	msr	tcr_el1, x1
	isb
	mrs	x1, sctlr_el1
	mov	x2, #SCTLR_M_C_I
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	ldr	x0, =stack_end
	mov	sp, x0
	bl	seal_arm64_main
	bl	machine_exit

	.balign	2048
vectors:
	.rept	16
	.balign	128
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	b	unexpected_exception
	.endr

	.bss
	.balign	4096
block_table:
	.space	4096
	.space	65536
stack_end:
