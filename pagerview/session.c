/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a snapshot comes to be exact. Where memory can be read while the target runs: the guard
 * before, the reading, the guard after; if it held, nothing moved in between. Where it cannot, or
 * where that failed too often: stop, read, look at the guard in the same reading, go on; again a
 * few times if a change was under way; at last a breakpoint at the safe point, at which the lists
 * are whole by the target's own promise. What still is not exact is shown as torn, never as true.
 *
 * A target that we start stands before its first instruction, with no tables and no lists: it
 * first runs to the safe point once, and is looked at from there on.
 */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/check.h"
#include "collect.h"
#include "collect_events.h"
#include "export/json.h"
#include "memory/source.h"
#include "run.h"
#include "session_slide.h"

#define LIVE_TRIES    12    /* readings of a running target before it is stopped */
#define STOP_TRIES    8     /* stops at a random place before one at the safe point */
#define SAFE_WAIT_MS  500   /* for a busy target to come to its safe point */
#define LIFE_WAIT_MS  20000 /* for a target just started to come to its pager */
#define PAUSE_HISTORY 64
#define LIVE_LOOK_MS  2   /* between looks at the events of a target that runs */
#define STOP_LOOK_MS  100 /* ... and where each look stops it */
#define END_WAIT_S    2.0 /* for a target that has closed its connection to be gone */

/* A count that did not add up, and how many snapshots running. */
#define MAX_COUNTED   64
#define SETTLED_AFTER 3
#define SETTLED_S     5.0 /* loading a program holds its file open for seconds */
struct counted {
	char text[200];
	unsigned int times;
	double since;
};

struct session {
	struct live live;
	const struct options *options;
	int abort_fd;
	struct run *run;
	struct source *source;
	struct dwarf_info *dwarf;
	struct profile *profile;
	struct layout *layout;
	struct collector *collector;
	struct proofs proofs;        /* as loaded */
	struct event_reader *events; /* NULL: the target has no ring */
	session_watcher *watcher;    /* told of events while the target runs; NULL: nobody */
	void *watcher_arg;
	uint64_t slide;
	bool paused;   /* it stands until someone resumes it */
	bool by_pause; /* ... because source_pause_begin() stopped it */
	bool at_safe_point;
	bool ended, finished; /* the target is gone; in good order */
	uint64_t stop_pc;     /* while it stands; 0 unknown */
	char note[200];
	uint64_t pauses[PAUSE_HISTORY];
	uint64_t refreshes, torn, packets, bytes, trips;
	struct counted counted[MAX_COUNTED];
	uint32_t num_counted;
	unsigned int in_flight;
};

static struct session *session_of(struct live *live)
{
	return (struct session *)live; /* `live` is its first member */
}

