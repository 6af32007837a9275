/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What surrounds the views: what is looked at, the pool's meter, the contexts, the tabs; the status
 * and the keys. Each line is made of segments, most important first, and takes as many as fit.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "layout.h"

/* Of what says that all is not well, MUST, as much is shown as there is room for. */
struct segment {
	struct text text;
	enum style style;
	bool must;
};

#define LEAST_CUT 6 /* columns that a part of a segment is worth showing in */

/*
 * Draw segments with a separator between them, as many as fit; the first one is cut to what there
 * is, and so is one that must be seen.
 */
static int draw_segments(struct canvas *canvas, int row, int col, int width,
			 const struct segment *segments, unsigned count)
{
	int at = 0;

	for (unsigned i = 0; i < count; i++) {
		int wanted = text_width(segments[i].text.bytes), lead = at ? 3 : 0;

		if (!wanted)
			continue;
		if (at && at + lead + wanted > width &&
		    (!segments[i].must || at + lead + LEAST_CUT > width))
			continue;
		if (lead)
			canvas_text(canvas, row, col + at, 3, STYLE_LINE, " \u00b7 ");
		at += lead;
		at += canvas_text(canvas, row, col + at, width - at, segments[i].style,
				  segments[i].text.bytes);
	}
	return at;
}

static void draw_title(const struct app *app, struct canvas *canvas, int row)
{
	const struct snapshot *snapshot = app->scene ? app->scene->snapshot : NULL;
	struct text objects;
	int width, room, at;

	text_clear(&objects);
	if (snapshot) {
		text_add_counted(&objects, snapshot->num_contexts, "context");
		text_add(&objects, "  ");
		text_add_counted(&objects, snapshot->num_areas, "area");
		text_add(&objects, "  ");
		text_add_counted(&objects, snapshot->num_fobjs, "fobj");
		text_add(&objects, "  ");
		text_add_counted(&objects, snapshot->num_files, "file");
		text_add(&objects, " ");
	}
	width = text_width(objects.bytes);
	canvas_text_right(canvas, row, 0, canvas->cols, STYLE_DIM, objects.bytes);
	canvas_text(canvas, row, 1, 9, STYLE_TITLE, "pagerview");
	room = canvas->cols - 14 - width;
	if (room < 8)
		return;
	at = canvas_text(canvas, row, 12, room, STYLE_TEXT, app->status.source);
	if (app->status.note[0] && room - at > 12) {
		at += canvas_text(canvas, row, 12 + at, 3, STYLE_LINE, " \u00b7 ");
		canvas_text(canvas, row, 12 + at, room - at, STYLE_STRONG, app->status.note);
	}
}

struct share {
	uint32_t count;
	char letter;
	enum style style;
	const char *name;
};

/* A bar of letters, each kind its share; a kind that is there at all gets one letter at least. */
static void draw_meter(struct canvas *canvas, int row, int col, int width,
		       const struct share *shares, unsigned count, uint32_t total)
{
	int at = 0, left = width;
	uint64_t rest = total;

	for (unsigned i = 0; i < count; i++) {
		int cells;

		if (!shares[i].count)
			continue;
		cells = rest ? (int)((uint64_t)left * shares[i].count / rest) : 0;
		cells = cells ? cells : 1;
		cells = cells > left ? left : cells;
		canvas_fill(canvas, row, col + at, cells, shares[i].style,
			    (uint32_t)shares[i].letter);
		at += cells;
		left -= cells;
		rest -= shares[i].count;
	}
}

