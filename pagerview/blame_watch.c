/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second way, for any target: a watchpoint on the count itself. QEMU stops before the store (a
 * stub that stops behind it does no harm): the call stack says who, and after one step over it the
 * count in memory says what it came to.
 *
 * An object that is freed gives its memory to others. So when the count comes to nothing, the
 * target goes on to its safe point, and if the object is gone by then the watch is over.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blame_private.h"
#include "dwarf/dwarf_info.h"
#include "memory/source.h"
#include "model/arena.h"
#include "profile/layout.h"
#include "rsp/client.h"

#define MAX_DELTA 64 /* references that one store may take or give */

struct watch {
	struct blame *blame;
	struct live *live;
	struct session_parts parts;
	uint64_t id, place; /* the object, and where its count is */
	unsigned int size;  /* bytes of the count */
	bool is_file;
	int64_t surplus; /* before the watch */
	uint64_t count, hits;
	uint64_t ends[2]; /* where the moment to judge may be: addresses, 0 none */
	double deadline;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- the object ---- */

static bool find_object(struct watch *watch, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (blame_wants(watch->blame, fobj->id, fobj->name, 0)) {
			watch->id = fobj->id;
			watch->count = (uint64_t)fobj->refcount;
			watch->surplus = fobj->surplus;
			return true;
		}
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (blame_wants(watch->blame, file->id, file->tag, 0)) {
			watch->id = file->id;
			watch->is_file = true;
			watch->count = (uint64_t)file->refcount;
			watch->surplus = file->surplus;
			return true;
		}
	}
	return false;
}

/* A scenario of our own makes the object some day: look at each of its steps. */
static bool await_object(struct watch *watch, struct error *error)
{
	struct blame *blame = watch->blame;
	const struct options *options = blame->options;
	bool steps = options->source == FROM_RUN && options->until == UNTIL_NOW;
	const char *reached = "";

	if (options->until != UNTIL_NOW && !session_run(watch->live, NULL, NULL, NULL, error))
		return false;
	for (;;) {
		if (steps && !session_run_either(watch->live, "step", "end", &reached, error))
			return false;
		if (!blame_look(blame, watch->live, error))
			return false;
		if (find_object(watch, blame->snapshot))
			break;
		if (!steps || reached[0] == 'e')
			return error_set(error, EXIT_USAGE,
					 "%s: no object of that name or address is there",
					 options->object);
	}
	blame->before = blame->snapshot;
	blame->snapshot = NULL;
	blame->watched = watch->id;
	return true;
}

/* ---- a hit ---- */

static void print_hit(const struct watch *watch, const struct snap_event *event, int64_t delta)
{
	fprintf(watch->blame->out, "%8" PRIu64 " %+4" PRId64 " -> %-3" PRIu64 " %s%s%s\n",
		watch->hits, delta, watch->count, event->where, event->path[0] ? " < " : "",
		event->path);
	fflush(watch->blame->out);
	if (watch->blame->json)
		blame_json_store(watch->blame->json, 0, delta, watch->count,
				 &(struct blame_site){event->where, event->path});
}

static bool arm(struct watch *watch, bool on, struct error *error)
{
	struct rsp_client *client = watch->parts.client;

	return on ? rsp_breakpoint_insert(client, RSP_WATCH_WRITE, watch->place, watch->size, error)
		  : rsp_breakpoint_remove(client, RSP_WATCH_WRITE, watch->place, watch->size,
					  error);
}

/* The change into the log: as many gets or puts as it amounts to. */
static void log_hit(struct watch *watch, struct snapshot *batch, int64_t delta)
{
	for (uint32_t i = 0; i < batch->num_events; i++) {
		struct snap_event *event = &batch->events[i];
		uint64_t to_come = batch->num_events - 1 - i;

		*event = batch->events[0];
		event->kind = delta > 0 ? "get" : "put";
		event->object = watch->id;
		event->seq = 2 * watch->hits; /* never next to each other */
		event->detail = delta > 0 ? watch->count - to_come : watch->count + to_come;
	}
	reflog_add(watch->blame->log, batch, watch->blame->before);
}

