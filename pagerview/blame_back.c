/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The third way, backwards. QEMU records the scenario once, on one CPU; replayed, it does the same
 * at the same instruction every time, and can be put to any of them. So the first safe point at
 * which the object's count does not agree with its holders is found by bisection: each try goes to
 * an instruction, on to the next safe point, and looks. The latest good place is kept as a snapshot
 * of QEMU's, and no try replays what lies before it. From the first bad safe point the last store
 * to the count is found by running back to a watchpoint. If it lies behind the last good safe
 * point, it is the culprit; if not, nobody stored: then a get or put is missing, and the way from
 * the one safe point to the other says in which operation.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blame_private.h"
#include "dwarf/dwarf_info.h"
#include "memory/source.h"
#include "model/arena.h"
#include "profile/layout.h"
#include "rsp/client.h"
#include "run.h"

#define LINEAR_SPAN 30000u /* instructions: closer than that, look at every safe point */
#define MAX_POINTS  20000u /* safe points looked at one after the other */
#define GOOD_TAG    "pagerview-good"
#define START_TAG   "pagerview-start"
#define RECORD_S    600.0 /* that a recorded run may take at least */
#define BASE_MAX    100   /* bytes of a folder's path; more would not fit QEMU's options (run.c) */
#define FOLDER_LEN  128

struct back {
	struct blame *blame;
	struct live *live;
	struct session_parts parts;
	uint64_t safe_point; /* address */
	uint64_t id, place;  /* the object and its count */
	unsigned int size;
	bool is_file;
	char name[80];
	bool has_good; /* GOOD_TAG is there */
	uint64_t good; /* instructions, at GOOD_TAG */
};

/* ---- the recording ---- */

/* Its wait status; -1: ABORT_FD spoke, and it is killed. */
static int await_child(pid_t pid, int abort_fd)
{
	struct pollfd polled = {.fd = abort_fd, .events = POLLIN};
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (poll(&polled, 1, 2) > 0 && (polled.revents & POLLIN)) {
			kill(pid, SIGKILL);
			return -1;
		}
	}
	return status;
}

