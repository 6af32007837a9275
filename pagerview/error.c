/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting an error. The text may quote bytes of the target or of a file, so whatever could break
 * the one line, or a terminal, is replaced.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static void text_make_printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
}

bool error_set(struct error *error, enum exit_status status, const char *format, ...)
{
	va_list args;

	if (!error || error->status != EXIT_CLEAN)
		return false;
	error->status = status;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	text_make_printable(error->text);
	return false;
}
