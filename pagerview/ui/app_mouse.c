/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clicks, where the user wants them: what is under the mouse is what was drawn there last.
 */
#include "app_private.h"

#include "layout.h"

static bool is_in(struct rect rect, int row, int col)
{
	return row >= rect.row && row < rect.row + rect.rows && col >= rect.col &&
	       col < rect.col + rect.cols;
}

/* Select the row; the one that is selected already is followed. */
static void click_row(struct app *app, bool in_detail, int row, int col)
{
	struct view_state *state = &app->states[app->view];
	bool had_focus = state->in_detail == in_detail;
	const struct list_spec *spec;
	struct list_state *list;
	uint32_t parent, at;

	if (in_detail && !state->detail.count)
		return;
	state->in_detail = in_detail;
	list = app_focus(app, &spec, &parent);
	at = list ? list_at(list, spec, row, col) : NONE;
	if (at != NONE && had_focus && at == list->cursor)
		app_follow(app);
	else if (at != NONE)
		list_go(list, spec, app->scene, parent, at);
	app_update_lists(app);
}

void app_click(struct app *app, int row, int col)
{
	const struct layout *layout = app->layout;
	bool menu = app->prompt != PROMPT_NONE;

	app->message[0] = '\0';
	if (app->prompt == PROMPT_STATUS || app->prompt == PROMPT_LINE)
		app->prompt = PROMPT_NONE;
	if (menu || layout->too_small || !layout->master.cols)
		return;
	if (row == layout->tabs) {
		enum view_id id = chrome_tab_at(app, layout->master.cols, col);

		if (id != NUM_VIEWS)
			app_switch_view(app, id);
	} else if (is_in(layout->master, row, col)) {
		click_row(app, false, row - layout->master.row, col - layout->master.col);
	} else if (is_in(layout->detail, row, col)) {
		click_row(app, true, row - layout->detail.row, col - layout->detail.col);
	}
}
