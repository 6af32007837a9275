/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: what did the pager do, and who made it? Newest last, as far as the moment on screen; the
 * cursor stays at the end while it is there. Beneath: the objects of the selected event, and the
 * way through the target's code that led to it.
 */
#include <string.h>

#include "events.h"
#include "view.h"

static const struct snap_event *event_of(const struct row *row)
{
	return &row->scene->events->events[row->index];
}

static uint32_t count_events(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->events ? event_log_until(scene->events, scene->snapshot->events_head) : 0;
}

static struct ref event_ref(const struct row *row)
{
	return (struct ref){OBJECT_EVENT, event_of(row)->seq, 0};
}

static const char *why_none(const struct scene *scene)
{
	return scene->snapshot->events_head ? "the pager has not done anything yet"
					    : "this target keeps no events, or this file has none";
}

static void seq_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%llu", (unsigned long long)event_of(row)->seq);
}

static void cpu_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%u", event_of(row)->cpu);
}

static void kind_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%s", *event_of(row)->kind ? event_of(row)->kind : "?");
}

static struct sort_key kind_key(const struct row *row)
{
	return (struct sort_key){0, event_of(row)->kind};
}

static void add_object(const struct scene *scene, uint64_t id, struct field *field)
{
	struct ref ref = scene_object_at(scene, id);
	uint32_t index = scene_find(scene, ref);

	if (!id) {
		return;
	} else if (ref.kind == OBJECT_FOBJ) {
		scene_add_fobj(scene, index, &field->text);
	} else if (ref.kind == OBJECT_CONTEXT) {
		scene_add_context(scene, index, &field->text);
	} else if (ref.kind != OBJECT_NONE) {
		scene_add_ref(scene, ref, &field->text);
	} else {
		field->style = STYLE_DIM; /* gone, or never shown */
		text_add(&field->text, "0x%llx", (unsigned long long)id);
	}
}

static void context_text(const struct row *row, struct field *field)
{
	add_object(row->scene, event_of(row)->context, field);
}

static void object_text(const struct row *row, struct field *field)
{
	const struct snap_event *event = event_of(row);

	add_object(row->scene, event->object, field);
	if (event->object && event->page != NO_EVENT_PAGE)
		text_add(&field->text, "[%llu]", (unsigned long long)event->page);
}

static void va_text(const struct row *row, struct field *field)
{
	if (event_of(row)->va)
		text_add(&field->text, "0x%08llx", (unsigned long long)event_of(row)->va);
}

static bool counts(const struct snap_event *event)
{
	return !strcmp(event->kind, "get") || !strcmp(event->kind, "put");
}

static void count_text(const struct row *row, struct field *field)
{
	if (counts(event_of(row)))
		text_add(&field->text, "%llu", (unsigned long long)event_of(row)->detail);
}

static void where_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%s", event_of(row)->where);
}

static struct sort_key where_key(const struct row *row)
{
	return (struct sort_key){0, event_of(row)->where};
}

void event_add(const struct scene *scene, uint32_t index, struct text *text)
{
	static void (*const parts[])(const struct row *, struct field *) = {context_text,
									    object_text};
	const struct snap_event *event = &scene->events->events[index];
	struct row row = {scene, NONE, index};
	const char *between = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct field field;

		text_clear(&field.text);
		parts[i](&row, &field);
		if (field.text.length)
			text_add(text, "%s%s", between, field.text.bytes);
		between = text->length ? ", " : "";
	}
	if (event->va)
		text_add(text, " at 0x%llx", (unsigned long long)event->va);
	if (*event->where)
		text_add(text, "%s%s", between, event->where);
}

