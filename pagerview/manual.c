/* SPDX-License-Identifier: BSD-2-Clause */
#include "manual.h"

#include <string.h>

#include "options_table.h"
#include "ui/canvas.h"
#include "ui/keys.h"

/* An option's argument is completed by what it is: a file, one of some words, or nothing known. */
struct option_row {
	const char *name;
	int letter; /* 1000 and above: it has none */
	const char *argument, *text;
};
static const struct option_row options[] = {
#define X(name, letter, argument, text) {name, letter, argument, text},
	OPTION_TABLE(X)
#undef X
};
#define NUM_OPTIONS (sizeof(options) / sizeof(options[0]))

struct command_row {
	const char *name, *arguments, *text;
};
static const struct command_row commands[] = {
#define X(name, command, count, arguments, text) {name, arguments, text},
	COMMAND_TABLE(X)
#undef X
};
#define NUM_ROWS (sizeof(commands) / sizeof(commands[0]))

struct key_row {
	const char *name, *keys, *group, *help;
};
static const struct key_row keys[] = {
#define X(id, name, defaults, group, hint, help) {name, defaults, group, help},
	UI_COMMANDS(X)
#undef X
};
#define NUM_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct {
	const char *signs, *meaning;
} signs[] = {
#define X(signs, meaning) {signs, meaning},
	UI_SIGNS(X)
#undef X
};

static bool has_letter(const struct option_row *option)
{
	return option->letter < 1000;
}

static bool takes_words(const struct option_row *option)
{
	return strchr(option->argument, '|') != NULL;
}

static bool takes_file(const struct option_row *option)
{
	static const char *const kinds[] = {"FILE", "DUMP", "SCENARIO", "NAME|FILE"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(option->argument, kinds[i]))
			return true;
	return false;
}

/* ---- the manual page ---- */

/* Text in roff: a leading dot or quote and every backslash and dash lose their meaning. */
static void write_roff(FILE *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (c == text && (*c == '.' || *c == '\''))
			fputs("\\&", out);
		if (*c == '\\')
			fputs("\\e", out);
		else if (*c == '-')
			fputs("\\-", out);
		else
			fputc(*c, out);
	}
}

static void write_item(FILE *out, const char *term, const char *argument, const char *text)
{
	fputs(".TP\n\\fB", out);
	write_roff(out, term);
	fputs("\\fR", out);
	if (argument[0]) {
		fputs(" \\fI", out);
		write_roff(out, argument);
		fputs("\\fR", out);
	}
	fputs("\n", out);
	write_roff(out, text);
	fputs("\n", out);
}

static void write_options(FILE *out)
{
	for (size_t i = 0; i < NUM_OPTIONS; i++) {
		char term[64];

		if (has_letter(&options[i]))
			snprintf(term, sizeof(term), "-%c, --%s", options[i].letter,
				 options[i].name);
		else
			snprintf(term, sizeof(term), "--%s", options[i].name);
		write_item(out, term, options[i].argument, options[i].text);
	}
}

static void write_keys(FILE *out)
{
	for (size_t i = 0; i < NUM_KEYS; i++) {
		bool first = true;

		for (size_t j = 0; j < i; j++)
			first &= strcmp(keys[j].group, keys[i].group) != 0;
		if (!first)
			continue;
		fprintf(out, ".SS %s\n", keys[i].group);
		for (size_t j = i; j < NUM_KEYS; j++)
			if (!strcmp(keys[j].group, keys[i].group))
				write_item(out, keys[j].keys, keys[j].name, keys[j].help);
	}
}

/* The user's configuration; its words are those of the tables that read it. */
static void write_files(FILE *out)
{
	static const char *const styles[] = {
#define X(id, name) name,
		UI_STYLES(X)
#undef X
	};

	fputs(".SH FILES\n.TP\n\\fI$XDG_CONFIG_HOME/pagerview/config\\fR, else "
	      "\\fI~/.config/pagerview/config\\fR\nOne setting a line; \\fB#\\fR begins a "
	      "comment.\n.RS\n",
	      out);
	write_item(out, "bind", "COMMAND KEY...",
		   "instead of the command's own keys: a character, C-x, or a name as in KEYS, "
		   "where each command's name stands behind its keys");
	write_item(out, "colour", "STYLE FRONT [BACK] [bold]",
		   "0 to 255, black, red, green, yellow, blue, magenta, cyan, white or default");
	write_item(out, "view", "NAME", "the first view");
	write_item(out, "mouse", "on|off",
		   "clicks select, and follow what is selected; the wheel moves; off if not said");
	fputs(".RE\n.PP\nStyles:\n", out);
	for (size_t i = 0; i < NUM_STYLES; i++) {
		write_roff(out, styles[i]);
		fputs(i + 1 < NUM_STYLES ? ", " : ".\n", out);
	}
	fputs(".SH ENVIRONMENT\n", out);
	write_item(
		out, "XDG_RUNTIME_DIR", "",
		"where the socket of a target that --run starts lies for a moment; without it, in "
		"/tmp");
	write_item(out, "NO_COLOR", "", "if it is set and not empty, as -C");
	write_item(out, "LC_ALL, LC_CTYPE, LANG", "", "a locale that is not UTF-8 is as -U");
	write_item(out, "TERM", "", "the terminal; one that cannot place a cursor is refused");
}

