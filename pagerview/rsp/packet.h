/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GDB remote protocol as bytes: framing, checksum, escapes, run lengths, hexadecimal. Pure: no
 * I/O, no allocation, no state between calls. What a packet means is not known here. All input is
 * hostile: every function is bounded by the lengths it is given and says when bytes make no sense.
 */
#ifndef PAGERVIEW_RSP_PACKET_H
#define PAGERVIEW_RSP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that framing adds to a body without escapes: '$', '#' and two digits. */
#define PACKET_OVERHEAD 4
/* Room that packet_encode() can need for a body of LEN bytes, all escaped. */
#define PACKET_ROOM(len) (2 * (len) + PACKET_OVERHEAD)

/* Frame BODY into TO; returns the bytes written, 0 when ROOM is too small. */
size_t packet_encode(const void *body, size_t len, char *to, size_t room);

enum packet_kind {
	PACKET_NEED_MORE,    /* the bytes so far begin a packet */
	PACKET_ACK,          /* '+' */
	PACKET_NACK,         /* '-' */
	PACKET_BODY,         /* `body` and `len` are filled in */
	PACKET_NOTIFICATION, /* '%': the same, but no answer to anything */
	PACKET_JUNK,         /* bytes that belong to no packet */
	PACKET_BAD_CHECKSUM,
	PACKET_MALFORMED, /* right checksum, but escapes or run lengths make no sense */
	PACKET_TOO_LONG,  /* its decoded body does not fit `room` */
};

struct packet {
	char *body;  /* the caller's buffer; zero-terminated beyond LEN after PACKET_BODY */
	size_t room; /* its size, the terminating zero included */
	size_t len;
};

/*
 * Decode what FROM begins with. USED: bytes that are done with, 0 for PACKET_NEED_MORE only.
 * A '$' inside a packet begins another one: what came before is junk.
 */
enum packet_kind packet_decode(const char *from, size_t len, size_t *used, struct packet *packet);

/* Hexadecimal digits, two per byte. False when TEXT is not exactly 2 * LEN digits. */
bool packet_hex_decode(const char *text, size_t text_len, void *to, size_t len);
/* 2 * LEN lower-case digits to TO, not terminated. */
void packet_hex_encode(const void *from, size_t len, char *to);
int packet_hex_digit(char c); /* value of a digit, -1 if it is none */

/* A bounded reader of a body. After the first failure it stays failed and reads nothing. */
struct packet_cursor {
	const char *at, *end;
	bool failed;
};

struct packet_cursor packet_cursor_of(const char *text, size_t len);
bool packet_cursor_done(const struct packet_cursor *cursor); /* at the end, or failed */
/* Skip PREFIX if the rest begins with it; false (and no failure) otherwise. */
bool packet_cursor_skip(struct packet_cursor *cursor, const char *prefix);
/* A number of 1 to 16 hexadecimal digits; fails when there is none, or more. */
uint64_t packet_cursor_hex(struct packet_cursor *cursor);
/*
 * The text up to DELIMITER or the end, which is skipped; LEN of it. Never fails.
 */
const char *packet_cursor_until(struct packet_cursor *cursor, char delimiter, size_t *len);

#endif
