/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names are looked up when objects are made (struct reflog): an object that lived shorter than
 * one look at the ring is shown by its address.
 */
#include "trace.h"

#include <inttypes.h>

#include "analysis/reflog.h"
#include "export/text.h"
#include "session.h"

struct trace {
	FILE *out;
	struct reflog *reflog;
	bool failed; /* the output cannot be written */
};

static const char *name_of(void *arg, uint64_t id)
{
	const struct trace *trace = arg;
	const struct reflog_life *life = reflog_find(trace->reflog, id);

	return life ? life->name : "";
}

/* The names of what a batch makes come with it, so they are taken in before it is printed. */
static void print_batch(void *arg, const struct snapshot *batch, const struct snapshot *names)
{
	struct trace *trace = arg;

	reflog_add(trace->reflog, batch, names);
	if (batch->events_lost)
		fprintf(trace->out, "%" PRIu64 " events were lost\n", batch->events_lost);
	for (uint32_t i = 0; i < batch->num_events; i++)
		text_write_event(&batch->events[i], name_of, trace, trace->out);
	trace->failed = trace->failed || fflush(trace->out) != 0 || ferror(trace->out);
}

int trace_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct trace trace = {.out = out, .reflog = reflog_create()};
	struct options held = *options;
	struct live *live;

	if (!trace.reflog) {
		error_set(error, EXIT_PARTIAL, "out of memory");
		return EXIT_CLEAN;
	}
	held.hold = true;
	/* A target of our own is gone with its verdict: what led to it is read before. */
	if (options->source == FROM_RUN && !options->loop && options->until == UNTIL_NOW)
		held.until = UNTIL_DONE;
	live = session_open(&held, abort_fd, error);
	if (live)
		session_run(live, NULL, print_batch, &trace, error);
	if (trace.failed)
		error_set(error, EXIT_USAGE, "the output cannot be written");
	live_close(live);
	reflog_destroy(trace.reflog);
	return EXIT_CLEAN;
}
