/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything shown is a function of (scene, state of the view): keys change the state, snapshots
 * change the scene, drawing reads both. A scene is made when the moment on screen changes, not
 * while drawing.
 *
 * Following a reference: Enter goes from a row into the list beneath, and from a row there to
 * where it leads, which pushes the place it came from; Backspace undoes either. Places name
 * objects, not rows, so the way back is right even when the lists have moved on.
 */
#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"
#include "layout.h"
#include "tutor.h"

#define SHIFT_STEP   16          /* columns that a long text moves by */
#define REPLAY_BYTES (16u << 20) /* of snapshots before the one on screen, for their events */
#define PLAY_MIN_MS  100         /* that a moment is shown for, at least */
#define PLAY_MAX_MS  1000
#define MAX_BROKEN   64 /* moments that are passed over at once */

bool app_init(struct app *app, bool ascii)
{
	memset(app, 0, sizeof(*app));
	history_init(&app->history, HISTORY_BYTES);
	event_log_init(&app->events);
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

/* --- What is shown ------------------------------------------------------------------------- */

static uint32_t master_parent(const struct app *app, const struct view *view,
			      const struct list_state *master)
{
	struct row row = list_row(master, app->scene, NONE);

	if (row.index == NONE)
		return NONE;
	return view->parent ? view->parent(&row) : row.index;
}

static struct ref cursor_ref(const struct app *app, const struct list_state *list,
			     const struct list_spec *spec, uint32_t parent)
{
	struct row row = list_row(list, app->scene, parent);

	return row.index == NONE ? REF_NONE : spec->object(&row);
}

static void update_lists(struct app *app)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];
	struct ref about;

	if (!app->scene || !view->master)
		return;
	list_update(&state->master, view->master, app->scene, NONE, &app->tags);
	if (!view->detail)
		return;
	about = cursor_ref(app, &state->master, view->master, NONE);
	if (!ref_equal(about, state->detail_of))
		list_restart(&state->detail);
	state->detail_of = about;
	list_update(&state->detail, view->detail, app->scene,
		    master_parent(app, view, &state->master), &app->tags);
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
	*parent = state->in_detail ? master_parent(app, view, &state->master) : NONE;
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

static void show_moment(struct app *app, struct moment *moment)
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
	}
	update_lists(app);
	tutor_show(app);
}

void app_add_snapshot(struct app *app, struct snapshot *snapshot)
{
	if (app_is_recording(app)) {
		snapshot_destroy(snapshot); /* it is one of those that are there */
		return;
	}
	event_log_add(&app->events, snapshot);
	if (tutor_has(app, snapshot)) {
		snapshot_destroy(snapshot);
		return;
	}
	if (!history_add(&app->history, snapshot)) {
		app_say(app, true, "out of memory: a refresh is lost");
		return;
	}
	tutor_judge(app);
	if (app->newest)
		show_moment(app, history_newest(&app->history));
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
	update_lists(app);
}

/* Bytes read now are none of another moment's. */
static void contents_are_gone(struct app *app)
{
	struct scene_page *page = &app->page;
	const char *why = app_is_recording(app)
				  ? "a recording keeps the lists, not the contents of pages"
				  : "of the past the lists are kept, not the contents of pages";

	if (page->wanted && !page->known && strcmp(page->why, why) == 0)
		return;
	page->wanted = true;
	page->known = false;
	snprintf(page->why, sizeof(page->why), "%s", why);
	page->version++;
}

