/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scenario language on the host: what a good line becomes, and that every kind of bad line is
 * refused with its number and a reason. At the end damaged scripts by the thousand: whatever the
 * bytes, an answer and no access out of bounds (ASan and UBSan watch).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/heap.h"
#include "scenario/parse.h"

static bool ta_exists(const char *name)
{
	return strcmp(name, "greeter") == 0 || strcmp(name, "hostile") == 0 ||
	       strcmp(name, "counter") == 0;
}

static bool parse(struct script *script, const char *text)
{
	return script_parse(script, text, strlen(text), ta_exists);
}

/* ---- good lines ---- */

static void test_whole_script(void **state)
{
	struct script script;
	const char *text = "# a comment\n"
			   "title Sharing # and a comment behind it\n"
			   "pool 0x20\n"
			   "\tcpus 4\r\n"
			   "\n"
			   "open A greeter\n"
			   "shm S 6 unpaged\n"
			   "map A S rw 2 3\n"
			   "start A churn 100 7\n"
			   "wait A\n"
			   "invoke A write S 2 1 99\n"
			   "fault flip-bit A.text 3 17\n"
			   "fault flip-bit A.data 0 tag\n"
			   "expect owners A.libbank.text 1 2\n"
			   "expect same A.file A.file\n"
			   "close A\n"
			   "expect state A closed\n"
			   "end\n";
	const struct script_line *lines;

	(void)state;
	assert_true(parse(&script, text));
	assert_int_equal(script.num_lines, 16);
	lines = script.lines;
	assert_string_equal(lines[0].text, "Sharing");
	assert_int_equal(lines[0].number, 2);
	assert_int_equal(lines[1].numbers[0], 32);
	assert_int_equal(lines[2].numbers[0], 4);
	assert_string_equal(lines[3].ta, "greeter");
	assert_int_equal(lines[4].choice, 1);
	assert_int_equal(lines[5].choice, 1);
	assert_int_equal(lines[5].num_numbers, 2);
	assert_int_equal(lines[5].numbers[1], 3);
	assert_string_equal(lines[6].ta_command, "churn");
	assert_int_equal(lines[8].objects[0].shared, 0);
	assert_int_equal(lines[8].num_numbers, 3);
	assert_int_equal(lines[9].choice, CHOICE_NONE);
	assert_int_equal(lines[9].numbers[1], 17);
	assert_int_equal(lines[10].choice, 1);
	assert_int_equal(lines[10].num_numbers, 1);
	assert_string_equal(lines[11].objects[0].section, "libbank.text");
	assert_string_equal(lines[12].objects[1].section, "file");
	assert_int_equal(lines[14].choice, STATE_CLOSED);
	assert_int_equal(lines[15].command, COMMAND_END);
	script_deinit(&script);
}

static void test_last_line_without_newline(void **state)
{
	struct script script;

	(void)state;
	assert_true(parse(&script, "step\nend"));
	assert_int_equal(script.num_lines, 2);
	script_deinit(&script);
}

/* A name may be used again after its `close` or `free`. */
static void test_names_again(void **state)
{
	struct script script;

	(void)state;
	assert_true(parse(&script,
			  "open A greeter\nshm S 1\nmap A S\nclose A\nfree S\n"
			  "expect refs S 0\nexpect refs A.text 0\n"
			  "open A counter\nshm S 2\nmap A S ro\nprotect A S ro 1 1\nend\n"));
	assert_int_equal(script.num_instances, 1);
	script_deinit(&script);
}

static void test_expected_states(void **state)
{
	struct script script;

	(void)state;
	assert_true(parse(&script, "open A hostile\ninvoke A panic\nexpect state A dead\nclose A\n"
				   "open A hostile\nexpect state A alive\nend\n"));
	assert_true(script_expects_state(&script, 1, 0, STATE_DEAD));
	assert_true(script_expects_state(&script, 0, 0, STATE_DEAD));
	assert_false(script_expects_state(&script, 2, 0, STATE_DEAD));
	assert_false(script_expects_state(&script, 1, 0, STATE_ALIVE));
	assert_true(script_expects_state(&script, 4, 0, STATE_ALIVE));
	script_deinit(&script);
}

