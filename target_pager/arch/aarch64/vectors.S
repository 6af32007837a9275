/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors, the way into a TA and back, and the switch between two stacks of the core.
 *
 * user_enter() works like a call: it pushes what a callee must keep, erets to the TA, and whatever
 * exception ends the TA's turn comes back here, stores the TA's registers and returns. While the
 * core runs, interrupts are masked, TTBR0_EL1 holds an empty table, SIMD registers trap, and
 * TPIDR_EL0 points to the C library's own thread-local words.
 */
#include "asm_offsets.h"
#include "sysreg.h"

	.arch armv8-a

/* user_enter()'s frame */
#define FRAME_REGS 96
#define FRAME_SIZE 112

.macro core_vector number
	.balign 128
	msr	tpidrro_el0, x0			/* room for x0: this register is not used otherwise */
	mrs	x0, tpidr_el1
	ldr	x0, [x0, #CPU_LOCAL_EMERGENCY_SP]
	sub	x0, x0, #CORE_REGS_SIZE
	str	x1, [x0, #8]
	mov	x1, #\number
	b	leave_core
.endm

.macro user_vector number
	.balign 128
	stp	x0, x1, [sp, #-16]!
	mov	x1, #\number
	b	leave_user
.endm

	.section .text.vectors, "ax"
	.balign 2048
	.global vectors
vectors:
	core_vector 0				/* from EL1 with SP_EL0: never in use */
	core_vector 1
	core_vector 2
	core_vector 3
	core_vector 4				/* from EL1 */
	core_vector 5
	core_vector 6
	core_vector 7
	user_vector LEFT_BY_SYNC		/* from EL0, AArch64 */
	user_vector LEFT_BY_IRQ
	user_vector LEFT_BY_FIQ
	user_vector LEFT_BY_SERROR
	core_vector 12			/* from EL0, AArch32: SPSR never asks for it */
	core_vector 13
	core_vector 14
	core_vector 15

/* unsigned int user_enter(struct user_regs *regs, uint64_t ttbr0) */
	.global user_enter
	.type user_enter, %function
user_enter:
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #FRAME_REGS]
	msr	ttbr0_el1, x1			/* the eret synchronizes it and CPACR */
	mov	x2, #CPACR_SIMD_ON
	msr	cpacr_el1, x2
	ldp	x2, x3, [x0, #USER_REGS_SP]
	msr	sp_el0, x2
	msr	elr_el1, x3
	ldp	x2, x3, [x0, #USER_REGS_PSTATE]
	msr	spsr_el1, x2
	msr	tpidr_el0, x3
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret
	.size user_enter, . - user_enter

/* x1 = how; the TA's x0 and x1 on the stack, above them user_enter()'s frame */
	.type leave_user, %function
leave_user:
	ldr	x0, [sp, #16 + FRAME_REGS]
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0]
	mrs	x2, sp_el0
	mrs	x3, elr_el1
	stp	x2, x3, [x0, #USER_REGS_SP]
	mrs	x2, spsr_el1
	mrs	x3, tpidr_el0
	stp	x2, x3, [x0, #USER_REGS_PSTATE]
	ldr	x2, =library_tls
	msr	tpidr_el0, x2
	ldr	x2, =user_none - LINEAR_OFFSET
	msr	ttbr0_el1, x2
	msr	cpacr_el1, xzr
	isb
	mov	w0, w1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #FRAME_SIZE
	ret
	.size leave_user, . - leave_user
	.ltorg

/*
 * x0 = a struct core_regs at the top of the emergency stack (the core's own may be what is broken),
 * x1 = vector; the core's x0 in TPIDRRO_EL0, its x1 stored.
 */
	.type leave_core, %function
leave_core:
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	mov	x2, sp
	stp	x30, x2, [x0, #240]
	mrs	x2, tpidrro_el0
	str	x2, [x0]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x2, x3, [x0, #CORE_REGS_PC]
	mrs	x2, esr_el1
	mrs	x3, far_el1
	stp	x2, x3, [x0, #CORE_REGS_ESR]
	msr	spsel, #1
	mov	sp, x0
	b	core_exception
	.size leave_core, . - leave_core

/* void cpu_switch(void **from, void *to): what a callee must keep is on the stack it leaves. */
	.global cpu_switch
	.type cpu_switch, %function
cpu_switch:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mov	x2, sp
	str	x2, [x0]
	mov	sp, x1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
	.size cpu_switch, . - cpu_switch

/* The first cpu_switch() to a stack of cpu_stack_prepare() returns here: x19(x20). */
	.global stack_begin
	.type stack_begin, %function
stack_begin:
	mov	x29, #0
	mov	x30, #0
	mov	x0, x20
	br	x19
	.size stack_begin, . - stack_begin

	.section .note.GNU-stack, "", %progbits
