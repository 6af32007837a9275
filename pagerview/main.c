/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program: options in, one command, one exit status. Standard output carries the command's
 * product and nothing else. A signal to end is a byte in a pipe that every wait looks at, so the
 * one way out, through live_close(), serves Ctrl-C too; then the signal gets its due.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/check.h"
#include "analysis/diff.h"
#include "blame.h"
#include "export/figure.h"
#include "export/json.h"
#include "export/recorder.h"
#include "export/text.h"
#include "growth_run.h"
#include "handout.h"
#include "lesson/lesson.h"
#include "manual.h"
#include "model/live.h"
#include "notice.h"
#include "options.h"
#include "replay.h"
#include "session.h"
#include "trace.h"
#include "ui/ui.h"

#ifndef PAGERVIEW_VERSION
#define PAGERVIEW_VERSION "0.1"
#endif

#define SETTLE_MS    100 /* between looks at counts that are in flight */
#define SETTLE_TURNS 100

static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	int saved = errno;

	caught = number;
	if (write(signal_pipe[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static void catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_signal};

	signal(SIGPIPE, SIG_IGN);
	/* Whoever started us may ignore the ends of his children; we wait for ours. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN); /* a recording that may not grow is an error like any other */
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction old;

		/* What nohup switched off stays off. */
		if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ends[i], &action, NULL);
	}
}

/* ---- output ---- */

static FILE *open_output(const struct options *options, struct error *error)
{
	FILE *out;

	if (!options->output || strcmp(options->output, "-") == 0)
		return stdout;
	out = fopen(options->output, "we");
	if (!out)
		error_set(error, EXIT_USAGE, "%s: %s", options->output, strerror(errno));
	return out;
}

static bool close_output(const struct options *options, FILE *out, bool ok, struct error *error)
{
	int why = errno;

	if (out != stdout && fclose(out) != 0 && ok) {
		ok = false;
		why = errno;
	}
	if (!ok)
		error_set(error, EXIT_USAGE, "%s: %s", options->output ? options->output : "stdout",
			  strerror(why));
	return ok;
}

/* ---- commands ---- */

static struct live *open_source(const struct options *options, struct error *error)
{
	if (options->source == FROM_FILE)
		return replay_open(options->source_arg, options->moment, error);
	return session_open(options, signal_pipe[0], error);
}

static int snapshot_status(const struct snapshot *snapshot)
{
	return snapshot->capture.consistency == CONSISTENCY_EXACT ? EXIT_CLEAN : EXIT_PARTIAL;
}

static int write_snapshot(const struct options *options, const struct snapshot *snapshot,
			  struct error *error)
{
	FILE *out = open_output(options, error);
	struct snapshot bare = *snapshot;

	if (!options->events && options->source != FROM_FILE)
		bare.num_events = 0, bare.events_lost = bare.events_head = 0;
	if (out)
		close_output(options, out, json_write(&bare, out), error);
	return snapshot_status(snapshot);
}

static int write_check(const struct options *options, const struct snapshot *snapshot,
		       struct error *error)
{
	FILE *out = open_output(options, error);

	if (out)
		close_output(options, out,
			     options->format == FORMAT_JSON ? json_write_findings(snapshot, out)
							    : text_write_findings(snapshot, out),
			     error);
	return check_count(snapshot) ? EXIT_FINDINGS : snapshot_status(snapshot);
}

static int write_owners(const struct options *options, const struct snapshot *snapshot,
			struct error *error)
{
	FILE *out = open_output(options, error);
	bool found = false;

	if (out)
		close_output(options, out,
			     text_write_owners(snapshot, options->address, out, &found), error);
	if (out && !found)
		error_set(error, EXIT_FINDINGS, "0x%" PRIx64 ": nothing known there",
			  options->address);
	return snapshot_status(snapshot);
}

static bool write_figure(const struct figure *figure, const struct snapshot *snapshot,
			 enum output_format format, FILE *out)
{
	switch (format) {
	case FORMAT_DOT:
		return figure_write_dot(figure, snapshot, out);
	case FORMAT_TEXT:
		return figure_write_text(figure, snapshot, out);
	default:
		return figure_write_svg(figure, snapshot, out);
	}
}

static int write_graph(const struct options *options, const struct snapshot *snapshot,
		       struct error *error)
{
	struct figure *figure = figure_create(snapshot, error);
	FILE *out = figure ? open_output(options, error) : NULL;

	if (out)
		close_output(options, out, write_figure(figure, snapshot, options->format, out),
			     error);
	figure_destroy(figure);
	return snapshot_status(snapshot);
}

/*
 * A count of a running target that does not add up is looked at again until it does, or until it is
 * old enough to be called a finding.
 */
static bool refresh_settled(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct live_status status;
	struct pollfd signals = {.fd = signal_pipe[0], .events = POLLIN};

	for (int turn = 0; live_refresh(live, snapshot, error); turn++) {
		live_status(live, &status);
		if (!status.in_flight || status.state != LIVE_RUNNING || turn == SETTLE_TURNS ||
		    poll(&signals, 1, SETTLE_MS) != 0)
			return true;
		snapshot_destroy(*snapshot);
	}
	return false;
}

