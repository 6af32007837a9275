/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every TA is built on: system calls, words of a command, its sections and their patterns.
 * There is no C library below it, and none of its own variables: data and bss are what commands
 * write over, so a TA's state is on its stack or in its own small variables.
 */
#ifndef APPS_TA_H
#define APPS_TA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define TA_PAGE_SIZE  4096u
#define TA_PAGE_WORDS (TA_PAGE_SIZE / sizeof(uint64_t))
#define TA_MAX_WORDS  16u
#define TA_WORD_LEN   24u

/* ---- system calls; a negative result is an error of core/types.h ---- */

__attribute__((noreturn)) void ta_return(int64_t result);
void ta_log(const char *text, size_t len);
void ta_yield(void);
uint64_t ta_random(void);
__attribute__((noreturn)) void ta_panic(uint64_t code);
/* Call NUMBER of core/syscall_abi.h, whatever it is; the result, and x1 in *SECOND (may be NULL).
 */
int64_t ta_syscall(uint64_t number, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t *second);

/* ---- commands ---- */

/* The words of a command, the command's own name first. */
struct ta_words {
	unsigned int count;
	char words[TA_MAX_WORDS][TA_WORD_LEN];
};

struct ta_command {
	const char *name;
	unsigned int min_words;                       /* its arguments, at least */
	int64_t (*run)(const struct ta_words *words); /* 0, or negative: it failed */
};

/* Each TA's own commands, ended by a NULL name. */
extern const struct ta_command ta_own_commands[];

/* Word INDEX as a number, decimal or hexadecimal after 0x; 0 where there is no such word. */
uint64_t ta_number(const struct ta_words *words, unsigned int index);

/* ---- a line of text, built up and logged; cut at its end ---- */

struct ta_line {
	size_t used;
	char text[160];
};

void ta_line_text(struct ta_line *line, const char *text);
void ta_line_number(struct ta_line *line, uint64_t number);
void ta_line_hex(struct ta_line *line, uint64_t number);
void ta_line_log(const struct ta_line *line);
/* Log TEXT and answer -1, for a command to return. */
int64_t ta_fail(const char *text);

/* ---- sections and patterns ---- */

struct ta_section {
	const char *name;
	uint64_t *base;
	unsigned int pages;
	unsigned int
		origin; /* what the page at `base` is called: not 0 where a part of S is mapped */
};

/* Ask the core for section NAME. False: there is none. */
bool ta_section_find(const char *name, struct ta_section *section);

/*
 * The word at INDEX (0 .. TA_PAGE_WORDS - 1) of PAGE under SEED; seed 0 is what the section was
 * loaded with. Differs in every page, so a page that comes back as another one is found out.
 */
uint64_t ta_pattern(const struct ta_section *section, uint64_t seed, unsigned int page,
		    unsigned int index);
/* Write or compare words [FIRST, FIRST + COUNT) of PAGE. False, and a line logged: they differ. */
void ta_page_write(const struct ta_section *section, uint64_t seed, unsigned int page,
		   unsigned int first, unsigned int count);
bool ta_page_verify(const struct ta_section *section, uint64_t seed, unsigned int page,
		    unsigned int first, unsigned int count);
/* Call the function in PAGE of text. False: it did not do what it should. */
bool ta_page_exec(unsigned int page);

/* `churn ROUNDS SEED [NAME:PAGE:COUNT:SLOT ...]` (churn.c). */
int64_t ta_churn(const struct ta_words *words);

/*
 * Load 32 vector registers from IN, read a byte at each of COUNT addresses, store the registers to
 * OUT (simd.S): whatever happens at these reads, the registers are the TA's own.
 */
void ta_simd_hold(const uint64_t in[64], const void *const *addresses, size_t count,
		  uint64_t out[64]);

#endif
