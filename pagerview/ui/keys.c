/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key presses are rare, so a key is looked up by reading the list itself: no second table to keep.
 */
#include "keys.h"

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

uint32_t keys_parse(const char *keys, size_t *length)
{
	const char *rest = keys;
	int width;

	*length = strcspn(keys, " ");
	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
		if (strlen(key_names[i].name) == *length &&
		    !strncmp(keys, key_names[i].name, *length))
			return key_names[i].key;
	if (*length == 3 && keys[0] == 'C' && keys[1] == '-')
		return (uint32_t)UI_CTRL(keys[2]);
	return *length ? text_next(&rest, &width) : 0;
}

enum command keys_command(uint32_t key)
{
	for (int command = COMMAND_NONE + 1; command < NUM_COMMANDS; command++) {
		const char *keys = command_infos[command].keys;
		size_t length;

		while (*keys) {
			if (keys_parse(keys, &length) == key)
				return (enum command)command;
			keys += length;
			keys += strspn(keys, " ");
		}
	}
	return COMMAND_NONE;
}