static bool make_disk(const char *folder, int abort_fd, struct error *error)
{
	char path[160];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/rr.qcow2", folder);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("qemu-img", "qemu-img", "create", "-q", "-f", "qcow2", path, "64M",
		       (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return error_set(error, EXIT_CONNECTION, "no process: %s", strerror(errno));
	status = await_child(pid, abort_fd);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return error_set(error, EXIT_USAGE,
				 "qemu-img: not found: install Debian's qemu-utils");
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       error_set(error, EXIT_CONNECTION, "qemu-img could not make %s", path);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = {"rr.bin", "rr.qcow2"};
	char path[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static bool record(const struct options *options, const char *folder, int abort_fd,
		   struct error *error)
{
	struct run_config config = {.scenario = options->source_arg,
				    .elf = options->elf,
				    .rr_folder = folder,
				    .rr_record = true,
				    .abort_fd = abort_fd};
	double timeout = options->timeout_s > RECORD_S ? options->timeout_s : RECORD_S;
	struct run *run;
	int status = 0;
	bool ended;

	if (!make_disk(folder, abort_fd, error))
		return false;
	run = run_start(&config, options->timeout_s, error);
	if (!run)
		return false;
	ended = run_wait(run, timeout, &status);
	if (!ended)
		error_set(error, EXIT_CONNECTION, "the recording did not end");
	else if (status == 2 || status > 3)
		error_set(error, EXIT_USAGE, "the recording failed: %s", run_complaint(run));
	run_stop(run);
	return error->status == EXIT_CLEAN;
}

/* ---- places in it ---- */

/* What QEMU's monitor answers to a command that works is nothing. */
bool blame_rr_command(const struct session_parts *parts, struct error *error, const char *format,
		      ...)
{
	char text[80], answer[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!rsp_monitor(parts->client, text, answer, sizeof(answer), error))
		return false;
	answer[strcspn(answer, "\r\n")] = 0;
	return !answer[0] || error_set(error, EXIT_CONNECTION, "%s: %s", text, answer);
}

bool blame_rr_instructions(const struct session_parts *parts, uint64_t *count, struct error *error)
{
	char answer[400];
	const char *found;

	if (!rsp_monitor(parts->client, "info replay", answer, sizeof(answer), error))
		return false;
	found = strstr(answer, "instruction count = ");
	if (!found)
		return error_set(error, EXIT_CONNECTION, "QEMU does not say where its replay is");
	*count = strtoull(found + strlen("instruction count = "), NULL, 10);
	return true;
}

bool blame_rr_wait(const struct session_parts *parts, double timeout_s, struct error *error)
{
	struct rsp_stop stop;
	enum rsp_wait wait =
		rsp_wait_for_stop(parts->client, (int)(timeout_s * 1000), &stop, error);

	source_refresh(parts->source);
	if (wait == RSP_WAIT_STOPPED && stop.reason != RSP_STOP_EXITED)
		return true;
	if (wait == RSP_WAIT_TIMEOUT)
		return error_set(error, EXIT_CONNECTION,
				 "the replay takes more than %.3g s: --timeout", timeout_s);
	if (wait == RSP_WAIT_ABORTED)
		return error_set(error, EXIT_CONNECTION, "interrupted");
	return error_set(error, EXIT_CONNECTION, "the replay is over");
}

static bool go_on(struct back *back, struct error *error)
{
	return blame_rr_wait(&back->parts, back->blame->options->timeout_s, error);
}

/* Stand at instruction COUNT, from the nearest place known. */
static bool seek(struct back *back, uint64_t count, struct error *error)
{
	uint64_t now;

	if (!blame_rr_instructions(&back->parts, &now, error))
		return false;
	if (count < now) {
		bool from_good = back->has_good && count >= back->good;

		if (!blame_rr_command(&back->parts, error, "loadvm %s",
				      from_good ? GOOD_TAG : RUN_RR_SNAPSHOT))
			return false;
		now = from_good ? back->good : 0;
		source_refresh(back->parts.source);
	}
	return count == now ||
	       (blame_rr_command(&back->parts, error, "replay_break %" PRIu64, count) &&
		rsp_resume(back->parts.client, error) && go_on(back, error));
}

/* On to the next safe point; COUNT says where that is. */
static bool next_safe_point(struct back *back, uint64_t *count, struct error *error)
{
	struct rsp_client *client = back->parts.client;
	bool ok;

	if (!rsp_breakpoint_insert(client, RSP_BREAK_SOFTWARE, back->safe_point, 4, error))
		return false;
	ok = rsp_resume(client, error) && go_on(back, error);
	session_stands(back->live, ok);
	return rsp_breakpoint_remove(client, RSP_BREAK_SOFTWARE, back->safe_point, 4, error) &&
	       ok && blame_rr_instructions(&back->parts, count, error);
}

/* ---- the object there ---- */

/* *BAD: it is there, it is the same one, and its count is wrong. */
static bool look(struct back *back, bool *bad, struct error *error)
{
	const struct snapshot *snapshot;
	uint32_t index;

	if (!blame_look(back->blame, back->live, error))
		return false;
	snapshot = back->blame->snapshot;
	index = snapshot_find_fobj(snapshot, back->id);
	*bad = !back->is_file && index != NONE && snapshot->fobjs[index].surplus != 0 &&
	       strcmp(snapshot->fobjs[index].name, back->name) == 0;
	for (uint32_t i = 0; back->is_file && i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == back->id)
			*bad = snapshot->files[i].surplus != 0;
	}
	return true;
}

/* One of the objects to find in the snapshot of the moment that is judged. */
static void choose(struct back *back, uint64_t id, bool is_file, const char *name)
{
	back->id = id;
	back->is_file = is_file;
	snprintf(back->name, sizeof(back->name), "%s", name);
}

/* The next one that is wrong, from the INDEX-th fobj or file on. False: there are no more. */
static bool choose_next(struct back *back, const struct snapshot *snapshot, uint32_t *index)
{
	for (; *index < snapshot->num_fobjs; (*index)++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[*index];

		if (!fobj->surplus ||
		    !blame_wants(back->blame, fobj->id, fobj->name, fobj->surplus))
			continue;
		choose(back, fobj->id, false, fobj->name);
		(*index)++;
		return true;
	}
	for (; *index - snapshot->num_fobjs < snapshot->num_files; (*index)++) {
		const struct snap_file *file = &snapshot->files[*index - snapshot->num_fobjs];
		char name[40];

		if (!file->surplus || !blame_wants(back->blame, file->id, file->tag, file->surplus))
			continue;
		snprintf(name, sizeof(name), "file 0x%" PRIx64, file->id);
		choose(back, file->id, true, name);
		(*index)++;
		return true;
	}
	return false;
}

static bool is_any_wrong(struct back *back)
{
	uint32_t index = 0;

	return choose_next(back, back->blame->snapshot, &index);
}

/* ---- bisection ---- */

/* Between a good place and a bad one, to fewer than LINEAR_SPAN instructions. */
static bool narrow(struct back *back, uint64_t bad_count, struct error *error)
{
	uint64_t low = back->good, high = bad_count;

	while (high - low > LINEAR_SPAN) {
		uint64_t middle = low + (high - low) / 2, count;
		bool bad;

		if (!seek(back, middle, error) || !next_safe_point(back, &count, error) ||
		    !look(back, &bad, error))
			return false;
		fprintf(stderr, "pagerview: instruction %" PRIu64 ": %s\n", count,
			bad ? "wrong" : "right");
		if (bad || count >= high) {
			high = middle;
			continue;
		}
		if (!blame_rr_command(&back->parts, error, "savevm " GOOD_TAG))
			return false;
		back->has_good = true;
		back->good = low = count;
	}
	return true;
}

/* From the last good place from safe point to safe point; stands at the first bad one. */
static bool find_first(struct back *back, uint64_t *good, uint64_t *count, struct error *error)
{
	bool bad = false;

	*good = back->good;
	if (!seek(back, back->good, error))
		return false;
	for (uint32_t i = 0; i < MAX_POINTS; i++) {
		if (!next_safe_point(back, count, error) || !look(back, &bad, error))
			return false;
		if (bad)
			return true;
		*good = *count;
	}
	return error_set(error, EXIT_CONNECTION, "the first wrong moment was not found");
}

/* ---- the way back ---- */

/* Back to the last store to the count. *WHERE, *PATH: who; *COUNT: the instruction. */
static bool last_store(struct back *back, struct arena *arena, const char **where,
		       const char **path, uint64_t *count, struct error *error)
{
	struct rsp_client *client = back->parts.client;
	bool ok;

	if (!rsp_breakpoint_insert(client, RSP_WATCH_WRITE, back->place, back->size, error))
		return false;
	ok = rsp_reverse_continue(client, error) && go_on(back, error);
	return rsp_breakpoint_remove(client, RSP_WATCH_WRITE, back->place, back->size, error) &&
	       ok && blame_stack(&back->parts, arena, where, path, error) &&
	       blame_rr_instructions(&back->parts, count, error);
}

static int64_t surplus_now(const struct back *back)
{
	const struct snapshot *snapshot = back->blame->snapshot;
	uint32_t index = snapshot_find_fobj(snapshot, back->id);

	if (!back->is_file)
		return index == NONE ? 0 : snapshot->fobjs[index].surplus;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == back->id)
			return snapshot->files[i].surplus;
	}
	return 0;
}

