/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The structs that play the objects, the roles of their members, and the larger structs they sit
 * in.
 */
#include "layout_work.h"

#include <string.h>

#include "../model/arena.h"

#define MAX_VARIANTS 16

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
		return work_bad_form(work, "\"fields\" is no object");
	cJSON_ArrayForEach (item, fields) {
		enum role role;

		snprintf(work->where, sizeof(work->where), "%s.%.40s", prefix, item->string);
		if (!role_parse(item->string, &role))
			return work_bad_form(work, "no such role");
		if (!layout_field_resolve(work, base, item, role_is_required(class, role),
					  &to[role]))
			return false;
		if (to[role].present && role_is_number(role) && to[role].form != FIELD_NUMBER &&
		    to[role].form != FIELD_MASK)
			return work_bad_form(work, "%s: this role is a number", to[role].path);
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
		return work_bad_form(work, "this role must be described");
	}
	return true;
}

bool layout_sets_resolve(struct work *work, const cJSON *sets, struct layout_set *to,
			 unsigned int *count)
{
	const cJSON *item;

	if (sets && !cJSON_IsObject(sets))
		return work_bad_form(work, "\"set\" is no object");
	cJSON_ArrayForEach (item, sets) {
		struct layout_set *set = &to[*count];

		if (*count == LAYOUT_MAX_SETS || !role_parse(item->string, &set->role))
			return work_bad_form(work, "set: no role \"%.40s\", or too many",
					     item->string);
		if (cJSON_IsString(item) && strlen(item->valuestring) < 30)
			set->text = item->valuestring;
		else if (cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e9)
			set->number = (uint64_t)item->valuedouble;
		else
			return work_bad_form(work, "set: expected a short word or a number");
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
		const struct dwarf_type *type = layout_find_struct(work, name);
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
	if (!work_check_keys(work, item, keys) || !cJSON_IsObject(get(item, "when")) ||
	    !get(get(item, "when"), "values"))
		return work_bad_form(work, "a variant needs \"when\" with \"path\" and \"values\"");
	if (!layout_field_resolve(work, &base, get(item, "when"), false, &variant->when))
		return false;
	if (get(item, "in"))
		base.type = find_wrapper(work, get(item, "in"), variant);
	if (!variant->when.present || variant->when.num_words == 0 || !base.type)
		return work_missing(work, false, "type", "its type or its mark");
	base.inside = variant->inside;
	variant->present = true;
	return resolve_fields(work, &base, get(item, "fields"), class, prefix, variant->fields) &&
	       layout_sets_resolve(work, get(item, "set"), variant->sets, &variant->num_sets);
}

static bool resolve_variants(struct work *work, struct layout_object *object, unsigned int class,
			     const struct dwarf_type *own, const cJSON *variants)
{
	int count = cJSON_GetArraySize(variants);
	const cJSON *item;

	if (!variants)
		return true;
	if (!cJSON_IsArray(variants) || count > MAX_VARIANTS)
		return work_bad_form(work, "\"variants\": expected a list of up to %d",
				     MAX_VARIANTS);
	object->variants = arena_alloc_array(work->layout->arena, (size_t)count + 1,
					     sizeof(*object->variants));
	if (!object->variants)
		return error_set(work->error, EXIT_PARTIAL, "out of memory");
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
		return work_bad_form(work, "expected \"type\" and \"fields\"");
	if (!work_check_keys(work, item, keys) || !work_check_alternatives(work, types, "type"))
		return false;
	for (int i = 0; !type && (name = work_alternative(types, i)) != NULL; i++) {
		type = layout_find_struct(work, name);
		object->type = name;
	}
	if (!type)
		return work_missing(work, !cJSON_IsTrue(get(item, "optional")), "struct",
				    work_tried(work, types));
	object->present = true;
	object->size = dwarf_type_size(type);
	work_tell(work, "%-26s struct %s, %llu bytes", work->where, object->type,
		  (unsigned long long)object->size);
	base.type = type;
	return resolve_fields(work, &base, get(item, "fields"), class, object->name,
			      object->fields) &&
	       check_required_roles(work, class, object->name, get(item, "fields")) &&
	       resolve_variants(work, object, class, type, get(item, "variants"));
}

bool layout_objects_resolve(struct work *work, const cJSON *objects)
{
	struct layout *layout = work->layout;
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "objects");
	if (!cJSON_IsObject(objects))
		return work_bad_form(work, "missing, or no object");
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
			return work_bad_form(work,
					     "%.40s: too many kinds of holder, or a long name",
					     item->string);
		if (!resolve_object(work, item, layout->num_objects++))
			return false;
	}
	return true;
}
