/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that read a snapshot's JSON share; only theirs. All that answer bool say false
 * with reader->error set, which names file, list, item and member. Texts and arrays are the
 * arena's.
 */
#ifndef PAGERVIEW_JSON_READER_H
#define PAGERVIEW_JSON_READER_H

#include <cjson/cJSON.h>

#include "../error.h"
#include "../model/snapshot.h"

#define MAX_EXACT ((int64_t)MOST_COUNTED) /* what JSON numbers carry exactly */

struct id_index {
	uint64_t id;
	uint32_t index;
};

struct ids {
	struct id_index *sorted;
	uint32_t count;
};

struct reader {
	const char *path;
	const char *where; /* the list being read */
	int item;          /* and its item, from 0 */
	struct snapshot *snapshot;
	struct arena *arena;
	struct ids contexts, areas, fobjs;
	struct error *error;
};

static inline const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* WHAT is wrong at the place being read. Always false. */
bool reader_refuse(struct reader *reader, const char *what);

/* ---- values: member KEY of OBJECT ---- */

/* TEXT to be kept; never NULL, "" for NULL. What would steer a terminal is made dots. */
const char *reader_copy(struct reader *reader, const char *text);
/* The member as such a text. */
const char *reader_text(struct reader *reader, const cJSON *object, const char *key);
bool reader_number(struct reader *reader, const cJSON *object, const char *key, int64_t min,
		   int64_t max, int64_t *number);
bool reader_u64(struct reader *reader, const cJSON *object, const char *key, uint64_t *value);
bool reader_u32(struct reader *reader, const cJSON *object, const char *key, uint32_t *value);
/* A hex string, or null or nothing: *THERE is false then. */
bool reader_hex(struct reader *reader, const cJSON *object, const char *key, uint64_t *value,
		bool *there);
bool reader_parse_hex(const char *text, uint64_t *value);
/* The member `id`, which must be there. */
bool reader_id(struct reader *reader, const cJSON *object, uint64_t *id);
/* PROT_* bits by their letters; any other letter means nothing. */
uint8_t reader_prot(const cJSON *object, const char *key);

/* ---- lists and ids ---- */

/* The list KEY of OBJECT, its length in *COUNT; absent counts as empty. False: no list, too long.
 */
bool reader_list(struct reader *reader, const cJSON *object, const char *key, const cJSON **list,
		 uint32_t *count);
/* COUNT objects of SIZE bytes, zeroed, and one more. NULL with an error. */
void *reader_array(struct reader *reader, uint32_t count, size_t size);
/* Put IDS in order, for reader_find_id(). False: two are the same. */
bool reader_sort_ids(struct reader *reader, struct ids *ids);
/* The index of ID, or NONE. */
uint32_t reader_find_id(const struct ids *ids, uint64_t id);
/* The object that KEY names, or NONE for null. False: nobody has that id. */
bool reader_reference(struct reader *reader, const cJSON *object, const char *key,
		      const struct ids *ids, uint32_t *index);

/* ---- json_objects.c ---- */

/* All lists of objects of the document ROOT into the snapshot; every id is indexed already. */
bool reader_objects(struct reader *reader, const cJSON *root);

#endif
