/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Working a profile out against an ELF. Each name in a profile may be a list of alternatives; the
 * first that exists in the DWARF counts, so releases are told apart by what they have and never by
 * their number. Two kinds of trouble are kept apart: a profile of a wrong form is always an error;
 * a name that the ELF does not have is one only where the pager cannot be read without it.
 */
#include "layout.h"

#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"
#include "layout_scan.h"

#define MAX_LISTS    64
#define MAX_COUNTERS 128
#define MAX_WORDS    64
#define MAX_VARIANTS 16
#define MAX_PATH     128 /* bytes of one member path */
#define MAX_TEXT     64  /* bytes of a name or a tag that are read */

struct work {
	struct layout *layout;
	struct dwarf_info *dwarf;
	FILE *report;
	struct error *error;
	char where[160]; /* the place in the profile, for messages */
};

static const char *const role_keys[] = {
#define X(name, key) key,
	ROLE_LIST(X)
#undef X
};

const char *role_key(enum role role)
{
	return role_keys[role];
}

static bool role_parse(const char *key, enum role *role)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(role_keys[i], key) == 0) {
			*role = (enum role)i;
			return true;
		}
	}
	return false;
}

/* ---- complaints ---- */

__attribute__((format(printf, 2, 3))) static bool bad_form(struct work *work, const char *format,
							   ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(work->error, EXIT_LAYOUT, "profile %s: %s: %s",
			 work->layout->profile->path, work->where, text);
}

__attribute__((format(printf, 2, 3))) static void tell(struct work *work, const char *format, ...)
{
	va_list args;

	if (!work->report)
		return;
	va_start(args, format);
	vfprintf(work->report, format, args);
	va_end(args);
	fputc('\n', work->report);
}

/* A name is not there. True: go on without it. */
static bool missing(struct work *work, bool required, const char *what, const char *tried)
{
	tell(work, "%-26s missing%s: %s", work->where, required ? "" : ", optional", tried);
	if (!required)
		return true;
	error_set(work->error, EXIT_LAYOUT, "%s: no %s %s (profile %s needs it for %s)",
		  dwarf_info_path(work->dwarf), what, tried, work->layout->profile->name,
		  work->where);
	return work->report != NULL;
}

/* ---- JSON helpers ---- */

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool check_keys(struct work *work, const cJSON *object, const char *const *known)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], item->string) != 0)
			i++;
		if (!known[i])
			return bad_form(work, "unknown key \"%.60s\"", item->string);
	}
	return true;
}

/* A string, or an array of strings: one after the other through INDEX; NULL at the end. */
static const char *alternative(const cJSON *item, int index)
{
	if (cJSON_IsArray(item))
		return cJSON_GetStringValue(cJSON_GetArrayItem(item, index));
	return index == 0 ? cJSON_GetStringValue(item) : NULL;
}

static bool check_alternatives(struct work *work, const cJSON *item, const char *what)
{
	const char *text;
	int count = 0;

	while (count < 16 && (text = alternative(item, count)) != NULL) {
		if (!text[0] || strlen(text) >= MAX_PATH)
			return bad_form(work, "%s: empty or too long", what);
		count++;
	}
	if (count == 0 || (cJSON_IsArray(item) && cJSON_GetArraySize(item) != count))
		return bad_form(work, "%s: expected a name or a list of up to 16 names", what);
	return true;
}

/* "a, b" for messages. */
static const char *tried(struct work *work, const cJSON *item)
{
	char text[200] = "";
	const char *name;

	for (int i = 0; (name = alternative(item, i)) != NULL && strlen(text) < 120; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ", " : "",
			 name);
	return arena_strndup(work->layout->arena, text, sizeof(text));
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (!text || !strchr("0123456789", text[0]) || !text[0])
		return false;
	*value = strtoull(text, &end, 0);
	return *end == 0;
}

/* ---- paths ---- */

static bool is_pointer(const struct dwarf_type *type)
{
	return type && dwarf_type_kind(type) == DWARF_KIND_POINTER;
}

static const struct dwarf_type *find_struct(struct work *work, const char *name)
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
	if (is_pointer(*type)) {
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
	if (!is_pointer(*type) || !add_hop(field))
		return false;
	*type = find_struct(work, given);
	field->size = *type ? dwarf_type_size(*type) : 0;
	return *type != NULL;
}

/*
 * PATH inside *TYPE into FIELD, across pointers; *TYPE becomes the value's type. An empty path is
 * the object itself.
 */
static bool resolve_path(struct work *work, struct layout_field *field,
			 const struct dwarf_type **type, const char *path)
{
	char copy[MAX_PATH], *rest = copy, *name;

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
	char name[MAX_PATH], *given;

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
	*type = given ? find_struct(work, given) : found->type;
	return *type && resolve_path(work, field, type, path[len] ? path + len + 1 : "");
}

/* What an object is measured by: a struct of DWARF, or the place of a symbol. */
struct base {
	const struct dwarf_type *type; /* NULL: global paths */
	uint64_t inside;               /* subtracted from first offsets */
	uint64_t *symbol;              /* set for global paths */
};

static bool resolve(struct work *work, const struct base *base, const cJSON *paths,
		    const char *suffix, struct layout_field *field, const struct dwarf_type **type)
{
	const char *path;

	for (int i = 0; (path = alternative(paths, i)) != NULL; i++) {
		char full[MAX_PATH + 16];
		bool found;

		snprintf(full, sizeof(full), "%s%s%s", path, suffix[0] ? "." : "", suffix);
		if (strlen(full) >= MAX_PATH)
			continue;
		*type = base->type;
		found = base->symbol ? resolve_global(work, field, type, base->symbol, full)
				     : resolve_path(work, field, type, full);
		if (!found)
			continue;
		field->offset[0] -= base->inside;
		field->path = path;
		field->present = true;
		return true;
	}
	field->path = alternative(paths, 0);
	return false;
}

/* ---- values ---- */

