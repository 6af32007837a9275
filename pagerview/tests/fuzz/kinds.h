/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON in which one value is of another kind than the reader expects, for every value of a file in
 * turn: null for a name, a list for an object and the other way round. Random bytes rarely get
 * there.
 */
#ifndef PAGERVIEW_FUZZ_KINDS_H
#define PAGERVIEW_FUZZ_KINDS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "seeds.h"

static const char *const fuzz_kinds[] = {
	"null", "true", "0", "-1", "1e300", "\"\"", "\"x\"", "[]", "{}", "[null]", "{\"x\":null}",
};
#define FUZZ_KINDS (sizeof(fuzz_kinds) / sizeof(fuzz_kinds[0]))

/* Value N of the tree below PARENT in the order of the text; *N counts down. */
static inline cJSON *fuzz_nth(cJSON *parent, size_t *n, cJSON **of)
{
	for (cJSON *item = parent->child; item; item = item->next) {
		cJSON *found = NULL;

		*of = parent;
		if ((*n)-- == 0)
			return item;
		if (item->child)
			found = fuzz_nth(item, n, of);
		if (found)
			return found;
	}
	return NULL;
}

/* The same children, listed instead of named, or named alike instead of listed. */
static inline void fuzz_turn(cJSON *item)
{
	bool list = cJSON_IsArray(item);

	item->type = list ? cJSON_Object : cJSON_Array;
	for (cJSON *child = item->child; child && list; child = child->next) {
		free(child->string);
		child->string = strdup("x");
	}
}

/* Does ITEM, of PARENT, have a kind of that number? */
static inline bool fuzz_change(cJSON *parent, cJSON *item, size_t kind)
{
	cJSON *other;

	if (kind == FUZZ_KINDS) {
		fuzz_turn(item);
		return item->child != NULL;
	}
	other = cJSON_Parse(fuzz_kinds[kind]);
	if (item->string)
		other->string = strdup(item->string);
	return cJSON_ReplaceItemViaPointer(parent, item, other);
}

/* Value VALUE of the document at FROM in TEXT, of another KIND; 0: there is no such value. */
static inline bool fuzz_run_kind(fuzz_target target, const char *text, size_t size,
				 const char *from, size_t value, size_t kind)
{
	const char *end = from;
	cJSON *root = cJSON_ParseWithLengthOpts(from, (size_t)(text + size - from), &end, false);
	cJSON *parent = NULL, *item = root ? fuzz_nth(root, &value, &parent) : NULL;
	char *printed, *whole = NULL;
	int len;

	if (item && fuzz_change(parent, item, kind)) {
		printed = cJSON_PrintUnformatted(root);
		len = asprintf(&whole, "%.*s%s%.*s", (int)(from - text), text, printed,
			       (int)(text + size - end), end);
		assert(len > 0);
		target((const unsigned char *)whole, (size_t)len);
		free(printed);
		free(whole);
	}
	cJSON_Delete(root);
	return item != NULL;
}

/* All documents of the file, one after the other; inputs run. */
static inline size_t fuzz_run_kinds(fuzz_target target, const char *path)
{
	static char text[FUZZ_MAX_SEED];
	FILE *file = fopen(path, "rb");
	const char *from = text, *end;
	size_t size, inputs = 0;
	cJSON *root;

	assert(file);
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	while ((root = cJSON_ParseWithLengthOpts(from, (size_t)(text + size - from), &end,
						 false)) != NULL) {
		cJSON_Delete(root);
		for (size_t kind = 0; kind <= FUZZ_KINDS; kind++) {
			size_t value = 0;

			while (fuzz_run_kind(target, text, size, from, value, kind))
				value++;
			inputs += value;
		}
		from = end;
	}
	return inputs;
}

#endif
