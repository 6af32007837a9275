/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running and stopping: to a function, to what the options say, to the end of it all. A target that
 * is gone is asked for its last words. While it runs, a watcher is told of its events.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "memory/world.h"
#include "session_private.h"

#define MAX_STRAYS     4096 /* stops elsewhere on the way to a place */
#define MAX_OTHERS     8    /* stops of other CPUs on their way to the safe point */
#define LIVE_LOOK_MS   2    /* between looks at the events of a target that runs */
#define STOP_LOOK_MS   100  /* ... and where each look stops it */
#define CANCEL_LOOK_MS 50   /* between looks whether the wait is to end */
#define END_WAIT_S     2.0  /* for a target that has closed its connection to be gone */

unsigned int session_wait_ms(const struct session *session)
{
	double ms = session->options->timeout_s * 1000;

	return ms < 1 ? 1 : ms > 3600e3 ? 3600000 : (unsigned int)ms;
}

double session_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void session_nap(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* ---- the end of the target ---- */

/* The connection is gone: say why in the target's own words where it was ours. */
bool session_target_ended(struct session *session, struct error *error)
{
	struct rsp_client *client = session->source ? source_client(session->source) : NULL;
	struct error why = *error;
	int status = 0;

	/* If it is the connection alone that is gone, nobody is left standing meanwhile. */
	if (client && !session->run)
		rsp_part(client);
	session->ended = true;
	memset(error, 0, sizeof(*error));
	if (session->run && run_wait(session->run, END_WAIT_S, &status)) {
		const char *words = run_complaint(session->run);

		session->finished = status <= 128;
		session->failed = status != 0;
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

bool session_check_lost(struct session *session, struct error *error)
{
	struct rsp_client *client = session->source ? source_client(session->source) : NULL;

	if (session->ended || (client && rsp_is_lost(client)))
		return session_target_ended(session, error);
	return false;
}

/* ---- stopping at a place ---- */

bool session_address(const struct session *session, const char *name, uint64_t *addr,
		     struct error *error)
{
	const struct dwarf_symbol *symbol = name ? dwarf_info_symbol(session->dwarf, name) : NULL;

	if (!symbol)
		return error_set(error, EXIT_LAYOUT, "%s: no function %s",
				 dwarf_info_path(session->dwarf), name ? name : "to stop at");
	*addr = symbol->addr + session->slide;
	return true;
}

void session_note_stop(struct session *session)
{
	const struct rsp_stop *last = rsp_last_stop(source_client(session->source));
	struct rsp_register stopped[] = {{.name = "pc", .value = last->pc, .ok = last->has_pc},
					 {.name = "sp", .value = last->sp, .ok = last->has_sp}};
	struct error ignored = {0};

	if (!last->has_pc || !last->has_sp)
		rsp_read_registers(source_client(session->source), NULL, stopped, 2, &ignored);
	session->stop_pc = stopped[0].ok ? stopped[0].value : 0;
	session->stop_sp = stopped[1].ok ? stopped[1].value : 0;
}

void session_note_world(struct session *session)
{
	struct rsp_client *client = source_client(session->source);
	char world[WORLD_LEN];
	struct error ignored = {0};

	if (!client || session->note[0] || !world_of(client, NULL, world, &ignored) ||
	    (!strchr(world, '-') && strcmp(world, "EL3") != 0))
		return;
	snprintf(session->note, sizeof(session->note), "the CPU that stopped is at %s", world);
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
bool session_watch_events(struct session *session, struct error *error)
{
	struct snapshot *batch = snapshot_create(), *names = NULL;
	bool stops = !source_is_live(session->source), ok;
	uint64_t us;

	if (!batch)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	ok = !stops || source_pause_begin(session->source, error);
	ok = ok && take_events(session, batch, &names, error);
	if (stops)
		ok = source_pause_end(session->source, &us, error) && ok;
	if (ok) {
		event_reader_commit(session->events, batch);
		session->watcher(session->watcher_arg, batch, names);
	}
	snapshot_destroy(names);
	snapshot_destroy(batch);
	return ok;
}

/* One that was given up meanwhile ends like one that took too long. */
static enum rsp_wait wait_in_slices(struct session *session, int ms, int slice,
				    struct rsp_stop *stop, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	double deadline = ms < 0 ? 1e300 : session_clock() + ms / 1000.0;
	bool watched = session->watcher && session->events;
	enum rsp_wait wait;

	do {
		wait = rsp_wait_for_stop(client, slice, stop, error);
		if (wait == RSP_WAIT_TIMEOUT && watched && !session_watch_events(session, error))
			return RSP_WAIT_LOST;
	} while (wait == RSP_WAIT_TIMEOUT && session_clock() < deadline &&
		 !atomic_load(&session->cancel));
	return wait;
}

/*
 * Wait for a stop, MS at most, -1 for ever. With a watcher the events are looked at again and
 * again meanwhile, where that can be done without a stop more often.
 */
enum rsp_wait session_wait_for_stop(struct session *session, int ms, struct rsp_stop *stop,
				    struct error *error)
{
	int slice =
		session->collector && source_is_live(session->source) ? LIVE_LOOK_MS : STOP_LOOK_MS;

	if (!session->watcher || !session->events)
		slice = CANCEL_LOOK_MS;
	return wait_in_slices(session, ms, ms >= 0 && ms < slice ? ms : slice, stop, error);
}

bool session_late(struct session *session, const char *where, unsigned int ms, struct error *error)
{
	if (atomic_load(&session->cancel))
		return error_set(error, EXIT_CONNECTION, "given up on the way to %s", where);
	return error_set(error, EXIT_CONNECTION, "the target did not come to %s within %.3g s",
			 where, ms / 1000.0);
}

/*
 * It stands where we wanted it to: what stops it elsewhere is not what was waited for, and neither
 * is another world's code that happens to lie at that address.
 */
static bool stands_at_breakpoint(struct session *session)
{
	struct rsp_client *client = source_client(session->source);

	session_note_stop(session);
	return rsp_breakpoint_at(client, session->stop_pc) &&
	       slide_code_seen(session->layout, client, session->slide, session->stop_pc);
}

enum rsp_wait session_run_to_breakpoint(struct session *session, unsigned int ms,
					struct error *error)
{
	double deadline = session_clock() + ms / 1000.0;
	struct rsp_stop stop;

	for (unsigned int strays = 0; strays < MAX_STRAYS; strays++) {
		double left = deadline - session_clock();
		enum rsp_wait wait;

		if (left < 0 || !rsp_resume(source_client(session->source), error))
			break;
		wait = session_wait_for_stop(session, (int)(left * 1000) + 1, &stop, error);
		if (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED)
			return RSP_WAIT_LOST;
		if (wait != RSP_WAIT_STOPPED || stands_at_breakpoint(session))
			return wait;
	}
	return error->status == EXIT_CLEAN ? RSP_WAIT_TIMEOUT : RSP_WAIT_LOST;
}

/* Let a standing target run to ADDR, COUNT times; then it stands there, the breakpoint out again.
 */
bool session_run_to(struct session *session, uint64_t addr, uint64_t count, unsigned int ms,
		    const char *where, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	enum rsp_wait wait = RSP_WAIT_STOPPED;
	struct error ignored = {0};

	session->at_safe_point = false;
	if (!rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, error))
		return session_check_lost(session, error);
	for (uint64_t i = 0; i < count && wait == RSP_WAIT_STOPPED; i++)
		wait = session_run_to_breakpoint(session, ms, error);
	if (wait == RSP_WAIT_LOST)
		return error->status == EXIT_CLEAN || rsp_is_lost(client)
			       ? session_target_ended(session, error)
			       : false;
	if (wait != RSP_WAIT_STOPPED)
		rsp_stop(client, NULL, &ignored);
	rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, &ignored);
	session_note_stop(session);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	if (wait == RSP_WAIT_TIMEOUT)
		return session_late(session, where, ms, error);
	return true;
}

/* ---- where to look from ---- */

static bool run_seconds(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);
	struct rsp_stop stop;
	enum rsp_wait wait;

	if (!rsp_resume(client, error))
		return session_check_lost(session, error);
	wait = session_wait_for_stop(session, (int)(session->options->until_seconds * 1000), &stop,
				     error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return session_target_ended(session, error);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	if (wait == RSP_WAIT_TIMEOUT && !rsp_stop(client, NULL, error))
		return session_check_lost(session, error);
	session_come_to_rest(session);
	return true;
}

static bool is_at(struct session *session, const char *thread, uint64_t addr)
{
	struct rsp_register pc = {.name = "pc"};
	struct error ignored = {0};

	return rsp_read_registers(source_client(session->source), thread, &pc, 1, &ignored) &&
	       pc.ok && pc.value == addr;
}

/*
 * It stands where it was wanted, but another CPU may be in the middle of a change. Then that one
 * goes on to its safe point, alone: the CPU that came here stays, so no step is missed.
 */
void session_let_others_finish(struct session *session)
{
	struct rsp_client *client = source_client(session->source);
	enum rsp_wait wait = RSP_WAIT_STOPPED;
	struct error ignored = {0};
	struct rsp_stop other;
	struct guard guard;
	uint64_t addr;

	source_refresh(session->source);
	if (!session->collector || !session->layout->safe_point || session->at_safe_point ||
	    !collector_guard(session->collector, &guard, &ignored) || guard_is_free(&guard) ||
	    !session_address(session, session->layout->safe_point, &addr, &ignored) ||
	    !rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, &ignored))
		return;
	for (int i = 0; i < MAX_OTHERS && wait == RSP_WAIT_STOPPED && !session->at_safe_point;
	     i++) {
		wait = rsp_run_others(client, SAFE_WAIT_MS, &other, &ignored);
		session->at_safe_point =
			wait == RSP_WAIT_STOPPED && is_at(session, other.thread, addr);
	}
	rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, &ignored);
	source_refresh(session->source);
}

