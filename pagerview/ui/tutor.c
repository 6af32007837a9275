/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the learner is follows from the moment on screen: a snapshot knows which step of the
 * scenario it was taken at. So going back needs no state here; what is kept is the answers.
 */
#include "tutor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_ROWS      8 /* of 24: as many as leave room for a list and its references */
#define PANEL_ROWS_HIGH 10
#define ROWS_HIGH       36
#define NARRATION_ROWS  3

struct tutor *tutor_create(const struct lesson *lesson)
{
	struct tutor *tutor = calloc(1, sizeof(*tutor));

	if (!tutor)
		return NULL;
	tutor->lesson = lesson;
	tutor->answers = calloc(lesson->num_steps, sizeof(*tutor->answers));
	if (tutor->answers)
		return tutor;
	free(tutor);
	return NULL;
}

void tutor_destroy(struct tutor *tutor)
{
	if (!tutor)
		return;
	free(tutor->answers);
	free(tutor);
}

static void bind_unless_bound(enum command command, const char *keys)
{
	if (keys_of(command) == command_infos[command].keys)
		keys_bind(command, keys);
}

void tutor_bind_keys(void)
{
	bind_unless_bound(COMMAND_STEP, "Space s");
	bind_unless_bound(COMMAND_TAG, "T");
}

/* ---- where we are ---- */

/* The number of steps that led to the moment, at most as many as the lesson has; 0: none. */
static uint32_t step_of(const struct app *app, const struct moment *moment)
{
	uint32_t step = moment ? moment->snapshot->capture.step : 0;

	return step < app->tutor->lesson->num_steps ? step : app->tutor->lesson->num_steps;
}

static const struct lesson_step *step_at(const struct app *app, uint32_t step)
{
	return step ? &app->tutor->lesson->steps[step - 1] : NULL;
}

/* The snapshot of the step before the one at that position of the history. */
static const struct snapshot *snapshot_before(const struct app *app, uint32_t position)
{
	struct moment *moment = position ? history_at(&app->history, position - 1) : NULL;

	return moment ? moment->snapshot : NULL;
}

bool tutor_has(const struct app *app, const struct snapshot *snapshot)
{
	struct moment *newest = app->history.count ? history_newest(&app->history) : NULL;

	return app->tutor && newest && newest->snapshot->capture.step == snapshot->capture.step;
}

void tutor_judge(struct app *app)
{
	struct tutor *tutor = app->tutor;
	const struct snapshot *before, *now;
	const struct lesson_step *step;
	struct tutor_answer *answer;
	uint32_t number;

	if (!tutor || !app->history.count)
		return;
	tutor->state = TUTOR_READING;
	number = step_of(app, history_newest(&app->history));
	step = step_at(app, number);
	if (!step || !step->question[0])
		return;
	answer = &tutor->answers[number - 1];
	now = history_newest(&app->history)->snapshot;
	before = snapshot_before(app, app->history.count - 1);
	answer->counted = lesson_answer(step, now, before, &answer->count);
	answer->right = answer->guessed && lesson_accepts(step, now, before, answer->guess);
	lesson_explain(step, now, before, answer->why, sizeof(answer->why));
}

void tutor_failed(struct app *app)
{
	if (app->tutor && app->tutor->state == TUTOR_RUNNING)
		app->tutor->state = TUTOR_READING;
}

/* ---- what to show ---- */

static struct ref page_ref(const struct app *app, uint32_t fobj, const struct lesson_name *name)
{
	const struct snap_fobj *of = &app->scene->snapshot->fobjs[fobj];
	uint32_t page = name->has_page ? name->page : of->num_resident ? of->resident[0] : 0;
	uint32_t pmem = scene_page(app->scene, fobj, page);

	return pmem == NONE ? REF_NONE : scene_ref(app->scene, OBJECT_PMEM, pmem);
}

static struct ref look_ref(const struct app *app, const struct lesson_look *look, enum view_id view)
{
	uint32_t position = history_position(&app->history, app->shown);
	const struct snapshot *before = position == NONE ? NULL : snapshot_before(app, position);
	struct lesson_object object = lesson_find(app->scene->snapshot, before, look->object.text);
	bool page = look->object.has_page || view == VIEW_PAGES || view == VIEW_CONTENTS;
	struct ref ref = REF_NONE;

	switch (object.kind) {
	case LESSON_CONTEXT:
		return scene_ref(app->scene, OBJECT_CONTEXT, object.index);
	case LESSON_FILE:
		return scene_ref(app->scene, OBJECT_FILE, object.index);
	case LESSON_FOBJ:
		if (page)
			ref = page_ref(app, object.index, &look->object);
		return ref.kind != OBJECT_NONE ? ref
					       : scene_ref(app->scene, OBJECT_FOBJ, object.index);
	default:
		return REF_NONE;
	}
}

void tutor_show(struct app *app)
{
	const struct lesson_step *step;

	if (!app->tutor || !app->scene)
		return;
	if (app->tutor->state == TUTOR_ASKING)
		app->tutor->state = TUTOR_READING;
	step = step_at(app, step_of(app, app->shown));
	for (int id = 0; step && id < NUM_VIEWS; id++) {
		if (strcmp(views[id]->name, step->look.view) == 0)
			app_look(app, (enum view_id)id,
				 look_ref(app, &step->look, (enum view_id)id));
	}
}

