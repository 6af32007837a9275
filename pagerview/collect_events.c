/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head is read before the entries and again behind them. Writing of entry N + 1 may have begun
 * when the head says N, so whatever N + 1 - size overwrites is given up, and so is every entry
 * that does not hold the number it should.
 *
 * Callers are few and come again and again: the words of each call path are worked out once.
 */
#include "collect_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/arena.h"

#define MAX_FRAMES 17   /* a caller and its path */
#define MAX_PATHS  4096 /* call paths that are remembered */
#define PATH_TEXT  400  /* bytes of a path in words */
#define GUESS      32   /* events that are expected to be new: one or two packets */

struct call_path {
	uint64_t frames[MAX_FRAMES]; /* return addresses, 0 ends */
	char *where, *path;
};

/* Bytes of the ring: COUNT entries from number FIRST on, and its head before and after. */
struct ring_copy {
	bool ok; /* it could be read */
	uint64_t head, after, first, lost;
	uint32_t count, room; /* entries */
	uint8_t *bytes;
};

struct event_reader {
	const struct layout *layout;
	struct memory *memory;
	uint64_t slide;
	uint64_t next; /* number of the first event not yet delivered */
	struct ring_copy copy;
	struct call_path *paths[MAX_PATHS]; /* by hash, open addressing */
	uint32_t num_paths;
};

struct event_reader *event_reader_create(const struct layout *layout, struct memory *memory,
					 uint64_t slide)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->layout = layout;
	reader->memory = memory;
	reader->slide = slide;
	reader->next = 1;
	return reader;
}

static void path_free(struct call_path *path)
{
	free(path->where);
	free(path->path);
	free(path);
}

static void forget_paths(struct event_reader *reader)
{
	for (uint32_t i = 0; i < MAX_PATHS; i++) {
		if (reader->paths[i]) {
			path_free(reader->paths[i]);
			reader->paths[i] = NULL;
		}
	}
	reader->num_paths = 0;
}

void event_reader_destroy(struct event_reader *reader)
{
	if (!reader)
		return;
	forget_paths(reader);
	free(reader->copy.bytes);
	free(reader);
}

/* ---- an entry ---- */

static uint64_t member(const struct layout_field *field, const uint8_t *entry)
{
	uint64_t value = 0;

	if (field->present && field->size <= sizeof(value))
		memcpy(&value, entry + field->offset[0], field->size);
	return value;
}

static const char *kind_word(const struct layout_field *field, uint64_t value)
{
	for (unsigned int i = 0; i < field->num_words; i++) {
		if (field->words[i].value == value)
			return field->words[i].text;
	}
	return "";
}

static uint64_t page_of(const struct layout_field *field, const uint8_t *entry)
{
	uint64_t page = member(field, entry);
	uint64_t none = field->size < 8 ? (UINT64_C(1) << field->size * 8) - 1 : UINT64_MAX;

	return !field->present || page == none ? NO_EVENT_PAGE : page;
}

bool event_decode(const struct layout_events *events, const uint8_t *entry, uint64_t seq,
		  struct snap_event *event)
{
	const struct layout_field *fields = events->fields;
	uint64_t number = member(&fields[EVENT_ROLE_SEQ], entry);

	if (fields[EVENT_ROLE_SEQ].size < 8)
		seq &= (UINT64_C(1) << fields[EVENT_ROLE_SEQ].size * 8) - 1;
	if (number != seq)
		return false;
	*event = (struct snap_event){
		.time = member(&fields[EVENT_ROLE_TIME], entry),
		.cpu = (uint32_t)member(&fields[EVENT_ROLE_CPU], entry),
		.kind = kind_word(&fields[EVENT_ROLE_KIND],
				  member(&fields[EVENT_ROLE_KIND], entry)),
		.context = member(&fields[EVENT_ROLE_CONTEXT], entry),
		.object = member(&fields[EVENT_ROLE_OBJECT], entry),
		.page = page_of(&fields[EVENT_ROLE_PAGE], entry),
		.va = member(&fields[EVENT_ROLE_VA], entry),
		.caller = member(&fields[EVENT_ROLE_CALLER], entry),
		.detail = member(&fields[EVENT_ROLE_DETAIL], entry),
	};
	return true;
}

/* ---- callers in words ---- */

void event_symbolise(struct dwarf_info *dwarf, uint64_t addr, char *text, size_t len)
{
	const struct dwarf_symbol *symbol = dwarf_info_symbol_at(dwarf, addr, NULL);
	char line[80];
	bool has_line = dwarf_info_line_at(dwarf, addr, line, sizeof(line));

	if (symbol && has_line)
		snprintf(text, len, "%.60s (%s)", symbol->name, line);
	else if (symbol || has_line)
		snprintf(text, len, "%.60s", symbol ? symbol->name : line);
	else
		snprintf(text, len, "0x%" PRIx64, addr);
}