/* ---- bad lines ---- */

struct bad {
	const char *text;
	unsigned int line;
	const char *says; /* a part of the reason */
};

static const struct bad bad_scripts[] = {
	{"", 1, "must close with `end`"},
	{"step\n", 1, "must close with `end`"},
	{"end\nstep\n", 2, "nothing may follow `end`"},
	{"opne A greeter\nend\n", 1, "unknown command `opne`"},
	{"openA greeter\nend\n", 1, "unknown command"},
	{"expect\nend\n", 1, "nothing to expect"},
	{"expect ref A.text 1\nend\n", 1, "nothing to expect called `ref`"},
	{"fault flip\nend\n", 1, "nothing to fault called `flip`"},
	{"open A\nend\n", 1, "it is `open A TA`"},
	{"open A greeter now\nend\n", 1, "too many words"},
	{"open 1A greeter\nend\n", 1, "no name"},
	{"open A.b greeter\nend\n", 1, "no name"},
	{"open ABCDEFGHIJKLMNOPQRSTUVWX greeter\nend\n", 1, "no name"},
	{"open A nosuch\nend\n", 1, "no TA `nosuch`"},
	{"open A greeter\nopen A greeter\nend\n", 2, "open already"},
	{"open A greeter\nshm A 1\nend\n", 2, "is an instance"},
	{"shm S 1\nopen S greeter\nend\n", 2, "is a shared object"},
	{"close A\nend\n", 1, "never opened"},
	{"open A greeter\nclose A\nclose A\nend\n", 3, "not open"},
	{"open A greeter\nclose A\ninvoke A churn 1 1\nend\n", 3, "not open"},
	{"title\nend\n", 1, "no text"},
	{"say # nothing\nend\n", 1, "no text"},
	{"pool 7\nend\n", 1, "the pool must be 8 to 8192"},
	{"pool 8193\nend\n", 1, "the pool must be"},
	{"pool x\nend\n", 1, "no number for N"},
	{"pool -8\nend\n", 1, "no number"},
	{"pool 0x\nend\n", 1, "no number"},
	{"pool 99999999999999999999\nend\n", 1, "no number"},
	{"pool 18446744073709551616\nend\n", 1, "no number"},
	{"pool 16\npool 16\nend\n", 2, "given twice"},
	{"open A greeter\npool 16\nend\n", 2, "before the first"},
	{"shm S 1\nseed 16\nend\n", 2, "before the first"},
	{"cpus 0\nend\n", 1, "CPUs must be 1 to 4"},
	{"cpus 5\nend\n", 1, "CPUs must be 1 to 4"},
	{"open A greeter\ninvoke A jump\nend\n", 2, "no TA command `jump`"},
	{"open A greeter\ninvoke A\nend\n", 2, "too few words"},
	{"open A greeter\ninvoke A touch text 0\nend\n", 2, "it is `touch SECTION FIRST COUNT`"},
	{"open A greeter\ninvoke A touch heap 0 1\nend\n", 2, "neither section nor shared"},
	{"open A greeter\ninvoke A touch file 0 1\nend\n", 2, "neither section nor shared"},
	{"open A greeter\ninvoke A panic\nend\n", 2, "only the TA `hostile` knows `panic`"},
	{"open A greeter\nstart A churn 1 1\ninvoke A greet\nend\n", 3, "line 2 started"},
	{"open A greeter\nwait A\nend\n", 2, "nothing was started"},
	{"shm S 0\nend\n", 1, "pages must be 1 to"},
	{"shm S 65537\nend\n", 1, "pages must be 1 to"},
	{"shm text 1\nend\n", 1, "no name for an object"},
	{"shm S 1 pagde\nend\n", 1, "too many words"},
	{"shm S 1\nshm S 1\nend\n", 2, "exists already"},
	{"shm S 1\nfree S\nfree S\nend\n", 3, "freed already"},
	{"free S\nend\n", 1, "never made"},
	{"open A greeter\nmap A S\nend\n", 2, "never made"},
	{"open A greeter\nshm S 4\nmap A S rw 4\nend\n", 3, "pages 0 to 3"},
	{"open A greeter\nshm S 4\nmap A S rw 2 3\nend\n", 3, "pages 0 to 3"},
	{"open A greeter\nshm S 4\nmap A S rw 2 0\nend\n", 3, "pages 0 to 3"},
	{"open A greeter\nshm S 4\nmap A S rw 1 18446744073709551615\nend\n", 3, "pages 0 to 3"},
	{"open A greeter\nshm S 4\nfree S\nmap A S\nend\n", 4, "was freed"},
	{"open A greeter\nshm S 4\nunmap A S\nend\n", 3, "not mapped into"},
	{"open A greeter\nshm S 4\nprotect A S ro\nend\n", 3, "not mapped into"},
	{"open A greeter\nshm S 4\nmap A S\nprotect A S\nend\n", 4, "too few words"},
	{"open A greeter\nshm S 4\nmap A S\nprotect A S rx\nend\n", 4, "no such word"},
	{"open A greeter\nshm S 4\ninvoke A touch S 0 1\nend\n", 3, "not mapped into"},
	{"open A greeter\nfault skip-put A.heap\nend\n", 2, "no section `heap`"},
	{"open A greeter\nfault skip-put A.\nend\n", 2, "no section"},
	{"open A greeter\nclose A\nfault skip-put A.text\nend\n", 3, "not open"},
	{"shm S 1\nfree S\nfault skip-put S\nend\n", 3, "was freed"},
	{"fault fail-alloc 0\nend\n", 1, "the allocation must be"},
	{"open A greeter\nfault flip-bit A.file 0\nend\n", 2, "a file has no pages"},
	{"open A greeter\nexpect owners A.file 0 1\nend\n", 2, "a file has no pages"},
	{"open A greeter\nexpect resident A.file 1\nend\n", 2, "a file has no pages"},
	{"open A greeter\nexpect state A asleep\nend\n", 2, "no such word"},
	{"expect state A alive\nend\n", 1, "never opened"},
	{"expect refs A.text 1\nend\n", 1, "never opened"},
	{"expect refs S 1\nend\n", 1, "never made"},
	{"open A greeter\nexpect same A.text\nend\n", 2, "too few words"},
	{"open A greeter\nclose A\nexpect faults A 1\nend\n", 3, "not open"},
	{"say bell \a\nend\n", 1, "byte 0x07 is no text"},
	{"say carriage \r return\nend\n", 1, "byte 0x0d is no text"},
};

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_scripts) / sizeof(bad_scripts[0]); i++) {
		const struct bad *bad = &bad_scripts[i];
		struct script script;

		if (parse(&script, bad->text))
			fail_msg("accepted: %s", bad->text);
		if (script.error_line != bad->line || !strstr(script.error, bad->says))
			fail_msg("%s: line %u: %s", bad->text, script.error_line, script.error);
		script_deinit(&script);
	}
}