static const struct column event_columns[] = {
	{.title = "SEQ", .width = 6, .fit = true, .rank = 1, .right = true, .text = seq_text},
	{.title = "CPU", .width = 3, .rank = 3, .right = true, .text = cpu_text},
	{.title = "EVENT", .width = 8, .fit = true, .text = kind_text, .key = kind_key},
	{.title = "OBJECT", .width = 12, .grow = 3, .text = object_text},
	{.title = "CONTEXT", .width = 9, .grow = 1, .rank = 2, .text = context_text},
	{.title = "VA", .width = 10, .fit = true, .rank = 4, .text = va_text},
	{.title = "COUNT", .width = 5, .rank = 3, .right = true, .text = count_text},
	{.title = "BY", .width = 14, .grow = 3, .rank = 5, .text = where_text, .key = where_key},
};

/* The address of an object finds all its events, also when the object is no more. */
static bool event_matches(const struct row *row, const char *needle)
{
	const struct snap_event *event = event_of(row);
	uint64_t address;

	if (strncmp(needle, "0x", 2) != 0 || !text_parse_address(needle, &address))
		return false;
	return address == event->object || address == event->context || address == event->caller ||
	       (event->va && address >> 12 == event->va >> 12);
}

static const struct list_spec events = {
	.why = why_none,
	.count = count_events,
	.object = event_ref,
	.columns = event_columns,
	.num_columns = sizeof(event_columns) / sizeof(event_columns[0]),
	.matches = event_matches,
	.tail = true,
};

/* Beneath: the object, the context, the address, the caller, and those that called it. */
enum part { PART_OBJECT, PART_CONTEXT, PART_VA, PART_BY, PART_PATH, NUM_PARTS };

static const struct snap_event *parent_of(const struct row *row)
{
	return &row->scene->events->events[row->parent];
}

static uint32_t count_parts(const struct scene *scene, uint32_t parent)
{
	return scene->events && parent < scene->events->count ? NUM_PARTS : 0;
}

static struct ref part_ref(const struct row *row)
{
	const struct snap_event *event = parent_of(row);

	switch (row->index) {
	case PART_OBJECT:
		return scene_object_at(row->scene, event->object);
	case PART_CONTEXT:
		return scene_object_at(row->scene, event->context);
	default:
		return REF_NONE;
	}
}

static void part_name(const struct row *row, struct field *field)
{
	static const char *const names[NUM_PARTS] = {"object", "context", "va", "by", "called"};

	field->style = STYLE_DIM;
	text_add(&field->text, "%s", names[row->index]);
}

static void part_text(const struct row *row, struct field *field)
{
	struct row event = {row->scene, NONE, row->parent};

	if (part_ref(row).kind != OBJECT_NONE)
		field->style = STYLE_LINK;
	switch (row->index) {
	case PART_OBJECT:
		object_text(&event, field);
		break;
	case PART_CONTEXT:
		context_text(&event, field);
		break;
	case PART_VA:
		va_text(&event, field);
		break;
	case PART_BY:
		text_add(&field->text, "%s", parent_of(row)->where);
		break;
	default:
		if (*parent_of(row)->path)
			text_add(&field->text, "by %s", parent_of(row)->path);
	}
	if (!field->text.length)
		text_add(&field->text, "-");
}

static const struct column part_columns[] = {
	{.title = "", .width = 7, .text = part_name},
	{.title = "THE EVENT", .width = 20, .grow = 1, .text = part_text},
};

static const struct list_spec parts = {
	.empty = "no event is selected",
	.count = count_parts,
	.object = part_ref,
	.columns = part_columns,
	.num_columns = sizeof(part_columns) / sizeof(part_columns[0]),
};

static void event_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	if (!scene->events || parent >= scene->events->count)
		return;
	text_add(title, "event %llu \u00b7 %s",
		 (unsigned long long)scene->events->events[parent].seq,
		 scene->events->events[parent].kind);
	if (scene->events->lost) {
		text_add(title, " \u00b7 ");
		text_add_count(title, scene->events->lost);
		text_add(title, " were lost: overwritten before they were read");
	}
}

const struct view view_events = {
	.name = "events",
	.master = &events,
	.detail = &parts,
	.detail_title = event_title,
};