/* Over the store, with the watchpoint out of the way. */
static bool step_over(struct watch *watch, struct error *error)
{
	bool ok = arm(watch, false, error) && rsp_step(watch->parts.client, NULL, NULL, error) &&
		  arm(watch, true, error);

	source_refresh(watch->parts.source);
	return ok;
}

static bool take_hit(struct watch *watch, struct snapshot *batch, struct error *error)
{
	uint64_t count;
	int64_t delta;

	batch->events = arena_alloc_array(batch->arena, MAX_DELTA, sizeof(*batch->events));
	if (!batch->events)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	if (!blame_stack(&watch->parts, batch->arena, &batch->events[0].where,
			 &batch->events[0].path, error) ||
	    !step_over(watch, error))
		return false;
	if (!blame_read(&watch->parts, watch->place, watch->size, &count, error))
		return error_set(error, EXIT_PARTIAL, "the count cannot be read");
	delta = (int64_t)(count - watch->count);
	watch->count = count;
	watch->hits++;
	batch->num_events = (uint32_t)(llabs(delta) < MAX_DELTA ? llabs(delta) : MAX_DELTA);
	print_hit(watch, &batch->events[0], delta);
	log_hit(watch, batch, delta);
	return true;
}

static bool note_hit(struct watch *watch, struct error *error)
{
	struct snapshot *batch = snapshot_create();
	bool ok = batch ? take_hit(watch, batch, error)
			: error_set(error, EXIT_PARTIAL, "out of memory");

	snapshot_destroy(batch);
	return ok;
}

/* ---- the watch ---- */

/* In its list: what somebody still points at may be freed. */
static bool is_there(struct watch *watch)
{
	const struct snapshot *snapshot = watch->blame->snapshot;
	uint32_t index = snapshot_find_fobj(snapshot, watch->id);

	if (!watch->is_file)
		return index != NONE && !snapshot->fobjs[index].unlisted;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == watch->id)
			return !snapshot->files[i].unlisted;
	}
	return false;
}

static bool is_wrong(struct watch *watch)
{
	const struct snapshot *snapshot = watch->blame->snapshot;
	uint32_t index = snapshot_find_fobj(snapshot, watch->id);

	if (!watch->is_file)
		return index != NONE && snapshot->fobjs[index].surplus != watch->surplus;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == watch->id)
			return snapshot->files[i].surplus != watch->surplus;
	}
	return false;
}

/* Let it run to the next stop. *STOPPED false: the time is up; it stands then all the same. */
static bool run_on(struct watch *watch, bool *stopped, uint64_t *pc, struct error *error)
{
	struct rsp_client *client = watch->parts.client;
	double left = watch->deadline - now();
	struct rsp_stop stop;
	enum rsp_wait wait;

	*stopped = false;
	if (left <= 0)
		return true;
	if (!rsp_resume(client, error))
		return false;
	wait = rsp_wait_for_stop(client, (int)(left * 1000), &stop, error);
	if (wait == RSP_WAIT_LOST)
		return false;
	if (wait == RSP_WAIT_STOPPED && stop.reason == RSP_STOP_EXITED)
		return error_set(error, EXIT_CONNECTION, "the target is gone");
	*stopped = wait == RSP_WAIT_STOPPED;
	if (!*stopped && !rsp_stop(client, NULL, error))
		return false;
	source_refresh(watch->parts.source);
	session_stands(watch->live, false);
	return rsp_read_register(client, "pc", pc, error);
}

