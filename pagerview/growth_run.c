/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The points are the steps of a scenario, and its end when all is closed; of a target that has no
 * steps, moments that are `-d` apart. What a workload opens on purpose grows too, from step to
 * step: so where a target tells when all is closed, only what is left then counts.
 */
#include "growth_run.h"

#include <inttypes.h>

#include "analysis/growth.h"
#include "export/json.h"
#include "model/snapshot.h"
#include "session.h"

#define MAX_POINTS         10000u /* steps of one run */
#define TIMED              10u    /* points of a target without steps */
#define GROWTH_JSON_SCHEMA "1.0"

struct growth_walk {
	struct growth *growth;
	struct live *live;
	uint32_t looked_at, passed_over; /* points; of those, what was not whole */
	bool no_end;                     /* the one at the end, with all closed, was not */
	char why[160];                   /* the last of them was not */
};

/* Lists that are torn or partial are no count of anything: such a point is passed over. */
static bool add_point(struct growth_walk *walk, bool after, struct error *error)
{
	struct snapshot *snapshot = NULL;

	if (!live_refresh(walk->live, &snapshot, error))
		return false;
	walk->looked_at++;
	if (snapshot->capture.consistency != CONSISTENCY_EXACT) {
		walk->passed_over++;
		walk->no_end = after;
		snprintf(walk->why, sizeof(walk->why), "%s: %s",
			 consistency_name(snapshot->capture.consistency), snapshot->capture.why);
	} else if (after) {
		growth_add_after(walk->growth, snapshot);
	} else {
		growth_add(walk->growth, snapshot, 0);
	}
	snapshot_destroy(snapshot);
	return true;
}

/*
 * Step by step while there are any, then to the end. A scenario has no more steps when it passes by
 * its end, and that is why both are waited for together.
 */
static bool walk_steps(struct growth_walk *walk, struct error *error)
{
	for (uint32_t i = 0; i < MAX_POINTS; i++) {
		const char *reached = NULL;

		if (!session_run_either(walk->live, "step", "end", &reached, error))
			return false;
		if (reached[0] == 'e')
			break;
		if (!add_point(walk, false, error))
			return false;
	}
	return !session_has_stop(walk->live, "done") ||
	       (session_run(walk->live, "done", NULL, NULL, error) && add_point(walk, true, error));
}

/* The session was opened to run for a while each time. */
static bool walk_time(struct growth_walk *walk, struct error *error)
{
	for (uint32_t i = 0; i < TIMED; i++) {
		if (!session_run(walk->live, NULL, NULL, NULL, error) ||
		    !add_point(walk, false, error))
			return false;
	}
	return true;
}

static void print_row(const struct growth *growth, const struct growth_row *row, FILE *out)
{
	fprintf(out, "growth: %s %s:", row->kind, row->pattern);
	for (uint32_t i = 0; i < growth->num_points; i++)
		fprintf(out, " %" PRIu64, row->counts[i]);
	if (growth->numbers[growth->num_points - 1] + 1 > growth->num_points)
		fprintf(out, ", at %" PRIu32 " of %" PRIu64 " points", growth->num_points,
			growth->numbers[growth->num_points - 1] + 1);
	if (growth->has_after)
		fprintf(out, "; %" PRIu64 " when all is closed", row->after);
	fputc('\n', out);
}

/* As export/growth.schema.json says. */
static void write_row(const struct growth *growth, const struct growth_row *row, FILE *out)
{
	fputs("{ \"kind\": ", out);
	json_write_string(row->kind, out);
	fputs(", \"names\": ", out);
	json_write_string(row->pattern, out);
	fputs(", \"counts\": [", out);
	for (uint32_t i = 0; i < growth->num_points; i++)
		fprintf(out, "%s%" PRIu64, i ? ", " : "", row->counts[i]);
	fputs("]", out);
	if (growth->has_after)
		fprintf(out, ", \"after\": %" PRIu64, row->after);
	fputs(" }", out);
}

static void write_begin(const struct growth *growth, FILE *out)
{
	fputs("{\n  \"schema\": \"" GROWTH_JSON_SCHEMA "\",\n  \"points\": [", out);
	for (uint32_t i = 0; i < growth->num_points; i++)
		fprintf(out, "%s%" PRIu64, i ? ", " : "", growth->numbers[i] + 1);
	fputs("],\n  \"growth\": [", out);
}

static int print_growth(const struct growth *growth, bool json, FILE *out)
{
	uint32_t count = 0;

	if (json)
		write_begin(growth, out);
	for (uint32_t i = 0; i < growth->num_rows; i++) {
		if (!growth_is_leak(growth, &growth->rows[i]))
			continue;
		if (json)
			fputs(count ? ",\n    " : "\n    ", out);
		(json ? write_row : print_row)(growth, &growth->rows[i], out);
		count++;
	}
	if (json)
		fputs(count ? "\n  ]\n}\n" : "]\n}\n", out);
	return count ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* What could not be counted is said, and where too little is left nothing is judged. */
static bool enough(const struct growth_walk *walk, struct error *error)
{
	if (walk->growth->failed)
		return error_set(error, EXIT_PARTIAL, "out of memory");
	/* Without the end whatever is open on purpose would be growth. */
	if (walk->no_end || (walk->passed_over && walk->growth->num_points < 2))
		return error_set(error, EXIT_PARTIAL, "%" PRIu32 " of %" PRIu32 " points are %s",
				 walk->passed_over, walk->looked_at, walk->why);
	if (walk->passed_over)
		fprintf(stderr, "pagerview: %" PRIu32 " of %" PRIu32 " points do not count: %s\n",
			walk->passed_over, walk->looked_at, walk->why);
	return true;
}

int growth_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct growth_walk walk = {.growth = growth_create()};
	struct options held = *options;
	int status = EXIT_CLEAN;
	bool ok = false;

	held.hold = true;
	held.until = UNTIL_SECONDS;
	held.until_seconds = options->delay_tenths / 10.0;
	if (!walk.growth)
		error_set(error, EXIT_PARTIAL, "out of memory");
	else
		walk.live = session_open(&held, abort_fd, error);
	if (walk.live)
		ok = session_has_stop(walk.live, "step") ? walk_steps(&walk, error)
							 : walk_time(&walk, error);
	if (ok && enough(&walk, error))
		status = print_growth(walk.growth, options->format == FORMAT_JSON, out);
	live_close(walk.live);
	growth_destroy(walk.growth);
	return status;
}
