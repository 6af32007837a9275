/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The third way for a QEMU that somebody else has in replay, of any kernel. From where it stands,
 * which is the moment that is judged, it goes back to the earliest snapshot of the recording and
 * forward again with watchpoints on the counts in question: one replay for all of them, each store
 * stopped at. What they hold before each store and at the end says what each store did. The history
 * of a count begins with the object's making, which is the last time that it became 1 out of
 * anything but 2: what was in that memory before was something else. Gets, puts and the holders of
 * the end then say who (analysis/balance.h), as they do for the target's own events.
 *
 * Watchpoints know addresses, not worlds: a stop where no code of the kernel is was at somebody
 * else's memory at the same address, and does not count.
 *
 * A few objects whose counts agree are watched beside them: how right ones of the sort are got and
 * put is what tells the wrong event of a wrong one from those beside it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blame_private.h"
#include "dwarf/dwarf_info.h"
#include "memory/source.h"
#include "model/arena.h"
#include "profile/layout.h"
#include "rsp/client.h"

#define MAX_WRONG   8u /* objects; QEMU has room for more watchpoints, a reader has not */
#define MAX_RIGHT   4u /* ... and of those that agree */
#define MAX_WATCHED (MAX_WRONG + MAX_RIGHT)
#define MAX_HITS    100000u /* stores that are looked at */
#define REPLAY_S    3600.0  /* that a recording may take between two stores */

/* One store to a count. */
struct store {
	uint64_t instruction, before; /* the count before it */
	const char *where, *path;
};

struct watched {
	uint64_t id, place;
	unsigned int size;
	int64_t surplus;
	bool is_right; /* watched for what it shows of others */
	char name[80];
	struct store *stores;
	uint32_t num_stores, max_stores;
	uint64_t last;  /* the count at the end */
	uint32_t first; /* the store that made it; NUM_STORES: not in the recording */
};

struct replay {
	struct blame *blame;
	struct live *live;
	struct session_parts parts;
	struct arena *arena; /* texts */
	struct watched watched[MAX_WATCHED];
	uint32_t num_watched, num_wrong;
	uint64_t end; /* instructions, where it stood */
	uint32_t hits;
	uint64_t seq; /* of the log's events */
};

/* ---- the objects ---- */

static int compare_fobjs(const void *a, const void *b)
{
	const struct snap_fobj *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/*
 * What is in the heap and in no list is an object like others, whose count nobody holds. (Those who
 * refer to fobjs by their place in the array are not asked any more.)
 */
static bool adopt_lost(struct snapshot *snapshot, struct error *error)
{
	uint32_t count = snapshot->num_fobjs, room = count + snapshot->num_lost;
	struct snap_fobj *fobjs = arena_alloc_array(snapshot->arena, room + 1, sizeof(*fobjs));

	if (!fobjs)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		fobjs[i] = snapshot->fobjs[i];
	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		const struct snap_lost *lost = &snapshot->lost[i];

		if (snapshot_find_fobj(snapshot, lost->id) == NONE)
			fobjs[count++] = (struct snap_fobj){.id = lost->id,
							    .name = lost->name,
							    .kind = lost->kind,
							    .pages = lost->pages,
							    .refcount = lost->refcount,
							    .surplus = lost->refcount};
	}
	qsort(fobjs, count, sizeof(*fobjs), compare_fobjs);
	snapshot->fobjs = fobjs;
	snapshot->num_fobjs = count;
	return true;
}

static bool watched_add(struct replay *replay, bool is_file, uint64_t id, const char *name,
			int64_t surplus, struct error *error)
{
	struct watched *watched = &replay->watched[replay->num_watched];

	if (!blame_wants(replay->blame, id, name, surplus))
		return true;
	replay->num_wrong += surplus != 0;
	if (replay->num_watched == MAX_WRONG)
		return true;
	watched->id = id;
	watched->surplus = surplus;
	snprintf(watched->name, sizeof(watched->name), "%s", name);
	replay->num_watched++;
	return blame_place(&replay->parts, is_file, id, &watched->place, &watched->size, error);
}

/* How much the lives of two objects have in common, as far as their holders tell. */
static unsigned int likeness(const struct snap_fobj *one, const struct snap_fobj *other)
{
	unsigned int likeness = strcmp(one->kind, other->kind) == 0;

	for (uint32_t i = 0; i < one->num_holders; i++) {
		bool same = false;

		for (uint32_t n = 0; n < other->num_holders && !same; n++)
			same = strcmp(one->holders[i].kind, other->holders[n].kind) == 0;
		likeness += same;
	}
	return likeness;
}

