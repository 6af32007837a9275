/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file is read anew for every refresh, so that each caller gets a snapshot of its own; what
 * broke a rule when it was taken is worked out again from what it says, with what it knew of counts
 * that were in flight then.
 */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"
#include "export/json.h"
#include "export/recording.h"

struct replay {
	struct live live;
	char *path;
	struct recording *recording; /* NULL: it is a snapshot */
	uint32_t moment;             /* of the recording, from 0 */
	uint64_t refreshes;
};

static bool replay_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct replay *replay = (struct replay *)live;

	*snapshot = replay->recording ? recording_read(replay->recording, replay->moment, error)
				      : json_read(replay->path, error);
	if (!*snapshot)
		return false;
	if (!replay->recording && !check_refill(*snapshot)) {
		snapshot_destroy(*snapshot);
		*snapshot = NULL;
		return error_set(error, EXIT_USAGE, "out of memory");
	}
	replay->refreshes++;
	return true;
}

static void replay_status(const struct live *live, struct live_status *status)
{
	const struct replay *replay = (const struct replay *)live;
	const char *name = strrchr(replay->path, '/');

	status->state = LIVE_STILL;
	snprintf(status->source, sizeof(status->source), "%s", name ? name + 1 : replay->path);
	snprintf(status->method, sizeof(status->method), "file");
	if (replay->recording)
		snprintf(status->why, sizeof(status->why), "%s", recording_note(replay->recording));
	status->refreshes = replay->refreshes;
}

static void replay_close(struct live *live)
{
	struct replay *replay = (struct replay *)live;

	recording_close(replay->recording);
	free(replay->path);
	free(replay);
}

static size_t replay_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	struct replay *replay = (struct replay *)live;
	const char *const *all;
	size_t count = replay->recording ? recording_log(replay->recording, &all, first) : 0;
	size_t skip = count > max ? count - max : 0;

	if (count > skip)
		memcpy(lines, all + skip, (count - skip) * sizeof(*lines));
	*first += skip;
	return count - skip;
}

static const struct live_ops replay_ops = {
	.refresh = replay_refresh,
	.status = replay_status,
	.log = replay_log,
	.close = replay_close,
};

/* The snapshot is read once to see that it can be; of a recording, that there is such a moment. */
static bool open_file(struct replay *replay, uint32_t moment, struct error *error)
{
	struct snapshot *first;

	if (recording_is(replay->path)) {
		replay->recording = recording_open(replay->path, error);
		if (!replay->recording)
			return false;
		replay->moment = (moment ? moment : recording_count(replay->recording)) - 1;
		return replay->moment < recording_count(replay->recording) ||
		       error_set(error, EXIT_USAGE, "%s: no moment %u, there are %u", replay->path,
				 moment, recording_count(replay->recording));
	}
	if (moment)
		return error_set(error, EXIT_USAGE, "%s: a snapshot, it has no moment %u",
				 replay->path, moment);
	first = json_read(replay->path, error);
	snapshot_destroy(first);
	return first != NULL;
}

struct live *replay_open(const char *path, uint32_t moment, struct error *error)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay)
		replay->path = strdup(path);
	if (!replay || !replay->path) {
		free(replay);
		error_set(error, EXIT_USAGE, "out of memory");
		return NULL;
	}
	replay->live.ops = &replay_ops;
	if (open_file(replay, moment, error))
		return &replay->live;
	replay_close(&replay->live);
	return NULL;
}

const struct recording *replay_recording(const struct live *live)
{
	return ((const struct replay *)live)->recording;
}