static bool resolve_word(struct work *work, const char *name, struct layout_word *word)
{
	const struct dwarf_symbol *symbol;
	int64_t value;

	if (parse_number(name, &word->value))
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

/* {"NAME": "word", ...}: what the ELF does not have is left out. */
static bool resolve_words(struct work *work, const cJSON *map, struct layout_field *field)
{
	int count = cJSON_GetArraySize(map);
	const cJSON *item;

	if (!cJSON_IsObject(map) || count == 0 || count > MAX_WORDS)
		return bad_form(work, "expected 1 to %d values", MAX_WORDS);
	field->words = arena_alloc_array(work->layout->arena, (size_t)count, sizeof(*field->words));
	if (!field->words)
		return error_set(work->error, EXIT_LAYOUT, "out of memory");
	cJSON_ArrayForEach (item, map) {
		struct layout_word *word = &field->words[field->num_words];

		if (!cJSON_IsString(item) || strlen(item->valuestring) > 30)
			return bad_form(work, "%.60s: expected a short word", item->string);
		word->text = item->valuestring;
		if (resolve_word(work, item->string, word))
			field->num_words++;
		else
			tell(work, "%-26s missing, optional: value %s", work->where, item->string);
	}
	return true;
}

static bool is_byte_array(const struct dwarf_type *type)
{
	return type && dwarf_type_kind(type) == DWARF_KIND_ARRAY && dwarf_type_target(type) &&
	       dwarf_type_size(dwarf_type_target(type)) == 1;
}

static bool check_value(struct work *work, struct layout_field *field,
			const struct dwarf_type *type)
{
	enum dwarf_kind kind = type ? dwarf_type_kind(type) : DWARF_KIND_OTHER;
	bool bytes =
		field->form == FIELD_TEXT || field->form == FIELD_HEX || field->form == FIELD_UUID;

	if (bytes && field->size > MAX_TEXT)
		field->size = MAX_TEXT;
	if (bytes && field->size == 0)
		return bad_form(work, "%s: no bytes", field->path);
	if (field->form == FIELD_UUID && field->size < 16)
		return bad_form(work, "%s: too short for a UUID", field->path);
	if (!bytes && (kind == DWARF_KIND_STRUCT || kind == DWARF_KIND_ARRAY || field->size < 1 ||
		       field->size > 8))
		return bad_form(work, "%s: no number in %s", field->path,
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
		if (!resolve_word(work, mask, &word))
			return bad_form(work, "mask %s: no number and no constant", mask);
		field->mask = word.value;
	} else if (as && strcmp(as, "hex") == 0) {
		field->form = FIELD_HEX;
	} else if (as && strcmp(as, "uuid") == 0) {
		field->form = FIELD_UUID;
	} else if (as) {
		return bad_form(work, "\"as\" is \"hex\" or \"uuid\"");
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
	if (!check_alternatives(work, length, "length"))
		return false;
	field->length = arena_alloc(work->layout->arena, sizeof(*field->length));
	if (!field->length)
		return error_set(work->error, EXIT_LAYOUT, "out of memory");
	field->length->divide = 1;
	if (!resolve(work, base, length, "", field->length, &type))
		field->length = NULL;
	return !field->length || check_value(work, field->length, type);
}

static void tell_found(struct work *work, const struct layout_field *field)
{
	char hops[120] = "";

	for (unsigned int i = 0; i <= field->num_hops; i++)
		snprintf(hops + strlen(hops), sizeof(hops) - strlen(hops), "%s%+lld",
			 i ? " -> " : "", (long long)field->offset[i]);
	tell(work, "%-26s %s at %s, %llu bytes", work->where, field->path, hops,
	     (unsigned long long)field->size);
}

/* One field: "path", ["path", ...] or {"path": ..., ...}. */
static bool resolve_field(struct work *work, const struct base *base, const cJSON *item,
			  bool required, struct layout_field *field)
{
	static const char *const keys[] = {"path", "values", "bits",     "mask", "as",
					   "unit", "length", "required", NULL};
	const cJSON *paths = cJSON_IsObject(item) ? get(item, "path") : item;
	const struct dwarf_type *type;

	memset(field, 0, sizeof(*field));
	if (cJSON_IsObject(item) && !check_keys(work, item, keys))
		return false;
	if (!check_alternatives(work, paths, "path"))
		return false;
	if (cJSON_IsTrue(get(item, "required")))
		required = true;
	if (!resolve(work, base, paths, "", field, &type))
		return missing(work, required, base->symbol ? "variable" : "member",
			       tried(work, paths));
	if (!read_form(work, item, field, type) || !check_value(work, field, type) ||
	    !resolve_length(work, base, item, field))
		return false;
	tell_found(work, field);
	return true;
}

/* ---- objects ---- */

static const char *const class_names[] = {"context", "area", "fobj", "pmem", "file", "slice"};

static bool role_is_required(unsigned int class, enum role role)
{
	static const struct {
		unsigned int class;
		enum role role;
	} required[] = {
		{OBJECT_AREA, ROLE_BASE},         {OBJECT_AREA, ROLE_PAGES},
		{OBJECT_AREA, ROLE_FOBJ},         {OBJECT_AREA, ROLE_FOBJ_PAGE},
		{OBJECT_FOBJ, ROLE_PAGES},        {OBJECT_FOBJ, ROLE_REFCOUNT},
		{OBJECT_PMEM, ROLE_FOBJ},         {OBJECT_PMEM, ROLE_PAGE},
		{OBJECT_FILE, ROLE_REFCOUNT},     {OBJECT_SLICE, ROLE_FOBJ},
		{OBJECT_SLICE, ROLE_PAGE_OFFSET},
	};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (required[i].class == class && required[i].role == role)
			return true;
	}
	return false;
}

/* What the collector counts with: words and characters are for the other roles. */
static bool role_is_number(enum role role)
{
	return role != ROLE_NAME && role != ROLE_PROGRAM && role != ROLE_STATE &&
	       role != ROLE_KIND && role != ROLE_PROT && role != ROLE_TYPE && role != ROLE_TAG;
}

static bool resolve_fields(struct work *work, const struct base *base, const cJSON *fields,
			   unsigned int class, const char *prefix, struct layout_field *to)
{
	const cJSON *item;

	if (fields && !cJSON_IsObject(fields))
		return bad_form(work, "\"fields\" is no object");
	cJSON_ArrayForEach (item, fields) {
		enum role role;

		snprintf(work->where, sizeof(work->where), "%s.%.40s", prefix, item->string);
		if (!role_parse(item->string, &role))
			return bad_form(work, "no such role");
		if (!resolve_field(work, base, item, role_is_required(class, role), &to[role]))
			return false;
		if (to[role].present && role_is_number(role) && to[role].form != FIELD_NUMBER &&
		    to[role].form != FIELD_MASK)
			return bad_form(work, "%s: this role is a number", to[role].path);
	}
	return true;
}

static bool check_required_roles(struct work *work, unsigned int class, const char *prefix,
				 const cJSON *fields)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (!role_is_required(class, (enum role)role) || get(fields, role_keys[role]))
			continue;
		snprintf(work->where, sizeof(work->where), "%s.%s", prefix, role_keys[role]);
		return bad_form(work, "this role must be described");
	}
	return true;
}

