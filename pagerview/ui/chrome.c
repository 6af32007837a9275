/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What surrounds the views: what is looked at, the pool's meter, the contexts and the tabs above;
 * the status (status.c) and the keys (footer.c) beneath.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "layout.h"

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

/* The width of all tabs; BRIEF: some have a shorter name. */
static int tabs_width(bool brief)
{
	int width = 1;

	for (int id = 0; id < NUM_VIEWS; id++)
		width +=
			(int)strlen(brief && views[id]->tab ? views[id]->tab : views[id]->name) + 2;
	return width;
}

static const char *tab_name(int cols, int id)
{
	bool brief = tabs_width(false) > cols && tabs_width(true) <= cols;

	return brief && views[id]->tab ? views[id]->tab : views[id]->name;
}

/* Columns of a tab: its key and, if there is room for those of all or it is the active one, name.
 */
static int tab_width(const struct app *app, int cols, int id)
{
	bool named = tabs_width(true) <= cols || id == (int)app->view;

	return 1 + (named ? (int)strlen(tab_name(cols, id)) : 0);
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
				    active ? STYLE_TAB_ACTIVE : STYLE_TAB,
				    tab_name(canvas->cols, id));
		at += width + 1;
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
	status_draw(app, canvas, layout->status);
	footer_draw(app, canvas, layout->footer);
}
