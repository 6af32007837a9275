/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_reader OPTIONS...: what reading a running target costs it and us; OPTIONS are those of
 * `pagerview check`, for a target made by fixtures/optee/large.c, and PAGES in the environment says
 * how many pages it has. The figures are medians, one line each: what, pages, figure, unit.
 * bench_reader.sh runs it, and judges them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../memory/backends.h"
#include "../rsp/client_private.h"
#include "../session_private.h"

#define ROUNDS     25
#define CLOCK_S    3.0  /* for which the guest's clock is compared with ours */
#define CLOCK_RATE 30.0 /* refreshes a second meanwhile */
#define CPU_RATE   10.0 /* ... and where our own time is measured */

struct bench {
	struct session *session;
	const char *pages;
	uint64_t clock, clock_hz; /* addresses in the target */
	uint64_t data;            /* physical address of its variables */
	struct memory *local;     /* where its clock is read while it runs, whatever is measured */
	struct error *error;
};

static void row(const struct bench *bench, const char *what, double figure, const char *unit)
{
	printf("%-28s %6s %10.3f %s\n", what, bench->pages, figure, unit);
	fflush(stdout);
}

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

/* ---- pauses ---- */

/*
 * How long a target stands still its own clock tells, which stands with it: the interrupt is on its
 * way for a while before it stops, and it does not run yet when we have sent for it.
 */
struct moment {
	double host_s, guest_s;
};

static uint64_t read_variable(struct bench *bench, uint64_t pa)
{
	uint64_t value = 0;
	struct memory_request request = {.addr = pa, .len = sizeof(value), .to = &value};

	if (!memory_read_physical(bench->local, &request, 1, bench->error) || !request.ok)
		error_set(bench->error, EXIT_CONNECTION, "the guest's clock cannot be read");
	return value;
}

static struct moment moment_now(struct bench *bench)
{
	double host_s = session_clock();
	double ticks = (double)read_variable(bench, bench->clock);

	return (struct moment){host_s, ticks / (double)read_variable(bench, bench->clock_hz)};
}

/* Since BEFORE; it runs on for two milliseconds first, so that its clock is written again. */
static double stood_us(struct bench *bench, struct moment before)
{
	struct moment after;

	session_nap(2000000);
	after = moment_now(bench);
	return (after.host_s - before.host_s - (after.guest_s - before.guest_s)) * 1e6;
}

/*
 * As in use: a snapshot has just been made, and looked at. What is compared with a snapshot's pause
 * is measured after one, too, for what is in the host's caches decides as much as what is read.
 */
static bool look_first(struct bench *bench)
{
	struct snapshot *snapshot = session_take_stopping(bench->session, bench->error);

	snapshot_destroy(snapshot);
	session_nap(2000000);
	return snapshot != NULL;
}

/* Stop and go, and nothing else. */
static double empty_pause(struct bench *bench)
{
	struct rsp_client *client = source_client(bench->session->source);
	double us[ROUNDS];

	for (int i = 0; i < ROUNDS && look_first(bench); i++) {
		struct moment before = moment_now(bench);

		if (!client_stop_deaf(client, bench->error) || !rsp_resume(client, bench->error))
			return 0;
		us[i] = stood_us(bench, before);
	}
	return bench->error->status == EXIT_CLEAN ? median(us, ROUNDS) : 0;
}

/* BYTES of the target's memory in one burst of packets. */
static double bulk_pause(struct bench *bench, size_t bytes)
{
	struct rsp_client *client = source_client(bench->session->source);
	char *to = malloc(bytes + 1);
	double us[ROUNDS];

	for (int i = 0; to && i < ROUNDS && look_first(bench); i++) {
		struct rsp_read read = {.addr = bench->data, .len = bytes, .to = to};
		struct moment before = moment_now(bench);
		uint64_t seen;

		if (!source_pause_begin(bench->session->source, bench->error) ||
		    !rsp_read_memory(client, &read, 1, true, bench->error) ||
		    !source_pause_end(bench->session->source, &seen, bench->error))
			break;
		us[i] = stood_us(bench, before);
	}
	free(to);
	return bench->error->status == EXIT_CLEAN ? median(us, ROUNDS) : 0;
}

/* As many BYTES out of QEMU's memory in one piece: below that no copy of the lists can be. */
static double bulk_copy(struct bench *bench, size_t bytes)
{
	char *to = malloc(bytes + 1);
	double us[ROUNDS];

	for (int i = 0; to && i < ROUNDS && look_first(bench); i++) {
		struct memory_request request = {.addr = bench->data, .len = bytes, .to = to};
		double before = session_clock();

		if (!memory_read_physical(bench->local, &request, 1, bench->error) || !request.ok)
			break;
		us[i] = (session_clock() - before) * 1e6;
		session_nap(2000000);
	}
	free(to);
	return bench->error->status == EXIT_CLEAN ? median(us, ROUNDS) : 0;
}

struct pauses {
	double stood_us, seen_us; /* by the guest's clock, and as a snapshot says */
	double trips;
	size_t packets, bytes;
};

