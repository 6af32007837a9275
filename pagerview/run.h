/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A target of our own, started for `--run`: a child process with its gdbstub on a socket that only
 * we can reach and its console in our memory. It never outlives us: it has a process group of its
 * own that is killed on every way out, and the kernel kills it should we be killed. Knows the
 * starter's command line; no packet, no ELF.
 */
#ifndef PAGERVIEW_RUN_H
#define PAGERVIEW_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct run;

#define RUN_RR_SNAPSHOT "init" /* QEMU's snapshot of where a recording begins */

struct run_config {
	const char *scenario;
	const char *elf;       /* NULL: the starter's own */
	bool loop;             /* begin again when the scenario is over */
	unsigned int pace_ms;  /* 0: full speed */
	const char *rr_folder; /* of a recording, with rr.qcow2 in it: one CPU then; NULL: none */
	bool rr_record;        /* make the recording, at once and without a stub; else replay it */
	int abort_fd;          /* readable: stop waiting; -1: none */
};

/*
 * Start the target, stopped before its first instruction, and wait until its stub can be reached,
 * TIMEOUT_S seconds at most. NULL with ERROR: EXIT_USAGE if the scenario is no file, else
 * EXIT_CONNECTION with the target's own last line.
 */
struct run *run_start(const struct run_config *config, double timeout_s, struct error *error);
/* Kill it, reap it (a second at most), remove its folder. NULL is allowed. */
void run_stop(struct run *run);

const char *run_address(const struct run *run); /* "unix:PATH", for the client */
/* The connection is made: its socket's name is not needed any more and goes. */
void run_connected(struct run *run);
/* The ELF that runs; a path that exists. */
const char *run_elf(const struct run *run);

/*
 * Take in what the console has said; true while the target lives. *STATUS: its exit status if not,
 * 128 and the number of the signal that killed it.
 */
bool run_poll(struct run *run, int *status);
/* Wait up to TIMEOUT_S for its end, taking in its console. True: it has ended; false: the abort
 * descriptor spoke, or time is up. */
bool run_wait(struct run *run, double timeout_s, int *status);
/* As live_log() of model/live.h. */
size_t run_log(const struct run *run, const char **lines, size_t max, uint64_t *first);
/* The console's last complaint, or its last line; "" if it never said a word. */
const char *run_complaint(const struct run *run);

#endif
