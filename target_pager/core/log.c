/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line is formatted on the caller's stack and written under one lock, which is a leaf: nothing
 * else is taken while it is held, so a line may be logged under any other lock. A panic writes
 * without the lock: its own CPU may hold it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "log.h"

#define LINE_LEN     256
#define PANIC_STATUS 3

static struct spinlock log_spinlock;

/* TEXT as one line: cut to fit, and ended by exactly one newline. The length. */
__attribute__((format(printf, 3, 0))) static size_t line_format(char *line, size_t used,
								const char *format, va_list args)
{
	int wanted = vsnprintf(line + used, LINE_LEN - used, format, args);

	if (wanted > 0)
		used += (size_t)wanted;
	if (used > LINE_LEN - 2)
		used = LINE_LEN - 2;
	while (used > 0 && line[used - 1] == '\n')
		used--;
	line[used++] = '\n';
	return used;
}

void log_line(const char *format, ...)
{
	char line[LINE_LEN];
	va_list args;
	size_t len;

	va_start(args, format);
	len = line_format(line, 0, format, args);
	va_end(args);
	spin_lock(&log_spinlock);
	console_write(line, len);
	spin_unlock(&log_spinlock);
}

void core_panic(const char *rule, const char *format, ...)
{
	char line[LINE_LEN];
	va_list args;
	int used = snprintf(line, sizeof(line) / 2, "core panic: %s: ", rule);

	if (used < 0 || used >= LINE_LEN / 2)
		used = 0;
	va_start(args, format);
	console_write(line, line_format(line, (size_t)used, format, args));
	va_end(args);
	machine_exit(PANIC_STATUS);
}
