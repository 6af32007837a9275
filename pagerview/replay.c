/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file is read anew for every refresh, so that each caller gets a snapshot of its own; what
 * broke a rule when it was taken is worked out again from what it says.
 */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"
#include "export/json.h"

struct replay {
	struct live live;
	char *path;
	uint64_t refreshes;
};

static bool replay_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	struct replay *replay = (struct replay *)live;

	*snapshot = json_read(replay->path, error);
	if (!*snapshot)
		return false;
	if (!check_fill(*snapshot)) {
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
	status->refreshes = replay->refreshes;
}

static void replay_close(struct live *live)
{
	struct replay *replay = (struct replay *)live;

	free(replay->path);
	free(replay);
}

static const struct live_ops replay_ops = {
	.refresh = replay_refresh,
	.status = replay_status,
	.close = replay_close,
};

struct live *replay_open(const char *path, struct error *error)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct snapshot *first = json_read(path, error);

	snapshot_destroy(first);
	if (replay && first)
		replay->path = strdup(path);
	if (!first || !replay || !replay->path) {
		free(replay);
		error_set(error, EXIT_USAGE, "out of memory");
		return NULL;
	}
	replay->live.ops = &replay_ops;
	return &replay->live;
}
