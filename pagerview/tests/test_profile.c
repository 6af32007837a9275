/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles worked out against the built target's ELF: the project's own fits, a name that the ELF
 * does not have is told by name, a file of a wrong form is refused with its place, and random
 * damage does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/layout.h"
#include "target_image.h"

static struct dwarf_info *dwarf;
static char *own; /* the text of the project's profile */
static size_t own_len;

static struct layout *work_out(const char *text, size_t len, struct profile **profile,
			       struct error *error)
{
	*profile = profile_parse("test.json", text, len, error);
	return *profile ? layout_create(*profile, dwarf, NULL, error) : NULL;
}

static void check_event_stops(const struct layout *layout)
{
	struct layout_event_stop stops[LAYOUT_MAX_EVENT_STOPS];
	const char *kinds[LAYOUT_MAX_EVENT_KINDS];
	unsigned int count = layout_event_kinds(layout, kinds);

	assert_int_equal(count, layout->events.fields[EVENT_ROLE_KIND].num_words);
	assert_true(count >= 12);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(layout_event_stops(layout, kinds[i], stops), 1);
		assert_string_equal(stops[0].function, "trace_write");
		assert_true(stops[0].has_value && stops[0].addr);
	}
	assert_int_equal(layout_event_stops(layout, "lunch", stops), 0);
}

static void test_own(void **state)
{
	struct error error = {0};
	struct profile *profile;
	struct layout *layout = work_out(own, own_len, &profile, &error);

	(void)state;
	if (!layout)
		fail_msg("%s", error.text);
	assert_string_equal(profile->name, "target_pager");
	assert_string_equal(layout->safe_point, "pager_unlock");
	assert_string_equal(layout_stop(layout, "end"), "scenario_at_end");
	assert_null(layout_stop(layout, "lunch"));
	check_event_stops(layout);
	assert_int_equal(layout->tables.format, TABLES_AARCH64_4K);
	assert_true(layout->generation.field.present && layout->lock.field.present);
	for (unsigned int i = 0; i < layout->num_lists; i++)
		assert_true(layout->lists[i].present);
	assert_int_equal(layout->objects[OBJECT_CONTEXT].fields[ROLE_TABLE_ROOT].num_hops, 1);
	assert_int_equal(layout->objects[OBJECT_FOBJ].num_variants, 1);
	assert_true(layout->objects[OBJECT_FOBJ].variants[0].fields[ROLE_SOURCE].present);
	layout_destroy(layout);
	profile_free(profile);
}

/* The project's profile with the first OLD replaced. */
static char *with(const char *old, const char *new)
{
	const char *at = strstr(own, old);
	char *text = NULL;

	if (!at)
		fail_msg("no %s in the profile", old);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - own), own, new, at + strlen(old)) >= 0);
	return text;
}

static void expect(const char *old, const char *new, const char *says)
{
	char *text = with(old, new);
	struct error error = {0};
	struct profile *profile;
	struct layout *layout = work_out(text, strlen(text), &profile, &error);

	if (says) {
		assert_null(layout);
		assert_int_equal(error.status, EXIT_LAYOUT);
		if (!strstr(error.text, says))
			fail_msg("'%s' does not say '%s'", error.text, says);
	} else if (!layout) {
		fail_msg("%s", error.text);
	}
	layout_destroy(layout);
	profile_free(profile);
	free(text);
}

static void test_missing_names(void **state)
{
	(void)state;
	expect("\"pages\": \"num_pages\"", "\"pages\": \"size\"", "no member size");
	expect("\"type\": \"pmem\"", "\"type\": [\"tee_pmem\", \"pmemo\"]",
	       "no struct tee_pmem, pmemo");
	expect("\"head\": \"pmem_shown\"", "\"head\": \"pmem_seen\"", "no list pmem_seen");
	expect("\"link\": \"head_link\"", "\"link\": \"name\"", "no list vm.areas");
	expect("\"pages\": \"num_pages\"", "\"pages\": \"name\"", "is a number");
	/* what is optional may be missing, alternatives may be absent */
	expect("\"evictions\": \"evictions\"", "\"evictions\": \"removals\"", NULL);
	expect("\"pages\": \"num_pages\"", "\"pages\": [\"size\", \"num_pages\"]", NULL);
	expect("\"evictions\": \"evictions\"",
	       "\"evictions\": {\"path\": \"removals\", \"required\": true}", "no member removals");
	expect("{ \"of\": \"fobj\", \"head\": \"fobj_list\", \"kind\": \"tailq\", \"link\": "
	       "\"link\" }",
	       "[{ \"of\": \"fobj\", \"head\": \"x\", \"kind\": \"list\", \"link\": \"y\" },"
	       " { \"of\": \"fobj\", \"head\": \"fobj_list\", \"kind\": \"tailq\", \"link\": "
	       "\"link\" }]",
	       NULL);
	expect("\"PMEM_CLEAN\": \"clean\"", "\"PMEM_GONE\": \"clean\"", NULL);
}

