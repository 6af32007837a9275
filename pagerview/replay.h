/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot out of a file (`-f`), shown like any other.
 */
#ifndef PAGERVIEW_REPLAY_H
#define PAGERVIEW_REPLAY_H

#include "error.h"
#include "model/live.h"

/* NULL with ERROR (EXIT_USAGE): no file, or no snapshot in it. */
struct live *replay_open(const char *path, struct error *error);

#endif
