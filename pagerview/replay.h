/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot file or a moment of a recording as a `struct live` that never changes.
 */
#ifndef PAGERVIEW_REPLAY_H
#define PAGERVIEW_REPLAY_H

#include "error.h"
#include "model/live.h"

struct recording;

/*
 * The snapshot in PATH, or of the recording in PATH the moment MOMENT, from 1; 0: the last. NULL
 * with ERROR (EXIT_USAGE) when there is none to show.
 */
struct live *replay_open(const char *path, uint32_t moment, struct error *error);
/* The recording, as long as LIVE is open; NULL: it is a snapshot. */
const struct recording *replay_recording(const struct live *live);

#endif
