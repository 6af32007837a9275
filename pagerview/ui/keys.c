/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key presses are rare, so a key is looked up by reading the list itself: no second table to keep.
 */
#include "keys.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

const struct command_info command_infos[NUM_COMMANDS] = {
#define X(id, name, keys, group, hint, help) [COMMAND_##id] = {name, keys, group, hint, help},
	UI_COMMANDS(X)
#undef X
};

static const struct {
	uint32_t key;
	const char *name;
} key_names[] = {
#define X(id, name) {UI_KEY_##id, name},
	UI_KEY_NAMES(X)
#undef X
};

static const char *bound[NUM_COMMANDS]; /* NULL: the command's own keys hold */

void keys_bind(enum command command, const char *keys)
{
	bound[command] = keys;
}

const char *keys_of(enum command command)
{
	return bound[command] ? bound[command] : command_infos[command].keys;
}

uint32_t keys_parse(const char *keys, size_t *length)
{
	const char *rest = keys;
	uint32_t key;
	int width;

	*length = strcspn(keys, " ");
	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
		if (strlen(key_names[i].name) == *length &&
		    !strncmp(keys, key_names[i].name, *length))
			return key_names[i].key;
	if (*length == 3 && keys[0] == 'C' && keys[1] == '-')
		return (uint32_t)UI_CTRL(keys[2]);
	key = *length ? text_next(&rest, &width) : 0;
	return key != TEXT_REPLACEMENT && rest == keys + *length ? key : 0;
}

static bool has_key(const char *keys, uint32_t key)
{
	size_t length;

	while (*keys) {
		if (keys_parse(keys, &length) == key)
			return true;
		keys += length;
		keys += strspn(keys, " ");
	}
	return false;
}

enum command keys_command(uint32_t key)
{
	for (int command = COMMAND_NONE + 1; command < NUM_COMMANDS; command++)
		if (bound[command] && has_key(bound[command], key))
			return (enum command)command;
	for (int command = COMMAND_NONE + 1; command < NUM_COMMANDS; command++)
		if (!bound[command] && has_key(command_infos[command].keys, key))
			return (enum command)command;
	return COMMAND_NONE;
}