/* False: out of memory, for the words or for the names in them. */
static bool path_words(const struct event_reader *reader, struct call_path *path)
{
	char text[PATH_TEXT] = "", one[160];

	dwarf_info_was_short(reader->layout->dwarf);
	for (unsigned int i = 0; i < MAX_FRAMES && path->frames[i]; i++) {
		size_t len = strlen(text);

		/* One less: the call, not what follows it, which may be another line. */
		event_symbolise(reader->layout->dwarf, path->frames[i] - reader->slide - 1, one,
				sizeof(one));
		if (i == 0)
			path->where = strdup(one);
		else if (len + strlen(one) + 4 < sizeof(text))
			snprintf(text + len, sizeof(text) - len, "%s%s", len ? " < " : "", one);
	}
	path->path = strdup(text);
	return path->where && path->path && !dwarf_info_was_short(reader->layout->dwarf);
}

static struct call_path *path_find(struct event_reader *reader, const uint64_t frames[MAX_FRAMES])
{
	struct call_path *path;
	uint64_t hash = 0;
	uint32_t slot;

	for (unsigned int i = 0; i < MAX_FRAMES && frames[i]; i++)
		hash = (hash ^ frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
	if (reader->num_paths > MAX_PATHS / 2)
		forget_paths(reader);
	for (slot = (uint32_t)(hash >> 40) % MAX_PATHS; reader->paths[slot];
	     slot = (slot + 1) % MAX_PATHS) {
		if (memcmp(reader->paths[slot]->frames, frames, MAX_FRAMES * sizeof(*frames)) == 0)
			return reader->paths[slot];
	}
	path = calloc(1, sizeof(*path));
	if (!path)
		return NULL;
	memcpy(path->frames, frames, MAX_FRAMES * sizeof(*frames));
	if (!path_words(reader, path)) {
		path_free(path);
		return NULL;
	}
	reader->num_paths++;
	return reader->paths[slot] = path;
}

static bool name_caller(struct event_reader *reader, const uint8_t *entry, struct arena *arena,
			struct snap_event *event)
{
	const struct layout_events *events = &reader->layout->events;
	const struct layout_field *field = &events->fields[EVENT_ROLE_PATH];
	unsigned int size = reader->layout->pointer_size;
	uint64_t frames[MAX_FRAMES] = {event->caller};
	struct call_path *path;

	event->where = event->path = "";
	if (!event->caller)
		return true;
	for (unsigned int i = 0; field->present && i < events->path_len && i + 1 < MAX_FRAMES;
	     i++) {
		memcpy(&frames[i + 1], entry + field->offset[0] + (size_t)i * size, size);
		if (!frames[i + 1])
			break;
	}
	path = path_find(reader, frames);
	if (!path)
		return false;
	event->where = arena_strndup(arena, path->where, PATH_TEXT);
	event->path = arena_strndup(arena, path->path, PATH_TEXT);
	return event->where && event->path;
}

/* ---- the ring ---- */

/*
 * The head, COUNT entries from number FIRST on (one range, or two where the ring ends), and the
 * head again, in this order and in one burst.
 */
static bool read_ring(struct event_reader *reader, uint64_t first, uint32_t count,
		      struct error *error)
{
	const struct layout_events *events = &reader->layout->events;
	struct ring_copy *copy = &reader->copy;
	uint64_t place = (first - 1) % events->num_entries;
	uint64_t part = events->num_entries - place < count ? events->num_entries - place : count;
	uint64_t ring = events->ring + reader->slide, head = events->head + reader->slide;
	struct memory_request requests[4] = {
		{.addr = head, .len = events->head_size, .to = &copy->head}};
	size_t num = 1;

