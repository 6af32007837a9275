/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines to the console, and the one way to give up. printf formats are picolibc's.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

/*
 * Write one formatted text to the console as one line of 255 bytes at most, never interleaved with
 * another CPU's. Any lock may be held.
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A broken invariant of the core itself: print RULE and the text, exit with status 3. */
void core_panic(const char *rule, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