static int run_once(const struct options *options, struct error *error)
{
	struct notice *notice = notice_begin(options);
	struct live *live = open_source(options, error);
	struct snapshot *snapshot = NULL;
	bool taken = false;
	int status = EXIT_CLEAN;

	if (live)
		taken = options->command == COMMAND_CHECK ? refresh_settled(live, &snapshot, error)
							  : live_refresh(live, &snapshot, error);
	notice_end(notice);
	if (taken) {
		if (options->command == COMMAND_SNAP)
			status = write_snapshot(options, snapshot, error);
		else if (options->command == COMMAND_CHECK)
			status = write_check(options, snapshot, error);
		else if (options->command == COMMAND_GRAPH)
			status = write_graph(options, snapshot, error);
		else
			status = write_owners(options, snapshot, error);
		if (status == EXIT_PARTIAL)
			fprintf(stderr, "pagerview: the snapshot is %s: %s\n",
				consistency_name(snapshot->capture.consistency),
				snapshot->capture.why);
	}
	snapshot_destroy(snapshot);
	live_close(live);
	return status;
}

static int run_diff(const struct options *options, struct error *error)
{
	struct snapshot *before = json_read(options->files[0], error);
	struct snapshot *after = before ? json_read(options->files[1], error) : NULL;
	struct diff *diff = after ? diff_create(before, after) : NULL;
	int status = EXIT_CLEAN;

	if (after && !diff)
		error_set(error, EXIT_USAGE, "out of memory");
	if (diff) {
		FILE *out = open_output(options, error);

		if (out)
			close_output(options, out,
				     options->format == FORMAT_JSON ? json_write_diff(diff, out)
								    : text_write_diff(diff, out),
				     error);
		status = diff->num_changes ? EXIT_FINDINGS : EXIT_CLEAN;
	}
	diff_destroy(diff);
	snapshot_destroy(after);
	snapshot_destroy(before);
	return status;
}

static int run_trace(const struct options *options, struct error *error)
{
	FILE *out = open_output(options, error);

	if (!out)
		return EXIT_CLEAN;
	trace_run(options, signal_pipe[0], out, error);
	close_output(options, out, true, error);
	return EXIT_CLEAN;
}

static int run_blame(const struct options *options, struct error *error)
{
	FILE *out = open_output(options, error);
	int status;

	if (!out)
		return EXIT_CLEAN;
	status = blame_run(options, signal_pipe[0], out, error);
	close_output(options, out, fflush(out) == 0, error);
	return status;
}

static int run_growth(const struct options *options, struct error *error)
{
	FILE *out = open_output(options, error);
	int status;

	if (!out)
		return EXIT_CLEAN;
	status = growth_run(options, signal_pipe[0], out, error);
	close_output(options, out, fflush(out) == 0, error);
	return status;
}

static int run_handout(const struct options *options, struct error *error)
{
	FILE *out = open_output(options, error);
	int status;

	if (!out)
		return EXIT_CLEAN;
	status = handout_run(options, signal_pipe[0], out, error);
	close_output(options, out, fflush(out) == 0, error);
	return status;
}

static int run_screen(const struct options *options, struct error *error)
{
	struct ui_options ui = {
		.refresh_tenths = options->delay_tenths,
		.no_colour = options->no_color,
		.ascii = options->ascii,
		.file = options->source == FROM_FILE,
		.abort_fd = signal_pipe[0],
	};
	struct options held = *options;
	struct lesson *lesson = NULL;
	struct notice *notice;
	struct live *live;
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(error, EXIT_USAGE,
				 "the screen needs a terminal; for a pipe there is `snap`");
	if (options->lesson && !(lesson = lesson_read(options->source_arg, error)))
		return EXIT_CLEAN;
	ui.lesson = lesson;
	held.hold = held.hold || lesson;
	if (options->record) {
		ui.recorder = recorder_open(options->record, options->source_arg, error);
		if (!ui.recorder)
			return EXIT_CLEAN;
	}
	notice = notice_begin(&held);
	live = open_source(&held, error);
	notice_end(notice);
	if (live && ui.file)
		ui.recording = replay_recording(live);
	if (!live || caught)
		recorder_close(ui.recorder);
	status = live && !caught ? ui_run(live, &ui, error) : EXIT_CLEAN;
	live_close(live);
	lesson_destroy(lesson);
	return status;
}

static int run_command(const struct options *options, struct error *error)
{
	switch (options->command) {
	case COMMAND_HELP:
		fputs(options_help(), stdout);
		return EXIT_CLEAN;
	case COMMAND_VERSION:
		puts("pagerview " PAGERVIEW_VERSION);
		return EXIT_CLEAN;
	case COMMAND_LAYOUT:
		session_print_layout(options, error);
		return EXIT_CLEAN;
	case COMMAND_MANUAL:
		if (!manual_write(options->manual, stdout))
			error_set(error, EXIT_USAGE, "manual %s: not man, bash or zsh",
				  options->manual);
		return EXIT_CLEAN;
	case COMMAND_TUI:
		return run_screen(options, error);
	case COMMAND_HANDOUT:
		return run_handout(options, error);
	case COMMAND_TRACE:
		return run_trace(options, error);
	case COMMAND_BLAME:
		return run_blame(options, error);
	case COMMAND_DIFF:
		return run_diff(options, error);
	case COMMAND_CHECK:
		return options->growth ? run_growth(options, error) : run_once(options, error);
	default:
		return run_once(options, error);
	}
}

int main(int argc, char **argv)
{
	struct error error = {0};
	struct options options;
	int status = EXIT_CLEAN;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* JSON has its own decimal point */
	catch_signals();
	if (options_parse(argc, argv, &options, &error))
		status = run_command(&options, &error);
	if (session_last_words()[0])
		fprintf(stderr, "pagerview: %s\n", session_last_words());
	if (caught) {
		signal(caught, SIG_DFL);
		raise(caught);
	}
	if (error.status != EXIT_CLEAN) {
		fprintf(stderr, "pagerview: %s\n", error.text);
		return (int)error.status;
	}
	return status;
}
