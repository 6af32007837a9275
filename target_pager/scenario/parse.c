/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the text is copied once and cut into words in place, a line at a time. The
 * first one or two words find the command; then its argument string in SCRIPT_COMMANDS is walked
 * word by word, each taking one word of the line by its meaning. The argument string is also what
 * a bad line is answered with, so language, parser and usage cannot drift apart. Names get their
 * numbers in the order in which `open` and `shm` first bring them; the order of lines is rules.c's.
 */
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/heap.h"

struct syntax {
	const char *words, *arguments, *ta;
};

static const struct syntax commands[] = {
#define X(name, words, arguments) {words, arguments, NULL},
	SCRIPT_COMMANDS(X)
#undef X
};
static const struct syntax ta_commands[] = {
#define X(words, arguments, ta) {words, arguments, ta},
	TA_COMMANDS(X)
#undef X
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A line that is being parsed: what is left of it, and where the results go. */
struct cursor {
	struct script *script;
	struct script_line *line;
	char *rest;
	const struct syntax *syntax;
	unsigned int num_objects;
};

bool script_error(struct script *script, unsigned int line, const char *format, ...)
{
	va_list args;

	if (script->error_line)
		return false;
	script->error_line = line;
	va_start(args, format);
	vsnprintf(script->error, sizeof(script->error), format, args);
	va_end(args);
	return false;
}

const char *script_command_words(enum script_command command)
{
	return commands[command].words;
}

/* What the line should have been. */
static bool usage_error(struct cursor *c, const char *problem)
{
	return script_error(c->script, c->line->number, "%s: it is `%s%s%s`", problem,
			    c->syntax->words, *c->syntax->arguments ? " " : "",
			    c->syntax->arguments);
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static char *skip_blanks(char *text)
{
	while (is_blank(*text))
		text++;
	return text;
}

/* The next word, cut off with a zero; NULL at the line's end. */
static char *take_word(char **rest)
{
	char *word = skip_blanks(*rest);
	char *end = word;

	if (!*word)
		return NULL;
	while (*end && !is_blank(*end))
		end++;
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static bool is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* A letter, then letters, digits, '-', '_', and dots where DOTS; short enough for NAME_LEN. */
static bool is_name(const char *word, bool dots)
{
	size_t len = strlen(word);

	if (!is_letter(word[0]) || len >= NAME_LEN)
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(word[i]) && !is_digit(word[i]) && word[i] != '-' && word[i] != '_' &&
		    !(dots && word[i] == '.'))
			return false;
	return word[len - 1] != '.';
}

static int digit_value(char ch)
{
	if (is_digit(ch))
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return 16;
}

/* Decimal, or hexadecimal after 0x; the whole word, at most 64 bits. */
static bool number_parse(const char *word, uint64_t *value)
{
	unsigned int base = 10;

	*value = 0;
	if (word[0] == '0' && word[1] == 'x') {
		base = 16;
		word += 2;
	}
	if (!*word)
		return false;
	for (; *word; word++) {
		unsigned int digit = (unsigned int)digit_value(*word);

		if (digit >= base || *value > (UINT64_MAX - digit) / base)
			return false;
		*value = *value * base + digit;
	}
	return true;
}

static int name_find(char (*names)[NAME_LEN], unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

/* The number of NAME in the table, entered if NEW_NAME; -1 with the error set. */
static int name_number(struct cursor *c, char (*names)[NAME_LEN], unsigned int *count,
		       unsigned int max, const char *name, bool new_name)
{
	int found = name_find(names, *count, name);

	if (found >= 0)
		return found;
	if (!new_name)
		script_error(c->script, c->line->number, "`%s` was never %s", name,
			     names == c->script->instances ? "opened" : "made with `shm`");
	else if (*count == max)
		script_error(c->script, c->line->number, "more than %u names", max);
	else {
		strcpy(names[*count], name);
		return (int)(*count)++;
	}
	return -1;
}

static bool is_section(const char *word)
{
	static const char *const sections[] = {"text", "rodata", "relro", "data",
					       "bss",  "stack",  "file"};

	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (strcmp(word, sections[i]) == 0)
			return true;
	return false;
}

/* "text", or a library's: "libbank.text". */
static bool is_section_path(const char *word)
{
	const char *dot = strchr(word, '.');

	return is_section(word) || (dot && is_name(word, true) && is_section(dot + 1));
}

static bool take_instance(struct cursor *c, const char *word)
{
	bool opens = c->line->command == COMMAND_OPEN;

	if (!is_name(word, false))
		return script_error(c->script, c->line->number, "`%s` is no name", word);
	if (opens && name_find(c->script->shared, c->script->num_shared, word) >= 0)
		return script_error(c->script, c->line->number, "`%s` is a shared object", word);
	c->line->instance = name_number(c, c->script->instances, &c->script->num_instances,
					SCRIPT_MAX_INSTANCES, word, opens);
	return c->line->instance >= 0;
}

static bool take_shared(struct cursor *c, const char *word)
{
	bool makes = c->line->command == COMMAND_SHM;

	if (!is_name(word, false) || is_section(word))
		return script_error(c->script, c->line->number, "`%s` is no name for an object",
				    word);
	if (makes && name_find(c->script->instances, c->script->num_instances, word) >= 0)
		return script_error(c->script, c->line->number, "`%s` is an instance", word);
	c->line->shared = name_number(c, c->script->shared, &c->script->num_shared,
				      SCRIPT_MAX_SHARED, word, makes);
	return c->line->shared >= 0;
}

/* `S`, or `A.section`. */
static bool take_object(struct cursor *c, char *word)
{
	struct script_object *object = &c->line->objects[c->num_objects++];
	char *dot = strchr(word, '.');

	if (dot) {
		*dot++ = '\0';
		if (!is_section_path(dot))
			return script_error(c->script, c->line->number, "no section `%s`", dot);
		strcpy(object->section, dot);
		object->instance = name_number(c, c->script->instances, &c->script->num_instances,
					       SCRIPT_MAX_INSTANCES, word, false);
		return object->instance >= 0;
	}
	object->shared = name_number(c, c->script->shared, &c->script->num_shared,
				     SCRIPT_MAX_SHARED, word, false);
	return object->shared >= 0;
}

/* A section of the TA itself or of its library, or a shared object. */
static bool take_section(struct cursor *c, const char *word)
{
	struct script_object *object = &c->line->objects[c->num_objects++];

	object->instance = c->line->instance;
	if (is_section_path(word) && strcmp(word, "file") != 0) {
		strcpy(object->section, word);
		return true;
	}
	object->shared = name_find(c->script->shared, c->script->num_shared, word);
	if (object->shared < 0)
		return script_error(c->script, c->line->number,
				    "`%s` is neither section nor shared object", word);
	return true;
}

static bool take_number(struct cursor *c, const char *word, const char *what)
{
	uint64_t value;

	if (!number_parse(word, &value))
		return script_error(c->script, c->line->number, "`%s` is no number for %s", word,
				    what);
	c->line->numbers[c->line->num_numbers++] = value;
	return true;
}

/* Which of the words of CHOICES, "ro|rw", is WORD? */
static int choice_find(const char *choices, size_t len, const char *word)
{
	size_t word_len = strlen(word);
	int n = 0;

	for (const char *p = choices; p < choices + len; n++) {
		const char *bar = memchr(p, '|', (size_t)(choices + len - p));
		const char *end = bar ? bar : choices + len;

		if ((size_t)(end - p) == word_len && memcmp(p, word, word_len) == 0)
			return n;
		p = end + 1;
	}
	return CHOICE_NONE;
}

static bool take_ta(struct cursor *c, const char *word)
{
	if (!is_name(word, false))
		return script_error(c->script, c->line->number, "`%s` is no TA's name", word);
	strcpy(c->line->ta, word);
	return true;
}

/* The name of an argument, of LEN bytes, without its brackets. */
static bool argument_is(const char *argument, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(argument, name, len) == 0;
}

static bool take_argument(struct cursor *c, const char *argument, size_t len, char *word)
{
	char what[16];

	if (argument_is(argument, len, "A"))
		return take_instance(c, word);
	if (argument_is(argument, len, "S"))
		return take_shared(c, word);
	if (argument_is(argument, len, "OBJ"))
		return take_object(c, word);
	if (argument_is(argument, len, "TA"))
		return take_ta(c, word);
	if (argument_is(argument, len, "SECTION"))
		return take_section(c, word);
	snprintf(what, sizeof(what), "%.*s", (int)len, argument);
	return take_number(c, word, what);
}

static bool take_arguments(struct cursor *c, const char *arguments);

/* A TA command: its own syntax from here to the end of the line. */
static bool take_ta_command(struct cursor *c, char *word)
{
	for (size_t i = 0; i < COUNT_OF(ta_commands); i++) {
		if (strcmp(ta_commands[i].words, word) != 0)
			continue;
		c->line->ta_command = ta_commands[i].words;
		c->syntax = &ta_commands[i];
		return take_arguments(c, c->syntax->arguments);
	}
	return script_error(c->script, c->line->number, "no TA command `%s`", word);
}

/* One argument of the syntax: take what it asks for, or pass it over where that is allowed. */
static bool take_one(struct cursor *c, const char *argument, size_t len)
{
	bool optional = argument[0] == '[';
	char *word;

	if (optional) {
		argument++;
		len -= 2;
	}
	c->rest = skip_blanks(c->rest);
	if (argument_is(argument, len, "TEXT")) {
		c->line->text = c->rest;
		c->rest += strlen(c->rest);
		return *c->line->text || usage_error(c, "no text");
	}
	if (!*c->rest)
		return optional || usage_error(c, "too few words");
	if (memchr(argument, '|', len)) {
		char *before = c->rest, *end;

		word = take_word(&c->rest);
		end = word + strlen(word);
		c->line->choice = choice_find(argument, len, word);
		if (c->line->choice != CHOICE_NONE)
			return true;
		if (!optional)
			return usage_error(c, "no such word");
		if (c->rest != end) /* it is the next argument's: undo the cut */
			*end = ' ';
		c->rest = before;
		return true;
	}
	word = take_word(&c->rest);
	if (argument_is(argument, len, "CMD"))
		return take_ta_command(c, word);
	return take_argument(c, argument, len, word);
}

static bool take_arguments(struct cursor *c, const char *arguments)
{
	while (*arguments) {
		size_t len = strcspn(arguments, " ");

		if (!take_one(c, arguments, len))
			return false;
		arguments += len;
		arguments += strspn(arguments, " ");
	}
	if (*skip_blanks(c->rest))
		return usage_error(c, "too many words");
	return true;
}

/* Does LINE begin with all of WORDS ("expect refs")? Then what follows. */
static char *match_words(char *line, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		line = skip_blanks(line);
		if (strncmp(line, words, len) != 0 || (line[len] && !is_blank(line[len])))
			return NULL;
		line += len;
		words += len;
		words += strspn(words, " ");
	}
	return line;
}

static bool line_parse(struct script *script, struct script_line *line, char *text)
{
	struct cursor c = {.script = script, .line = line};
	char *word;

	line->instance = line->shared = -1;
	line->choice = CHOICE_NONE;
	for (unsigned int i = 0; i < COUNT_OF(line->objects); i++)
		line->objects[i].instance = line->objects[i].shared = -1;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		c.rest = match_words(text, commands[i].words);
		if (!c.rest)
			continue;
		line->command = (enum script_command)i;
		c.syntax = &commands[i];
		return take_arguments(&c, c.syntax->arguments);
	}
	word = take_word(&text);
	if (strcmp(word, "expect") == 0 || strcmp(word, "fault") == 0) {
		char *kind = take_word(&text);

		return script_error(script, line->number, "nothing to %s called `%s`", word,
				    kind ? kind : "");
	}
	return script_error(script, line->number, "unknown command `%s`", word);
}

/* End the line where its comment begins: at a `#` that begins a word. */
static void comment_cut(char *text)
{
	for (char *p = text; *p; p++)
		if (*p == '#' && (p == text || is_blank(p[-1])))
			*p = '\0';
	for (size_t len = strlen(text); len && (is_blank(text[len - 1]) || text[len - 1] == '\r');)
		text[--len] = '\0';
}

/* Control characters would reach the console, bytes above ASCII need not be whole UTF-8. */
static bool line_is_clean(struct script *script, unsigned int number, const char *text, size_t len)
{
	if (len > SCRIPT_MAX_LINE)
		return script_error(script, number, "longer than %u bytes", SCRIPT_MAX_LINE);
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)text[i];

		if ((ch < ' ' && ch != '\t' && !(ch == '\r' && i + 1 == len)) || ch == 0x7f)
			return script_error(script, number, "byte 0x%02x is no text", ch);
	}
	return true;
}

