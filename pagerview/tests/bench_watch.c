/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_watch pages|hits OPTIONS...: what a write watchpoint on the count of one object costs the
 * target; OPTIONS are those of `pagerview check`. One line of a figure each: what, figure, unit.
 *
 * `pages`: of the objects whose counts stand still, the one in whose page of the heap the most is
 * stored, and the one with the least, by what is seen to change there; how fast the target goes on
 * while either is watched, by its pager's count of changes, for each second of QEMU's CPU time, in
 * percent of the speed before and after. `hits`: how long it stands still for each store to the
 * count of the object S, as `blame
 * --watch` takes it: call stack, step over the store, the count read again.
 *
 * bench_hunt.sh runs it. It reads QEMU's memory, so that the reading itself stops nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../blame_private.h"
#include "../model/arena.h"
#include "../session_private.h"

#define PAGE       4096u
#define SAMPLES    100u  /* of the heap, to see where something is stored */
#define SPAN_S     1.0   /* of CPU time, that a speed is measured for */
#define ROUNDS     5     /* with and without, in turns */
#define PATIENCE_S 120.0 /* for what the host has no time for */
#define HITS       200u

struct bench {
	struct session *session;
	struct session_parts parts;
	struct error *error;
};

struct watched {
	uint64_t id, place; /* the object, and where its count is */
	unsigned int size;
	unsigned int stores; /* words of its page that changed, over all samples */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return values[count / 2];
}

static bool read_at(struct bench *bench, uint64_t addr, void *to, size_t len)
{
	source_refresh(bench->session->source);
	return memory_read_at(source_memory(bench->session->source), addr, to, len, bench->error);
}

/* The pager's own count of its changes. */
static uint64_t changes(struct bench *bench)
{
	const struct layout_counter *generation = &bench->parts.layout->generation;
	uint64_t addr = generation->symbol + generation->field.offset[0] + bench->parts.slide;
	uint64_t value = 0;

	read_at(bench, addr, &value, generation->field.size);
	return value;
}

/* ---- where something is stored ---- */

static bool count_stores(struct bench *bench, struct watched *watched)
{
	uint64_t old[PAGE / 8], now[PAGE / 8], page = watched->place & ~(uint64_t)(PAGE - 1);
	double late = session_clock() + PATIENCE_S;

	if (!read_at(bench, page, old, PAGE))
		return false;
	for (unsigned int i = 0; i < SAMPLES && session_clock() < late; i++) {
		uint64_t from = changes(bench);

		while (changes(bench) - from < 20 && session_clock() < late)
			session_nap(200000);
		if (!read_at(bench, page, now, PAGE))
			return false;
		for (size_t word = 0; word < PAGE / 8; word++)
			watched->stores += now[word] != old[word];
		memcpy(old, now, sizeof(old));
	}
	return true;
}

/* The objects in the busiest page and in the quietest one. */
static bool choose(struct bench *bench, struct watched *busy, struct watched *quiet)
{
	struct snapshot *snapshot = NULL;
	bool ok = live_refresh(&bench->session->live, &snapshot, bench->error);

	busy->stores = 0;
	quiet->stores = UINT32_MAX;
	for (uint32_t i = 0; ok && i < snapshot->num_fobjs; i++) {
		struct watched now = {.id = snapshot->fobjs[i].id};

		ok = blame_place(&bench->parts, false, now.id, &now.place, &now.size,
				 bench->error) &&
		     count_stores(bench, &now);
		*busy = ok && now.stores >= busy->stores ? now : *busy;
		*quiet = ok && now.stores < quiet->stores ? now : *quiet;
	}
	snapshot_destroy(snapshot);
	return ok && (busy->stores > quiet->stores ||
		      error_set(bench->error, EXIT_USAGE, "all pages are alike"));
}

/* ---- how fast it goes ---- */

/* CPU time that QEMU has taken, in seconds: what else the host does is not in it. */
static double qemu_seconds(const struct bench *bench)
{
	unsigned long user, kernel;
	char path[40], line[1024] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)rsp_peer_pid(bench->parts.client));
	file = fopen(path, "r");
	if (!file)
		return 0;
	end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* Changes of the pager's lists for each second of QEMU's CPU time; 0 with an error. */
static double speed(struct bench *bench)
{
	uint64_t from = changes(bench);
	double start = qemu_seconds(bench), late = session_clock() + PATIENCE_S;

	while (bench->error->status == EXIT_CLEAN && qemu_seconds(bench) - start < SPAN_S &&
	       session_clock() < late)
		session_nap(20000000);
	return (double)(changes(bench) - from) / (qemu_seconds(bench) - start + 1e-9);
}

static bool arm(struct bench *bench, const struct watched *watched, bool on)
{
	struct live *live = &bench->session->live;
	struct rsp_client *client = bench->parts.client;

	return live_pause(live, bench->error) &&
	       (on ? rsp_breakpoint_insert(client, RSP_WATCH_WRITE, watched->place, watched->size,
					   bench->error)
		   : rsp_breakpoint_remove(client, RSP_WATCH_WRITE, watched->place, watched->size,
					   bench->error)) &&
	       live_resume(live, bench->error);
}

