/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of memory dumps, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/core_fuzz.c"
#include "fuzz/seeds.h"

static void seeds(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/core",
				    300) >= 602);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