static bool is_watched(const struct replay *replay, uint64_t id)
{
	bool found = false;

	for (uint32_t i = 0; i < replay->num_watched && !found; i++)
		found = replay->watched[i].id == id;
	return found;
}

/* The fobj that agrees and is most like one that does not; NONE: there is no other. */
static uint32_t most_like(const struct replay *replay, const struct snap_fobj *wrong)
{
	const struct snapshot *snapshot = replay->blame->snapshot;
	unsigned int best = 0;
	uint32_t found = NONE;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];
		unsigned int alike = likeness(wrong, fobj);

		if (fobj->surplus || !fobj->num_holders || alike <= best ||
		    is_watched(replay, fobj->id))
			continue;
		best = alike;
		found = i;
	}
	return found;
}

static bool watch_right_ones(struct replay *replay, struct error *error)
{
	const struct snapshot *snapshot = replay->blame->snapshot;
	uint32_t first = snapshot_find_fobj(snapshot, replay->watched[0].id);
	bool ok = true;

	for (uint32_t n = 0; ok && first != NONE && n < MAX_RIGHT; n++) {
		uint32_t index = most_like(replay, &snapshot->fobjs[first]);
		struct watched *watched = &replay->watched[replay->num_watched];

		if (index == NONE)
			break;
		watched->id = snapshot->fobjs[index].id;
		watched->is_right = true;
		replay->num_watched++;
		ok = blame_place(&replay->parts, false, watched->id, &watched->place,
				 &watched->size, error);
	}
	return ok;
}

static bool choose(struct replay *replay, struct error *error)
{
	const struct snapshot *snapshot = replay->blame->snapshot;
	bool ok = true;

	for (uint32_t i = 0; ok && i < snapshot->num_fobjs; i++)
		ok = watched_add(replay, false, snapshot->fobjs[i].id, snapshot->fobjs[i].name,
				 snapshot->fobjs[i].surplus, error);
	for (uint32_t i = 0; ok && i < snapshot->num_files; i++)
		ok = watched_add(replay, true, snapshot->files[i].id, snapshot->files[i].tag,
				 snapshot->files[i].surplus, error);
	if (!ok)
		return false;
	if (!replay->num_watched)
		return error_set(
			error, EXIT_USAGE,
			replay->blame->options->object
				? "%s: no object of that name or address is there"
				: "every count agrees here; name an OBJ to see its history",
			replay->blame->options->object);
	if (replay->num_wrong > replay->num_watched)
		fprintf(stderr, "pagerview: the first %" PRIu32 " of %" PRIu32 " objects\n",
			replay->num_watched, replay->num_wrong);
	return watch_right_ones(replay, error);
}

/* ---- to the beginning ---- */

/* Of `info snapshots`: ID, TAG, ... ICOUNT, the last word; a line without that has no snapshot. */
static bool earliest_snapshot(char *lines, char *tag, size_t len)
{
	uint64_t earliest = UINT64_MAX;
	char *line;

	while ((line = strsep(&lines, "\r\n")) != NULL) {
		char *last = strrchr(line, ' '), *end, name[64];
		uint64_t count;

		if (!last || sscanf(line, "%*s %63s", name) != 1)
			continue;
		count = strtoull(last + 1, &end, 10);
		if (end == last + 1 || *end || count >= earliest)
			continue;
		earliest = count;
		snprintf(tag, len, "%s", name);
	}
	return earliest != UINT64_MAX;
}

static bool go_to_beginning(struct replay *replay, struct error *error)
{
	char answer[8000], tag[64];

	if (!rsp_monitor(replay->parts.client, "info snapshots", answer, sizeof(answer), error))
		return false;
	if (!earliest_snapshot(answer, tag, sizeof(tag)))
		return error_set(error, EXIT_CONNECTION,
				 "the recording has no snapshot to begin from: record with "
				 "rrsnapshot=NAME");
	fprintf(stderr,
		"pagerview: replaying %" PRIu64 " million instructions, with %" PRIu32
		" count%s under watch\n",
		replay->end / 1000000, replay->num_watched, replay->num_watched == 1 ? "" : "s");
	if (!blame_rr_command(&replay->parts, error, "loadvm %s", tag))
		return false;
	source_refresh(replay->parts.source);
	return blame_rr_command(&replay->parts, error, "replay_break %" PRIu64, replay->end);
}

/* ---- the stores ---- */

static bool arm(struct replay *replay, bool on, struct error *error)
{
	struct rsp_client *client = replay->parts.client;
	bool ok = true;

	for (uint32_t i = 0; ok && i < replay->num_watched; i++) {
		const struct watched *watched = &replay->watched[i];

		ok = on ? rsp_breakpoint_insert(client, RSP_WATCH_WRITE, watched->place,
						watched->size, error)
			: rsp_breakpoint_remove(client, RSP_WATCH_WRITE, watched->place,
						watched->size, error);
	}
	return ok;
}

