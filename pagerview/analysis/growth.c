/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows are few (kinds times patterns) and searched from the front; a row that comes up later has
 * counts of 0 before.
 */
#include "growth.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 4096u

struct growth *growth_create(void)
{
	return calloc(1, sizeof(struct growth));
}

void growth_destroy(struct growth *growth)
{
	if (growth)
		free(growth->rows);
	free(growth);
}

void growth_clear(struct growth *growth)
{
	free(growth->rows);
	memset(growth, 0, sizeof(*growth));
}

/* Digits tell UUIDs apart, and no instances of one. */
static bool is_uuid(const char *name)
{
	return strlen(name) == 36 && strspn(name, "0123456789abcdefABCDEF-") == 36 &&
	       name[8] == '-' && name[13] == '-' && name[18] == '-' && name[23] == '-';
}

void growth_pattern(const char *kind, const char *name, char pattern[64])
{
	bool is_context = strcmp(kind, "context") == 0;
	const char *dot = is_context ? NULL : strchr(name, '.'), *space = strchr(name, ' ');
	size_t len = 0;

	if (is_uuid(name)) {
		snprintf(pattern, 64, "%s", name);
		return;
	}
	if (is_context && space)
		name = space + 1;
	if (dot && dot > name) {
		pattern[len++] = '*';
		name = dot;
	}
	for (; *name && len < 62; name++) {
		if (!isdigit((unsigned char)*name))
			pattern[len++] = *name;
		else if (!isdigit((unsigned char)name[1]))
			pattern[len++] = '#';
	}
	pattern[len] = 0;
}

/* Room for one more row; NULL where there is none. */
static struct growth_row *row_append(struct growth *growth)
{
	uint32_t max = growth->max_rows ? growth->max_rows * 2 : 32;
	struct growth_row *rows;

	if (growth->num_rows == MAX_ROWS)
		return NULL;
	if (growth->num_rows == growth->max_rows) {
		rows = realloc(growth->rows, max * sizeof(*rows));
		if (!rows) {
			growth->failed = true;
			return NULL;
		}
		growth->rows = rows;
		growth->max_rows = max;
	}
	return memset(&growth->rows[growth->num_rows++], 0, sizeof(struct growth_row));
}

uint32_t growth_find(const struct growth *growth, const char *kind, const char *pattern)
{
	for (uint32_t i = 0; i < growth->num_rows; i++) {
		const struct growth_row *row = &growth->rows[i];

		if (strcmp(row->kind, kind) == 0 && strcmp(row->pattern, pattern) == 0)
			return i;
	}
	return NONE;
}

static struct growth_row *row_find(struct growth *growth, const char *kind, const char *pattern)
{
	uint32_t found = growth_find(growth, kind, pattern);
	struct growth_row *row = found == NONE ? row_append(growth) : &growth->rows[found];

	if (!row || found != NONE)
		return row;
	snprintf(row->kind, sizeof(row->kind), "%s", kind);
	snprintf(row->pattern, sizeof(row->pattern), "%s", pattern);
	/* There was none of it at the points before, and so none more. */
	if (growth->num_points > 2)
		row->not_more = row->not_less = 1;
	return row;
}

bool growth_is_handle(const struct snap_holder *holder)
{
	static const char *const others[] = {"area", "slice", "context", "fobj"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(holder->kind, others[i]) == 0)
			return false;
	return true;
}

struct counting {
	struct growth *growth;
	bool after; /* else of the point that is the last */
};

static void add(const struct counting *counting, enum growth_sort sort, const char *kind,
		const char *pattern, uint64_t amount)
{
	struct growth_row *row;

	if (!amount && sort == GROWTH_TOTAL) /* none yet: no row yet */
		return;
	row = row_find(counting->growth, kind, pattern);
	if (!row)
		return;
	row->sort = sort;
	if (counting->after)
		row->after += amount;
	else
		row->counts[counting->growth->num_points - 1] += amount;
}

static void count(const struct counting *counting, const char *kind, const char *name)
{
	char pattern[64];

	growth_pattern(kind, name, pattern);
	add(counting, GROWTH_OBJECTS, kind, pattern, 1);
}

static void count_handles(const struct counting *counting, const struct snap_holder *holders,
			  uint32_t num_holders)
{
	for (uint32_t i = 0; i < num_holders; i++) {
		if (growth_is_handle(&holders[i]))
			add(counting, GROWTH_TOTAL, "handles", holders[i].kind, 1);
	}
}

/* What is in memory: a page that is free is none. */
static void count_pages(const struct counting *counting, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		if (snapshot->pmems[i].state != PMEM_STATE_FREE)
			add(counting, GROWTH_LEVEL, "pages",
			    pmem_state_name(snapshot->pmems[i].state), 1);
	}
}