/* Snapshots of the running target, each of which stops it; the first find its objects. */
static bool stopping_pauses(struct bench *bench, struct pauses *pauses)
{
	const struct memory *memory = source_memory(bench->session->source);
	double stood[ROUNDS], seen[ROUNDS], trips[ROUNDS];

	for (int i = -2; i < ROUNDS; i++) {
		struct moment before = moment_now(bench);
		struct snapshot *snapshot = session_take_stopping(bench->session, bench->error);
		size_t n = i < 0 ? 0 : (size_t)i;

		if (!snapshot)
			return false;
		seen[n] = (double)snapshot->capture.pause_us;
		trips[n] = (double)memory->stats.trips;
		pauses->packets = memory->stats.packets;
		pauses->bytes = memory->stats.bytes;
		snapshot_destroy(snapshot);
		stood[n] = stood_us(bench, before);
	}
	pauses->stood_us = median(stood, ROUNDS);
	pauses->seen_us = median(seen, ROUNDS);
	pauses->trips = median(trips, ROUNDS);
	return true;
}

static void bench_pauses(struct bench *bench)
{
	bool local = source_is_live(bench->session->source);
	struct pauses pauses = {.trips = 0};

	row(bench, "pause, empty", empty_pause(bench), "us");
	if (!stopping_pauses(bench, &pauses))
		return;
	row(bench, local ? "pause, stop and copy" : "pause, stub", pauses.stood_us, "us");
	row(bench, local ? "told pause, stop and copy" : "told pause, stub", pauses.seen_us, "us");
	row(bench, local ? "bytes, stop and copy" : "bytes, stub", (double)pauses.bytes, "bytes");
	if (local) {
		row(bench, "copy, bulk", bulk_copy(bench, pauses.bytes), "us");
		return;
	}
	row(bench, "trips, stub", pauses.trips, "");
	row(bench, "packets, stub", (double)pauses.packets, "");
	row(bench, "pause, bulk read", bulk_pause(bench, pauses.bytes), "us");
}

/* ---- a target that runs on ---- */

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 +
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}

static void refresh_for(struct bench *bench, double seconds, double rate, double *took,
			unsigned int *count)
{
	double start = session_clock(), due = start;

	*count = 0;
	while (session_clock() - start < seconds && bench->error->status == EXIT_CLEAN) {
		struct snapshot *snapshot = NULL;
		double before = session_clock();

		live_refresh(&bench->session->live, &snapshot, bench->error);
		if (took && *count < ROUNDS)
			took[*count] = (session_clock() - before) * 1e3;
		snapshot_destroy(snapshot);
		(*count)++;
		due += 1 / rate;
		if (session_clock() < due)
			session_nap((long)((due - session_clock()) * 1e9));
	}
}

static void bench_running(struct bench *bench)
{
	bool local = source_is_live(bench->session->source);
	struct moment before = moment_now(bench), after;
	double cpu, host, took[ROUNDS];
	unsigned int count;

	refresh_for(bench, CLOCK_S, CLOCK_RATE, NULL, &count);
	after = moment_now(bench);
	host = after.host_s - before.host_s;
	row(bench, local ? "guest clock, local" : "guest clock, stub",
	    100 * (after.guest_s - before.guest_s) / host, "%");
	row(bench, local ? "refreshes, local" : "refreshes, stub", count / host, "/s");
	cpu = cpu_seconds();
	host = session_clock();
	refresh_for(bench, CLOCK_S, CPU_RATE, took, &count);
	row(bench, local ? "reader's CPU, local" : "reader's CPU, stub",
	    100 * (cpu_seconds() - cpu) / (session_clock() - host), "%");
	row(bench, local ? "refresh, local" : "refresh, stub",
	    median(took, count < ROUNDS ? count : ROUNDS), "ms");
}

static bool find_symbols(struct bench *bench)
{
	struct dwarf_info *dwarf = bench->session->dwarf;
	const struct dwarf_symbol *clock = dwarf_info_symbol(dwarf, "guest_clock");
	const struct dwarf_symbol *hz = dwarf_info_symbol(dwarf, "guest_clock_hz");

	if (!clock || !hz)
		return error_set(bench->error, EXIT_USAGE, "this is not fixtures/optee/large.c");
	bench->clock = bench->data = clock->addr;
	bench->clock_hz = hz->addr;
	return true;
}

/* The guest's clock is read in QEMU's memory, whose blocks are told while it stands still. */
static bool find_clock(struct bench *bench)
{
	struct rsp_client *client = source_client(bench->session->source);
	char why[200] = "";

	if (!find_symbols(bench) || !rsp_stop(client, NULL, bench->error))
		return false;
	bench->local = memory_local_create(client, why, sizeof(why));
	if (!bench->local)
		error_set(bench->error, EXIT_CONNECTION, "%s", why);
	return rsp_resume(client, bench->error) && bench->local;
}

int main(int argc, char **argv)
{
	struct error error = {0};
	struct bench bench = {.error = &error, .pages = getenv("PAGES")};
	struct options options;
	struct live *live = NULL;
	char *words[32] = {"bench_reader", "check"};

	for (int i = 1; i < argc && i < 30; i++)
		words[i + 1] = argv[i];
	if (!bench.pages)
		bench.pages = "?";
	if (options_parse(argc + 1, words, &options, &error))
		live = session_open(&options, -1, &error);
	if (live) {
		bench.session = session_of(live);
		if (find_clock(&bench)) {
			bench_pauses(&bench);
			bench_running(&bench);
		}
	}
	memory_destroy(bench.local);
	live_close(live);
	if (error.status != EXIT_CLEAN)
		fprintf(stderr, "bench_reader: %s\n", error.text);
	return error.status;
}
