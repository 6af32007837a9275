/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lesson on paper: one run of it, each step with its narration, the figure of that moment and,
 * folded up, the answer to its question as the target has it.
 */
#ifndef PAGERVIEW_HANDOUT_H
#define PAGERVIEW_HANDOUT_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/*
 * Run the lesson that OPTIONS name (--run) and write it to OUT as one HTML page that needs no other
 * file. ABORT_FD is readable when all must end. Returns the exit status; ERROR says what failed.
 */
int handout_run(const struct options *options, int abort_fd, FILE *out, struct error *error);

#endif
