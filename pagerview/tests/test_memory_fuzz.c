/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of a target's memory, over its seeds and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/memory_fuzz.c"
#include "fuzz/seeds.h"
#include "target_image.h"

static char folder[] = P_tmpdir "/test_memory_fuzz.XXXXXX";

/* The stand-ins, and the built target. */
static int make_elves(void **state)
{
	char command[200], names[4096];
	size_t len = 0;
	FILE *out;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(command, sizeof(command), "pagerview/tests/fuzz/stand_ins.sh %s", folder);
	out = popen(command, "r");
	if (out)
		len = fread(names, 1, sizeof(names) - 1, out);
	if (!len || pclose(out))
		return -1;
	names[len - 1] = 0;
	snprintf(names + len - 1, sizeof(names) - len + 1, ":%s", image_elf());
	return setenv("FUZZ_ELF", names, 1);
}

static int remove_elves(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void memories(void **state)
{
	(void)state;
	srand(1);
	assert_true(fuzz_run_folder(LLVMFuzzerTestOneInput, "pagerview/tests/fuzz/seeds/memory",
				    40) >= 20 * 41);
	assert_int_equal(num_kernels, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memories),
	};

	return cmocka_run_group_tests(tests, make_elves, remove_elves);
}
