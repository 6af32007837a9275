/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a value lies and how its bits are read: a path of members, across pointers, from an object
 * or a variable; then numbers, words, bits or bytes.
 */
#include "layout_work.h"

#include <string.h>

#include "../model/arena.h"

#define MAX_WORDS 64
#define MAX_TEXT  64 /* bytes of a name or a tag that are read */

/* ---- paths ---- */

bool layout_is_pointer(const struct dwarf_type *type)
{
	return type && dwarf_type_kind(type) == DWARF_KIND_POINTER;
}

const struct dwarf_symbol *layout_find_symbol(struct work *work, const cJSON *names)
{
	const struct dwarf_symbol *found = NULL;
	const char *name;

	for (int i = 0; !found && (name = work_alternative(names, i)) != NULL; i++)
		found = dwarf_info_symbol(work->dwarf, name);
	return found;
}

const struct dwarf_type *layout_find_struct(struct work *work, const char *name)
{
	const struct dwarf_type *type = name ? dwarf_info_type(work->dwarf, name) : NULL;

	return type && dwarf_type_kind(type) == DWARF_KIND_STRUCT && dwarf_type_size(type) ? type
											   : NULL;
}

static bool add_hop(struct layout_field *field)
{
	if (field->num_hops == LAYOUT_MAX_HOPS)
		return false;
	field->offset[++field->num_hops] = 0;
	return true;
}

/*
 * One component of a path more. False: no such member, or too many pointers. A pointer of which the
 * DWARF does not say what it points to is told by "member:struct".
 */
static bool follow(struct work *work, struct layout_field *field, const struct dwarf_type **type,
		   char *name)
{
	char *given = strchr(name, ':');
	struct dwarf_member member;

	if (given)
		*given++ = 0;
	if (layout_is_pointer(*type)) {
		if (!add_hop(field))
			return false;
		*type = dwarf_type_target(*type);
	}
	if (!*type || !dwarf_type_member(*type, name, &member))
		return false;
	field->offset[field->num_hops] += member.offset;
	field->size = member.size;
	field->bit_offset = member.bit_offset;
	field->bit_size = member.bit_size;
	*type = member.type;
	if (!given)
		return true;
	if (!layout_is_pointer(*type) || !add_hop(field))
		return false;
	*type = layout_find_struct(work, given);
	field->size = *type ? dwarf_type_size(*type) : 0;
	return *type != NULL;
}

bool layout_field_follow(struct work *work, struct layout_field *field,
			 const struct dwarf_type **type, const char *path)
{
	char copy[WORK_MAX_PATH], *rest = copy, *name;

	if (strlen(path) >= sizeof(copy))
		return false;
	strcpy(copy, path);
	field->num_hops = 0;
	field->offset[0] = 0;
	field->size = *type ? dwarf_type_size(*type) : 0;
	while ((name = strsep(&rest, ".")) != NULL) {
		if (name[0] && !follow(work, field, type, name))
			return false;
	}
	return true;
}

/*
 * "symbol.member.member" into FIELD, which then counts from *SYMBOL. A symbol that assembly defines
 * has no type of its own: "symbol:struct.member" gives it one.
 */
static bool resolve_global(struct work *work, struct layout_field *field,
			   const struct dwarf_type **type, uint64_t *symbol, const char *path)
{
	size_t len = strcspn(path, ".");
	const struct dwarf_symbol *found;
	char name[WORK_MAX_PATH], *given;

	if (len >= sizeof(name))
		return false;
	memcpy(name, path, len);
	name[len] = 0;
	given = strchr(name, ':');
	if (given)
		*given++ = 0;
	found = dwarf_info_symbol(work->dwarf, name);
	if (!found || (found->is_function && !given))
		return false;
	*symbol = found->addr;
	*type = given ? layout_find_struct(work, given) : found->type;
	return *type && layout_field_follow(work, field, type, path[len] ? path + len + 1 : "");
}

