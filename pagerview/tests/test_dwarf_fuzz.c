/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzz target of dwarf/ over ELFs made from fixtures/elves and mutations of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/dwarf_fuzz.c"
#include "fuzz/seeds.h"

static void damaged_elves(void **state)
{
	static const int versions[] = {4, 5};
	char folder[64], path[96], command[400];

	(void)state;
	strcpy(folder, P_tmpdir "/test_dwarf_fuzz.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/elf", folder);
	srand(1);
	for (size_t i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
			 "aarch64-linux-gnu-gcc -gdwarf-%d -fno-asynchronous-unwind-tables "
			 "-fno-unwind-tables "
			 "-ffreestanding -nostdlib -static "
			 "-Wl,--build-id=sha1 -Wl,-z,max-page-size=4096 -o %s "
			 "fixtures/elves/types.c fixtures/elves/types_other.c",
			 versions[i], path);
		assert_int_equal(system(command), 0);
		fuzz_run_file(LLVMFuzzerTestOneInput, path, 400);
	}
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_elves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
