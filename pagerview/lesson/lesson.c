/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass over the lines. What is said and asked gathers in a draft, which each `step` turns into
 * a step of the lesson. Lines of other commands are the target's business: it has a checker of its
 * own, so a bad command is no error here, while a bad directive, to the target a comment, is.
 */
#include "lesson.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

const char *const lesson_views[] = {"map",     "pages",    "fobjs", "spaces", "files", "events",
				    "picture", "contents", "refs",  "log",    NULL};

struct draft {
	const char *narration, *before, *question;
	bool has_answer, pending; /* something was said since the last step */
	struct lesson_step step;
};

struct reader {
	struct lesson *lesson;
	struct draft draft;
	const char *name; /* of the file, for complaints */
	uint32_t line;
	uint32_t room; /* steps there is memory for */
	struct error *error;
};

__attribute__((format(printf, 2, 3))) static bool complain(struct reader *reader,
							   const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(reader->error, EXIT_USAGE, "%.120s line %u: %s", reader->name,
			 reader->line, text);
}

static bool out_of_memory(struct reader *reader)
{
	return error_set(reader->error, EXIT_USAGE, "out of memory");
}

/* ---- text ---- */

/* Bytes of the character at TEXT, 0 where it is no UTF-8: overlong forms and surrogates are none.
 */
static size_t character_length(const unsigned char *text)
{
	size_t len = text[0] < 0x80                       ? 1
		     : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
		     : text[0] >= 0xe0 && text[0] <= 0xef ? 3
		     : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
							  : 0;

	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f) ||
	    (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	return len;
}

static bool line_is_text(struct reader *reader, const char *line)
{
	const unsigned char *at = (const unsigned char *)line;

	while (*at) {
		size_t len = character_length(at);

		if (len == 0 || (*at < ' ' && *at != '\t') || *at == 0x7f)
			return complain(reader, "byte 0x%02x is no text", *at);
		at += len;
	}
	return true;
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = 0;
	return text;
}

/* As the target's reader has it: a # that begins a word begins a comment. */
static void cut_comment(char *line)
{
	for (char *at = line; *at; at++) {
		if (*at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t')) {
			*at = 0;
			return;
		}
	}
}

/* What follows WORD at the beginning of LINE; NULL where it is another word. */
static char *after_word(char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || !(line[len] == 0 || strchr(" \t", line[len])))
		return NULL;
	return trim(line + len);
}

/* What follows "# WORD:" in LINE; NULL where it is another comment. */
static char *after_directive(char *line, const char *word)
{
	size_t len = strlen(word);

	if (line[0] != '#')
		return NULL;
	line = trim(line + 1);
	if (strncmp(line, word, len) != 0 || line[len] != ':')
		return NULL;
	return trim(line + len + 1);
}

/* ---- directives ---- */

static bool read_name(struct reader *reader, const char *word, const char *page,
		      struct lesson_name *name)
{
	char *end;
	unsigned long value;

	if (strlen(word) >= sizeof(name->text))
		return complain(reader, "an object's name is too long");
	snprintf(name->text, sizeof(name->text), "%s", word);
	name->has_page = page != NULL;
	if (!page)
		return true;
	errno = 0;
	value = strtoul(page, &end, 10);
	if (page[0] < '0' || page[0] > '9' || *end || errno || value >= UINT32_MAX)
		return complain(reader, "'%.20s' is no page", page);
	name->page = (uint32_t)value;
	return true;
}

/* Split TEXT at its blanks; the number of words, MAX + 1 when there are more than MAX. */
static unsigned int split(char *text, char **words, unsigned int max)
{
	unsigned int count = 0;
	char *word, *rest = text;

	while ((word = strsep(&rest, " \t")) != NULL) {
		if (!*word)
			continue;
		if (count == max)
			return max + 1;
		words[count++] = word;
	}
	return count;
}

static bool take_look(struct reader *reader, char *text)
{
	struct lesson_look *look = &reader->draft.step.look;
	char *words[3] = {NULL};
	unsigned int count = split(text, words, 3), i = 0;

	if (count < 1 || count > 3)
		return complain(reader, "look takes VIEW [OBJECT [PAGE]]");
	while (lesson_views[i] && strcmp(lesson_views[i], words[0]) != 0)
		i++;
	if (!lesson_views[i])
		return complain(reader, "look: there is no view '%.20s'", words[0]);
	snprintf(look->view, sizeof(look->view), "%s", words[0]);
	look->object = (struct lesson_name){.text = ""};
	reader->draft.pending = true;
	return count < 2 || read_name(reader, words[1], words[2], &look->object);
}

static bool take_ask(struct reader *reader, const char *text)
{
	struct draft *draft = &reader->draft;

	if (!*text)
		return complain(reader, "ask: there is no question");
	if (draft->question)
		return complain(reader, "ask: a step has one question");
	draft->question = arena_strndup(reader->lesson->arena, text, LESSON_MAX_LINE);
	draft->before = draft->narration ?: "";
	draft->pending = true;
	return draft->question || out_of_memory(reader);
}

static bool take_answer(struct reader *reader, char *text)
{
	static const char *const measures[] = {
		[LESSON_REFS] = "refs",
		[LESSON_OWNERS] = "owners",
		[LESSON_RESIDENT] = "resident",
		[LESSON_LEAVES] = "leaves",
	};
	struct draft *draft = &reader->draft;
	char *words[3] = {NULL};
	unsigned int count = split(text, words, 3);

	if (!draft->question)
		return complain(reader, "answer: nothing was asked");
	if (draft->has_answer)
		return complain(reader, "answer: a question has one");
	for (unsigned int i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		if (!count || strcmp(words[0], measures[i]) != 0 ||
		    count != (i == LESSON_OWNERS ? 3 : 2))
			continue;
		draft->step.measure = (enum lesson_measure)i;
		draft->has_answer = true;
		return read_name(reader, words[1], words[2], &draft->step.object);
	}
	return complain(reader, "answer takes refs OBJECT, owners OBJECT PAGE, resident OBJECT or "
				"leaves OBJECT");
}