static void count_objects(const struct counting *counting, const struct snapshot *snapshot)
{
	add(counting, GROWTH_TOTAL, "contexts", "", snapshot->num_contexts);
	for (uint32_t i = 0; i < snapshot->num_contexts; i++)
		count(counting, "context", snapshot->contexts[i].name);
	add(counting, GROWTH_TOTAL, "areas", "", snapshot->num_areas);
	for (uint32_t i = 0; i < snapshot->num_areas; i++)
		count(counting, "area", snapshot->areas[i].name);
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		add(counting, GROWTH_TOTAL, "fobjs", fobj->kind, 1);
		count(counting, "fobj", fobj->name);
		count_handles(counting, fobj->holders, fobj->num_holders);
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		count(counting, "file", "");
		add(counting, GROWTH_TOTAL, "slices", "", file->num_slices);
		count_handles(counting, file->holders, file->num_holders);
	}
}

static void count_all(const struct counting *counting, const struct snapshot *snapshot)
{
	count_objects(counting, snapshot);
	count_pages(counting, snapshot);
	if (snapshot->num_lost)
		add(counting, GROWTH_TOTAL, "in no list", "", snapshot->num_lost);
	if (snapshot->num_tables)
		add(counting, GROWTH_TOTAL, "tables", "", snapshot->num_tables);
	for (uint32_t i = 0; i < snapshot->num_counters; i++) {
		const struct snap_counter *counter = &snapshot->counters[i];

		add(counting, counter->is_level ? GROWTH_LEVEL : GROWTH_TALLY, "counter",
		    counter->name, counter->value);
	}
}

/* Every second point goes; the first one and the last one stay. */
static void thin_out(struct growth *growth)
{
	uint32_t kept = 0, last = growth->num_points - 1;

	for (uint32_t i = 0; i <= last; i += i + 2 <= last || i == last ? 2 : 1, kept++) {
		growth->numbers[kept] = growth->numbers[i];
		growth->labels[kept] = growth->labels[i];
		for (uint32_t r = 0; r < growth->num_rows; r++)
			growth->rows[r].counts[kept] = growth->rows[r].counts[i];
	}
	growth->num_points = kept;
}

static void set_first(uint64_t *number, bool is_so, uint64_t now)
{
	if (is_so && !*number)
		*number = now;
}

/* The last point against the one before it. */
static void compare_points(const struct growth *growth, struct growth_row *row)
{
	uint64_t now = growth->numbers[growth->num_points - 1];
	uint64_t count = row->counts[growth->num_points - 1];
	uint64_t before = row->counts[growth->num_points - 2];

	set_first(&row->more, count > before, now);
	set_first(&row->less, count < before, now);
	set_first(&row->not_more, count <= before, now);
	set_first(&row->not_less, count >= before, now);
}

void growth_add(struct growth *growth, const struct snapshot *snapshot, uint64_t label)
{
	uint32_t last = growth->num_points;
	uint64_t number = last ? growth->numbers[last - 1] + 1 : 0;

	growth->num_points++;
	growth->numbers[last] = number;
	growth->labels[last] = label;
	for (uint32_t i = 0; i < growth->num_rows; i++)
		growth->rows[i].counts[last] = 0;
	count_all(&(struct counting){growth, false}, snapshot);
	for (uint32_t i = 0; last && i < growth->num_rows; i++)
		compare_points(growth, &growth->rows[i]);
	/* Only now, so that each point was compared with the one right before it. */
	if (growth->num_points == GROWTH_MAX_POINTS)
		thin_out(growth);
}

void growth_add_after(struct growth *growth, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < growth->num_rows; i++)
		growth->rows[i].after = 0;
	growth->has_after = true;
	count_all(&(struct counting){growth, true}, snapshot);
}

/* Whether what first was at point NUMBER had been by point LAST. */
static bool had_been(uint64_t number, uint64_t last)
{
	return number && number <= last;
}

enum growth_trend growth_trend(const struct growth *growth, const struct growth_row *row,
			       uint32_t last)
{
	uint64_t now = last < growth->num_points ? growth->numbers[last] : 0;
	uint64_t count = row->counts[last], first = row->counts[0];

	if (!now)
		return GROWTH_ONE_POINT;
	if (!had_been(row->not_more, now))
		return GROWTH_EVERY_MORE;
	if (!had_been(row->not_less, now))
		return GROWTH_EVERY_LESS;
	if (!had_been(row->less, now))
		return had_been(row->more, now) ? GROWTH_MORE : GROWTH_SAME;
	if (!had_been(row->more, now))
		return GROWTH_LESS;
	return count > first   ? GROWTH_SWINGS_UP
	       : count < first ? GROWTH_SWINGS_DOWN
			       : GROWTH_SWINGS;
}

bool growth_is_leak(const struct growth *growth, const struct growth_row *row)
{
	enum growth_trend trend;

	if (!growth->num_points || row->sort != GROWTH_OBJECTS)
		return false;
	trend = growth_trend(growth, row, growth->num_points - 1);
	return (trend == GROWTH_EVERY_MORE || trend == GROWTH_MORE) &&
	       (!growth->has_after || row->after);
}
