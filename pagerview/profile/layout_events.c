/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of events, where a kernel keeps one, and the functions whose entry is an event.
 */
#include "layout_work.h"

#include <string.h>

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

/* The path is an array of addresses, which is no value of layout_field_resolve()'s. */
static bool resolve_event_path(struct work *work, const struct base *base, const cJSON *item,
			       struct layout_events *events)
{
	struct layout_field *field = &events->fields[EVENT_ROLE_PATH];
	const struct dwarf_type *type;

	if (!work_check_alternatives(work, item, "path"))
		return false;
	if (!layout_field_find(work, base, item, "", field, &type))
		return work_missing(work, false, "member", work_tried(work, item));
	if (dwarf_type_kind(type) != DWARF_KIND_ARRAY || dwarf_type_count(type) > 16 ||
	    field->size != dwarf_type_count(type) * work->layout->pointer_size)
		return work_bad_form(work, "%s: no short array of addresses", field->path);
	events->path_len = (uint32_t)dwarf_type_count(type);
	layout_field_tell(work, field);
	return true;
}

static bool resolve_event_field(struct work *work, const struct base *base, const cJSON *item,
				struct layout_events *events)
{
	enum event_role role;
	struct layout_field *field;

	snprintf(work->where, sizeof(work->where), "events.%.40s", item->string);
	if (!event_role_parse(item->string, &role))
		return work_bad_form(work, "no such role");
	if (role == EVENT_ROLE_PATH)
		return resolve_event_path(work, base, item, events);
	field = &events->fields[role];
	if (!layout_field_resolve(work, base, item, false, field))
		return false;
	if (field->present &&
	    (field->num_hops ||
	     field->form != (role == EVENT_ROLE_KIND ? FIELD_WORDS : FIELD_NUMBER) ||
	     field->offset[0] + field->size > events->entry_size))
		return work_bad_form(work,
				     "%s: a number in the entry itself is wanted, of `kind` words",
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
bool layout_events_resolve(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"ring", "head", "fields", NULL};
	struct layout_events *events = &work->layout->events;
	struct base base = {0};
	const cJSON *field;

	snprintf(work->where, sizeof(work->where), "events");
	if (!item)
		return true;
	if (!cJSON_IsObject(item) || !work_check_keys(work, item, keys) ||
	    !cJSON_IsObject(get(item, "fields")))
		return work_bad_form(work, "expected \"ring\", \"head\" and \"fields\"");
	if (!find_ring(work, item, events, &base.type))
		return work_missing(work, false, "ring", "its array or its head");
	cJSON_ArrayForEach (field, get(item, "fields")) {
		if (!resolve_event_field(work, &base, field, events))
			return false;
	}
	events->present =
		events->fields[EVENT_ROLE_SEQ].present && events->fields[EVENT_ROLE_KIND].present;
	snprintf(work->where, sizeof(work->where), "events");
	return events->present || work_missing(work, false, "member", "seq or kind");
}

/* ---- stops ---- */

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
	for (int i = 0; count < LAYOUT_MAX_EVENT_STOPS && work_alternative(functions, i); i++)
		count +=
			add_event_stop(layout, work_alternative(functions, i), NULL, &stops[count]);
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
