/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a thing with its first, second, third ... allocation failing, until it needs no more. Each
 * time it either fails, with a word why, or gives what it gives when none fails; it loses nothing
 * (LeakSanitizer looks after each), and never crashes. Only our own calls are made to fail, of any
 * thread (the linker's --wrap, see tests.mk): what libraries do is theirs.
 */
#ifndef PAGERVIEW_TESTS_FAILURES_H
#define PAGERVIEW_TESTS_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../error.h"

struct failure_test {
	const char *name;
	/* False with ERROR set, or true with what came of it written to OUT. */
	bool (*doing)(FILE *out, struct error *error);
	/* Its first allocations, which another test has made fail; NULL: none. */
	const unsigned long *skipped;
};

/* Fails the test unless all of them stand each failure. */
void failures_each(const struct failure_test *tests, size_t count);
/* How many allocations TEST makes. */
unsigned long failures_count(const struct failure_test *test);
/* Of this thread, nothing fails and nothing is counted: for what things are done to. May nest. */
void failures_peace_begin(void);
void failures_peace_end(void);
/* False. */
bool failures_no_memory(struct error *error);

#endif
