/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a snapshot comes to be exact. Where memory can be read while the target runs: the guard
 * before, a copy, the guard after; if it held, nothing moved in between. Where it cannot, or
 * where that failed too often: stop, copy, the guard in the same burst, go on; again a
 * few times if a change was under way; at last a breakpoint at the safe point, at which the lists
 * are whole by the target's own promise. What still is not exact is shown as torn, never as true.
 *
 * A copy is what the last snapshot was made of. The lists are walked in it when the target runs
 * again, so what a target stands still for, or has to keep still for, is one burst however long its
 * lists are. Where the walk leads out of the copy, the target is read by as many trips as it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"
#include "memory/world.h"
#include "session_private.h"

#define LIVE_TRIES    60  /* readings of a running target before it is stopped */
#define STOP_TRIES    8   /* stops at a random place before one at the safe point */
#define SHAPE_TRIES   3   /* ... of which so many are looked at twice if their lists cannot be */
#define SETTLED_AFTER 3   /* snapshots in which a count must not add up to be a finding */
#define SETTLED_S     5.0 /* ... and seconds of its progress: some loads take that long */

#define TAKE_S       10.0 /* for one snapshot, however often it is tried; less by --timeout */
#define TAKE_LEAST_S 0.05 /* for a reading when that is over */

/* ---- one reading ---- */

static void begin_taking(struct session *session)
{
	double most = session->options->timeout_s;

	session->take_by = session_clock() + (most < TAKE_S ? most : TAKE_S);
}

/* Garbage can be as long as the longest of lists: each further reading gets what is left. */
static double time_left(const struct session *session)
{
	double left = session->take_by - session_clock();

	return left > TAKE_LEAST_S ? left : TAKE_LEAST_S;
}

static bool is_late(const struct session *session)
{
	return session_clock() >= session->take_by;
}

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

/*
 * A scan costs a copy of the core's memory: nothing where that is read without a stop or the target
 * stands anyway. Where the screen stops it again and again, only what does not add up is worth it.
 */
static enum collect_scan when_to_scan(const struct session *session)
{
	bool stops = source_client(session->source) && !source_is_live(session->source) &&
		     !session->paused;

	return stops && session->options->command == COMMAND_TUI ? COLLECT_SCAN_SUSPECTS
								 : COLLECT_SCAN;
}

static void set_scan(struct session *session)
{
	collector_set_scan(session->collector, when_to_scan(session));
	collector_set_sp(session->collector, session->stop_pc ? session->stop_sp : 0);
}

static struct snapshot *take(struct session *session, struct guard *guard, struct error *error)
{
	struct snapshot *snapshot;

	set_scan(session);
	snapshot = collector_take(session->collector, time_left(session), guard, error);

	session->readings++;
	if (snapshot && session->events && !event_reader_take(session->events, snapshot, error)) {
		snapshot_destroy(snapshot);
		snapshot = NULL;
	}
	if (!snapshot)
		session_check_lost(session, error);
	return snapshot;
}

/* ---- copy first, look later ---- */

/*
 * What the last snapshot was made of, in one burst, and the ring's new events: all that is needed
 * of the target as long as its objects stay where they are. Looking at it takes the target no time.
 */
static bool copy(struct session *session, struct error *error)
{
	if (collector_copy(session->collector, error) &&
	    (!session->events || event_reader_copy(session->events, error)))
		return true;
	return session_check_lost(session, error);
}

/* The snapshot in the copy. NULL without ERROR: something is not in it; the next one has it. */
static struct snapshot *look(struct session *session, struct guard *guard, struct error *error)
{
	struct snapshot *snapshot =
		collector_build(session->collector, time_left(session), guard, error);

	session->readings++;
	if (!snapshot || !session->events || event_reader_deliver(session->events, snapshot, error))
		return snapshot;
	snapshot_destroy(snapshot);
	return NULL;
}

/* A look at the guard: is it free? False also with ERROR. */
static bool is_free_now(struct session *session, struct guard *guard, struct error *error)
{
	if (!collector_guard(session->collector, guard, error))
		return session_check_lost(session, error);
	return guard_is_free(guard);
}

/* All that can be made ready is, before what has to be quick. */
static bool prepare(struct session *session, struct error *error)
{
	source_refresh(session->source);
	set_scan(session);
	return collector_prepare(session->collector, error) || session_check_lost(session, error);
}

