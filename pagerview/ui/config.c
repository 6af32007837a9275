/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line is split into words in place, then the first word chooses what the others mean.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16
#define MAX_BYTES (64 << 10)

struct line {
	const char *name;
	unsigned number;
	char *words[MAX_WORDS];
	unsigned num_words;
};

static bool bad_line(const struct line *line, struct error *error, const char *what,
		     const char *word)
{
	return error_set(error, EXIT_USAGE, "%.200s:%u: %s%s%.60s", line->name, line->number, what,
			 *word ? " " : "", word);
}

static bool set_keys(struct config *config, const struct line *line, struct error *error)
{
	char *keys;
	int command = COMMAND_NONE + 1;

	if (line->num_words < 3)
		return bad_line(line, error, "bind needs a command and its keys", "");
	while (command < NUM_COMMANDS && strcmp(command_infos[command].name, line->words[1]) != 0)
		command++;
	if (command == NUM_COMMANDS)
		return bad_line(line, error, "no such command:", line->words[1]);
	keys = config->keys[command];
	*keys = '\0';
	for (unsigned i = 2; i < line->num_words; i++) {
		size_t length;

		if (!keys_parse(line->words[i], &length))
			return bad_line(line, error, "no such key:", line->words[i]);
		if (strlen(keys) + length + 2 > CONFIG_MAX_KEYS)
			return bad_line(line, error, "too many keys for", line->words[1]);
		if (*keys)
			strcat(keys, " ");
		strcat(keys, line->words[i]);
	}
	return true;
}

static bool parse_colour(const char *word, short *colour)
{
	static const char *const names[] = {"default", "black",   "red",  "green", "yellow",
					    "blue",    "magenta", "cyan", "white"};
	char *end;
	long number;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], word)) {
			*colour = (short)((int)i - 1);
			return true;
		}
	}
	number = strtol(word, &end, 10);
	*colour = (short)number;
	return end != word && !*end && number >= 0 && number <= 255;
}

static bool set_colour(struct config *config, const struct line *line, struct error *error)
{
	static const char *const names[NUM_STYLES] = {
#define X(id, name) [STYLE_##id] = name,
		UI_STYLES(X)
#undef X
	};
	struct config_colour colour = {.set = true, .back = -1};
	unsigned at = 3;
	int style = 0;

	if (line->num_words < 3)
		return bad_line(line, error, "colour needs a style and a colour", "");
	while (style < NUM_STYLES && strcmp(names[style], line->words[1]) != 0)
		style++;
	if (style == NUM_STYLES)
		return bad_line(line, error, "no such style:", line->words[1]);
	if (!parse_colour(line->words[2], &colour.front))
		return bad_line(line, error, "no such colour:", line->words[2]);
	if (at < line->num_words && strcmp(line->words[at], "bold") != 0 &&
	    !parse_colour(line->words[at++], &colour.back))
		return bad_line(line, error, "no such colour:", line->words[at - 1]);
	if (at < line->num_words && !strcmp(line->words[at], "bold")) {
		colour.bold = true;
		at++;
	}
	if (at < line->num_words)
		return bad_line(line, error, "unexpected word:", line->words[at]);
	config->colours[style] = colour;
	return true;
}

static bool set_view(struct config *config, const struct line *line, struct error *error)
{
	for (int id = 0; line->num_words == 2 && id < NUM_VIEWS; id++) {
		if (!strcmp(views[id]->name, line->words[1])) {
			config->view = (enum view_id)id;
			return true;
		}
	}
	return bad_line(line, error, "view needs the name of a view", "");
}

static bool set_mouse(struct config *config, const struct line *line, struct error *error)
{
	if (line->num_words != 2 ||
	    (strcmp(line->words[1], "on") != 0 && strcmp(line->words[1], "off") != 0))
		return bad_line(line, error, "mouse is on or off", "");
	config->mouse = !strcmp(line->words[1], "on");
	return true;
}

static bool parse_line(struct config *config, struct line *line, char *text, struct error *error)
{
	char *save = NULL;

	line->num_words = 0;
	for (char *word = strtok_r(text, " \t\r", &save); word;
	     word = strtok_r(NULL, " \t\r", &save)) {
		/* `bind COMMAND #` names the key. */
		if (*word == '#' && (line->num_words != 2 || word[1]))
			break;
		if (line->num_words == MAX_WORDS)
			return bad_line(line, error, "too many words", "");
		line->words[line->num_words++] = word;
	}
	if (!line->num_words)
		return true;
	if (!strcmp(line->words[0], "bind"))
		return set_keys(config, line, error);
	if (!strcmp(line->words[0], "colour") || !strcmp(line->words[0], "color"))
		return set_colour(config, line, error);
	if (!strcmp(line->words[0], "view"))
		return set_view(config, line, error);
	if (!strcmp(line->words[0], "mouse"))
		return set_mouse(config, line, error);
	return bad_line(line, error, "no such setting:", line->words[0]);
}

bool config_parse(struct config *config, const char *name, const char *text, struct error *error)
{
	struct line line = {.name = name};
	char *copy = strdup(text), *save = NULL, *next = copy;
	bool ok = copy != NULL;

	memset(config, 0, sizeof(*config));
	config->view = VIEW_PAGES;
	if (!copy)
		error_set(error, EXIT_USAGE, "out of memory");
	while (ok && (save = strsep(&next, "\n"))) {
		line.number++;
		ok = parse_line(config, &line, save, error);
	}
	free(copy);
	return ok;
}

static bool config_path(char *path, size_t size)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int length;

	if (base && *base == '/')
		length = snprintf(path, size, "%s/pagerview/config", base);
	else if (home && *home)
		length = snprintf(path, size, "%s/.config/pagerview/config", home);
	else
		return false;
	return length > 0 && (size_t)length < size;
}

bool config_load(struct config *config, struct error *error)
{
	char path[1024], *text;
	FILE *file = NULL;
	size_t length;
	bool ok;

	errno = ENOENT;
	if (config_path(path, sizeof(path)))
		file = fopen(path, "r");
	if (!file && (errno == ENOENT || errno == ENOTDIR))
		return config_parse(config, "", "", error);
	if (!file)
		return error_set(error, EXIT_USAGE, "%.200s: %s", path, strerror(errno));
	text = calloc(1, MAX_BYTES + 1);
	length = text ? fread(text, 1, MAX_BYTES + 1, file) : 0;
	if (!text)
		ok = error_set(error, EXIT_USAGE, "out of memory");
	else if (ferror(file) || length > MAX_BYTES)
		ok = error_set(error, EXIT_USAGE, "%.200s: cannot be read as a configuration",
			       path);
	else
		ok = error_unless_text(error, EXIT_USAGE, path, text, length) &&
		     config_parse(config, path, text, error);
	free(text);
	fclose(file);
	return ok;
}
