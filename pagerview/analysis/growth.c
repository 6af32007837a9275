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

/* "*.data" of "A.data", "R#" of "R12". */
static void make_pattern(const char *name, char pattern[64])
{
	const char *dot = strchr(name, '.');
	size_t len = 0;

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

static struct growth_row *row_find(struct growth *growth, const char *kind, const char *pattern)
{
	struct growth_row *row;

	for (uint32_t i = 0; i < growth->num_rows; i++) {
		row = &growth->rows[i];
		if (strcmp(row->kind, kind) == 0 && strcmp(row->pattern, pattern) == 0)
			return row;
	}
	if (growth->num_rows == MAX_ROWS)
		return NULL;
	if (growth->num_rows == growth->max_rows) {
		uint32_t max = growth->max_rows ? growth->max_rows * 2 : 32;

		row = realloc(growth->rows, max * sizeof(*row));
		if (!row) {
			growth->failed = true;
			return NULL;
		}
		growth->rows = row;
		growth->max_rows = max;
	}
	row = &growth->rows[growth->num_rows++];
	memset(row, 0, sizeof(*row));
	snprintf(row->kind, sizeof(row->kind), "%s", kind);
	snprintf(row->pattern, sizeof(row->pattern), "%s", pattern);
	return row;
}

static void count(struct growth *growth, const char *kind, const char *name, bool after)
{
	char pattern[64];
	struct growth_row *row;

	make_pattern(name, pattern);
	row = row_find(growth, kind, pattern);
	if (row && after)
		row->after++;
	else if (row)
		row->counts[growth->num_points - 1]++;
}

static void count_all(struct growth *growth, const struct snapshot *snapshot, bool after)
{
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		/* What it runs, not what this one is called. */
		const char *name = snapshot->contexts[i].name, *program = strchr(name, ' ');

		count(growth, "context", program ? program + 1 : name, after);
	}
	for (uint32_t i = 0; i < snapshot->num_areas; i++)
		count(growth, "area", snapshot->areas[i].name, after);
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		count(growth, "fobj", snapshot->fobjs[i].name, after);
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		count(growth, "file", "", after);
}

void growth_add(struct growth *growth, const struct snapshot *snapshot)
{
	if (growth->num_points == GROWTH_MAX_POINTS) {
		for (uint32_t i = 0; i < growth->num_rows; i++)
			memmove(growth->rows[i].counts, growth->rows[i].counts + 1,
				(GROWTH_MAX_POINTS - 1) * sizeof(uint32_t));
		growth->num_points--;
	}
	growth->num_points++;
	for (uint32_t i = 0; i < growth->num_rows; i++)
		growth->rows[i].counts[growth->num_points - 1] = 0;
	count_all(growth, snapshot, false);
}

void growth_add_after(struct growth *growth, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < growth->num_rows; i++)
		growth->rows[i].after = 0;
	growth->has_after = true;
	count_all(growth, snapshot, true);
}

bool growth_is_leak(const struct growth *growth, const struct growth_row *row)
{
	uint32_t points = growth->num_points;

	for (uint32_t i = 1; i < points; i++) {
		if (row->counts[i] < row->counts[i - 1])
			return false;
	}
	return points > 1 && row->counts[points - 1] > row->counts[0] &&
	       (!growth->has_after || row->after);
}