static void test_wrong_form(void **state)
{
	(void)state;
	expect("\"profile\": \"target_pager\"", "\"profile\": 5", "no name");
	expect("\"objects\"", "\"objets\"", "unknown key \"objets\"");
	expect("\"heap.bytes\",", "\"heap.byte\",", "heap.byte is no counter");
	expect("\"levels\": [", "\"levels\": [ 7, ", "what has no name is no counter");
	expect("\"refcount\": \"refc.val\"", "\"refcont\": \"refc.val\"", "no such role");
	expect("\"refcount\": \"refc.val\",", "", "must be described");
	expect("\"refcount\": \"refc.val\"", "\"refcount\": 7", "fobj.refcount: path");
	expect("\"refcount\": \"refc.val\"", "\"refcount\": []", "fobj.refcount: path");
	expect("\"refcount\": \"refc.val\"", "\"refcount\": {\"pth\": \"x\"}",
	       "unknown key \"pth\"");
	expect("\"kind\": \"tailq\"", "\"kind\": \"rope\"", "unknown kind of list");
	expect("{ \"of\": \"fobj\"", "{ \"of\": \"lake\"", "no object of this profile");
	expect("\"aarch64-4k\"", "\"x86\"", "unknown format");
	expect("\"va_bits\": 39", "\"va_bits\": 64", "va_bits");
	expect("\"bits\": {", "\"bits\": [", "no JSON");
	expect("\"objects\": {", "\"objects\": { \"lease\": \"x\",", "lease: expected \"type\"");
	expect("\"fields\": {", "\"fields\": \"all\", \"x\": {", "unknown key \"x\"");
	expect("\"as\": \"hex\"", "\"as\": \"song\"", "\"as\"");
}

static void test_no_profile(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "5", "null", "{}", "{\"profile\": \"\"}"};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct profile *profile;

		memset(&error, 0, sizeof(error));
		assert_null(work_out(texts[i], strlen(texts[i]), &profile, &error));
		assert_int_equal(error.status, EXIT_LAYOUT);
		profile_free(profile);
	}
	memset(&error, 0, sizeof(error));
	assert_null(profile_load("/nonexistent/p.json", &error));
	assert_int_equal(error.status, EXIT_USAGE);
	memset(&error, 0, sizeof(error));
	assert_null(profile_load("/", &error));
	assert_int_equal(error.status, EXIT_USAGE);
}

static void test_zero_byte(void **state)
{
	char *text = with("\"evictions\": \"evictions\"", "\"evictions\": \"evi\001tions\"");
	size_t len = strlen(text);
	struct error error = {0};

	(void)state;
	*strchr(text, 1) = 0;
	assert_null(profile_parse("p", text, len, &error));
	assert_int_equal(error.status, EXIT_LAYOUT);
	assert_non_null(strstr(error.text, ": byte 0x00 is no text"));
	free(text);
}

static void test_report(void **state)
{
	char *text = with("\"evictions\": \"evictions\"", "\"evictions\": \"removals\""), *said;
	struct error error = {0};
	struct profile *profile = profile_parse("t", text, strlen(text), &error);
	size_t len;
	FILE *report = open_memstream(&said, &len);

	(void)state;
	layout_destroy(layout_create(profile, dwarf, report, &error));
	fclose(report);
	assert_non_null(strstr(said, "fobj.evictions"));
	assert_non_null(strstr(said, "missing, optional: removals"));
	assert_non_null(strstr(said, "struct fobj"));
	free(said);
	profile_free(profile);
	free(text);
}

/* A name is shown as it stands in the profile; it does not steer the terminal it is shown on. */
static void test_control_characters(void **state)
{
	char *text = with("\"evictions\": \"evictions\"",
			  "\"evictions\": \"\\u001b[2Jremovals\\r\\n\""),
	     *said;
	struct error error = {0};
	struct profile *profile = profile_parse("t", text, strlen(text), &error);
	size_t len;
	FILE *report = open_memstream(&said, &len);

	(void)state;
	layout_destroy(layout_create(profile, dwarf, report, &error));
	fclose(report);
	assert_non_null(strstr(said, ".[2Jremovals..\n"));
	assert_null(strpbrk(said, "\033\r"));
	free(said);
	profile_free(profile);
	free(text);
}

static void test_mutations(void **state)
{
	unsigned int seed = 11, fits = 0;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		char *text = malloc(own_len + 1);
		size_t len = own_len;
		struct error error = {0};
		struct profile *profile;
		struct layout *layout;

		memcpy(text, own, own_len);
		for (int hit = 0; hit <= round % 3; hit++) {
			size_t at = (size_t)rand_r(&seed) % len;
			size_t from = (size_t)rand_r(&seed) % len, count = rand_r(&seed) % 12;

			if (rand_r(&seed) % 2)
				text[at] = (char)(' ' + rand_r(&seed) % 95);
			else if (from + count < len && at + count < len)
				memmove(text + at, text + from, count);
		}
		layout = work_out(text, len, &profile, &error);
		if (layout)
			fits++;
		else
			assert_true(error.status == EXIT_LAYOUT && error.text[0]);
		layout_destroy(layout);
		profile_free(profile);
		free(text);
	}
	assert_in_range(fits, 1, 1499);
}

static int setup(void **state)
{
	struct error error = {0};
	FILE *file = fopen("pagerview/profile/target_pager.json", "re");

	(void)state;
	dwarf = dwarf_info_open(image_elf(), &error);
	if (!dwarf || !file) {
		fprintf(stderr, "%s\n", error.text);
		return -1;
	}
	own = calloc(1, PROFILE_MAX_BYTES);
	own_len = fread(own, 1, PROFILE_MAX_BYTES - 1, file);
	fclose(file);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(own);
	dwarf_info_close(dwarf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_missing_names),
		cmocka_unit_test(test_wrong_form),
		cmocka_unit_test(test_no_profile),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
