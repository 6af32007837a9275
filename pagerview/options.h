/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line, read into plain data. Knows what may be said, not what it does. Strings point
 * into argv and live as long.
 */
#ifndef PAGERVIEW_OPTIONS_H
#define PAGERVIEW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

enum command {
	COMMAND_TUI,
	COMMAND_SNAP,
	COMMAND_CHECK,
	COMMAND_DIFF,
	COMMAND_OWNERS,
	COMMAND_GRAPH,
	COMMAND_TRACE,
	COMMAND_BLAME,
	COMMAND_REPLAY,
	COMMAND_HANDOUT,
	COMMAND_LAYOUT,
	COMMAND_MANUAL,
	COMMAND_HELP,
	COMMAND_VERSION,
};

enum source_kind { FROM_NONE, FROM_CONNECT, FROM_RUN, FROM_CORE, FROM_FILE };
enum read_method { READ_AUTO, READ_LOCAL, READ_STUB, READ_EL3 };
enum leave_target { LEAVE_AS_FOUND, LEAVE_RUNNING, LEAVE_STOPPED };
enum until_kind { UNTIL_NOW, UNTIL_END, UNTIL_DONE, UNTIL_STEP, UNTIL_EVENT, UNTIL_SECONDS };
enum output_format { FORMAT_DEFAULT, FORMAT_JSON, FORMAT_TEXT, FORMAT_SVG, FORMAT_DOT };

struct options {
	enum command command;
	enum source_kind source;
	const char *source_arg; /* HOST:PORT, unix:PATH, scenario, dump or file */
	const char *elf;        /* NULL: not said */
	const char *profile;    /* a name or a file; NULL: find it */
	bool slide_given;       /* false: `--slide auto` */
	uint64_t slide;
	enum until_kind until;
	uint64_t until_step;     /* from 1 */
	const char *until_event; /* a kind of the profile's */
	double until_seconds;
	const char *output; /* NULL: standard output */
	enum output_format format;
	unsigned int delay_tenths; /* between refreshes of the screen, 1 .. 600 */
	enum read_method read;
	enum leave_target leave;
	double timeout_s;      /* to connect, to answer, to reach --until */
	bool no_color, ascii;  /* -C, -U */
	bool loop;             /* start the scenario again when it is over */
	const char *object;    /* of `blame`: name or address; NULL: all that are wrong */
	bool watch, back;      /* ways of `blame`: --watch, --back */
	const char *rr_folder; /* not an option: --run replays what is recorded there */
	bool growth;           /* of `check` */
	bool events;           /* snap: with the events of the ring */
	bool lesson;           /* tui: the scenario is a lesson */
	bool hold;             /* not an option: a session stands still at first */
	unsigned int pace_ms;  /* stand still at each step for so long; 0: do not */
	const char *record;    /* of `tui`: the recording to write; NULL: none */
	uint32_t moment;       /* of a recording, from 1; 0: the last */
	const char *files[2];  /* of `diff` */
	const char *manual;    /* of `manual`: what kind */
	uint64_t address;      /* of `owners` */
};

/* Read ARGV. False with ERROR (EXIT_USAGE), one line that ends in "see pagerview --help". */
bool options_parse(int argc, char **argv, struct options *options, struct error *error);
/* The text of --help: every command and option that exists. */
const char *options_help(void);

#endif
