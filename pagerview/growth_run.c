/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The points are the steps of a scenario, and its end when all is closed; of a target that has no
 * steps, moments that are `-d` apart. What a workload opens on purpose grows too, from step to
 * step: so where a target tells when all is closed, only what is left then counts.
 */
#include "growth_run.h"

#include <inttypes.h>

#include "analysis/growth.h"
#include "model/snapshot.h"
#include "session.h"

#define MAX_POINTS 10000u /* steps of one run */
#define TIMED      10u    /* points of a target without steps */

static bool add_point(struct growth *growth, struct live *live, bool after, struct error *error)
{
	struct snapshot *snapshot = NULL;

	if (!live_refresh(live, &snapshot, error))
		return false;
	if (after)
		growth_add_after(growth, snapshot);
	else
		growth_add(growth, snapshot, 0);
	snapshot_destroy(snapshot);
	return true;
}

/*
 * Step by step while there are any, then to the end. A scenario has no more steps when it passes by
 * its end, and that is why both are waited for together.
 */
static bool walk_steps(struct growth *growth, struct live *live, struct error *error)
{
	for (uint32_t i = 0; i < MAX_POINTS; i++) {
		const char *reached = NULL;

		if (!session_run_either(live, "step", "end", &reached, error))
			return false;
		if (reached[0] == 'e')
			break;
		if (!add_point(growth, live, false, error))
			return false;
	}
	return !session_has_stop(live, "done") || (session_run(live, "done", NULL, NULL, error) &&
						   add_point(growth, live, true, error));
}

/* The session was opened to run for a while each time. */
static bool walk_time(struct growth *growth, struct live *live, struct error *error)
{
	for (uint32_t i = 0; i < TIMED; i++) {
		if (!session_run(live, NULL, NULL, NULL, error) ||
		    !add_point(growth, live, false, error))
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

static int print_growth(const struct growth *growth, FILE *out)
{
	int status = EXIT_CLEAN;

	for (uint32_t i = 0; i < growth->num_rows; i++) {
		if (growth_is_leak(growth, &growth->rows[i])) {
			print_row(growth, &growth->rows[i], out);
			status = EXIT_FINDINGS;
		}
	}
	return status;
}

int growth_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct growth *growth = growth_create();
	struct options held = *options;
	struct live *live = NULL;
	int status = EXIT_CLEAN;
	bool ok = false;

	held.hold = true;
	held.until = UNTIL_SECONDS;
	held.until_seconds = options->delay_tenths / 10.0;
	if (!growth)
		error_set(error, EXIT_PARTIAL, "out of memory");
	else
		live = session_open(&held, abort_fd, error);
	if (live)
		ok = session_has_stop(live, "step") ? walk_steps(growth, live, error)
						    : walk_time(growth, live, error);
	if (ok && growth->failed)
		error_set(error, EXIT_PARTIAL, "out of memory");
	else if (ok)
		status = print_growth(growth, out);
	live_close(live);
	growth_destroy(growth);
	return status;
}
