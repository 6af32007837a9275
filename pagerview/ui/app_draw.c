/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drawing: the view on screen into a canvas, with its surroundings (chrome.c), or what is in its
 * place: a menu, the status, a line, a lesson's panel.
 */
#include "app_private.h"

#include <stdio.h>

#include "layout.h"
#include "tutor.h"

#define SHEET_ROWS 300

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
	parent = app_master_parent(app, view, &state->master);
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

static int draw_line(struct app *app, struct canvas *canvas, struct rect rect)
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
	return canvas_wrapped(canvas, rect, STYLE_TEXT, text.bytes);
}

/* What may be longer than its place is drawn apart, and seen from where one has scrolled to. */
static void draw_sheet(struct app *app, struct canvas *canvas)
{
	struct rect place = app->layout->master, all = {0, 0, SHEET_ROWS, place.cols};
	struct canvas *sheet = canvas_create(all.rows, all.cols, canvas->ascii);

	if (!sheet)
		return;
	app->sheet_rows = app->prompt == PROMPT_LINE ? draw_line(app, sheet, all)
						     : status_draw_full(app, sheet, all);
	app->sheet_top = clamp(app->sheet_top, app->sheet_rows - place.rows);
	canvas_blit(canvas, place, sheet, app->sheet_top, 0);
	canvas_destroy(sheet);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	const struct view *view = views[app->view];
	uint32_t lines = 0;
	int panel = tutor_rows(app, canvas->rows);

	canvas_clear(canvas);
	app_choose_page(app);
	app_fit_contents(app, canvas->cols);
	if (tutor_draw_too_small(app, canvas))
		return;
	app_update_lists(app);
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
	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE) {
		draw_sheet(app, canvas);
		chrome_draw(app, canvas);
		return;
	}
	chrome_draw(app, canvas);
	if (app->prompt == PROMPT_EVENT) {
		footer_draw_events(app, canvas, app->layout->master);
		return;
	}
	if (app->prompt == PROMPT_POINTS) {
		footer_draw_points(app, canvas, app->layout->master);
		return;
	}
	if (!app->scene)
		canvas_text(canvas, app->layout->master.row + 1, 2, canvas->cols - 4, STYLE_DIM,
			    "waiting for the first snapshot");
	else if (app_is_painted(app->view))
		draw_painted(app, canvas);
	else
		draw_lists(app, canvas);
}
