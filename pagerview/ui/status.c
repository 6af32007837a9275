/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The status: how live, how exact and how dear is what is on screen? One line, made of segments,
 * most important first, as many as fit; and all of it, where a user asks for that.
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

void status_draw(struct app *app, struct canvas *canvas, int row)
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
	if (*snapshot->capture.source && strcmp(snapshot->capture.source, "file") != 0)
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

int status_draw_full(const struct app *app, struct canvas *canvas, struct rect rect)
{
	int top = rect.row;
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
		return rect.row - top;
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
	return rect.row - top;
}
