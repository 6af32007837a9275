/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_view COUNT OPTIONS...: memory under a live view whose history is full. A session, the feed
 * and the application work as they do below `pagerview tui`, but for a canvas in place of the
 * terminal and a clock that is as short as can be: the next refresh is asked for when the last one
 * is on the screen. OPTIONS are those of `pagerview tui`, of a target that never rests.
 *
 * First all that is bounded is filled, and replaced once: the history (ui/history.h) and the log of
 * events (ui/events.h). Then come COUNT refreshes more. What malloc() has given out, less the bytes
 * that the history itself counts, and the resident pages of the process may not go beyond the most
 * that they were until a quarter of COUNT, by more than HEAP_SLACK and RSS_SLACK: how many moments
 * the history holds, and holes between blocks of unlike sizes, come and go. COUNT of 36,000 is an
 * hour at 10 a second. Two lines of figures; the exit status is 1 when memory has grown, 2 when
 * nothing could be measured. With SOAK_LEAK set so many bytes are lost at each refresh: the
 * measurement has to see that.
 */
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ui/app.h"
#include "../ui/feed.h"
#include "open_words.h"

#define HEAP_SLACK (512l << 10) /* bytes: one refresh under way, and lists of other lengths */
#define RSS_SLACK  (8l << 20)   /* bytes: holes between blocks of unlike sizes */
#define FILL_MAX   40000u       /* refreshes in which all has to be full */
#define EVERY      16u          /* refreshes from one sample, and one view, to the next */
#define SILENCE_MS 60000
#define QUARTERS   4 /* in which the most is told by itself: growth that goes on shows there */

struct sample {
	long heap, rss; /* bytes */
};