static unsigned int wait_ms(const struct session *session)
{
	double ms = session->options->timeout_s * 1000;

	return ms < 1 ? 1 : ms > 3600e3 ? 3600000 : (unsigned int)ms;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- the end of the target ---- */

/* The connection is gone: say why in the target's own words where it was ours. */
static bool target_ended(struct session *session, struct error *error)
{
	struct error why = *error;
	int status = 0;

	session->ended = true;
	memset(error, 0, sizeof(*error));
	if (session->run && run_wait(session->run, END_WAIT_S, &status)) {
		const char *words = run_complaint(session->run);

		session->finished = status == 0;
		snprintf(session->note, sizeof(session->note), "%s", words);
		if (status > 128)
			return error_set(error, EXIT_CONNECTION,
					 "the target was killed by signal %d; its last line: %s",
					 status - 128, words[0] ? words : "none");
		return error_set(error, status == 2 ? EXIT_USAGE : EXIT_CONNECTION,
				 status ? "the scenario failed: %s" : "the scenario is over: %s",
				 words[0] ? words : "the target said nothing");
	}
	snprintf(session->note, sizeof(session->note), "the target is gone");
	return error_set(error, EXIT_CONNECTION, "%s",
			 why.text[0] ? why.text : "the target is gone");
}

static bool check_lost(struct session *session, struct error *error)
{
	struct rsp_client *client = session->source ? source_client(session->source) : NULL;

	if (session->ended || (client && rsp_is_lost(client)))
		return target_ended(session, error);
	return false;
}

/* ---- stopping at a place ---- */

static bool symbol_address(const struct session *session, const char *name, uint64_t *addr,
			   struct error *error)
{
	const struct dwarf_symbol *symbol = name ? dwarf_info_symbol(session->dwarf, name) : NULL;

	if (!symbol)
		return error_set(error, EXIT_LAYOUT, "%s: no function %s",
				 dwarf_info_path(session->dwarf), name ? name : "to stop at");
	*addr = symbol->addr + session->slide;
	return true;
}

static void note_stop(struct session *session)
{
	struct error ignored = {0};

	session->stop_pc = 0;
	rsp_read_register(source_client(session->source), "pc", &session->stop_pc, &ignored);
}

static bool makes_objects(const struct snapshot *batch)
{
	for (uint32_t i = 0; i < batch->num_events; i++) {
		if (strcmp(batch->events[i].kind, "new") == 0)
			return true;
	}
	return false;
}

/* The events since the last look, and the names of what they are about, from readable memory. */
static bool take_events(struct session *session, struct snapshot *batch, struct snapshot **names,
			struct error *error)
{
	struct guard guard;

	source_refresh(session->source);
	if (!event_reader_take(session->events, batch, error))
		return false;
	if (makes_objects(batch))
		*names = collector_take(session->collector, session->options->timeout_s, &guard,
					error);
	return error->status == EXIT_CLEAN;
}

/* The target may run or stand; where it can only be read standing, it is stopped for a moment. */
static bool watch_events(struct session *session, struct error *error)
{
	struct snapshot *batch = snapshot_create(), *names = NULL;
	bool stops = !source_is_live(session->source), ok;
	uint64_t us;

	if (!batch)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	ok = !stops || source_pause_begin(session->source, error);
	ok = ok && take_events(session, batch, &names, error);
	if (stops && ok)
		ok = source_pause_end(session->source, &us, error);
	if (ok) {
		event_reader_commit(session->events, batch);
		session->watcher(session->watcher_arg, batch, names);
	}
	snapshot_destroy(names);
	snapshot_destroy(batch);
	return ok;
}

/*
 * Wait for a stop, MS at most, -1 for ever. With a watcher the events are looked at again and
 * again meanwhile, where that can be done without a stop more often.
 */
static enum rsp_wait wait_for_stop(struct session *session, int ms, struct rsp_stop *stop,
				   struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	double deadline = ms < 0 ? 1e300 : seconds_now() + ms / 1000.0;
	int slice =
		session->collector && source_is_live(session->source) ? LIVE_LOOK_MS : STOP_LOOK_MS;
	enum rsp_wait wait;

	if (!session->watcher || !session->events)
		return rsp_wait_for_stop(client, ms, stop, error);
	do {
		wait = rsp_wait_for_stop(client, slice, stop, error);
		if (wait == RSP_WAIT_TIMEOUT && !watch_events(session, error))
			return RSP_WAIT_LOST;
	} while (wait == RSP_WAIT_TIMEOUT && seconds_now() < deadline);
	return wait;
}

/* Let a standing target run to ADDR, COUNT times; then it stands there, the breakpoint out again.
 */
static bool run_to(struct session *session, uint64_t addr, uint64_t count, unsigned int ms,
		   const char *where, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	enum rsp_wait wait = RSP_WAIT_STOPPED;
	struct rsp_stop stop;
	struct error ignored = {0};

	if (!rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, error))
		return check_lost(session, error);
	for (uint64_t i = 0; i < count && wait == RSP_WAIT_STOPPED; i++) {
		if (!rsp_resume(client, error))
			return check_lost(session, error);
		wait = wait_for_stop(session, (int)ms, &stop, error);
		if (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED)
			wait = RSP_WAIT_LOST;
	}
	if (wait == RSP_WAIT_LOST)
		return target_ended(session, error);
	if (wait != RSP_WAIT_STOPPED)
		rsp_stop(client, NULL, &ignored);
	rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, &ignored);
	note_stop(session);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	if (wait == RSP_WAIT_TIMEOUT)
		return error_set(error, EXIT_CONNECTION,
				 "the target did not come to %s within %.3g s", where, ms / 1000.0);
	return true;
}

/* ---- one reading ---- */

