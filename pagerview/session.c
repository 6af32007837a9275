/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front of a session: `struct live` over its parts (session_private.h).
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "analysis/check.h"
#include "session_private.h"

/* A target that stands says nothing: only its going away can come from there. */
static bool hung_up(const struct rsp_client *client)
{
	struct pollfd polled = {.fd = rsp_fd(client), .events = POLLRDHUP};

	return rsp_is_lost(client) || poll(&polled, 1, 0) > 0;
}

/* A target whose memory is read beside the stub can be gone without our reading noticing. */
static bool still_there(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	enum rsp_wait wait;
	struct rsp_stop stop;

	if (!client)
		return true;
	if (session->run)
		run_poll(session->run, NULL);
	if (session->paused || !rsp_is_running(client))
		return !hung_up(client) || session_target_ended(session, error);
	wait = rsp_wait_for_stop(client, 0, &stop, error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return session_target_ended(session, error);
	if (wait == RSP_WAIT_STOPPED) {
		session->paused = true;
		session_note_stop(session);
		snprintf(session->note, sizeof(session->note), "the target stopped by itself");
	}
	return true;
}

static bool session_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct session *session = session_of(live);
	struct memory *memory = source_memory(session->source);

	if (session->ended)
		return error_set(error, EXIT_CONNECTION, "%s",
				 session->note[0] ? session->note : "the target is gone");
	atomic_store(&session->cancel, false); /* it came too late */
	if (!still_there(session, error))
		return false;
	*snapshot = session_take(session, error);
	if (!*snapshot)
		return error_set(error, EXIT_CONNECTION, "no snapshot could be taken");
	(*snapshot)->capture.source = source_name(session->source);
	(*snapshot)->capture.step = session->steps;
	if (!check_fill(*snapshot)) {
		snapshot_destroy(*snapshot);
		*snapshot = NULL;
		return error_set(error, EXIT_PARTIAL, "out of memory");
	}
	session_settle_findings(session, *snapshot);
	if (session->events)
		event_reader_commit(session->events, *snapshot);
	session->refreshes++;
	session->torn += (*snapshot)->capture.consistency != CONSISTENCY_EXACT;
	session->packets = (*snapshot)->capture.packets;
	session->bytes = (*snapshot)->capture.bytes;
	session->trips = memory->stats.trips;
	return true;
}

/* ---- pause, resume, step ---- */

static bool session_pause(struct live *live, struct error *error)
{
	struct session *session = session_of(live);

	if (session->paused)
		return true;
	if (session->ended || !source_pause_begin(session->source, error))
		return session_check_lost(session, error);
	session->paused = session->by_pause = true;
	session_come_to_rest(session);
	session_note_world(session);
	return true;
}

static bool session_resume(struct live *live, struct error *error)
{
	struct session *session = session_of(live);
	bool by_pause = session->by_pause;
	uint64_t us;

	if (session->ended)
		return session_check_lost(session, error);
	session->paused = session->by_pause = session->at_safe_point = session->held = false;
	session->steps = 0;
	session->note[0] = 0;
	session->stop_pc = 0;
	if (by_pause ? !source_pause_end(session->source, &us, error)
		     : !rsp_resume(source_client(session->source), error))
		return session_check_lost(session, error);
	return true;
}

static bool session_step(struct live *live, struct error *error)
{
	struct session *session = session_of(live);
	const char *name = layout_stop(session->layout, "step");
	uint64_t addr;

	if (!name)
		return error_set(error, EXIT_USAGE, "this target has no steps");
	if (!session_address(session, name, &addr, error))
		return false;
	if (!session->paused && !session_pause(live, error))
		return false;
	session->at_safe_point = false;
	atomic_store(&session->cancel, false);
	if (!session_run_to(session, addr, 1, session_wait_ms(session), "its next step", error)) {
		atomic_store(&session->cancel, false);
		return false;
	}
	session_let_others_finish(session);
	session->steps += session->held;
	snprintf(session->note, sizeof(session->note), "at a step of the scenario");
	return true;
}

static bool session_next_event(struct live *live, const char *kind, struct error *error)
{
	struct session *session = session_of(live);

	if (!source_client(session->source))
		return error_set(error, EXIT_USAGE, "a dump does not run");
	if (!session->paused && !session_pause(live, error))
		return false;
	session->held = false;
	session->steps = 0;
	return session_run_to_event(session, kind, session_wait_ms(session), error);
}

static void session_cancel(struct live *live)
{
	atomic_store(&session_of(live)->cancel, true);
}

static void session_hang_up(struct live *live)
{
	eventfd_write(session_of(live)->hang_up_fd, 1);
}

/* ---- status, log, close ---- */

