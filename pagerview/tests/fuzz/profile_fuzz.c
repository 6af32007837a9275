/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a profile may hold. It is worked out against a real ELF, once as a session
 * does it and once to the end with a report; the two must agree on whether it fits. The ELFs are
 * named by FUZZ_ELF, separated by colons.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/layout.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define MAX_ELFS 4

/* Opened once; they stay until the process ends. */
static size_t open_elves(struct dwarf_info **elves)
{
	const char *names = getenv("FUZZ_ELF");
	char *copy = names ? strdup(names) : NULL, *rest = copy;
	size_t count = 0;

	for (char *name; rest && count < MAX_ELFS && (name = strsep(&rest, ":"));) {
		struct error error = {0};

		elves[count] = dwarf_info_open(name, &error);
		if (!elves[count++]) {
			fprintf(stderr, "FUZZ_ELF: %s\n", error.text);
			exit(2);
		}
	}
	free(copy);
	if (!count) {
		fprintf(stderr, "FUZZ_ELF names no ELF\n");
		exit(2);
	}
	return count;
}

/* A refusal is one line that steers no terminal. */
static void check_refusal(const struct error *error)
{
	assert(error->status == EXIT_LAYOUT && error->text[0]);
	for (const char *c = error->text; *c; c++)
		assert(!iscntrl((unsigned char)*c));
}

/* What the collector relies on without looking. */
static void check_field(const struct layout_field *field)
{
	assert(field->num_hops <= LAYOUT_MAX_HOPS);
	assert(!field->present || field->path);
	assert(!field->present || (field->size >= 1 && field->size <= 64));
	for (unsigned int i = 0; i < field->num_words; i++)
		assert(field->words[i].text);
	if (field->present && field->length)
		check_field(field->length);
}

static void check_layout(const struct layout *layout)
{
	assert(layout->num_objects <= LAYOUT_MAX_OBJECTS);
	for (unsigned int i = 0; i < layout->num_objects; i++) {
		const struct layout_object *object = &layout->objects[i];

		for (int role = 0; role < ROLE_COUNT; role++)
			check_field(&object->fields[role]);
		for (unsigned int n = 0; n < object->num_variants; n++)
			check_field(&object->variants[n].when);
	}
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		assert(layout->lists[i].of < layout->num_objects);
		assert(layout->lists[i].label);
		check_field(&layout->lists[i].head);
	}
	for (unsigned int i = 0; i < layout->num_counters; i++)
		assert(layout->counters[i].name);
	layout_stop(layout, "end");
}

static void work_out(const struct profile *profile, struct dwarf_info *elf)
{
	struct error error = {0}, reported = {0};
	struct layout *layout = layout_create(profile, elf, NULL, &error);
	char *text = NULL;
	size_t len;
	FILE *report = open_memstream(&text, &len);

	if (layout)
		check_layout(layout);
	else
		check_refusal(&error);
	if (!report)
		abort();
	layout_destroy(layout);
	layout = layout_create(profile, elf, report, &reported);
	assert(!layout == (error.status != EXIT_CLEAN));
	fclose(report);
	/* Nothing that a profile names gets onto the terminal raw. */
	for (size_t i = 0; i < len; i++)
		assert(text[i] == '\n' || !iscntrl((unsigned char)text[i]));
	free(text);
	layout_destroy(layout);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct dwarf_info *elves[MAX_ELFS];
	static size_t count;
	struct error error = {0};
	struct profile *profile;

	if (!count)
		count = open_elves(elves);
	profile = profile_parse("fuzz", (const char *)data, size, &error);
	if (!profile)
		check_refusal(&error);
	for (size_t i = 0; profile && i < count; i++)
		work_out(profile, elves[i]);
	profile_free(profile);
	return 0;
}