static void set_consistency(struct snapshot *snapshot, enum consistency consistency,
			    const char *why)
{
	if (consistency == CONSISTENCY_EXACT && snapshot->num_cut) {
		snapshot->capture.consistency = CONSISTENCY_PARTIAL;
		return; /* `why` is the first of the cuts already */
	}
	snapshot->capture.consistency = consistency;
	snapshot->capture.why = why;
}

static struct snapshot *take(struct session *session, struct guard *guard, struct error *error)
{
	struct snapshot *snapshot =
		collector_take(session->collector, session->options->timeout_s, guard, error);

	if (snapshot && session->events && !event_reader_take(session->events, snapshot, error)) {
		snapshot_destroy(snapshot);
		snapshot = NULL;
	}
	if (!snapshot)
		check_lost(session, error);
	return snapshot;
}

static void nap(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* What a snapshot says of the target, without how it was taken; the caller frees it. */
static char *state_text(const struct snapshot *snapshot)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool ok = out && json_write_state(snapshot, out);

	if (out && fclose(out) == 0 && ok)
		return text;
	free(text);
	return NULL;
}

static bool is_same_state(const struct snapshot *one, const struct snapshot *two)
{
	char *a = state_text(one), *b = state_text(two);
	bool same = a && b && strcmp(a, b) == 0;

	free(a);
	free(b);
	return same;
}

/* A reading between two looks at the guard, both free; NULL without ERROR: they were not. */
static struct snapshot *take_between(struct session *session, struct guard *before,
				     struct guard *after, struct error *error)
{
	struct guard inside;
	struct snapshot *snapshot;

	source_refresh(session->source);
	if (!collector_guard(session->collector, before, error) || !guard_is_free(before))
		return NULL;
	snapshot = take(session, &inside, error);
	if (snapshot && collector_guard(session->collector, after, error) && guard_is_free(after))
		return snapshot;
	snapshot_destroy(snapshot);
	return NULL;
}

/* Lists of a shape that cannot be: where a free lock is all there is, this is the last guard. */
static bool breaks_shape(struct snapshot *snapshot)
{
	if (!check_fill(snapshot))
		return false;
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		if (strncmp(snapshot->findings[i].rule, "refcount", 8) != 0)
			return true;
	}
	return snapshot->num_cut > 0;
}

/*
 * Without a stop. NULL without ERROR: the guard did not hold often enough. The lock word alone does
 * not tell whether it was taken and freed in between: then a second reading must be the same.
 */
static struct snapshot *take_running(struct session *session, struct error *error)
{
	struct snapshot *first, *second;

	for (int i = 0; i < LIVE_TRIES && error->status == EXIT_CLEAN; i++) {
		struct guard before, after;

		first = take_between(session, &before, &after, error);
		if (first && before.has_generation) {
			if (guard_is_same(&before, &after)) {
				set_consistency(first, CONSISTENCY_EXACT,
						"the generation was the same before and after");
				return first;
			}
		} else if (first) {
			second = take_between(session, &before, &after, error);
			if (second && is_same_state(first, second) &&
			    (i == LIVE_TRIES - 1 || !breaks_shape(second))) {
				snapshot_destroy(first);
				set_consistency(second, CONSISTENCY_EXACT,
						"read twice alike, the lock free before, "
						"between and after");
				return second;
			}
			snapshot_destroy(second);
		}
		snapshot_destroy(first);
		nap(50000);
	}
	return NULL;
}

/* The target stands: what the guard says in the same reading decides. */
static struct snapshot *take_standing(struct session *session, bool *exact, struct error *error)
{
	struct guard guard;
	struct snapshot *snapshot = take(session, &guard, error);

	*exact = false;
	if (!snapshot)
		return NULL;
	snapshot->capture.stop_pc = session->stop_pc;
	*exact = session->at_safe_point || guard_is_free(&guard);
	if (session->at_safe_point)
		set_consistency(snapshot, CONSISTENCY_EXACT, "stopped at the safe point");
	else if (*exact)
		set_consistency(snapshot, CONSISTENCY_EXACT,
				"stopped while nothing was being changed");
	else if (!guard.has_generation && !guard.has_lock)
		set_consistency(snapshot, CONSISTENCY_TORN, "nothing tells whether it was at rest");
	else
		set_consistency(snapshot, CONSISTENCY_TORN, "stopped in the middle of a change");
	return snapshot;
}