static void draw_pool(const struct app *app, struct canvas *canvas, int row)
{
	const struct pool_counts *pool = &app->scene->pool;
	const struct share shares[] = {
		{pool->dirty, 'D', STYLE_DIRTY, "dirty"},
		{pool->clean, 'c', STYLE_CLEAN, "clean"},
		{pool->hidden, 'h', STYLE_HIDDEN, "hidden"},
		{pool->locked, 'L', STYLE_LOCKED, "locked"},
		{pool->free, '.', STYLE_FREE, "free"},
	};
	bool words = canvas->cols >= 76;
	struct text numbers[5];
	int width = 0, at, meter;

	for (int i = 0; i < 5; i++) {
		text_clear(&numbers[i]);
		text_add(&numbers[i], " %u", shares[i].count);
		if (words)
			text_add(&numbers[i], " %s", shares[i].name);
		else
			text_add(&numbers[i], "%c", shares[i].letter);
		width += text_width(numbers[i].bytes);
	}
	at = 1 + canvas_printf(canvas, row, 1, 30, STYLE_STRONG, "pool %u %s", pool->total,
			       words ? "pages " : "");
	meter = canvas->cols - at - width - 4;
	if (meter >= 5) {
		canvas_put(canvas, row, at++, STYLE_LINE, '[');
		draw_meter(canvas, row, at, meter, shares, 5, pool->total);
		at += meter;
		canvas_put(canvas, row, at++, STYLE_LINE, ']');
	}
	for (int i = 0; i < 5; i++)
		at += canvas_text(canvas, row, at, canvas->cols - at, shares[i].style,
				  numbers[i].bytes);
}

/* The counters that tell a thrashing pool, as far as the target has them. */
static void add_counters(const struct snapshot *snapshot, struct text *text)
{
	static const char *const wanted[] = {"loads", "saves", "releases"};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		for (uint32_t j = 0; j < snapshot->num_counters; j++) {
			if (strcmp(snapshot->counters[j].name, wanted[i]) != 0)
				continue;
			text_add(text, "%s ", wanted[i]);
			text_add_count(text, snapshot->counters[j].value);
			text_add(text, "  ");
		}
	}
}

#define SHORT_NAME 13 /* of a name that is longer, the first 8 */

static void add_context(const struct app *app, uint32_t index, bool brief, struct text *text)
{
	const struct snap_context *context = &app->scene->snapshot->contexts[index];

	if (brief && text_width(context->name) > SHORT_NAME)
		text_add(text, "%.8s\u2026", context->name);
	else
		scene_add_context(app->scene, index, text);
	if (*context->state && strcmp(context->state, "alive") != 0)
		text_add(text, " (%.12s)", context->state);
	if (context->faults) {
		text_add(text, " ");
		text_add_counted(text, context->faults, "fault");
	}
}

/* What all contexts would take, up to what no screen has. */
static int contexts_width(const struct app *app)
{
	int width = 1;

	for (uint32_t i = 0; i < app->scene->snapshot->num_contexts && width < 1000; i++) {
		struct text text;

		text_clear(&text);
		add_context(app, i, false, &text);
		width += text_width(text.bytes) + 2;
	}
	return width;
}

static void draw_contexts(const struct app *app, struct canvas *canvas, int row)
{
	const struct snapshot *snapshot = app->scene->snapshot;
	struct text counters;
	int at = 1, end;
	bool brief;

	text_clear(&counters);
	add_counters(snapshot, &counters);
	if (contexts_width(app) + text_width(counters.bytes) + 1 > canvas->cols)
		text_clear(&counters); /* who runs comes before how it goes */
	end = canvas->cols - text_width(counters.bytes) - 1;
	brief = contexts_width(app) > canvas->cols;
	canvas_text_right(canvas, row, 1, canvas->cols - 1, STYLE_DIM, counters.bytes);
	if (!snapshot->num_contexts)
		canvas_text(canvas, row, 1, end - 1, STYLE_DIM, "no TA is open");
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		bool last = i + 1 == snapshot->num_contexts;
		struct text text;

		text_clear(&text);
		add_context(app, i, brief, &text);
		if (at > 1 && at + text_width(text.bytes) + (last ? 0 : 9) > end) {
			canvas_printf(canvas, row, at, end - at, STYLE_DIM, "+%u more",
				      snapshot->num_contexts - i);
			return;
		}
		at += canvas_text(canvas, row, at, end - at, STYLE_TEXT, text.bytes) + 2;
	}
}

/* Columns of a tab: its key and, if there is room for those of all or it is the active one, name.
 */
static int tab_width(const struct app *app, int cols, int id)
{
	int all = 1;

	for (int i = 0; i < NUM_VIEWS; i++)
		all += (int)strlen(views[i]->name) + 2;
	return 1 + (all <= cols || id == (int)app->view ? (int)strlen(views[id]->name) : 0);
}