/* It stands in the kernel's own code, not in some other world's. */
static bool is_in_kernel(const struct replay *replay, struct error *error)
{
	struct dwarf_info *dwarf = replay->parts.dwarf;
	uint64_t pc;

	if (!rsp_read_register(replay->parts.client, "pc", &pc, error))
		return false;
	dwarf_info_was_short(dwarf);
	return dwarf_info_symbol_at(dwarf, pc - replay->parts.slide, NULL) ||
	       (dwarf_info_was_short(dwarf) && error_set(error, EXIT_PARTIAL, "out of memory"));
}

static bool add_store(struct replay *replay, struct watched *watched, struct store *store,
		      struct error *error)
{
	if (watched->num_stores == watched->max_stores) {
		uint32_t max = watched->max_stores ? watched->max_stores * 2 : 64;
		struct store *more = realloc(watched->stores, max * sizeof(*more));

		if (!more)
			return error_set(error, EXIT_PARTIAL, "out of memory");
		watched->stores = more;
		watched->max_stores = max;
	}
	if (!blame_stack(&replay->parts, replay->arena, &store->where, &store->path, error))
		return false;
	watched->stores[watched->num_stores++] = *store;
	return true;
}

/* Stopped before a store to one of them. */
static bool note_store(struct replay *replay, uint64_t instruction, struct error *error)
{
	uint64_t at = rsp_last_stop(replay->parts.client)->watch_addr;

	if (!is_in_kernel(replay, error))
		return error->status == EXIT_CLEAN;
	for (uint32_t i = 0; i < replay->num_watched; i++) {
		struct watched *watched = &replay->watched[i];
		struct store store = {.instruction = instruction};

		/* A wider store may begin before it. */
		if (at + 64 <= watched->place || at >= watched->place + watched->size ||
		    !blame_read(&replay->parts, watched->place, watched->size, &store.before,
				error))
			continue;
		if (!add_store(replay, watched, &store, error))
			return false;
	}
	return error->status == EXIT_CLEAN;
}

/* All stores from here to where it stood. */
static bool gather(struct replay *replay, struct error *error)
{
	while (replay->hits++ < MAX_HITS) {
		uint64_t now;

		if (!rsp_resume(replay->parts.client, error) ||
		    !blame_rr_wait(&replay->parts, REPLAY_S, error) ||
		    !blame_rr_instructions(&replay->parts, &now, error))
			return false;
		if (now >= replay->end)
			return true;
		if (rsp_last_stop(replay->parts.client)->reason == RSP_STOP_WATCHPOINT &&
		    !note_store(replay, now, error))
			return false;
	}
	return error_set(error, EXIT_PARTIAL, "more than %u stores to the memory of the counts",
			 MAX_HITS);
}

/* ---- who ---- */

static uint64_t value_after(const struct watched *watched, uint32_t i, uint64_t last)
{
	return i + 1 < watched->num_stores ? watched->stores[i + 1].before : last;
}

/* Where the object's life begins; NUM_STORES: nowhere. */
static uint32_t find_making(const struct watched *watched, uint64_t last)
{
	for (uint32_t i = watched->num_stores; i-- > 0;) {
		if (value_after(watched, i, last) == 1 && watched->stores[i].before != 2)
			return i;
	}
	return watched->num_stores;
}

static bool is_making(const struct watched *watched, uint32_t i)
{
	return i == watched->first;
}

static int64_t change(const struct watched *watched, uint32_t i)
{
	return is_making(watched, i) ? 1
				     : (int64_t)(value_after(watched, i, watched->last) -
						 watched->stores[i].before);
}

/* From its making on, or all that there are; a store that is no count is somebody else's. */
static bool belongs(const struct watched *watched, uint32_t i)
{
	bool born = watched->first < watched->num_stores;

	return (!born || i >= watched->first) && llabs(change(watched, i)) <= 64;
}

/* As many gets or puts as it amounts to. */
static void log_store(struct replay *replay, const struct watched *watched, uint32_t i)
{
	const struct store *store = &watched->stores[i];
	uint64_t after = value_after(watched, i, watched->last);
	int64_t delta = change(watched, i);
	struct snap_event event = {
		.kind = is_making(watched, i) ? "new"
			: delta > 0           ? "get"
					      : "put",
		.object = watched->id,
		.where = store->where,
		.path = store->path,
	};
	struct snapshot batch = {.events = &event, .num_events = 1};

	for (int64_t n = llabs(delta); n > 0; n--) {
		event.seq = ++replay->seq * 2; /* never next to each other */
		event.detail = delta > 0 ? after - (uint64_t)n + 1 : after + (uint64_t)n - 1;
		reflog_add(replay->blame->log, &batch, replay->blame->snapshot);
	}
}