static bool resolve_sets(struct work *work, const cJSON *sets, struct layout_set *to,
			 unsigned int *count)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, sets) {
		struct layout_set *set = &to[*count];

		if (*count == LAYOUT_MAX_SETS || !role_parse(item->string, &set->role))
			return bad_form(work, "set: no role \"%.40s\", or too many", item->string);
		if (cJSON_IsString(item) && strlen(item->valuestring) < 30)
			set->text = item->valuestring;
		else if (cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e9)
			set->number = (uint64_t)item->valuedouble;
		else
			return bad_form(work, "set: expected a short word or a number");
		(*count)++;
	}
	return true;
}

/* "in": [{"type": T, "member": M}, ...]: the larger struct our object sits in. */
static const struct dwarf_type *find_wrapper(struct work *work, const cJSON *wrappers,
					     struct layout_variant *variant)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, wrappers) {
		const char *name = cJSON_GetStringValue(get(item, "type"));
		const char *member = cJSON_GetStringValue(get(item, "member"));
		const struct dwarf_type *type = find_struct(work, name);
		struct dwarf_member at;

		if (!type || !member || !dwarf_type_member(type, member, &at))
			continue;
		variant->type = name;
		variant->inside = at.offset;
		return type;
	}
	return NULL;
}

static bool resolve_variant(struct work *work, struct layout_object *object, unsigned int class,
			    const struct dwarf_type *own, const cJSON *item,
			    struct layout_variant *variant)
{
	static const char *const keys[] = {"name", "when", "in", "fields", "set", NULL};
	struct base base = {.type = own};
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s<%.30s>", object->name,
		 cJSON_GetStringValue(get(item, "name")) ?: "?");
	snprintf(work->where, sizeof(work->where), "%s", prefix);
	if (!check_keys(work, item, keys) || !cJSON_IsObject(get(item, "when")) ||
	    !get(get(item, "when"), "values"))
		return bad_form(work, "a variant needs \"when\" with \"path\" and \"values\"");
	if (!resolve_field(work, &base, get(item, "when"), false, &variant->when))
		return false;
	if (get(item, "in"))
		base.type = find_wrapper(work, get(item, "in"), variant);
	if (!variant->when.present || variant->when.num_words == 0 || !base.type)
		return missing(work, false, "type", "its type or its mark");
	base.inside = variant->inside;
	variant->present = true;
	return resolve_fields(work, &base, get(item, "fields"), class, prefix, variant->fields) &&
	       resolve_sets(work, get(item, "set"), variant->sets, &variant->num_sets);
}

static bool resolve_variants(struct work *work, struct layout_object *object, unsigned int class,
			     const struct dwarf_type *own, const cJSON *variants)
{
	int count = cJSON_GetArraySize(variants);
	const cJSON *item;

	if (!variants)
		return true;
	if (!cJSON_IsArray(variants) || count > MAX_VARIANTS)
		return bad_form(work, "\"variants\": expected a list of up to %d", MAX_VARIANTS);
	object->variants = arena_alloc_array(work->layout->arena, (size_t)count + 1,
					     sizeof(*object->variants));
	if (!object->variants)
		return error_set(work->error, EXIT_LAYOUT, "out of memory");
	cJSON_ArrayForEach (item, variants) {
		if (!resolve_variant(work, object, class, own, item,
				     &object->variants[object->num_variants++]))
			return false;
	}
	return true;
}

static bool resolve_object(struct work *work, const cJSON *item, unsigned int class)
{
	static const char *const keys[] = {"type", "fields", "variants", "optional", NULL};
	struct layout_object *object = &work->layout->objects[class];
	const cJSON *types = get(item, "type");
	const struct dwarf_type *type = NULL;
	struct base base = {0};
	const char *name;

	object->name = item->string;
	snprintf(work->where, sizeof(work->where), "%.40s", item->string);
	if (!cJSON_IsObject(item))
		return bad_form(work, "expected \"type\" and \"fields\"");
	if (!check_keys(work, item, keys) || !check_alternatives(work, types, "type"))
		return false;
	for (int i = 0; !type && (name = alternative(types, i)) != NULL; i++) {
		type = find_struct(work, name);
		object->type = name;
	}
	if (!type)
		return missing(work, !cJSON_IsTrue(get(item, "optional")), "struct",
			       tried(work, types));
	object->present = true;
	object->size = dwarf_type_size(type);
	tell(work, "%-26s struct %s, %llu bytes", work->where, object->type,
	     (unsigned long long)object->size);
	base.type = type;
	return resolve_fields(work, &base, get(item, "fields"), class, object->name,
			      object->fields) &&
	       check_required_roles(work, class, object->name, get(item, "fields")) &&
	       resolve_variants(work, object, class, type, get(item, "variants"));
}

static bool resolve_objects(struct work *work, const cJSON *objects)
{
	struct layout *layout = work->layout;
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "objects");
	if (!cJSON_IsObject(objects))
		return bad_form(work, "missing, or no object");
	layout->num_objects = OBJECT_HOLDER;
	for (unsigned int class = 0; class < OBJECT_HOLDER; class ++) {
		layout->objects[class].name = class_names[class];
		if (get(objects, class_names[class]) &&
		    !resolve_object(work, get(objects, class_names[class]), class))
			return false;
	}
	cJSON_ArrayForEach (item, objects) {
		bool known = false;

		for (unsigned int class = 0; class < OBJECT_HOLDER; class ++)
			known = known || strcmp(item->string, class_names[class]) == 0;
		if (known)
			continue;
		if (layout->num_objects == LAYOUT_MAX_OBJECTS || strlen(item->string) > 20)
			return bad_form(work, "%.40s: too many kinds of holder, or a long name",
					item->string);
		if (!resolve_object(work, item, layout->num_objects++))
			return false;
	}
	return true;
}

/* ---- lists ---- */

/* The queues of <sys/queue.h> and the plain forms. */
static const struct list_form {
	const char *name;
	enum list_kind kind;
	const char *first, *next;
	bool is_double;
} list_forms[] = {
	{"tailq", LIST_CHAIN, "tqh_first", "tqe_next", true},
	{"stailq", LIST_CHAIN, "stqh_first", "stqe_next", false},
	{"slist", LIST_CHAIN, "slh_first", "sle_next", false},
	{"list", LIST_CHAIN, "lh_first", "le_next", true},
	{"chain", LIST_CHAIN, "", "", false},
	{"array", LIST_ARRAY, "", "", false},
	{"pointers", LIST_POINTERS, "", "", false},
	{"single", LIST_POINTERS, "", "", false},
};

