/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The feed between its thread and a screen's, with all that a screen asks for at any moment: what
 * is delivered is whole and in order, a source is called by one thread at a time, a recording has
 * what was seen. The same program is run under ThreadSanitizer (tests.mk), which sees whether the
 * two ever touch one thing at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../export/recorder.h"
#include "../export/recording.h"
#include "../ui/feed.h"
#include "ui_fixture.h"

#define REFRESHES 400u
#define LINES     8u

struct source {
	struct live live;
	atomic_uint inside; /* calls under way */
	atomic_bool given_up;
	unsigned int refreshes, steps, pages;
	bool paused;
	char lines[LINES][24];
};

static struct source source;

static void enter(void)
{
	assert_int_equal(atomic_fetch_add(&source.inside, 1), 0);
}

static bool leave(void)
{
	atomic_fetch_sub(&source.inside, 1);
	return true;
}

static bool source_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	(void)live;
	enter();
	*snapshot = fixture_snapshot(++source.refreshes % 8);
	(*snapshot)->capture.step = source.refreshes;
	if (source.refreshes % 7 == 0)
		error_set(error, EXIT_CONNECTION, "refresh %u had a complaint", source.refreshes);
	return leave();
}

static bool source_pause(struct live *live, struct error *error)
{
	(void)live;
	(void)error;
	enter();
	source.paused = true;
	return leave();
}

static bool source_resume(struct live *live, struct error *error)
{
	(void)live;
	(void)error;
	enter();
	source.paused = false;
	return leave();
}

/* Until the screen gives it up, or it has come. */
static bool source_event(struct live *live, const char *kind, struct error *error)
{
	(void)live;
	(void)error;
	enter();
	assert_true(strcmp(kind, "fault") == 0 || strcmp(kind, "save") == 0);
	for (int ms = 0; ms < 20 && !atomic_exchange(&source.given_up, false); ms++)
		poll(NULL, 0, 1);
	source.steps++;
	return leave();
}

static void source_cancel(struct live *live)
{
	(void)live;
	atomic_store(&source.given_up, true);
}

static void source_status(const struct live *live, struct live_status *status)
{
	(void)live;
	status->state = source.paused ? LIVE_PAUSED : LIVE_RUNNING;
	status->refreshes = source.refreshes;
}

/* The last lines that a target has said, one more with each refresh. */
static size_t source_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	unsigned int count = source.refreshes < LINES ? source.refreshes : LINES;

	(void)live;
	(void)max;
	*first = source.refreshes - count;
	for (unsigned int i = 0; i < count; i++) {
		snprintf(source.lines[i], sizeof(source.lines[i]), "line %u",
			 (unsigned int)*first + i);
		lines[i] = source.lines[i];
	}
	return count;
}

static bool source_page(struct live *live, uint64_t pa, uint8_t *to, struct error *error)
{
	(void)live;
	(void)error;
	enter();
	source.pages++;
	memset(to, (int)(pa & 0xff), LIVE_PAGE);
	return leave();
}

static const struct live_ops source_ops = {
	.refresh = source_refresh,
	.pause = source_pause,
	.resume = source_resume,
	.run_to_event = source_event,
	.cancel = source_cancel,
	.status = source_status,
	.log = source_log,
	.read_page = source_page,
};

/* What a screen has of it. */
struct screen {
	uint32_t step; /* of the newest snapshot */
	unsigned int pages, complaints, arrivals;
};

static void expect_log(const struct feed_news *news)
{
	char line[24];

	for (uint32_t i = 0; i < news->num_log; i++) {
		snprintf(line, sizeof(line), "line %u", (unsigned int)news->first_log + i);
		assert_string_equal(news->log[i], line);
	}
}

static void take(struct feed *feed, struct screen *screen)
{
	struct feed_news news;

	if (!feed_take(feed, &news))
		return;
	for (unsigned int i = 0; i < news.num_snapshots; i++) {
		assert_true(news.snapshots[i]->capture.step > screen->step);
		screen->step = news.snapshots[i]->capture.step;
	}
	expect_log(&news);
	for (size_t i = 0; news.has_page && i < LIVE_PAGE; i++)
		assert_int_equal(news.page[i], news.page_place.pa & 0xff);
	screen->pages += news.has_page;
	screen->complaints += news.error.status != EXIT_CLEAN;
	screen->arrivals += news.arrived;
	feed_news_free(&news);
}

/* What a person may do next. */
static void act(struct feed *feed, unsigned int turn, const char *path)
{
	const struct page_place place = {.pa = 4096 * turn + turn % 256};
	struct error error = {0};

	switch (turn % 8) {
	case 0:
		feed_ask(feed, FEED_PAUSE);
		break;
	case 1:
		feed_want_page(feed, turn % 3, &place);
		break;
	case 2:
		feed_ask_event(feed, turn % 16 == 2 ? "fault" : "save");
		break;
	case 3:
		feed_record(feed, recorder_open(path, "a source", &error));
		break;
	case 4:
		feed_record(feed, turn % 32 == 4 ? NULL : recorder_open(path, "a source", &error));
		break;
	default:
		feed_ask(feed, FEED_REFRESH);
	}
	feed_give_up(feed);
}

static void expect_recording(const char *path, uint32_t newest)
{
	struct error error = {0};
	struct recording *recording = recording_open(path, &error);
	struct snapshot *last;
	uint32_t count;

	assert_non_null(recording);
	count = recording_count(recording);
	assert_string_equal(recording_note(recording), "");
	last = recording_read(recording, count - 1, &error);
	assert_non_null(last);
	assert_true(last->capture.step <= newest);
	snapshot_destroy(last);
	recording_close(recording);
}

static void screen_and_feed_share_nothing_by_chance(void **state)
{
	char path[] = "/tmp/test_feed.XXXXXX";
	int fd = mkstemp(path);
	struct error error = {0};
	struct screen screen = {0};
	struct feed *feed;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	source.live.ops = &source_ops;
	feed = feed_start(&source.live, 1, false, recorder_open(path, "a source", &error), &error);
	assert_non_null(feed);
	for (unsigned int turn = 0; screen.step < REFRESHES; turn++) {
		struct pollfd news = {.fd = feed_fd(feed), .events = POLLIN};

		act(feed, turn, path);
		if (turn % 5 == 0) /* the others come while something is under way */
			poll(&news, 1, 100);
		take(feed, &screen);
	}
	feed_give_up(feed);
	feed_stop(feed);
	assert_true(screen.pages > 0 && screen.complaints > 0 && screen.arrivals > 0);
	expect_recording(path, source.refreshes);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screen_and_feed_share_nothing_by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
