/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: what is accepted means what it says, what is not is one line that points to
 * --help.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "options_table.h"

/* Split LINE at its blanks and parse it. */
static bool parse(const char *line, struct options *options, struct error *error)
{
	static char copy[512];
	char *argv[32] = {(char *)"pagerview"}, *rest = copy, *word;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL && argc < 31) {
		if (word[0])
			argv[argc++] = word;
	}
	argv[argc] = NULL;
	memset(error, 0, sizeof(*error));
	return options_parse(argc, argv, options, error);
}

static struct options good(const char *line)
{
	struct options options;
	struct error error;

	if (!parse(line, &options, &error))
		fail_msg("%s: %s", line, error.text);
	return options;
}

static void test_good(void **state)
{
	struct options o = good("--run a.scn");

	(void)state;
	assert_int_equal(o.command, COMMAND_TUI);
	assert_int_equal(o.source, FROM_RUN);
	assert_string_equal(o.source_arg, "a.scn");
	assert_int_equal(o.delay_tenths, 5);
	o = good("snap --run a.scn --until end -o x.json");
	assert_int_equal(o.command, COMMAND_SNAP);
	assert_int_equal(o.until, UNTIL_END);
	assert_string_equal(o.output, "x.json");
	o = good("snap --connect unix:/x/y --elf k.elf --until step:3 --slide 0x1000 --leave "
		 "stopped");
	assert_int_equal(o.source, FROM_CONNECT);
	assert_int_equal(o.until, UNTIL_STEP);
	assert_int_equal(o.until_step, 3);
	assert_true(o.slide_given);
	assert_int_equal(o.slide, 0x1000);
	assert_int_equal(o.leave, LEAVE_STOPPED);
	o = good("snap --connect :1 --elf k --slide auto --read stub --until 1.5 --timeout 3");
	assert_false(o.slide_given);
	assert_int_equal(o.read, READ_STUB);
	assert_int_equal(o.until, UNTIL_SECONDS);
	assert_true(o.until_seconds == 1.5 && o.timeout_s == 3);
	o = good("graph --run a --until event:release");
	assert_int_equal(o.until, UNTIL_EVENT);
	assert_string_equal(o.until_event, "release");
	o = good("replay x.jsonl");
	assert_int_equal(o.command, COMMAND_TUI);
	assert_int_equal(o.source, FROM_FILE);
	assert_string_equal(o.source_arg, "x.jsonl");
	assert_int_equal(good("snap -f x.jsonl --moment 7").moment, 7);
	assert_string_equal(good("tui --run a --record b").record, "b");
	o = good("owners 0x41000000 -f x.json");
	assert_int_equal(o.command, COMMAND_OWNERS);
	assert_int_equal(o.address, 0x41000000);
	o = good("diff a b --format json");
	assert_string_equal(o.files[1], "b");
	assert_int_equal(o.format, FORMAT_JSON);
	o = good("tui --run a.scn --loop --pace 300 -d 20 -C -U");
	assert_true(o.loop && o.no_color && o.ascii);
	assert_int_equal(o.pace_ms, 300);
	assert_int_equal(o.delay_tenths, 20);
	assert_int_equal(good("--help").command, COMMAND_HELP);
	assert_int_equal(good("snap --version").command, COMMAND_VERSION);
	assert_int_equal(good("layout --elf x").command, COMMAND_LAYOUT);
}

static void test_bad(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"", "nothing to look at"},
		{"frob", "unknown command 'frob'"},
		{"snap", "nothing to look at"},
		{"snap --frob", "unknown"},
		{"snap -x", "unknown option -x"},
		{"snap --run", "needs a value"},
		{"snap --run a extra", "takes 0 arguments"},
		{"snap --run a -f b", "more than one"},
		{"snap --connect :1", "needs --elf"},
		{"snap --core dump", "needs --elf"},
		{"snap --run a --until lunch", "--until lunch"},
		{"snap --run a --until step:0", "numbered from 1"},
		{"snap --run a --until step:x", "numbered from 1"},
		{"snap --run a --until -3", "--until -3"},
		{"snap --run a --until nan", "--until nan"},
		{"snap --run a --until event:", "an event has a name"},
		{"snap --run a --until event:averyveryverylongname", "an event has a name"},
		{"snap -f a --until end", "does not run"},
		{"snap --run a --record b", "--record goes with tui"},
		{"tui -f a --record b", "--record goes with tui"},
		{"snap --run a --moment 2", "--moment goes with"},
		{"snap -f a --moment 0", "--moment 0"},
		{"replay", "takes 1 argument"},
		{"replay a -f b", "more than one"},
		{"snap --run a -d 0", "-d 0"},
		{"snap --run a -d 601", "-d 601"},
		{"snap --run a -d 5x", "-d 5x"},
		{"snap --run a --read magic", "auto|local|stub|el3"},
		{"snap --run a --leave", "needs a value"},
		{"snap --run a --leave dead", "as-found|running|stopped"},
		{"snap --run a --timeout 0", "--timeout 0"},
		{"snap --run a --timeout 1e99", "--timeout 1e99"},
		{"snap --run a --slide 0x1g", "--slide 0x1g"},
		{"snap --run a --slide 99999999999999999999", "--slide"},
		{"snap --run a --format text", "snap writes JSON"},
		{"snap -f a --loop", "--loop goes with --run"},
		{"snap -f a --pace 3", "--pace goes with --run"},
		{"diff a", "takes 2 arguments"},
		{"owners -f a", "takes 1 argument"},
		{"owners zzz -f a", "no address"},
		{"owners -1 -f a", ""},
		{"layout", "needs --elf"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct options options;
		struct error error;

		if (parse(bad[i].line, &options, &error))
			fail_msg("'%s' is accepted", bad[i].line);
		assert_int_equal(error.status, EXIT_USAGE);
		if (!strstr(error.text, bad[i].says) || !strstr(error.text, "see pagerview --help"))
			fail_msg("'%s': %s", bad[i].line, error.text);
	}
}

/* Every command and every option that is accepted is in the help, and fits its width. */
static void test_help(void **state)
{
	static const char *const words[] = {"tui",    "snap",   "check",     "diff",
					    "owners", "layout", "--run",     "--connect",
					    "--core", "--file", "--elf",     "--until",
					    "--loop", "--pace", "--timeout", "Exit status"};
	const char *help = options_help();

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strstr(help, words[i]))
			fail_msg("%s is not in the help", words[i]);
	}
	for (const char *line = help; line && *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 110);
}

/* Every option of the table is known to the parser: whatever it says of the value, it is not that.
 */
static void every_option_is_known(void **state)
{
	static const char *const names[] = {
#define X(name, letter, argument, text) "--" name,
		OPTION_TABLE(X)
#undef X
	};
	unsigned int tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++, tried++) {
		struct options options;
		struct error error;
		char line[100];

		snprintf(line, sizeof(line), "snap %s", names[i]);
		if (!parse(line, &options, &error) && strstr(error.text, "needs a value")) {
			snprintf(line, sizeof(line), "snap %s 1", names[i]);
			parse(line, &options, &error);
		}
		if (strstr(error.text, "unknown"))
			fail_msg("%s: %s", line, error.text);
	}
	assert_true(tried > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_help),
		cmocka_unit_test(every_option_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
