/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of snapshots that people hand over, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/json_fuzz.c"
#include "fuzz/kinds.h"
#include "fuzz/seeds.h"

static void snapshots(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/json",
				    1500) >= 1501);
	fuzz_run_file(LLVMFuzzerTestOneInput, "fixtures/snapshots/share.json", 60);
}

static void values_of_another_kind(void **state)
{
	(void)state;
	assert_true(fuzz_run_kinds(LLVMFuzzerTestOneInput,
				   "pagerview/tests/fuzz/seeds/json/small") > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snapshots),
		cmocka_unit_test(values_of_another_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
