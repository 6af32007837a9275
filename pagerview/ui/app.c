/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything shown is a function of (scene, state of the view): keys change the state, snapshots
 * change the scene, drawing reads both. A scene is made when the moment on screen changes, not
 * while drawing.
 *
 * This file holds the state, what comes in and what is made of it; the others, app_*.c, are what a
 * user does with it.
 */
#include "app_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"
#include "layout.h"
#include "tutor.h"

#define REPLAY_BYTES (16u << 20) /* of snapshots before the one on screen, for their events */

bool app_init(struct app *app, bool ascii)
{
	memset(app, 0, sizeof(*app));
	history_init(&app->history, HISTORY_BYTES);
	event_log_init(&app->events);
	if (!rounds_init(&app->rounds))
		return false;
	for (int i = 0; i < NUM_VIEWS; i++) {
		list_init(&app->states[i].master);
		list_init(&app->states[i].detail);
		if (views[i]->master && views[i]->master->worst_first) {
			app->states[i].master.sort = views[i]->master->worst_first;
			app->states[i].master.inverted = true;
		}
	}
	app->view = VIEW_PAGES;
	app->before_help = VIEW_PAGES;
	app->newest = true;
	app->ascii = ascii;
	app->layout = calloc(1, sizeof(*app->layout));
	return app->layout != NULL;
}

static void clear_log(struct app *app)
{
	for (uint32_t i = 0; i < app->log.count; i++)
		free(app->log.lines[i]);
	free(app->log.lines);
	app->log.lines = NULL;
	app->log.count = 0;
}

void app_deinit(struct app *app)
{
	scene_destroy(app->scene);
	moment_put(app->shown);
	moment_put(app->mark);
	history_deinit(&app->history);
	clear_log(app);
	event_log_deinit(&app->events);
	rounds_deinit(&app->rounds);
	canvas_destroy(app->painted);
	for (int i = 0; i < NUM_VIEWS; i++) {
		list_deinit(&app->states[i].master);
		list_deinit(&app->states[i].detail);
	}
	free(app->layout);
}

void app_say(struct app *app, bool bad, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->message, sizeof(app->message), format, args);
	va_end(args);
	app->bad_message = bad;
}

uint32_t app_master_parent(const struct app *app, const struct view *view,
			   const struct list_state *master)
{
	struct row row = list_row(master, app->scene, NONE);

	if (row.index == NONE)
		return NONE;
	return view->parent ? view->parent(&row) : row.index;
}

struct ref app_cursor_ref(const struct app *app, const struct list_state *list,
			  const struct list_spec *spec, uint32_t parent)
{
	struct row row = list_row(list, app->scene, parent);

	return row.index == NONE ? REF_NONE : spec->object(&row);
}

void app_update_lists(struct app *app)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];
	struct ref about;

	if (!app->scene || !view->master)
		return;
	list_update(&state->master, view->master, app->scene, NONE, &app->tags);
	if (!view->detail)
		return;
	about = app_cursor_ref(app, &state->master, view->master, NONE);
	if (!ref_equal(about, state->detail_of))
		list_restart(&state->detail);
	state->detail_of = about;
	list_update(&state->detail, view->detail, app->scene,
		    app_master_parent(app, view, &state->master), &app->tags);
	if (!state->detail.count && !state->detail.filter[0])
		state->in_detail = false;
}

struct list_state *app_focus(struct app *app, const struct list_spec **spec, uint32_t *parent)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];

	if (!view->master || !app->scene)
		return NULL;
	*spec = state->in_detail ? view->detail : view->master;
	*parent = state->in_detail ? app_master_parent(app, view, &state->master) : NONE;
	return state->in_detail ? &state->detail : &state->master;
}

static const struct snapshot *compared_with(const struct app *app)
{
	uint32_t position = history_position(&app->history, app->shown);
	struct moment *before;

	if (app->since_mark && app->mark)
		return app->mark->snapshot;
	if (position == NONE || position == 0)
		return NULL;
	before = history_at(&app->history, position - 1);
	return before ? before->snapshot : NULL;
}

/*
 * The events of a recording are those of the moments up to the one on screen, as far back as
 * REPLAY_BYTES of snapshots: the same for whatever way led there.
 */
static void replay_events(struct app *app, uint32_t position)
{
	struct moment *moment = history_at(&app->history, position);
	uint32_t from = position;
	size_t bytes = 0;

	while (from && bytes < REPLAY_BYTES && (moment = history_at(&app->history, from - 1))) {
		bytes += arena_bytes(moment->snapshot->arena);
		from--;
	}
	event_log_clear(&app->events);
	for (uint32_t i = from; i <= position; i++)
		if ((moment = history_at(&app->history, i)))
			event_log_add(&app->events, moment->snapshot);
}

void app_show_moment(struct app *app, struct moment *moment)
{
	struct scene *scene;

	moment_get(moment);
	moment_put(app->shown);
	app->shown = moment;
	if (app_is_recording(app))
		replay_events(app, history_position(&app->history, moment));
	scene = scene_create(moment->snapshot, compared_with(app));
	if (!scene)
		app_say(app, true, "out of memory: nothing new can be shown");
	scene_destroy(app->scene);
	app->scene = scene;
	if (scene) {
		scene->log = &app->log;
		scene->events = &app->events;
		scene->page = &app->page;
		scene->rounds = &app->rounds;
	}
	rounds_show(&app->rounds, moment);
	app_update_lists(app);
	tutor_show(app);
}

void app_add_snapshot(struct app *app, struct snapshot *snapshot)
{
	uint32_t kinds;

	if (app_is_recording(app)) {
		snapshot_destroy(snapshot); /* it is one of those that are there */
		return;
	}
	event_log_add(&app->events, snapshot);
	kinds = rounds_kinds(&app->rounds, snapshot);
	if (tutor_has(app, snapshot)) {
		snapshot_destroy(snapshot);
		return;
	}
	if (!history_add(&app->history, snapshot)) {
		app_say(app, true, "out of memory: a refresh is lost");
		return;
	}
	app_count_moment(app, history_newest(&app->history), kinds);
	tutor_judge(app);
	if (app->newest)
		app_show_moment(app, history_newest(&app->history));
}

void app_set_status(struct app *app, const struct live_status *status)
{
	app->status = *status;
	app->waiting = 0;
}

void app_set_busy(struct app *app, const char *where)
{
	snprintf(app->busy, sizeof(app->busy), "%s", where);
}

bool app_set_waiting(struct app *app, unsigned seconds)
{
	if (app->status.state == LIVE_ENDED || app->status.state == LIVE_STILL ||
	    app->waiting == seconds)
		return false;
	app->waiting = seconds;
	return true;
}

void app_set_log(struct app *app, char *const *lines, uint32_t count, uint64_t first)
{
	struct list_state *list = &app->states[VIEW_LOG].master;
	char **copy = calloc(count ? count : 1, sizeof(*copy));
	uint32_t copied = 0;
	uint64_t dropped;

	if (!copy)
		return;
	while (copied < count && (copy[copied] = strdup(lines[copied])))
		copied++;
	/* A line has no name to find it by: one that is not the last is followed by its number. */
	dropped = first > app->log.first ? first - app->log.first : 0;
	if (list->cursor + 1ull < list->count)
		list->cursor = list->cursor > dropped ? list->cursor - (uint32_t)dropped : 0;
	list->moved = true;
	clear_log(app);
	app->log.lines = copy;
	app->log.count = copied;
	app->log.first = first;
	app->log.version++;
	app_update_lists(app);
}
