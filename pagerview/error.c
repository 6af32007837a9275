/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting an error. The text may quote bytes of the target or of a file, so whatever could break
 * the one line, or a terminal, is replaced.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

bool error_unless_text(struct error *error, enum exit_status status, const char *name,
		       const char *text, size_t len)
{
	const char *zero = memchr(text, '\0', len);
	unsigned int line = 1;
	char place[24] = "";

	if (!zero)
		return true;
	for (const char *c = text; c < zero; c++)
		line += *c == '\n';
	if (memchr(text, '\n', len))
		snprintf(place, sizeof(place), "line %u: ", line);
	return error_set(error, status, "%.300s: %sbyte 0x00 is no text", name, place);
}
