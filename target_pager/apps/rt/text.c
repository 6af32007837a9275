/* SPDX-License-Identifier: BSD-2-Clause */
/* Words, numbers and lines; and the three functions that a compiler may call on its own. */
#include "ta.h"

void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);

void *memcpy(void *to, const void *from, size_t len)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	while (len--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int value, size_t len)
{
	uint8_t *out = to;

	while (len--)
		*out++ = (uint8_t)value;
	return to;
}

static unsigned int digit_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return (unsigned int)(ch - '0');
	if (ch >= 'a' && ch <= 'f')
		return (unsigned int)(ch - 'a') + 10;
	if (ch >= 'A' && ch <= 'F')
		return (unsigned int)(ch - 'A') + 10;
	return 16;
}

uint64_t ta_number(const struct ta_words *words, unsigned int index)
{
	const char *p = index < words->count ? words->words[index] : "";
	unsigned int base = 10;
	uint64_t value = 0;

	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	for (; digit_value(*p) < base; p++)
		value = value * base + digit_value(*p);
	return value;
}

void ta_line_text(struct ta_line *line, const char *text)
{
	while (*text && line->used < sizeof(line->text))
		line->text[line->used++] = *text++;
}

static void line_digits(struct ta_line *line, uint64_t number, unsigned int base)
{
	char digits[21];
	unsigned int at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	ta_line_text(line, digits + at);
}

void ta_line_number(struct ta_line *line, uint64_t number)
{
	line_digits(line, number, 10);
}

void ta_line_hex(struct ta_line *line, uint64_t number)
{
	ta_line_text(line, "0x");
	line_digits(line, number, 16);
}

void ta_line_log(const struct ta_line *line)
{
	ta_log(line->text, line->used);
}

int64_t ta_fail(const char *text)
{
	struct ta_line line = {.used = 0};

	ta_line_text(&line, text);
	ta_line_log(&line);
	return -1;
}
