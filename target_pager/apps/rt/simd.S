/* SPDX-License-Identifier: BSD-2-Clause */
/* void ta_simd_hold(in x0, addresses x1, count x2, out x3) */
	.text
	.global	ta_simd_hold
	.type	ta_simd_hold, %function
ta_simd_hold:
	/* d8 to d15 are the caller's (AAPCS64 6.1.2). */
	stp	d8, d9, [sp, #-64]!
	stp	d10, d11, [sp, #16]
	stp	d12, d13, [sp, #32]
	stp	d14, d15, [sp, #48]
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	ldr	q\n, [x0], #16
	.endr
	.irp	n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
	ldr	q\n, [x0], #16
	.endr
	cbz	x2, 2f
1:	ldr	x4, [x1], #8
	ldrb	w5, [x4]
	subs	x2, x2, #1
	b.ne	1b
2:	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	str	q\n, [x3], #16
	.endr
	.irp	n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
	str	q\n, [x3], #16
	.endr
	ldp	d14, d15, [sp, #48]
	ldp	d12, d13, [sp, #32]
	ldp	d10, d11, [sp, #16]
	ldp	d8, d9, [sp], #64
	ret
	.size	ta_simd_hold, . - ta_simd_hold

	.section .note.GNU-stack, "", %progbits
