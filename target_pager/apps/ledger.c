/* SPDX-License-Identifier: BSD-2-Clause */
/* The other TA that uses libbank: computes interest, and checks the library against itself. */
#include "libbank.h"
#include "rt/ta.h"

static int64_t audit(const struct ta_words *words)
{
	uint64_t sum = bank_audit();

	for (uint64_t n = ta_number(words, 1); n; n--) {
		/* 1000 at 3, 5, 7 and 11 per cent, each year rounded down. */
		if (bank_interest(1000, BANK_YEARS) != 1283)
			return ta_fail("interest is not what it was");
		sum += n;
		if (bank_deposit(n) != sum || bank_audit() != sum)
			return ta_fail("balance and journal differ");
	}
	return 0;
}

const struct ta_command ta_own_commands[] = {
	{"audit", 1, audit},
	{NULL, 0, NULL},
};
