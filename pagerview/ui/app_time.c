/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: back and forth through what was seen, playing it, and comparing with a mark.
 */
#include "app_private.h"

#define PLAY_MIN_MS 100 /* that a moment is shown for, at least */
#define PLAY_MAX_MS 1000
#define MAX_BROKEN  64 /* moments that are passed over at once */

static void show_at(struct app *app, int64_t position)
{
	int64_t last = (int64_t)app->history.count - 1;
	struct moment *moment;

	if (last < 0)
		return;
	if (position < 0)
		app_say(app, false, "this is the oldest moment that is kept");
	if (position > last)
		app_say(app, false, "this is the newest moment");
	position = position < 0 ? 0 : position > last ? last : position;
	moment = history_at(&app->history, (uint32_t)position);
	if (!moment) {
		app->playing = false;
		app_say(app, true, "%s", history_trouble(&app->history));
		return;
	}
	app->newest = position == last;
	app->playing = app->playing && !app->newest;
	app_show_moment(app, moment);
}

static int64_t shown_position(const struct app *app)
{
	uint32_t position = history_position(&app->history, app->shown);

	return position == NONE ? 0 : (int64_t)position;
}

bool app_is_recording(const struct app *app)
{
	return app->history.deck != NULL;
}

bool app_open_recording(struct app *app, const struct history_source *source, const char *note)
{
	history_deinit(&app->history);
	if (!history_init_source(&app->history, HISTORY_BYTES, source))
		return false;
	rounds_rebuild(&app->rounds, &app->history);
	show_at(app, 0);
	if (*note && !app->message[0])
		app_say(app, true, "%s", note);
	return true;
}

/* A moment that cannot be had is passed over: the next one may be whole. */
void app_step_in_time(struct app *app, int step)
{
	int64_t position = shown_position(app), last = (int64_t)app->history.count - 1;
	struct moment *before = app->shown;

	for (int tries = 0; tries < MAX_BROKEN && app->shown == before; tries++) {
		position += step;
		show_at(app, position);
		if (position <= 0 || position >= last)
			return;
	}
}

/* As it was, but nobody waits long for nothing, and what was quick can still be seen. */
int app_play_wait(const struct app *app)
{
	struct moment *next;
	double ms;

	if (!app->playing)
		return -1;
	next = history_at(&app->history, (uint32_t)shown_position(app) + 1);
	if (!next || !app->shown)
		return PLAY_MIN_MS;
	ms = (next->snapshot->capture.time - app->shown->snapshot->capture.time) * 1000;
	return ms > PLAY_MAX_MS ? PLAY_MAX_MS : ms > PLAY_MIN_MS ? (int)ms : PLAY_MIN_MS;
}

void app_play(struct app *app)
{
	if (app->playing)
		app_step_in_time(app, 1);
}

/* From the end of a recording: once more from its beginning. */
void app_toggle_play(struct app *app)
{
	app->playing = !app->playing;
	if (app->playing && app->newest) {
		show_at(app, 0);
		app->playing = app->history.count > 1;
	}
}

static void set_mark(struct app *app)
{
	if (!app->shown)
		return;
	moment_put(app->mark);
	app->mark = moment_get(app->shown);
	app_say(app, false, "marked; d compares with it from now on");
}

static void toggle_diff(struct app *app)
{
	if (!app->mark) {
		app_say(app, false, "no moment is marked yet: m marks the one on screen");
		return;
	}
	app->since_mark = !app->since_mark;
	app_show_moment(app, app->shown);
	app_say(app, false,
		app->since_mark ? "+ and ~ now show what changed since the mark"
				: "+ and ~ now show what changed since the moment before");
}

bool app_time_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_OLDER:
		app->playing = false;
		app_step_in_time(app, -1);
		return true;
	case COMMAND_NEWER:
		app->playing = false;
		app_step_in_time(app, 1);
		return true;
	case COMMAND_OLDEST:
		app->playing = false;
		show_at(app, 0);
		return true;
	case COMMAND_NEWEST:
		show_at(app, (int64_t)app->history.count - 1);
		return true;
	case COMMAND_POINT:
		app_toggle_point(app);
		return true;
	case COMMAND_POINTS:
		app->prompt = PROMPT_POINTS;
		return true;
	case COMMAND_MARK:
		set_mark(app);
		return true;
	case COMMAND_DIFF:
		toggle_diff(app);
		return true;
	default:
		return false;
	}
}