static void write_man(FILE *out)
{
	fputs(".TH PAGERVIEW 1\n.SH NAME\npagerview \\- watch, teach and debug the pager of a "
	      "Trusted Execution Environment\n.SH SYNOPSIS\n.B pagerview\n[\\fICOMMAND\\fR] "
	      "\\fISOURCE\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
	      "Reads the lists of a pager such as OP\\-TEE's from a running QEMU or any other "
	      "gdbstub, from a memory dump or from a snapshot, and shows the live mappings, the "
	      "owners of every physical page and the holders of every reference. The kernel "
	      "need not be changed: its symbols and its DWARF say where everything lies.\n"
	      ".SH COMMANDS\n",
	      out);
	for (size_t i = 0; i < NUM_ROWS; i++)
		write_item(out, commands[i].name, commands[i].arguments, commands[i].text);
	fputs(".SH SOURCES AND OPTIONS\n", out);
	write_options(out);
	fputs(".SH KEYS\n", out);
	write_keys(out);
	fputs(".SH SIGNS\n", out);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		write_item(out, signs[i].signs, "", signs[i].meaning);
	write_files(out);
	fputs(".SH EXIT STATUS\n"
	      ".TP\n0\nclean\n.TP\n1\nfindings\n.TP\n2\nusage\n.TP\n3\nthe connection failed or "
	      "was lost\n.TP\n4\na symbol or a layout is missing in the ELF\n.TP\n5\nthe snapshot "
	      "is partial or torn\n"
	      ".SH SEE ALSO\n.BR gdb (1),\n.BR qemu (1)\n",
	      out);
}

/* ---- completions ---- */

static void write_words(FILE *out, const char *words)
{
	for (; *words; words++)
		fputc(*words == '|' ? ' ' : *words, out);
}

static void write_bash(FILE *out)
{
	fputs("_pagerview() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	      "prev=${COMP_WORDS[COMP_CWORD-1]}\n\tcase $prev in\n",
	      out);
	for (size_t i = 0; i < NUM_OPTIONS; i++) {
		if (!options[i].argument[0])
			continue;
		fputs("\t", out);
		if (has_letter(&options[i]))
			fprintf(out, "-%c|", options[i].letter);
		fprintf(out, "--%s) COMPREPLY=(", options[i].name);
		if (takes_file(&options[i])) {
			fputs("$(compgen -f -- \"$cur\")", out);
		} else if (takes_words(&options[i])) {
			fputs("$(compgen -W \"", out);
			write_words(out, options[i].argument);
			fputs("\" -- \"$cur\")", out);
		}
		fputs("); return ;;\n", out);
	}
	fputs("\tesac\n\tCOMPREPLY=($(compgen -W \"", out);
	for (size_t i = 0; i < NUM_ROWS; i++)
		fprintf(out, "%s ", commands[i].name);
	for (size_t i = 0; i < NUM_OPTIONS; i++)
		fprintf(out, "--%s ", options[i].name);
	fputs("\" -- \"$cur\"))\n}\ncomplete -o filenames -F _pagerview pagerview\n", out);
}

/* Inside single quotes; brackets and colons mean something to _arguments. */
static void write_zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void write_zsh_option(FILE *out, const struct option_row *option, bool by_letter)
{
	if (by_letter)
		fprintf(out, "\t'-%c[", option->letter);
	else
		fprintf(out, "\t'--%s[", option->name);
	write_zsh_text(out, option->text);
	fputs("]", out);
	if (option->argument[0]) {
		fputs(":", out);
		write_zsh_text(out, option->argument);
		fputs(":", out);
		if (takes_file(option)) {
			fputs("_files", out);
		} else if (takes_words(option)) {
			fputs("(", out);
			write_words(out, option->argument);
			fputs(")", out);
		}
	}
	fputs("' \\\n", out);
}

static void write_zsh(FILE *out)
{
	fputs("#compdef pagerview\n_arguments \\\n", out);
	for (size_t i = 0; i < NUM_OPTIONS; i++) {
		write_zsh_option(out, &options[i], false);
		if (has_letter(&options[i]))
			write_zsh_option(out, &options[i], true);
	}
	fputs("\t'1:command:((", out);
	for (size_t i = 0; i < NUM_ROWS; i++) {
		fprintf(out, "%s%s\\:\"", i ? " " : "", commands[i].name);
		write_zsh_text(out, commands[i].text);
		fputs("\"", out);
	}
	fputs("))' \\\n\t'*:file:_files'\n", out);
}

bool manual_write(const char *kind, FILE *out)
{
	static const struct {
		const char *kind;
		void (*write)(FILE *out);
	} writers[] = {{"man", write_man}, {"bash", write_bash}, {"zsh", write_zsh}};

	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		if (strcmp(kind, writers[i].kind))
			continue;
		writers[i].write(out);
		return fflush(out) == 0 && !ferror(out);
	}
	return false;
}
