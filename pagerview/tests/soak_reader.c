/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_reader WAY COUNT EVERY OPTIONS...: COUNT snapshots of one target in one session, and what
 * is wrong with any that is called exact. WAY is `running` (as the viewer reads by itself) or
 * `safe` (each at the safe point, by a breakpoint); OPTIONS are those of `pagerview check`.
 *
 * An exact snapshot breaks no rule; what may be in flight in it (analysis/check.h) may not stay so
 * long enough to be a finding. After every EVERY-th of a running target (0: none) the
 * target is stopped and read once more. Where all of its counters are the same in both, nothing
 * has happened between the two, and they must be alike. (Some moves no counter tells of: a first
 * write, a context that becomes busy or idle, an area whose protection changes.) One line of
 * figures; the exit status is 1 if anything that was called exact is not. With SOAK_SHOW set the
 * first of each kind are shown.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/check.h"
#include "../export/json.h"
#include "../session_private.h"

#define MAX_SHOWN 10 /* of a kind, printed in full */

struct soak {
	struct session *session;
	bool at_safe_point;
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
		break;
	default:
		soak->partial++;
		show(&soak->shown, "partial", "", snapshot->capture.why);
	}
}

/* ---- against a stopped reading ---- */

static bool has_moved(const struct snapshot *one, const struct snapshot *two)
{
	bool moved = one->num_counters != two->num_counters || one->num_counters == 0;

	for (uint32_t i = 0; !moved && i < one->num_counters; i++)
		moved = one->counters[i].value != two->counters[i].value;
	return moved || one->capture.generation != two->capture.generation;
}

/* A first write makes a page dirty without that a counter tells of it: that is a move, too. */
static void allow_writes(struct snapshot *running, const struct snapshot *stopped)
{
	for (uint32_t i = 0; i < running->num_pmems && i < stopped->num_pmems; i++) {
		struct snap_pmem *before = &running->pmems[i];
		const struct snap_pmem *after = &stopped->pmems[i];

		if (before->id != after->id || before->state != PMEM_STATE_CLEAN ||
		    after->state != PMEM_STATE_DIRTY || before->num_owners != after->num_owners)
			continue;
		before->state = PMEM_STATE_DIRTY;
		for (uint32_t n = 0; n < before->num_owners; n++) {
			if (before->owners[n].pte_pa == after->owners[n].pte_pa &&
			    after->owners[n].pte & PROT_W)
				before->owners[n].pte |= PROT_W;
		}
	}
}

/* So are a context that a call enters or leaves, and an area whose protection was changed. */
static bool allow_calls(struct snapshot *running, const struct snapshot *stopped)
{
	bool moved = false;

	for (uint32_t i = 0; i < running->num_contexts && i < stopped->num_contexts; i++) {
		if (running->contexts[i].id != stopped->contexts[i].id)
			continue;
		moved |= strcmp(running->contexts[i].state, stopped->contexts[i].state) != 0;
		running->contexts[i].state = stopped->contexts[i].state;
	}
	for (uint32_t i = 0; i < running->num_areas && i < stopped->num_areas; i++) {
		if (running->areas[i].id != stopped->areas[i].id)
			continue;
		moved |= running->areas[i].prot != stopped->areas[i].prot;
		running->areas[i].prot = stopped->areas[i].prot;
	}
	return moved;
}

static void compare(struct soak *soak, struct snapshot *running, struct snapshot *stopped)
{
	char *one, *two;
	bool moved;

	soak->samples++;
	if (stopped->capture.consistency != CONSISTENCY_EXACT || has_moved(running, stopped)) {
		soak->moved++;
		return;
	}
	running->num_findings = stopped->num_findings = 0; /* those in flight age */
	allow_writes(running, stopped);
	moved = allow_calls(running, stopped);
	one = json_state_text(running);
	two = json_state_text(stopped);
	if (one && two && strcmp(one, two) == 0) {
		soak->moved += moved;
		soak->alike += !moved;
	} else {
		soak->unlike++;
		for (size_t i = 0; one && two && one[i] && two[i]; i++) {
			if (one[i] == two[i])
				continue;
			i = i > 120 ? i - 120 : 0;
			printf("# unlike: %.240s\n# ----\n# %.240s\n", one + i, two + i);
			break;
		}
	}
	free(one);
	free(two);
}

static bool sample(struct soak *soak, struct snapshot *running, struct error *error)
{
	struct live *live = &soak->session->live;
	struct snapshot *stopped = NULL;

	if (!live_pause(live, error))
		return false;
	if (live_refresh(live, &stopped, error))
		compare(soak, running, stopped);
	snapshot_destroy(stopped);
	return error->status == EXIT_CLEAN && live_resume(live, error);
}

/* ---- the whole ---- */

static int compare_seconds(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int report(struct soak *soak, unsigned long done)
{
	unsigned long refreshes = done + soak->samples;

	qsort(soak->took, done, sizeof(soak->took[0]), compare_seconds);
	printf("%lu snapshots: %lu exact (%lu without a stop), %lu torn, %lu partial; %" PRIu64
	       " readings for %lu; ms %.2f median, %.2f p99, %.2f longest\n",
	       done, soak->exact, soak->without_stop, soak->torn, soak->partial,
	       soak->session->readings, refreshes, done ? soak->took[done / 2] * 1e3 : 0,
	       done ? soak->took[done * 99 / 100] * 1e3 : 0, done ? soak->took[done - 1] * 1e3 : 0);
	printf("of the exact ones: %lu break a rule, %lu have something in flight, %lu findings; "
	       "%lu compared with a stopped reading: %lu moved on, %lu alike, %lu unlike\n",
	       soak->broken, soak->in_flight, soak->settled, soak->samples, soak->moved,
	       soak->alike, soak->unlike);
	return soak->broken || soak->settled || soak->unlike || soak->exact == 0;
}

static unsigned long run(struct soak *soak, struct error *error)
{
	unsigned long done = 0;

	while (done < soak->count && error->status == EXIT_CLEAN) {
		double start = session_clock();
		struct snapshot *snapshot = take(soak, error);

		if (!snapshot)
			break;
		soak->took[done++] = session_clock() - start;
		note(soak, snapshot);
		if (soak->every && done % soak->every == 0 &&
		    snapshot->capture.consistency == CONSISTENCY_EXACT)
			sample(soak, snapshot, error);
		snapshot_destroy(snapshot);
	}
	return done;
}

static int soak_target(struct soak *soak, const struct options *options, struct error *error)
{
	struct live *live = session_open(options, -1, error);
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
		status = soak_target(&soak, &options, &error);
	}
	if (error.status != EXIT_CLEAN)
		fprintf(stderr, "soak_reader: %s\n", error.text);
	free(soak.took);
	return error.status != EXIT_CLEAN ? 2 : status;
}
