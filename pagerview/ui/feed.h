/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A feed: takes snapshots off a `struct live` in a thread of its own, so that a target that is
 * slow, stuck or gone never holds up a key press. All calls of live_*() happen in that thread.
 */
#ifndef PAGERVIEW_UI_FEED_H
#define PAGERVIEW_UI_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "../error.h"
#include "../model/live.h"
#include "scene.h"

enum feed_request {
	FEED_PAUSE = 1, /* pause, or resume when paused */
	FEED_STEP = 2,
	FEED_REFRESH = 4,
	FEED_EVENT = 8, /* of feed_ask_event() */
};

/* Snapshots that wait for a screen that is late; of more, the oldest are dropped. */
#define FEED_QUEUE 16

/* What is new since the last time; the taker owns it and gives it back with feed_news_free(). */
struct feed_news {
	struct snapshot *snapshots[FEED_QUEUE]; /* oldest first */
	unsigned num_snapshots;
	struct live_status status;
	char **log; /* NULL: as it was */
	uint32_t num_log;
	uint64_t first_log;
	bool has_page; /* the page that was asked for, as far as PAGE_ERROR is clean */
	struct page_place page_place;
	uint8_t page[LIVE_PAGE];
	struct error page_error;
	struct error error; /* of a refresh or a request that failed */
	bool recording;     /* what is seen goes into a file */
	uint64_t recorded;  /* moments written to it */
	bool arrived;       /* a step or a run to an event that was asked for is over */
	bool over;          /* there will be no more snapshots, and ERROR says why */
};

struct feed;
struct recorder;

/*
 * Refresh LIVE every TENTHS of a second, or once when it is STILL. NULL with ERROR when there is
 * no thread or memory. LIVE must not be used by others until feed_stop(). RECORDER (NULL: none)
 * gets all that is seen; it is the feed's from then on, also when there is no feed.
 */
struct feed *feed_start(struct live *live, unsigned tenths, bool still, struct recorder *recorder,
			struct error *error);
/* Ends the thread: waits for the call it is in, which is bounded by live's own time-out. */
void feed_stop(struct feed *feed); /* NULL is allowed */
/* Readable when there is news. */
int feed_fd(const struct feed *feed);
/* False: nothing is new. */
bool feed_take(struct feed *feed, struct feed_news *news);
void feed_news_free(struct feed_news *news);
void feed_ask(struct feed *feed, enum feed_request request);
/* Run to the next event of KIND and pause there. */
void feed_ask_event(struct feed *feed, const char *kind);
/* End a step or a run to an event that is under way. */
void feed_give_up(struct feed *feed);
/* Record into RECORDER from now on, which is the feed's then; NULL: no more. */
void feed_record(struct feed *feed, struct recorder *recorder);
/* Read that physical page with every refresh from now on; with WANTED false: none. */
void feed_want_page(struct feed *feed, bool wanted, const struct page_place *place);

#endif