/* ---- keys ---- */

static enum app_request run_on(struct app *app)
{
	app->tutor->state = TUTOR_RUNNING;
	return APP_STEP;
}

static enum app_request next_step(struct app *app)
{
	struct tutor *tutor = app->tutor;
	uint32_t step = step_of(app, app->shown);

	if (!app->shown || tutor->state == TUTOR_RUNNING) {
		app_say(app, false, "the target is on its way");
		return APP_NOTHING;
	}
	if (step == tutor->lesson->num_steps) {
		app_say(app, false, "this was the last step");
		return APP_NOTHING;
	}
	if (!tutor->lesson->steps[step].question[0])
		return run_on(app);
	tutor->state = TUTOR_ASKING;
	tutor->input[0] = 0;
	return APP_NOTHING;
}

static enum app_request take_answer(struct app *app)
{
	struct tutor *tutor = app->tutor;
	struct tutor_answer *answer = &tutor->answers[step_of(app, app->shown)];

	if (!tutor->input[0]) {
		app_say(app, false, "type a number first; a guess will do");
		return APP_NOTHING;
	}
	answer->guessed = true;
	answer->guess = strtoll(tutor->input, NULL, 10);
	return run_on(app);
}

static bool answer_key(struct app *app, uint32_t key, enum app_request *request)
{
	struct tutor *tutor = app->tutor;
	size_t length = strlen(tutor->input);

	if (key >= '0' && key <= '9') {
		if (length + 1 < sizeof(tutor->input)) {
			tutor->input[length] = (char)key;
			tutor->input[length + 1] = 0;
		}
		return true;
	}
	switch (key) {
	case UI_KEY_BACKSPACE:
	case UI_KEY_DELETE:
		if (length)
			tutor->input[length - 1] = 0;
		return true;
	case UI_KEY_ENTER:
		*request = take_answer(app);
		return true;
	case UI_KEY_ESCAPE:
		*request = run_on(app);
		return true;
	case UI_KEY_SPACE:
		app_say(app, false, "a number and Enter; Esc goes on without a guess");
		return true;
	default:
		return false;
	}
}

bool tutor_key(struct app *app, uint32_t key, enum app_request *request)
{
	*request = APP_NOTHING;
	if (!app->tutor)
		return false;
	if (app->tutor->state == TUTOR_ASKING && answer_key(app, key, request))
		return true;
	switch (keys_command(key)) {
	case COMMAND_STEP:
		if (!app->newest)
			return false; /* the application goes forth in time */
		if (app->tutor->state != TUTOR_ASKING)
			*request = next_step(app);
		return true;
	case COMMAND_PAUSE:
		app_say(app, false, "in a lesson the target stands still between the steps");
		return true;
	default:
		return false;
	}
}

/* ---- drawing ---- */

int tutor_rows(const struct app *app, int rows)
{
	if (!app->tutor)
		return 0;
	return rows >= ROWS_HIGH ? PANEL_ROWS_HIGH : PANEL_ROWS;
}

bool tutor_draw_too_small(const struct app *app, struct canvas *canvas)
{
	char text[100];

	if (!app->tutor || (canvas->rows >= TUTOR_MIN_ROWS && canvas->cols >= TUTOR_MIN_COLS))
		return false;
	snprintf(text, sizeof(text), "%dx%d is too small", canvas->cols, canvas->rows);
	canvas_text(canvas, 0, 0, canvas->cols, STYLE_WARN, text);
	snprintf(text, sizeof(text), "a lesson needs %dx%d:", TUTOR_MIN_COLS, TUTOR_MIN_ROWS);
	canvas_text(canvas, 1, 0, canvas->cols, STYLE_TEXT, text);
	canvas_text(canvas, 2, 0, canvas->cols, STYLE_TEXT, "enlarge the window;");
	canvas_text(canvas, 3, 0, canvas->cols, STYLE_TEXT, "q quits");
	return true;
}

static void draw_progress(const struct app *app, struct canvas *canvas, struct rect rect)
{
	uint32_t step = step_of(app, app->shown), all = app->tutor->lesson->num_steps;
	int width = all < 20 ? (int)all : 20, done = (int)((uint64_t)step * (unsigned)width / all);
	char text[40];
	int length = snprintf(text, sizeof(text), " step %u of %u ", step, all);
	int at = rect.cols - length - width - 4;

	canvas_fill(canvas, rect.row, 0, rect.cols, STYLE_LINE, 0x2500);
	canvas_printf(canvas, rect.row, 2, at - 3, STYLE_TITLE, " %s ", app->tutor->lesson->title);
	at += canvas_text(canvas, rect.row, at, length, STYLE_STRONG, text);
	canvas_put(canvas, rect.row, at++, STYLE_LINE, '[');
	canvas_fill(canvas, rect.row, at, done, STYLE_GOOD, '#');
	canvas_fill(canvas, rect.row, at + done, width - done, STYLE_DIM, '.');
	canvas_put(canvas, rect.row, at + width, STYLE_LINE, ']');
}

