/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writing end of a recording (recording.schema.json): snapshots and lines of the target's
 * console, a JSON document a line, each written out at once, so that whatever ends the program
 * costs at most the last line. Knows nothing of screens; one thread.
 */
#ifndef PAGERVIEW_RECORDER_H
#define PAGERVIEW_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "../model/snapshot.h"

struct recorder;

/*
 * Begin a recording of SOURCE (one line, for people) in PATH: a new file, or one that is a
 * recording already and goes on. NULL with ERROR (EXIT_USAGE): PATH is anything else, which stays
 * as it is, or cannot be written.
 */
struct recorder *recorder_open(const char *path, const char *source, struct error *error);
/*
 * Write SNAPSHOT, unless nothing in it but the way it was taken differs from the one before. False
 * with ERROR: it could not be written, and the recording should be closed.
 */
bool recorder_add(struct recorder *recorder, const struct snapshot *snapshot, struct error *error);
/* Write those of COUNT lines that are new; FIRST is the number of LINES[0]. Likewise. */
bool recorder_add_log(struct recorder *recorder, char *const *lines, size_t count, uint64_t first,
		      struct error *error);
const char *recorder_path(const struct recorder *recorder);
/* Moments written since recorder_open(). */
uint64_t recorder_moments(const struct recorder *recorder);
void recorder_close(struct recorder *recorder); /* NULL is allowed */

#endif
