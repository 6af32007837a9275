/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tutor: takes the screen through a lesson. It says which view shows the point of a step, puts
 * the question before the target runs on, compares the answer with what really came, and draws the
 * panel with the narration under the view. It knows the application; the lesson's file and the
 * counting are lesson/lesson.h's.
 *
 * In a lesson the history holds one moment a step, so going back in time goes back a step.
 */
#ifndef PAGERVIEW_UI_TUTOR_H
#define PAGERVIEW_UI_TUTOR_H

#include "../lesson/lesson.h"
#include "app.h"

#define TUTOR_MIN_ROWS 18
#define TUTOR_MIN_COLS 60

/* What became of a step's question. */
struct tutor_answer {
	bool guessed, counted; /* the user gave a number; the target has one */
	bool right;            /* it is what the target says */
	int64_t guess, count;
	char why[320]; /* how the count comes about */
};

enum tutor_state {
	TUTOR_READING,
	TUTOR_ASKING,  /* digits go into the answer */
	TUTOR_RUNNING, /* the target is on its way to the next step */
};

struct tutor {
	const struct lesson *lesson;  /* the caller's, outlives the tutor */
	struct tutor_answer *answers; /* by step, from 0 */
	enum tutor_state state;
	char input[12];
};

/* NULL when memory is out. */
struct tutor *tutor_create(const struct lesson *lesson);
void tutor_destroy(struct tutor *tutor); /* NULL is allowed */
/* Give the key of a lesson's next step its place, unless the user bound these commands. */
void tutor_bind_keys(void);

/* All of these may be called without a lesson: then they do nothing and return false or 0. */

/* Whether SNAPSHOT is of no other step than the newest that is kept. */
bool tutor_has(const struct app *app, const struct snapshot *snapshot);
/* A new step was added to the history: its question is answered now. */
void tutor_judge(struct app *app);
/* Another step is on screen: choose view and object. */
void tutor_show(struct app *app);
/* The target did not come to its next step. */
void tutor_failed(struct app *app);
/* True: the key was the tutor's, and *REQUEST is set. */
bool tutor_key(struct app *app, uint32_t key, enum app_request *request);
/* Rows that the panel takes above the last two of a screen of that size. */
int tutor_rows(const struct app *app, int rows);
/* True: the screen is too small for a lesson, and says so. */
bool tutor_draw_too_small(const struct app *app, struct canvas *canvas);
void tutor_draw(const struct app *app, struct canvas *canvas, struct rect rect);

#endif