static int compare_us(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median_pause(const struct session *session)
{
	uint64_t sorted[PAUSE_HISTORY];
	size_t count =
		session->refreshes < PAUSE_HISTORY ? (size_t)session->refreshes : PAUSE_HISTORY;

	if (count == 0)
		return 0;
	memcpy(sorted, session->pauses, count * sizeof(sorted[0]));
	qsort(sorted, count, sizeof(sorted[0]), compare_us);
	return sorted[count / 2];
}

/* A file by its own name: the folders before it would take the room of what happens. */
static const char *source_label(const struct options *options)
{
	const char *slash = strrchr(options->source_arg, '/');

	return slash && slash[1] && options->source != FROM_CONNECT ? slash + 1
								    : options->source_arg;
}

/* Its memory can be read all the same, and is as it shows; but nothing moves in it. */
static void note_held(const struct session *session, struct live_status *status)
{
	const struct rsp_client *client = source_client(session->source);
	pid_t pid = client && status->state == LIVE_RUNNING ? rsp_peer_pid(client) : 0;

	if (progress_is_held("/proc", pid))
		snprintf(status->note, sizeof(status->note),
			 "QEMU is held by a signal: `kill -CONT %d` lets it go on", (int)pid);
	else
		snprintf(status->note, sizeof(status->note), "%s", session->note);
}

static void session_status(const struct live *live, struct live_status *status)
{
	const struct session *session = (const struct session *)live;
	const char *sentence = source_sentence(session->source);
	const char *why = strstr(sentence, "; ");

	status->state = session->ended                    ? LIVE_ENDED
			: !source_client(session->source) ? LIVE_STILL
			: session->paused                 ? LIVE_PAUSED
							  : LIVE_RUNNING;
	status->finished = session->finished;
	status->failed = session->failed;
	snprintf(status->source, sizeof(status->source), "%s", source_label(session->options));
	snprintf(status->method, sizeof(status->method), "%s",
		 source_is_live(session->source) ? "no stop" : source_name(session->source));
	if (!source_is_live(session->source) && why)
		snprintf(status->why, sizeof(status->why), "%s", why + 2);
	note_held(session, status);
	if (session->refreshes)
		status->pause_last_us = session->pauses[(session->refreshes - 1) % PAUSE_HISTORY];
	status->pause_median_us = median_pause(session);
	status->packets = session->packets;
	status->bytes = session->bytes;
	status->trips = session->trips;
	status->refreshes = session->refreshes;
	status->torn = session->torn;
	status->in_flight = session->in_flight;
	if (source_client(session->source) && !session->ended)
		session_list_events(session, status->event_kinds, sizeof(status->event_kinds));
}

static size_t session_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	struct session *session = session_of(live);

	if (!session->run)
		return 0;
	run_poll(session->run, NULL);
	return run_log(session->run, lines, max, first);
}

static char last_words[8192];

const char *session_last_words(void)
{
	return last_words;
}

/* Nobody else will say so, and it is easily mended. */
static void tell_unsure(const struct options *options)
{
	snprintf(
		last_words, sizeof(last_words),
		"%s did not answer while we left: the target may stand still; "
		"`pagerview snap --connect %s --elf %s --leave running -o /dev/null` lets it go on",
		options->source_arg, options->source_arg, options->elf);
}

static void session_close(struct live *live)
{
	struct session *session = session_of(live);

	event_reader_destroy(session->events);
	collector_destroy(session->collector);
	session->unsure |= !source_close(session->source);
	if (session->unsure && !session->run)
		tell_unsure(session->options);
	run_stop(session->run);
	layout_destroy(session->layout);
	profile_free(session->profile);
	dwarf_info_close(session->dwarf);
	close(session->abort_fd);
	close(session->hang_up_fd);
	free(session);
}

struct page_wish {
	uint64_t pa;
	bool stored; /* not that one, but the copy of a page of a fobj */
	uint64_t fobj;
	uint32_t page;
};

static bool read_wish(struct session *session, const struct page_wish *wish, uint8_t *to,
		      struct error *error)
{
	struct memory_request request = {.addr = wish->pa, .len = LIVE_PAGE, .to = to};

	if (wish->stored)
		return session_read_stored(session, wish->fobj, wish->page, to, error);
	return memory_read_physical(source_memory(session->source), &request, 1, error) &&
	       (request.ok || error_set(error, EXIT_PARTIAL,
					"physical page 0x%" PRIx64 " cannot be read", wish->pa));
}

/* One page may change while it is read: it is for eyes, no list hangs on it. */
static bool read_standing(struct session *session, const struct page_wish *wish, uint8_t *to,
			  struct error *error)
{
	struct memory *memory = session->source ? source_memory(session->source) : NULL;
	bool stops, ok;
	uint64_t us;

	if (session->ended || !memory || !memory->ops->read_physical)
		return error_set(error, EXIT_PARTIAL, "this target's memory cannot be read");
	stops = source_client(session->source) && !source_is_live(session->source) &&
		!session->paused;
	if (stops && !source_pause_begin(session->source, error))
		return session_check_lost(session, error);
	source_refresh(session->source);
	ok = read_wish(session, wish, to, error);
	if (stops && !source_pause_end(session->source, &us, error))
		return session_check_lost(session, error);
	return ok;
}

static bool session_read_page(struct live *live, uint64_t pa, uint8_t *to, struct error *error)
{
	const struct page_wish wish = {.pa = pa};

	return read_standing(session_of(live), &wish, to, error);
}

static bool session_stored(struct live *live, uint64_t fobj, uint32_t page, uint8_t *to,
			   struct error *error)
{
	const struct page_wish wish = {.stored = true, .fobj = fobj, .page = page};

	return read_standing(session_of(live), &wish, to, error);
}

const struct live_ops session_ops = {
	.refresh = session_refresh,
	.pause = session_pause,
	.resume = session_resume,
	.step = session_step,
	.run_to_event = session_next_event,
	.cancel = session_cancel,
	.hang_up = session_hang_up,
	.status = session_status,
	.log = session_log,
	.close = session_close,
	.read_page = session_read_page,
	.read_stored = session_stored,
};

void session_parts(struct live *live, struct session_parts *parts)
{
	const struct session *session = session_of(live);

	*parts = (struct session_parts){source_client(session->source), session->source,
					session->layout, session->dwarf, session->slide};
}

void session_stands(struct live *live, bool at_safe_point)
{
	struct session *session = session_of(live);

	session->at_safe_point = at_safe_point;
	session_note_stop(session);
}
