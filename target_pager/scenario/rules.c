/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: a script is a straight line, so most of what can go wrong in a run is known
 * before it. The lines are walked once with a record of what each name would be at that point.
 * What the core decides (a TA's death, a failed load) is unknown here and left to the run.
 */
#include <string.h>

#include "parse.h"

struct instance_rules {
	const char *ta; /* of the last `open` */
	bool open;
	unsigned int started; /* line of a `start` not yet waited for; 0: none */
	bool mapped[SCRIPT_MAX_SHARED];
};

struct rules {
	struct script *script;
	struct script_line *line;
	struct instance_rules instances[SCRIPT_MAX_INSTANCES];
	unsigned int shared_pages[SCRIPT_MAX_SHARED]; /* 0: not made, or freed */
	bool begun; /* something but `pool`, `cpus`, `seed`, `title`, `say` was seen */
	bool seen[COMMAND_END + 1];
};

#define FAIL(rules, ...) script_error((rules)->script, (rules)->line->number, __VA_ARGS__)

static const char *instance_name(const struct rules *r)
{
	return r->script->instances[r->line->instance];
}

static const char *shared_name(const struct rules *r)
{
	return r->script->shared[r->line->shared];
}

static bool number_in(struct rules *r, unsigned int i, uint64_t min, uint64_t max, const char *what)
{
	if (i >= r->line->num_numbers || (r->line->numbers[i] >= min && r->line->numbers[i] <= max))
		return true;
	return FAIL(r, "%s must be %lu to %lu", what, (unsigned long)min, (unsigned long)max);
}

/* `pool`, `cpus`, `seed`: once each, and first. */
static bool check_setup(struct rules *r)
{
	const char *words = script_command_words(r->line->command);

	if (r->begun)
		return FAIL(r, "`%s` must come before the first `open` or `shm`", words);
	if (r->seen[r->line->command])
		return FAIL(r, "`%s` is given twice", words);
	if (r->line->command == COMMAND_POOL)
		return number_in(r, 0, SCRIPT_MIN_POOL, SCRIPT_MAX_POOL, "the pool");
	if (r->line->command == COMMAND_CPUS)
		return number_in(r, 0, 1, 4, "the number of CPUs");
	return true;
}

static bool check_open(struct rules *r)
{
	struct instance_rules *instance = &r->instances[r->line->instance];

	if (instance->open)
		return FAIL(r, "`%s` is open already", instance_name(r));
	memset(instance, 0, sizeof(*instance));
	instance->open = true;
	instance->ta = r->line->ta;
	return true;
}

static bool check_command(struct rules *r)
{
	static const struct {
		const char *words, *ta;
	} owners[] = {
#define X(words, arguments, ta) {words, ta},
		TA_COMMANDS(X)
#undef X
	};
	struct instance_rules *instance = &r->instances[r->line->instance];
	int shared = r->line->objects[0].shared;

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (owners[i].ta && strcmp(owners[i].words, r->line->ta_command) == 0 &&
		    strcmp(owners[i].ta, instance->ta) != 0)
			return FAIL(r, "only the TA `%s` knows `%s`", owners[i].ta,
				    owners[i].words);
	if (instance->started)
		return FAIL(r, "`%s` still runs what line %u started: `wait` first",
			    instance_name(r), instance->started);
	if (shared >= 0 && !instance->mapped[shared])
		return FAIL(r, "`%s` is not mapped into `%s`", r->script->shared[shared],
			    instance_name(r));
	if (r->line->command == COMMAND_START)
		instance->started = r->line->number;
	return true;
}

static bool check_wait(struct rules *r)
{
	struct instance_rules *instance = &r->instances[r->line->instance];

	if (!instance->started)
		return FAIL(r, "nothing was started in `%s`", instance_name(r));
	instance->started = 0;
	return true;
}

static bool check_shm(struct rules *r)
{
	if (r->shared_pages[r->line->shared])
		return FAIL(r, "`%s` exists already", shared_name(r));
	if (!number_in(r, 0, 1, 65536, "the number of pages"))
		return false;
	r->shared_pages[r->line->shared] = (unsigned int)r->line->numbers[0];
	return true;
}

/* FIRST and COUNT of `map` and `protect`, or the whole of it. */
static bool check_range(struct rules *r)
{
	unsigned int pages = r->shared_pages[r->line->shared];
	uint64_t first = r->line->num_numbers > 0 ? r->line->numbers[0] : 0;
	uint64_t count = r->line->num_numbers > 1 ? r->line->numbers[1] : pages - first;

	if (first >= pages || !count || count > pages - first)
		return FAIL(r, "`%s` has pages 0 to %u", shared_name(r), pages - 1);
	return true;
}

static bool check_mapping(struct rules *r)
{
	bool *mapped = &r->instances[r->line->instance].mapped[r->line->shared];

	if (r->line->command == COMMAND_MAP) {
		*mapped = true;
		return r->shared_pages[r->line->shared] ? check_range(r)
							: FAIL(r, "`%s` was freed", shared_name(r));
	}
	if (!*mapped)
		return FAIL(r, "`%s` is not mapped into `%s`", shared_name(r), instance_name(r));
	if (r->line->command == COMMAND_UNMAP)
		*mapped = false;
	else if (r->shared_pages[r->line->shared])
		return check_range(r);
	return true;
}

/* Faults work on what is there; an expect may also ask for what is gone. */
static bool check_fault(struct rules *r)
{
	const struct script_object *object = &r->line->objects[0];

	if (object->instance >= 0 && !r->instances[object->instance].open)
		return FAIL(r, "`%s` is not open", r->script->instances[object->instance]);
	if (object->shared >= 0 && !r->shared_pages[object->shared])
		return FAIL(r, "`%s` was freed", r->script->shared[object->shared]);
	if (r->line->command == COMMAND_FAIL_ALLOC)
		return number_in(r, 0, 1, 1000000, "the allocation");
	return true;
}

/* Sections of files count holders of the file, which has no pages. */
static bool check_pages(struct rules *r)
{
	for (unsigned int i = 0; i < 2; i++)
		if (strcmp(r->line->objects[i].section, "file") == 0)
			return FAIL(r, "a file has no pages to `%s`",
				    script_command_words(r->line->command));
	return true;
}

/* Commands on an instance need it open; `expect` may ask after one that is not. */
static bool check_instance(struct rules *r)
{
	enum script_command command = r->line->command;

	if (r->line->instance < 0 || command == COMMAND_OPEN || command == COMMAND_EXPECT_STATE)
		return true;
	return r->instances[r->line->instance].open ||
	       FAIL(r, "`%s` is not open", instance_name(r));
}

static bool check_line(struct rules *r)
{
	if (!check_instance(r))
		return false;
	switch (r->line->command) {
	case COMMAND_POOL:
	case COMMAND_CPUS:
	case COMMAND_SEED:
		return check_setup(r);
	case COMMAND_OPEN:
		return check_open(r);
	case COMMAND_CLOSE:
		r->instances[r->line->instance].open = false;
		return true;
	case COMMAND_INVOKE:
	case COMMAND_START:
		return check_command(r);
	case COMMAND_WAIT:
		return check_wait(r);
	case COMMAND_SHM:
		return check_shm(r);
	case COMMAND_FREE:
		if (!r->shared_pages[r->line->shared])
			return FAIL(r, "`%s` was freed already", shared_name(r));
		r->shared_pages[r->line->shared] = 0;
		return true;
	case COMMAND_MAP:
	case COMMAND_UNMAP:
	case COMMAND_PROTECT:
		return check_mapping(r);
	case COMMAND_FLIP_BIT:
		return check_pages(r) && check_fault(r);
	case COMMAND_SKIP_PUT:
	case COMMAND_DOUBLE_PUT:
	case COMMAND_SKIP_GET:
	case COMMAND_SKIP_FREE:
	case COMMAND_FAIL_ALLOC:
		return check_fault(r);
	case COMMAND_EXPECT_OWNERS:
	case COMMAND_EXPECT_RESIDENT:
		return check_pages(r);
	default:
		return true;
	}
}

static bool is_setup(enum script_command command)
{
	return command == COMMAND_POOL || command == COMMAND_CPUS || command == COMMAND_SEED ||
	       command == COMMAND_TITLE || command == COMMAND_SAY;
}

bool script_check_order(struct script *script)
{
	/* Too large for a thread's stack; there is one scenario at a time. */
	static struct rules rules;
	struct rules *r = &rules;

	memset(r, 0, sizeof(*r));
	r->script = script;
	for (unsigned int i = 0; i < script->num_lines; i++) {
		r->line = &script->lines[i];
		if (r->seen[COMMAND_END])
			return FAIL(r, "nothing may follow `end`");
		if (!check_line(r))
			return false;
		r->begun |= !is_setup(r->line->command);
		r->seen[r->line->command] = true;
	}
	if (!r->seen[COMMAND_END])
		return script_error(script, r->line ? r->line->number : 1,
				    "the script must close with `end`");
	return true;
}

bool script_expects_state(const struct script *script, unsigned int from, int instance, int choice)
{
	for (unsigned int i = from + 1; i < script->num_lines; i++) {
		const struct script_line *line = &script->lines[i];

		if (line->instance != instance)
			continue;
		if (line->command == COMMAND_OPEN)
			return false;
		if (line->command == COMMAND_EXPECT_STATE && line->choice == choice)
			return true;
	}
	return false;
}
