/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder is our own rather than mbrtowc() because names are UTF-8 whatever the locale is, and
 * because a bad byte must cost exactly one replacement. Widths are the C library's where it knows
 * the character; it answers -1 for those that a terminal would not print, which settles them too.
 */
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "../model/snapshot.h"

/* Bytes of the sequence that LEAD starts, 0 when it starts none. */
static int sequence_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if ((lead & 0xf0) == 0xe0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

static uint32_t decode(const uint8_t *bytes, int *length)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t codepoint;

	*length = sequence_length(bytes[0]);
	if (*length == 0) {
		*length = 1;
		return TEXT_REPLACEMENT;
	}
	if (*length == 1)
		return bytes[0];
	codepoint = bytes[0] & (0x7fu >> *length);
	for (int i = 1; i < *length; i++) {
		if ((bytes[i] & 0xc0) != 0x80) {
			*length = 1;
			return TEXT_REPLACEMENT;
		}
		codepoint = codepoint << 6 | (bytes[i] & 0x3f);
	}
	if (codepoint < smallest[*length] || codepoint > 0x10ffff ||
	    (codepoint >= 0xd800 && codepoint < 0xe000))
		return TEXT_REPLACEMENT;
	return codepoint;
}

/* Characters that have a width of their own yet change how their neighbours are shown. */
static bool is_format_control(uint32_t codepoint)
{
	return codepoint == 0xad || codepoint == 0x61c || codepoint == 0xfeff ||
	       (codepoint >= 0x200b && codepoint <= 0x200f) ||
	       (codepoint >= 0x2028 && codepoint <= 0x202e) ||
	       (codepoint >= 0x2060 && codepoint <= 0x206f) ||
	       (codepoint >= 0xfe00 && codepoint <= 0xfe0f) || codepoint >= 0xe0000;
}

/* In the C locale wcwidth() knows ASCII only; the characters we draw with are one column each. */
static int codepoint_width(uint32_t codepoint)
{
	int width = wcwidth((wchar_t)codepoint);

	if (width < 0 && ((codepoint > 0xa0 && codepoint < 0x100) ||
			  (codepoint >= 0x2010 && codepoint < 0x2700)))
		return 1;
	return width;
}

uint32_t text_next(const char **text, int *width)
{
	uint32_t codepoint;
	int length;

	*width = 1;
	if (**text == '\0')
		return 0;
	codepoint = decode((const uint8_t *)*text, &length);
	*text += length;
	if (codepoint < 0x7f)
		return codepoint < 0x20 ? TEXT_REPLACEMENT : codepoint;
	*width = codepoint_width(codepoint);
	if (*width < 1 || *width > 2 || codepoint < 0xa0 || is_format_control(codepoint)) {
		*width = 1;
		return TEXT_REPLACEMENT;
	}
	return codepoint;
}

int text_width(const char *text)
{
	int total = 0, width;

	while (text_next(&text, &width))
		total += width;
	return total;
}

size_t text_encode(uint32_t codepoint, char out[4])
{
	if (codepoint < 0x80) {
		out[0] = (char)codepoint;
		return 1;
	}
	if (codepoint < 0x800) {
		out[0] = (char)(0xc0 | codepoint >> 6);
		out[1] = (char)(0x80 | (codepoint & 0x3f));
		return 2;
	}
	if (codepoint < 0x10000) {
		out[0] = (char)(0xe0 | codepoint >> 12);
		out[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
		out[2] = (char)(0x80 | (codepoint & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | codepoint >> 18);
	out[1] = (char)(0x80 | (codepoint >> 12 & 0x3f));
	out[2] = (char)(0x80 | (codepoint >> 6 & 0x3f));
	out[3] = (char)(0x80 | (codepoint & 0x3f));
	return 4;
}

void text_clear(struct text *text)
{
	text->length = 0;
	text->bytes[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = sizeof(text->bytes) - text->length;
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(text->bytes + text->length, room, format, args);
	va_end(args);
	if (wrote > 0)
		text->length += (size_t)wrote < room ? (size_t)wrote : room - 1;
}

void text_add_count(struct text *text, uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

	for (int i = 0; i < length; i++) {
		int left = length - i;

		text_add(text, "%s%c", i > 0 && left % 3 == 0 ? "," : "", digits[i]);
	}
}

void text_add_counted(struct text *text, uint64_t count, const char *noun)
{
	text_add_count(text, count);
	text_add(text, " %s%s", noun, count == 1 ? "" : "s");
}

void text_add_bytes(struct text *text, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 1000 && unit < 4) {
		value /= 1024;
		unit++;
	}
	text_add(text, unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void text_add_time(struct text *text, uint64_t us)
{
	if (us < 1000)
		text_add(text, "%u us", (unsigned)us);
	else if (us < 1000000)
		text_add(text, "%.1f ms", (double)us / 1e3);
	else
		text_add(text, "%.1f s", (double)us / 1e6);
}

void text_add_prot(struct text *text, unsigned prot)
{
	text_add(text, "%c%c%c", prot & PROT_R ? 'r' : '-', prot & PROT_W ? 'w' : '-',
		 prot & PROT_X ? 'x' : '-');
}

/* TEXT begins with 8-4-4-4-12 hex digits and no more of them. */
static bool is_uuid(const char *text)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return !isxdigit((unsigned char)text[36]) && text[36] != '-';
}

void text_shorten_uuids(struct text *text)
{
	struct text whole = *text;
	const char *from = whole.bytes;

	text_clear(text);
	while (*from) {
		bool inside = from > whole.bytes && isxdigit((unsigned char)from[-1]);

		if (!inside && is_uuid(from)) {
			text_add(text, "%.8s\u2026", from);
			from += 36;
		} else {
			text_add(text, "%c", *from++);
		}
	}
}

int text_index_width(const char *text)
{
	const char *open = strrchr(text, '[');
	size_t digits = open ? strspn(open + 1, "0123456789") : 0;

	return digits && strcmp(open + 1 + digits, "]") == 0 ? (int)digits + 2 : 0;
}

bool text_is_of_address(const char *text)
{
	const char *open = strrchr(text, '['), *digits = open;

	if (!open || !text_index_width(text))
		return false;
	while (digits > text && isxdigit((unsigned char)digits[-1]))
		digits--;
	return digits < open && digits - text >= 2 && memcmp(digits - 2, "0x", 2) == 0;
}

bool text_contains(const char *text, const char *needle)
{
	return strcasestr(text, needle) != NULL;
}

bool text_parse_address(const char *text, uint64_t *address)
{
	uint64_t value = 0;
	int digits = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	for (; *text; text++) {
		if (*text == '_' && digits)
			continue;
		if (!isxdigit((unsigned char)*text) || ++digits > 16)
			return false;
		value = value << 4 |
			(uint64_t)(isdigit((unsigned char)*text) ? *text - '0'
								 : (*text | 0x20) - 'a' + 10);
	}
	*address = value;
	return digits > 0;
}
