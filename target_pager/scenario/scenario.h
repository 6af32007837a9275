/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scenario: a plain text script that drives the TAs, narrates, injects faults and judges what
 * the pager did. Above the whole core; it knows the objects, but no machine: where the pool lies
 * comes with the options, how the script came here and how the status leaves is the caller's.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "../core/types.h"

struct scenario_options {
	bool loop;               /* after a run that passed, begin again from a clean state */
	unsigned int pace_ms;    /* pause after `title`, `say` and `step`, milliseconds; 0: none */
	paddr_t pool_base;       /* the memory for the pool, page aligned; owned by the caller */
	unsigned int pool_pages; /* its size, pages: the largest `pool N` */
};

/* The scenario's result, and the exit status of the machine. */
enum scenario_status {
	SCENARIO_PASSED = 0,
	SCENARIO_FAILED = 1,   /* an expect or a command failed, or something is left over */
	SCENARIO_BAD_LINE = 2, /* nothing was run: the script has an error */
};

/*
 * Parse and check TEXT (LEN bytes, hostile), then run it. Called from a thread of the core, no
 * lock held, the heap, tables, regions, the seal key and the CPUs initialised, the pager not: the
 * scenario does that itself (`pool N`). All output goes to the console, line by line.
 */
enum scenario_status scenario_main(const char *text, size_t len,
				   const struct scenario_options *options);

/* Where the scenario is, for a reader outside; written by its thread alone, whole words at a time.
 */
struct scenario_now {
	const char *title, *say; /* the last of each, or NULL */
	unsigned int line;       /* of the script, from 1; 0: not begun */
	unsigned int steps;      /* `step` lines reached */
	unsigned int runs;       /* runs completed, where it loops */
};
extern struct scenario_now scenario_now;

/*
 * Stop points for a debugger, empty functions that are really called: at each `step` (numbered
 * from 1), when the `end` line is reached and nothing is closed yet, when all is closed and judged.
 */
void scenario_step(unsigned int n);
void scenario_at_end(void);
void scenario_done(void);

#endif
