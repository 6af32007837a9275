/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the files that people write by hand. The input is read as a configuration and as a
 * lesson; each is refused in one line that steers no terminal, or holds what its reader promises,
 * and the lesson's questions are asked of a snapshot.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lesson/lesson.h"
#include "ui/config.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_line(const char *text)
{
	for (const char *c = text; *c; c++)
		assert(!iscntrl((unsigned char)*c));
}

static void check_refused(const struct error *error)
{
	assert(error->status == EXIT_USAGE && error->text[0]);
	check_line(error->text);
}

static void check_keys(const char *keys)
{
	while (*keys) {
		size_t len;

		assert(keys_parse(keys, &len) && len);
		keys += len;
		keys += strspn(keys, " ");
	}
}

static void read_config(const char *text)
{
	struct error error = {0};
	struct config config;

	if (!config_parse(&config, "fuzz", text, &error)) {
		check_refused(&error);
		return;
	}
	assert((unsigned)config.view < NUM_VIEWS);
	for (int i = 0; i < NUM_COMMANDS; i++)
		check_keys(config.keys[i]);
	for (int i = 0; i < NUM_STYLES; i++) {
		assert(config.colours[i].front >= -1 && config.colours[i].front <= 255);
		assert(config.colours[i].back >= -1 && config.colours[i].back <= 255);
	}
}

static void ask(const struct lesson_step *step, const struct snapshot *snapshot)
{
	char text[300];
	int64_t count;

	check_line(step->narration);
	check_line(step->before);
	check_line(step->question);
	lesson_find(snapshot, snapshot, step->object.text);
	lesson_answer(step, snapshot, snapshot, &count);
	lesson_accepts(step, snapshot, snapshot, 1);
	lesson_explain(step, snapshot, snapshot, text, sizeof(text));
	check_line(text);
}

static void read_lesson(const char *text, size_t size)
{
	struct error error = {0};
	struct lesson *lesson = lesson_parse(text, size, "fuzz", &error);
	struct snapshot *snapshot = snapshot_create();

	if (!snapshot)
		abort();
	if (!lesson)
		check_refused(&error);
	for (uint32_t i = 0; lesson && i < lesson->num_steps; i++)
		ask(&lesson->steps[i], snapshot);
	assert(!lesson || lesson->num_steps);
	lesson_destroy(lesson);
	snapshot_destroy(snapshot);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	read_config(text);
	read_lesson((const char *)data, size);
	free(text);
	return 0;
}