static const struct list_form *find_form(const char *name)
{
	for (size_t i = 0; name && i < sizeof(list_forms) / sizeof(list_forms[0]); i++) {
		if (strcmp(list_forms[i].name, name) == 0)
			return &list_forms[i];
	}
	return NULL;
}

static bool find_class(const struct layout *layout, const char *name, unsigned int *class)
{
	for (*class = 0; name && *class < layout->num_objects; (*class)++) {
		if (strcmp(layout->objects[*class].name, name) == 0)
			return true;
	}
	return false;
}

/* The larger struct of a variant named NAME of the class, for paths that start there. */
static bool list_variant(struct work *work, const cJSON *variants, struct layout_list *list,
			 const char *name, struct base *base)
{
	const struct layout_object *object = &work->layout->objects[list->in];
	const cJSON *item;
	unsigned int i = 0;

	cJSON_ArrayForEach (item, variants) {
		const char *its = cJSON_GetStringValue(get(item, "name"));

		if (i < object->num_variants && its && strcmp(its, name) == 0 &&
		    object->variants[i].present) {
			list->variant = &object->variants[i];
			if (list->variant->type)
				base->type = find_struct(work, list->variant->type);
			base->inside = list->variant->inside;
			return true;
		}
		i++;
	}
	return false;
}

/* Where paths of the list's head start. False: that is not in this ELF. */
static bool list_base(struct work *work, const cJSON *item, struct layout_list *list,
		      struct base *base)
{
	const char *variant = cJSON_GetStringValue(get(item, "variant"));
	const struct layout_object *object = &work->layout->objects[list->in];

	if (!list->is_owned) {
		base->symbol = &list->symbol;
		return true;
	}
	if (!object->present)
		return false;
	base->type = find_struct(work, object->type);
	if (!variant)
		return true;
	return list_variant(
		work,
		get(get(get(work->layout->profile->root, "objects"), object->name), "variants"),
		list, variant, base);
}

/* A head that is a pointer to the first element is one hop more. */
static bool enter_pointer(struct layout_list *list, const struct dwarf_type **type)
{
	if (!is_pointer(*type))
		return true;
	if (list->head.num_hops == LAYOUT_MAX_HOPS)
		return false;
	list->head.offset[++list->head.num_hops] = 0;
	*type = dwarf_type_target(*type);
	return *type != NULL;
}

static bool resolve_array(struct work *work, const cJSON *item, const struct list_form *form,
			  const struct base *base, struct layout_list *list,
			  const struct dwarf_type *type)
{
	const cJSON *count = get(item, "count");
	bool single = strcmp(form->name, "single") == 0, in_place;
	struct base count_base = *base;
	const struct dwarf_type *count_type;

	in_place = dwarf_type_kind(type) == DWARF_KIND_ARRAY;
	list->fixed_count = single ? 1 : in_place ? dwarf_type_count(type) : 0;
	if (in_place)
		type = dwarf_type_target(type);
	else if (!single && !enter_pointer(list, &type))
		return false;
	list->stride = single ? work->layout->pointer_size : type ? dwarf_type_size(type) : 0;
	if (list->stride == 0)
		return false;
	if (!count)
		return list->fixed_count > 0;
	if (cJSON_IsNumber(count) && count->valuedouble >= 1 && count->valuedouble <= 65536) {
		list->fixed_count = (uint64_t)count->valuedouble;
		return true;
	}
	list->has_count = true;
	list->count.divide = 1;
	if (!list->is_owned)
		count_base.symbol = &list->count_symbol;
	return check_alternatives(work, count, "count") &&
	       resolve(work, &count_base, count, "", &list->count, &count_type) &&
	       check_value(work, &list->count, count_type);
}

static bool resolve_link(struct work *work, const cJSON *item, const struct list_form *form,
			 struct layout_list *list, const struct dwarf_type *node)
{
	struct base base = {.type = node};
	struct layout_field link = {0};
	const struct dwarf_type *type;

	if (!check_alternatives(work, get(item, "link"), "link") ||
	    !resolve(work, &base, get(item, "link"), form->next, &link, &type) ||
	    link.num_hops != 0)
		return false;
	list->next = link.offset[0];
	return true;
}

static bool resolve_via(struct work *work, const cJSON *item, struct layout_list *list,
			const struct dwarf_type *node)
{
	struct base base = {.type = node};
	const struct dwarf_type *type;

	if (!get(item, "via"))
		return true;
	list->has_via = true;
	list->via.divide = 1;
	return check_alternatives(work, get(item, "via"), "via") &&
	       resolve(work, &base, get(item, "via"), "", &list->via, &type) && is_pointer(type);
}

/* All names of a list. False without an error: something is not in this ELF. */
static bool resolve_list_names(struct work *work, const cJSON *item, const struct list_form *form,
			       struct layout_list *list)
{
	const char *node_name = cJSON_GetStringValue(get(item, "node"));
	const struct dwarf_type *type, *node;
	struct base base = {0};

	if (!work->layout->objects[list->of].present || !list_base(work, item, list, &base) ||
	    !resolve(work, &base, get(item, "head"), form->first, &list->head, &type) || !type)
		return false;
	node = find_struct(work, node_name ? node_name : work->layout->objects[list->of].type);
	if (!node || !resolve_via(work, item, list, node))
		return false;
	list->kind = form->kind;
	list->is_double = form->is_double;
	if (form->kind == LIST_CHAIN)
		return is_pointer(type) && resolve_link(work, item, form, list, node);
	return resolve_array(work, item, form, &base, list, type);
}

/* A variable with the number of nodes; a list that objects own has none. */
static bool resolve_list_length(struct work *work, const cJSON *item, struct layout_list *list)
{
	struct base base = {.symbol = &list->length_symbol};

	if (!item)
		return true;
	if (list->is_owned)
		return bad_form(work, "\"length\" is for lists that no object owns");
	if (!resolve_field(work, &base, item, false, &list->length))
		return false;
	list->has_length = list->length.present;
	return true;
}

