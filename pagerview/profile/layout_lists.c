/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of objects: where a list begins, how it goes on, and what it lists.
 */
#include "layout_work.h"

#include <string.h>

#include "../model/arena.h"

#define MAX_LISTS 64

/* The queues of <sys/queue.h> and the plain forms. */
static const struct list_form {
	const char *name;
	enum list_kind kind;
	const char *first, *next;
	bool is_double, has_tail;
} list_forms[] = {
	{"tailq", LIST_CHAIN, "tqh_first", "tqe_next", true, true},
	{"stailq", LIST_CHAIN, "stqh_first", "stqe_next", false, true},
	{"slist", LIST_CHAIN, "slh_first", "sle_next", false, false},
	{"list", LIST_CHAIN, "lh_first", "le_next", true, false},
	{"chain", LIST_CHAIN, "", "", false, false},
	{"array", LIST_ARRAY, "", "", false, false},
	{"pointers", LIST_POINTERS, "", "", false, false},
	{"single", LIST_POINTERS, "", "", false, false},
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
				base->type = layout_find_struct(work, list->variant->type);
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
	base->type = layout_find_struct(work, object->type);
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
	if (!layout_is_pointer(*type))
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
	return work_check_alternatives(work, count, "count") &&
	       layout_field_find(work, &count_base, count, "", &list->count, &count_type) &&
	       layout_field_check_value(work, &list->count, count_type);
}

static bool resolve_link(struct work *work, const cJSON *item, const struct list_form *form,
			 struct layout_list *list, const struct dwarf_type *node)
{
	struct base base = {.type = node};
	struct layout_field link = {0};
	const struct dwarf_type *type;

	if (!work_check_alternatives(work, get(item, "link"), "link") ||
	    !layout_field_find(work, &base, get(item, "link"), form->next, &link, &type) ||
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
	return work_check_alternatives(work, get(item, "via"), "via") &&
	       layout_field_find(work, &base, get(item, "via"), "", &list->via, &type) &&
	       layout_is_pointer(type);
}

/* All names of a list. False without an error: something is not in this ELF. */
static bool resolve_list_names(struct work *work, const cJSON *item, const struct list_form *form,
			       struct layout_list *list)
{
	const char *node_name = cJSON_GetStringValue(get(item, "node"));
	const struct dwarf_type *type, *node;
	struct base base = {0};

	if (!work->layout->objects[list->of].present || !list_base(work, item, list, &base) ||
	    !layout_field_find(work, &base, get(item, "head"), form->first, &list->head, &type) ||
	    !type)
		return false;
	node = layout_find_struct(work,
				  node_name ? node_name : work->layout->objects[list->of].type);
	if (!node || !resolve_via(work, item, list, node))
		return false;
	list->kind = form->kind;
	list->is_double = form->is_double;
	list->has_tail = form->has_tail;
	if (form->kind == LIST_CHAIN)
		return layout_is_pointer(type) && resolve_link(work, item, form, list, node);
	return resolve_array(work, item, form, &base, list, type);
}

/* By the name that was found, and whose list it is. */
static void name_list(struct work *work, const cJSON *item, struct layout_list *list,
		      const char *head)
{
	const char *in = cJSON_GetStringValue(get(item, "in"));
	const char *variant = cJSON_GetStringValue(get(item, "variant"));

	list->label = arena_printf(work->layout->arena, "%s%s%s", in ? in : "", in ? "." : "", head)
			      ?: "";
	snprintf(work->where, sizeof(work->where), "list %s%s%s%s%s%s", in ? in : "",
		 variant ? "<" : "", variant ? variant : "", variant ? ">" : "", in ? "." : "",
		 head);
}

/* A variable with the number of nodes; a list that objects own has none. */
static bool resolve_list_length(struct work *work, const cJSON *item, struct layout_list *list)
{
	struct base base = {.symbol = &list->length_symbol};

	if (!item)
		return true;
	if (list->is_owned)
		return work_bad_form(work, "\"length\" is for lists that no object owns");
	if (!layout_field_resolve(work, &base, item, false, &list->length))
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

	if (!work_check_keys(work, item, keys) ||
	    !work_check_alternatives(work, get(item, "head"), "head"))
		return work_bad_form(work, "a list needs \"head\"");
	list->is_owned = in != NULL;
	name_list(work, item, list, work_alternative(get(item, "head"), 0));
	if (!form)
		return work_bad_form(work, "unknown kind of list");
	if (!find_class(work->layout, of, &list->of) ||
	    (in && !find_class(work->layout, in, &list->in)))
		return work_bad_form(work, "\"of\" or \"in\" is no object of this profile");
	list->holds = cJSON_IsTrue(get(item, "holds"));
	list->is_static = cJSON_IsTrue(get(item, "static"));
	list->is_sorted = cJSON_IsTrue(get(item, "sorted"));
	if (!layout_sets_resolve(work, get(item, "set"), list->sets, &list->num_sets))
		return false;
	list->present = resolve_list_names(work, item, form, list);
	if (work->error->status != EXIT_CLEAN && !work->report)
		return false;
	if (!list->present)
		return work_missing(work, !cJSON_IsTrue(get(item, "optional")), "list",
				    work_tried(work, get(item, "head")));
	name_list(work, item, list, list->head.path);
	work_tell(work, "%-26s %s of %s", work->where, form->name, of);
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
			work_tell(work, "%-26s %s of %s", work->where,
				  cJSON_GetStringValue(get(item, "kind")),
				  work->layout->objects[list->of].name);
		if ((resolved && list->present) || last)
			return resolved;
	}
	return work_bad_form(work, "an empty list of alternatives");
}

bool layout_lists_resolve(struct work *work, const cJSON *lists)
{
	int count = cJSON_GetArraySize(lists);
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "lists");
	if (!cJSON_IsArray(lists) || count == 0 || count > MAX_LISTS)
		return work_bad_form(work, "expected 1 to %d lists", MAX_LISTS);
	work->layout->lists =
		arena_alloc_array(work->layout->arena, (size_t)count, sizeof(*work->layout->lists));
	if (!work->layout->lists)
		return error_set(work->error, EXIT_PARTIAL, "out of memory");
	cJSON_ArrayForEach (item, lists) {
		if (!resolve_list_entry(work, item,
					&work->layout->lists[work->layout->num_lists++]))
			return false;
	}
	return true;
}
