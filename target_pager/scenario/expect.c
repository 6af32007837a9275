/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: each `expect` is measured under the pager lock into one number and compared
 * with the script's outside it, so that a failing line is printed without the lock.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../core/pager.h"
#include "run.h"

/* 0 for an object that is gone: nobody holds it any more. */
static uint64_t measure_refs(const struct run *run, const struct script_object *object)
{
	if (object_is_file(object)) {
		struct file *file = object_find_file(run, object);

		return file ? file->refc.val : 0;
	}
	struct fobj *fobj = object_find(run, object);

	return fobj ? fobj->refc.val : 0;
}

/* Areas that cover the page; 0 when it is not resident, then there is no physical page to own. */
static uint64_t measure_owners(const struct run *run, const struct script_object *object,
			       uint64_t page)
{
	struct fobj *fobj = object_find(run, object);
	unsigned int mapped;

	if (!fobj || page >= fobj->num_pages || !fobj->pmems[page])
		return 0;
	return pager_count_owners(fobj, (unsigned int)page, &mapped);
}

static uint64_t measure_resident(const struct run *run, const struct script_object *object)
{
	struct fobj *fobj = object_find(run, object);
	uint64_t count = 0;

	for (unsigned int i = 0; fobj && i < fobj->num_pages; i++)
		count += fobj->pmems[i] != NULL;
	return count;
}

static uint64_t measure(const struct run *run)
{
	const struct script_line *line = run->line;

	switch (line->command) {
	case COMMAND_EXPECT_REFS:
		return measure_refs(run, &line->objects[0]);
	case COMMAND_EXPECT_OWNERS:
		return measure_owners(run, &line->objects[0], line->numbers[0]);
	case COMMAND_EXPECT_RESIDENT:
		return measure_resident(run, &line->objects[0]);
	case COMMAND_EXPECT_FAULTS:
		return run->instances[line->instance].context
			       ? run->instances[line->instance].context->vm.faults
			       : 0;
	default:
		return pmem_counts.free;
	}
}

/* "A.text 3": all of the line between `expect refs` and its number. */
static void subject_print(const struct run *run, char *text, size_t len)
{
	const struct script_line *line = run->line;

	text[0] = '\0';
	if (line->instance >= 0)
		snprintf(text, len, " %s", run->script->instances[line->instance]);
	else if (line->command == COMMAND_EXPECT_OWNERS) {
		char name[2 * NAME_LEN];

		snprintf(text, len, " %s %" PRIu64,
			 object_name(run, &line->objects[0], name, sizeof(name)), line->numbers[0]);
	} else if (line->command != COMMAND_EXPECT_FREE_PAGES) {
		text[0] = ' ';
		object_name(run, &line->objects[0], text + 1, len - 1);
	}
}

static bool expect_number(struct run *run)
{
	uint64_t wanted = run->line->numbers[run->line->num_numbers - 1], found;
	char subject[64];

	pager_lock();
	found = measure(run);
	pager_unlock();
	if (found == wanted)
		return true;
	subject_print(run, subject, sizeof(subject));
	return run_fail(run, "expected %s%s %" PRIu64 ", found %" PRIu64,
			script_command_words(run->line->command) + sizeof("expect"), subject,
			wanted, found);
}

static bool expect_state(struct run *run)
{
	static const char *const words[] = {"alive", "dead", "closed"};
	const struct context *context = run->instances[run->line->instance].context;
	int found = STATE_CLOSED;

	if (context) {
		pager_lock();
		found = context->state == CONTEXT_DEAD ? STATE_DEAD : STATE_ALIVE;
		pager_unlock();
	}
	if (found == run->line->choice)
		return true;
	return run_fail(run, "expected state %s %s, found %s%s%s",
			run->script->instances[run->line->instance], words[run->line->choice],
			words[found], found == STATE_DEAD ? ": " : "",
			found == STATE_DEAD ? context->death : "");
}

static bool expect_same(struct run *run)
{
	const void *found[2];
	char names[2][2 * NAME_LEN];

	pager_lock();
	for (int i = 0; i < 2; i++) {
		const struct script_object *object = &run->line->objects[i];

		found[i] = object_is_file(object) ? (const void *)object_find_file(run, object)
						  : (const void *)object_find(run, object);
	}
	pager_unlock();
	if (found[0] && found[0] == found[1])
		return true;
	for (int i = 0; i < 2; i++)
		object_name(run, &run->line->objects[i], names[i], sizeof(names[i]));
	return run_fail(run, "expected same %s %s, found %s", names[0], names[1],
			found[0] && found[1] ? "two objects" : "no such object");
}

bool expect_line(struct run *run)
{
	switch (run->line->command) {
	case COMMAND_EXPECT_STATE:
		return expect_state(run);
	case COMMAND_EXPECT_SAME:
		return expect_same(run);
	default:
		return expect_number(run);
	}
}
