/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The viewer's screen: takes over the terminal, shows what `live` delivers and gives the terminal
 * back as it was on every way out. It knows curses and snapshots; how a snapshot is made, over
 * which wire and of which kernel, is behind `struct live`. Keys and their meaning: keys.h.
 */
#ifndef PAGERVIEW_UI_H
#define PAGERVIEW_UI_H

#include <stdbool.h>

#include "../error.h"

struct live;
struct lesson;
struct recorder;
struct recording;

struct ui_options {
	unsigned refresh_tenths; /* time between refreshes in 0.1 s, 1 .. 600; 0: the default, 5 */
	bool no_colour;          /* -C; NO_COLOR in the environment does the same */
	bool ascii;              /* -U; a locale that is not UTF-8 does the same */
	const struct lesson *lesson; /* NULL: none; LIVE stands before its first step then */
	bool file; /* the data is a file: nothing to refresh, to pause or to lose */
	const struct recording
		*recording;        /* what is shown instead of what LIVE gives; NULL: none */
	struct recorder *recorder; /* all that is seen goes there; ui_run() closes it */
	int abort_fd; /* readable: a signal to end came before ui_run() took them over; -1: none */
};

/*
 * Show LIVE (open, and still the caller's afterwards) until the user leaves, a signal ends it or
 * the target is gone. Returns the exit status: EXIT_CLEAN after `q` or a signal to end;
 * EXIT_USAGE without a usable terminal (nothing was written to it); EXIT_CONNECTION when the
 * target died or its connection broke. Unless clean, ERROR says what happened and the caller
 * prints it: curses is off by then. Needs setlocale(LC_ALL, "") done. One at a time per process:
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP and SIGCONT are its own meanwhile; the one
 * that ended it is delivered again when it returns, to the caller's own handler.
 */
int ui_run(struct live *live, const struct ui_options *options, struct error *error);

#endif