static bool resolve_list(struct work *work, const cJSON *item, struct layout_list *list)
{
	static const char *const keys[] = {
		"of",    "in",       "variant", "head", "kind",  "link",   "node",   "via",
		"count", "optional", "static",  "set",  "holds", "sorted", "length", NULL};
	const struct list_form *form = find_form(cJSON_GetStringValue(get(item, "kind")));
	const char *in = cJSON_GetStringValue(get(item, "in"));
	const char *of = cJSON_GetStringValue(get(item, "of"));

	if (!check_keys(work, item, keys) || !check_alternatives(work, get(item, "head"), "head"))
		return bad_form(work, "a list needs \"head\"");
	list->is_owned = in != NULL;
	list->label = arena_printf(work->layout->arena, "%s%s%s", in ? in : "", in ? "." : "",
				   alternative(get(item, "head"), 0));
	snprintf(work->where, sizeof(work->where), "list %s", list->label);
	if (!form)
		return bad_form(work, "unknown kind of list");
	if (!find_class(work->layout, of, &list->of) ||
	    (in && !find_class(work->layout, in, &list->in)))
		return bad_form(work, "\"of\" or \"in\" is no object of this profile");
	list->holds = cJSON_IsTrue(get(item, "holds"));
	list->is_static = cJSON_IsTrue(get(item, "static"));
	list->is_sorted = cJSON_IsTrue(get(item, "sorted"));
	if (!resolve_sets(work, get(item, "set"), list->sets, &list->num_sets))
		return false;
	list->present = resolve_list_names(work, item, form, list);
	if (work->error->status != EXIT_CLEAN && !work->report)
		return false;
	if (!list->present)
		return missing(work, !cJSON_IsTrue(get(item, "optional")), "list",
			       tried(work, get(item, "head")));
	tell(work, "%-26s %s of %s, %s", work->where, form->name, of, list->head.path);
	return resolve_list_length(work, get(item, "length"), list);
}

/* An entry is a list, or a list of alternatives of which the first that exists counts. */
static bool resolve_list_entry(struct work *work, const cJSON *entry, struct layout_list *list)
{
	FILE *report = work->report;
	const cJSON *item;

	if (!cJSON_IsArray(entry))
		return resolve_list(work, entry, list);
	cJSON_ArrayForEach (item, entry) {
		struct error ignored = {0}, *error = work->error;
		bool last = !item->next, resolved;

		memset(list, 0, sizeof(*list));
		if (!last) {
			work->error = &ignored;
			work->report = NULL;
		}
		resolved = resolve_list(work, item, list);
		work->error = error;
		work->report = report;
		if (resolved && list->present && !last)
			tell(work, "%-26s of %s, %s", work->where,
			     work->layout->objects[list->of].name, list->head.path);
		if ((resolved && list->present) || last)
			return resolved;
	}
	return bad_form(work, "an empty list of alternatives");
}

static bool resolve_lists(struct work *work, const cJSON *lists)
{
	int count = cJSON_GetArraySize(lists);
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "lists");
	if (!cJSON_IsArray(lists) || count == 0 || count > MAX_LISTS)
		return bad_form(work, "expected 1 to %d lists", MAX_LISTS);
	work->layout->lists =
		arena_alloc_array(work->layout->arena, (size_t)count, sizeof(*work->layout->lists));
	if (!work->layout->lists)
		return error_set(work->error, EXIT_LAYOUT, "out of memory");
	cJSON_ArrayForEach (item, lists) {
		if (!resolve_list_entry(work, item,
					&work->layout->lists[work->layout->num_lists++]))
			return false;
	}
	return true;
}

/* ---- the rest ---- */

static bool resolve_counter(struct work *work, const cJSON *item, const char *name,
			    struct layout_counter *counter)
{
	struct base base = {.symbol = &counter->symbol};

	counter->name = name;
	snprintf(work->where, sizeof(work->where), "%.60s", name);
	return resolve_field(work, &base, item, false, &counter->field);
}

static bool resolve_counters(struct work *work, const cJSON *counters)
{
	struct layout *layout = work->layout;
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "counters");
	if (!counters)
		return true;
	if (!cJSON_IsObject(counters) || cJSON_GetArraySize(counters) > MAX_COUNTERS)
		return bad_form(work, "expected up to %d counters", MAX_COUNTERS);
	layout->counters = arena_alloc_array(
		layout->arena, (size_t)cJSON_GetArraySize(counters) + 1, sizeof(*layout->counters));
	if (!layout->counters)
		return error_set(work->error, EXIT_LAYOUT, "out of memory");
	cJSON_ArrayForEach (item, counters) {
		struct layout_counter *counter = &layout->counters[layout->num_counters];

		if (!resolve_counter(work, item, item->string, counter))
			return false;
		layout->num_counters += counter->field.present;
	}
	return true;
}

static bool resolve_guard(struct work *work, const cJSON *guard)
{
	static const char *const keys[] = {"generation", "lock", "safe_point", NULL};
	struct layout *layout = work->layout;
	const cJSON *safe_point = get(guard, "safe_point");
	const char *name;

	snprintf(work->where, sizeof(work->where), "guard");
	if (guard && !check_keys(work, guard, keys))
		return false;
	if (get(guard, "generation") && !resolve_counter(work, get(guard, "generation"),
							 "guard.generation", &layout->generation))
		return false;
	if (get(guard, "lock") &&
	    !resolve_counter(work, get(guard, "lock"), "guard.lock", &layout->lock))
		return false;
	for (int i = 0; safe_point && (name = alternative(safe_point, i)) != NULL; i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(work->dwarf, name);

		if (!layout->safe_point && symbol && symbol->is_function)
			layout->safe_point = symbol->name;
	}
	if (safe_point)
		tell(work, "%-26s %s", "guard.safe_point",
		     layout->safe_point ? layout->safe_point : "missing, optional");
	return true;
}

/* "leaf": what an area's leaf_tables points to, and where in it the entries' address is. */
static bool resolve_leaf(struct work *work, const cJSON *leaf, struct layout_tables *tables)
{
	const struct layout_object *area = &work->layout->objects[OBJECT_AREA];
	const struct dwarf_type *type = find_struct(work, area->type);
	struct base base = {.type = find_struct(work, cJSON_GetStringValue(get(leaf, "type")))};
	const cJSON *shift = get(leaf, "shift");
	struct layout_field place = {0};

	if (!leaf)
		return true;
	snprintf(work->where, sizeof(work->where), "tables.leaf");
	if (!cJSON_IsNumber(shift) || shift->valuedouble < 16 || shift->valuedouble > 30)
		return bad_form(work, "shift: expected 16 to 30");
	tables->leaf_shift = (unsigned int)shift->valuedouble;
	if (!area->present || !area->fields[ROLE_LEAF_TABLES].present || !base.type ||
	    !resolve_path(work, &place, &type, area->fields[ROLE_LEAF_TABLES].path) ||
	    !is_pointer(type))
		return missing(work, false, "struct", "its type, or an area's leaf_tables");
	tables->leaf_is_array = is_pointer(dwarf_type_target(type));
	tables->has_leaf = true;
	return resolve_field(work, &base, get(leaf, "table"), true, &tables->leaf_table);
}