/* Lists of a shape that cannot be: where a free lock is all there is, this is the last guard. */
static bool breaks_shape(struct snapshot *snapshot)
{
	if (!check_fill(snapshot))
		return false;
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		if (!check_may_be_in_flight(&snapshot->findings[i]))
			return true;
	}
	return snapshot->num_cut > 0;
}

/* Between two equal generations nothing has changed. */
static struct snapshot *take_by_generation(struct session *session, struct error *error)
{
	struct guard before, after, inside;
	struct snapshot *snapshot;

	if (!prepare(session, error) || !is_free_now(session, &before, error) ||
	    !copy(session, error) || !is_free_now(session, &after, error) ||
	    !guard_is_same(&before, &after))
		return NULL;
	collector_settle(session->collector);
	snapshot = look(session, &inside, error);
	if (snapshot)
		set_consistency(snapshot, CONSISTENCY_EXACT,
				"the generation was the same before and after");
	return snapshot;
}

/* The lock free before, between and after two copies; false without ERROR: it was not. */
static bool copy_twice(struct session *session, struct error *error)
{
	struct collector *collector = session->collector;
	struct guard guard;

	return is_free_now(session, &guard, error) && copy(session, error) &&
	       is_free_now(session, &guard, error) &&
	       (collector_copy_again(collector, error) || session_check_lost(session, error)) &&
	       is_free_now(session, &guard, error);
}

/*
 * The lock word alone does not tell whether it was taken and freed in between: a second copy, made
 * right after the first, must have the same in all bytes that the walk uses. Other things may lie
 * beside the lists and change all the time. Which bytes those are the last walk knew; a look at two
 * copies that differ there would be in vain.
 */
static struct snapshot *take_by_lock(struct session *session, bool last, struct error *error)
{
	struct collector *collector = session->collector;
	struct snapshot *snapshot;
	struct guard inside;

	if (!prepare(session, error) || !copy_twice(session, error) ||
	    !collector_copies_agree(collector))
		return NULL;
	collector_settle(collector);
	snapshot = look(session, &inside, error);
	if (snapshot && (!collector_copies_agree(collector) || (!last && breaks_shape(snapshot)))) {
		snapshot_destroy(snapshot);
		return NULL;
	}
	if (snapshot)
		set_consistency(snapshot, CONSISTENCY_EXACT,
				"read twice alike, the lock free before, between and after");
	return snapshot;
}

/*
 * The first look, and any after objects came where none was: whatever is there now is read, by as
 * many trips as it takes. It is not believed; the next copy has what it found.
 */
static void find_anew(struct session *session, struct error *error)
{
	struct guard guard;

	source_refresh(session->source);
	snapshot_destroy(collector_take(session->collector, time_left(session), &guard, error));
	session_check_lost(session, error);
}

/* Without a stop. NULL without ERROR: the guard did not hold often enough. */
static struct snapshot *take_running(struct session *session, struct error *error)
{
	bool has_generation = session->layout->generation.field.present;

	for (int i = 0; i < LIVE_TRIES && error->status == EXIT_CLEAN && !is_late(session); i++) {
		uint64_t before = session->readings;
		struct snapshot *snapshot =
			has_generation ? take_by_generation(session, error)
				       : take_by_lock(session, i == LIVE_TRIES - 1, error);

		if (snapshot)
			return snapshot;
		if (error->status == EXIT_CLEAN && session->readings > before &&
		    !collector_is_whole(session->collector))
			find_anew(session, error);
		session_nap(100000);
	}
	return NULL;
}

/* The target stood still: what the guard says in the same reading decides. */
static bool judge_standing(struct session *session, struct snapshot *snapshot,
			   const struct guard *guard)
{
	snapshot->capture.stop_pc = session->stop_pc;
	if (session->at_safe_point)
		set_consistency(snapshot, CONSISTENCY_EXACT, "stopped at the safe point");
	else if (guard_is_free(guard))
		set_consistency(snapshot, CONSISTENCY_EXACT,
				"stopped while nothing was being changed");
	else if (!guard->has_generation && !guard->has_lock)
		set_consistency(snapshot, CONSISTENCY_TORN, "nothing tells whether it was at rest");
	else
		set_consistency(snapshot, CONSISTENCY_TORN, "stopped in the middle of a change");
	return session->at_safe_point || guard_is_free(guard);
}

