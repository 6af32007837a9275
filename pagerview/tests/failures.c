/* SPDX-License-Identifier: BSD-2-Clause */
#include "failures.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

#define MOST_FAILURES 100000u
#define LEAKS_EVERY   32 /* a look for leaks takes longer than most of what it looks after */

/* ---- the allocator ---- */

static atomic_ulong fail_at, calls; /* 0: none fails */
static _Thread_local unsigned int peace;

/* FAILURES=0 in the environment: say what is said of each; FAILURES=N: and where the N-th is. */
static const char *told(void)
{
	const char *wanted = getenv("FAILURES");

	return wanted ? wanted : "";
}

void failures_peace_begin(void)
{
	peace++;
}

void failures_peace_end(void)
{
	peace--;
}

static bool fails(void)
{
	unsigned long at = atomic_load(&fail_at);

	if (!at || peace || atomic_fetch_add(&calls, 1) + 1 != at)
		return false;
	if (strtoul(told(), NULL, 10) == at)
		__sanitizer_print_stack_trace();
	return true;
}

#define WRAPPED(type, name, declaration, arguments)                                                \
	type __real_##name declaration;                                                            \
	type __wrap_##name declaration;                                                            \
	type __wrap_##name declaration                                                             \
	{                                                                                          \
		return fails() ? NULL : __real_##name arguments;                                   \
	}
WRAPPED(void *, malloc, (size_t size), (size))
WRAPPED(void *, calloc, (size_t count, size_t size), (count, size))
WRAPPED(void *, realloc, (void *old, size_t size), (old, size))
WRAPPED(void *, reallocarray, (void *old, size_t count, size_t size), (old, count, size))
WRAPPED(char *, strdup, (const char *text), (text))
WRAPPED(char *, strndup, (const char *text, size_t len), (text, len))
WRAPPED(FILE *, open_memstream, (char **text, size_t *len), (text, len))

bool failures_no_memory(struct error *error)
{
	return error_set(error, EXIT_USAGE, "out of memory");
}

/* ---- a failure ---- */

/* One go with the allocation FAILING failing; what it gave, NULL if it failed. */
static char *go(const struct failure_test *test, unsigned long failing, bool *fell)
{
	struct error error = {0};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool done;

	assert_non_null(out);
	atomic_store(&calls, 0);
	atomic_store(&fail_at, failing);
	done = test->doing(out, &error);
	atomic_store(&fail_at, 0);
	*fell = failing && atomic_load(&calls) >= failing;
	fclose(out);
	if (!done && (error.status == EXIT_CLEAN || !error.text[0]))
		fail_msg("%s, allocation %lu fails: not a word why", test->name, failing);
	/* Whoever is told that names are missing looks for them. */
	if (!done && error.status == EXIT_LAYOUT)
		fail_msg("%s, allocation %lu fails: is taken for something else: %s", test->name,
			 failing, error.text);
	if (!done && told()[0])
		print_message("%lu: %s\n", failing, error.text);
	if (done)
		return text;
	free(text);
	return NULL;
}

static void fail_unlike(const struct failure_test *test, unsigned long failing, const char *text,
			const char *whole)
{
	size_t same = 0;

	while (text[same] && text[same] == whole[same])
		same++;
	same -= same < 80 ? same : 80;
	fail_msg("%s, allocation %lu fails: gives \"%.160s\", not \"%.160s\"", test->name, failing,
		 text + same, whole + same);
}

static void fail_each(const struct failure_test *test)
{
	bool fell = false;
	char *whole = go(test, 0, &fell), *text;
	unsigned long first = test->skipped ? *test->skipped : 0, n = first;

	assert_non_null(whole);
	do {
		text = go(test, ++n, &fell);
		if (text && strcmp(text, whole) != 0)
			fail_unlike(test, n, text, whole);
		free(text);
		if ((n % LEAKS_EVERY == 0 || !fell) && __lsan_do_recoverable_leak_check())
			fail_msg("%s, allocation %lu or some before it fails: something is lost",
				 test->name, n);
	} while (fell && n < MOST_FAILURES);
	assert_false(fell);
	assert_true(n > first + 1);
	print_message("%s: %lu allocations\n", test->name, n - 1 - first);
	free(whole);
}

unsigned long failures_count(const struct failure_test *test)
{
	bool fell;

	free(go(test, ULONG_MAX, &fell));
	return atomic_load(&calls);
}

void failures_each(const struct failure_test *tests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fail_each(&tests[i]);
}
