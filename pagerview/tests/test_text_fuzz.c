/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of configurations and lessons, over its seeds, the lessons and mutations of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/seeds.h"
#include "fuzz/text_fuzz.c"

static void seeds(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/text",
				    2000) >= 2001);
	fuzz_run_folder(LLVMFuzzerTestOneInput, "fixtures/lessons", 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