/* In turns, so that whatever else the host does is in both. */
static bool bench_page(struct bench *bench, const struct watched *watched, const char *what)
{
	double percent[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double free = speed(bench), slow;

		if (!arm(bench, watched, true))
			return false;
		slow = speed(bench);
		if (!rsp_is_running(bench->parts.client) || !arm(bench, watched, false))
			return error_set(bench->error, EXIT_CONNECTION, "it stopped meanwhile");
		free = (free + speed(bench)) / 2;
		percent[i] = free > 0 ? 100 * slow / free : 0;
	}
	printf("%-28s %10.2f %%\n", what, median(percent, ROUNDS));
	printf("%-28s %10u stores seen\n", what, watched->stores);
	fflush(stdout);
	return true;
}

static bool bench_pages(struct bench *bench)
{
	struct watched busy, quiet;

	if (!source_is_live(bench->session->source))
		return error_set(bench->error, EXIT_USAGE, "QEMU's memory cannot be read");
	return live_resume(&bench->session->live, bench->error) && choose(bench, &busy, &quiet) &&
	       bench_page(bench, &quiet, "watch, quiet page") &&
	       bench_page(bench, &busy, "watch, busy page");
}

/* ---- what a hit takes ---- */

static bool find_s(struct bench *bench, struct watched *watched)
{
	struct snapshot *snapshot = NULL;

	if (!live_refresh(&bench->session->live, &snapshot, bench->error))
		return false;
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		if (strcmp(snapshot->fobjs[i].name, "S") == 0)
			watched->id = snapshot->fobjs[i].id;
	snapshot_destroy(snapshot);
	if (!watched->id)
		return error_set(bench->error, EXIT_USAGE, "there is no S");
	return blame_place(&bench->parts, false, watched->id, &watched->place, &watched->size,
			   bench->error);
}

/* As blame_watch.c takes one. */
static bool take_hit(struct bench *bench, const struct watched *watched, double *ms)
{
	struct rsp_client *client = bench->parts.client;
	struct arena *arena = arena_create();
	const char *where, *path;
	double start;
	uint64_t count;
	struct rsp_stop stop;
	bool ok = arena && rsp_resume(client, bench->error) &&
		  rsp_wait_for_stop(client, 10000, &stop, bench->error) == RSP_WAIT_STOPPED;

	start = session_clock();
	source_refresh(bench->parts.source);
	ok = ok && stop.reason == RSP_STOP_WATCHPOINT &&
	     blame_stack(&bench->parts, arena, &where, &path, bench->error) &&
	     rsp_breakpoint_remove(client, RSP_WATCH_WRITE, watched->place, watched->size,
				   bench->error) &&
	     rsp_step(client, NULL, NULL, bench->error) &&
	     rsp_breakpoint_insert(client, RSP_WATCH_WRITE, watched->place, watched->size,
				   bench->error);
	source_refresh(bench->parts.source);
	ok = ok && blame_read(&bench->parts, watched->place, watched->size, &count, bench->error);
	*ms = (session_clock() - start) * 1e3;
	arena_destroy(arena);
	return ok || error_set(bench->error, EXIT_CONNECTION, "there were not %u hits", HITS);
}

static bool bench_hits(struct bench *bench)
{
	struct watched watched = {0};
	double ms[HITS];

	if (!find_s(bench, &watched) ||
	    !rsp_breakpoint_insert(bench->parts.client, RSP_WATCH_WRITE, watched.place,
				   watched.size, bench->error))
		return false;
	for (unsigned int i = 0; i < HITS; i++)
		if (!take_hit(bench, &watched, &ms[i]))
			return false;
	printf("%-28s %10.3f ms\n", "watch, a store to the count", median(ms, HITS));
	return rsp_breakpoint_remove(bench->parts.client, RSP_WATCH_WRITE, watched.place,
				     watched.size, bench->error);
}

int main(int argc, char **argv)
{
	char *words[32] = {"bench_watch", "check"};
	struct error error = {0};
	struct bench bench = {.error = &error};
	struct options options;
	struct live *live = NULL;
	bool pages = argc > 1 && strcmp(argv[1], "pages") == 0;

	for (int i = 2; i < argc && i < 32; i++)
		words[i] = argv[i];
	if (argc > 1 && argc < 32 && options_parse(argc, words, &options, &error)) {
		options.hold = true;
		live = session_open(&options, -1, &error);
	}
	if (live && session_run(live, NULL, NULL, NULL, &error)) {
		bench.session = session_of(live);
		session_parts(live, &bench.parts);
		if (pages)
			bench_pages(&bench);
		else
			bench_hits(&bench);
	}
	live_close(live);
	if (error.status != EXIT_CLEAN)
		fprintf(stderr, "bench_watch: %s\n", error.text);
	return error.status;
}
