/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the application share: app.c (its state and what is shown), app_places.c
 * (getting about), app_time.c (the past), app_find.c (search, filter, tags), app_run.c (to a step
 * or an event), app_contents.c (bytes of a page), app_keys.c (what a key does), app_mouse.c (a
 * click) and app_draw.c.
 */
#ifndef PAGERVIEW_UI_APP_PRIVATE_H
#define PAGERVIEW_UI_APP_PRIVATE_H

#include "app.h"

/* --- app.c --- */

/* Bring the lists of the view up to date: after any change to what is shown, and how. */
void app_update_lists(struct app *app);
/* Put MOMENT on the screen; it is held meanwhile. */
void app_show_moment(struct app *app, struct moment *moment);
/* Of VIEW's list beneath: what it is about; NONE when no row is selected. */
uint32_t app_master_parent(const struct app *app, const struct view *view,
			   const struct list_state *master);
/* What the row under the cursor stands for, or REF_NONE. */
struct ref app_cursor_ref(const struct app *app, const struct list_state *list,
			  const struct list_spec *spec, uint32_t parent);

/* --- app_contents.c --- */

/* On a screen of COLS columns: as many bytes in a row as there is room for. */
void app_fit_contents(struct app *app, int cols);

/* --- app_places.c --- */

/* What the row under the cursor of the list with the focus stands for, or REF_NONE. */
struct ref app_focused_ref(struct app *app);
/* A view that is no list but a drawing. */
bool app_is_painted(enum view_id id);
/* To the view, and in it to what is selected here, if it shows that. */
void app_switch_view(struct app *app, enum view_id id);
/* STEP views on, in the order of their keys; the help is left out. */
void app_next_view(struct app *app, int step);
/* Remember where one is; app_go_back() returns there. */
void app_push_place(struct app *app);
void app_go_back(struct app *app);
/* From the list into the one beneath. */
void app_enter_detail(struct app *app);
/* Enter: into the list beneath, from there to where the row leads; a line to read is shown. */
void app_follow(struct app *app);
/* What the pager did with the selected object: the events that name its address. */
void app_show_events(struct app *app);

/* --- app_time.c --- */

/* True when COMMAND was one of time, and is done. */
bool app_time_command(struct app *app, enum command command);
/* To the next moment (STEP 1) or the one before (-1) that can be had. */
void app_step_in_time(struct app *app, int step);
/* Play the past, or hold it; from the end of a recording once more from its beginning. */
void app_toggle_play(struct app *app);

/* --- app_find.c --- */

/* The next row that holds the needle, in this view, else in the first other one that has it. */
void app_search(struct app *app, int direction, bool here_too);
/* Of the list with the focus. */
void app_set_filter(struct app *app, const char *filter);
/* Ask for a needle or a filter. */
void app_open_prompt(struct app *app, enum prompt prompt);
/* A key while one is asked for. */
void app_prompt_key(struct app *app, uint32_t key);
void app_toggle_tag(struct app *app);
/* Esc: take back the filter, else the search, else leave the list beneath, else the help. */
void app_cancel(struct app *app);

/* --- app_growth.c --- */

/* MOMENT came into the history; KINDS of events (bits, as of rounds_kinds()) happened before it. */
void app_count_moment(struct app *app, struct moment *moment, uint32_t kinds);
/* What makes a point has changed: go through the history again. */
void app_recount(struct app *app);
/* The moment on screen is a point because the user says so, or it is no longer. */
void app_toggle_point(struct app *app);
/* A key while it is asked for what makes a point. */
void app_points_key(struct app *app, uint32_t key);

/* --- app_run.c --- */

/* Ask for the kind of event to run to. */
void app_open_events(struct app *app);
/* Ask for a kind of event: one to run to, or, where it COUNTS, one that makes a point. */
void app_open_event_menu(struct app *app, bool counts);
/* A key while it is asked for: APP_EVENT when it chose one. */
enum app_request app_event_key(struct app *app, uint32_t key);

/* --- app_contents.c --- */

/* Which page contents are of, by what was selected, where they are looked at. */
void app_choose_page(struct app *app);
/* From the page to the store's copy of it, and back. */
void app_toggle_stored(struct app *app);

#endif
