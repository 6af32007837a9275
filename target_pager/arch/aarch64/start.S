/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the machine's reset to C, for the first CPU and for those that PSCI starts later. The image
 * is linked at its address in the linear map but begins at its physical one: until the MMU is on,
 * only PC-relative addresses are used. For the switch TTBR0 and TTBR1 hold the same tables, so the
 * next instruction is there on both sides of it; then TTBR0 is emptied for good.
 *
 * Until then our stores pass the caches by. Whoever ran before us may have left lines of the memory
 * that we write (the image itself it has cleaned to memory, as it must): they are dropped before,
 * so that none is written back over ours, and after, so that none fetched meanwhile is found
 * instead (Arm ARM D7.4). All that is written lies between bss_start and stacks_end.
 */
#include "platform/virt/memory_map.h"
#include "sysreg.h"

	.arch armv8-a

	.set	mair_value, MAIR_VALUE
	.set	tcr_value, TCR_VALUE
	.set	sctlr_value, SCTLR_VALUE
	.set	sctlr_mmu_off, SCTLR_MMU_OFF
	.set	linear_offset, LINEAR_OFFSET

.macro load_constant reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	movk	\reg, #(((\value) >> 48) & 0xffff), lsl #48
.endm

	.section .text.start, "ax"
	.global _start
	.type _start, %function
_start:
	bl	enter_el1
	adrp	x0, bss_start			/* page aligned, as are bss_end and stacks_end */
	adrp	x1, stacks_end
	bl	drop_lines
	adrp	x0, bss_start
	adrp	x1, bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	adrp	x0, boot_level
	str	x20, [x0, #:lo12:boot_level]
	mov	x19, #0
	adrp	x0, cpu_stacks + CPU_STACK_STRIDE
	mov	sp, x0
	mov	x29, #0
	bl	boot_map
	adrp	x0, bss_start
	adrp	x1, stacks_end
	bl	drop_lines
	b	mmu_on

/* Drop what the data caches hold of [x0, x1), whole lines, down to memory; x0 = x1 afterwards. */
	.type drop_lines, %function
drop_lines:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4			/* DminLine: log2 of the words of the smallest line */
	mov	x3, #4
	lsl	x3, x3, x2
	dsb	sy
1:	dc	ivac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret
	.size drop_lines, . - drop_lines

	.global secondary_start
	.type secondary_start, %function
secondary_start:
	mov	x19, x0
	bl	enter_el1
	/* falls through */

/* x19 = this CPU's index */
mmu_on:
	load_constant x0, mair_value
	msr	mair_el1, x0
	load_constant x0, tcr_value
	msr	tcr_el1, x0
	adrp	x0, core_root
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x0
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	load_constant x0, sctlr_value
	msr	sctlr_el1, x0
	isb
	ldr	x0, =high_half
	br	x0
high_half:
	adrp	x0, user_none
	load_constant x1, linear_offset
	sub	x0, x0, x1
	msr	ttbr0_el1, x0
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	adrp	x0, cpu_stacks
	mov	x1, #CPU_STACK_STRIDE
	add	x2, x19, #1
	madd	x0, x1, x2, x0			/* the top of this CPU's stack */
	mov	sp, x0
	mov	x29, #0
	mov	x30, #0
	mov	w0, w19
	b	cpu_enter

/*
 * To EL1 with everything off, from EL1 or EL2; the level found in x20. EL3 does not occur: with it
 * the machine has firmware, and that does not start us there.
 */
enter_el1:
	msr	daifset, #15
	mrs	x20, currentel
	lsr	x20, x20, #2
	load_constant x0, sctlr_mmu_off
	msr	sctlr_el1, x0
	isb
	cmp	x20, #2
	b.ne	1f
	mov	x0, #(1 << 31)			/* HCR_EL2.RW: EL1 is AArch64 */
	msr	hcr_el2, x0
	mov	x0, #3				/* counters and timers are EL1's */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	mov	x0, #0x33ff			/* SIMD does not trap */
	msr	cptr_el2, x0
	mov	x0, #0xf			/* ICC_SRE_EL2: the GIC by system registers, at EL1 too */
	msr	S3_4_C12_C9_5, x0
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	mov	x0, #0x3c5			/* SPSR: EL1h, all masked */
	msr	spsr_el2, x0
	msr	elr_el2, x30
	isb
	eret
1:	ret

	.section .bss
	.balign 8
	.global boot_level
boot_level:
	.space	8

/* Per CPU, from the bottom: a page that is not mapped, then its boot and scheduler stack. */
	.section .stacks, "aw", %nobits
	.balign 4096
	.global cpu_stacks
cpu_stacks:
	.space	CPU_STACK_STRIDE * 4
	.global emergency_stacks
emergency_stacks:
	.space	CPU_STACK_STRIDE * 4

	.section .note.GNU-stack, "", %progbits