static void remember_pause(struct session *session, struct snapshot *snapshot, uint64_t us)
{
	snapshot->capture.pause_us = us;
	session->pauses[session->refreshes % PAUSE_HISTORY] = us;
}

/* Some stops let nobody see the kernel: the CPU was elsewhere, and only its view can be read. */
static bool is_readable(struct session *session)
{
	const struct source_proof *proof = session->proofs.list;

	return source_is_live(session->source) || session->proofs.count == 0 ||
	       memory_prove(source_memory(session->source), proof->addr, proof->bytes, proof->len);
}

/* Stop, read, go on. NULL without ERROR: the kernel could not be seen from there. */
static struct snapshot *take_pausing(struct session *session, bool *exact, struct error *error)
{
	struct snapshot *snapshot = NULL;
	uint64_t us = 0;

	*exact = false;
	if (!source_pause_begin(session->source, error)) {
		check_lost(session, error);
		return NULL;
	}
	note_stop(session);
	if (is_readable(session))
		snapshot = take_standing(session, exact, error);
	if (!source_pause_end(session->source, &us, error)) {
		snapshot_destroy(snapshot);
		check_lost(session, error);
		return NULL;
	}
	if (snapshot)
		remember_pause(session, snapshot, us);
	return snapshot;
}

/*
 * The target was just stopped at a random place, to stand there for a while. If that is in the
 * middle of a change, let it go on to its safe point; if it does not come by, it stands where it
 * is.
 */
static void come_to_rest(struct session *session)
{
	struct error ignored = {0};
	struct guard guard;
	uint64_t addr;

	note_stop(session);
	source_refresh(session->source);
	if (!session->layout->safe_point ||
	    (is_readable(session) &&
	     (!collector_guard(session->collector, &guard, &ignored) || guard_is_free(&guard))) ||
	    !symbol_address(session, session->layout->safe_point, &addr, &ignored))
		return;
	session->at_safe_point = run_to(session, addr, 1, SAFE_WAIT_MS, "its safe point", &ignored);
	source_refresh(session->source);
}

/* The breakpoint is in for one hit only. A target that does not come by is read as it stands. */
static struct snapshot *take_at_safe_point(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	struct error late = {0};
	struct snapshot *snapshot;
	uint64_t addr;
	double since;
	bool exact;

	if (!client || !session->layout->safe_point ||
	    !symbol_address(session, session->layout->safe_point, &addr, error))
		return NULL;
	if (!rsp_stop(client, NULL, error)) {
		check_lost(session, error);
		return NULL;
	}
	session->at_safe_point = run_to(session, addr, 1, SAFE_WAIT_MS, "its safe point", &late);
	if (session->ended) {
		*error = late;
		return NULL;
	}
	since = seconds_now(); /* it ran until here */
	source_refresh(session->source);
	snapshot = take_standing(session, &exact, error);
	session->at_safe_point = false;
	if (!rsp_resume(client, error)) {
		snapshot_destroy(snapshot);
		check_lost(session, error);
		return NULL;
	}
	if (snapshot)
		remember_pause(session, snapshot, (uint64_t)((seconds_now() - since) * 1e6));
	return snapshot;
}

static struct snapshot *take_stopping(struct session *session, struct error *error)
{
	struct snapshot *snapshot = NULL, *better;

	for (int i = 0; i < STOP_TRIES; i++) {
		bool exact;

		snapshot_destroy(snapshot);
		snapshot = take_pausing(session, &exact, error);
		if (exact || error->status != EXIT_CLEAN)
			return snapshot;
		if (!snapshot)
			break;
		nap(200000);
	}
	better = take_at_safe_point(session, error);
	if (!better && error->status == EXIT_CLEAN)
		return snapshot;
	snapshot_destroy(snapshot);
	return better;
}

static struct snapshot *take_any(struct session *session, struct error *error)
{
	struct snapshot *snapshot = NULL;
	bool exact;