struct soak {
	struct app app;
	struct canvas *canvas;
	struct feed *feed;
	unsigned long refreshes, leak;
	struct sample base; /* the most while what fills it was replaced once */
	struct error *error;
};

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident = 0;

	if (file && fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static struct sample take_sample(const struct soak *soak)
{
	struct mallinfo2 info = mallinfo2();

	return (struct sample){
		.heap = (long)(info.uordblks + info.hblkhd) - (long)soak->app.history.bytes,
		.rss = resident_bytes(),
	};
}

static void take_most(const struct soak *soak, struct sample *most)
{
	struct sample now = take_sample(soak);

	most->heap = now.heap > most->heap ? now.heap : most->heap;
	most->rss = now.rss > most->rss ? now.rss : most->rss;
}

/* As ui_take_news() does. */
static bool take_news(struct soak *soak)
{
	struct feed_news news;

	if (!feed_take(soak->feed, &news))
		return true;
	app_set_status(&soak->app, &news.status);
	if (news.log)
		app_set_log(&soak->app, news.log, news.num_log, news.first_log);
	for (unsigned i = 0; i < news.num_snapshots; i++)
		app_add_snapshot(&soak->app, news.snapshots[i]);
	soak->refreshes += news.num_snapshots;
	news.num_snapshots = 0;
	if (news.over || news.error.status != EXIT_CLEAN)
		*soak->error = news.error;
	feed_news_free(&news);
	return soak->error->status == EXIT_CLEAN;
}

/* One refresh more on the screen, and one view after the other. */
static bool turn(struct soak *soak)
{
	static const char keys[] = "1234567890";
	struct pollfd polled = {.fd = feed_fd(soak->feed), .events = POLLIN};
	unsigned long before = soak->refreshes;

	while (soak->refreshes == before) {
		feed_ask(soak->feed, FEED_REFRESH);
		if (poll(&polled, 1, SILENCE_MS) < 1)
			return error_set(soak->error, EXIT_CONNECTION, "the feed says nothing");
		if (!take_news(soak))
			return false;
	}
	if (soak->refreshes / EVERY != before / EVERY)
		app_key(&soak->app, (uint32_t)keys[soak->refreshes / EVERY % (sizeof(keys) - 1)]);
	app_draw(&soak->app, soak->canvas);
	if (soak->leak && !malloc(soak->leak))
		return error_set(soak->error, EXIT_USAGE, "out of memory");
	return true;
}

static bool is_full(const struct app *app)
{
	const struct history *history = &app->history;

	/* When it is full a quarter goes at once, so that it is seldom seen full. */
	if (app->events.count < EVENTS_MAX / 4 * 3 || !history->count)
		return false;
	return history->count == HISTORY_MOMENTS ||
	       history->bytes + 2 * history->bytes / history->count > history->max_bytes;
}

/* Until all is full, and then until each moment of that has made room for another. */
static bool fill(struct soak *soak)
{
	unsigned long end;

	while (!is_full(&soak->app)) {
		if (!turn(soak))
			return false;
		if (soak->refreshes > FILL_MAX)
			return error_set(soak->error, EXIT_USAGE,
					 "%u moments, %u events: nothing is full",
					 soak->app.history.count, soak->app.events.count);
	}
	end = soak->refreshes + soak->app.history.count;
	while (soak->refreshes < end) {
		if (!turn(soak))
			return false;
		take_most(soak, &soak->base);
	}
	return true;
}

/* The exit status. */
static int measure(struct soak *soak, unsigned long count)
{
	unsigned long filled = soak->refreshes, end = filled + count;
	struct sample base = soak->base, quarters[QUARTERS] = {{0, 0}}, most = base;
	bool grown;

	while (soak->refreshes < end) {
		if (!turn(soak))
			return 2;
		if (soak->refreshes % EVERY && soak->refreshes < end)
			continue;
		take_most(soak, &most);
		take_most(soak, &quarters[(soak->refreshes - filled - 1) * QUARTERS / count]);
	}
	base.heap = quarters[0].heap > base.heap ? quarters[0].heap : base.heap;
	base.rss = quarters[0].rss > base.rss ? quarters[0].rss : base.rss;
	grown = most.heap - base.heap > HEAP_SLACK || most.rss - base.rss > RSS_SLACK;
	printf("at most, a quarter of the refreshes each, beside the history and resident:");
	for (int i = 0; i < QUARTERS; i++)
		printf(" %+ld, %+ld KB;", (quarters[i].heap - base.heap) / 1024,
		       (quarters[i].rss - base.rss) / 1024);
	printf("\nfull after %lu refreshes: %u moments of %.1f MB, %u events; %lu refreshes more: "
	       "beside the history %.2f MB, at most %+ld KB (%ld allowed); resident %.1f MB, at "
	       "most %+ld KB (%ld allowed)%s\n",
	       filled, soak->app.history.count, (double)soak->app.history.bytes / 1048576,
	       soak->app.events.count, soak->refreshes - filled, (double)base.heap / 1048576,
	       (most.heap - base.heap) / 1024, HEAP_SLACK / 1024, (double)base.rss / 1048576,
	       (most.rss - base.rss) / 1024, RSS_SLACK / 1024, grown ? ": it grows" : "");
	return grown;
}

static int soak_view(struct soak *soak, struct live *live, unsigned long count)
{
	int status = 2;

	soak->canvas = canvas_create(60, 200, false);
	if (app_init(&soak->app, false) && soak->canvas)
		soak->feed = feed_start(live, 1, false, NULL, soak->error);
	if (soak->feed && fill(soak))
		status = measure(soak, count);
	feed_stop(soak->feed);
	app_deinit(&soak->app);
	canvas_destroy(soak->canvas);
	return status;
}

int main(int argc, char **argv)
{
	static struct soak soak;
	const char *leak = getenv("SOAK_LEAK"), *count = argv[1];
	struct error error = {0};
	struct live *live;
	int status = 2;

	if (argc < 4) {
		fprintf(stderr, "usage: %s COUNT OPTIONS...\n", argv[0]);
		return 2;
	}
	soak.error = &error;
	soak.leak = leak ? strtoul(leak, NULL, 10) : 0;
	argv[1] = (char[]){"tui"};
	live = open_words(argc, argv, &error);
	if (live)
		status = soak_view(&soak, live, strtoul(count, NULL, 10));
	live_close(live);
	if (error.status != EXIT_CLEAN)
		fprintf(stderr, "soak_view: %s\n", error.text);
	return error.status != EXIT_CLEAN ? 2 : status;
}