enum view_id chrome_tab_at(const struct app *app, int cols, int col)
{
	int at = 1;

	for (int id = 0; id < NUM_VIEWS; id++) {
		int width = tab_width(app, cols, id);

		if (col >= at && col < at + width)
			return (enum view_id)id;
		at += width + 1;
	}
	return NUM_VIEWS;
}

/* The key in front of the name, as htop shows its own; where it is narrow, other tabs are keys. */
static void draw_tabs(const struct app *app, struct canvas *canvas, int row)
{
	int at = 1;

	canvas_fill(canvas, row, 0, canvas->cols, STYLE_TAB, ' ');
	for (int id = 0; id < NUM_VIEWS; id++) {
		bool active = id == (int)app->view;
		int width = tab_width(app, canvas->cols, id);
		const char *keys = keys_of(id == VIEW_HELP ? COMMAND_HELP
							   : (enum command)(COMMAND_VIEW_MAP + id));

		canvas_put(canvas, row, at, active ? STYLE_TAB_ACTIVE : STYLE_KEY,
			   (uint32_t)keys[0]);
		if (width > 1)
			canvas_text(canvas, row, at + 1, canvas->cols - at - 1,
				    active ? STYLE_TAB_ACTIVE : STYLE_TAB, views[id]->name);
		at += width + 1;
	}
}

static void add_state(const struct app *app, struct segment *segment)
{
	uint32_t position = history_position(&app->history, app->shown);
	struct text *text = &segment->text;

	segment->style = STYLE_GOOD;
	if (app_is_recording(app) && app->shown) {
		segment->style = STYLE_WARN;
		text_add(text, "%s replay %u of %u", app->playing ? "\u25b6" : "\u25a0",
			 position + 1, app->history.count);
		return;
	}
	if (!app->newest && app->shown) {
		double ago = history_newest(&app->history)->snapshot->capture.time -
			     app->shown->snapshot->capture.time;

		segment->style = STYLE_WARN;
		text_add(text, "%s replay %u of %u, %.1f s ago", app->playing ? "\u25b6" : "\u25c0",
			 position + 1, app->history.count, ago);
		return;
	}
	if (app->busy[0]) {
		segment->style = STYLE_WARN;
		text_add(text, "\u25cf running to %s", app->busy);
		if (app->waiting)
			text_add(text, ", %u s", app->waiting);
		text_add(text, "; Esc gives up");
		return;
	}
	if (app->waiting) {
		segment->style = STYLE_BAD;
		text_add(text, "\u25cb no answer for %u s", app->waiting);
		return;
	}
	switch (app->status.state) {
	case LIVE_RUNNING:
		text_add(text, "\u25cf live");
		break;
	case LIVE_PAUSED:
		segment->style = STYLE_WARN;
		text_add(text, "\u2016 paused");
		break;
	case LIVE_ENDED:
		segment->style = STYLE_BAD;
		text_add(text, "\u25a0 ended");
		break;
	case LIVE_STILL:
		segment->style = STYLE_TEXT;
		text_add(text, "\u25a0 file");
		break;
	}
}

static void add_consistency(const struct app *app, struct segment *segment)
{
	const struct capture *capture;

	segment->style = STYLE_TEXT;
	if (!app->scene)
		return;
	capture = &app->scene->snapshot->capture;
	text_add(&segment->text, "%s", consistency_name(capture->consistency));
	if (capture->consistency != CONSISTENCY_EXACT) {
		segment->style = STYLE_BAD;
		segment->must = true;
		text_add(&segment->text, ": %s", capture->why);
	}
}

/* With respect to the mark; what is relative to the last refresh is in the lists alone. */
static void add_since_mark(const struct app *app, struct segment *segment)
{
	segment->style = STYLE_CHANGED;
	if (app->since_mark && app->mark && app->scene)
		text_add(&segment->text, "since mark +%u ~%u -%u", app->scene->changed.added,
			 app->scene->changed.modified, app->scene->changed.gone);
}