	if (session->paused || !source_client(session->source))
		return take_standing(session, &exact, error);
	if (source_is_live(session->source)) {
		snapshot = take_running(session, error);
		if (snapshot)
			remember_pause(session, snapshot, 0);
	}
	if (!snapshot && error->status == EXIT_CLEAN)
		snapshot = take_stopping(session, error);
	return snapshot;
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
		return !rsp_is_lost(client) || check_lost(session, error);
	wait = rsp_wait_for_stop(client, 0, &stop, error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return target_ended(session, error);
	if (wait == RSP_WAIT_STOPPED) {
		session->paused = true;
		note_stop(session);
		snprintf(session->note, sizeof(session->note), "the target stopped by itself");
	}
	return true;
}

/* This finding was there before, too: since when, and how often. */
static struct counted count_again(const struct session *session, const struct snap_finding *finding)
{
	struct counted counted = {.times = 0, .since = seconds_now()};

	snprintf(counted.text, sizeof(counted.text), "%s %s", finding->object, finding->message);
	for (uint32_t n = 0; n < session->num_counted; n++) {
		if (strcmp(session->counted[n].text, counted.text) == 0)
			counted = session->counted[n];
	}
	counted.times++;
	return counted;
}

/*
 * Counts are changed outside the pager's lock where there is no generation to tell: one that does
 * not add up is in flight, and no finding, until it has been so often enough and for long enough.
 */
static void settle_findings(struct session *session, struct snapshot *snapshot)
{
	struct counted now[MAX_COUNTED];
	uint32_t num = 0, kept = 0;

	session->in_flight = 0;
	if (snapshot->capture.has_generation)
		return;
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		struct snap_finding *finding = &snapshot->findings[i];

		if (strncmp(finding->rule, "refcount", 8) == 0 && num < MAX_COUNTED) {
			now[num] = count_again(session, finding);
			if (now[num].times < SETTLED_AFTER ||
			    seconds_now() - now[num].since < SETTLED_S) {
				session->in_flight++;
				num++;
				continue;
			}
			num++;
			finding->confidence = "possible";
		}
		snapshot->findings[kept++] = *finding;
	}
	snapshot->num_findings = kept;
	memcpy(session->counted, now, num * sizeof(now[0]));
	session->num_counted = num;
}

static bool session_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct session *session = session_of(live);
	struct memory *memory = source_memory(session->source);

	if (session->ended)
		return error_set(error, EXIT_CONNECTION, "%s",
				 session->note[0] ? session->note : "the target is gone");
	if (!still_there(session, error))
		return false;
	*snapshot = take_any(session, error);
	if (!*snapshot)
		return error_set(error, EXIT_CONNECTION, "no snapshot could be taken");
	(*snapshot)->capture.source = source_name(session->source);
	if (!check_fill(*snapshot)) {
		snapshot_destroy(*snapshot);
		*snapshot = NULL;
		return error_set(error, EXIT_PARTIAL, "out of memory");
	}
	settle_findings(session, *snapshot);
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
		return check_lost(session, error);
	session->paused = session->by_pause = true;
	come_to_rest(session);
	return true;
}

static bool session_resume(struct live *live, struct error *error)
{
	struct session *session = session_of(live);
	bool by_pause = session->by_pause;
	uint64_t us;

	if (session->ended)
		return check_lost(session, error);
	session->paused = session->by_pause = session->at_safe_point = false;
	session->note[0] = 0;
	session->stop_pc = 0;
	if (by_pause ? !source_pause_end(session->source, &us, error)
		     : !rsp_resume(source_client(session->source), error))
		return check_lost(session, error);
	return true;
}

static bool session_step(struct live *live, struct error *error)
{
	struct session *session = session_of(live);
	const char *name = layout_stop(session->layout, "step");
	uint64_t addr;

	if (!name)
		return error_set(error, EXIT_USAGE, "this target has no steps");
	if (!symbol_address(session, name, &addr, error))
		return false;
	if (!session->paused && !session_pause(live, error))
		return false;
	session->at_safe_point = false;
	if (!run_to(session, addr, 1, wait_ms(session), "its next step", error))
		return false;
	source_refresh(session->source);
	snprintf(session->note, sizeof(session->note), "at a step of the scenario");
	return true;
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
	snprintf(status->source, sizeof(status->source), "%s", session->options->source_arg);
	snprintf(status->method, sizeof(status->method), "%s",
		 source_is_live(session->source) ? "no stop" : source_name(session->source));
	if (!source_is_live(session->source) && why)
		snprintf(status->why, sizeof(status->why), "%s", why + 2);
	snprintf(status->note, sizeof(status->note), "%s", session->note);
	if (session->refreshes)
		status->pause_last_us = session->pauses[(session->refreshes - 1) % PAUSE_HISTORY];
	status->pause_median_us = median_pause(session);
	status->packets = session->packets;
	status->bytes = session->bytes;
	status->trips = session->trips;
	status->refreshes = session->refreshes;
	status->torn = session->torn;
	status->in_flight = session->in_flight;
}

