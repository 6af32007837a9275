/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first way: the target's own events, gathered while it runs and never stopping it; the ledger
 * of the moment that is judged says which objects, their balances say who (analysis/balance.h).
 * A scenario of our own is judged at its end; if every count agrees there, once more when all is
 * closed, where a missing put shows at last.
 */
#include "blame.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blame_private.h"
#include "export/balance_text.h"
#include "replay.h"

static void note_events(void *arg, const struct snapshot *batch, const struct snapshot *names)
{
	struct blame *blame = arg;

	reflog_add(blame->log, batch, names);
}

bool blame_look(struct blame *blame, struct live *live, struct error *error)
{
	snapshot_destroy(blame->snapshot);
	blame->snapshot = NULL;
	if (!live_refresh(live, &blame->snapshot, error))
		return false;
	/* The watch tells of references by its hits alone; the way back needs no log. */
	if (!blame->options->watch && !blame->options->back)
		reflog_add(blame->log, blame->snapshot, blame->snapshot);
	return true;
}

bool blame_is_whole(const struct blame *blame, struct error *error)
{
	return (!blame->no_memory && !blame->log->failed) ||
	       error_set(error, EXIT_PARTIAL, "out of memory: who is to blame cannot be told");
}

/* ---- which objects ---- */

bool blame_wants(const struct blame *blame, uint64_t id, const char *name, int64_t surplus)
{
	const char *wanted = blame->options->object;
	char text[24];

	if (blame->watched) /* whatever bears its name later is another one */
		return id == blame->watched;
	if (!wanted)
		return surplus != 0;
	snprintf(text, sizeof(text), "0x%" PRIx64, id);
	return strcmp(wanted, name) == 0 || strcmp(wanted, text) == 0;
}

/* What is freed has no count; each of its holders is one too many for it. */
static int64_t fobj_surplus(const struct snap_fobj *fobj)
{
	return fobj->unlisted ? -(int64_t)fobj->num_holders : fobj->surplus;
}

static int64_t file_surplus(const struct snap_file *file)
{
	return file->unlisted ? -(int64_t)file->num_holders : file->surplus;
}

/* What no list leads to is wrong whatever its count says. */
static bool wants_lost(const struct blame *blame, const struct snap_lost *lost)
{
	return blame_wants(blame, lost->id, lost->name, 1);
}

static bool anyone_wanted(const struct blame *blame)
{
	const struct snapshot *snapshot = blame->snapshot;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (blame_wants(blame, fobj->id, fobj->name, fobj_surplus(fobj)))
			return true;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (blame_wants(blame, file->id, file->tag, file_surplus(file)))
			return true;
	}
	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		if (wants_lost(blame, &snapshot->lost[i]))
			return true;
	}
	return false;
}

static const struct snap_holder *holders_of(const struct snapshot *snapshot, uint64_t id,
					    uint32_t *count)
{
	uint32_t index = snapshot_find_fobj(snapshot, id);

	*count = 0;
	if (index != NONE) {
		*count = snapshot->fobjs[index].num_holders;
		return snapshot->fobjs[index].holders;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == id) {
			*count = snapshot->files[i].num_holders;
			return snapshot->files[i].holders;
		}
	}
	return NULL;
}

static int64_t surplus_of(const struct snapshot *snapshot, uint64_t id)
{
	uint32_t index = snapshot_find_fobj(snapshot, id);

	if (index != NONE)
		return snapshot->fobjs[index].surplus;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == id)
			return snapshot->files[i].surplus;
	}
	return 0;
}

/*
 * The holders in FROM that are not in TO: they came or went while the count was watched. *APART,
 * the caller's to free, points at them; NULL: out of memory. How many there are.
 */
static uint32_t holders_apart(const struct snapshot *from, const struct snapshot *to, uint64_t id,
			      const struct snap_holder ***apart)
{
	uint32_t num_from, num_to, count = 0;
	const struct snap_holder *ours = holders_of(from, id, &num_from);
	const struct snap_holder *theirs = holders_of(to, id, &num_to);

	*apart = calloc(num_from + 1, sizeof(**apart));
	for (uint32_t i = 0; *apart && i < num_from; i++) {
		bool stayed = false;

		for (uint32_t n = 0; n < num_to && !stayed; n++)
			stayed = theirs[n].id == ours[i].id;
		if (!stayed)
			(*apart)[count++] = &ours[i];
	}
	return count;
}

static void print_holders(const struct blame *blame, const struct snap_holder *const *holders,
			  uint32_t count, const char *what)
{
	for (uint32_t i = 0; i < count; i++)
		fprintf(blame->out, "    %-13s %s %s\n", what, holders[i]->kind, holders[i]->name);
}

