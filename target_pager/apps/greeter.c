/* SPDX-License-Identifier: BSD-2-Clause */
/* The TA of the sharing lessons: does nothing of its own but say hello. */
#include "rt/ta.h"

static int64_t greet(const struct ta_words *words)
{
	struct ta_line line = {.used = 0};
	struct ta_section text;

	(void)words;
	if (!ta_section_find("text", &text))
		return -1;
	ta_line_text(&line, "hello, my text is at ");
	ta_line_hex(&line, (uint64_t)text.base);
	ta_line_log(&line);
	return 0;
}

const struct ta_command ta_own_commands[] = {
	{"greet", 0, greet},
	{NULL, 0, NULL},
};
