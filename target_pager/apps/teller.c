/* SPDX-License-Identifier: BSD-2-Clause */
/* One of two TAs that use libbank: takes deposits. */
#include "libbank.h"
#include "rt/ta.h"

static int64_t deposit(const struct ta_words *words)
{
	struct ta_line line = {.used = 0};
	uint64_t balance = bank_deposit(ta_number(words, 1));

	ta_line_text(&line, "the balance is ");
	ta_line_number(&line, balance);
	ta_line_log(&line);
	return balance == bank_audit() ? 0 : ta_fail("balance and journal differ");
}

const struct ta_command ta_own_commands[] = {
	{"deposit", 1, deposit},
	{NULL, 0, NULL},
};
