/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys: what each command does, by the part of the application that it belongs to. What only the
 * owner of the application can do is a request (app.h).
 */
#include "app_private.h"

#include <string.h>

#include "layout.h"
#include "tutor.h"

#define SHIFT_STEP 16 /* columns that a long text moves by */

/* *TOP, the row that is seen first; the drawing keeps it in bounds. False: no such command. */
static bool scroll(const struct app *app, enum command command, int *top)
{
	int screen = app->layout->master.rows > 1 ? app->layout->master.rows - 1 : 1;

	switch (command) {
	case COMMAND_UP:
		*top -= 1;
		return true;
	case COMMAND_DOWN:
		*top += 1;
		return true;
	case COMMAND_PAGE_UP:
		*top -= screen;
		return true;
	case COMMAND_PAGE_DOWN:
		*top += screen;
		return true;
	case COMMAND_FIRST:
		*top = 0;
		return true;
	case COMMAND_LAST:
		*top = INT16_MAX;
		return true;
	default:
		return false;
	}
}

static void scroll_painted(struct app *app, enum command command)
{
	struct view_state *state = &app->states[app->view];

	scroll(app, command, &state->scroll_row);
	if (command == COMMAND_FIRST)
		state->scroll_col = 0;
	else if (command == COMMAND_LEFT)
		state->scroll_col -= 8;
	else if (command == COMMAND_RIGHT)
		state->scroll_col += 8;
}

/* Where there is more of it than is seen, keys that move do; any other one ends it. */
static void sheet_key(struct app *app, uint32_t key)
{
	if (app->sheet_rows <= app->layout->master.rows ||
	    !scroll(app, keys_command(key), &app->sheet_top))
		app->prompt = PROMPT_NONE;
}

static void move_sideways(struct app *app, enum command command)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	int step = command == COMMAND_RIGHT ? 1 : -1;

	if (spec->cell)
		list_go(list, spec, app->scene, parent, (int64_t)list->cursor + step);
	else if (command == COMMAND_RIGHT && views[app->view]->detail &&
		 !app->states[app->view].in_detail)
		app_enter_detail(app);
	else if (command == COMMAND_RIGHT)
		list->shift += list->shift < 4096 ? SHIFT_STEP : 0;
	else if (list->shift)
		list->shift -= SHIFT_STEP;
	else
		app->states[app->view].in_detail = false;
}

static void move(struct app *app, enum command command)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (app_is_painted(app->view))
		scroll_painted(app, command);
	else if (!list)
		return;
	else if (command == COMMAND_LEFT || command == COMMAND_RIGHT)
		move_sideways(app, command);
	else if ((command == COMMAND_SORT || command == COMMAND_SORT_PREVIOUS) &&
		 !list_is_sortable(spec))
		app_say(app, false, "this list has one order: that of the target");
	else
		list_command(list, spec, app->scene, parent, command);
	app_update_lists(app);
}

static bool object_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_STORED:
		app_toggle_stored(app);
		return true;
	case COMMAND_EVENTS_OF:
		app_show_events(app);
		return true;
	case COMMAND_FOLLOW:
		app_follow(app);
		return true;
	case COMMAND_BACK:
		app_go_back(app);
		return true;
	case COMMAND_SEARCH:
		app_open_prompt(app, PROMPT_SEARCH);
		return true;
	case COMMAND_FILTER:
		app_open_prompt(app, PROMPT_FILTER);
		return true;
	case COMMAND_NEXT:
		if (app->needle[0])
			app_search(app, 1, false);
		else
			app_open_events(app);
		return true;
	case COMMAND_NEXT_EVENT:
		app_open_events(app);
		return true;
	case COMMAND_PREVIOUS:
		app_search(app, -1, false);
		return true;
	case COMMAND_TAG:
		app_toggle_tag(app);
		return true;
	case COMMAND_UNTAG:
		app->tags.count = 0;
		app->tags.version++;
		app_update_lists(app);
		return true;
	case COMMAND_CANCEL:
		app_cancel(app);
		return true;
	default:
		return false;
	}
}

/* Is there a target to ask something of? If it has ended, that is said. */
static bool still_there(struct app *app)
{
	if (app->status.state == LIVE_ENDED)
		app_say(app, false, "the target has ended; [ goes back in time");
	return app->status.state != LIVE_ENDED;
}

static enum app_request program_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_QUIT:
		return APP_QUIT;
	case COMMAND_PAUSE:
		if (app->newest && !app_is_recording(app))
			return still_there(app) ? APP_PAUSE : APP_NOTHING;
		app_toggle_play(app);
		break;
	case COMMAND_STEP:
		if (app->newest && !app_is_recording(app)) {
			app->to_event = false;
			return still_there(app) ? APP_STEP : APP_NOTHING;
		}
		app_step_in_time(app, 1);
		break;
	case COMMAND_REDRAW:
		return APP_REDRAW;
	case COMMAND_SUSPEND:
		return APP_SUSPEND;
	case COMMAND_SHOT:
		return APP_SHOT;
	case COMMAND_RECORD:
		return APP_RECORD;
	case COMMAND_STATUS:
		app->prompt = PROMPT_STATUS;
		app->sheet_top = 0;
		break;
	case COMMAND_HELP:
		app_switch_view(app, app->view == VIEW_HELP ? app->before_help : VIEW_HELP);
		break;
	case COMMAND_NEXT_VIEW:
		app_next_view(app, 1);
		break;
	case COMMAND_PREVIOUS_VIEW:
		app_next_view(app, -1);
		break;
	default:
		move(app, command);
		break;
	}
	return APP_NOTHING;
}

enum app_request app_key(struct app *app, uint32_t key)
{
	enum command command;
	enum app_request request;

	if (key == UI_KEY_NOTHING) /* a new size, the mouse's button let go: nobody answered */
		return APP_NOTHING;
	if (app->message[0])
		memcpy(app->told, app->message, sizeof(app->told));
	app->message[0] = '\0';
	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE) {
		sheet_key(app, key);
		return APP_NOTHING;
	}
	if (app->prompt == PROMPT_EVENT)
		return app_event_key(app, key);
	if (app->prompt == PROMPT_POINTS) {
		app_points_key(app, key);
		return APP_NOTHING;
	}
	if (app->prompt != PROMPT_NONE) {
		app_prompt_key(app, key);
		return APP_NOTHING;
	}
	if (tutor_key(app, key, &request))
		return request;
	command = keys_command(key);
	if (command == COMMAND_CANCEL && app->busy[0])
		return APP_GIVE_UP;
	if (command >= COMMAND_VIEW_MAP && command <= COMMAND_VIEW_LOG) {
		app_switch_view(app, (enum view_id)(command - COMMAND_VIEW_MAP));
		return APP_NOTHING;
	}
	if (app_time_command(app, command) || object_command(app, command))
		return APP_NOTHING;
	return program_command(app, command);
}