/* "core": an array of descriptions of the core's own leaf tables. */
static bool resolve_core_tables(struct work *work, const cJSON *core, struct layout_tables *tables)
{
	struct base global = {.symbol = &tables->core_symbol};
	struct base counts = {.symbol = &tables->core_count_symbol};
	const struct dwarf_type *type, *count_type;
	struct base element = {0};

	if (!core)
		return true;
	snprintf(work->where, sizeof(work->where), "tables.core");
	if (!check_alternatives(work, get(core, "head"), "head"))
		return false;
	if (!resolve(work, &global, get(core, "head"), "", &tables->core_head, &type) || !type)
		return missing(work, false, "variable", tried(work, get(core, "head")));
	if (is_pointer(type) && tables->core_head.num_hops < LAYOUT_MAX_HOPS) {
		tables->core_head.offset[++tables->core_head.num_hops] = 0;
		type = dwarf_type_target(type);
	} else if (dwarf_type_kind(type) == DWARF_KIND_ARRAY) {
		tables->core_fixed_count = dwarf_type_count(type);
		type = dwarf_type_target(type);
	}
	element.type = type;
	tables->core_stride = type ? dwarf_type_size(type) : 0;
	tables->core_count.divide = 1;
	tables->core_has_count =
		get(core, "count") && check_alternatives(work, get(core, "count"), "count") &&
		resolve(work, &counts, get(core, "count"), "", &tables->core_count, &count_type);
	if (!tables->core_stride || (!tables->core_has_count && !tables->core_fixed_count))
		return missing(work, false, "array", "its length");
	tables->has_core = true;
	return resolve_field(work, &element, get(core, "table"), true, &tables->core_table) &&
	       resolve_field(work, &element, get(core, "base"), true, &tables->core_base) &&
	       resolve_field(work, &element, get(core, "entries"), true, &tables->core_entries);
}

static bool resolve_format(struct work *work, const cJSON *item, struct layout_tables *tables)
{
	static const char *const keys[] = {"if", "format", "va_bits", "leaf", "core", NULL};
	const char *format = cJSON_GetStringValue(get(item, "format"));
	const cJSON *bits = get(item, "va_bits");

	if (!check_keys(work, item, keys))
		return false;
	if (format && strcmp(format, "aarch64-4k") == 0)
		tables->format = TABLES_AARCH64_4K;
	else if (format && strcmp(format, "arm-short") == 0)
		tables->format = TABLES_ARM_SHORT;
	else
		return bad_form(work, "unknown format of translation tables");
	if (bits && (!cJSON_IsNumber(bits) || bits->valuedouble < 25 || bits->valuedouble > 48))
		return bad_form(work, "va_bits: expected 25 to 48");
	tables->va_bits = bits ? (unsigned int)bits->valuedouble : 0;
	return resolve_leaf(work, get(item, "leaf"), tables) &&
	       resolve_core_tables(work, get(item, "core"), tables);
}

/* One description, or a list of which the first counts whose "if" is a symbol of this ELF. */
static bool resolve_tables(struct work *work, const cJSON *tables)
{
	const cJSON *item = cJSON_IsArray(tables) ? tables->child : tables;

	snprintf(work->where, sizeof(work->where), "tables");
	for (; item; item = cJSON_IsArray(tables) ? item->next : NULL) {
		const char *symbol = cJSON_GetStringValue(get(item, "if"));

		if (!symbol || dwarf_info_symbol(work->dwarf, symbol))
			return resolve_format(work, item, &work->layout->tables);
	}
	return true;
}

static bool resolve_slide(struct work *work, const cJSON *slide)
{
	static const char *const keys[] = {"value", "root", "vectors", NULL};
	struct layout_slide *to = &work->layout->slide;
	const char *name;

	snprintf(work->where, sizeof(work->where), "slide");
	if (!slide)
		return true;
	if (!check_keys(work, slide, keys))
		return false;
	for (int i = 0; to->num_vectors < LAYOUT_MAX_VECTORS &&
			(name = alternative(get(slide, "vectors"), i)) != NULL;
	     i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(work->dwarf, name);

		if (symbol)
			to->vectors[to->num_vectors++] = symbol->addr;
	}
	return (!get(slide, "value") ||
		resolve_counter(work, get(slide, "value"), "slide.value", &to->value)) &&
	       (!get(slide, "root") ||
		resolve_counter(work, get(slide, "root"), "slide.root", &to->root));
}

/* ---- events ---- */

static const char *const event_keys[] = {
#define X(name, key) key,
	EVENT_ROLE_LIST(X)
#undef X
};

static bool event_role_parse(const char *key, enum event_role *role)
{
	for (int i = 0; i < EVENT_ROLE_COUNT; i++) {
		if (strcmp(event_keys[i], key) == 0) {
			*role = (enum event_role)i;
			return true;
		}
	}
	return false;
}

/* The path is an array of addresses, which is no value of resolve_field()'s. */
static bool resolve_event_path(struct work *work, const struct base *base, const cJSON *item,
			       struct layout_events *events)
{
	struct layout_field *field = &events->fields[EVENT_ROLE_PATH];
	const struct dwarf_type *type;

	if (!check_alternatives(work, item, "path"))
		return false;
	if (!resolve(work, base, item, "", field, &type))
		return missing(work, false, "member", tried(work, item));
	if (dwarf_type_kind(type) != DWARF_KIND_ARRAY || dwarf_type_count(type) > 16 ||
	    field->size != dwarf_type_count(type) * work->layout->pointer_size)
		return bad_form(work, "%s: no short array of addresses", field->path);
	events->path_len = (uint32_t)dwarf_type_count(type);
	tell_found(work, field);
	return true;
}

static bool resolve_event_field(struct work *work, const struct base *base, const cJSON *item,
				struct layout_events *events)
{
	enum event_role role;
	struct layout_field *field;