static size_t session_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	struct session *session = session_of(live);

	if (!session->run)
		return 0;
	run_poll(session->run, NULL);
	return run_log(session->run, lines, max, first);
}

static void session_close(struct live *live)
{
	struct session *session = session_of(live);

	event_reader_destroy(session->events);
	collector_destroy(session->collector);
	source_close(session->source);
	run_stop(session->run);
	layout_destroy(session->layout);
	profile_free(session->profile);
	dwarf_info_close(session->dwarf);
	free(session);
}

/* One page may change while it is read: it is for eyes, no list hangs on it. */
static bool session_read_page(struct live *live, uint64_t pa, uint8_t *to, struct error *error)
{
	struct session *session = session_of(live);
	struct memory *memory = session->source ? source_memory(session->source) : NULL;
	struct memory_request request = {.addr = pa, .len = LIVE_PAGE, .to = to};
	bool stops, ok;
	uint64_t us;

	if (session->ended || !memory || !memory->ops->read_physical)
		return error_set(error, EXIT_PARTIAL, "this target's memory cannot be read");
	stops = source_client(session->source) && !source_is_live(session->source) &&
		!session->paused;
	if (stops && !source_pause_begin(session->source, error))
		return check_lost(session, error);
	source_refresh(session->source);
	ok = memory->ops->read_physical(memory, &request, 1, error);
	if (stops && !source_pause_end(session->source, &us, error))
		return check_lost(session, error);
	if (ok && !request.ok)
		error_set(error, EXIT_PARTIAL, "physical page 0x%" PRIx64 " cannot be read", pa);
	return ok && request.ok;
}

static const struct live_ops session_ops = {
	.refresh = session_refresh,
	.pause = session_pause,
	.resume = session_resume,
	.step = session_step,
	.status = session_status,
	.log = session_log,
	.close = session_close,
	.read_page = session_read_page,
};

/* ---- opening ---- */

static bool open_elf(struct session *session, const char *path, struct error *error)
{
	session->dwarf = dwarf_info_open(path, error);
	if (!session->dwarf)
		return false;
	session->profile = layout_choose(session->options->profile, session->dwarf, error);
	if (!session->profile)
		return false;
	session->layout = layout_create(session->profile, session->dwarf, NULL, error);
	return session->layout != NULL;
}

static bool start_run(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct run_config config = {
		.scenario = options->source_arg,
		.elf = options->elf,
		.loop = options->loop,
		.pace_ms = options->pace_ms,
		.rr_folder = options->rr_folder,
		.abort_fd = session->abort_fd,
	};

	session->run = run_start(&config, options->timeout_s, error);
	return session->run && open_elf(session, run_elf(session->run), error);
}

static struct source *connect_once(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct source_config config = {
		.rsp = {.address = session->run ? run_address(session->run) : options->source_arg,
			.timeout_ms =
				session->run || wait_ms(session) > 5000 ? 5000 : wait_ms(session),
			.abort_fd = session->abort_fd,
			.leave = options->leave == LEAVE_RUNNING   ? RSP_LEAVE_RUNNING
				 : options->leave == LEAVE_STOPPED ? RSP_LEAVE_STOPPED
								   : RSP_LEAVE_AS_FOUND},
		.way = options->read == READ_LOCAL  ? SOURCE_LOCAL
		       : options->read == READ_STUB ? SOURCE_STUB
						    : SOURCE_AUTO,
	};

	if (options->source == FROM_CORE) {
		config.rsp.address = NULL;
		config.core_path = options->source_arg;
		config.way = SOURCE_DUMP;
	}
	return source_open(&config, error);
}

