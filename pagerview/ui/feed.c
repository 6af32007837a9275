/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mailbox: a screen that is late finds the newest state there, with the snapshots that led to
 * it as far as the queue holds them. Requests are bits, so that pressing a key twice while the
 * target hangs is one request.
 */
#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../export/recorder.h"

#define MAX_LOG 1000 /* lines that are kept */

struct feed {
	struct live *live;
	uint64_t period_ns; /* 0: once */
	pthread_t thread;
	int event;
	uint64_t log_end;          /* of the lines last delivered; the thread's own */
	char *log_last;            /* the last of them: it may have been half a line */
	struct recorder *recorder; /* the thread's own too; NULL: nothing is recorded */

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	unsigned requests;
	bool stop, fresh, wants_page;
	char kind[24];                  /* of FEED_EVENT */
	bool swap_recorder;             /* NEXT_RECORDER takes the place of RECORDER */
	struct recorder *next_recorder; /* NULL: none does */
	struct page_place page_place;
	struct feed_news news;
};

void feed_news_free(struct feed_news *news)
{
	for (unsigned i = 0; i < news->num_snapshots; i++)
		snapshot_destroy(news->snapshots[i]);
	for (uint32_t i = 0; i < news->num_log; i++)
		free(news->log[i]);
	free(news->log);
	memset(news, 0, sizeof(*news));
}

/* All of them, or none: then they come with the next news. */
static bool copy_lines(struct feed_news *news, const char *const *lines, size_t count)
{
	news->log = calloc(count, sizeof(*news->log));
	while (news->log && news->num_log < count &&
	       (news->log[news->num_log] = strdup(lines[news->num_log])))
		news->num_log++;
	if (news->log && news->num_log == count)
		return true;
	while (news->num_log)
		free(news->log[--news->num_log]);
	free(news->log);
	news->log = NULL;
	return false;
}

static void copy_log(struct feed *feed, struct feed_news *news)
{
	const char *lines[MAX_LOG];
	size_t count = live_log(feed->live, lines, MAX_LOG, &news->first_log);
	uint64_t end = news->first_log + count;

	if (!count ||
	    (end == feed->log_end && feed->log_last && !strcmp(feed->log_last, lines[count - 1])))
		return;
	if (!copy_lines(news, lines, count))
		return;
	feed->log_end = end;
	free(feed->log_last);
	feed->log_last = strdup(lines[count - 1]);
}

/* Those that wait in OLD go before those in NEWS. */
static void join_snapshots(struct feed_news *old, struct feed_news *news)
{
	unsigned room = FEED_QUEUE - news->num_snapshots;
	unsigned dropped = old->num_snapshots > room ? old->num_snapshots - room : 0;
	unsigned kept = old->num_snapshots - dropped;

	memmove(news->snapshots + kept, news->snapshots,
		news->num_snapshots * sizeof(news->snapshots[0]));
	memcpy(news->snapshots, old->snapshots + dropped, kept * sizeof(news->snapshots[0]));
	news->num_snapshots += kept;
	old->num_snapshots = dropped; /* which go with it */
}

