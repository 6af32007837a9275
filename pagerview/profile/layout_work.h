/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that work a profile out share; nobody else includes it. Each part of a profile has
 * a function that puts what the ELF has of it into the layout. They all answer alike: true, go on
 * (what is missing may be optional); false, with the error set, the profile is malformed or a name
 * is missing that the pager cannot be read without. Texts of the layout are the profile's own or in
 * its arena.
 */
#ifndef PAGERVIEW_LAYOUT_WORK_H
#define PAGERVIEW_LAYOUT_WORK_H

#include <cjson/cJSON.h>

#include "layout.h"

#define WORK_MAX_PATH 128 /* bytes of one member path, its zero included */

struct work {
	struct layout *layout;
	struct dwarf_info *dwarf;
	FILE *report; /* NULL: none is wanted, and the first name that is missing ends the work */
	struct error *error;
	char where[160]; /* the place in the profile, for messages */
};

/* ---- layout_work.c: complaints and JSON ---- */

/* The profile's own form is wrong at work->where. Always false. */
bool work_bad_form(struct work *work, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the report, if there is one. */
void work_tell(struct work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* WHAT, of the names TRIED, is not in this ELF. True: go on without it. */
bool work_missing(struct work *work, bool required, const char *what, const char *tried);

static inline const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}
/* Has OBJECT no other keys than KNOWN, which a NULL ends? */
bool work_check_keys(struct work *work, const cJSON *object, const char *const *known);
/* Names are a string or a list of strings, alternatives: the one at INDEX, NULL past the last. */
const char *work_alternative(const cJSON *item, int index);
/* Is ITEM, which is for WHAT, such names, 1 to 16 of them, none longer than a path? */
bool work_check_alternatives(struct work *work, const cJSON *item, const char *what);
/* "a, b" for messages; the arena's. */
const char *work_tried(struct work *work, const cJSON *item);
/* A whole number as C writes it, from its first digit to its end. */
bool work_parse_number(const char *text, uint64_t *value);

/* ---- layout_field.c: values ---- */

/* What an object is measured by: a struct of DWARF, or the place of a symbol. */
struct base {
	const struct dwarf_type *type; /* NULL: global paths */
	uint64_t inside;               /* subtracted from first offsets */
	uint64_t *symbol;              /* set for global paths */
};

bool layout_is_pointer(const struct dwarf_type *type); /* false for NULL */
/* The first of the names, if any, that is a symbol, or NULL. */
const struct dwarf_symbol *layout_find_symbol(struct work *work, const cJSON *names);
/* The struct of that name with its members known, or NULL; NAME may be NULL. */
const struct dwarf_type *layout_find_struct(struct work *work, const char *name);
/*
 * PATH inside *TYPE into FIELD, across pointers; *TYPE becomes the value's type. An empty path is
 * the object itself. False: not in this ELF; no complaint is made.
 */
bool layout_field_follow(struct work *work, struct layout_field *field,
			 const struct dwarf_type **type, const char *path);
/* The first of PATHS, each with SUFFIX, that exists from BASE on. False as above. */
bool layout_field_find(struct work *work, const struct base *base, const cJSON *paths,
		       const char *suffix, struct layout_field *field,
		       const struct dwarf_type **type);
/* NAME is a number, an enumerator or a symbol. False: none of them. */
bool layout_word_resolve(struct work *work, const char *name, struct layout_word *word);
/* Is what FIELD found, of TYPE, of a size and kind that its form can show? */
bool layout_field_check_value(struct work *work, struct layout_field *field,
			      const struct dwarf_type *type);
void layout_field_tell(struct work *work, const struct layout_field *field);
/* One field: "path", ["path", ...] or {"path": ..., ...}. `present` says whether the ELF has it. */
bool layout_field_resolve(struct work *work, const struct base *base, const cJSON *item,
			  bool required, struct layout_field *field);
/* Likewise of a variable, under NAME, which is kept. */
bool layout_counter_resolve(struct work *work, const cJSON *item, const char *name,
			    struct layout_counter *counter);

/* ---- the parts of a profile, a file each; ITEM may be NULL where a part is optional ---- */

bool layout_objects_resolve(struct work *work, const cJSON *item);
/* Constants by role into TO, *COUNT of them so far, LAYOUT_MAX_SETS at most. */
bool layout_sets_resolve(struct work *work, const cJSON *item, struct layout_set *to,
			 unsigned int *count);
bool layout_lists_resolve(struct work *work, const cJSON *item);
bool layout_tables_resolve(struct work *work, const cJSON *item);
bool layout_slide_resolve(struct work *work, const cJSON *item);
bool layout_events_resolve(struct work *work, const cJSON *item);
/* FOBJ is the profile's description of a fobj, by whose `ops` its store is told. */
bool layout_stores_resolve(struct work *work, const cJSON *item, const cJSON *fobj);
bool layout_scan_resolve(struct work *work, const cJSON *item);

#endif
