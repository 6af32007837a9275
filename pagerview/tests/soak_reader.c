/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_reader WAY COUNT EVERY OPTIONS...: COUNT snapshots of one target in one session, and what
 * is wrong with any that is called exact. WAY is `running` (as the viewer reads by itself) or
 * `safe` (each at the safe point, by a breakpoint); OPTIONS are those of `pagerview check`.
 *
 * An exact snapshot breaks no rule; what may be in flight in it (analysis/check.h) may not stay so
 * long enough to be a finding. After every EVERY-th of a running target (0: none) the target is
 * stopped and read, read while it runs, and stopped and read again. Where both stopped readings are
 * alike, counters too, the one between them must be, too. One line of figures; the exit status is 1
 * if anything that was called exact is not. With SOAK_SHOW set the first of each kind are shown.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "../analysis/check.h"
#include "../export/json.h"
#include "../session_private.h"

#define MAX_SHOWN 10 /* of a kind, printed in full */

struct soak {
	struct session *session;
	bool at_safe_point;
	int ends;            /* a signalfd: readable when it is to end */
	uint64_t safe_point; /* address; with AT_SAFE_POINT */
	unsigned long count, every;
	double *took; /* seconds, of each refresh */
	unsigned long exact, torn, partial, without_stop;
	unsigned long broken, in_flight, settled; /* snapshots: exact that break a rule ... */
	unsigned long samples, moved, alike, unlike;
	unsigned int shown;    /* of what is wrong */
	unsigned int in_doubt; /* of what may be in flight */
};

static void show(unsigned int *shown, const char *what, const char *object, const char *message)
{
	if ((*shown)++ < MAX_SHOWN && getenv("SOAK_SHOW"))
		printf("# %s: %s: %s\n", what, object, message);
}

/* ---- one snapshot ---- */

static struct snapshot *take(struct soak *soak, struct error *error)
{
	struct session *session = soak->session;
	struct snapshot *snapshot = NULL;

	if (soak->at_safe_point) {
		if (!session_run_to(session, soak->safe_point, 1, session_wait_ms(session),
				    "its safe point", error))
			return NULL;
		session->at_safe_point = true;
		source_refresh(session->source);
	}
	live_refresh(&session->live, &snapshot, error);
	session->at_safe_point = false;
	return snapshot;
}

/* A finding that has become one; then all rules anew, those in flight too. */
static void judge(struct soak *soak, struct snapshot *snapshot)
{
	bool broken = false, in_flight = false;

	soak->settled += check_count(snapshot) != 0;
	check_fill(snapshot);
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		const struct snap_finding *finding = &snapshot->findings[i];

		if (check_may_be_in_flight(finding) && !snapshot->capture.has_generation) {
			show(&soak->in_doubt, "in flight", finding->object, finding->message);
			in_flight = true;
			continue;
		}
		broken = true;
		show(&soak->shown, finding->rule, finding->object, finding->message);
	}
	soak->broken += broken;
	soak->in_flight += in_flight;
}

static void note(struct soak *soak, struct snapshot *snapshot)
{
	switch (snapshot->capture.consistency) {
	case CONSISTENCY_EXACT:
		soak->exact++;
		soak->without_stop += snapshot->capture.pause_us == 0;
		judge(soak, snapshot);
		break;
	case CONSISTENCY_TORN:
		soak->torn++;
		show(&soak->shown, "torn", "", snapshot->capture.why);
		break;
	default:
		soak->partial++;
		show(&soak->shown, "partial", "", snapshot->capture.why);
	}
}

/* ---- against a stopped reading ---- */

static bool is_same(const struct snapshot *one, const struct snapshot *two)
{
	char *a = json_state_text(one), *b = json_state_text(two);
	bool same = a && b && strcmp(a, b) == 0;

	free(a);
	free(b);
	return same;
}

/* Has nothing been counted from the one to the other: faults, releases, the heap's gets? */
static bool is_same_count(const struct snapshot *one, const struct snapshot *two)
{
	bool same = one->num_counters == two->num_counters;

	for (uint32_t i = 0; same && i < one->num_counters; i++)
		same = one->counters[i].value == two->counters[i].value;
	return same;
}

static void show_unlike(const struct snapshot *one, const struct snapshot *two)
{
	char *a = json_state_text(one), *b = json_state_text(two);

	for (size_t i = 0; a && b && a[i] && b[i]; i++) {
		if (a[i] == b[i])
			continue;
		i = i > 120 ? i - 120 : 0;
		printf("# unlike: %.240s\n# ----\n# %.240s\n", a + i, b + i);
		break;
	}
	free(a);
	free(b);
}

/*
 * What stood the same before and after a reading was that, too, while it was taken; but a page of a
 * thread's stack may be let go and be back between two of them, which its counters tell.
 */