/* From the first bad safe point, which is where it stands. */
static bool tell(struct back *back, uint64_t good, uint64_t bad, struct error *error)
{
	struct arena *arena = arena_create();
	const char *where, *path, *store_where = "", *store_path = "";
	FILE *out = back->blame->out;
	int64_t surplus = surplus_now(back);
	uint64_t store = 0;
	bool ok;

	if (!arena)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	ok = blame_stack(&back->parts, arena, &where, &path, error) &&
	     last_store(back, arena, &store_where, &store_path, &store, error);
	if (ok && surplus < 0 && store > good)
		fprintf(out,
			"blame: %s: %+" PRId64
			": the count is wrong from this store on: by %s < %s\n",
			back->name, surplus, store_where, store_path);
	else if (ok)
		fprintf(out, "blame: %s: %+" PRId64 ": a %s is missing in %s < %s\n", back->name,
			surplus, surplus > 0 ? "put" : "get", where, path);
	if (ok) {
		fprintf(out,
			"  right until instruction %" PRIu64 ", wrong from %" PRIu64
			" on, at %s < %s\n",
			good, bad, where, path);
		fprintf(out, "  last store to the count: instruction %" PRIu64 ", by %s < %s\n",
			store, store_where, store_path);
	}
	if (ok && back->blame->json) {
		bool by_store = surplus < 0 && store > good;
		struct blame_verdict verdict = {
			.id = back->id,
			.name = back->name,
			.surplus = surplus,
			.what = by_store      ? "wrong from this store on"
				: surplus > 0 ? "put missing"
					      : "get missing",
			.by = {by_store ? store_where : where, by_store ? store_path : path},
			.has_moments = true,
			.right_until = good,
			.wrong_from = bad,
			.store = store,
			.at = {where, path},
			.store_by = {store_where, store_path},
		};

		blame_json_object(back->blame->json, &verdict);
	}
	arena_destroy(arena);
	return ok;
}