static struct snapshot *take_standing(struct session *session, bool *exact, struct error *error)
{
	struct guard guard;
	struct snapshot *snapshot = take(session, &guard, error);

	*exact = snapshot && judge_standing(session, snapshot, &guard);
	return snapshot;
}

static void remember_pause(struct session *session, struct snapshot *snapshot, uint64_t us)
{
	snapshot->capture.pause_us = us;
	session->pauses[session->refreshes % PAUSE_HISTORY] = us;
}

/* Some stops let nobody see the kernel: the CPU was elsewhere, and only its view can be read. */
static bool shows_proof(struct session *session)
{
	const struct source_proof *proof = session->proofs.list;
	struct error ignored = {0};

	return memory_prove(source_memory(session->source), proof->addr, proof->bytes, proof->len,
			    &ignored);
}

/* From where the CPU that stopped is, or another. */
static bool is_readable(struct session *session)
{
	struct rsp_client *client = source_client(session->source);
	char ids[CPUS_MAX][RSP_THREAD_LEN];
	struct error ignored = {0};
	size_t count;

	if (source_sees_always(session->source) || session->proofs.count == 0 ||
	    shows_proof(session))
		return true;
	count = client ? rsp_threads(client, ids, CPUS_MAX, &ignored) : 0;
	for (size_t i = 0; i < count; i++) {
		rsp_view(client, ids[i]);
		source_refresh(session->source);
		if (shows_proof(session))
			return true;
	}
	if (client)
		rsp_view(client, NULL);
	return false;
}

/*
 * Stop, copy, go on, and only then look. NULL without ERROR: the kernel could not be seen from
 * there, or the copy lacks something.
 */
static struct snapshot *take_copying(struct session *session, bool *exact, struct error *error)
{
	struct snapshot *snapshot = NULL;
	struct guard guard;
	bool copied = false;
	uint64_t us = 0;

	*exact = false;
	set_scan(session);
	if (!collector_prepare(session->collector, error) ||
	    (source_is_live(session->source) && !collector_warm(session->collector, error)) ||
	    !source_pause_begin(session->source, error)) {
		session_check_lost(session, error);
		return NULL;
	}
	if (is_readable(session))
		copied = copy(session, error);
	/* Where it stands was asked with the stop, and is here by now. */
	session_note_stop(session);
	set_scan(session);
	if (!source_pause_end(session->source, &us, error)) {
		session_check_lost(session, error);
		return NULL;
	}
	if (copied && error->status == EXIT_CLEAN) {
		collector_settle(session->collector);
		snapshot = look(session, &guard, error);
	}
	if (snapshot) {
		*exact = judge_standing(session, snapshot, &guard);
		remember_pause(session, snapshot, us);
	}
	return snapshot;
}

/* The same with as many trips as it takes, while it stands. */
static struct snapshot *take_pausing(struct session *session, bool *exact, struct error *error)
{
	struct snapshot *snapshot = NULL;
	uint64_t us = 0;

	*exact = false;
	if (!source_pause_begin(session->source, error)) {
		session_check_lost(session, error);
		return NULL;
	}
	session_note_stop(session);
	if (is_readable(session))
		snapshot = take_standing(session, exact, error);
	if (!source_pause_end(session->source, &us, error)) {
		snapshot_destroy(snapshot);
		session_check_lost(session, error);
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
void session_come_to_rest(struct session *session)
{
	struct error ignored = {0};
	struct guard guard;
	uint64_t addr;

	session_note_stop(session);
	source_refresh(session->source);
	if (!session->layout->safe_point ||
	    (is_readable(session) &&
	     (!collector_guard(session->collector, &guard, &ignored) || guard_is_free(&guard))) ||
	    !session_address(session, session->layout->safe_point, &addr, &ignored))
		return;
	session->at_safe_point =
		session_run_to(session, addr, 1, SAFE_WAIT_MS, "its safe point", &ignored);
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
	    !session_address(session, session->layout->safe_point, &addr, error))
		return NULL;
	if (!rsp_stop(client, NULL, error)) {
		session_check_lost(session, error);
		return NULL;
	}
	session->at_safe_point =
		session_run_to(session, addr, 1, SAFE_WAIT_MS, "its safe point", &late);
	if (session->ended) {
		*error = late;
		return NULL;
	}
	since = session_clock(); /* it ran until here */
	source_refresh(session->source);
	snapshot = take_standing(session, &exact, error);
	session->at_safe_point = false;
	if (!rsp_resume(client, error)) {
		snapshot_destroy(snapshot);
		session_check_lost(session, error);
		return NULL;
	}
	if (snapshot)
		remember_pause(session, snapshot, (uint64_t)((session_clock() - since) * 1e6));
	return snapshot;
}

/* A free lock is not the whole truth, see breaks_shape(): what may be in the making is. */
static bool is_in_making(struct snapshot *snapshot, int try)
{
	return !snapshot->capture.has_generation && try < SHAPE_TRIES && breaks_shape(snapshot);
}

static struct snapshot *take_stopping(struct session *session, struct error *error)
{
	struct snapshot *snapshot = NULL, *better;

