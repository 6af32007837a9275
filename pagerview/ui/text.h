/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for the screen: bytes of unknown origin into characters that are safe to show, and numbers
 * into the forms that all views share. Knows no canvas and no snapshot.
 *
 * Names, tags and log lines come from the target's memory or from a file, so they may hold
 * anything: escape codes, half a UTF-8 sequence, characters that turn the direction of writing.
 * Whatever is not a plain printable character becomes TEXT_REPLACEMENT, one for each bad byte or
 * character, so nothing vanishes and nothing reaches the terminal's control codes.
 */
#ifndef PAGERVIEW_UI_TEXT_H
#define PAGERVIEW_UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_REPLACEMENT 0xfffdu /* shown as `?` in ASCII */

/*
 * The next character of *TEXT, which moves on; 0 at the end, where it stays. WIDTH is set to the
 * columns it takes, 1 or 2.
 */
uint32_t text_next(const char **text, int *width);

/* Columns that TEXT takes on the screen. */
int text_width(const char *text);

/* CODEPOINT as UTF-8 into OUT; returns its bytes, 1 .. 4. No terminator. */
size_t text_encode(uint32_t codepoint, char out[4]);

/* A string that grows by appending and never past its end: what does not fit is cut. */
struct text {
	char bytes[512];
	size_t length;
};

void text_clear(struct text *text);
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 12345678 as "12,345,678". */
void text_add_count(struct text *text, uint64_t count);
/* A count and its noun, "1 page", "2,000 pages"; the plural is NOUN with an s. */
void text_add_counted(struct text *text, uint64_t count, const char *noun);
/* Bytes as "512 B", "3.2 MiB". */
void text_add_bytes(struct text *text, uint64_t bytes);
/* Microseconds as "210 us", "1.4 ms", "2.1 s". */
void text_add_time(struct text *text, uint64_t us);
/* PROT_* bits as "r-x"; 0 as "---". */
void text_add_prot(struct text *text, unsigned prot);

/* Each UUID in it to its first eight digits, as where it is cut: "cb3e5ba0\u2026". */
void text_shorten_uuids(struct text *text);
/* Columns at its end that say which one of many it is, "[12]"; 0: it does not end so. */
int text_index_width(const char *text);
/* Whether such an index follows an address, "fobj 0x5d96a658[12]". */
bool text_is_of_address(const char *text);

/* Whether NEEDLE is in TEXT; the case of ASCII letters does not count. "" is in any. */
bool text_contains(const char *text, const char *needle);
/* A hex address, with or without 0x, `_` allowed within. False when TEXT is anything else. */
bool text_parse_address(const char *text, uint64_t *address);

#endif
