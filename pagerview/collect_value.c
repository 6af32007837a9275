/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All targets are little-endian, as is every host we run on; a number of fewer than eight bytes is
 * widened here. Addresses of 32-bit targets wrap at 32 bits.
 */
#include "collect_value.h"

#include <stdio.h>
#include <string.h>

static uint64_t wrap(const struct values *values, uint64_t addr)
{
	return values->layout->pointer_size == 4 ? (uint32_t)addr : addr;
}

enum cache_answer value_pointer(const struct values *values, uint64_t place, uint64_t *pointer)
{
	*pointer = 0;
	return cache_get(values->cache, CACHE_VIRTUAL, wrap(values, place), pointer,
			 values->layout->pointer_size);
}

enum cache_answer value_place(const struct values *values, const struct layout_field *field,
			      uint64_t base, uint64_t *place)
{
	uint64_t at = base + field->offset[0];

	for (unsigned int hop = 1; hop <= field->num_hops; hop++) {
		enum cache_answer answer = value_pointer(values, at, &at);

		if (answer != CACHE_OK)
			return answer;
		if (at == 0)
			return CACHE_BAD;
		at += field->offset[hop];
	}
	*place = wrap(values, at);
	return CACHE_OK;
}

bool value_is_nowhere(const struct values *values, const struct layout_field *field, uint64_t base)
{
	uint64_t at = base + field->offset[0];

	for (unsigned int hop = 1; hop <= field->num_hops; hop++) {
		if (value_pointer(values, at, &at) != CACHE_OK)
			return false;
		if (at == 0)
			return true;
		at += field->offset[hop];
	}
	return false;
}

static uint64_t shape_number(const struct layout_field *field, uint64_t raw)
{
	unsigned int bits = field->bit_size ? field->bit_size : (unsigned int)field->size * 8;

	raw >>= field->bit_offset & 63;
	if (bits < 64) {
		raw &= (UINT64_C(1) << bits) - 1;
		if (field->is_signed && raw >> (bits - 1))
			raw |= ~UINT64_C(0) << bits;
	}
	if (field->form == FIELD_MASK)
		return (raw & field->mask) != 0;
	return field->divide > 1 ? raw / field->divide : raw;
}

enum cache_answer value_number(const struct values *values, const struct layout_field *field,
			       uint64_t base, uint64_t *number)
{
	enum cache_answer answer;
	uint64_t place, raw = 0;

	*number = 0;
	if (!field->present || field->size > sizeof(raw))
		return CACHE_BAD;
	answer = value_place(values, field, base, &place);
	if (answer == CACHE_OK)
		answer = cache_get(values->cache, CACHE_VIRTUAL, place, &raw, field->size);
	if (answer == CACHE_OK)
		*number = shape_number(field, raw);
	return answer;
}

static void word_text(const struct values *values, const struct layout_field *field, uint64_t value,
		      char *text)
{
	text[0] = 0;
	for (unsigned int i = 0; i < field->num_words; i++) {
		const struct layout_word *word = &field->words[i];
		uint64_t wanted = word->value + (word->is_address ? values->slide : 0);

		if (field->form == FIELD_WORDS && value == wanted) {
			size_t len = strnlen(word->text, VALUE_TEXT_MAX - 1);

			memcpy(text, word->text, len);
			text[len] = 0;
			return;
		}
		if (field->form == FIELD_BITS && wanted && (value & wanted) == wanted &&
		    strlen(text) + strlen(word->text) < VALUE_TEXT_MAX)
			strcat(text, word->text);
	}
}

/* Characters of the target are shown on a terminal and put into JSON: only harmless ones pass. */
static void characters_text(const uint8_t *bytes, size_t len, char *text)
{
	size_t i;

	for (i = 0; i < len && bytes[i]; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	text[i] = 0;
}

static void uuid_text(const uint8_t *b, char *text)
{
	snprintf(text, VALUE_TEXT_MAX,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[3], b[2],
		 b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

static enum cache_answer bytes_text(const struct values *values, const struct layout_field *field,
				    uint64_t base, char *text)
{
	enum cache_answer answer;
	uint64_t place, len = field->size;
	uint8_t bytes[64];

	if (field->length) {
		answer = value_number(values, field->length, base, &len);
		if (answer != CACHE_OK)
			return answer;
		if (len > field->size)
			len = field->size; /* a length that cannot be is cut, not believed */
	}
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	answer = value_place(values, field, base, &place);
	if (answer == CACHE_OK && len)
		answer = cache_get(values->cache, CACHE_VIRTUAL, place, bytes, len);
	if (answer != CACHE_OK)
		return answer;
	if (field->form == FIELD_TEXT)
		characters_text(bytes, len, text);
	else if (field->form == FIELD_UUID && len >= 16)
		uuid_text(bytes, text);
	else
		for (uint64_t i = 0; i < len; i++)
			snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return CACHE_OK;
}

enum cache_answer value_text(const struct values *values, const struct layout_field *field,
			     uint64_t base, char text[VALUE_TEXT_MAX])
{
	enum cache_answer answer;
	uint64_t value;

	text[0] = 0;
	if (!field->present)
		return CACHE_BAD;
	if (field->form == FIELD_TEXT || field->form == FIELD_HEX || field->form == FIELD_UUID)
		return bytes_text(values, field, base, text);
	answer = value_number(values, field, base, &value);
	if (answer != CACHE_OK)
		return answer;
	if (field->form == FIELD_WORDS || field->form == FIELD_BITS)
		word_text(values, field, value, text);
	else
		snprintf(text, VALUE_TEXT_MAX, "%llu", (unsigned long long)value);
	return CACHE_OK;
}