static bool session_run_to_stop(struct session *session, const char *which, uint64_t count,
				const char *where, struct error *error)
{
	const char *name = layout_stop(session->layout, which);
	uint64_t addr;

	if (!name)
		return error_set(error, EXIT_LAYOUT,
				 "profile %s: nothing to stop at for --until %s in %s",
				 session->profile->name, which, dwarf_info_path(session->dwarf));
	if (!session_address(session, name, &addr, error) ||
	    !session_run_to(session, addr, count, session_wait_ms(session), where, error))
		return false;
	session_let_others_finish(session);
	return true;
}

/*
 * The verdict is passed on a scenario that failed half-way, too: whoever wants to see the state
 * after it first comes by the end, and a scenario that never gets there ends the target instead.
 */
bool session_run_until(struct session *session, struct error *error)
{
	const struct options *options = session->options;

	switch (options->until) {
	case UNTIL_SECONDS:
		return run_seconds(session, error);
	case UNTIL_STEP:
		return session_run_to_stop(session, "step", options->until_step, "that step",
					   error);
	case UNTIL_EVENT:
		return session_run_to_event(session, options->until_event, session_wait_ms(session),
					    error);
	case UNTIL_END:
		return session_run_to_stop(session, "end", 1, "the script's end", error);
	case UNTIL_DONE:
		return session_run_to_stop(session, "end", 1, "the script's end", error) &&
		       session_run_to_stop(session, "done", 1, "the verdict", error);
	default:
		return true;
	}
}

/* ---- running on under watch ---- */

/* Until somebody or something stops it. */
static bool run_on(struct session *session, struct error *error)
{
	struct rsp_stop stop;
	enum rsp_wait wait;

	if (!rsp_resume(source_client(session->source), error))
		return session_check_lost(session, error);
	wait = session_wait_for_stop(session, -1, &stop, error);
	if (wait == RSP_WAIT_LOST || (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED))
		return session_target_ended(session, error);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	session_note_stop(session);
	return true;
}

static bool run_under_watch(struct session *session, const char *stop, struct error *error)
{
	if (stop)
		return session_run_to_stop(session, stop, 1, stop, error);
	return session->options->until == UNTIL_NOW ? run_on(session, error)
						    : session_run_until(session, error);
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
	session->at_safe_point = session->held = false;
	session->steps = 0;
	ok = run_under_watch(session, stop, error);
	source_refresh(session->source);
	session->paused = true;
	if (ok && watcher)
		ok = session_watch_events(session, error);
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

	if (!client || !name || !session_address(session, name, &addr, &ignored)) {
		*reached = stop;
		return session_run(live, stop, NULL, NULL, error);
	}
	if (!rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, error))
		return session_check_lost(session, error);
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
