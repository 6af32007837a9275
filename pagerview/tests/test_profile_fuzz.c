/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of profiles, against the built target, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "fuzz/kinds.h"
#include "fuzz/profile_fuzz.c"
#include "fuzz/seeds.h"
#include "target_image.h"

static char stand_in[] = P_tmpdir "/test_profile_fuzz.XXXXXX";

/* A stand-in for OP-TEE, and the built target. */
static int make_elves(void **state)
{
	char command[300], names[300];
	int fd = mkstemp(stand_in);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(command, sizeof(command),
		 "aarch64-linux-gnu-gcc -g -O1 -DFORM=1 -ffreestanding -nostdlib -static -fno-pic "
		 "-no-pie -o %s fixtures/optee/standin.c",
		 stand_in);
	snprintf(names, sizeof(names), "%s:%s", image_elf(), stand_in);
	return system(command) || setenv("FUZZ_ELF", names, 1);
}

static int remove_elves(void **state)
{
	(void)state;
	return unlink(stand_in);
}

static void profiles(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/profile",
				    300) >= 301);
	fuzz_run_file(LLVMFuzzerTestOneInput, "pagerview/profile/target_pager.json", 300);
}

static void values_of_another_kind(void **state)
{
	(void)state;
	assert_true(fuzz_run_kinds(LLVMFuzzerTestOneInput, "pagerview/profile/optee.json") > 3000);
	assert_true(fuzz_run_kinds(LLVMFuzzerTestOneInput, "pagerview/profile/target_pager.json") >
		    2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles),
		cmocka_unit_test(values_of_another_kind),
	};

	return cmocka_run_group_tests(tests, make_elves, remove_elves);
}