bool layout_field_find(struct work *work, const struct base *base, const cJSON *paths,
		       const char *suffix, struct layout_field *field,
		       const struct dwarf_type **type)
{
	const char *path;

	for (int i = 0; (path = work_alternative(paths, i)) != NULL; i++) {
		char full[WORK_MAX_PATH + 16];
		bool found;

		snprintf(full, sizeof(full), "%s%s%s", path, suffix[0] ? "." : "", suffix);
		if (strlen(full) >= WORK_MAX_PATH)
			continue;
		*type = base->type;
		found = base->symbol ? resolve_global(work, field, type, base->symbol, full)
				     : layout_field_follow(work, field, type, full);
		if (!found)
			continue;
		field->offset[0] -= base->inside;
		field->path = path;
		field->present = true;
		return true;
	}
	field->path = work_alternative(paths, 0);
	return false;
}

/* ---- values ---- */

bool layout_word_resolve(struct work *work, const char *name, struct layout_word *word)
{
	const struct dwarf_symbol *symbol;
	int64_t value;

	if (work_parse_number(name, &word->value))
		return true;
	if (dwarf_info_enumerator(work->dwarf, name, &value)) {
		word->value = (uint64_t)value;
		return true;
	}
	symbol = dwarf_info_symbol(work->dwarf, name);
	if (!symbol)
		return false;
	word->value = symbol->addr;
	word->is_address = true;
	return true;
}

static bool has_word(const struct layout_field *field, const char *text)
{
	for (unsigned int i = 0; i < field->num_words; i++) {
		if (strcmp(field->words[i].text, text) == 0)
			return true;
	}
	return false;
}

/* One that has another name in this ELF is not missing. */
static void tell_missing_words(struct work *work, const cJSON *map,
			       const struct layout_field *field)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, map) {
		if (!has_word(field, item->valuestring))
			work_tell(work, "%-26s missing, optional: value %s", work->where,
				  item->string);
	}
}

/* {"NAME": "word", ...}: what the ELF does not have is left out. */
static bool resolve_words(struct work *work, const cJSON *map, struct layout_field *field)
{
	int count = cJSON_GetArraySize(map);
	const cJSON *item;

	if (!cJSON_IsObject(map) || count == 0 || count > MAX_WORDS)
		return work_bad_form(work, "expected 1 to %d values", MAX_WORDS);
	field->words = arena_alloc_array(work->layout->arena, (size_t)count, sizeof(*field->words));
	if (!field->words)
		return error_set(work->error, EXIT_PARTIAL, "out of memory");
	cJSON_ArrayForEach (item, map) {
		struct layout_word *word = &field->words[field->num_words];

		if (!cJSON_IsString(item) || strlen(item->valuestring) > 30)
			return work_bad_form(work, "%.60s: expected a short word", item->string);
		word->text = item->valuestring;
		if (layout_word_resolve(work, item->string, word))
			field->num_words++;
	}
	tell_missing_words(work, map, field);
	return true;
}

static bool is_byte_array(const struct dwarf_type *type)
{
	return type && dwarf_type_kind(type) == DWARF_KIND_ARRAY && dwarf_type_target(type) &&
	       dwarf_type_size(dwarf_type_target(type)) == 1;
}

bool layout_field_check_value(struct work *work, struct layout_field *field,
			      const struct dwarf_type *type)
{
	enum dwarf_kind kind = type ? dwarf_type_kind(type) : DWARF_KIND_OTHER;
	bool bytes =
		field->form == FIELD_TEXT || field->form == FIELD_HEX || field->form == FIELD_UUID;

	if (bytes && field->size > MAX_TEXT)
		field->size = MAX_TEXT;
	if (bytes && field->size == 0)
		return work_bad_form(work, "%s: no bytes", field->path);
	if (field->form == FIELD_UUID && field->size < 16)
		return work_bad_form(work, "%s: too short for a UUID", field->path);
	if (!bytes && (kind == DWARF_KIND_STRUCT || kind == DWARF_KIND_ARRAY || field->size < 1 ||
		       field->size > 8))
		return work_bad_form(work, "%s: no number in %s", field->path,
				     dwarf_info_path(work->dwarf));
	field->is_signed = type && dwarf_type_is_signed(type);
	return true;
}

