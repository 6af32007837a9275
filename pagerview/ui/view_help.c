/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Help: the list of keys as a list, so that search and filter work in it as everywhere. Groups in
 * the order in which keys.h first names them; then what the signs in the views mean.
 */
#include <string.h>

#include "keys.h"
#include "view.h"

#define MAX_GROUPS 12

static const struct {
	const char *signs, *meaning;
} signs[] = {
#define X(signs, meaning) {signs, meaning},
	UI_SIGNS(X)
#undef X
};
#define NUM_SIGNS (sizeof(signs) / sizeof(signs[0]))

/* Groups in their order; the number of them. */
static unsigned list_groups(const char *groups[MAX_GROUPS])
{
	unsigned count = 0;

	for (int i = COMMAND_NONE + 1; i < NUM_COMMANDS; i++) {
		unsigned j = 0;

		while (j < count && strcmp(groups[j], command_infos[i].group) != 0)
			j++;
		if (j == count && count < MAX_GROUPS)
			groups[count++] = command_infos[i].group;
	}
	return count;
}

/* The command in that row, or COMMAND_NONE and the group that the row is the heading of. */
static enum command command_at(uint32_t index, const char **group)
{
	const char *groups[MAX_GROUPS];
	unsigned count = list_groups(groups);

	for (unsigned i = 0; i < count; i++) {
		if (index-- == 0) {
			*group = groups[i];
			return COMMAND_NONE;
		}
		for (int j = COMMAND_NONE + 1; j < NUM_COMMANDS; j++)
			if (!strcmp(command_infos[j].group, groups[i]) && index-- == 0)
				return (enum command)j;
	}
	*group = "";
	return COMMAND_NONE;
}

static uint32_t count_keys(const struct scene *scene, uint32_t parent)
{
	const char *groups[MAX_GROUPS];

	(void)scene;
	(void)parent;
	return NUM_COMMANDS - 1 + list_groups(groups) + 1 + NUM_SIGNS;
}

/* Of a row beyond the keys: which sign it explains; NONE: it is their heading, or a key's row. */
static uint32_t sign_at(uint32_t index)
{
	const char *groups[MAX_GROUPS];
	uint32_t first = NUM_COMMANDS - 1 + list_groups(groups) + 1;

	return index >= first ? index - first : NONE;
}

static struct ref key_ref(const struct row *row)
{
	(void)row;
	return REF_NONE;
}

static bool key_heading(const struct row *row, struct field *field)
{
	const char *group;

	if (sign_at(row->index) != NONE || command_at(row->index, &group) != COMMAND_NONE)
		return false;
	field->style = STYLE_TITLE;
	text_add(&field->text, "%s", *group ? group : "Signs");
	return true;
}

static void keys_text(const struct row *row, struct field *field)
{
	uint32_t sign = sign_at(row->index);
	const char *group;

	field->style = STYLE_KEY;
	text_add(&field->text, "%s",
		 sign != NONE ? signs[sign].signs : keys_of(command_at(row->index, &group)));
}

static void help_text(const struct row *row, struct field *field)
{
	uint32_t sign = sign_at(row->index);
	const char *group;

	text_add(&field->text, "%s",
		 sign != NONE ? signs[sign].meaning
			      : command_infos[command_at(row->index, &group)].help);
}

static const struct column key_columns[] = {
	{.title = "KEYS", .width = 14, .text = keys_text},
	{.title = "WHAT THEY DO", .width = 20, .grow = 1, .text = help_text},
};

static const struct list_spec keys = {
	.empty = "no keys",
	.count = count_keys,
	.object = key_ref,
	.columns = key_columns,
	.num_columns = sizeof(key_columns) / sizeof(key_columns[0]),
	.heading = key_heading,
	.lines = true,
};

const struct view view_help = {.name = "help", .tab = "", .master = &keys};