	snprintf(work->where, sizeof(work->where), "events.%.40s", item->string);
	if (!event_role_parse(item->string, &role))
		return bad_form(work, "no such role");
	if (role == EVENT_ROLE_PATH)
		return resolve_event_path(work, base, item, events);
	field = &events->fields[role];
	if (!resolve_field(work, base, item, false, field))
		return false;
	if (field->present &&
	    (field->num_hops ||
	     field->form != (role == EVENT_ROLE_KIND ? FIELD_WORDS : FIELD_NUMBER) ||
	     field->offset[0] + field->size > events->entry_size))
		return bad_form(work, "%s: a number in the entry itself is wanted, of `kind` words",
				field->path);
	return true;
}

/* The array and the count of what was written to it. False: not in this ELF, or of no use. */
static bool find_ring(struct work *work, const cJSON *item, struct layout_events *events,
		      const struct dwarf_type **type)
{
	const char *ring = cJSON_GetStringValue(get(item, "ring"));
	const char *head = cJSON_GetStringValue(get(item, "head"));
	const struct dwarf_symbol *array = ring ? dwarf_info_symbol(work->dwarf, ring) : NULL;
	const struct dwarf_symbol *count = head ? dwarf_info_symbol(work->dwarf, head) : NULL;

	if (!array || !array->type || dwarf_type_kind(array->type) != DWARF_KIND_ARRAY || !count)
		return false;
	*type = dwarf_type_target(array->type);
	events->ring = array->addr;
	events->head = count->addr;
	events->head_size = count->size;
	events->entry_size = *type ? dwarf_type_size(*type) : 0;
	if (dwarf_type_count(array->type) > LAYOUT_MAX_EVENTS ||
	    events->entry_size > LAYOUT_MAX_EVENT_SIZE)
		return false;
	events->num_entries = (uint32_t)dwarf_type_count(array->type);
	return events->num_entries && events->entry_size && (count->size == 4 || count->size == 8);
}

/* All of it is optional: a target without a ring is one without events. */
static bool resolve_events(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"ring", "head", "fields", NULL};
	struct layout_events *events = &work->layout->events;
	struct base base = {0};
	const cJSON *field;

	snprintf(work->where, sizeof(work->where), "events");
	if (!item)
		return true;
	if (!cJSON_IsObject(item) || !check_keys(work, item, keys) ||
	    !cJSON_IsObject(get(item, "fields")))
		return bad_form(work, "expected \"ring\", \"head\" and \"fields\"");
	if (!find_ring(work, item, events, &base.type))
		return missing(work, false, "ring", "its array or its head");
	cJSON_ArrayForEach (field, get(item, "fields")) {
		if (!resolve_event_field(work, &base, field, events))
			return false;
	}
	events->present =
		events->fields[EVENT_ROLE_SEQ].present && events->fields[EVENT_ROLE_KIND].present;
	snprintf(work->where, sizeof(work->where), "events");
	return events->present || missing(work, false, "member", "seq or kind");
}

/* ---- stores ---- */

/* The first of the names that is a symbol. */
static bool resolve_ops(struct work *work, const cJSON *names, uint64_t *addr)
{
	const char *name;

	for (int i = 0; (name = alternative(names, i)) != NULL; i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(work->dwarf, name);

		if (!symbol)
			continue;
		*addr = symbol->addr;
		return true;
	}
	return false;
}

static const struct dwarf_type *resolve_holder(struct work *work, const cJSON *item,
					       uint64_t *inside)
{
	const char *member = cJSON_GetStringValue(get(item, "member")), *name;
	struct dwarf_member at;

	for (int i = 0; (name = alternative(get(item, "in"), i)) != NULL; i++) {
		const struct dwarf_type *type = dwarf_info_type(work->dwarf, name);

		if (!type || !member || !dwarf_type_member(type, member, &at))
			continue;
		*inside = at.offset;
		return type;
	}
	return NULL;
}

/* What this ELF has not is left out: that object's store is not known then. */
static bool resolve_store(struct work *work, const cJSON *item, struct layout_store *store,
			  bool *there)
{
	static const char *const keys[] = {"ops",  "in",       "member", "address", "index",
					   "base", "physical", "saved",  "of",      NULL};
	const cJSON *place = get(item, "address") ?: get(item, "index");
	const char *of = cJSON_GetStringValue(get(item, "of"));
	const struct dwarf_type *entry = of ? dwarf_info_type(work->dwarf, of) : NULL;
	struct base base = {.type = NULL};

	*there = false;
	if (!cJSON_IsObject(item) || !check_keys(work, item, keys) || !place)
		return bad_form(work, "expected \"ops\", \"in\", \"member\" and \"address\" or "
				      "\"index\"");
	base.type = resolve_holder(work, item, &base.inside);
	if (!base.type || !resolve_ops(work, get(item, "ops"), &store->ops))
		return true;
	store->is_index = !get(item, "address");
	store->physical = cJSON_IsTrue(get(item, "physical"));
	if (!resolve_field(work, &base, place, false, &store->place))
		return false;
	if (store->is_index && (!get(item, "base") ||
				!resolve_counter(work, get(item, "base"), "store", &store->base)))
		return bad_form(work, "an \"index\" needs a \"base\"");
	if (entry && get(item, "saved") &&
	    !resolve_field(work, &base, get(item, "saved"), false, &store->saved))
		return false;
	store->saved_size = entry ? dwarf_type_size(entry) : 0;
	*there = store->place.present && (!store->is_index || store->base.field.present);
	return true;
}

static bool resolve_stores(struct work *work, const cJSON *stores, const cJSON *fobj)
{
	struct layout *layout = work->layout;
	cJSON ops = {.type = cJSON_String, .valuestring = (char[]){"ops"}};
	struct base base = {.type = NULL};
	const cJSON *item;
	const char *type;
	bool there;

	snprintf(work->where, sizeof(work->where), "store");
	if (!stores)
		return true;
	if (!cJSON_IsArray(stores) || cJSON_GetArraySize(stores) > (int)LAYOUT_MAX_STORES)
		return bad_form(work, "expected a list of up to %u", LAYOUT_MAX_STORES);
	type = alternative(get(fobj, "type"), 0);
	base.type = type ? dwarf_info_type(work->dwarf, type) : NULL;
	if (!base.type || !resolve_field(work, &base, &ops, false, &layout->store_ops))
		return work->error->status == EXIT_CLEAN;
	cJSON_ArrayForEach (item, stores) {
		snprintf(work->where, sizeof(work->where), "store");
		if (!resolve_store(work, item, &layout->stores[layout->num_stores], &there))
			return false;
		layout->num_stores += there;
	}
	return true;
}

