/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots as JSON: what is written is read back the same, and bytes that are no snapshot are
 * refused in one line, whatever they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/json.h"
#include "model/arena.h"

static const char sample[] =
	"{ \"schema\": \"1.7\", \"later\": [1, {\"x\": 2}],\n"
	"  \"capture\": { \"elf\": \"a\\\"b\", \"build_id\": \"00ff\", \"profile\": \"p\", "
	"\"slide\": \"0x0\",\n"
	"    \"source\": \"stub\", \"consistency\": \"torn\", \"why\": \"w\", \"stop_pc\": null, "
	"\"pause_us\": 12,\n"
	"    \"packets\": 3, \"bytes\": 400, \"time\": 1.5, \"generation\": 9007199254740992, "
	"\"scanned\": 4096 },\n"
	"  \"contexts\": [ { \"id\": \"0x100\", \"name\": \"A\", \"kind\": \"core\", \"asid\": 1, "
	"\"state\": \"alive\",\n"
	"    \"areas\": [\"0xffffff8000000010\"] } ],\n"
	"  \"areas\": [ { \"id\": \"0xffffff8000000010\", \"name\": \"text\", \"context\": "
	"\"0x100\", \"base\": \"0x400000\",\n"
	"    \"pages\": 4, \"fobj\": \"0x1000\", \"fobj_page\": 0, \"type\": \"ro\", \"prot\": "
	"\"r-x\" } ],\n"
	"  \"fobjs\": [ { \"id\": \"0x1000\", \"name\": \"t\", \"kind\": \"ro\", \"pages\": 4, "
	"\"refcount\": 2,\n"
	"    \"resident\": [1, 3], \"holders\": [ { \"kind\": \"area\", \"id\": "
	"\"0xffffff8000000010\", \"name\": \"A.text\" } ],\n"
	"    \"surplus\": 1 } ],\n"
	"  \"pmems\": [ { \"id\": \"0x50\", \"pa\": \"0x41000000\", \"fobj\": \"0x1000\", "
	"\"page\": 1, \"state\": \"clean\",\n"
	"    \"hidden\": true, \"owners\": [ { \"area\": \"0xffffff8000000010\", \"context\": "
	"\"0x100\", \"va\": \"0x401000\", \"pte\": \"---\" },\n"
	"    { \"area\": \"0xffffff8000000010\", \"context\": null, \"va\": \"0x401000\", \"pte\": "
	"null } ] },\n"
	"    { \"id\": \"0x51\", \"pa\": null, \"fobj\": null, \"page\": 0, \"state\": \"free\", "
	"\"hidden\": false, \"owners\": [] } ],\n"
	"  \"files\": [ { \"id\": \"0x900\", \"tag\": \"c0\", \"refcount\": 0, \"holders\": [], "
	"\"surplus\": 0,\n"
	"    \"slices\": [ { \"id\": \"0x910\", \"fobj\": \"0x1000\", \"page_offset\": 0, "
	"\"pages\": 4, \"refcount\": 2 } ] } ],\n"
	"  \"lists\": [ { \"id\": \"0x60\", \"name\": \"free\", \"nodes\": 1, \"counted\": 2 } ],\n"
	"  \"tables\": [ { \"id\": \"0x70\", \"context\": \"0x100\", \"base\": \"0x400000\", "
	"\"used\": 2, \"entries\": 3 } ],\n"
	"  \"strays\": [ { \"id\": \"0x70\", \"context\": null, \"va\": \"0x401000\", "
	"\"pa\": \"0x41000000\", \"pte\": \"rw-\" } ],\n"
	"  \"pointers\": [ { \"id\": \"0x1000\", \"count\": 3, \"places\": [\"a+0x10\", \"b\"] } "
	"],\n"
	"  \"lost\": [ { \"id\": \"0x2000\", \"name\": \"S\", \"kind\": \"rw\", \"pages\": 3, "
	"\"refcount\": 0 } ],\n"
	"  \"counters\": { \"loads\": 7, \"heap\": 9 }, \"levels\": [\"heap\", \"gone\"],\n"
	"  \"findings\": [ { \"rule\": \"r\", \"severity\": "
	"\"error\", \"object\": \"o\",\n"
	"    \"message\": \"m\", \"confidence\": \"definite\" } ], \"cut\": [ \"something was "
	"cut\" ] }\n";

static struct snapshot *parse(const char *text)
{
	struct error error = {0};
	struct snapshot *s = json_parse("sample", text, strlen(text), &error);

	if (!s)
		fail_msg("%s", error.text);
	return s;
}

