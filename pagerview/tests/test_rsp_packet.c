/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet codec: framing, escapes, run lengths, damage, hexadecimal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rsp/packet.h"

static enum packet_kind decode(const char *from, size_t len, size_t *used, struct packet *packet)
{
	/* An exact copy on the heap, so that a read beyond the end is seen. */
	char *exact = malloc(len ? len : 1);
	enum packet_kind kind;

	memcpy(exact, from, len);
	kind = packet_decode(exact, len, used, packet);
	free(exact);
	return kind;
}

static void expect(const char *from, enum packet_kind kind, size_t used, const char *body)
{
	char room[256];
	struct packet packet = {.body = room, .room = sizeof(room)};
	size_t consumed;

	assert_int_equal(decode(from, strlen(from), &consumed, &packet), kind);
	assert_int_equal(consumed, used);
	if (body)
		assert_string_equal(packet.body, body);
}

static void frames_are_encoded(void **state)
{
	char to[64];

	(void)state;
	assert_int_equal(packet_encode("OK", 2, to, sizeof(to)), 6);
	assert_memory_equal(to, "$OK#9a", 6);
	assert_int_equal(packet_encode("", 0, to, sizeof(to)), 4);
	assert_memory_equal(to, "$#00", 4);
	assert_int_equal(packet_encode("a#$}*", 5, to, sizeof(to)), 13);
	assert_memory_equal(to, "$a}\003}\004}]}\n#", 11);
}

static void encoding_keeps_to_its_room(void **state)
{
	(void)state;
	for (size_t room = 0; room < 13; room++) {
		char *to = malloc(room ? room : 1);

		assert_int_equal(packet_encode("a#$}*", 5, to, room), 0);
		free(to);
	}
}

static void every_byte_survives(void **state)
{
	unsigned char all[256];
	char framed[PACKET_ROOM(256)], room[300];
	struct packet packet = {.body = room, .room = sizeof(room)};
	size_t used, len;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	len = packet_encode(all, sizeof(all), framed, sizeof(framed));
	assert_int_not_equal(len, 0);
	assert_int_equal(decode(framed, len, &used, &packet), PACKET_BODY);
	assert_int_equal(used, len);
	assert_int_equal(packet.len, 256);
	assert_memory_equal(packet.body, all, 256);
	/* Every part of it is not enough. */
	for (size_t part = 1; part < len; part++) {
		assert_int_equal(decode(framed, part, &used, &packet), PACKET_NEED_MORE);
		assert_int_equal(used, 0);
	}
}

static void packets_are_decoded(void **state)
{
	(void)state;
	expect("$OK#9a", PACKET_BODY, 6, "OK");
	expect("$OK#9A", PACKET_BODY, 6, "OK");
	expect("$OK#9a$m", PACKET_BODY, 6, "OK");
	expect("$#00", PACKET_BODY, 4, "");
	expect("%Stop:T05#99", PACKET_NOTIFICATION, 12, "Stop:T05");
	expect("+$OK#9a", PACKET_ACK, 1, NULL);
	expect("-", PACKET_NACK, 1, NULL);
	expect("", PACKET_NEED_MORE, 0, NULL);
}

static void runs_are_expanded(void **state)
{
	(void)state;
	expect("$0* #7a", PACKET_BODY, 7, "0000");
	expect("$0*\"x#f4", PACKET_BODY, 8, "000000x");
	expect("$*!#4b", PACKET_MALFORMED, 6, NULL); /* nothing to repeat */
	expect("$0*#5a", PACKET_MALFORMED, 6, NULL); /* no count */
	expect("$a}#de", PACKET_MALFORMED, 6, NULL); /* nothing escaped */
}

static void damage_is_told(void **state)
{
	(void)state;
	expect("$OK#9b", PACKET_BAD_CHECKSUM, 6, NULL);
	expect("$OK#zz", PACKET_BAD_CHECKSUM, 6, NULL);
	expect("hello$OK#9a", PACKET_JUNK, 5, NULL);
	expect("SSH-2.0+", PACKET_JUNK, 8, NULL);
	expect("%Stop:T05#00", PACKET_JUNK, 12, NULL); /* nobody repeats it */
	/* The beginning of one was lost: the next is found. */
	expect("$O$OK#9a", PACKET_JUNK, 2, NULL);
}

static void long_bodies_are_refused(void **state)
{
	char room[4];
	struct packet packet = {.body = room, .room = sizeof(room)};
	size_t used;

	(void)state;
	assert_int_equal(decode("$abc#26", 7, &used, &packet), PACKET_BODY);
	assert_int_equal(decode("$abcd#8a", 8, &used, &packet), PACKET_TOO_LONG);
	assert_int_equal(used, 8);
	assert_int_equal(decode("$0*~#d8", 7, &used, &packet), PACKET_TOO_LONG);
}

static void hexadecimal(void **state)
{
	unsigned char bytes[4];
	char text[8];

	(void)state;
	assert_true(packet_hex_decode("00fFA5", 6, bytes, 3));
	assert_memory_equal(bytes, "\x00\xff\xa5", 3);
	assert_false(packet_hex_decode("00fF", 4, bytes, 3));
	assert_false(packet_hex_decode("00fFA", 5, bytes, 2));
	assert_false(packet_hex_decode("0g", 2, bytes, 1));
	packet_hex_encode("\x00\xff\xa5z", 4, text);
	assert_memory_equal(text, "00ffa57a", 8);
}

static void cursors(void **state)
{
	struct packet_cursor cursor = packet_cursor_of("thread:p1.2;x1f:", 16);
	const char *text;
	size_t len;

	(void)state;
	assert_true(packet_cursor_skip(&cursor, "thread:"));
	assert_false(packet_cursor_skip(&cursor, "q"));
	text = packet_cursor_until(&cursor, ';', &len);
	assert_int_equal(len, 4);
	assert_memory_equal(text, "p1.2", 4);
	assert_true(packet_cursor_skip(&cursor, "x"));
	assert_int_equal(packet_cursor_hex(&cursor), 0x1f);
	assert_false(packet_cursor_done(&cursor));
	assert_int_equal(packet_cursor_hex(&cursor), 0);
	assert_true(cursor.failed);
	assert_true(packet_cursor_done(&cursor));
	cursor = packet_cursor_of("11112222333344445", 17);
	packet_cursor_hex(&cursor);
	assert_true(cursor.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_encoded),
		cmocka_unit_test(encoding_keeps_to_its_room),
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(packets_are_decoded),
		cmocka_unit_test(runs_are_expanded),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(long_bodies_are_refused),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(cursors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