/* Without a get or put there is only who came and went. What, in the words of the schema. */
static const char *blame_silent(struct blame *blame, uint64_t id, const char *name, int64_t surplus)
{
	int64_t before = blame->before ? surplus_of(blame->before, id) : 0;

	fprintf(blame->out, "blame: %.60s: %+" PRId64 ": ", name, surplus);
	if (before == surplus) {
		fputs("it was so before the watch began\n", blame->out);
		return surplus ? "before the watch" : NULL;
	}
	if (blame->before) {
		fprintf(blame->out, "no get and no put was seen: a %s is missing\n",
			surplus > before ? "put" : "get");
		return surplus > before ? "put missing" : "get missing";
	}
	fprintf(blame->out, "no event of 0x%" PRIx64 " is known: try --watch\n", id);
	return "unknown";
}

void blame_object(struct blame *blame, uint64_t id, const char *name, int64_t surplus)
{
	struct balance *balance = balance_create(blame->log, blame->before, blame->snapshot, id);
	const struct capture *capture = &blame->snapshot->capture;
	const struct snap_holder **gone = NULL, **come = NULL;
	struct blame_verdict verdict = {
		.id = id,
		.name = name,
		.surplus = surplus,
		.balance = balance,
		.by = {"", ""},
		.lost = blame->log->lost,
		.torn = capture->consistency == CONSISTENCY_EXACT ? NULL : capture->why,
	};

	if (!balance && reflog_find(blame->log, id)) {
		blame->no_memory = true;
		return;
	}
	if (balance)
		text_write_balance(balance, blame->out);
	else
		verdict.what = blame_silent(blame, id, name, surplus);
	if (blame->before) {
		verdict.num_gone = holders_apart(blame->before, blame->snapshot, id, &gone);
		verdict.num_come = holders_apart(blame->snapshot, blame->before, id, &come);
		blame->no_memory |= !gone || !come;
		print_holders(blame, gone, verdict.num_gone, "holder gone");
		print_holders(blame, come, verdict.num_come, "holder new");
	}
	verdict.gone = gone;
	verdict.come = come;
	if (blame->json)
		blame_json_object(blame->json, &verdict);
	balance_destroy(balance);
	free(gone);
	free(come);
}

/* It left its list and was not freed: whoever put it last should have seen to that. */
static void blame_lost(struct blame *blame, const struct snap_lost *lost)
{
	const struct reflog_life *life = reflog_find(blame->log, lost->id);
	const struct reflog_event *last =
		life && life->num_events ? &life->events[life->num_events - 1] : NULL;
	const struct reflog_site *site = last ? &blame->log->sites[last->site] : NULL;

	fprintf(blame->out, "blame: %.60s: in the heap, but in no list: ", lost->name);
	if (!site)
		fprintf(blame->out, "no event of 0x%" PRIx64 " is known\n", lost->id);
	else
		fprintf(blame->out, "not freed after its last %s, by %s%s%s\n",
			last->sign < 0 ? "put" : "get", site->where, site->path[0] ? " < " : "",
			site->path);
	if (blame->json)
		blame_json_object(blame->json,
				  &(struct blame_verdict){
					  .id = lost->id,
					  .name = lost->name,
					  .what = "not freed, in no list",
					  .by = {site ? site->where : "", site ? site->path : ""},
					  .lost = blame->log->lost,
				  });
}

/* How many objects were blamed for something. */
static uint32_t blame_all(struct blame *blame)
{
	const struct snapshot *snapshot = blame->snapshot;
	uint32_t count = 0;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (!blame_wants(blame, fobj->id, fobj->name, fobj_surplus(fobj)))
			continue;
		blame_object(blame, fobj->id, fobj->name, fobj_surplus(fobj));
		count += fobj_surplus(fobj) != 0;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (!blame_wants(blame, file->id, file->tag, file_surplus(file)))
			continue;
		blame_object(blame, file->id, file->tag, file_surplus(file));
		count += file_surplus(file) != 0;
	}
	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		if (!wants_lost(blame, &snapshot->lost[i]))
			continue;
		blame_lost(blame, &snapshot->lost[i]);
		count++;
	}
	return count;
}

/* ---- the moment ---- */

static bool go_to_moment(struct blame *blame, struct live *live, struct error *error)
{
	const struct options *options = blame->options;

	if (options->watch)
		return blame_watch(blame, live, error);
	if (options->source == FROM_FILE ||
	    (options->source != FROM_RUN && options->until == UNTIL_NOW))
		return blame_look(blame, live, error);
	if (options->until != UNTIL_NOW)
		return session_run(live, NULL, note_events, blame, error) &&
		       blame_look(blame, live, error);
	if (!session_run(live, "end", note_events, blame, error) || !blame_look(blame, live, error))
		return false;
	return anyone_wanted(blame) || (session_run(live, "done", note_events, blame, error) &&
					blame_look(blame, live, error));
}