static bool find_and_tell(struct back *back, uint64_t end, struct error *error)
{
	const struct dwarf_symbol *safe =
		back->parts.layout->safe_point
			? dwarf_info_symbol(back->parts.dwarf, back->parts.layout->safe_point)
			: NULL;
	uint64_t good, bad;

	if (!safe)
		return error_set(error, EXIT_LAYOUT, "no safe point is known of this target");
	back->safe_point = safe->addr + back->parts.slide;
	return blame_place(&back->parts, back->is_file, back->id, &back->place, &back->size,
			   error) &&
	       narrow(back, end, error) && find_first(back, &good, &bad, error) &&
	       tell(back, good, bad, error);
}

/* ---- the whole ---- */

/* Replay to the moment that is judged; *FOUND: there is something to find. */
static bool go_to_moment(struct back *back, bool *found, struct error *error)
{
	struct blame *blame = back->blame;
	bool as_told = blame->options->until != UNTIL_NOW;

	if (!session_run(back->live, as_told ? NULL : "end", NULL, NULL, error) ||
	    !blame_look(blame, back->live, error))
		return false;
	*found = is_any_wrong(back);
	if (*found || as_told)
		return true;
	if (!session_run(back->live, "done", NULL, NULL, error) ||
	    !blame_look(blame, back->live, error))
		return false;
	*found = is_any_wrong(back);
	return true;
}

/* Each object that was wrong at END, from the session's beginning anew. */
static void find_each(struct back *back, uint64_t end, struct error *error)
{
	struct snapshot *judged = back->blame->snapshot;
	uint64_t start = back->good;
	uint32_t index = 0;

	back->blame->snapshot = NULL; /* ... which every look replaces */
	while (error->status == EXIT_CLEAN && choose_next(back, judged, &index)) {
		back->good = start;
		if (!blame_rr_command(&back->parts, error, "loadvm " START_TAG))
			break;
		source_refresh(back->parts.source);
		if (!blame_rr_command(&back->parts, error, "savevm " GOOD_TAG))
			break;
		back->has_good = true;
		find_and_tell(back, end, error);
	}
	snapshot_destroy(judged);
}

static int replay_recording(struct blame *blame, const char *folder, int abort_fd,
			    struct error *error)
{
	struct options replayed = *blame->options;
	struct back back = {.blame = blame};
	bool found = false;
	uint64_t end;

	replayed.rr_folder = folder;
	replayed.hold = true;
	back.live = session_open(&replayed, abort_fd, error);
	if (!back.live)
		return EXIT_CLEAN;
	session_parts(back.live, &back.parts);
	/* Where the session begins every count is right: there are none. */
	if (blame_rr_instructions(&back.parts, &back.good, error) &&
	    blame_rr_command(&back.parts, error, "savevm " START_TAG) &&
	    go_to_moment(&back, &found, error) && found &&
	    blame_rr_instructions(&back.parts, &end, error))
		find_each(&back, end, error);
	live_close(back.live);
	return found ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* QEMU is told of it among other things that commas part. */
static bool make_folder(char folder[FOLDER_LEN], struct error *error)
{
	const char *base = getenv("TMPDIR");

	if (!base || !*base)
		base = "/tmp";
	if (strlen(base) > BASE_MAX || strchr(base, ','))
		return error_set(
			error, EXIT_USAGE,
			"TMPDIR: the recording needs a folder of at most %d bytes, with no "
			"comma in its name: %.200s",
			BASE_MAX, base);
	snprintf(folder, FOLDER_LEN, "%s/pagerview-rr-XXXXXX", base);
	return mkdtemp(folder) ||
	       error_set(error, EXIT_CONNECTION, "%s: %s", folder, strerror(errno));
}

int blame_back(struct blame *blame, int abort_fd, struct error *error)
{
	char folder[FOLDER_LEN];
	int status = EXIT_CLEAN;

	if (blame->options->source != FROM_RUN)
		return blame_replay(blame, abort_fd, error);
	if (!make_folder(folder, error))
		return EXIT_CLEAN;
	if (record(blame->options, folder, abort_fd, error))
		status = replay_recording(blame, folder, abort_fd, error);
	remove_folder(folder);
	return status;
}