/* While the watch was off somebody may have got it again: who, nobody saw. */
static bool catch_up(struct watch *watch, struct error *error)
{
	uint64_t count;

	if (!blame_read(&watch->parts, watch->place, watch->size, &count, error))
		return error_set(error, EXIT_PARTIAL, "the count cannot be read");
	if (count != watch->count)
		fprintf(watch->blame->out,
			"%8s %+4" PRId64 " -> %-3" PRIu64 " unseen, on the way to the safe point\n",
			"", (int64_t)(count - watch->count), count);
	watch->count = count;
	return true;
}

/* To the safe point, where the object is there or gone. *GONE */
static bool settle_zero(struct watch *watch, bool *gone, struct error *error)
{
	const struct dwarf_symbol *safe =
		watch->parts.layout->safe_point
			? dwarf_info_symbol(watch->parts.dwarf, watch->parts.layout->safe_point)
			: NULL;
	struct rsp_client *client = watch->parts.client;
	bool stopped, ok;
	uint64_t addr, pc;

	*gone = false;
	if (!safe)
		return true;
	addr = safe->addr + watch->parts.slide;
	if (!arm(watch, false, error) ||
	    !rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, addr, 4, error))
		return false;
	ok = run_on(watch, &stopped, &pc, error);
	session_stands(watch->live, ok && stopped && pc == addr);
	if (!ok || !rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, addr, 4, error) ||
	    !blame_look(watch->blame, watch->live, error))
		return false;
	*gone = !is_there(watch);
	return *gone || (catch_up(watch, error) && arm(watch, true, error));
}

static bool set_ends(struct watch *watch, bool on, struct error *error)
{
	static const char *const names[] = {"end", "done"};
	struct rsp_client *client = watch->parts.client;

	for (size_t i = 0; i < 2; i++) {
		const char *name = layout_stop(watch->parts.layout, names[i]);
		const struct dwarf_symbol *symbol =
			name ? dwarf_info_symbol(watch->parts.dwarf, name) : NULL;

		if (!symbol)
			continue;
		watch->ends[i] = symbol->addr + watch->parts.slide;
		if (!(on ? rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, watch->ends[i], 4,
						 error)
			 : rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, watch->ends[i], 4,
						 error)))
			return false;
	}
	return true;
}

/* One stop after the other. *OVER: there is no more to watch. */
static bool take_stop(struct watch *watch, bool *over, struct error *error)
{
	bool stopped;
	uint64_t pc;

	*over = false;
	if (!run_on(watch, &stopped, &pc, error))
		return false;
	if (!stopped) {
		*over = true;
		return true;
	}
	if (pc == watch->ends[1]) {
		*over = true;
		return true;
	}
	if (pc == watch->ends[0]) {
		if (!blame_look(watch->blame, watch->live, error))
			return false;
		*over = is_wrong(watch);
		return true;
	}
	if (!note_hit(watch, error))
		return false;
	return watch->count || settle_zero(watch, over, error);
}

bool blame_watch(struct blame *blame, struct live *live, struct error *error)
{
	struct watch watch = {.blame = blame, .live = live};
	struct error ignored = {0};
	bool over = false, ok;

	session_parts(live, &watch.parts);
	if (!watch.parts.client)
		return error_set(error, EXIT_USAGE, "--watch: a dump does not run");
	if (!await_object(&watch, error) ||
	    !blame_place(&watch.parts, watch.is_file, watch.id, &watch.place, &watch.size, error))
		return false;
	/* As measured by bench_watch.c. */
	fprintf(stderr,
		"pagerview: watching the %u bytes at 0x%" PRIx64
		": each store to them stops the target for about 0.7 ms; stores to the rest of "
		"their page do not, and slow it by less than can be measured (5 %%)\n",
		watch.size, watch.place);
	watch.deadline = now() + blame->options->timeout_s;
	ok = arm(&watch, true, error) && set_ends(&watch, true, error);
	while (ok && !over)
		ok = take_stop(&watch, &over, error);
	if (!rsp_is_lost(watch.parts.client)) {
		arm(&watch, false, &ignored);
		set_ends(&watch, false, &ignored);
	}
	return ok && blame_look(blame, live, error);
}
