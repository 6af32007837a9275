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

struct history_deck {
	struct history_source source;
	uint32_t loaded; /* moments[0 .. loaded - 1] are in memory */
	struct error error;
};

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

bool history_init_source(struct history *history, size_t max_bytes,
			 const struct history_source *source)
{
	history_init(history, max_bytes);
	history->deck = calloc(1, sizeof(*history->deck));
	if (!history->deck)
		return false;
	history->deck->source = *source;
	history->count = source->count;
	return true;
}

const char *history_trouble(const struct history *history)
{
	return history->deck ? history->deck->error.text : "";
}

static void drop_loaded(struct history *history, uint32_t at)
{
	struct moment *moment = history->moments[at];

	history->bytes -= moment_bytes(moment);
	history->moments[at] = history->moments[--history->deck->loaded];
	moment_put(moment);
}

static uint64_t distance(const struct moment *moment, uint32_t at)
{
	uint64_t number = at + 1ull;

	return moment->number > number ? moment->number - number : number - moment->number;
}

/* Make room near AT: what is farthest from it goes. Two always stay, to be compared. */
static void drop_far(struct history *history, uint32_t at)
{
	struct history_deck *deck = history->deck;

	while (deck->loaded == HISTORY_LOADED ||
	       (deck->loaded > 2 && history->bytes > history->max_bytes)) {
		uint32_t far = 0;

		for (uint32_t i = 1; i < deck->loaded; i++)
			if (distance(history->moments[i], at) > distance(history->moments[far], at))
				far = i;
		drop_loaded(history, far);
	}
}

static struct moment *deck_at(struct history *history, uint32_t at)
{
	struct history_deck *deck = history->deck;
	struct snapshot *snapshot;
	struct moment *moment;

	memset(&deck->error, 0, sizeof(deck->error));
	for (uint32_t i = 0; i < deck->loaded; i++)
		if (history->moments[i]->number == at + 1ull)
			return history->moments[i];
	snapshot = deck->source.load(deck->source.arg, at, &deck->error);
	moment = snapshot ? calloc(1, sizeof(*moment)) : NULL;
	if (!moment) {
		snapshot_destroy(snapshot);
		error_set(&deck->error, EXIT_USAGE, "out of memory");
		return NULL;
	}
	*moment = (struct moment){.snapshot = snapshot, .number = at + 1ull, .holders = 1};
	drop_far(history, at);
	history->bytes += moment_bytes(moment);
	history->moments[deck->loaded++] = moment;
	return moment;
}

static void drop_oldest(struct history *history)
{
	struct moment *moment = history->moments[history->first];

	history->bytes -= moment_bytes(moment);
	history->first = (history->first + 1) % HISTORY_MOMENTS;
	history->count--;
	history->dropped++;
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
	while (history->deck && history->deck->loaded)
		drop_loaded(history, 0);
	while (!history->deck && history->count)
		drop_oldest(history);
	free(history->deck);
	history->deck = NULL;
	history->count = 0;
}

bool history_same(const struct snapshot *a, const struct snapshot *b)
{
	return a->capture.has_generation && b->capture.has_generation &&
	       a->capture.generation == b->capture.generation &&
	       a->capture.consistency == CONSISTENCY_EXACT &&
	       b->capture.consistency == CONSISTENCY_EXACT;
}

bool history_add(struct history *history, struct snapshot *snapshot)
{
	struct moment *moment = history->deck ? NULL : calloc(1, sizeof(*moment));

	if (!moment) {
		snapshot_destroy(snapshot);
		return false;
	}
	*moment = (struct moment){.snapshot = snapshot, .number = ++history->added, .holders = 1};
	if (history->count && history_same(history_newest(history)->snapshot, snapshot)) {
		moment->happened = history_newest(history)->happened;
		drop_newest(history);
	}
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
	if (history->deck) /* what is kept of a source is no change that anybody sees */
		return deck_at((struct history *)(uintptr_t)history, at);
	return history->moments[(history->first + at) % HISTORY_MOMENTS];
}

struct moment *history_newest(const struct history *history)
{
	return history->count ? history_at(history, history->count - 1) : NULL;
}

uint32_t history_position(const struct history *history, const struct moment *moment)
{
	uint32_t low = 0, high = history->count;
	const struct moment *first;

	if (history->deck)
		return moment ? (uint32_t)(moment->number - 1) : NONE;
	first = history_at(history, 0);
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
