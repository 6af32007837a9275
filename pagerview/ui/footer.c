/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last line: a message, what is being typed, or the keys that do something here, the first of
 * the table (keys.h) first, as many as fit. And the menu of events, whose keys it explains.
 */
#include <string.h>

#include "app.h"
#include "layout.h"

#define KIND_WIDTH 12

static bool is_past(const struct app *app)
{
	return !app->newest || app_is_recording(app);
}

static bool can_run(const struct app *app)
{
	return !is_past(app) &&
	       (app->status.state == LIVE_RUNNING || app->status.state == LIVE_PAUSED);
}

static bool has_kind(const struct app *app, const char *kind)
{
	size_t length = strlen(kind);

	for (const char *at = app->status.event_kinds; *at; at += strspn(at, " ")) {
		if (strcspn(at, " ") == length && !strncmp(at, kind, length))
			return true;
		at += strcspn(at, " ");
	}
	return false;
}

/* Of an object under the cursor. */
static bool has_object(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	struct row row;

	if (!list || !list->count)
		return false;
	row = list_row(list, app->scene, parent);
	return spec->object(&row).kind != OBJECT_NONE;
}

static bool list_applies(struct app *app, int command)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (command == COMMAND_FOLLOW)
		return views[app->view]->detail || views[app->view]->paint ||
		       (list && list->count && spec->lines);
	return list && (command != COMMAND_SORT || list_is_sortable(spec));
}

/* Whether the command would do something here. */
static bool command_applies(struct app *app, int command)
{
	switch (command) {
	case COMMAND_FOLLOW:
	case COMMAND_SEARCH:
	case COMMAND_FILTER:
	case COMMAND_SORT:
		return list_applies(app, command);
	case COMMAND_STORED:
		return app->view == VIEW_CONTENTS && !is_past(app) &&
		       strcmp(app->status.method, "file") != 0;
	case COMMAND_TAG:
		return has_object(app);
	case COMMAND_EVENTS_OF:
		return has_object(app) && app->view != VIEW_EVENTS && app->events.count;
	case COMMAND_STEP:
		return can_run(app) && has_kind(app, "step");
	case COMMAND_RECORD:
		return !app_is_recording(app) && app->status.state != LIVE_STILL;
	case COMMAND_DIFF:
		return app->mark != NULL;
	case COMMAND_POINTS:
		return app->view == VIEW_GROWTH;
	case COMMAND_BACK:
		return app->num_places || app->states[app->view].in_detail;
	case COMMAND_PAUSE:
		return is_past(app) ? app->history.count > 1 : can_run(app);
	case COMMAND_NEXT:
		return app->needle[0] || (app->status.event_kinds[0] && can_run(app));
	case COMMAND_OLDER:
		return app->history.count > 1;
	case COMMAND_NEWER:
		return !app->newest;
	case COMMAND_NEWEST:
		return !app->newest && !app_is_recording(app);
	default:
		return true;
	}
}

/* What the key does here, where that is more than one thing. */
static const char *hint_of(const struct app *app, int command)
{
	if (command == COMMAND_PAUSE && is_past(app))
		return app->playing ? "hold" : "play";
	if (command == COMMAND_PAUSE && app->status.state == LIVE_PAUSED)
		return "run";
	if (command == COMMAND_RECORD && app->record.on)
		return "stop recording";
	if (command == COMMAND_STORED && app->page.place.stored)
		return "the page";
	if (command == COMMAND_FOLLOW && views[app->view]->master &&
	    views[app->view]->master->lines)
		return "whole line";
	if (command == COMMAND_NEXT && app->needle[0])
		return "match";
	return command_infos[command].hint;
}

static void draw_hints(struct app *app, struct canvas *canvas, int row)
{
	int at = 1;

	for (int i = COMMAND_NONE + 1; i < NUM_COMMANDS; i++) {
		const char *keys = keys_of((enum command)i);
		const char *hint = hint_of(app, i);
		int key = (int)strcspn(keys, " "), label = (int)strlen(hint);

		if (!label || at + key + label + 2 > canvas->cols || !command_applies(app, i))
			continue;
		at += canvas_printf(canvas, row, at, key, STYLE_KEY, "%.*s", key, keys);
		at += canvas_printf(canvas, row, at, label + 1, STYLE_DIM, " %s", hint);
		at += 2;
	}
}

