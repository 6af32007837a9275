/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of profiles, against the built target, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/profile_fuzz.c"
#include "fuzz/seeds.h"
#include "target_image.h"

static void profiles(void **state)
{
	(void)state;
	srand(1);
	assert_int_equal(setenv("FUZZ_ELF", image_elf(), 1), 0);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/profile",
				    300) >= 301);
	fuzz_run_file(LLVMFuzzerTestOneInput, "pagerview/profile/target_pager.json", 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
