/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting an error. The text often quotes bytes of others (paths, names out of an ELF), so whatever
 * would break the line or the terminal is replaced here, once for all.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, enum exit_status status, const char *format, ...)
{
	va_list args;

	if (!error || error->status != EXIT_CLEAN)
		return false;
	error->status = status;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	for (char *c = error->text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	return false;
}
