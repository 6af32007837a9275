/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz targets of rsp/ over their seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/seeds.h"

#define LLVMFuzzerTestOneInput fuzz_packet
#include "fuzz/packet_fuzz.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_features
#include "fuzz/features_fuzz.c"

static void packets(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(fuzz_packet, "pagerview/tests/fuzz/seeds/packet", 2000) >=
		    16000);
}

static void features(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(fuzz_features, "pagerview/tests/fuzz/seeds/features", 2000) >=
		    6000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets),
		cmocka_unit_test(features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