static void add_pause(const struct app *app, struct text *text)
{
	uint64_t last = app->status.pause_last_us, median = app->status.pause_median_us;

	text_add(text, "pause ");
	if (last < 1000 && median < 1000)
		text_add(text, "%u", (unsigned)last); /* the unit comes once */
	else
		text_add_time(text, last);
	text_add(text, ", median ");
	text_add_time(text, median);
}

static void add_cost(const struct app *app, struct text *text)
{
	text_add_count(text, app->status.packets);
	text_add(text, " pkt ");
	text_add_bytes(text, app->status.bytes);
}

static void add_record(const struct app *app, struct segment *segment)
{
	segment->style = STYLE_BAD;
	if (app->record.on)
		text_add(&segment->text, "rec %llu", (unsigned long long)app->record.moments);
}

/* What of the lists was cut by a bound, and of the current list by a filter. */
static void add_cut(struct app *app, struct segment *segment)
{
	const struct snapshot *snapshot = app->scene ? app->scene->snapshot : NULL;

	segment->style = STYLE_BAD;
	if (!snapshot || !snapshot->num_cut)
		return;
	segment->must = true;
	text_add(&segment->text, "cut: %s", snapshot->cut[0]);
	if (snapshot->num_cut > 1)
		text_add(&segment->text, " +%u", snapshot->num_cut - 1);
}

static void add_position(struct app *app, struct text *text)
{
	const struct list_spec *spec;
	uint32_t parent, all;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list)
		return;
	all = spec->count(app->scene, parent);
	text_add(text, " %u/%u", list->count ? list->cursor + 1 : 0, list->count);
	if (list->filter[0])
		text_add(text, " of %u \"%s\"", all, list->filter);
	text_add(text, " ");
}

static bool is_filtered(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	return list && list->filter[0];
}

static void draw_status(struct app *app, struct canvas *canvas, int row)
{
	struct segment segments[10];
	struct text position;
	int width, used;

	memset(segments, 0, sizeof(segments));
	text_clear(&position);
	add_position(app, &position);
	width = text_width(position.bytes);
	add_state(app, &segments[0]);
	add_record(app, &segments[1]);
	add_consistency(app, &segments[2]);
	add_cut(app, &segments[3]);
	add_since_mark(app, &segments[4]);
	if (strcmp(app->status.method, "file") != 0) /* the state says that already */
		text_add(&segments[5].text, "%s", app->status.method);
	if (app->status.state != LIVE_STILL) {
		add_pause(app, &segments[6].text);
		add_cost(app, &segments[7].text);
	}
	text_add(&segments[8].text, "%s", app->layout->title < 0 ? app->status.note : "");
	text_add(&segments[9].text, "%s", app->status.why);
	/* How the data came matters more than the row, unless a filter leaves some out. */
	used = draw_segments(canvas, row, 1, canvas->cols - 2 - (is_filtered(app) ? width : 0),
			     segments, 8);
	if (used + 2 + width > canvas->cols)
		return;
	draw_segments(canvas, row, 1, canvas->cols - 2 - width, segments, 10);
	canvas_text_right(canvas, row, 0, canvas->cols, STYLE_DIM, position.bytes);
}

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
		return views[app->view]->detail || views[app->view]->paint || (list && spec->lines);
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
		return app->view == VIEW_CONTENTS && !is_past(app);
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

