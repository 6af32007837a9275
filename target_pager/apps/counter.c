/* SPDX-License-Identifier: BSD-2-Clause */
/* A TA with state of its own in its data: what two instances must not share. */
#include "rt/ta.h"

/* Not zero, so that it lies in data and not in bss. */
static uint64_t counted = 1;

static int64_t count(const struct ta_words *words)
{
	struct ta_line line = {.used = 0};

	for (uint64_t n = ta_number(words, 1); n; n--)
		*(volatile uint64_t *)&counted += 1;
	ta_line_text(&line, "counted to ");
	ta_line_number(&line, counted - 1);
	ta_line_log(&line);
	return 0;
}

const struct ta_command ta_own_commands[] = {
	{"count", 1, count},
	{NULL, 0, NULL},
};
