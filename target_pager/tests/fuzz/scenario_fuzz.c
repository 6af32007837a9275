/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a scenario may hold. It is refused with a line and a reason, or all that
 * its lines refer to is there. The heap is the host's, so that every block has its bounds.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/heap.h"
#include "scenario/parse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

void *heap_alloc(size_t size)
{
	return calloc(1, size);
}

void *heap_alloc_array(size_t count, size_t size)
{
	return calloc(count, size);
}

void heap_free(void *block)
{
	free(block);
}

static bool ta_exists(const char *name)
{
	return strcmp(name, "greeter") == 0 || strcmp(name, "hostile") == 0;
}

static void check_object(const struct script *script, const struct script_object *object)
{
	assert(object->instance < (int)script->num_instances);
	assert(object->shared < (int)script->num_shared);
	assert(memchr(object->section, 0, sizeof(object->section)));
}

static void check_line(const struct script *script, const struct script_line *line)
{
	assert(line->number);
	assert(script_command_words(line->command));
	assert(line->instance < (int)script->num_instances);
	assert(line->shared < (int)script->num_shared);
	assert(line->num_numbers <= SCRIPT_NUMBERS && line->choice >= CHOICE_NONE);
	assert(memchr(line->ta, 0, sizeof(line->ta)));
	assert(!line->text || strlen(line->text) <= SCRIPT_MAX_LINE);
	for (unsigned int i = 0; i < 2; i++)
		check_object(script, &line->objects[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct script script;

	if (script_parse(&script, (const char *)data, size, ta_exists)) {
		assert(!script.error_line && script.num_lines);
		for (unsigned int i = 0; i < script.num_lines; i++)
			check_line(&script, &script.lines[i]);
	} else {
		assert(script.error[0]);
		for (const char *c = script.error; *c; c++)
			assert(!iscntrl((unsigned char)*c));
	}
	script_deinit(&script);
	return 0;
}