static char *write_text(const struct snapshot *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_true(json_write(s, out));
	fclose(out);
	return text;
}

static void test_read(void **state)
{
	struct snapshot *s = parse(sample);

	(void)state;
	assert_string_equal(s->capture.elf, "a\"b");
	assert_string_equal(s->capture.source, "file");
	assert_int_equal(s->capture.consistency, CONSISTENCY_TORN);
	assert_true(s->capture.has_generation);
	assert_int_equal(s->capture.generation, INT64_C(1) << 53);
	assert_int_equal(s->contexts[0].kind, CONTEXT_CORE);
	assert_int_equal(s->contexts[0].num_areas, 1);
	assert_int_equal(s->areas[0].prot, PROT_R | PROT_X);
	assert_int_equal(s->fobjs[0].resident[1], 3);
	assert_int_equal(s->fobjs[0].holders[0].index, 0);
	assert_true(s->pmems[0].hidden && s->pmems[0].pa_known && !s->pmems[1].pa_known);
	assert_true(s->pmems[0].owners[0].pte_known && !s->pmems[0].owners[1].pte_known);
	assert_int_equal(s->pmems[0].owners[1].context, NONE);
	assert_int_equal(s->pmems[1].fobj, NONE);
	assert_int_equal(s->files[0].slices[0].fobj, 0);
	assert_string_equal(s->counters[0].name, "loads");
	assert_true(!s->counters[0].is_level && s->counters[1].is_level);
	assert_int_equal(s->num_findings, 1);
	assert_int_equal(s->capture.scanned, 4096);
	assert_int_equal(s->lists[0].counted, 2);
	assert_int_equal(s->tables[0].context, 0);
	assert_int_equal(s->tables[0].entries, 3);
	assert_int_equal(s->strays[0].context, NONE);
	assert_int_equal(s->strays[0].pte, PROT_R | PROT_W);
	assert_int_equal(snapshot_find_pointers(s, 0x1000)->count, 3);
	assert_string_equal(s->pointers[0].places[1], "b");
	assert_string_equal(s->lost[0].kind, "rw");
	assert_int_equal(s->lost[0].pages, 3);
	assert_string_equal(s->cut[0], "something was cut");
	snapshot_destroy(s);
}

static void test_round_trip(void **state)
{
	struct snapshot *one = parse(sample), *two;
	char *first = write_text(one), *second;

	(void)state;
	two = parse(first);
	second = write_text(two);
	assert_string_equal(first, second);
	free(first);
	free(second);
	snapshot_destroy(one);
	snapshot_destroy(two);
}

/* SAMPLE with the first OLD replaced. */
static char *with(const char *old, const char *new)
{
	const char *at = strstr(sample, old);
	char *text = NULL;

	assert_non_null(at);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - sample), sample, new,
			     at + strlen(old)) >= 0);
	return text;
}

