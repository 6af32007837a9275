/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of a JSON tree that nobody vouches for: of the wanted type and in their range, or refused
 * with the place. A member that is absent or null is 0, "" or NONE.
 */
#include "json_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_ITEMS 1000000 /* of one list */
#define MAX_TEXT  1024    /* bytes; what is longer is cut */

bool reader_refuse(struct reader *reader, const char *what)
{
	return error_set(reader->error, EXIT_USAGE, "%s: %s[%d]: %s", reader->path, reader->where,
			 reader->item, what);
}

/* ---- values ---- */

const char *reader_copy(struct reader *reader, const char *text)
{
	char *copy = arena_strndup(reader->arena, text, MAX_TEXT);

	/* What is shown on a terminal must not steer it. */
	for (char *c = copy; c && *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '.';
	}
	return copy ? copy : "";
}

const char *reader_text(struct reader *reader, const cJSON *object, const char *key)
{
	return reader_copy(reader, cJSON_GetStringValue(get(object, key)));
}

bool reader_number(struct reader *reader, const cJSON *object, const char *key, int64_t min,
		   int64_t max, int64_t *number)
{
	const cJSON *item = get(object, key);

	*number = 0;
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)min) ||
	    !(item->valuedouble <= (double)max))
		return reader_refuse(reader, key);
	*number = (int64_t)item->valuedouble;
	return true;
}

bool reader_u64(struct reader *reader, const cJSON *object, const char *key, uint64_t *value)
{
	int64_t number;

	if (!reader_number(reader, object, key, 0, MAX_EXACT, &number))
		return false;
	*value = (uint64_t)number;
	return true;
}

bool reader_u32(struct reader *reader, const cJSON *object, const char *key, uint32_t *value)
{
	int64_t number;

	if (!reader_number(reader, object, key, 0, NONE - 1, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

bool reader_parse_hex(const char *text, uint64_t *value)
{
	char *end;

	if (!text || text[0] != '0' || text[1] != 'x' || !text[2] || strlen(text) > 18 ||
	    text[2] == '-' || text[2] == '+' || text[2] == ' ')
		return false;
	errno = 0;
	*value = strtoull(text + 2, &end, 16);
	return !*end && errno == 0;
}

bool reader_hex(struct reader *reader, const cJSON *object, const char *key, uint64_t *value,
		bool *there)
{
	const cJSON *item = get(object, key);

	*value = 0;
	*there = item && !cJSON_IsNull(item);
	if (*there && !reader_parse_hex(cJSON_GetStringValue(item), value))
		return reader_refuse(reader, key);
	return true;
}

bool reader_id(struct reader *reader, const cJSON *object, uint64_t *id)
{
	bool there;

	if (!cJSON_IsObject(object))
		return reader_refuse(reader, "no object");
	if (!reader_hex(reader, object, "id", id, &there))
		return false;
	return there || reader_refuse(reader, "no id");
}

uint8_t reader_prot(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(get(object, key));

	if (!text)
		return 0;
	return (uint8_t)((strchr(text, 'r') ? PROT_R : 0) | (strchr(text, 'w') ? PROT_W : 0) |
			 (strchr(text, 'x') ? PROT_X : 0));
}

/* ---- lists ---- */

bool reader_list(struct reader *reader, const cJSON *object, const char *key, const cJSON **list,
		 uint32_t *count)
{
	int size;

	*list = get(object, key);
	*count = 0;
	if (!*list)
		return true;
	if (!cJSON_IsArray(*list))
		return reader_refuse(reader, key);
	size = cJSON_GetArraySize(*list);
	if (size > MAX_ITEMS)
		return reader_refuse(reader, key);
	*count = (uint32_t)size;
	return true;
}

void *reader_array(struct reader *reader, uint32_t count, size_t size)
{
	void *array = arena_alloc_array(reader->arena, (size_t)count + 1, size);

	if (!array)
		error_set(reader->error, EXIT_USAGE, "%s: out of memory", reader->path);
	return array;
}

static int compare_ids(const void *a, const void *b)
{
	const struct id_index *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

bool reader_sort_ids(struct reader *reader, struct ids *ids)
{
	qsort(ids->sorted, ids->count, sizeof(*ids->sorted), compare_ids);
	for (uint32_t i = 1; i < ids->count; i++) {
		reader->item = (int)ids->sorted[i].index;
		if (ids->sorted[i].id == ids->sorted[i - 1].id)
			return reader_refuse(reader, "its id is there twice");
	}
	return true;
}

uint32_t reader_find_id(const struct ids *ids, uint64_t id)
{
	uint32_t low = 0, high = ids->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ids->sorted[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ids->count && ids->sorted[low].id == id ? ids->sorted[low].index : NONE;
}

bool reader_reference(struct reader *reader, const cJSON *object, const char *key,
		      const struct ids *ids, uint32_t *index)
{
	uint64_t id;
	bool there;

	*index = NONE;
	if (!reader_hex(reader, object, key, &id, &there))
		return false;
	if (!there)
		return true;
	*index = reader_find_id(ids, id);
	return *index != NONE || reader_refuse(reader, key);
}