static void test_zero_byte(void **state)
{
	static const char text[] = "say a\0b\nend\n";
	struct script script;

	(void)state;
	assert_false(script_parse(&script, text, sizeof(text) - 1, ta_exists));
	assert_non_null(strstr(script.error, "byte 0x00"));
	script_deinit(&script);
}

static void test_long_line(void **state)
{
	char text[SCRIPT_MAX_LINE + 20];
	struct script script;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "say ", 4);
	memcpy(text + SCRIPT_MAX_LINE, "\nend\n", 6);
	assert_true(parse(&script, text));
	script_deinit(&script);
	memcpy(text + SCRIPT_MAX_LINE, "x\nend\n", 7);
	assert_false(parse(&script, text));
	assert_non_null(strstr(script.error, "longer than"));
	script_deinit(&script);
}

static void test_long_script(void **state)
{
	char *text = malloc(SCRIPT_MAX_TEXT + 1);
	struct script script;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', SCRIPT_MAX_TEXT + 1);
	memcpy(text, "end", 3);
	assert_true(script_parse(&script, text, SCRIPT_MAX_TEXT, ta_exists));
	script_deinit(&script);
	assert_false(script_parse(&script, text, SCRIPT_MAX_TEXT + 1, ta_exists));
	script_deinit(&script);
	free(text);
}