/* The page that contents are about: what was selected before, or the first page of it. */
static void choose_page(struct app *app)
{
	struct scene_page *page = &app->page;
	struct page_place place = {.stored = page->place.stored};
	uint32_t index, fobj;
	const struct snap_pmem *pmem;
	struct text why;

	if (app->view != VIEW_CONTENTS || !app->scene)
		return;
	if (!app->newest || app_is_recording(app)) {
		contents_are_gone(app);
		return;
	}
	index = scene_first_page(app->scene, app->about, &fobj);
	pmem = index == NONE ? NULL : &app->scene->snapshot->pmems[index];
	if (pmem) {
		place.pa = pmem->pa;
		place.fobj = pmem->fobj == NONE ? 0 : app->scene->snapshot->fobjs[pmem->fobj].id;
		place.page = pmem->page;
	}
	if (pmem && page->wanted && page_place_equal(&page->place, &place))
		return;
	text_clear(&why);
	if (!pmem && fobj != NONE) {
		text_add(&why, "no page of ");
		scene_add_ref(app->scene, app->about, &why);
		text_add(&why, " is in the pool");
	}
	if (!pmem && !page->wanted && !strcmp(page->why, why.bytes))
		return;
	page->wanted = pmem && pmem->pa_known;
	page->place = place;
	page->known = false;
	snprintf(page->why, sizeof(page->why), "%.190s", why.bytes);
	page->version++;
}

bool app_wants_page(struct app *app, struct page_place *place)
{
	choose_page(app);
	*place = app->page.place;
	return app->view == VIEW_CONTENTS && app->page.wanted && app->newest;
}

void app_set_page(struct app *app, const struct page_place *place, const uint8_t *bytes,
		  const char *why)
{
	struct scene_page *page = &app->page;

	if (!page->wanted || !page_place_equal(&page->place, place))
		return;
	page->known = bytes != NULL;
	if (bytes)
		memcpy(page->bytes, bytes, sizeof(page->bytes));
	snprintf(page->why, sizeof(page->why), "%s", why);
	page->version++;
	update_lists(app);
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

/* --- Getting about ------------------------------------------------------------------------- */

static struct ref focused_ref(struct app *app)
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

static bool is_painted(enum view_id id)
{
	return views[id]->paint != NULL;
}

static void switch_view(struct app *app, enum view_id id)
{
	struct ref ref = focused_ref(app);
	const struct list_spec *spec;
	bool chosen = is_painted(app->view);
	uint32_t parent;

	if (id == app->view)
		return;
	if (ref.kind != OBJECT_NONE && !is_painted(app->view)) {
		app->about = ref;
		chosen = app_focus(app, &spec, &parent)->chosen;
	}
	if (app->view != VIEW_HELP && id == VIEW_HELP)
		app->before_help = app->view;
	app->view = id;
	app->states[id].scroll_row = app->states[id].scroll_col = 0;
	if (chosen)
		select_in(app, id, app->about);
	update_lists(app);
}

static struct place here(struct app *app)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];
	struct place place = {.view = app->view, .in_detail = state->in_detail};

	if (!app->scene || !view->master)
		return place;
	place.selected = cursor_ref(app, &state->master, view->master, NONE);
	if (view->detail)
		place.detail = cursor_ref(app, &state->detail, view->detail,
					  master_parent(app, view, &state->master));
	return place;
}

static void push_place(struct app *app)
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

static void go_back(struct app *app)
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
	update_lists(app);
	if (place.in_detail && app->states[place.view].detail.count) {
		app->states[place.view].in_detail = true;
		select_detail(app, place.detail);
	}
}

static void enter_detail(struct app *app)
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

	push_place(app);
	app->view = id;
	app->about = ref;
	app->states[id].in_detail = false;
	if (!select_in(app, id, ref)) {
		go_back(app);
		app_say(app, true, "that object is not in this snapshot");
	}
	update_lists(app);
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
	return true;
}

static void follow(struct app *app)
{
	struct ref ref = focused_ref(app);

	if (show_line(app))
		return;

	if (is_painted(app->view))
		ref = app->about;
	else if (!app->states[app->view].in_detail) {
		enter_detail(app);
		return;
	}
	if (ref.kind == OBJECT_NONE)
		app_say(app, false, "it leads to nothing that is shown");
	else
		go_to(app, ref);
}

static void set_filter(struct app *app, const char *filter);

void app_look(struct app *app, enum view_id view, struct ref ref)
{
	char filter[32] = "";

	app->view = view;
	app->states[view].in_detail = false;
	app->states[view].scroll_row = app->states[view].scroll_col = 0;
	if (view == VIEW_EVENTS && ref.kind != OBJECT_NONE)
		snprintf(filter, sizeof(filter), "0x%llx", (unsigned long long)ref.id);
	if (view == VIEW_EVENTS)
		set_filter(app, filter);
	if (ref.kind != OBJECT_NONE) {
		app->about = ref;
		select_in(app, view, ref);
	}
	update_lists(app);
}