static bool resolve_all(struct work *work)
{
	static const char *const keys[] = {"profile", "about",   "notes",    "guard", "stops",
					   "tables",  "objects", "counters", "lists", "slide",
					   "events",  "scan",    "store",    NULL};
	const cJSON *root = work->layout->profile->root;

	snprintf(work->where, sizeof(work->where), "top level");
	if (!cJSON_IsObject(root) || !check_keys(work, root, keys))
		return bad_form(work, "no profile");
	return resolve_objects(work, get(root, "objects")) &&
	       resolve_lists(work, get(root, "lists")) && resolve_guard(work, get(root, "guard")) &&
	       resolve_tables(work, get(root, "tables")) &&
	       resolve_slide(work, get(root, "slide")) &&
	       resolve_counters(work, get(root, "counters")) &&
	       resolve_events(work, get(root, "events")) &&
	       resolve_stores(work, get(root, "store"), get(get(root, "objects"), "fobj")) &&
	       layout_scan_resolve(work->layout, get(root, "scan"), work->report, work->error);
}

struct layout *layout_create(const struct profile *profile, struct dwarf_info *dwarf, FILE *report,
			     struct error *error)
{
	struct arena *arena = arena_create();
	struct layout *layout = arena ? arena_alloc(arena, sizeof(*layout)) : NULL;
	struct work work = {.layout = layout, .dwarf = dwarf, .report = report, .error = error};

	if (!layout) {
		arena_destroy(arena);
		error_set(error, EXIT_LAYOUT, "out of memory");
		return NULL;
	}
	layout->arena = arena;
	layout->profile = profile;
	layout->dwarf = dwarf;
	layout->pointer_size = dwarf_info_pointer_size(dwarf);
	layout->page_size = 4096;
	if (!resolve_all(&work) || error->status != EXIT_CLEAN) {
		/* Whoever refuses says why; a refusal without a word would pass for success. */
		bad_form(&work, "of a form that is not understood");
		layout_destroy(layout);
		return NULL;
	}
	return layout;
}

void layout_destroy(struct layout *layout)
{
	if (layout)
		arena_destroy(layout->arena);
}

const char *layout_stop(const struct layout *layout, const char *which)
{
	const char *name = cJSON_GetStringValue(get(get(layout->profile->root, "stops"), which));

	return name && dwarf_info_symbol(layout->dwarf, name) ? name : NULL;
}

static bool add_event_stop(const struct layout *layout, const char *function, const uint64_t *value,
			   struct layout_event_stop *stop)
{
	const struct dwarf_symbol *symbol =
		function ? dwarf_info_symbol(layout->dwarf, function) : NULL;

	if (!symbol)
		return false;
	*stop = (struct layout_event_stop){function, symbol->addr, value != NULL,
					   value ? *value : 0};
	return true;
}

/* Every event passes through one function, which is told its kind. */
static unsigned int writer_stops(const struct layout *layout, const char *writer, const char *kind,
				 struct layout_event_stop *stops)
{
	const struct layout_field *kinds = &layout->events.fields[EVENT_ROLE_KIND];

	for (unsigned int i = 0; layout->events.present && i < kinds->num_words; i++)
		if (strcmp(kinds->words[i].text, kind) == 0)
			return add_event_stop(layout, writer, &kinds->words[i].value, stops);
	return 0;
}

unsigned int layout_event_stops(const struct layout *layout, const char *kind,
				struct layout_event_stop stops[LAYOUT_MAX_EVENT_STOPS])
{
	const cJSON *item = get(get(layout->profile->root, "stops"), "event"), *functions;
	const char *writer = cJSON_GetStringValue(item);
	unsigned int count = 0;

	if (writer)
		return writer_stops(layout, writer, kind, stops);
	functions = get(item, kind);
	for (int i = 0; count < LAYOUT_MAX_EVENT_STOPS && alternative(functions, i); i++)
		count += add_event_stop(layout, alternative(functions, i), NULL, &stops[count]);
	return count;
}

unsigned int layout_event_kinds(const struct layout *layout,
				const char *kinds[LAYOUT_MAX_EVENT_KINDS])
{
	const cJSON *item = get(get(layout->profile->root, "stops"), "event"), *kind;
	const struct layout_field *words = &layout->events.fields[EVENT_ROLE_KIND];
	struct layout_event_stop stops[LAYOUT_MAX_EVENT_STOPS];
	unsigned int count = 0;

	if (cJSON_IsString(item) && layout->events.present) {
		for (unsigned int i = 0; i < words->num_words && count < LAYOUT_MAX_EVENT_KINDS;
		     i++)
			if (layout_event_stops(layout, words->words[i].text, stops))
				kinds[count++] = words->words[i].text;
		return count;
	}
	if (!cJSON_IsObject(item))
		return 0;
	cJSON_ArrayForEach (kind, item)
		if (count < LAYOUT_MAX_EVENT_KINDS &&
		    layout_event_stops(layout, kind->string, stops))
			kinds[count++] = kind->string;
	return count;
}

/* ---- choosing ---- */

struct choice {
	struct dwarf_info *dwarf;
	struct profile *chosen;
	struct error
		first; /* why the first one did not fit: all there is to say of a lone profile */
	unsigned int seen;
};

static bool try_profile(void *arg, const char *path)
{
	struct choice *choice = arg;
	struct error error = {0};
	struct profile *profile = profile_load(path, &error);
	struct layout *layout =
		profile ? layout_create(profile, choice->dwarf, NULL, &error) : NULL;

	if (choice->seen++ == 0)
		choice->first = error;
	if (layout)
		choice->chosen = profile;
	else
		profile_free(profile);
	layout_destroy(layout);
	return choice->chosen != NULL;
}

struct profile *layout_choose(const char *wanted, struct dwarf_info *dwarf, struct error *error)
{
	struct choice choice = {.dwarf = dwarf};
	struct profile *profile;
	char *path;

	if (wanted) {
		path = profile_find(wanted, error);
		profile = path ? profile_load(path, error) : NULL;
		free(path);
		return profile;
	}
	profile_each(try_profile, &choice);
	if (choice.chosen)
		return choice.chosen;
	if (choice.seen == 0)
		error_set(error, EXIT_LAYOUT, "no profiles found: give one with --profile FILE");
	else if (choice.seen == 1)
		error_set(error, choice.first.status, "%s", choice.first.text);
	else
		error_set(error, EXIT_LAYOUT, "%s fits none of %u profiles; the first says: %s",
			  dwarf_info_path(dwarf), choice.seen, choice.first.text);
	return NULL;
}
