/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The common front of every source of snapshots: it hands each call to the source's own table and
 * answers for those that a source leaves out.
 */
#include "live.h"

#include <string.h>

bool live_refresh(struct live *live, struct snapshot **snapshot, struct error *error)
{
	*snapshot = NULL;
	return live->ops->refresh(live, snapshot, error);
}

bool live_pause(struct live *live, struct error *error)
{
	if (!live->ops->pause)
		return error_set(error, EXIT_USAGE, "this source does not run: nothing to pause");
	return live->ops->pause(live, error);
}

bool live_resume(struct live *live, struct error *error)
{
	if (!live->ops->resume)
		return error_set(error, EXIT_USAGE, "this source does not run: nothing to resume");
	return live->ops->resume(live, error);
}

bool live_step(struct live *live, struct error *error)
{
	if (!live->ops->step)
		return error_set(error, EXIT_USAGE, "this source has no steps");
	return live->ops->step(live, error);
}

bool live_can_step(const struct live *live)
{
	return live->ops->step != NULL;
}

bool live_run_to_event(struct live *live, const char *kind, struct error *error)
{
	if (!live->ops->run_to_event)
		return error_set(error, EXIT_USAGE, "this source does not run: there is no next %s",
				 kind);
	return live->ops->run_to_event(live, kind, error);
}

void live_cancel(struct live *live)
{
	if (live->ops->cancel)
		live->ops->cancel(live);
}

void live_hang_up(struct live *live)
{
	if (live->ops->hang_up)
		live->ops->hang_up(live);
}

bool live_is_paused(const struct live *live)
{
	struct live_status status;

	live_status(live, &status);
	return status.state == LIVE_PAUSED;
}

void live_status(const struct live *live, struct live_status *status)
{
	memset(status, 0, sizeof(*status));
	live->ops->status(live, status);
}

size_t live_log(struct live *live, const char **lines, size_t max, uint64_t *first)
{
	if (first)
		*first = 0;
	return live->ops->log ? live->ops->log(live, lines, max, first) : 0;
}

bool live_read_page(struct live *live, uint64_t pa, uint8_t *to, struct error *error)
{
	if (!live->ops->read_page)
		return error_set(error, EXIT_USAGE, "this source has no contents of pages");
	return live->ops->read_page(live, pa, to, error);
}

bool live_read_stored(struct live *live, uint64_t fobj, uint32_t page, uint8_t *to,
		      struct error *error)
{
	if (!live->ops->read_stored)
		return error_set(error, EXIT_USAGE, "this source has no contents of the store");
	return live->ops->read_stored(live, fobj, page, to, error);
}

void live_close(struct live *live)
{
	if (live)
		live->ops->close(live);
}