/* --- Time ---------------------------------------------------------------------------------- */

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
	show_moment(app, moment);
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
	show_at(app, 0);
	if (*note && !app->message[0])
		app_say(app, true, "%s", note);
	return true;
}

/* A moment that cannot be had is passed over: the next one may be whole. */
static void step_in_time(struct app *app, int step)
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
		step_in_time(app, 1);
}

/* From the end of a recording: once more from its beginning. */
static void toggle_play(struct app *app)
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
	show_moment(app, app->shown);
	app_say(app, false,
		app->since_mark ? "+ and ~ now show what changed since the mark"
				: "+ and ~ now show what changed since the moment before");
}

static bool time_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_OLDER:
		app->playing = false;
		step_in_time(app, -1);
		return true;
	case COMMAND_NEWER:
		app->playing = false;
		step_in_time(app, 1);
		return true;
	case COMMAND_OLDEST:
		app->playing = false;
		show_at(app, 0);
		return true;
	case COMMAND_NEWEST:
		show_at(app, (int64_t)app->history.count - 1);
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

/* --- Search, filter, tags ------------------------------------------------------------------ */

static bool search_here(struct app *app, int direction, bool here_too)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	return list &&
	       list_search(list, spec, app->scene, parent, app->needle, direction, here_too);
}

/* In this view, else in the first other one that has it. */
static void search(struct app *app, int direction, bool here_too)
{
	enum view_id start = app->view;

	if (!app->needle[0]) {
		app_say(app, false, "nothing to search for yet: / asks");
		return;
	}
	if (search_here(app, direction, here_too)) {
		update_lists(app);
		return;
	}
	for (int id = 0; id < VIEW_LOG; id++) {
		if (id == (int)start || !views[id]->master)
			continue;
		app->view = (enum view_id)id;
		app->states[id].in_detail = false;
		update_lists(app);
		if (search_here(app, 1, true)) {
			update_lists(app);
			app_say(app, false, "not in %s; found in %s", views[start]->name,
				views[id]->name);
			return;
		}
	}
	app->view = start;
	update_lists(app);
	app_say(app, true, "%s: not found", app->needle);
}

static void set_filter(struct app *app, const char *filter)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list)
		return;
	snprintf(list->filter, sizeof(list->filter), "%s", filter);
	update_lists(app);
}

static void open_prompt(struct app *app, enum prompt prompt)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list) {
		app_say(app, false, "there is no list here");
		return;
	}
	app->prompt = prompt;
	snprintf(app->input, sizeof(app->input), "%s", prompt == PROMPT_FILTER ? list->filter : "");
}

static void toggle_tag(struct app *app)
{
	struct ref ref = focused_ref(app);
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	uint32_t below;

	if (ref.kind == OBJECT_NONE)
		return;
	below = list->cursor + 1 < list->count ? list->order[list->cursor + 1] : NONE;
	if (!tags_toggle(&app->tags, ref)) {
		app_say(app, true, "no more than %d tags", MAX_TAGS);
		return;
	}
	update_lists(app);
	if (below != NONE)
		list_go_index(list, spec, app->scene, parent, below);
}

static void cancel(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (list && list->filter[0])
		set_filter(app, "");
	else if (app->needle[0])
		app->needle[0] = '\0';
	else if (app->states[app->view].in_detail)
		app->states[app->view].in_detail = false;
	else if (app->view == VIEW_HELP)
		switch_view(app, app->before_help);
}

/* --- Keys ---------------------------------------------------------------------------------- */

static void erase_character(char *text)
{
	size_t length = strlen(text);

	while (length && ((unsigned char)text[--length] & 0xc0) == 0x80)
		;
	text[length] = '\0';
}

static void add_character(char *text, size_t size, uint32_t key)
{
	char bytes[4];
	size_t length = strlen(text), more = text_encode(key, bytes);

	if (key < 0x20 || key == 0x7f || key >= KEY_NONE_YET || length + more >= size)
		return;
	memcpy(text + length, bytes, more);
	text[length + more] = '\0';
}