static bool log_life(struct replay *replay, struct watched *watched, struct error *error)
{
	if (!blame_read(&replay->parts, watched->place, watched->size, &watched->last, error))
		return error_set(error, EXIT_PARTIAL, "the count at 0x%" PRIx64 " cannot be read",
				 watched->place);
	watched->first = find_making(watched, watched->last);
	for (uint32_t i = 0; i < watched->num_stores; i++) {
		if (belongs(watched, i))
			log_store(replay, watched, i);
	}
	return true;
}

static void tell_store(const struct replay *replay, const struct watched *watched, uint32_t i)
{
	const struct store *store = &watched->stores[i];
	uint64_t after = value_after(watched, i, watched->last);
	int64_t delta = change(watched, i);

	fprintf(replay->blame->out, "  instruction %-12" PRIu64 " %+" PRId64 " -> %-3" PRIu64,
		store->instruction, delta, after);
	fprintf(replay->blame->out, " %s%s%s\n", store->where, store->path[0] ? " < " : "",
		store->path);
	if (replay->blame->json)
		blame_json_store(replay->blame->json, store->instruction, delta, after,
				 &(struct blame_site){store->where, store->path});
}

static void tell(const struct replay *replay, const struct watched *watched)
{
	struct blame *blame = replay->blame;

	fprintf(blame->out, "0x%" PRIx64 " %.60s: %+" PRId64 "; every change of its count:\n",
		watched->id, watched->name, watched->surplus);
	if (watched->first == watched->num_stores)
		fputs("its making is not in the recording\n", blame->out);
	for (uint32_t i = 0; i < watched->num_stores; i++) {
		if (belongs(watched, i))
			tell_store(replay, watched, i);
	}
	blame_object(blame, watched->id, watched->name, watched->surplus);
}

/* All lives are in the log before the first is judged by the others. */
static bool judge_all(struct replay *replay, struct error *error)
{
	for (uint32_t i = 0; i < replay->num_watched; i++) {
		if (!log_life(replay, &replay->watched[i], error))
			return false;
	}
	for (uint32_t i = 0; i < replay->num_watched; i++) {
		if (!replay->watched[i].is_right)
			tell(replay, &replay->watched[i]);
	}
	return blame_is_whole(replay->blame, error);
}

/* ---- the whole ---- */

/* Behind the end of a recording QEMU has shut down, and runs no more whatever is loaded. */
static bool can_run(struct replay *replay, struct error *error)
{
	char answer[200];

	if (!rsp_monitor(replay->parts.client, "info status", answer, sizeof(answer), error))
		return false;
	return !strstr(answer, "shutdown") ||
	       error_set(error, EXIT_CONNECTION,
			 "the recording has come to its end, where QEMU cannot go back: let it "
			 "stand before that, by replay_break in its monitor");
}

static bool begin(struct replay *replay, struct error *error)
{
	session_parts(replay->live, &replay->parts);
	if (!replay->parts.client || !rsp_can_reverse(replay->parts.client))
		return error_set(error, EXIT_CONNECTION,
				 "%s does not replay a recording: it cannot go backwards",
				 replay->blame->options->source_arg);
	if (!can_run(replay, error))
		return false;
	return blame_look(replay->blame, replay->live, error) &&
	       adopt_lost(replay->blame->snapshot, error) && choose(replay, error) &&
	       blame_rr_instructions(&replay->parts, &replay->end, error);
}

int blame_replay(struct blame *blame, int abort_fd, struct error *error)
{
	struct options held = *blame->options;
	struct replay replay = {.blame = blame, .arena = arena_create()};
	struct error ignored = {0};
	bool armed;

	held.hold = true;
	replay.live = replay.arena ? session_open(&held, abort_fd, error) : NULL;
	if (replay.live && begin(&replay, error) && go_to_beginning(&replay, error)) {
		armed = arm(&replay, true, error);
		armed = armed && gather(&replay, error);
		if (!rsp_is_lost(replay.parts.client))
			arm(&replay, false, &ignored);
		if (armed)
			judge_all(&replay, error);
	}
	live_close(replay.live);
	for (uint32_t i = 0; i < replay.num_watched; i++)
		free(replay.watched[i].stores);
	arena_destroy(replay.arena);
	return replay.num_wrong ? EXIT_FINDINGS : EXIT_CLEAN;
}