/* Put NEWS where the screen finds it; what was not taken yet and is not renewed stays. */
static void deliver(struct feed *feed, struct feed_news *news)
{
	uint64_t one = 1;

	pthread_mutex_lock(&feed->lock);
	if (feed->fresh)
		join_snapshots(&feed->news, news);
	if (feed->fresh && !news->log) {
		news->log = feed->news.log;
		news->num_log = feed->news.num_log;
		news->first_log = feed->news.first_log;
		feed->news.log = NULL;
		feed->news.num_log = 0;
	}
	news->arrived |= feed->fresh && feed->news.arrived;
	if (feed->fresh && news->error.status == EXIT_CLEAN)
		news->error = feed->news.error;
	feed_news_free(&feed->news);
	feed->news = *news;
	feed->fresh = true;
	pthread_mutex_unlock(&feed->lock);
	while (write(feed->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void run_to_event(struct feed *feed, struct error *error)
{
	char kind[sizeof(feed->kind)];

	pthread_mutex_lock(&feed->lock);
	memcpy(kind, feed->kind, sizeof(kind));
	pthread_mutex_unlock(&feed->lock);
	live_run_to_event(feed->live, kind, error);
}

static void serve(struct feed *feed, unsigned requests, struct error *error)
{
	if (requests & FEED_EVENT)
		run_to_event(feed, error);
	if (requests & FEED_STEP)
		live_step(feed->live, error);
	if (!(requests & FEED_PAUSE))
		return;
	if (live_is_paused(feed->live))
		live_resume(feed->live, error);
	else
		live_pause(feed->live, error);
}

static void read_page(struct feed *feed, struct feed_news *news)
{
	pthread_mutex_lock(&feed->lock);
	news->has_page = feed->wants_page;
	news->page_place = feed->page_place;
	pthread_mutex_unlock(&feed->lock);
	if (news->has_page && news->page_place.stored)
		live_read_stored(feed->live, news->page_place.fobj, news->page_place.page,
				 news->page, &news->page_error);
	else if (news->has_page)
		live_read_page(feed->live, news->page_place.pa, news->page, &news->page_error);
}

static void take_recorder(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	if (feed->swap_recorder) {
		recorder_close(feed->recorder);
		feed->recorder = feed->next_recorder;
		feed->next_recorder = NULL;
		feed->swap_recorder = false;
		feed->log_end = 0; /* it is to have the lines that there are */
		free(feed->log_last);
		feed->log_last = NULL;
	}
	pthread_mutex_unlock(&feed->lock);
}

/* A file that cannot be written ends the recording, never the watching. */
static void record(struct feed *feed, struct feed_news *news)
{
	struct error error = {0};

	if (feed->recorder && news->num_snapshots)
		recorder_add(feed->recorder, news->snapshots[0], &error);
	if (feed->recorder && news->log)
		recorder_add_log(feed->recorder, news->log, news->num_log, news->first_log, &error);
	if (error.status != EXIT_CLEAN) {
		recorder_close(feed->recorder);
		feed->recorder = NULL;
		error_set(&news->error, error.status, "no longer recorded: %s", error.text);
	}
	news->recording = feed->recorder != NULL;
	news->recorded = feed->recorder ? recorder_moments(feed->recorder) : 0;
}

/* One refresh and what goes with it. False: there will be no other. */
static bool feed_once(struct feed *feed, unsigned requests)
{
	struct feed_news news;
	bool fresh, over;

	memset(&news, 0, sizeof(news));
	take_recorder(feed);
	serve(feed, requests, &news.error);
	news.arrived = requests & (FEED_STEP | FEED_EVENT);
	fresh = live_refresh(feed->live, &news.snapshots[0], &news.error);
	news.num_snapshots = fresh;
	read_page(feed, &news);
	live_status(feed->live, &news.status);
	copy_log(feed, &news);
	record(feed, &news);
	over = !fresh && (news.status.state == LIVE_ENDED || news.status.state == LIVE_STILL);
	news.over = over;
	deliver(feed, &news);
	return !over;
}

static void add_ns(struct timespec *time, uint64_t ns)
{
	ns += (uint64_t)time->tv_nsec;
	time->tv_sec += (time_t)(ns / 1000000000);
	time->tv_nsec = (long)(ns % 1000000000);
}

/* Wait for the next refresh, a request or the end, which is when it returns false. */
static bool feed_wait(struct feed *feed, unsigned *requests)
{
	struct timespec until;
	int result = 0;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	add_ns(&until, feed->period_ns);
	pthread_mutex_lock(&feed->lock);
	while (!feed->stop && !feed->requests && result == 0) {
		if (feed->period_ns)
			result = pthread_cond_timedwait(&feed->wake, &feed->lock, &until);
		else
			result = pthread_cond_wait(&feed->wake, &feed->lock);
	}
	*requests = feed->requests;
	feed->requests = 0;
	stop = feed->stop;
	pthread_mutex_unlock(&feed->lock);
	return !stop;
}

static void *feed_run(void *argument)
{
	struct feed *feed = argument;
	unsigned requests = 0;

	do {
		if (!feed_once(feed, requests))
			break;
	} while (feed_wait(feed, &requests));
	return NULL;
}

struct feed *feed_start(struct live *live, unsigned tenths, bool still, struct recorder *recorder,
			struct error *error)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	pthread_condattr_t attributes;

	if (!feed) {
		recorder_close(recorder);
		error_set(error, EXIT_USAGE, "out of memory");
		return NULL;
	}
	feed->live = live;
	feed->recorder = recorder;
	feed->period_ns = still ? 0 : tenths * 100000000ull;
	feed->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&feed->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&feed->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (feed->event < 0 || pthread_create(&feed->thread, NULL, feed_run, feed)) {
		error_set(error, EXIT_USAGE, "no thread to read the target with: %s",
			  strerror(errno));
		if (feed->event >= 0)
			close(feed->event);
		recorder_close(recorder);
		free(feed);
		return NULL;
	}
	return feed;
}

void feed_stop(struct feed *feed)
{
	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	feed->stop = true;
	pthread_cond_signal(&feed->wake);
	pthread_mutex_unlock(&feed->lock);
	live_hang_up(feed->live);
	pthread_join(feed->thread, NULL);
	feed_news_free(&feed->news);
	pthread_cond_destroy(&feed->wake);
	pthread_mutex_destroy(&feed->lock);
	close(feed->event);
	free(feed->log_last);
	recorder_close(feed->recorder);
	recorder_close(feed->next_recorder);
	free(feed);
}

int feed_fd(const struct feed *feed)
{
	return feed->event;
}

bool feed_take(struct feed *feed, struct feed_news *news)
{
	uint64_t count;
	bool fresh;

	while (read(feed->event, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&feed->lock);
	fresh = feed->fresh;
	*news = feed->news;
	memset(&feed->news, 0, sizeof(feed->news));
	feed->fresh = false;
	pthread_mutex_unlock(&feed->lock);
	return fresh;
}

void feed_ask(struct feed *feed, enum feed_request request)
{
	pthread_mutex_lock(&feed->lock);
	feed->requests |= request;
	pthread_cond_signal(&feed->wake);
	pthread_mutex_unlock(&feed->lock);
}

void feed_ask_event(struct feed *feed, const char *kind)
{
	pthread_mutex_lock(&feed->lock);
	strncpy(feed->kind, kind, sizeof(feed->kind) - 1);
	feed->requests |= FEED_EVENT;
	pthread_cond_signal(&feed->wake);
	pthread_mutex_unlock(&feed->lock);
}

void feed_give_up(struct feed *feed)
{
	live_cancel(feed->live);
}

void feed_record(struct feed *feed, struct recorder *recorder)
{
	pthread_mutex_lock(&feed->lock);
	recorder_close(feed->next_recorder);
	feed->next_recorder = recorder;
	feed->swap_recorder = true;
	feed->requests |= FEED_REFRESH;
	pthread_cond_signal(&feed->wake);
	pthread_mutex_unlock(&feed->lock);
}

void feed_want_page(struct feed *feed, bool wanted, const struct page_place *place)
{
	pthread_mutex_lock(&feed->lock);
	if (wanted && (!feed->wants_page || !page_place_equal(&feed->page_place, place))) {
		feed->requests |= FEED_REFRESH; /* do not let a person wait for the next one */
		pthread_cond_signal(&feed->wake);
	}
	feed->wants_page = wanted;
	feed->page_place = *place;
	pthread_mutex_unlock(&feed->lock);
}
