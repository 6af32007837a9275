/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of events come from a small set (kinds, functions, ways through them), so each is kept
 * once. Room for events is had in one piece at the first of them and never moves.
 */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 65536u

void event_log_init(struct event_log *log)
{
	memset(log, 0, sizeof(*log));
}

void event_log_deinit(struct event_log *log)
{
	for (uint32_t i = 0; i < log->num_names; i++)
		free(log->names[i]);
	free(log->names);
	free(log->events);
	event_log_init(log);
}

void event_log_clear(struct event_log *log)
{
	log->count = 0;
	log->lost = 0;
	log->version++;
}

/* Where NAME is or belongs among the sorted names. */
static uint32_t name_place(const struct event_log *log, const char *name)
{
	uint32_t low = 0, high = log->num_names;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(log->names[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool reserve_name(struct event_log *log)
{
	uint32_t wanted = log->max_names ? 2 * log->max_names : 64;
	char **names;

	if (log->num_names < log->max_names)
		return true;
	if (wanted > MAX_NAMES)
		return false;
	names = realloc(log->names, wanted * sizeof(*names));
	if (!names)
		return false;
	log->names = names;
	log->max_names = wanted;
	return true;
}

/* Our own copy; "" when there is no room for another one. */
static const char *keep_name(struct event_log *log, const char *name)
{
	uint32_t place;
	char *copy;

	if (!name || !*name)
		return "";
	place = name_place(log, name);
	if (place < log->num_names && !strcmp(log->names[place], name))
		return log->names[place];
	if (!reserve_name(log))
		return "";
	copy = strdup(name);
	if (!copy)
		return "";
	memmove(log->names + place + 1, log->names + place,
		(log->num_names - place) * sizeof(*log->names));
	log->names[place] = copy;
	log->num_names++;
	return copy;
}

static void make_room(struct event_log *log)
{
	uint32_t dropped = EVENTS_MAX / 4;

	if (log->count < EVENTS_MAX)
		return;
	memmove(log->events, log->events + dropped, (EVENTS_MAX - dropped) * sizeof(*log->events));
	log->count -= dropped;
}

void event_log_add(struct event_log *log, const struct snapshot *snapshot)
{
	uint64_t last = log->count ? log->events[log->count - 1].seq : 0;

	log->lost += snapshot->events_lost;
	if (!snapshot->num_events)
		return;
	if (!log->events)
		log->events = calloc(EVENTS_MAX, sizeof(*log->events));
	if (!log->events) {
		log->lost += snapshot->num_events;
		return;
	}
	for (uint32_t i = 0; i < snapshot->num_events; i++) {
		struct snap_event event = snapshot->events[i];

		if (event.seq <= last) /* seen already, as when a file is read again */
			continue;
		last = event.seq;
		event.kind = keep_name(log, event.kind);
		event.where = keep_name(log, event.where);
		event.path = keep_name(log, event.path);
		make_room(log);
		log->events[log->count++] = event;
	}
	log->version++;
}

uint32_t event_log_until(const struct event_log *log, uint64_t head)
{
	uint32_t low = 0, high = log->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (log->events[middle].seq <= head)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
