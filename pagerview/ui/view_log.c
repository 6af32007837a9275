/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log: what does the target itself say? Its console, newest line last; the cursor stays at the end
 * while it is there.
 */
#include "view.h"

static uint32_t count_lines(const struct scene *scene, uint32_t parent)
{
	(void)parent;
	return scene->log ? scene->log->count : 0;
}

static struct ref line_ref(const struct row *row)
{
	(void)row;
	return REF_NONE;
}

static void number_text(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%llu",
		 (unsigned long long)(row->scene->log->first + row->index + 1));
}

static void line_text(const struct row *row, struct field *field)
{
	text_add(&field->text, "%s", row->scene->log->lines[row->index]);
}

static const struct column log_columns[] = {
	{.title = "LINE", .width = 5, .rank = 1, .right = true, .text = number_text},
	{.title = "THE TARGET'S CONSOLE", .width = 20, .grow = 1, .text = line_text},
};

static const struct list_spec lines = {
	.empty = "the target has not said anything, or its console is not ours to read",
	.count = count_lines,
	.object = line_ref,
	.columns = log_columns,
	.num_columns = sizeof(log_columns) / sizeof(log_columns[0]),
	.tail = true,
	.lines = true,
};

const struct view view_log = {.name = "log", .master = &lines};