/* The stub's socket has a name a moment before it listens: ours is asked again. */
static bool connect_source(struct session *session, struct error *error)
{
	double deadline = seconds_now() + session->options->timeout_s;

	for (;;) {
		struct error once = {0};

		session->source = connect_once(session, &once);
		if (session->source)
			break;
		if (!session->run || !run_poll(session->run, NULL) || seconds_now() > deadline) {
			*error = once;
			return false;
		}
		nap(2000000);
	}
	if (session->run)
		run_connected(session->run);
	return true;
}

/* ---- the proof that memory holds this ELF ---- */

static bool settle(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct proofs *proofs = &session->proofs;

	proofs_make(proofs, session->layout);
	if (!options->slide_given &&
	    !slide_find(session->layout, proofs, session->source, options->read != READ_STUB,
			options->timeout_s, &session->slide, error))
		return check_lost(session, error);
	for (size_t i = 0; i < proofs->count; i++)
		proofs->list[i].addr += session->slide;
	if (!source_settle(session->source, proofs->list, proofs->count, error))
		return check_lost(session, error);
	session->collector =
		collector_create(session->layout, source_memory(session->source), session->slide);
	if (session->layout->events.present)
		session->events = event_reader_create(
			session->layout, source_memory(session->source), session->slide);
	return (session->collector && (session->events || !session->layout->events.present)) ||
	       error_set(error, EXIT_PARTIAL, "out of memory");
}

/* ---- where to look from ---- */

static bool run_seconds(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	struct rsp_stop stop;
	enum rsp_wait wait;

	if (!rsp_resume(client, error))
		return check_lost(session, error);
	wait = wait_for_stop(session, (int)(session->options->until_seconds * 1000), &stop, error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return target_ended(session, error);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	if (wait == RSP_WAIT_TIMEOUT && !rsp_stop(client, NULL, error))
		return check_lost(session, error);
	come_to_rest(session);
	return true;
}

static bool run_to_stop(struct session *session, const char *which, uint64_t count,
			const char *where, struct error *error)
{
	const char *name = layout_stop(session->layout, which);
	uint64_t addr;

	if (!name)
		return error_set(error, EXIT_LAYOUT,
				 "profile %s: nothing to stop at for --until %s in %s",
				 session->profile->name, which, dwarf_info_path(session->dwarf));
	return symbol_address(session, name, &addr, error) &&
	       run_to(session, addr, count, wait_ms(session), where, error);
}

/*
 * The verdict is passed on a scenario that failed half-way, too: whoever wants to see the state
 * after it first comes by the end, and a scenario that never gets there ends the target instead.
 */
static bool run_until(struct session *session, struct error *error)
{
	const struct options *options = session->options;

	switch (options->until) {
	case UNTIL_SECONDS:
		return run_seconds(session, error);
	case UNTIL_STEP:
		return run_to_stop(session, "step", options->until_step, "that step", error);
	case UNTIL_END:
		return run_to_stop(session, "end", 1, "the script's end", error);
	case UNTIL_DONE:
		return run_to_stop(session, "end", 1, "the script's end", error) &&
		       run_to_stop(session, "done", 1, "the verdict", error);
	default:
		return true;
	}
}

/* A target of our own comes to life first: to the first time that its pager is at rest. */
static bool run_to_life(struct session *session, struct error *error)
{
	unsigned int ms = wait_ms(session) < LIFE_WAIT_MS ? wait_ms(session) : LIFE_WAIT_MS;
	uint64_t addr;

	return symbol_address(session, session->layout->safe_point, &addr, error) &&
	       run_to(session, addr, 1, ms, "life", error);
}

/*
 * A target that somebody else holds before its first instruction has nothing in memory at the ELF's
 * addresses yet. Where we are to run it anyway, it may come to life before it is judged.
 */
static bool settle_alive(struct session *session, struct error *error)
{
	struct error first = {0}, late = {0};

	if (session->run)
		return run_to_life(session, error) && settle(session, error);
	if (settle(session, &first))
		return true;
	if (!session->ended && first.status == EXIT_LAYOUT &&
	    session->options->until != UNTIL_NOW && source_client(session->source) &&
	    session->layout->safe_point && run_to_life(session, &late))
		return settle(session, error);
	*error = session->ended ? late : first;
	return false;
}

static bool begin(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);

	if (!settle_alive(session, error))
		return false;
	if (!client || session->options->hold) {
		session->paused = true;
		if (client)
			note_stop(session);
		return true;
	}
	if (session->options->until != UNTIL_NOW) {
		if (!run_until(session, error))
			return false;
		source_refresh(session->source);
		session->paused = true;
		return true;
	}
	if (!session->run && !rsp_was_running(client)) {
		session->paused = true;
		note_stop(session);
		return true;
	}
	return rsp_resume(client, error) || check_lost(session, error);
}