	for (int i = 0; i < STOP_TRIES; i++) {
		bool exact;

		snapshot_destroy(snapshot);
		snapshot = take_copying(session, &exact, error);
		if (!snapshot && error->status == EXIT_CLEAN)
			snapshot = take_pausing(session, &exact, error);
		if (error->status != EXIT_CLEAN || (exact && !is_in_making(snapshot, i)))
			return snapshot;
		if (!snapshot || is_late(session))
			break;
		session_nap(200000);
	}
	if (snapshot && is_late(session))
		return snapshot;
	better = take_at_safe_point(session, error);
	if (!better && error->status == EXIT_CLEAN)
		return snapshot;
	snapshot_destroy(snapshot);
	return better;
}

struct snapshot *session_take_stopping(struct session *session, struct error *error)
{
	begin_taking(session);
	return take_stopping(session, error);
}

struct snapshot *session_take(struct session *session, struct error *error)
{
	struct snapshot *snapshot = NULL;
	bool exact;

	begin_taking(session);
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

/* ---- findings in flight ---- */

/* Seconds; a dump gets nowhere. */
static double progress_of(struct session *session)
{
	const struct rsp_client *client = source_client(session->source);

	return client ? progress_made(&session->progress, "/proc", rsp_peer_pid(client),
				      (double)rsp_ran_us(client) * 1e-6)
		      : 0;
}

/* This finding was there before, too: since when, and how often; else since PROGRESS. */
static struct counted count_again(const struct session *session, const struct snap_finding *finding,
				  double progress)
{
	struct counted counted = {.times = 0, .since = progress};

	/* Where pointers are left, behind the ';', may change from one look to the next. */
	snprintf(counted.text, sizeof(counted.text), "%s %.*s", finding->object,
		 (int)strcspn(finding->message, ";"), finding->message);
	for (uint32_t n = 0; n < session->num_counted; n++) {
		if (strcmp(session->counted[n].text, counted.text) == 0)
			counted = session->counted[n];
	}
	counted.times++;
	return counted;
}

/*
 * Where there is no generation to tell, references are changed and objects made outside the pager's
 * lock: what does not add up is in flight, and no finding, until it has been so often enough, and
 * the target got far enough meanwhile.
 */
void session_settle_findings(struct session *session, struct snapshot *snapshot)
{
	struct counted now[MAX_COUNTED];
	double progress;
	uint32_t num = 0;

	session->in_flight = 0;
	if (snapshot->capture.has_generation)
		return;
	progress = snapshot->num_findings ? progress_of(session) : 0;
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		struct snap_finding *finding = &snapshot->findings[i];
		bool settled = false;

		if (!check_may_be_in_flight(finding))
			continue;
		if (num < MAX_COUNTED) {
			now[num] = count_again(session, finding, progress);
			settled = now[num].times >= SETTLED_AFTER &&
				  progress - now[num].since >= SETTLED_S;
			num++;
		}
		if (settled) {
			if (!snapshot->capture.scanned)
				finding->confidence = "possible";
			continue;
		}
		check_mark_in_flight(finding);
		session->in_flight++;
	}
	memcpy(session->counted, now, num * sizeof(now[0]));
	session->num_counted = num;
}