static void draw_sheet_hint(const struct app *app, struct canvas *canvas, int row)
{
	int seen = app->layout->master.rows, end = app->sheet_top + seen;

	if (app->sheet_rows <= seen)
		canvas_text(canvas, row, 1, canvas->cols - 2, STYLE_DIM, "any key: back");
	else
		canvas_printf(canvas, row, 1, canvas->cols - 2, STYLE_DIM,
			      "%d-%d of %d, Down Up, any key: back", app->sheet_top + 1,
			      end < app->sheet_rows ? end : app->sheet_rows, app->sheet_rows);
}

void footer_draw(struct app *app, struct canvas *canvas, int row)
{
	int at;

	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE) {
		draw_sheet_hint(app, canvas, row);
	} else if (app->prompt == PROMPT_POINTS || app->prompt == PROMPT_EVENT) {
		at = 1 + canvas_text(canvas, row, 1, canvas->cols - 2, STYLE_KEY, "a letter");
		at += canvas_text(canvas, row, at, canvas->cols - at - 1, STYLE_DIM, " chooses, ");
		if (app->event[0] && app->prompt == PROMPT_EVENT && !app->counts_event)
			at += canvas_printf(canvas, row, at, canvas->cols - at - 1, STYLE_DIM,
					    "Enter: %s again, ", app->event);
		canvas_text(canvas, row, at, canvas->cols - at - 1, STYLE_DIM, "Esc: none");
	} else if (app->prompt != PROMPT_NONE) {
		at = 1 + canvas_text(canvas, row, 1, 10, STYLE_KEY,
				     app->prompt == PROMPT_SEARCH ? "search: " : "filter: ");
		at += canvas_text(canvas, row, at, canvas->cols - at - 1, STYLE_TEXT, app->input);
		canvas_flag(canvas, row, at, 1, CELL_SELECTED);
	} else if (app->message[0]) {
		canvas_text(canvas, row, 1, canvas->cols - 2,
			    app->bad_message ? STYLE_BAD : STYLE_STRONG, app->message);
	} else {
		draw_hints(app, canvas, row);
	}
}

void footer_draw_events(const struct app *app, struct canvas *canvas, struct rect rect)
{
	int rows = rect.rows - 1, row = 0, col = 2;
	char kind[24], letter;

	canvas_text(canvas, rect.row, 1, rect.cols - 2, STYLE_TITLE,
		    app->counts_event ? "growth: a point is each ..."
				      : "run on, and pause at the next ...");
	if (rows < 1)
		return;
	for (unsigned i = 0; col + KIND_WIDTH <= rect.cols; i++) {
		letter = app_event_kind(app, i, kind);
		if (!letter)
			return;
		canvas_put(canvas, rect.row + 1 + row, col, STYLE_KEY, (uint32_t)letter);
		canvas_text(canvas, rect.row + 1 + row, col + 2, KIND_WIDTH - 3,
			    strcmp(kind, app->counts_event ? app->rounds.event : app->event) == 0
				    ? STYLE_STRONG
				    : STYLE_TEXT,
			    kind);
		if (++row == (rows < 6 ? rows : 6)) {
			row = 0;
			col += KIND_WIDTH;
		}
	}
}

void footer_draw_points(const struct app *app, struct canvas *canvas, struct rect rect)
{
	canvas_text(canvas, rect.row, 1, rect.cols - 2, STYLE_TITLE,
		    "growth: a point is the first whole moment after each ...");
	for (int i = 0; i < NUM_ROUND_RULES && i + 1 < rect.rows; i++) {
		canvas_put(canvas, rect.row + 1 + i, 2, STYLE_KEY, (uint32_t)round_rules[i].key);
		canvas_text(canvas, rect.row + 1 + i, 4, rect.cols - 5,
			    i == (int)app->rounds.rule ? STYLE_STRONG : STYLE_TEXT,
			    round_rules[i].what);
	}
}
