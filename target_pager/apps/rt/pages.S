/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole pages of each section for commands to run, read and write; layout.h says what is in them. */
#include "layout.h"

	.section .text.pages, "ax", %progbits
	.balign	4096
	.global	ta_text_pages
	.hidden	ta_text_pages
ta_text_pages:
	.set	page, 0
	.rept	TA_TEXT_PAGES
	/* uint64_t f(uint64_t x): x * 31 + page */
	.balign	4096
	mov	x1, #31
	mul	x0, x0, x1
	add	x0, x0, #page
	ret
	.set	page, page + 1
	.endr
	.balign	4096

	.section .rodata.pages, "a", %progbits
	.balign	4096
	.global	ta_rodata_pages
	.hidden	ta_rodata_pages
ta_rodata_pages:
	.set	word, 0
	.rept	TA_RODATA_PAGES * 512
	.quad	TA_RODATA_MARK + word
	.set	word, word + 1
	.endr

	.section .data.rel.ro.pages, "aw", %progbits
	.balign	4096
	.set	word, 0
	.rept	TA_RELRO_PAGES * 512 / TA_RELRO_STEP
	.quad	ta_rodata_pages + 8 * word
	.set	word, word + 1
	.rept	TA_RELRO_STEP - 1
	.quad	TA_RELRO_MARK + word
	.set	word, word + 1
	.endr
	.endr

	.section .data.pages, "aw", %progbits
	.balign	4096
	.set	word, 0
	.rept	TA_DATA_PAGES * 512
	.quad	TA_DATA_MARK + word
	.set	word, word + 1
	.endr

	.section .bss.pages, "aw", %nobits
	.balign	4096
	.skip	TA_BSS_PAGES * 4096

	.section .note.GNU-stack, "", %progbits