/*
 * The menu of events: each kind has a letter, the first of its own that no kind before it has;
 * Enter is the last one again.
 */
static const char *event_kind(const struct app *app, unsigned index, size_t *length)
{
	const char *at = app->status.event_kinds;

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

static void open_events(struct app *app)
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
		app->prompt = PROMPT_EVENT;
}

static enum app_request event_key(struct app *app, uint32_t key)
{
	char kind[24], letter;

	if (key == UI_KEY_ESCAPE || key == UI_CTRL('c') || key == 'q')
		app->prompt = PROMPT_NONE;
	if (key == UI_KEY_ENTER && app->event[0]) {
		app->prompt = PROMPT_NONE;
		app->to_event = true;
		return APP_EVENT;
	}
	for (unsigned i = 0; app->prompt == PROMPT_EVENT && event_kind(app, i, &(size_t){0}); i++) {
		letter = app_event_kind(app, i, kind);
		if (!letter || (uint32_t)letter != key)
			continue;
		app->prompt = PROMPT_NONE;
		memcpy(app->event, kind, sizeof(app->event));
		app->to_event = true;
		return APP_EVENT;
	}
	return APP_NOTHING;
}

static void prompt_key(struct app *app, uint32_t key)
{
	enum prompt prompt = app->prompt;

	switch (key) {
	case UI_KEY_ENTER:
		app->prompt = PROMPT_NONE;
		if (prompt == PROMPT_SEARCH) {
			memcpy(app->needle, app->input, sizeof(app->needle));
			search(app, 1, true);
		}
		return;
	case UI_KEY_ESCAPE:
	case UI_CTRL('c'):
	case UI_CTRL('g'):
		app->prompt = PROMPT_NONE;
		if (prompt == PROMPT_FILTER)
			set_filter(app, "");
		else
			app->needle[0] = '\0';
		return;
	case UI_KEY_BACKSPACE:
	case UI_KEY_DELETE:
		erase_character(app->input);
		break;
	case UI_CTRL('u'):
	case UI_CTRL('w'):
		app->input[0] = '\0';
		break;
	case UI_KEY_SPACE:
		add_character(app->input, sizeof(app->input), ' ');
		break;
	default:
		add_character(app->input, sizeof(app->input), key);
		break;
	}
	if (prompt == PROMPT_FILTER)
		set_filter(app, app->input);
	memcpy(app->needle, prompt == PROMPT_SEARCH ? app->input : app->needle,
	       sizeof(app->needle));
	if (prompt == PROMPT_SEARCH && app->needle[0])
		search_here(app, 1, true);
}

static void scroll_painted(struct app *app, enum command command)
{
	struct view_state *state = &app->states[app->view];
	int screen = app->layout->master.rows > 1 ? app->layout->master.rows - 1 : 1;

	switch (command) {
	case COMMAND_UP:
		state->scroll_row--;
		break;
	case COMMAND_DOWN:
		state->scroll_row++;
		break;
	case COMMAND_PAGE_UP:
		state->scroll_row -= screen;
		break;
	case COMMAND_PAGE_DOWN:
		state->scroll_row += screen;
		break;
	case COMMAND_FIRST:
		state->scroll_row = state->scroll_col = 0;
		break;
	case COMMAND_LAST:
		state->scroll_row = INT16_MAX;
		break;
	case COMMAND_LEFT:
		state->scroll_col -= 8;
		break;
	case COMMAND_RIGHT:
		state->scroll_col += 8;
		break;
	default:
		break;
	}
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
		enter_detail(app);
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

	if (is_painted(app->view))
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
	update_lists(app);
}

static void next_view(struct app *app, int step)
{
	int count = VIEW_HELP; /* which has a key of its own */

	switch_view(app, (enum view_id)(((int)app->view + step + count) % count));
}

/* What the pager did with the selected object: the events that name its address. */
static void show_events(struct app *app)
{
	struct ref ref = focused_ref(app);
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
	push_place(app);
	app->view = VIEW_EVENTS;
	app->states[VIEW_EVENTS].in_detail = false;
	set_filter(app, filter);
}

