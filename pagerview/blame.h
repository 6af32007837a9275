/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `blame`: which get was never put, which put was one too many, and who called it. The best way
 * there is, see blame.c.
 */
#ifndef PAGERVIEW_BLAME_H
#define PAGERVIEW_BLAME_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/* Exit status: EXIT_FINDINGS if somebody is to blame. ABORT_FD readable: give up. */
int blame_run(const struct options *options, int abort_fd, FILE *out, struct error *error);

#endif