static const char *name_of(const struct snapshot *snapshot, uint64_t id)
{
	uint32_t index = snapshot_find_fobj(snapshot, id);

	if (index != NONE)
		return snapshot->fobjs[index].name;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == id)
			return snapshot->files[i].tag;
	}
	return "";
}

/* What was watched was freed, and nobody holds it any more. How many are to blame for something. */
static uint32_t blame_freed(struct blame *blame)
{
	int64_t surplus = surplus_of(blame->before, blame->watched);
	struct blame_verdict verdict = {
		.id = blame->watched,
		.name = name_of(blame->before, blame->watched),
		.surplus = surplus,
		.what = "before the watch",
		.by = {"", ""},
	};

	if (!surplus) {
		fprintf(blame->out, "%.60s was freed with its last put, and nobody held it\n",
			verdict.name);
		return 0;
	}
	fprintf(blame->out,
		"blame: %.60s: %+" PRId64 ": it was so before the watch began; freed by now\n",
		verdict.name, surplus);
	if (blame->json)
		blame_json_object(blame->json, &verdict);
	return 1;
}

static int judge(struct blame *blame, struct error *error)
{
	const struct capture *capture = &blame->snapshot->capture;
	const struct reflog *log = blame->log;

	if (!blame_is_whole(blame, error))
		return EXIT_CLEAN;
	if (capture->consistency != CONSISTENCY_EXACT)
		fprintf(blame->out, "%s: %s: what is said may be wrong\n",
			consistency_name(capture->consistency), capture->why);
	if (log->lost)
		fprintf(blame->out, "%" PRIu64 " events were lost: what is said may be wrong\n",
			log->lost);
	if (blame->watched && !anyone_wanted(blame))
		return blame_freed(blame) ? EXIT_FINDINGS : EXIT_CLEAN;
	if (blame->options->object && !anyone_wanted(blame))
		error_set(error, EXIT_USAGE, "%s: no object of that name or address is there",
			  blame->options->object);
	else if (!blame->options->watch && !blame->snapshot->events_head && !log->seen)
		error_set(error, EXIT_LAYOUT, "no events are known of this target: try --watch");
	else
		return blame_all(blame) ? EXIT_FINDINGS : EXIT_CLEAN;
	return EXIT_CLEAN;
}

/* By the target's events, or by a watchpoint. */
static int run_forward(struct blame *blame, int abort_fd, struct error *error)
{
	const struct options *options = blame->options;
	struct options held = *options;
	struct live *live;
	int status = EXIT_CLEAN;

	held.hold = options->source == FROM_RUN || options->until != UNTIL_NOW || options->watch;
	if (options->source == FROM_FILE)
		live = replay_open(options->source_arg, options->moment, error);
	else
		live = session_open(&held, abort_fd, error);
	if (live && go_to_moment(blame, live, error))
		status = judge(blame, error);
	live_close(live);
	blame_is_whole(blame, error);
	return status;
}

/* With JSON the words go nowhere, and the document comes at the end. */
static bool begin_json(struct blame *blame, struct error *error)
{
	const struct options *options = blame->options;

	blame->json = blame_json_create(!options->back ? options->watch ? "watch" : "events"
					: options->source == FROM_RUN ? "back"
								      : "replay");
	blame->out = fopen("/dev/null", "w");
	return (blame->json && blame->out) || error_set(error, EXIT_PARTIAL, "out of memory");
}

static void end_json(struct blame *blame, FILE *out, struct error *error)
{
	if (error->status == EXIT_CLEAN && !blame_json_write(blame->json, out))
		error_set(error, EXIT_PARTIAL, "the document could not be written");
	blame_json_destroy(blame->json);
	if (blame->out)
		fclose(blame->out);
}

int blame_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct blame blame = {.options = options, .log = reflog_create(), .out = out};
	bool json = options->format == FORMAT_JSON;
	int status = EXIT_CLEAN;

	if (!blame.log)
		error_set(error, EXIT_PARTIAL, "out of memory");
	else if (!json || begin_json(&blame, error))
		status = options->back ? blame_back(&blame, abort_fd, error)
				       : run_forward(&blame, abort_fd, error);
	snapshot_destroy(blame.snapshot);
	snapshot_destroy(blame.before);
	if (json && blame.log)
		end_json(&blame, out, error);
	reflog_destroy(blame.log);
	return status;
}
