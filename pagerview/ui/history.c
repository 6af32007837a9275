/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two refreshes between which the pager changed nothing are one moment: the target's count of
 * changes says so, and stepping back then always shows something else. The newer snapshot takes
 * the older one's place, for its facts of capture are the current ones.
 */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

static size_t moment_bytes(const struct moment *moment)
{
	return sizeof(*moment) + sizeof(struct snapshot) + arena_bytes(moment->snapshot->arena);
}

struct moment *moment_get(struct moment *moment)
{
	moment->holders++;
	return moment;
}

void moment_put(struct moment *moment)
{
	if (!moment || --moment->holders)
		return;
	snapshot_destroy(moment->snapshot);
	free(moment);
}

void history_init(struct history *history, size_t max_bytes)
{
	memset(history, 0, sizeof(*history));
	history->max_bytes = max_bytes;
}

static void drop_oldest(struct history *history)
{
	struct moment *moment = history->moments[history->first];

	history->bytes -= moment_bytes(moment);
	history->first = (history->first + 1) % HISTORY_MOMENTS;
	history->count--;
	moment_put(moment);
}

static void drop_newest(struct history *history)
{
	struct moment *moment = history_newest(history);

	history->bytes -= moment_bytes(moment);
	history->count--;
	moment_put(moment);
}

void history_deinit(struct history *history)
{
	while (history->count)
		drop_oldest(history);
}

static bool unchanged(const struct snapshot *a, const struct snapshot *b)
{
	return a->capture.has_generation && b->capture.has_generation &&
	       a->capture.generation == b->capture.generation &&
	       a->capture.consistency == CONSISTENCY_EXACT &&
	       b->capture.consistency == CONSISTENCY_EXACT;
}

bool history_add(struct history *history, struct snapshot *snapshot)
{
	struct moment *moment = calloc(1, sizeof(*moment));

	if (!moment) {
		snapshot_destroy(snapshot);
		return false;
	}
	*moment = (struct moment){.snapshot = snapshot, .number = ++history->added, .holders = 1};
	if (history->count && unchanged(history_newest(history)->snapshot, snapshot))
		drop_newest(history);
	history->bytes += moment_bytes(moment);
	while (history->count &&
	       (history->bytes > history->max_bytes || history->count == HISTORY_MOMENTS))
		drop_oldest(history);
	history->moments[(history->first + history->count++) % HISTORY_MOMENTS] = moment;
	return true;
}

struct moment *history_at(const struct history *history, uint32_t at)
{
	if (at >= history->count)
		return NULL;
	return history->moments[(history->first + at) % HISTORY_MOMENTS];
}

struct moment *history_newest(const struct history *history)
{
	return history->count ? history_at(history, history->count - 1) : NULL;
}

uint32_t history_position(const struct history *history, const struct moment *moment)
{
	const struct moment *first = history_at(history, 0);
	uint32_t low = 0, high = history->count;

	if (!first || !moment || moment->number < first->number)
		return NONE;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (history_at(history, middle)->number < moment->number)
			low = middle + 1;
		else
			high = middle;
	}
	return history_at(history, low) == moment ? low : NONE;
}