static void draw_footer(struct app *app, struct canvas *canvas, int row)
{
	int at;

	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE) {
		canvas_text(canvas, row, 1, canvas->cols - 2, STYLE_DIM, "any key: back");
	} else if (app->prompt == PROMPT_EVENT) {
		at = 1 + canvas_text(canvas, row, 1, canvas->cols - 2, STYLE_KEY, "a letter");
		at += canvas_text(canvas, row, at, canvas->cols - at - 1, STYLE_DIM, " chooses, ");
		if (app->event[0])
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

/* When, how and of what: a file tells by it where it comes from. */
static void add_taken(const struct snapshot *snapshot, struct text *text)
{
	time_t when = snapshot ? (time_t)snapshot->capture.time : 0;
	const char *slash;
	struct tm tm;
	char date[40];

	text_clear(text);
	if (!when || !localtime_r(&when, &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm))
		return;
	text_add(text, "%s", date);
	if (*snapshot->capture.source)
		text_add(text, ", read by %.20s", snapshot->capture.source);
	slash = strrchr(snapshot->capture.elf, '/');
	if (*snapshot->capture.elf)
		text_add(text, ", of %.200s", slash ? slash + 1 : snapshot->capture.elf);
}

static void add_line(const char *name, const char *value, struct canvas *canvas, struct rect *rect)
{
	struct rect right = {rect->row, 12, rect->rows, rect->cols - 13};
	int rows;

	if (!value[0] || rect->rows < 1)
		return;
	canvas_text(canvas, rect->row, 1, 10, STYLE_KEY, name);
	rows = canvas_wrapped(canvas, right, STYLE_TEXT, value);
	rect->row += rows;
	rect->rows -= rows;
}

/* Where all is told: "what", a colon, and why. */
static void add_why(const char *what, const char *why, struct text *text)
{
	text_clear(text);
	text_add(text, "%s%s%s", what, why[0] ? ": " : "", why);
}

void chrome_draw_status(const struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct live_status *status = &app->status;
	const struct snapshot *snapshot = app->scene ? app->scene->snapshot : NULL;
	struct segment state = {.must = false};
	struct text text;

	add_state(app, &state);
	add_line("state", state.text.bytes, canvas, &rect);
	add_why(snapshot ? consistency_name(snapshot->capture.consistency) : "",
		snapshot ? snapshot->capture.why : "no snapshot yet", &text);
	add_line("this one", text.bytes, canvas, &rect);
	add_line("message", app->told, canvas, &rect);
	add_why(status->method, status->why, &text);
	add_line("read by", text.bytes, canvas, &rect);
	for (uint32_t i = 0; snapshot && i < snapshot->num_cut; i++)
		add_line("cut", snapshot->cut[i], canvas, &rect);
	add_line("target", status->note, canvas, &rect);
	add_line("source", status->source, canvas, &rect);
	add_taken(snapshot, &text);
	add_line("taken", text.bytes, canvas, &rect);
	if (status->state == LIVE_STILL)
		return;
	text_clear(&text);
	add_pause(app, &text);
	text_add(&text, "; ");
	add_cost(app, &text);
	text_add(&text, ", %llu trips", (unsigned long long)status->trips);
	add_line("cost", text.bytes, canvas, &rect);
	text_clear(&text);
	text_add(&text, "%llu refreshes", (unsigned long long)status->refreshes);
	text_add(&text, ", %llu not exact; %u counts in flight", (unsigned long long)status->torn,
		 status->in_flight);
	add_line("so far", text.bytes, canvas, &rect);
}

#define KIND_WIDTH 12

void chrome_draw_events(const struct app *app, struct canvas *canvas, struct rect rect)
{
	int rows = rect.rows - 1, row = 0, col = 2;
	char kind[24], letter;

	canvas_text(canvas, rect.row, 1, rect.cols - 2, STYLE_TITLE,
		    "run on, and pause at the next ...");
	if (rows < 1)
		return;
	for (unsigned i = 0; col + KIND_WIDTH <= rect.cols; i++) {
		letter = app_event_kind(app, i, kind);
		if (!letter)
			return;
		canvas_put(canvas, rect.row + 1 + row, col, STYLE_KEY, (uint32_t)letter);
		canvas_text(canvas, rect.row + 1 + row, col + 2, KIND_WIDTH - 3,
			    strcmp(kind, app->event) == 0 ? STYLE_STRONG : STYLE_TEXT, kind);
		if (++row == (rows < 6 ? rows : 6)) {
			row = 0;
			col += KIND_WIDTH;
		}
	}
}

void chrome_draw(struct app *app, struct canvas *canvas)
{
	const struct layout *layout = app->layout;

	if (layout->title >= 0)
		draw_title(app, canvas, layout->title);
	if (app->scene)
		draw_pool(app, canvas, layout->pool);
	if (app->scene && layout->contexts >= 0)
		draw_contexts(app, canvas, layout->contexts);
	draw_tabs(app, canvas, layout->tabs);
	draw_status(app, canvas, layout->status);
	draw_footer(app, canvas, layout->footer);
}
