/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Framing is `$body#cs`, cs the sum of the body's bytes as sent, modulo 256. In a body `}` escapes
 * the next byte (xor 0x20) and `*` repeats the last byte as often as the next one says (less 29).
 * '#' and '$' never stand unescaped inside a body, so the end of a packet is found without decoding
 * it, and a '$' before the end means that the beginning was lost.
 */
#include "packet.h"

#include <string.h>

#define ESCAPE      '}'
#define ESCAPE_FLIP 0x20
#define REPEAT      '*'
#define REPEAT_BIAS 29

static const char hex_digits[] = "0123456789abcdef";

static bool needs_escape(char c)
{
	return c == '$' || c == '#' || c == ESCAPE || c == REPEAT;
}

size_t packet_encode(const void *body, size_t len, char *to, size_t room)
{
	const char *from = body;
	unsigned char sum = 0;
	size_t n = 1;

	if (room < PACKET_OVERHEAD)
		return 0;
	to[0] = '$';
	for (size_t i = 0; i < len; i++) {
		bool escape = needs_escape(from[i]);

		if (n + escape + PACKET_OVERHEAD > room)
			return 0;
		if (escape)
			sum += (unsigned char)(to[n++] = ESCAPE);
		sum += (unsigned char)(to[n++] = escape ? from[i] ^ ESCAPE_FLIP : from[i]);
	}
	to[n++] = '#';
	to[n++] = hex_digits[sum >> 4];
	to[n++] = hex_digits[sum & 15];
	return n;
}

int packet_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A value per character, so that a burst of megabytes is not slowed by branches. */
static const signed char *hex_values(void)
{
	static signed char values[256];
	static bool filled;

	if (!filled) {
		for (int c = 0; c < 256; c++)
			values[c] = (signed char)packet_hex_digit((char)c);
		filled = true;
	}
	return values;
}

bool packet_hex_decode(const char *text, size_t text_len, void *to, size_t len)
{
	const unsigned char *digit = (const unsigned char *)text;
	const signed char *values = hex_values();
	unsigned char *byte = to;

	if (text_len / 2 != len || text_len % 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = values[digit[2 * i]], low = values[digit[2 * i + 1]];

		if ((high | low) < 0)
			return false;
		byte[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

void packet_hex_encode(const void *from, size_t len, char *to)
{
	const unsigned char *byte = from;

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = hex_digits[byte[i] >> 4];
		to[2 * i + 1] = hex_digits[byte[i] & 15];
	}
}

static unsigned char raw_sum(const char *raw, size_t len)
{
	unsigned char sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)raw[i];
	return sum;
}

/* Without escapes and runs, and that is nearly always, a body is copied as it stands. */
static bool raw_is_plain(const char *raw, size_t len)
{
	return !memchr(raw, ESCAPE, len) && !memchr(raw, REPEAT, len);
}

/* Undo escapes and run lengths. */
static enum packet_kind raw_expand(const char *raw, size_t len, struct packet *packet)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		size_t repeat = 1;
		char c = raw[i];

		if (c == ESCAPE) {
			if (++i == len)
				return PACKET_MALFORMED;
			c = raw[i] ^ ESCAPE_FLIP;
		} else if (c == REPEAT) {
			if (++i == len || !n || raw[i] < ' ' || raw[i] > '~')
				return PACKET_MALFORMED;
			repeat = (size_t)(raw[i] - REPEAT_BIAS);
			c = packet->body[n - 1];
		}
		if (repeat >= packet->room - n)
			return PACKET_TOO_LONG;
		memset(packet->body + n, c, repeat);
		n += repeat;
	}
	packet->len = n;
	return PACKET_BODY;
}

static enum packet_kind raw_decode(const char *raw, size_t len, struct packet *packet)
{
	enum packet_kind kind = PACKET_BODY;

	if (!packet->room)
		return PACKET_TOO_LONG;
	if (raw_is_plain(raw, len)) {
		if (len >= packet->room)
			return PACKET_TOO_LONG;
		memcpy(packet->body, raw, len);
		packet->len = len;
	} else {
		kind = raw_expand(raw, len, packet);
	}
	if (kind == PACKET_BODY)
		packet->body[packet->len] = '\0';
	return kind;
}

/* Bytes before the next packet; a sign between them is no acknowledgement of anything. */
static size_t junk_length(const char *from, size_t len)
{
	size_t n = 1;

	while (n < len && from[n] != '$' && from[n] != '%')
		n++;
	return n;
}

/* FROM begins with '$' or '%'. */
static enum packet_kind frame_decode(const char *from, size_t len, size_t *used,
				     struct packet *packet)
{
	const char *raw = from + 1, *end = memchr(raw, '#', len - 1);
	size_t raw_len = end ? (size_t)(end - raw) : len - 1;
	const char *restart = memchr(raw, '$', raw_len);
	enum packet_kind kind;
	int high, low;

	if (restart) {
		*used = (size_t)(restart - from);
		return PACKET_JUNK;
	}
	if (!end || (size_t)(end - from) + 3 > len)
		return PACKET_NEED_MORE;
	*used = (size_t)(end - from) + 3;
	high = packet_hex_digit(end[1]);
	low = packet_hex_digit(end[2]);
	if (high < 0 || low < 0 || raw_sum(raw, raw_len) != (high << 4 | low))
		return *from == '%' ? PACKET_JUNK : PACKET_BAD_CHECKSUM; /* nobody repeats those */
	kind = raw_decode(raw, raw_len, packet);
	return kind == PACKET_BODY && *from == '%' ? PACKET_NOTIFICATION : kind;
}

enum packet_kind packet_decode(const char *from, size_t len, size_t *used, struct packet *packet)
{
	*used = 0;
	packet->len = 0;
	if (!len)
		return PACKET_NEED_MORE;
	switch (from[0]) {
	case '+':
		*used = 1;
		return PACKET_ACK;
	case '-':
		*used = 1;
		return PACKET_NACK;
	case '$':
	case '%':
		return frame_decode(from, len, used, packet);
	default:
		*used = junk_length(from, len);
		return PACKET_JUNK;
	}
}

struct packet_cursor packet_cursor_of(const char *text, size_t len)
{
	return (struct packet_cursor){.at = text, .end = text + len};
}

bool packet_cursor_done(const struct packet_cursor *cursor)
{
	return cursor->failed || cursor->at == cursor->end;
}

bool packet_cursor_skip(struct packet_cursor *cursor, const char *prefix)
{
	size_t len = strlen(prefix);

	if (cursor->failed || (size_t)(cursor->end - cursor->at) < len ||
	    memcmp(cursor->at, prefix, len))
		return false;
	cursor->at += len;
	return true;
}

uint64_t packet_cursor_hex(struct packet_cursor *cursor)
{
	uint64_t value = 0;
	int digits = 0;

	while (!packet_cursor_done(cursor) && packet_hex_digit(*cursor->at) >= 0) {
		value = value << 4 | (uint64_t)packet_hex_digit(*cursor->at++);
		if (++digits > 16)
			cursor->failed = true;
	}
	if (!digits)
		cursor->failed = true;
	return cursor->failed ? 0 : value;
}

const char *packet_cursor_until(struct packet_cursor *cursor, char delimiter, size_t *len)
{
	const char *start = cursor->at, *end;

	*len = 0;
	if (packet_cursor_done(cursor))
		return start;
	end = memchr(start, delimiter, (size_t)(cursor->end - start));
	*len = (size_t)((end ? end : cursor->end) - start);
	cursor->at = end ? end + 1 : cursor->end;
	return start;
}
