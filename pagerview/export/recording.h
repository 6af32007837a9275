/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording (recording.schema.json) from its file: a snapshot a line, of which only the places
 * are kept in memory (16 bytes a moment, RECORDING_MOMENTS at most) and one is read when it is
 * asked for. Any bytes are taken: a line that is no part of a recording is passed over and told.
 */
#ifndef PAGERVIEW_RECORDING_H
#define PAGERVIEW_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "../model/snapshot.h"

#define RECORDING_SCHEMA  "1.0"
#define RECORDING_MOMENTS 1000000u
#define RECORDING_LOG     1000u /* lines of the console that are kept, the last ones */

struct recording;

/* PATH begins as a recording does. */
bool recording_is(const char *path);
/* NULL with ERROR (EXIT_USAGE): no recording, or there is not a single moment in it. */
struct recording *recording_open(const char *path, struct error *error);
void recording_close(struct recording *recording); /* NULL is allowed */

/* Moments that can be shown, from 0. */
uint32_t recording_count(const struct recording *recording);
/* What is missing of it, one line: "its last line is cut"; "" when nothing is. */
const char *recording_note(const struct recording *recording);
/*
 * A moment, with its findings worked out; the caller owns it. NULL with ERROR (EXIT_USAGE): that
 * line is no snapshot, or the file has changed since.
 */
struct snapshot *recording_read(const struct recording *recording, uint32_t at,
				struct error *error);
/* The target's console: pointers into the recording, oldest first; *FIRST is the first's number. */
size_t recording_log(const struct recording *recording, const char *const **lines, uint64_t *first);

#endif
