/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A value of a target's object: follows a layout's offsets and pointers through the cache and turns
 * the bits into a number or a word. Knows no list and no meaning.
 */
#ifndef PAGERVIEW_COLLECT_VALUE_H
#define PAGERVIEW_COLLECT_VALUE_H

#include "collect_cache.h"
#include "profile/layout.h"

struct values {
	const struct layout *layout;
	struct cache *cache;
	uint64_t slide; /* bytes added to the ELF's addresses */
};

#define VALUE_TEXT_MAX 160 /* bytes that value_text() may need, its zero included */

/* Address of the field of the object at BASE. A NULL pointer on the way is CACHE_BAD. */
enum cache_answer value_place(const struct values *values, const struct layout_field *field,
			      uint64_t base, uint64_t *place);
/* The number there, sign-extended where it is signed, masked and divided as the layout says. */
enum cache_answer value_number(const struct values *values, const struct layout_field *field,
			       uint64_t base, uint64_t *number);
/* Such an answer was CACHE_BAD since a pointer on the way is NULL: there is nothing to be read. */
bool value_is_nowhere(const struct values *values, const struct layout_field *field, uint64_t base);
/* A pointer of the target at PLACE. */
enum cache_answer value_pointer(const struct values *values, uint64_t place, uint64_t *pointer);
/* The field as text into TEXT: a word, letters, characters, hex digits. "" for an unknown word. */
enum cache_answer value_text(const struct values *values, const struct layout_field *field,
			     uint64_t base, char text[VALUE_TEXT_MAX]);

#endif
