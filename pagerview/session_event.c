/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To the next event of a kind: breakpoints at the functions that the profile names for it. Where
 * one function writes all events, each stop looks at its first argument, and goes on if it is
 * another kind. An event happens in the middle of a change, so from there the target goes on to
 * where its lists are whole: what is seen is the state that the event was part of.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session_private.h"

struct event_stops {
	struct layout_event_stop list[LAYOUT_MAX_EVENT_STOPS];
	unsigned int count;
	const char *argument; /* register with the first one */
};

void session_list_events(const struct session *session, char *text, size_t size)
{
	const char *kinds[LAYOUT_MAX_EVENT_KINDS];
	unsigned int count = layout_event_kinds(session->layout, kinds);
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < count && len + strlen(kinds[i]) + 2 < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "", kinds[i]);
}

/* "eviction" is what people say. */
static const char *profile_kind(const char *kind)
{
	return strcmp(kind, "eviction") == 0 || strcmp(kind, "evict") == 0 ? "release" : kind;
}

static bool find_stops(struct session *session, const char *kind, struct event_stops *stops,
		       struct error *error)
{
	char known[200];

	stops->count = layout_event_stops(session->layout, profile_kind(kind), stops->list);
	stops->argument = dwarf_info_machine(session->dwarf) == EM_ARM ? "r0" : "x0";
	for (unsigned int i = 0; i < stops->count; i++)
		stops->list[i].addr += session->slide;
	if (stops->count)
		return true;
	session_list_events(session, known, sizeof(known));
	return error_set(error, known[0] ? EXIT_USAGE : EXIT_LAYOUT,
			 "event:%.20s: profile %s names nothing to stop at for it in %s%s%s", kind,
			 session->profile->name, dwarf_info_path(session->dwarf),
			 known[0] ? "; it does for: " : "", known);
}

static bool insert(struct session *session, const struct event_stops *stops, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	struct error ignored = {0};

	for (unsigned int i = 0; i < stops->count; i++) {
		if (rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, stops->list[i].addr, 4,
					  error))
			continue;
		while (i-- > 0)
			rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, stops->list[i].addr, 4,
					      &ignored);
		return session_check_lost(session, error);
	}
	return true;
}

static void remove_all(struct session *session, const struct event_stops *stops)
{
	struct error ignored = {0};

	for (unsigned int i = 0; i < stops->count; i++)
		rsp_breakpoint_remove(source_client(session->source), RSP_BREAK_SOFTWARE,
				      stops->list[i].addr, 4, &ignored);
}

/* Which of the stops the target stands at, with the right argument; NULL: none. */
static const struct layout_event_stop *reached(struct session *session,
					       const struct event_stops *stops)
{
	struct error ignored = {0};
	uint64_t argument = 0;

	for (unsigned int i = 0; i < stops->count; i++) {
		const struct layout_event_stop *stop = &stops->list[i];

		if (stop->addr != session->stop_pc)
			continue;
		if (!stop->has_value)
			return stop;
		/* An enum: the upper half of the register may be anything. */
		if (rsp_read_register(source_client(session->source), stops->argument, &argument,
				      &ignored) &&
		    (uint32_t)argument == (uint32_t)stop->value)
			return stop;
	}
	return NULL;
}

static enum rsp_wait run_there(struct session *session, const struct event_stops *stops,
			       unsigned int ms, const struct layout_event_stop **stop,
			       struct error *error)
{
	double deadline = session_clock() + ms / 1000.0;
	enum rsp_wait wait = RSP_WAIT_STOPPED;

	*stop = NULL;
	while (!*stop && wait == RSP_WAIT_STOPPED) {
		double left = deadline - session_clock();

		if (left <= 0 || atomic_load(&session->cancel))
			return RSP_WAIT_TIMEOUT;
		wait = session_run_to_breakpoint(session, (unsigned int)(left * 1000) + 1, error);
		if (wait == RSP_WAIT_STOPPED)
			*stop = reached(session, stops);
	}
	return wait;
}

bool session_run_to_event(struct session *session, const char *kind, unsigned int ms,
			  struct error *error)
{
	const struct layout_event_stop *stop = NULL;
	struct error ignored = {0};
	struct event_stops stops;
	char where[64];
	enum rsp_wait wait;

	if (!find_stops(session, kind, &stops, error))
		return false;
	snprintf(where, sizeof(where), "the next %.20s", kind);
	session->at_safe_point = false;
	atomic_store(&session->cancel, false);
	if (!insert(session, &stops, error))
		return false;
	wait = run_there(session, &stops, ms, &stop, error);
	if (wait == RSP_WAIT_LOST)
		return session_target_ended(session, error);
	if (wait != RSP_WAIT_STOPPED)
		rsp_stop(source_client(session->source), NULL, &ignored);
	remove_all(session, &stops);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	if (wait == RSP_WAIT_TIMEOUT)
		session_late(session, where, ms, error);
	else if (stop->has_value)
		snprintf(session->note, sizeof(session->note), "after a %.20s", kind);
	else
		snprintf(session->note, sizeof(session->note), "at a %.20s: %.60s()", kind,
			 stop->function);
	atomic_store(&session->cancel, false);
	session_come_to_rest(session);
	source_refresh(session->source);
	return error->status == EXIT_CLEAN && !session->ended;
}
