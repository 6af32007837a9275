/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the machine tests run at EL0, from one page. Each piece ends by a trap or an SVC.
 */
	.arch armv8-a+simd
	.section .rodata, "a"

.macro each_register op
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	\n
	.endr
.endm

.macro fill n
	add	x2, x9, #\n
	dup	v\n\().2d, x2
.endm

.macro verify n
	add	x2, x9, #\n
	mov	x5, v\n\().d[0]
	cmp	x5, x2
	b.ne	differs
	mov	x5, v\n\().d[1]
	cmp	x5, x2
	b.ne	differs
.endm

	.balign 16
	.global user_code, user_code_end
user_code:

/*
 * x0 = a pattern for all registers, x1 = rounds: verify them after much time and after a system
 * call, each round. Ends by system call 0 with x0 = 0 if nothing ever differed, else 1.
 */
	.global user_keep
user_keep:
	mov	x9, x0
	mov	x10, x1
	msr	tpidr_el0, x9
	each_register fill
	and	x3, x9, #0xc00000		/* FPCR.RMode */
	msr	fpcr, x3
	and	x11, x9, #0xf0000000		/* N, Z, C, V */
1:	msr	nzcv, x11
	mov	x4, #2000
2:	sub	x4, x4, #1
	cbnz	x4, 2b
	mrs	x5, nzcv
	cmp	x5, x11
	b.ne	differs
	each_register verify
	mrs	x5, fpcr
	cmp	x5, x3
	b.ne	differs
	mrs	x5, tpidr_el0
	cmp	x5, x9
	b.ne	differs
	mov	x8, #1
	mov	x0, x10
	svc	#0
	cmp	x0, x10
	b.ne	differs
	subs	x10, x10, #1
	b.ne	1b
	mov	x0, #0
	b	end
differs:
	mov	x0, #1
end:	mov	x8, #0
	svc	#0
	b	end

	.global user_load, user_store, user_jump, user_undefined, user_sysreg, user_clean, user_counter
	.global user_svc, user_spin, user_break
user_load:
	ldr	x1, [x0]
user_store:
	str	x1, [x0]
user_jump:
	br	x0
user_undefined:
	.inst	0
user_sysreg:
	mrs	x0, ttbr0_el1
user_counter:
	mrs	x0, cntvct_el0
user_clean:
	dc	civac, x0
user_break:
	brk	#1
user_svc:
	svc	#7
user_spin:
	b	user_spin
user_code_end:

	.section .note.GNU-stack, "", %progbits
