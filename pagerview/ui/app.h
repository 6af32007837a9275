/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application: views, where one is in them, history, prompts and marks. It takes keys,
 * snapshots and the state of the source, and draws a canvas; it has no terminal, no target and no
 * clock, so a test drives all of it. What it cannot do itself it asks its owner for (app_request).
 */
#ifndef PAGERVIEW_UI_APP_H
#define PAGERVIEW_UI_APP_H

#include "../model/live.h"
#include "canvas.h"
#include "events.h"
#include "history.h"
#include "keys.h"
#include "list.h"
#include "rounds.h"
#include "scene.h"
#include "view.h"

enum app_request {
	APP_NOTHING,
	APP_QUIT,
	APP_PAUSE, /* pause the target, or resume it when it is paused */
	APP_STEP,
	APP_REDRAW,  /* the terminal may show something else than was drawn */
	APP_SUSPEND, /* job control */
	APP_SHOT,    /* a picture of the screen, into a file */
	APP_RECORD,  /* begin to record, or end it */
	APP_EVENT,   /* run to the next event of the kind `event` */
	APP_GIVE_UP, /* end the run to a step or an event that is under way */
};

enum prompt {
	PROMPT_NONE,
	PROMPT_SEARCH,
	PROMPT_FILTER,
	PROMPT_EVENT,
	PROMPT_STATUS,
	PROMPT_LINE,
	PROMPT_POINTS
};

struct view_state {
	struct list_state master, detail;
	struct ref detail_of; /* what the detail list is about */
	bool in_detail;
	int scroll_row, scroll_col; /* of a painted view */
};

/* What is recorded while one watches. */
struct app_record {
	bool on;
	uint64_t moments; /* written so far */
};

/* A place to come back to. */
struct place {
	enum view_id view;
	struct ref selected, detail;
	bool in_detail;
};
#define MAX_PLACES 64

struct app {
	struct history history;
	struct moment *shown; /* held; NULL before the first snapshot */
	struct moment *mark;  /* held; NULL: none */
	bool newest;          /* what is shown follows the refreshes */
	bool playing;         /* the past goes by, moment by moment */
	bool since_mark;      /* changes are relative to the mark, not to the moment before */
	struct scene *scene;  /* of SHOWN; NULL before the first snapshot */
	struct live_status status;
	struct app_record record;
	char event[24];   /* the kind that was asked for last; "" none yet */
	bool to_event;    /* the last run was to an event, not to a step */
	uint64_t said;    /* lines of the target's console that were told at a step */
	char busy[48];    /* what the target runs to on our behalf: "the next fault"; "" nowhere */
	unsigned waiting; /* seconds that the source has not answered for; 0: it does */
	struct scene_log log; /* lines are owned */
	struct event_log events;
	struct rounds rounds;
	bool counts_event;      /* PROMPT_EVENT asks which event makes a point */
	struct scene_page page; /* what `contents` shows */
	struct tags tags;
	struct view_state states[NUM_VIEWS];
	enum view_id view, before_help;
	struct ref about; /* what painted views are about */
	struct canvas *painted;
	uint64_t painted_for;
	struct place places[MAX_PLACES];
	unsigned num_places;
	enum prompt prompt;
	int sheet_top, sheet_rows; /* PROMPT_STATUS, PROMPT_LINE: the row seen first; of so many */
	char input[64], needle[64];
	char message[400];
	char told[400]; /* the last message, for the status in full */
	bool bad_message;
	bool ascii;
	struct layout *layout; /* of the last drawing */
	struct tutor *tutor;   /* the owner's; NULL: this is no lesson */
};

/* False when memory is out; app_deinit() is safe then. */
bool app_init(struct app *app, bool ascii);
void app_deinit(struct app *app);

/*
 * Show a recording: SOURCE's moments, from the first one on, instead of what is added. NOTE is what
 * is missing of it, for the user, or "". False when memory is out.
 */
bool app_open_recording(struct app *app, const struct history_source *source, const char *note);
bool app_is_recording(const struct app *app);
/* Milliseconds until app_play() is due; -1: nothing is played. */
int app_play_wait(const struct app *app);
/* The next moment of what is played. */
void app_play(struct app *app);

/* Takes SNAPSHOT over. */
void app_add_snapshot(struct app *app, struct snapshot *snapshot);
/* Some of what takes long, a few milliseconds of it. True: something was done, call again. */
bool app_work(struct app *app);
/* The target has come to the event that it ran to, if it did; before its snapshot is added. */
void app_count_event(struct app *app);
/* The target runs to WHERE ("its next step") on the user's behalf; "": it has come there, or not.
 */
void app_set_busy(struct app *app, const char *where);
/* The source has not answered for so many seconds. True: it was not known yet. */
bool app_set_waiting(struct app *app, unsigned seconds);
void app_set_status(struct app *app, const struct live_status *status);
/* LINES are copied; FIRST is the number of the first one since the start. */
void app_set_log(struct app *app, char *const *lines, uint32_t count, uint64_t first);
/* The physical page whose contents are looked at; false: none is. */
bool app_wants_page(struct app *app, struct page_place *place);
/* What it holds: LIVE_PAGE bytes, or NULL and WHY they are not known. Of another page: ignored. */
void app_set_page(struct app *app, const struct page_place *place, const uint8_t *bytes,
		  const char *why);
/* One line for the user, until the next key. */
void app_say(struct app *app, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum app_request app_key(struct app *app, uint32_t key);
/* A click on what was drawn there: on a tab, on a row (the one under the cursor: Enter). */
void app_click(struct app *app, int row, int col);
void app_draw(struct app *app, struct canvas *canvas);

/* The target has come to where it was asked to run: say so, with what happened there. */
void app_arrived(struct app *app);
/* Show VIEW, and in it the object, if it is there. */
void app_look(struct app *app, enum view_id view, struct ref ref);

/* For the parts of the screen around the views, in chrome.c. */
void chrome_draw(struct app *app, struct canvas *canvas);
/* The view whose tab is there, on a screen of COLS columns; NUM_VIEWS: none. */
enum view_id chrome_tab_at(const struct app *app, int cols, int col);
/* Its two lines beneath the views: status.c, and footer.c. */
void status_draw(struct app *app, struct canvas *canvas, int row);
void footer_draw(struct app *app, struct canvas *canvas, int row);
/* The menu of events in place of a view. */
void footer_draw_events(const struct app *app, struct canvas *canvas, struct rect rect);
/* The menu of what makes a point of the growth, likewise. */
void footer_draw_points(const struct app *app, struct canvas *canvas, struct rect rect);
/* The status in full, likewise. Returns the rows used. */
int status_draw_full(const struct app *app, struct canvas *canvas, struct rect rect);
/* The name of the INDEX-th kind of event; returns the key for it, 0: there is none. */
char app_event_kind(const struct app *app, unsigned index, char kind[24]);

/* The list that has the focus, with its table and parent; NULL for a painted view. */
struct list_state *app_focus(struct app *app, const struct list_spec **spec, uint32_t *parent);

#endif
