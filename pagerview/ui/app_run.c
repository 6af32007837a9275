/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running on: the menu of events, and what is told when the target has come to a step or an event.
 * Each kind has a letter, the first of its own that no kind before it has; Enter is the last one
 * again.
 */
#include "app_private.h"

#include <stdio.h>
#include <string.h>

/* The name of the INDEX-th kind, which is LENGTH bytes of it; NULL: there is none. */
static const char *event_kind(const struct app *app, unsigned index, size_t *length)
{
	const char *at = app->status.event_kinds;

	if (app->counts_event) {
		at = index < app->rounds.num_kinds ? app->rounds.kinds[index] : "";
		index = 0;
	}
	while (*at && index--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	*length = strcspn(at, " ");
	return *length ? at : NULL;
}

char app_event_kind(const struct app *app, unsigned index, char kind[24])
{
	char used[32] = "", letter = 0;
	size_t length;
	const char *name;

	for (unsigned i = 0; i <= index && i + 1 < sizeof(used); i++) {
		name = event_kind(app, i, &length);
		if (!name)
			return 0;
		letter = 0;
		for (size_t at = 0; at < length && !letter; at++)
			if (!strchr(used, name[at]))
				letter = name[at];
		used[i] = letter ? letter : '-';
		snprintf(kind, 24, "%.*s", length > 23 ? 23 : (int)length, name);
	}
	return letter;
}

void app_open_event_menu(struct app *app, bool counts)
{
	app->prompt = PROMPT_EVENT;
	app->counts_event = counts;
}

void app_open_events(struct app *app)
{
	if (app->status.state == LIVE_STILL || app_is_recording(app))
		app_say(app, false, "a file does not run: ] goes on in it");
	else if (app->status.state == LIVE_ENDED)
		app_say(app, false, "the target has ended");
	else if (!app->status.event_kinds[0])
		app_say(app, true, "this target's profile names no events to stop at");
	else if (app->busy[0])
		app_say(app, false, "on the way to %s already; Esc gives up", app->busy);
	else
		app_open_event_menu(app, false);
}

/* The kind that was chosen: to run to, or to count at. */
static enum app_request choose_event(struct app *app, const char kind[24])
{
	app->prompt = PROMPT_NONE;
	if (!app->counts_event) {
		memmove(app->event, kind, sizeof(app->event));
		app->to_event = true;
		return APP_EVENT;
	}
	app->rounds.rule = ROUND_EVENT;
	memmove(app->rounds.event, kind, sizeof(app->rounds.event));
	app_recount(app);
	return APP_NOTHING;
}

enum app_request app_event_key(struct app *app, uint32_t key)
{
	char kind[24], letter;

	if (key == UI_KEY_ESCAPE || key == UI_CTRL('c') || key == 'q')
		app->prompt = PROMPT_NONE;
	if (key == UI_KEY_ENTER && app->event[0] && !app->counts_event)
		return choose_event(app, app->event);
	for (unsigned i = 0; app->prompt == PROMPT_EVENT && event_kind(app, i, &(size_t){0}); i++) {
		letter = app_event_kind(app, i, kind);
		if (letter && (uint32_t)letter == key)
			return choose_event(app, kind);
	}
	return APP_NOTHING;
}

/* The last event of the kind that was run to, in a few words. */
static void add_arrival(const struct app *app, struct text *text)
{
	uint32_t count =
		app->scene ? event_log_until(&app->events, app->scene->snapshot->events_head) : 0;

	while (count-- > 0) {
		if (strcmp(app->events.events[count].kind, app->event) != 0)
			continue;
		text_add(text, ": ");
		event_add(app->scene, count, text);
		return;
	}
}

/* What the scenario said last, if that was not told at an earlier step. */
static const char *new_words(struct app *app)
{
	const struct scene_log *log = &app->log;

	for (uint32_t i = log->count; i-- > 0 && log->first + i >= app->said;) {
		if (strncmp(log->lines[i], "say: ", 5) != 0)
			continue;
		app->said = log->first + log->count;
		return log->lines[i] + 5;
	}
	return NULL;
}

void app_count_event(struct app *app)
{
	if (app->to_event)
		rounds_happened(&app->rounds, app->event);
}

void app_arrived(struct app *app)
{
	const char *words = app->to_event ? NULL : new_words(app);
	struct text text;

	text_clear(&text);
	if (words)
		text_add(&text, "step: %s", words);
	else
		text_add(&text, "%s", app->status.note);
	if (app->to_event)
		add_arrival(app, &text);
	app_say(app, false, "%s", text.bytes);
}
