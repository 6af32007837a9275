/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of recordings, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/kinds.h"
#include "fuzz/recording_fuzz.c"
#include "fuzz/seeds.h"

static void seeds(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/recording",
				    300) >= 301);
}

static void values_of_another_kind(void **state)
{
	(void)state;
	assert_true(fuzz_run_kinds(LLVMFuzzerTestOneInput,
				   "pagerview/tests/fuzz/seeds/recording/small") > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds),
		cmocka_unit_test(values_of_another_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