/* From the page to the store's copy of it, and back. */
static void toggle_stored(struct app *app)
{
	if (app->view != VIEW_CONTENTS) {
		app_say(app, false,
			"in the contents of a page (8) this shows the store's copy of it");
		return;
	}
	app->page.place.stored = !app->page.place.stored;
	app->page.wanted = false; /* choose_page() asks for it anew */
	app->page.known = false;
	choose_page(app);
	update_lists(app);
}

static bool object_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_STORED:
		toggle_stored(app);
		return true;
	case COMMAND_EVENTS_OF:
		show_events(app);
		return true;
	case COMMAND_FOLLOW:
		follow(app);
		return true;
	case COMMAND_BACK:
		go_back(app);
		return true;
	case COMMAND_SEARCH:
		open_prompt(app, PROMPT_SEARCH);
		return true;
	case COMMAND_FILTER:
		open_prompt(app, PROMPT_FILTER);
		return true;
	case COMMAND_NEXT:
		if (app->needle[0])
			search(app, 1, false);
		else
			open_events(app);
		return true;
	case COMMAND_NEXT_EVENT:
		open_events(app);
		return true;
	case COMMAND_PREVIOUS:
		search(app, -1, false);
		return true;
	case COMMAND_TAG:
		toggle_tag(app);
		return true;
	case COMMAND_UNTAG:
		app->tags.count = 0;
		app->tags.version++;
		update_lists(app);
		return true;
	case COMMAND_CANCEL:
		cancel(app);
		return true;
	default:
		return false;
	}
}

static enum app_request program_command(struct app *app, enum command command)
{
	switch (command) {
	case COMMAND_QUIT:
		return APP_QUIT;
	case COMMAND_PAUSE:
		if (app->newest && !app_is_recording(app))
			return APP_PAUSE;
		toggle_play(app);
		break;
	case COMMAND_STEP:
		if (app->newest && !app_is_recording(app)) {
			app->to_event = false;
			return APP_STEP;
		}
		step_in_time(app, 1);
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
		break;
	case COMMAND_HELP:
		switch_view(app, app->view == VIEW_HELP ? app->before_help : VIEW_HELP);
		break;
	case COMMAND_NEXT_VIEW:
		next_view(app, 1);
		break;
	case COMMAND_PREVIOUS_VIEW:
		next_view(app, -1);
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

	if (app->message[0])
		memcpy(app->told, app->message, sizeof(app->told));
	app->message[0] = '\0';
	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE) { /* any key ends it */
		app->prompt = PROMPT_NONE;
		return APP_NOTHING;
	}
	if (app->prompt == PROMPT_EVENT)
		return event_key(app, key);
	if (app->prompt != PROMPT_NONE) {
		prompt_key(app, key);
		return APP_NOTHING;
	}
	if (tutor_key(app, key, &request))
		return request;
	command = keys_command(key);
	if (command == COMMAND_CANCEL && app->busy[0])
		return APP_GIVE_UP;
	if (command >= COMMAND_VIEW_MAP && command <= COMMAND_VIEW_LOG) {
		switch_view(app, (enum view_id)(command - COMMAND_VIEW_MAP));
		return APP_NOTHING;
	}
	if (time_command(app, command) || object_command(app, command))
		return APP_NOTHING;
	return program_command(app, command);
}

/* --- Drawing ------------------------------------------------------------------------------- */

static void draw_divider(struct app *app, struct canvas *canvas, uint32_t parent)
{
	const struct view *view = views[app->view];
	const struct list_state *detail = &app->states[app->view].detail;
	int row = app->layout->divider;
	struct text title;

	text_clear(&title);
	text_add(&title, " ");
	if (view->detail_title && parent != NONE)
		view->detail_title(app->scene, parent, &title);
	text_add(&title, " ");
	if (detail->filter[0])
		text_add(&title, "\u00b7 filter: %s ", detail->filter);
	canvas_fill(canvas, row, 0, canvas->cols, STYLE_LINE, 0x2500);
	if (title.length > 2)
		canvas_text(canvas, row, 2, canvas->cols - 4, STYLE_TITLE, title.bytes);
}

