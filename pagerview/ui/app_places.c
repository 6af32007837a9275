/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Getting about: from view to view, along references and back. Enter goes from a row into the list
 * beneath, and from a row there to where it leads, which pushes the place it came from; Backspace
 * undoes either. Places name objects, not rows, so the way back is right even when the lists have
 * moved on.
 */
#include "app_private.h"

#include <stdio.h>
#include <string.h>

struct ref app_focused_ref(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	struct row row;

	if (!list || !list->count)
		return REF_NONE;
	row = list_row(list, app->scene, parent);
	return spec->object(&row);
}

static bool select_in(struct app *app, enum view_id id, struct ref ref)
{
	const struct view *view = views[id];
	struct list_state *master = &app->states[id].master;
	uint32_t index;

	if (!app->scene || !view->find)
		return false;
	index = view->find(app->scene, ref);
	if (index == NONE)
		return false;
	list_update(master, view->master, app->scene, NONE, &app->tags);
	if (list_go_index(master, view->master, app->scene, NONE, index))
		return true;
	master->filter[0] = '\0'; /* it hides the very row that was asked for */
	list_update(master, view->master, app->scene, NONE, &app->tags);
	return list_go_index(master, view->master, app->scene, NONE, index);
}

bool app_is_painted(enum view_id id)
{
	return views[id]->paint != NULL;
}

void app_switch_view(struct app *app, enum view_id id)
{
	struct ref ref = scene_event_object(app->scene, app_focused_ref(app));
	const struct list_spec *spec;
	bool chosen = app_is_painted(app->view);
	uint32_t parent;

	if (id == app->view)
		return;
	if (ref.kind != OBJECT_NONE && !app_is_painted(app->view)) {
		const struct list_state *list = app_focus(app, &spec, &parent);

		/* What came last, where the cursor goes by itself, is nobody's choice. */
		chosen = list->chosen && !(spec->tail && list->cursor + 1 >= list->count);
		if (chosen || !spec->tail)
			app->about = ref;
	}
	if (app->view != VIEW_HELP && id == VIEW_HELP)
		app->before_help = app->view;
	app->view = id;
	app->states[id].scroll_row = app->states[id].scroll_col = 0;
	if (chosen)
		select_in(app, id, app->about);
	app_update_lists(app);
}

void app_next_view(struct app *app, int step)
{
	int count = VIEW_HELP; /* which has a key of its own */

	app_switch_view(app, (enum view_id)(((int)app->view + step + count) % count));
}

static struct place here(struct app *app)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];
	struct place place = {.view = app->view, .in_detail = state->in_detail};

	if (!app->scene || !view->master)
		return place;
	place.selected = app_cursor_ref(app, &state->master, view->master, NONE);
	if (view->detail)
		place.detail = app_cursor_ref(app, &state->detail, view->detail,
					      app_master_parent(app, view, &state->master));
	return place;
}

void app_push_place(struct app *app)
{
	if (app->num_places == MAX_PLACES) {
		memmove(app->places, app->places + 1, sizeof(app->places) - sizeof(app->places[0]));
		app->num_places--;
	}
	app->places[app->num_places++] = here(app);
}

/* The row of the object in the list beneath, if it is there still. */
static void select_detail(struct app *app, struct ref ref)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	for (uint32_t i = 0; list && i < list->count; i++) {
		struct row row = {app->scene, parent, list->order[i]};

		if (ref_equal(spec->object(&row), ref)) {
			list_go(list, spec, app->scene, parent, i);
			return;
		}
	}
}

void app_go_back(struct app *app)
{
	struct view_state *state = &app->states[app->view];
	struct place place;

	if (state->in_detail) {
		state->in_detail = false;
		return;
	}
	if (!app->num_places) {
		app_say(app, false, "this is where you began");
		return;
	}
	place = app->places[--app->num_places];
	app->view = place.view;
	if (place.selected.kind != OBJECT_NONE && !select_in(app, place.view, place.selected))
		app_say(app, false, "the object you came from is gone");
	app_update_lists(app);
	if (place.in_detail && app->states[place.view].detail.count) {
		app->states[place.view].in_detail = true;
		select_detail(app, place.detail);
	}
}

void app_enter_detail(struct app *app)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];

	if (!view->detail || !state->master.count)
		return;
	if (!state->detail.count && !state->detail.filter[0])
		app_say(app, false, "%s", view->detail->empty);
	else
		state->in_detail = true;
}

static void go_to(struct app *app, struct ref ref)
{
	enum view_id id = view_home(ref.kind);

	app_push_place(app);
	app->view = id;
	app->about = ref;
	app->states[id].in_detail = false;
	if (!select_in(app, id, ref)) {
		app_go_back(app);
		app_say(app, true, "that object is not in this snapshot");
	}
	app_update_lists(app);
}

/* Of a list of lines to read: the one under the cursor, as long as it is. */
static bool show_line(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list || !list->count || !spec->lines)
		return false;
	app->prompt = PROMPT_LINE;
	app->sheet_top = 0;
	return true;
}

void app_follow(struct app *app)
{
	struct ref ref = app_focused_ref(app);

	if (show_line(app))
		return;

	if (app_is_painted(app->view))
		ref = app->about;
	else if (!app->states[app->view].in_detail) {
		app_enter_detail(app);
		return;
	}
	if (ref.kind == OBJECT_NONE)
		app_say(app, false, "it leads to nothing that is shown");
	else
		go_to(app, ref);
}

/* What the pager did with the selected object: the events that name its address. */
void app_show_events(struct app *app)
{
	struct ref ref = scene_event_object(app->scene, app_focused_ref(app));
	uint32_t index = app->scene ? scene_find(app->scene, ref) : NONE;
	char filter[32];

	if (index == NONE) {
		app_say(app, false, "no object is selected");
		return;
	}
	/* Events of a page are told of its fobj. */
	if (ref.kind == OBJECT_PMEM && app->scene->snapshot->pmems[index].fobj != NONE)
		ref = scene_ref(app->scene, OBJECT_FOBJ, app->scene->snapshot->pmems[index].fobj);
	snprintf(filter, sizeof(filter), "0x%llx", (unsigned long long)ref.id);
	app_push_place(app);
	app->view = VIEW_EVENTS;
	app->states[VIEW_EVENTS].in_detail = false;
	app_set_filter(app, filter);
}

void app_look(struct app *app, enum view_id view, struct ref ref)
{
	char filter[32] = "";

	app->view = view;
	app->states[view].in_detail = false;
	app->states[view].scroll_row = app->states[view].scroll_col = 0;
	if (view == VIEW_EVENTS && ref.kind != OBJECT_NONE)
		snprintf(filter, sizeof(filter), "0x%llx", (unsigned long long)ref.id);
	if (view == VIEW_EVENTS)
		app_set_filter(app, filter);
	if (ref.kind != OBJECT_NONE) {
		app->about = ref;
		select_in(app, view, ref);
	}
	app_update_lists(app);
}