/* ---- running on under watch ---- */

/* Until somebody or something stops it. */
static bool run_on(struct session *session, struct error *error)
{
	struct rsp_stop stop;
	enum rsp_wait wait;

	if (!rsp_resume(source_client(session->source), error))
		return check_lost(session, error);
	wait = wait_for_stop(session, -1, &stop, error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return target_ended(session, error);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	note_stop(session);
	return true;
}

static bool run_under_watch(struct session *session, const char *stop, struct error *error)
{
	if (stop)
		return run_to_stop(session, stop, 1, stop, error);
	return session->options->until == UNTIL_NOW ? run_on(session, error)
						    : run_until(session, error);
}

bool session_run(struct live *live, const char *stop, session_watcher *watcher, void *arg,
		 struct error *error)
{
	struct session *session = session_of(live);
	bool ok;

	if (!source_client(session->source))
		return error_set(error, EXIT_USAGE, "a dump does not run");
	if (watcher && !session->events)
		return error_set(error, EXIT_LAYOUT, "profile %s: no ring of events in %s",
				 session->profile->name, dwarf_info_path(session->dwarf));
	session->watcher = watcher;
	session->watcher_arg = arg;
	session->at_safe_point = false;
	ok = run_under_watch(session, stop, error);
	source_refresh(session->source);
	session->paused = true;
	if (ok && watcher)
		ok = watch_events(session, error);
	session->watcher = NULL;
	return ok;
}

bool session_run_either(struct live *live, const char *stop, const char *other,
			const char **reached, struct error *error)
{
	struct session *session = session_of(live);
	struct rsp_client *client = source_client(session->source);
	const char *name = layout_stop(session->layout, other);
	struct error ignored = {0};
	uint64_t addr = 0;
	bool ok;

	if (!client || !name || !symbol_address(session, name, &addr, &ignored)) {
		*reached = stop;
		return session_run(live, stop, NULL, NULL, error);
	}
	if (!rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, error))
		return check_lost(session, error);
	ok = session_run(live, stop, NULL, NULL, error);
	if (!session->ended)
		rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, &ignored);
	*reached = session->stop_pc == addr ? other : stop;
	return ok;
}

bool session_has_stop(struct live *live, const char *stop)
{
	return layout_stop(session_of(live)->layout, stop) != NULL;
}

void session_parts(struct live *live, struct session_parts *parts)
{
	const struct session *session = session_of(live);

	*parts = (struct session_parts){source_client(session->source), session->source,
					session->layout, session->dwarf, session->slide};
}

struct live *session_open(const struct options *options, int abort_fd, struct error *error)
{
	struct session *session = calloc(1, sizeof(*session));
	bool ok;

	if (!session) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	session->live.ops = &session_ops;
	session->options = options;
	session->abort_fd = abort_fd;
	session->slide = options->slide_given ? options->slide : 0;
	ok = options->source == FROM_RUN ? start_run(session, error)
					 : open_elf(session, options->elf, error);
	if (ok && connect_source(session, error) && begin(session, error))
		return &session->live;
	session_close(&session->live);
	return NULL;
}

bool session_print_layout(const struct options *options, struct error *error)
{
	struct dwarf_info *dwarf = dwarf_info_open(options->elf, error);
	struct profile *profile = NULL;
	struct layout *layout = NULL;

	if (dwarf)
		profile = layout_choose(options->profile, dwarf, error);
	if (profile) {
		printf("%s, build id %s\nprofile %s (%s)\n", options->elf,
		       dwarf_info_build_id(dwarf)[0] ? dwarf_info_build_id(dwarf) : "none",
		       profile->name, profile->path);
		layout = layout_create(profile, dwarf, stdout, error);
	}
	layout_destroy(layout);
	profile_free(profile);
	dwarf_info_close(dwarf);
	return error->status == EXIT_CLEAN;
}
