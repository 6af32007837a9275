/* SPDX-License-Identifier: BSD-2-Clause */
#include "failures_ui.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../export/json.h"
#include "../export/recorder.h"
#include "../export/recording.h"
#include "../ui/app.h"
#include "../ui/config.h"
#include "../ui/feed.h"
#include "../ui/tutor.h"
#include "failures.h"
#include "ui_fixture.h"

bool failures_read_config(FILE *out, struct error *error)
{
	struct config config;
	bool ok = config_parse(&config, "a", "bind quit x\ncolour text 1\nview map\n", error);

	fprintf(out, "%d", ok ? (int)config.view : 0);
	return ok;
}

bool failures_draw_screens(struct snapshot *first, struct snapshot *second)
{
	struct canvas *canvas = canvas_create(24, 80, true);
	struct app app;
	bool ok = app_init(&app, true) && canvas;

	if (ok) {
		app_add_snapshot(&app, first);
		app_add_snapshot(&app, second);
	} else {
		snapshot_destroy(first);
		snapshot_destroy(second);
	}
	for (const char *key = "1234567890"; ok && *key; key++) {
		app_key(&app, (uint32_t)*key);
		app_draw(&app, canvas);
		app_key(&app, UI_KEY_ENTER);
		app_draw(&app, canvas);
	}
	app_deinit(&app);
	canvas_destroy(canvas);
	return ok;
}

/* ---- a feed ---- */

#define REFRESHES 4u /* the console says something new at all but the last */

struct source {
	struct live live;
	unsigned int refreshes;
};

static bool source_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct source *source = (struct source *)live;

	(void)error;
	failures_peace_begin();
	*snapshot = fixture_snapshot(++source->refreshes);
	failures_peace_end();
	return true;
}

static void source_status(const struct live *live, struct live_status *status)
{
	(void)live;
	status->state = LIVE_PAUSED;
}

static size_t source_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	static const char *const all[] = {"one", "two", "three", "four", "five", "six"};
	unsigned int refreshes = ((struct source *)live)->refreshes;
	size_t count = 2 * (refreshes < REFRESHES ? refreshes : REFRESHES - 1);

	(void)max;
	*first = 0;
	memcpy(lines, all, count * sizeof(*lines));
	return count;
}

static const struct live_ops source_ops = {
	.refresh = source_refresh, .status = source_status, .log = source_log};

/* One refresh. What it says of the console takes the place of TEXT. */
static bool take_news(struct feed *feed, char text[200], FILE *out, struct error *error)
{
	struct pollfd news_here = {.fd = feed_fd(feed), .events = POLLIN};
	struct feed_news news;

	poll(&news_here, 1, -1);
	feed_take(feed, &news);
	fprintf(out, "%u %llu;", news.num_snapshots, (unsigned long long)news.recorded);
	if (news.log)
		text[0] = 0;
	for (uint32_t i = 0; i < news.num_log; i++)
		snprintf(text + strlen(text), 200 - strlen(text), "%s ", news.log[i]);
	if (news.error.status != EXIT_CLEAN)
		*error = news.error;
	feed_news_free(&news);
	return error->status == EXIT_CLEAN;
}

static bool watch(struct recorder *recorder, FILE *out, struct error *error)
{
	struct source source = {.live = {&source_ops}};
	struct feed *feed = feed_start(&source.live, 1, true, recorder, error);
	char text[200] = "";
	bool ok = feed != NULL;

	for (unsigned int i = 0; ok && i < REFRESHES; i++) {
		ok = take_news(feed, text, out, error);
		if (ok && i + 1 < REFRESHES)
			feed_ask(feed, FEED_REFRESH);
	}
	feed_stop(feed);
	fputs(text, out);
	return ok;
}

static bool read_back(const char *path, FILE *out, struct error *error)
{
	struct recording *recording = recording_open(path, error);
	uint32_t count = recording ? recording_count(recording) : 0;
	const char *const *lines;
	uint64_t first = 0;
	size_t num = recording ? recording_log(recording, &lines, &first) : 0;

	for (size_t i = 0; i < num; i++)
		fprintf(out, "%s ", lines[i]);
	for (uint32_t i = 0; i < count && error->status == EXIT_CLEAN; i++) {
		struct snapshot *snapshot = recording_read(recording, i, error);

		if (snapshot)
			json_write_state(snapshot, out);
		snapshot_destroy(snapshot);
	}
	recording_close(recording);
	return error->status == EXIT_CLEAN;
}

bool failures_feed(const char *path, FILE *out, struct error *error)
{
	struct recorder *recorder;

	unlink(path);
	recorder = recorder_open(path, "a target", error);
	return recorder && watch(recorder, out, error) && read_back(path, out, error);
}

/* ---- a lesson ---- */

static void press(struct app *app, struct canvas *canvas, uint32_t key)
{
	app_key(app, key);
	app_draw(app, canvas);
}

bool failures_teach(struct error *error)
{
	struct canvas *canvas = canvas_create(24, 80, true);
	struct lesson *lesson = lesson_read("fixtures/lessons/01-shared-memory.scn", error);
	struct app app;
	bool ok = app_init(&app, true) && canvas && lesson &&
		  (app.tutor = tutor_create(lesson)) != NULL;

	for (uint32_t step = 0; ok && step < 4; step++) {
		struct snapshot *snapshot;

		failures_peace_begin();
		snapshot = fixture_snapshot(step + 1);
		failures_peace_end();
		snapshot->capture.step = step;
		app_add_snapshot(&app, snapshot);
		app_draw(&app, canvas);
		press(&app, canvas, UI_KEY_SPACE);
		press(&app, canvas, '1');
		press(&app, canvas, UI_KEY_ENTER);
	}
	tutor_destroy(app.tutor);
	app.tutor = NULL;
	app_deinit(&app);
	canvas_destroy(canvas);
	lesson_destroy(lesson);
	return ok || failures_no_memory(error);
}