	copy->head = copy->after = 0;
	copy->first = first;
	copy->count = count;
	if (part)
		requests[num++] = (struct memory_request){.addr = ring + place * events->entry_size,
							  .len = part * events->entry_size,
							  .to = copy->bytes};
	if (part < count)
		requests[num++] =
			(struct memory_request){.addr = ring,
						.len = (count - part) * events->entry_size,
						.to = copy->bytes + part * events->entry_size};
	requests[num++] =
		(struct memory_request){.addr = head, .len = events->head_size, .to = &copy->after};
	if (!memory_read(reader->memory, requests, num, error))
		return false;
	copy->ok = true;
	for (size_t i = 0; i < num; i++)
		copy->ok = copy->ok && requests[i].ok;
	return true;
}

static bool make_room(struct ring_copy *copy, uint32_t count, size_t entry_size)
{
	uint8_t *bytes;

	if (count <= copy->room)
		return true;
	bytes = realloc(copy->bytes, count * entry_size);
	if (!bytes)
		return false;
	copy->bytes = bytes;
	copy->room = count;
	return true;
}

/*
 * Few events come with the first burst, which guesses where they are; many, or others, take
 * another one.
 */
bool event_reader_copy(struct event_reader *reader, struct error *error)
{
	const struct layout_events *events = &reader->layout->events;
	uint32_t size = events->num_entries, guess = size < GUESS ? size : GUESS;
	struct ring_copy *copy = &reader->copy;
	uint64_t first = reader->next, head;

	copy->lost = 0;
	if (!make_room(copy, guess, events->entry_size))
		return error_set(error, EXIT_PARTIAL, "out of memory");
	if (!read_ring(reader, first, guess, error) || !copy->ok)
		return error->status == EXIT_CLEAN;
	head = copy->head;
	copy->ok = head <= MOST_COUNTED;
	if (!copy->ok)
		return true;
	if (head + 1 >= first && head + 1 - first <= guess) {
		copy->count = (uint32_t)(head + 1 - first);
		return true;
	}
	if (head + 1 < first)
		first = 1; /* the target began anew */
	if (head + 1 - first > size) {
		if (first > 1) /* at the very first look nothing was promised */
			copy->lost = head + 1 - size - first;
		first = head + 1 - size;
	}
	if (!make_room(copy, (uint32_t)(head + 1 - first), events->entry_size))
		return error_set(error, EXIT_PARTIAL, "out of memory");
	if (!read_ring(reader, first, (uint32_t)(head + 1 - first), error))
		return false;
	copy->head = head; /* what came meanwhile is for the next one */
	return true;
}

static bool add_events(struct event_reader *reader, struct snapshot *snapshot, const uint8_t *bytes,
		       uint64_t first, uint32_t count, uint64_t oldest)
{
	const struct layout_events *events = &reader->layout->events;

	snapshot->events = arena_alloc_array(snapshot->arena, count, sizeof(*snapshot->events));
	if (!snapshot->events)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = bytes + i * events->entry_size;
		struct snap_event *event = &snapshot->events[snapshot->num_events];

		if (first + i < oldest || !event_decode(events, entry, first + i, event)) {
			snapshot->events_lost++;
			continue;
		}
		event->seq = first + i;
		/* The word is the profile's, which a snapshot may outlive. */
		event->kind = arena_strndup(snapshot->arena, event->kind, 32);
		if (!event->kind || !name_caller(reader, entry, snapshot->arena, event))
			return false;
		snapshot->num_events++;
	}
	return true;
}

/* Whoever shows SNAPSHOT must not take it for one of a pager that did nothing. */
static bool tell_unread(struct snapshot *snapshot, struct error *error)
{
	const char **cut = arena_alloc_array(snapshot->arena, snapshot->num_cut + 1, sizeof(*cut));

	if (!cut)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	if (snapshot->num_cut)
		memcpy(cut, snapshot->cut, snapshot->num_cut * sizeof(*cut));
	snapshot->cut = cut;
	cut[snapshot->num_cut++] = "the ring of events cannot be read";
	snapshot->capture.consistency = CONSISTENCY_PARTIAL;
	snapshot->capture.why = cut[0];
	return true;
}

/* What the writers reached while it was copied is given up. */
bool event_reader_deliver(struct event_reader *reader, struct snapshot *snapshot,
			  struct error *error)
{
	const struct ring_copy *copy = &reader->copy;
	uint32_t size = reader->layout->events.num_entries;
	uint64_t oldest = copy->after + 1 > size ? copy->after + 2 - size : 1;

	if (!copy->ok)
		return tell_unread(snapshot, error);
	snapshot->events_head = copy->head;
	snapshot->events_lost = copy->lost;
	return !copy->count ||
	       add_events(reader, snapshot, copy->bytes, copy->first, copy->count, oldest) ||
	       error_set(error, EXIT_PARTIAL, "out of memory");
}

bool event_reader_take(struct event_reader *reader, struct snapshot *snapshot, struct error *error)
{
	return event_reader_copy(reader, error) && event_reader_deliver(reader, snapshot, error);
}

void event_reader_commit(struct event_reader *reader, const struct snapshot *snapshot)
{
	if (snapshot->events_head)
		reader->next = snapshot->events_head + 1;
}
