/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands and options are two tables; the help text is made from them, so what it lists is what
 * there is. getopt_long does the splitting, its own messages are off: every complaint is one line
 * in our form.
 */
#include "options.h"
#include "options_table.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum command command;
	int arguments; /* -1: one, or none */
} commands[] = {
#define X(name, command, count, arguments, text) {name, command, count},
	COMMAND_TABLE(X)
#undef X
};
#define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option long_options[] = {
#define X(name, letter, argument, text)                                                            \
	{name, sizeof(argument) > 1 ? required_argument : no_argument, NULL, letter},
	OPTION_TABLE(X)
#undef X
		{NULL, 0, NULL, 0},
};

__attribute__((format(printf, 2, 3))) static bool usage(struct error *error, const char *format,
							...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(error, EXIT_USAGE, "%s: see pagerview --help", text);
}

/* ---- values ---- */

static bool parse_whole(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	if (!text[0] || !strchr("0123456789", text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !*end && errno == 0 && *value <= max;
}

static bool parse_seconds(const char *text, double *value)
{
	char *end;

	if (!text[0] || !strchr("0123456789.", text[0]))
		return false;
	*value = strtod(text, &end);
	return !*end && isfinite(*value) && *value >= 0 && *value <= 1e6;
}

/* The index of TEXT among WORDS ("a|b|c"), or -1. */
static int parse_choice(const char *text, const char *words)
{
	size_t len = strlen(text);

	for (int i = 0; len && *words; i++) {
		size_t word = strcspn(words, "|");

		if (word == len && strncmp(words, text, len) == 0)
			return i;
		words += word + (words[word] == '|');
	}
	return -1;
}

static bool take_until(struct options *options, const char *text, struct error *error)
{
	if (strcmp(text, "end") == 0) {
		options->until = UNTIL_END;
	} else if (strcmp(text, "done") == 0) {
		options->until = UNTIL_DONE;
	} else if (strncmp(text, "step:", 5) == 0) {
		options->until = UNTIL_STEP;
		if (!parse_whole(text + 5, 1000000, &options->until_step) ||
		    options->until_step == 0)
			return usage(error, "--until %s: steps are numbered from 1", text);
	} else if (strncmp(text, "event:", 6) == 0) {
		options->until = UNTIL_EVENT;
		options->until_event = text + 6;
		if (!text[6] || strlen(text + 6) > 20)
			return usage(error, "--until %.40s: an event has a name: event:fault",
				     text);
	} else if (parse_seconds(text, &options->until_seconds)) {
		options->until = UNTIL_SECONDS;
	} else {
		return usage(error,
			     "--until %s: not end, done, step:N, event:NAME or a number of seconds",
			     text);
	}
	return true;
}

static bool set_source(struct options *options, enum source_kind kind, const char *arg,
		       struct error *error)
{
	if (options->source != FROM_NONE)
		return usage(error, "more than one of --connect, --run, --core and -f");
	if (!arg[0])
		return usage(error, "an empty name");
	options->source = kind;
	options->source_arg = arg;
	return true;
}

static bool set_choice(const char *option, const char *text, const char *words, int *value,
		       struct error *error)
{
	*value = parse_choice(text, words);
	if (*value < 0)
		return usage(error, "--%s %s: not one of %s", option, text, words);
	return true;
}

static bool set_number(const char *option, const char *text, uint64_t min, uint64_t max,
		       uint64_t *value, struct error *error)
{
	if (parse_whole(text, max, value) && *value >= min)
		return true;
	return usage(error, "%s %s: not a number from %llu to %llu", option, text,
		     (unsigned long long)min, (unsigned long long)max);
}

static bool set_slide(struct options *options, const char *text, struct error *error)
{
	options->slide_given = strcmp(text, "auto") != 0;
	if (!options->slide_given || parse_whole(text, UINT64_MAX, &options->slide))
		return true;
	return usage(error, "--slide %s: not auto and no number", text);
}

static bool take_connect(struct options *options, const char *arg, struct error *error)
{
	return set_source(options, FROM_CONNECT, arg, error);
}

static bool take_run(struct options *options, const char *arg, struct error *error)
{
	return set_source(options, FROM_RUN, arg, error);
}

static bool take_file(struct options *options, const char *arg, struct error *error)
{
	return set_source(options, FROM_FILE, arg, error);
}

static bool take_core(struct options *options, const char *arg, struct error *error)
{
	return set_source(options, FROM_CORE, arg, error);
}

static bool take_timeout(struct options *options, const char *arg, struct error *error)
{
	if (parse_seconds(arg, &options->timeout_s) && options->timeout_s >= 0.01)
		return true;
	return usage(error, "--timeout %s: not a number of seconds", arg);
}

/*
 * What becomes of an option's value, by its letter or number in OPTION_TABLE. FIELD is where it
 * goes in struct options: a bool, a string, a number within its limits, or the enum that WORDS
 * spell, whose first value is MIN. What is none of these has a function of its own.
 */
enum rule_kind { RULE_CALL, RULE_FLAG, RULE_TEXT, RULE_NUMBER, RULE_CHOICE, RULE_COMMAND };
struct rule {
	int letter;
	enum rule_kind kind;
	size_t field;
	const char *said; /* in a complaint */
	unsigned int min, max;
	const char *words;
	bool (*take)(struct options *options, const char *arg, struct error *error);
};

#define RULE(letter_, kind_, field_, ...)                                                          \
	{                                                                                          \
		.letter = letter_, .kind = kind_, .field = offsetof(struct options, field_),       \
		__VA_ARGS__                                                                        \
	}
#define CALL(letter, function) RULE(letter, RULE_CALL, command, .take = function)
#define FLAG(letter, field)    RULE(letter, RULE_FLAG, field, .max = 1)
#define TEXT(letter, field)    RULE(letter, RULE_TEXT, field, .said = #field)
#define COMMAND(letter, value) RULE(letter, RULE_COMMAND, command, .min = value)
#define NUMBER(letter, field, said_, min_, max_)                                                   \
	RULE(letter, RULE_NUMBER, field, .said = said_, .min = min_, .max = max_)
#define CHOICE(letter, field, said_, first, words_)                                                \
	RULE(letter, RULE_CHOICE, field, .said = said_, .min = first, .words = words_)

static const struct rule rules[] = {
	CALL('c', take_connect),
	CALL('r', take_run),
	CALL('f', take_file),
	CALL(1000, take_core),
	TEXT('e', elf),
	TEXT('p', profile),
	CALL(1001, set_slide),
	CALL(1002, take_until),
	TEXT('o', output),
	CHOICE(1003, format, "format", FORMAT_JSON, "json|text|svg|dot"),
	NUMBER('d', delay_tenths, "-d", 1, 600),
	CHOICE(1004, read, "read", READ_AUTO, "auto|local|stub|el3"),
	CHOICE(1005, leave, "leave", LEAVE_AS_FOUND, "as-found|running|stopped"),
	CALL(1006, take_timeout),
	FLAG(1007, loop),
	NUMBER(1008, pace_ms, "--pace", 0, 60000),
	FLAG(1009, events),
	FLAG(1012, watch),
	FLAG(1013, back),
	FLAG(1014, growth),
	FLAG(1015, lesson),
	TEXT(1016, record),
	NUMBER(1017, moment, "--moment", 1, 1000000),
	FLAG('C', no_color),
	FLAG('U', ascii),
	COMMAND('h', COMMAND_HELP),
	COMMAND('V', COMMAND_VERSION),
};
#define NUM_RULES (sizeof(rules) / sizeof(rules[0]))

_Static_assert(sizeof(enum output_format) == sizeof(unsigned int) &&
		       sizeof(enum read_method) == sizeof(unsigned int) &&
		       sizeof(enum leave_target) == sizeof(unsigned int) &&
		       sizeof(uint32_t) == sizeof(unsigned int),
	       "numbers and choices are written as unsigned int");

static bool apply_rule(struct options *options, const struct rule *rule, const char *arg,
		       struct error *error)
{
	char *field = (char *)options + rule->field;
	unsigned int value = 0;
	uint64_t number;
	int choice;

	switch (rule->kind) {
	case RULE_CALL:
		return rule->take(options, arg, error);
	case RULE_FLAG:
		memcpy(field, &(bool){true}, sizeof(bool));
		return true;
	case RULE_TEXT:
		memcpy(field, &arg, sizeof(arg));
		return true;
	case RULE_COMMAND:
		options->command = (enum command)rule->min;
		return true;
	case RULE_NUMBER:
		if (!set_number(rule->said, arg, rule->min, rule->max, &number, error))
			return false;
		value = (unsigned int)number;
		break;
	case RULE_CHOICE:
		if (!set_choice(rule->said, arg, rule->words, &choice, error))
			return false;
		value = rule->min + (unsigned int)choice;
		break;
	}
	memcpy(field, &value, sizeof(value));
	return true;
}

static bool take_option(struct options *options, int letter, const char *arg, struct error *error)
{
	for (size_t i = 0; i < NUM_RULES; i++) {
		if (rules[i].letter == letter)
			return apply_rule(options, &rules[i], arg, error);
	}
	return usage(error, "unknown option");
}

static bool take_options(int argc, char **argv, struct options *options, struct error *error)
{
	int letter;

	opterr = 0;
	optind = 0; /* from the beginning, whatever was read before (getopt(3)) */
	while ((letter = getopt_long(argc, argv, ":c:r:f:e:p:o:d:CUhV", long_options, NULL)) !=
	       -1) {
		const char *said = argv[optind - 1];

		if (letter == ':')
			return usage(error, "%s needs a value", said);
		if (letter == '?' && optopt > ' ' && optopt < 0x7f)
			return usage(error, "unknown option -%c", optopt);
		if (letter == '?')
			return usage(error, "unknown or ambiguous option %s", said);
		if (!take_option(options, letter, optarg, error))
			return false;
	}
	return true;
}

/* ---- the whole ---- */

/* The command that is asked for, the screen if none is; *WANTED: its arguments, as in the table. */
static bool find_command(const char *name, struct options *options, int *wanted,
			 struct error *error)
{
	for (size_t i = 0; i < NUM_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		options->command = commands[i].command;
		*wanted = commands[i].arguments;
		return true;
	}
	return usage(error, "unknown command '%.60s'", name);
}

/* ARGUMENTS are those of the command, as many as it wants. */
static bool take_arguments(char **arguments, int given, struct options *options,
			   struct error *error)
{
	switch (options->command) {
	case COMMAND_DIFF:
		options->files[0] = arguments[0];
		options->files[1] = arguments[1];
		return true;
	case COMMAND_REPLAY:
		options->command = COMMAND_TUI;
		return set_source(options, FROM_FILE, arguments[0], error);
	case COMMAND_BLAME:
		options->object = given ? arguments[0] : NULL;
		return true;
	case COMMAND_MANUAL:
		options->manual = arguments[0];
		return true;
	case COMMAND_OWNERS:
		return parse_whole(arguments[0], UINT64_MAX, &options->address) ||
		       usage(error, "owners %.60s: no address", arguments[0]);
	default:
		return true;
	}
}

static bool take_command(int argc, char **argv, struct options *options, struct error *error)
{
	int wanted = 0, given = argc - optind - 1;
	const char *name = optind < argc ? argv[optind] : "tui";

	if (options->command == COMMAND_HELP || options->command == COMMAND_VERSION)
		return true;
	if (!find_command(name, options, &wanted, error))
		return false;
	if (given < 0)
		given = 0;
	if (wanted < 0 ? given > -wanted : given != wanted)
		return usage(error, "%s takes %d argument%s, not %d", name, wanted,
			     wanted == 1 ? "" : "s", given);
	return take_arguments(argv + optind + 1, given, options, error);
}

/* What does not go together, in the order in which it is told. */
static bool check_together(const struct options *options, struct error *error)
{
	enum command command = options->command;
	bool from_run = options->source == FROM_RUN, from_file = options->source == FROM_FILE,
	     from_core = options->source == FROM_CORE;
	bool stands = from_file || from_core, waits = options->until != UNTIL_NOW;
	bool wants_source = command == COMMAND_TUI || command == COMMAND_SNAP ||
			    command == COMMAND_CHECK || command == COMMAND_OWNERS ||
			    command == COMMAND_GRAPH || command == COMMAND_TRACE ||
			    command == COMMAND_BLAME;
	bool drawn = options->format == FORMAT_SVG || options->format == FORMAT_DOT;
	const struct {
		bool broken;
		const char *says;
	} pairs[] = {
		{command == COMMAND_LAYOUT && !options->elf, "layout needs --elf FILE"},
		{wants_source && options->source == FROM_NONE,
		 "nothing to look at: --connect, --run, --core or -f"},
		{from_core && !options->elf, "--core needs --elf FILE"},
		{options->source == FROM_CONNECT && !options->elf, "--connect needs --elf FILE"},
		{waits && stands, "--until: a file does not run"},
		{options->loop && !from_run, "--loop goes with --run"},
		{options->pace_ms && !from_run, "--pace goes with --run"},
		{command == COMMAND_TRACE && stands, "trace: a file does not run"},
		{(options->watch || options->back) && command != COMMAND_BLAME,
		 "--watch and --back go with blame"},
		{options->watch && (!options->object || options->back),
		 "--watch is for one object: blame OBJ --watch"},
		{options->growth && (command != COMMAND_CHECK || stands),
		 "--growth goes with check of a target that runs"},
		{command == COMMAND_HANDOUT && (!from_run || options->loop || waits),
		 "handout goes with --run SCENARIO"},
		{options->lesson && (command != COMMAND_TUI || !from_run || options->loop ||
				     options->pace_ms || waits),
		 "--lesson goes with tui --run SCENARIO alone"},
		{options->record && (command != COMMAND_TUI || from_file || options->lesson),
		 "--record goes with tui of a target"},
		{options->moment && (!from_file || command == COMMAND_TUI),
		 "--moment goes with snap, check, owners or graph -f RECORDING"},
		{options->events && command != COMMAND_SNAP, "--events goes with snap"},
		{drawn && command != COMMAND_GRAPH, "--format svg and dot go with graph"},
		{command == COMMAND_GRAPH && options->format == FORMAT_JSON,
		 "graph writes svg, dot or text; JSON is written by snap"},
		{command == COMMAND_SNAP && options->format == FORMAT_TEXT,
		 "snap writes JSON only"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].broken)
			return usage(error, "%s", pairs[i].says);
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	memset(options, 0, sizeof(*options));
	options->delay_tenths = 5;
	options->timeout_s = 30;
	return take_options(argc, argv, options, error) &&
	       take_command(argc, argv, options, error) &&
	       (options->command == COMMAND_HELP || options->command == COMMAND_VERSION ||
		check_together(options, error));
}

const char *options_help(void)
{
	static char text[8192];
	size_t len = 0;

	len += (size_t)snprintf(text + len, sizeof(text) - len,
				"usage: pagerview [COMMAND] SOURCE [OPTIONS]\n\nCommands\n");
#define X(name, command, count, arguments, what)                                                   \
	len += (size_t)snprintf(text + len, sizeof(text) - len, "  %-7s %-5s %s\n", name,          \
				arguments, what);
	COMMAND_TABLE(X)
#undef X
	len += (size_t)snprintf(text + len, sizeof(text) - len,
				"\nSources (--connect, --run, --core, -f) and options\n");
#define X(name, letter, argument, what)                                                            \
	{                                                                                          \
                                                                                                   \
		char both[64], dash[4] = "";                                                       \
		if ((letter) < 1000)                                                               \
			snprintf(dash, sizeof(dash), "-%c,", letter);                              \
		snprintf(both, sizeof(both), "%3s --%s %s", dash, name, argument);                 \
		len += (size_t)snprintf(text + len, sizeof(text) - len, "  %-34s %s\n", both,      \
					what);                                                     \
	}
	OPTION_TABLE(X)
#undef X
	snprintf(text + len, sizeof(text) - len,
		 "\nExit status\n"
		 "  0 clean  1 findings  2 usage  3 connection  4 symbol or layout missing\n"
		 "  5 partial or torn\n");
	return text;
}