static void compare(struct soak *soak, struct snapshot *reading[3])
{
	soak->samples++;
	for (int i = 0; i < 3; i++) {
		if (reading[i]->capture.consistency != CONSISTENCY_EXACT) {
			soak->moved++;
			return;
		}
		reading[i]->num_findings = 0; /* those in flight age */
	}
	if (!is_same_count(reading[0], reading[2]) || !is_same(reading[0], reading[2])) {
		soak->moved++;
	} else if (is_same(reading[0], reading[1])) {
		soak->alike++;
	} else {
		soak->unlike++;
		show_unlike(reading[1], reading[2]);
	}
}

/* Standing, running, standing. */
static bool sample(struct soak *soak, struct error *error)
{
	struct live *live = &soak->session->live;
	struct snapshot *reading[3] = {NULL};
	bool ok = true;

	for (int i = 0; ok && i < 3; i++) {
		ok = (i == 1 || live_pause(live, error)) &&
		     live_refresh(live, &reading[i], error) && (i == 1 || live_resume(live, error));
	}
	if (ok)
		compare(soak, reading);
	for (int i = 0; i < 3; i++)
		snapshot_destroy(reading[i]);
	return ok;
}

/* ---- the whole ---- */

static int compare_seconds(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int report(struct soak *soak, unsigned long done)
{
	unsigned long refreshes = done + 3 * soak->samples;

	qsort(soak->took, done, sizeof(soak->took[0]), compare_seconds);
	printf("%lu snapshots: %lu exact (%lu without a stop), %lu torn, %lu partial; %" PRIu64
	       " readings for %lu; ms %.2f median, %.2f p99, %.2f longest\n",
	       done, soak->exact, soak->without_stop, soak->torn, soak->partial,
	       soak->session->readings, refreshes, done ? soak->took[done / 2] * 1e3 : 0,
	       done ? soak->took[done * 99 / 100] * 1e3 : 0, done ? soak->took[done - 1] * 1e3 : 0);
	printf("of the exact ones: %lu break a rule, %lu have something in flight, %lu findings; "
	       "%lu compared with stopped readings: %lu moved on, %lu alike, %lu unlike\n",
	       soak->broken, soak->in_flight, soak->settled, soak->samples, soak->moved,
	       soak->alike, soak->unlike);
	return soak->broken || soak->settled || soak->unlike || soak->exact == 0;
}

static unsigned long run(struct soak *soak, struct error *error)
{
	struct pollfd ends = {.fd = soak->ends, .events = POLLIN};
	unsigned long done = 0;

	while (done < soak->count && error->status == EXIT_CLEAN && poll(&ends, 1, 0) == 0) {
		double start = session_clock();
		struct snapshot *snapshot = take(soak, error);

		if (!snapshot)
			break;
		soak->took[done++] = session_clock() - start;
		note(soak, snapshot);
		if (soak->every && done % soak->every == 0)
			sample(soak, error);
		snapshot_destroy(snapshot);
	}
	return done;
}

/* Readable once the target is to be left: whoever ends us must not leave it standing. */
static int end_signals(void)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

static int soak_target(struct soak *soak, const struct options *options, struct error *error)
{
	struct live *live = session_open(options, soak->ends, error);
	unsigned long done;
	int status = 2;

	if (!live)
		return status;
	soak->session = session_of(live);
	if (!soak->at_safe_point ||
	    session_address(soak->session, soak->session->layout->safe_point, &soak->safe_point,
			    error)) {
		done = run(soak, error);
		status = report(soak, done) || done < soak->count;
	}
	live_close(live);
	return status;
}

int main(int argc, char **argv)
{
	struct soak soak = {0};
	struct error error = {0};
	struct options options;
	int status = 2;

	if (argc < 5 || (strcmp(argv[1], "running") != 0 && strcmp(argv[1], "safe") != 0)) {
		fprintf(stderr, "usage: %s running|safe COUNT EVERY OPTIONS...\n", argv[0]);
		return 2;
	}
	soak.at_safe_point = argv[1][0] == 's';
	soak.count = strtoul(argv[2], NULL, 10);
	soak.every = soak.at_safe_point ? 0 : strtoul(argv[3], NULL, 10);
	soak.took = calloc(soak.count + 1, sizeof(soak.took[0]));
	argv[3] = (char[]){"check"};
	/* What options_parse() takes for the program's name is COUNT. */
	if (soak.took && options_parse(argc - 2, argv + 2, &options, &error)) {
		options.hold = soak.at_safe_point;
		soak.ends = end_signals();
		status = soak_target(&soak, &options, &error);
	}
	if (error.status != EXIT_CLEAN)
		fprintf(stderr, "soak_reader: %s\n", error.text);
	free(soak.took);
	return error.status != EXIT_CLEAN ? 2 : status;
}
