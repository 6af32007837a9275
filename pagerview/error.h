/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The viewer's one form of failure: a sentence for the user (what, where, what to do) and the exit
 * status it leads to. The caller owns it; the first error set is the one that is kept.
 */
#ifndef PAGERVIEW_ERROR_H
#define PAGERVIEW_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* The command line's exit statuses, a contract (README, "Exit status"). */
enum exit_status {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_CONNECTION = 3,
	EXIT_LAYOUT = 4, /* a symbol or a layout is missing */
	EXIT_PARTIAL = 5,
};

struct error {
	enum exit_status status; /* EXIT_CLEAN: no error */
	char text[400];          /* one line, no newline, zero-terminated */
};

/* Set ERROR unless it is set already. Always false, so `return error_set(...)` reads well. */
bool error_set(struct error *error, enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * True if none of the LEN bytes of a file is zero. Else whoever reads them to a zero would drop the
 * rest without a word: false with ERROR, "NAME: line 3: byte 0x00 is no text" (of one line alone,
 * without its number).
 */
bool error_unless_text(struct error *error, enum exit_status status, const char *name,
		       const char *text, size_t len);

#endif
