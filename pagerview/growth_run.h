/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `check --growth`: what there is more of from one step of the workload to the next.
 */
#ifndef PAGERVIEW_GROWTH_RUN_H
#define PAGERVIEW_GROWTH_RUN_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/* EXIT_FINDINGS if anything grows. ABORT_FD readable: give up. */
int growth_run(const struct options *options, int abort_fd, FILE *out, struct error *error);

#endif