static bool read_form(struct work *work, const cJSON *item, struct layout_field *field,
		      const struct dwarf_type *type)
{
	const char *as = cJSON_GetStringValue(get(item, "as"));
	const char *mask = cJSON_GetStringValue(get(item, "mask"));
	const char *unit = cJSON_GetStringValue(get(item, "unit"));

	field->divide = unit && strcmp(unit, "bytes") == 0 ? work->layout->page_size : 1;
	field->form = FIELD_NUMBER;
	if (get(item, "values")) {
		field->form = FIELD_WORDS;
		return resolve_words(work, get(item, "values"), field);
	}
	if (get(item, "bits")) {
		field->form = FIELD_BITS;
		return resolve_words(work, get(item, "bits"), field);
	}
	if (mask) {
		struct layout_word word = {0};

		field->form = FIELD_MASK;
		if (!layout_word_resolve(work, mask, &word))
			return work_bad_form(work, "mask %s: no number and no constant", mask);
		field->mask = word.value;
	} else if (as && strcmp(as, "hex") == 0) {
		field->form = FIELD_HEX;
	} else if (as && strcmp(as, "uuid") == 0) {
		field->form = FIELD_UUID;
	} else if (as) {
		return work_bad_form(work, "\"as\" is \"hex\" or \"uuid\"");
	} else if (is_byte_array(type)) {
		field->form = FIELD_TEXT;
	}
	return true;
}

static bool resolve_length(struct work *work, const struct base *base, const cJSON *item,
			   struct layout_field *field)
{
	const cJSON *length = get(item, "length");
	const struct dwarf_type *type;

	if (!length)
		return true;
	if (!work_check_alternatives(work, length, "length"))
		return false;
	field->length = arena_alloc(work->layout->arena, sizeof(*field->length));
	if (!field->length)
		return error_set(work->error, EXIT_PARTIAL, "out of memory");
	field->length->divide = 1;
	if (!layout_field_find(work, base, length, "", field->length, &type))
		field->length = NULL;
	return !field->length || layout_field_check_value(work, field->length, type);
}

void layout_field_tell(struct work *work, const struct layout_field *field)
{
	char hops[120] = "";

	for (unsigned int i = 0; i <= field->num_hops; i++)
		snprintf(hops + strlen(hops), sizeof(hops) - strlen(hops), "%s%+lld",
			 i ? " -> " : "", (long long)field->offset[i]);
	work_tell(work, "%-26s %s at %s, %llu bytes", work->where, field->path, hops,
		  (unsigned long long)field->size);
}

bool layout_field_resolve(struct work *work, const struct base *base, const cJSON *item,
			  bool required, struct layout_field *field)
{
	static const char *const keys[] = {"path", "values", "bits",     "mask", "as",
					   "unit", "length", "required", NULL};
	const cJSON *paths = cJSON_IsObject(item) ? get(item, "path") : item;
	const struct dwarf_type *type;

	memset(field, 0, sizeof(*field));
	if (cJSON_IsObject(item) && !work_check_keys(work, item, keys))
		return false;
	if (!work_check_alternatives(work, paths, "path"))
		return false;
	if (cJSON_IsTrue(get(item, "required")))
		required = true;
	if (!layout_field_find(work, base, paths, "", field, &type))
		return work_missing(work, required, base->symbol ? "variable" : "member",
				    work_tried(work, paths));
	if (!read_form(work, item, field, type) || !layout_field_check_value(work, field, type) ||
	    !resolve_length(work, base, item, field))
		return false;
	layout_field_tell(work, field);
	return true;
}

bool layout_counter_resolve(struct work *work, const cJSON *item, const char *name,
			    struct layout_counter *counter)
{
	struct base base = {.symbol = &counter->symbol};

	counter->name = name;
	snprintf(work->where, sizeof(work->where), "%.60s", name);
	return layout_field_resolve(work, &base, item, false, &counter->field);
}