static void draw_lists(struct app *app, struct canvas *canvas)
{
	const struct view *view = views[app->view];
	struct view_state *state = &app->states[app->view];
	struct list_look look = {&app->tags, app->needle, !state->in_detail, state->master.shift};
	uint32_t parent;

	if (app->layout->master.rows > 0)
		list_draw(&state->master, view->master, app->scene, NONE, &look, canvas,
			  app->layout->master);
	if (app->layout->legend >= 0)
		view->legend(canvas, (struct rect){app->layout->legend, 0, 1, canvas->cols});
	if (app->layout->divider < 0)
		return;
	parent = master_parent(app, view, &state->master);
	draw_divider(app, canvas, parent);
	look.focus = state->in_detail;
	look.shift = state->detail.shift;
	if (app->layout->detail.rows > 0)
		list_draw(&state->detail, view->detail, app->scene, parent, &look, canvas,
			  app->layout->detail);
}

static int clamp(int value, int most)
{
	return value > most && most >= 0 ? most : value < 0 || most < 0 ? 0 : value;
}

static void draw_painted(struct app *app, struct canvas *canvas)
{
	struct view_state *state = &app->states[app->view];
	struct rect rect = app->layout->master;

	canvas_destroy(app->painted);
	app->painted = views[app->view]->paint(app->scene, app->about, rect.cols, app->ascii);
	if (!app->painted)
		return;
	state->scroll_row = clamp(state->scroll_row, app->painted->rows - rect.rows);
	state->scroll_col = clamp(state->scroll_col, app->painted->cols - rect.cols);
	canvas_blit(canvas, rect, app->painted, state->scroll_row, state->scroll_col);
}

static void draw_too_small(struct canvas *canvas)
{
	char text[80];

	snprintf(text, sizeof(text), "%dx%d is too small: %dx%d at least; q quits", canvas->cols,
		 canvas->rows, LAYOUT_MIN_COLS, LAYOUT_MIN_ROWS);
	canvas_text(canvas, 0, 0, canvas->cols, STYLE_TEXT, text);
}

static void draw_line(struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	struct row row = list ? list_row(list, app->scene, parent) : (struct row){.index = NONE};
	struct text text;

	text_clear(&text);
	if (row.index != NONE)
		list_add_line(spec, &row, &text);
	rect.col += 2;
	rect.cols -= 4;
	canvas_wrapped(canvas, rect, STYLE_TEXT, text.bytes);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	const struct view *view = views[app->view];
	uint32_t lines = 0;
	int panel = tutor_rows(app, canvas->rows);

	canvas_clear(canvas);
	choose_page(app);
	if (tutor_draw_too_small(app, canvas))
		return;
	update_lists(app);
	if (view->master)
		lines = list_lines(&app->states[app->view].master, view->master, canvas->cols);
	layout_compute(app->layout, canvas->rows - panel, canvas->cols, view->detail != NULL,
		       app->states[app->view].in_detail, view->legend != NULL, lines);
	if (app->layout->too_small) {
		draw_too_small(canvas);
		return;
	}
	if (panel) {
		tutor_draw(app, canvas, (struct rect){app->layout->status, 0, panel, canvas->cols});
		app->layout->status += panel;
		app->layout->footer += panel;
	}
	chrome_draw(app, canvas);
	if (app->prompt == PROMPT_EVENT) {
		chrome_draw_events(app, canvas, app->layout->master);
		return;
	}
	if (app->prompt == PROMPT_STATUS) {
		chrome_draw_status(app, canvas, app->layout->master);
		return;
	}
	if (app->prompt == PROMPT_LINE) {
		draw_line(app, canvas, app->layout->master);
		return;
	}
	if (!app->scene)
		canvas_text(canvas, app->layout->master.row + 1, 2, canvas->cols - 4, STYLE_DIM,
			    "waiting for the first snapshot");
	else if (is_painted(app->view))
		draw_painted(app, canvas);
	else
		draw_lists(app, canvas);
}
