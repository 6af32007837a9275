/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `trace`: the target's events, one line each as they come, without stopping it where memory can be
 * read so. What was lost is a line of its own, at its place.
 */
#ifndef PAGERVIEW_TRACE_H
#define PAGERVIEW_TRACE_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/* Until where `--until` says, or the end of the target, or ABORT_FD speaks. An exit status. */
int trace_run(const struct options *options, int abort_fd, FILE *out, struct error *error);

#endif