static void test_too_many_names(void **state)
{
	char text[SCRIPT_MAX_INSTANCES * 20 + 40];
	size_t used = 0;
	struct script script;

	(void)state;
	for (unsigned int i = 0; i <= SCRIPT_MAX_INSTANCES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "open A%u greeter\n", i);
	snprintf(text + used, sizeof(text) - used, "end\n");
	assert_false(parse(&script, text));
	assert_int_equal(script.error_line, SCRIPT_MAX_INSTANCES + 1);
	script_deinit(&script);
}

static void test_no_memory(void **state)
{
	struct script script;

	(void)state;
	for (unsigned int n = 1; n <= 2; n++) {
		heap_fail_after(n);
		assert_false(parse(&script, "end\n"));
		assert_non_null(strstr(script.error, "no memory"));
		script_deinit(&script);
	}
	heap_fail_after(0);
	assert_int_equal(heap_bytes_used(), 0);
}

/* ---- damaged scripts ---- */

static uint64_t random_state = 1;

static unsigned int random_below(unsigned int limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(random_state >> 33) % limit;
}

/* Words that mean something, to get past the first checks. */
static const char *const pieces[] = {
	"open ",    "A ",
	"B ",       "greeter",
	"invoke ",  "touch ",
	"text ",    "shm ",
	"S ",       "4 ",
	"map ",     "rw ",
	"protect ", "expect ",
	"refs ",    "A.text ",
	"owners ",  "0 ",
	"fault ",   "flip-bit ",
	"tag ",     "\n",
	"end\n",    "#",
	".",        "0xffffffffffffffff ",
	"same ",    "unmap ",
	"close ",   "start ",
	"churn ",   "wait ",
};

static size_t damage(char *text, size_t len, size_t room)
{
	for (unsigned int n = 1 + random_below(4); n; n--) {
		const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
		size_t piece_len = strlen(piece), at = random_below((unsigned int)len + 1);

		switch (random_below(3)) {
		case 0:
			if (at < len)
				text[at] = (char)random_below(256);
			break;
		case 1:
			if (at < len) {
				memmove(text + at, text + at + 1, len - at - 1);
				len--;
			}
			break;
		default:
			if (len + piece_len > room)
				break;
			memmove(text + at + piece_len, text + at, len - at);
			memcpy(text + at, piece, piece_len);
			len += piece_len;
		}
	}
	return len;
}

static void test_damaged_scripts(void **state)
{
	static const char good[] =
		"title T\npool 16\nopen A greeter\nopen B hostile\nshm S 4\nmap A S rw 1 2\n"
		"protect A S ro 1 1\nstart A churn 5 6\nwait A\ninvoke B wild 0x0\n"
		"invoke A touch S 1 1\nfault flip-bit A.text 0 data 3\nfault keep-session A\n"
		"expect same A.text B.text\nexpect owners S 1 1\nunmap A S\nclose A\nfree S\nend\n";
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int i = 0; i < 50000; i++) {
		struct script script;
		size_t len = sizeof(good) - 1;
		char *text = malloc(len + 200), *exact;

		memcpy(text, good, len);
		len = damage(text, len, len + 200);
		/* Exactly as long as it is, so that a byte read beyond it is seen. */
		exact = malloc(len ? len : 1);
		memcpy(exact, text, len);
		if (script_parse(&script, exact, len, ta_exists))
			accepted++;
		else
			assert_true(script.error_line > 0 && script.error[0]);
		script_deinit(&script);
		free(exact);
		free(text);
	}
	/* Some damage hits a comment or a number; most does not. */
	assert_in_range(accepted, 100, 40000);
	assert_int_equal(heap_bytes_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_script),
		cmocka_unit_test(test_last_line_without_newline),
		cmocka_unit_test(test_names_again),
		cmocka_unit_test(test_expected_states),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_long_script),
		cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_damaged_scripts),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