static bool lines_parse(struct script *script, size_t len)
{
	char *text = script->text, *end = text + len;

	for (unsigned int number = 1; text < end; number++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *stop = newline ? newline : end;
		struct script_line *line = &script->lines[script->num_lines];

		if (!line_is_clean(script, number, text, (size_t)(stop - text)))
			return false;
		*stop = '\0';
		comment_cut(text);
		if (*skip_blanks(text)) {
			line->number = number;
			script->num_lines++;
			if (!line_parse(script, line, text))
				return false;
		}
		text = stop + 1;
	}
	return true;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t count = 1;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

static bool check_tas(struct script *script, bool (*ta_exists)(const char *name))
{
	for (unsigned int i = 0; i < script->num_lines; i++) {
		struct script_line *line = &script->lines[i];

		if (line->command == COMMAND_OPEN && !ta_exists(line->ta))
			return script_error(script, line->number, "no TA `%s`", line->ta);
	}
	return true;
}

bool script_parse(struct script *script, const char *text, size_t len,
		  bool (*ta_exists)(const char *name))
{
	memset(script, 0, sizeof(*script));
	if (len > SCRIPT_MAX_TEXT)
		return script_error(script, 1, "the script is longer than %u bytes",
				    SCRIPT_MAX_TEXT);
	script->text = heap_alloc(len + 1);
	script->lines = heap_alloc_array(count_lines(text, len), sizeof(*script->lines));
	if (!script->text || !script->lines)
		return script_error(script, 1, "no memory for the script");
	memcpy(script->text, text, len);
	return lines_parse(script, len) && script_check_order(script) &&
	       check_tas(script, ta_exists);
}

void script_deinit(struct script *script)
{
	heap_free(script->lines);
	heap_free(script->text);
	script->lines = NULL;
	script->text = NULL;
	script->num_lines = 0;
}