/* The first of the command's keys. */
static const char *first_key(enum command command, char key[16])
{
	const char *keys = keys_of(command);

	snprintf(key, 16, "%.*s", (int)strcspn(keys, " "), keys);
	return key;
}

static void draw_score(const struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct tutor *tutor = app->tutor;
	uint32_t asked = 0, right = 0;
	char back[16], quit[16];

	for (uint32_t i = 0; i < tutor->lesson->num_steps; i++) {
		const struct tutor_answer *answer = &tutor->answers[i];

		asked += tutor->lesson->steps[i].question[0] != 0;
		right += answer->right;
	}
	canvas_printf(canvas, rect.row, rect.col, rect.cols, STYLE_DIM,
		      "The end of the lesson. Foreseen: %u of %u.  %s back  %s quit", right, asked,
		      first_key(COMMAND_OLDER, back), first_key(COMMAND_QUIT, quit));
}

static void draw_hint(const struct app *app, struct canvas *canvas, struct rect rect)
{
	uint32_t step = step_of(app, app->shown);
	char next[16], back[16];

	first_key(COMMAND_STEP, next);
	first_key(COMMAND_OLDER, back);
	if (app->tutor->state == TUTOR_RUNNING)
		canvas_text(canvas, rect.row, rect.col, rect.cols, STYLE_DIM,
			    "the target runs to its next step");
	else if (!app->newest)
		canvas_printf(canvas, rect.row, rect.col, rect.cols, STYLE_DIM,
			      "As it was.  %s forth  %s back", next, back);
	else if (step == app->tutor->lesson->num_steps)
		draw_score(app, canvas, rect);
	else
		canvas_printf(canvas, rect.row, rect.col, rect.cols, STYLE_DIM,
			      step ? "%s next step  %s back" : "%s begins", next, back);
}

static void draw_question(const struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct lesson_step *step = &app->tutor->lesson->steps[step_of(app, app->shown)];
	struct rect text = {rect.row, rect.col, NARRATION_ROWS, rect.cols};
	int at;

	text.row += canvas_wrapped(canvas, text, STYLE_TEXT, step->before);
	text.rows = rect.row + rect.rows - 1 - text.row;
	text.row += canvas_wrapped(canvas, text, STYLE_STRONG, step->question);
	at = rect.col +
	     canvas_text(canvas, text.row, rect.col, rect.cols, STYLE_KEY, "Your answer: ");
	at += canvas_text(canvas, text.row, at, 12, STYLE_STRONG, app->tutor->input);
	canvas_flag(canvas, text.row, at, 1, CELL_SELECTED);
	canvas_text(canvas, text.row, at + 3, rect.cols - at, STYLE_DIM,
		    "Enter: see what happens   Esc: without a guess");
}

static void verdict(const struct tutor_answer *answer, char *text, size_t size)
{
	if (!answer->counted)
		snprintf(text, size, "There is no answer in the target: %s.", answer->why);
	else if (!answer->guessed)
		snprintf(text, size, "It is %" PRId64 ": %s.", answer->count, answer->why);
	else if (answer->right)
		snprintf(text, size, "Right, %" PRId64 ": %s.", answer->guess, answer->why);
	else
		snprintf(text, size,
			 "Not quite: you said %" PRId64 ", in the target it is %" PRId64 ": %s.",
			 answer->guess, answer->count, answer->why);
}

static void draw_step(const struct app *app, struct canvas *canvas, struct rect rect)
{
	uint32_t number = step_of(app, app->shown);
	const struct lesson_step *step = step_at(app, number);
	const struct tutor_answer *answer;
	struct rect text = {rect.row, rect.col, NARRATION_ROWS, rect.cols};
	char line[480];

	text.row += canvas_wrapped(canvas, text, STYLE_TEXT, step->narration);
	if (!step->question[0])
		return;
	answer = &app->tutor->answers[number - 1];
	verdict(answer, line, sizeof(line));
	text.rows = rect.row + rect.rows - 1 - text.row;
	canvas_wrapped(canvas, text,
		       !answer->guessed || !answer->counted ? STYLE_STRONG
		       : answer->right                      ? STYLE_GOOD
							    : STYLE_WARN,
		       line);
}

void tutor_draw(const struct app *app, struct canvas *canvas, struct rect rect)
{
	struct rect inner = {rect.row + 1, 2, rect.rows - 1, rect.cols - 4};

	draw_progress(app, canvas, rect);
	if (app->tutor->state == TUTOR_ASKING) {
		draw_question(app, canvas, inner);
		return;
	}
	if (step_of(app, app->shown))
		draw_step(app, canvas, inner);
	else
		canvas_wrapped(
			canvas, (struct rect){inner.row, inner.col, NARRATION_ROWS, inner.cols},
			STYLE_TEXT,
			"A real pager, stopped before anything is opened. At each step it runs on "
			"and stops again, and what you see is read from its memory. The mark + is "
			"new, ~ has changed.");
	inner.row += inner.rows - 1;
	draw_hint(app, canvas, inner);
}