static void test_refusals(void **state)
{
	static const struct {
		const char *old, *new, *says;
	} wrong[] = {
		{"\"count\": 3", "\"count\": 1", "more places than pointers"},
		{"[\"a+0x10\", \"b\"]", "[1]", "a place is no text"},
		{"\"schema\": \"1.7\"", "\"schema\": \"2.0\"", "schema 2.0"},
		{"\"schema\"", "\"schemo\"", "no snapshot"},
		{"\"torn\"", "\"perfect\"", "consistency"},
		{"\"fobj\": \"0x1000\", \"fobj_page\"", "\"fobj\": \"0x1001\", \"fobj_page\"",
		 "areas[0]: fobj"},
		{"\"base\": \"0x400000\"", "\"base\": 4194304", "areas[0]: base"},
		{"\"base\": \"0x400000\"", "\"base\": \"0x-1\"", "areas[0]: base"},
		{"\"base\": \"0x400000\"", "\"base\": \"0x11223344556677889\"", "areas[0]: base"},
		{"\"pages\": 4, \"fobj\"", "\"pages\": -1, \"fobj\"", "areas[0]: pages"},
		{"\"pages\": 4, \"fobj\"", "\"pages\": 4294967295, \"fobj\"", "areas[0]: pages"},
		{"\"resident\": [1, 3]", "\"resident\": [1, null]", "fobjs[0]: resident"},
		{"\"resident\": [1, 3]", "\"resident\": 5", "fobjs[0]: resident"},
		{"\"state\": \"clean\"", "\"state\": \"spotless\"", "pmems[0]: state"},
		{"\"areas\": [\"0xffffff8000000010\"]", "\"areas\": [\"0x11\"]",
		 "contexts[0]: areas"},
		{"\"id\": \"0x51\"", "\"id\": 81", "pmems[1]: id"},
		{"{ \"area\": \"0xffffff8000000010\", \"context\": \"0x100\"",
		 "{ \"area\": null, \"context\": \"0x100\"", "without area"},
		{"\"loads\": 7", "\"loads\": \"many\"", "counters[0]"},
		{"[\"heap\", \"gone\"]", "[\"heap\", 1]", "levels[1]"},
		{"[\"heap\", \"gone\"]", "7", "levels"},
		{"\"findings\": [ {", "\"findings\": [ 5, {", "findings[0]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = with(wrong[i].old, wrong[i].new);
		struct error error = {0};

		assert_null(json_parse("sample", text, strlen(text), &error));
		assert_int_equal(error.status, EXIT_USAGE);
		if (!strstr(error.text, wrong[i].says))
			fail_msg("'%s' does not say '%s'", error.text, wrong[i].says);
		free(text);
	}
}

/* What the parser would stop at, or not see, is not dropped in silence. */
static void test_more_than_text(void **state)
{
	char *text = with("\"schema\"", "\"sche\001a\"");
	char *more = with("", "");
	struct error error = {0};

	(void)state;
	*strchr(text, 1) = 0;
	assert_null(json_parse("sample", text, strlen(sample), &error));
	assert_int_equal(error.status, EXIT_USAGE);
	assert_string_equal(error.text, "sample: line 1: byte 0x00 is no text");
	free(text);
	more = realloc(more, strlen(sample) + 10);
	strcat(more, " \n\t{ }");
	memset(&error, 0, sizeof(error));
	assert_null(json_parse("sample", more, strlen(more), &error));
	assert_non_null(strstr(error.text, "behind the JSON's end"));
	free(more);
}

static void test_same_id_twice(void **state)
{
	char *text = with("\"id\": \"0x1000\", \"name\": \"t\"",
			  "\"id\": \"0x2000\" }, { \"id\": \"0x1000\" }, { \"id\": \"0x1000\", "
			  "\"name\": \"t\"");
	struct error error = {0};

	(void)state;
	assert_null(json_parse("sample", text, strlen(text), &error));
	assert_non_null(strstr(error.text, "twice"));
	free(text);
}

/* Bytes changed, dropped and doubled at random: either a snapshot that can be written, or one line.
 */
static void test_mutations(void **state)
{
	unsigned int seed = 7, read = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		char text[sizeof(sample) + 64];
		size_t len = sizeof(sample) - 1;
		struct error error = {0};
		struct snapshot *s;

		memcpy(text, sample, len);
		for (int hit = 0; hit <= round % 3; hit++) {
			size_t at = (size_t)rand_r(&seed) % len;

			switch (rand_r(&seed) % 4) {
			case 0:
				text[at] = (char)rand_r(&seed);
				break;
			case 1:
				memmove(text + at, text + at + 1, --len - at);
				break;
			case 2:
				text[at] = "0123456789{}[]\",:x-"[rand_r(&seed) % 19];
				break;
			default:
				len = at + 1;
				break;
			}
		}
		s = json_parse("sample", text, len, &error);
		if (s) {
			char *out = write_text(s);

			read++;
			free(out);
		} else {
			assert_int_equal(error.status, EXIT_USAGE);
			assert_true(error.text[0] && !strchr(error.text, '\n'));
		}
		snapshot_destroy(s);
	}
	assert_in_range(read, 100, 3999); /* both ways were gone */
}

static void test_control_characters(void **state)
{
	char *text = with("\"name\": \"A\"", "\"name\": \"\\u001b[2J\\u0007\"");
	struct snapshot *s = parse(text);

	(void)state;
	assert_string_equal(s->contexts[0].name, ".[2J.");
	snapshot_destroy(s);
	free(text);
	text = with("\"loads\": 7", "\"lo\\u001bads\": 7");
	s = parse(text);
	assert_string_equal(s->counters[0].name, "lo.ads");
	snapshot_destroy(s);
	free(text);
	text = with("[\"a+0x10\", \"b\"]", "[\"a\\u001b[2J\", \"b\"]");
	s = parse(text);
	assert_string_equal(s->pointers[0].places[0], "a.[2J");
	snapshot_destroy(s);
	free(text);
	text = with("\"schema\": \"1.7\"", "\"schema\": \"1.7\", \"cut\": [\"one\\u001b[2J\"]");
	s = parse(text);
	assert_string_equal(s->cut[0], "one.[2J");
	snapshot_destroy(s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_more_than_text),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_same_id_twice),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