/* ---- commands ---- */

static bool take_title(struct reader *reader, const char *text)
{
	if (!reader->lesson->title)
		reader->lesson->title = arena_strndup(reader->lesson->arena, text, LESSON_MAX_LINE);
	return reader->lesson->title || out_of_memory(reader);
}

static bool take_say(struct reader *reader, const char *text)
{
	struct draft *draft = &reader->draft;

	draft->narration = arena_printf(reader->lesson->arena, "%s%s%s", draft->narration ?: "",
					draft->narration ? " " : "", text);
	draft->pending = true;
	return draft->narration || out_of_memory(reader);
}

/* Room is doubled: the arena keeps the old arrays, less than the last one in all. */
static bool make_room(struct reader *reader)
{
	struct lesson *lesson = reader->lesson;
	uint32_t room = reader->room ? reader->room * 2 : 16;
	struct lesson_step *steps;

	if (lesson->num_steps < reader->room)
		return true;
	steps = arena_alloc_array(lesson->arena, room, sizeof(*steps));
	if (!steps)
		return out_of_memory(reader);
	if (lesson->num_steps)
		memcpy(steps, lesson->steps, lesson->num_steps * sizeof(*steps));
	lesson->steps = steps;
	reader->room = room;
	return true;
}

static bool take_step(struct reader *reader)
{
	struct draft *draft = &reader->draft;

	if (draft->question && !draft->has_answer)
		return complain(reader, "the question before this step has no `# answer:`");
	if (!make_room(reader))
		return false;
	draft->step.narration = draft->narration ?: "";
	draft->step.before = draft->before ?: "";
	draft->step.question = draft->question ?: "";
	draft->step.line = reader->line;
	reader->lesson->steps[reader->lesson->num_steps++] = draft->step;
	*draft = (struct draft){0};
	return true;
}

static bool take_line(struct reader *reader, char *line)
{
	char *rest;

	if (!line_is_text(reader, line))
		return false;
	for (char *at = line; (at = strchr(at, '\t'));)
		*at = ' '; /* no terminal is to jump there */
	line = trim(line);
	if ((rest = after_directive(line, "look")))
		return take_look(reader, rest);
	if ((rest = after_directive(line, "ask")))
		return take_ask(reader, rest);
	if ((rest = after_directive(line, "answer")))
		return take_answer(reader, rest);
	cut_comment(line);
	line = trim(line);
	if ((rest = after_word(line, "title")))
		return take_title(reader, rest);
	if ((rest = after_word(line, "say")))
		return take_say(reader, rest);
	return !after_word(line, "step") || take_step(reader);
}

static bool take_text(struct reader *reader, const char *text, size_t len)
{
	char line[LESSON_MAX_LINE + 1];

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t bytes = end ? (size_t)(end - text) - at : len - at;

		reader->line++;
		if (bytes > LESSON_MAX_LINE)
			return complain(reader, "longer than %u bytes", LESSON_MAX_LINE);
		if (memchr(text + at, 0, bytes))
			return complain(reader, "byte 0x00 is no text");
		memcpy(line, text + at, bytes);
		line[bytes] = 0;
		if (bytes && line[bytes - 1] == '\r')
			line[bytes - 1] = 0;
		if (!take_line(reader, line))
			return false;
		at += bytes + 1;
	}
	if (reader->draft.question)
		return complain(reader, "a question, and no step after it");
	if (!reader->lesson->num_steps)
		return complain(reader, "there is no `step`: nothing to show");
	return true;
}

struct lesson *lesson_parse(const char *text, size_t len, const char *name, struct error *error)
{
	struct lesson *lesson = calloc(1, sizeof(*lesson));
	struct reader reader = {.lesson = lesson, .name = name, .error = error};

	if (lesson)
		lesson->arena = arena_create();
	if (!lesson || !lesson->arena)
		out_of_memory(&reader);
	else if (len > LESSON_MAX_BYTES)
		error_set(error, EXIT_USAGE, "%.120s: longer than %u bytes", name,
			  LESSON_MAX_BYTES);
	else if (take_text(&reader, text, len)) {
		lesson->title = lesson->title ?: "";
		return lesson;
	}
	lesson_destroy(lesson);
	return NULL;
}

struct lesson *lesson_read(const char *path, struct error *error)
{
	char *text = malloc(LESSON_MAX_BYTES + 1);
	FILE *file = fopen(path, "re");
	struct lesson *lesson = NULL;
	size_t len;

	if (!text) {
		error_set(error, EXIT_USAGE, "out of memory");
	} else if (!file) {
		error_set(error, EXIT_USAGE, "lesson %s: %s", path, strerror(errno));
	} else {
		len = fread(text, 1, LESSON_MAX_BYTES + 1, file);
		if (ferror(file))
			error_set(error, EXIT_USAGE, "lesson %s: %s", path, strerror(errno));
		else
			lesson = lesson_parse(text, len, path, error);
	}
	if (file)
		fclose(file);
	free(text);
	return lesson;
}

void lesson_destroy(struct lesson *lesson)
{
	if (!lesson)
		return;
	arena_destroy(lesson->arena);
	free(lesson);
}
