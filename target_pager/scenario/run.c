/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: one function per command, found through a table; each answers whether the
 * run goes on. Nothing is put right when a line fails: the machine stops there, so that a debugger
 * finds the state that failed.
 *
 * What is expected to go wrong is said by the script itself. A TA may die if a later `expect
 * state` says dead; a load may fail if a later one says closed; and whatever runs out of heap
 * while a `fault fail-alloc` is armed has done what was asked.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/heap.h"
#include "../core/loader.h"
#include "../core/log.h"
#include "../core/pager.h"
#include "../core/trace.h"
#include "../core/vm.h"
#include "run.h"

#define DEFAULT_POOL     64u
#define CHECK_EACH_LIMIT 1024u /* pages of pool up to which every line is followed by a check */

struct scenario_now scenario_now;

/*
 * Never inlined, and each with an operand of its own, or the compiler would merge the alike ones:
 * a debugger's breakpoint must find each where it is called.
 */
__attribute__((noinline)) void scenario_step(unsigned int n)
{
	__asm__ volatile("" ::"r"(n) : "memory");
}

__attribute__((noinline)) void scenario_at_end(void)
{
	__asm__ volatile("" ::"i"(1) : "memory");
}

__attribute__((noinline)) void scenario_done(void)
{
	__asm__ volatile("" ::"i"(2) : "memory");
}

bool run_fail(struct run *run, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_line("line %u: %s", run->line->number, text);
	run->failed = true;
	return false;
}

static struct run_instance *line_instance(struct run *run)
{
	return &run->instances[run->line->instance];
}

static const char *line_name(const struct run *run)
{
	return run->script->instances[run->line->instance];
}

static const char *line_shared(const struct run *run)
{
	return run->script->shared[run->line->shared];
}

/* Did STATUS come of the allocation that the script made fail? */
static bool status_was_asked_for(struct run *run, enum status status)
{
	if (status != ERR_NO_MEMORY || !run->alloc_fault_line)
		return false;
	log_line("line %u: out of heap, as line %u asked", run->line->number,
		 run->alloc_fault_line);
	run->alloc_fault_line = 0;
	return true;
}

/* ---- before the first TA ---- */

/* The first line that is not setup: bring the pager up, and note what must be so at the end. */
static bool run_begin(struct run *run)
{
	enum status status;

	if (run->begun)
		return true;
	if (run->pool > run->options->pool_pages)
		return run_fail(run, "the machine has memory for a pool of %u pages",
				run->options->pool_pages);
	status = thread_use_cpus((unsigned int)run->cpus);
	if (status != OK)
		return run_fail(run, "%u CPUs: %s", (unsigned int)run->cpus, status_name(status));
	status = pager_init(run->options->pool_base, (unsigned int)run->pool);
	if (status != OK)
		return run_fail(run, "pool: %s", status_name(status));
	baseline_take(&run->baseline);
	run->begun = true;
	return true;
}

static bool do_setup(struct run *run)
{
	uint64_t value = run->line->numbers[0];

	switch (run->line->command) {
	case COMMAND_POOL:
		run->pool = value;
		return true;
	case COMMAND_CPUS:
		run->cpus = value;
		return true;
	default:
		run->seed = value;
		return true;
	}
}

/* ---- narration ---- */

static void pace(const struct run *run)
{
	if (run->options->pace_ms)
		thread_pause(run->options->pace_ms);
}

static bool do_say(struct run *run)
{
	bool title = run->line->command == COMMAND_TITLE;

	*(title ? &scenario_now.title : &scenario_now.say) = run->line->text;
	log_line("%s: %s", title ? "title" : "say", run->line->text);
	pace(run);
	return true;
}

static bool do_step(struct run *run)
{
	scenario_now.steps = ++run->steps;
	pager_lock();
	trace_write(TRACE_STEP, NULL, NULL, TRACE_NO_PAGE, 0, NULL, run->steps);
	pager_unlock();
	scenario_step(run->steps);
	pace(run);
	return true;
}

/* ---- instances ---- */

/* A seed of its own for each `open`, the same in every run. */
static uint64_t instance_seed(const struct run *run)
{
	return (run->seed + run->index + 1) * 0x9e3779b97f4a7c15UL;
}

static bool do_open(struct run *run)
{
	struct run_instance *instance = line_instance(run);
	char why[96] = "";
	enum status status;

	memset(instance, 0, sizeof(*instance));
	status = context_open(line_name(run), run->line->ta, instance_seed(run), &instance->context,
			      why, sizeof(why));
	if (status == OK) {
		pager_lock();
		object_remember(instance);
		pager_unlock();
		return true;
	}
	instance->context = NULL;
	if (status_was_asked_for(run, status))
		return true;
	if (!script_expects_state(run->script, run->index, run->line->instance, STATE_CLOSED))
		return run_fail(run, "open %s %s: %s: %s", line_name(run), run->line->ta,
				status_name(status), why);
	log_line("line %u: %s was not loaded: %s", run->line->number, line_name(run), why);
	return true;
}

/* Has the instance died since it was last asked? Then somebody must have expected it. */
static void note_death(struct run *run, unsigned int index)
{
	struct run_instance *instance = &run->instances[index];
	bool dead;

	if (!instance->context || instance->death_seen)
		return;
	pager_lock();
	dead = instance->context->state == CONTEXT_DEAD;
	pager_unlock();
	if (!dead)
		return;
	instance->death_seen = true;
	/* From the line before: the very line that is running may be the `expect`. */
	if (!script_expects_state(run->script, run->index ? run->index - 1 : 0, (int)index,
				  STATE_DEAD))
		instance->death_line = instance->last_line;
}

static bool do_close(struct run *run)
{
	struct run_instance *instance = line_instance(run);

	if (!instance->context || instance->kept) {
		instance->context =
			NULL; /* a kept session: the script forgets it, the core cannot */
		return true;
	}
	note_death(run, (unsigned int)run->line->instance);
	context_close(instance->context, true);
	instance->context = NULL;
	return true;
}

/* Where S is mapped in the instance, lowest address first; NULL if nowhere. Lock held. */
static struct area *shared_area(const struct run *run, const struct context *context,
				unsigned int shared)
{
	const void *fobj = object_of_key(run->shared[shared].fobj);
	struct area *area;

	TAILQ_FOREACH (area, &context->vm.areas, head_link)
		if (area->fobj == fobj)
			return area;
	return NULL;
}

/*
 * `churn` cannot know what is mapped: every run of writable pages of a shared object follows as
 * NAME:PAGE:COUNT:SLOT, PAGE counted from the start of the mapping. TAs that share a page each
 * write their own slot of it, so that each can verify what it wrote.
 */
static bool append_shared(const struct run *run, char *text, size_t len)
{
	const struct context *context = run->instances[run->line->instance].context;
	size_t used = strlen(text);
	const struct area *area;

	for (unsigned int i = 0; i < run->script->num_shared; i++) {
		const struct area *first = shared_area(run, context, i);

		for (area = first; area; area = TAILQ_NEXT(area, head_link)) {
			if (area->fobj != first->fobj || !(area->prot & PROT_WRITE))
				continue;
			used += (size_t)snprintf(
				text + used, len - used, " %s:%u:%u:%d", run->script->shared[i],
				(unsigned int)((area->base - first->base) >> PAGE_SHIFT),
				area->num_pages, run->line->instance);
			if (used >= len)
				return false;
		}
	}
	return true;
}

/* The TA command as the TA takes it: names and numbers, and the page where a part of S begins. */
static bool command_text(struct run *run, char *text, size_t len)
{
	const struct script_line *line = run->line;
	const struct script_object *section = &line->objects[0];
	struct context *context = line_instance(run)->context;
	size_t used = (size_t)snprintf(text, len, "%s", line->ta_command);
	const struct area *area;

	if (section->shared >= 0 || *section->section)
		used += (size_t)snprintf(text + used, len - used, " %s",
					 section->shared >= 0 ? run->script->shared[section->shared]
							      : section->section);
	for (unsigned int i = 0; i < line->num_numbers; i++)
		used += (size_t)snprintf(text + used, len - used, " %" PRIu64, line->numbers[i]);
	if (section->shared >= 0) {
		area = shared_area(run, context, (unsigned int)section->shared);
		if (!area)
			return run_fail(run, "%s is not mapped into %s",
					run->script->shared[section->shared], line_name(run));
		used += (size_t)snprintf(text + used, len - used, " %u", area->fobj_page);
	}
	if (used >= len ||
	    (strcmp(line->ta_command, "churn") == 0 && !append_shared(run, text, len)))
		return run_fail(run, "the command is too long for %s", line_name(run));
	return true;
}

static bool command_start(struct run *run)
{
	struct run_instance *instance = line_instance(run);
	char text[COMMAND_LEN];
	enum status status;
	bool ready;

	if (!instance->context)
		return run_fail(run, "%s is not open: its load failed", line_name(run));
	instance->last_line = run->line->number;
	pager_lock();
	ready = command_text(run, text, sizeof(text));
	pager_unlock();
	if (!ready)
		return false;
	status = context_start(instance->context, text);
	if (status == OK)
		return true;
	return run_fail(run, "%s: %s%s%s", line_name(run), status_name(status),
			status == ERR_DEAD ? ": " : "",
			status == ERR_DEAD ? instance->context->death : "");
}

/* Wait for the command of an instance, judge it. */
static bool command_finish(struct run *run, unsigned int index)
{
	struct run_instance *instance = &run->instances[index];
	enum status result = context_wait(instance->context);

	instance->started = false;
	note_death(run, index);
	if (result == OK || instance->death_seen)
		return true;
	return run_fail(run, "%s: %s: %s", run->script->instances[index],
			instance->context->command, status_name(result));
}

static bool do_invoke(struct run *run)
{
	return command_start(run) && command_finish(run, (unsigned int)run->line->instance);
}

static bool do_start(struct run *run)
{
	line_instance(run)->started = command_start(run);
	return line_instance(run)->started;
}

static bool do_wait(struct run *run)
{
	return command_finish(run, (unsigned int)run->line->instance);
}

/* ---- shared objects ---- */

static struct fobj *shared_new(const struct run *run)
{
	unsigned int pages = (unsigned int)run->line->numbers[0];

	switch (run->line->choice) {
	case 1:
		return fobj_unpaged_new(line_shared(run), pages);
	case 2:
		return fobj_locked_new(line_shared(run), pages);
	default:
		return fobj_rw_new(line_shared(run), pages);
	}
}

static bool do_shm(struct run *run)
{
	struct run_shared *shared = &run->shared[run->line->shared];
	struct fobj *fobj;

	pager_lock();
	fobj = shared_new(run);
	shared->handle = fobj ? handle_new(HANDLE_SHM, line_shared(run), fobj, NULL) : NULL;
	if (!shared->handle)
		fobj_put(fobj);
	shared->fobj = shared->handle ? object_to_key(fobj) : 0;
	pager_unlock();
	if (shared->handle || status_was_asked_for(run, ERR_NO_MEMORY))
		return true;
	return run_fail(run, "shm %s: no room for %u pages", line_shared(run),
			(unsigned int)run->line->numbers[0]);
}

static bool do_free(struct run *run)
{
	struct run_shared *shared = &run->shared[run->line->shared];

	pager_lock();
	handle_drop(shared->handle);
	pager_unlock();
	shared->handle = NULL;
	return true;
}

static bool judge(struct run *run, enum status status)
{
	if (status == OK || status_was_asked_for(run, status))
		return true;
	return run_fail(run, "%s %s %s: %s", script_command_words(run->line->command),
			line_name(run), line_shared(run), status_name(status));
}

static bool do_map(struct run *run)
{
	const struct script_line *line = run->line;
	struct run_shared *shared = &run->shared[line->shared];
	struct context *context = line_instance(run)->context;
	unsigned int first = line->num_numbers > 0 ? (unsigned int)line->numbers[0] : 0;
	unsigned int prot = line->choice == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
	struct fobj *fobj;

	if (!context || !shared->handle)
		return run_fail(run, "%s does not exist",
				context ? line_shared(run) : line_name(run));
	fobj = shared->handle->fobj;
	return judge(run, vm_map(context, fobj, first,
				 line->num_numbers > 1 ? (unsigned int)line->numbers[1]
						       : fobj->num_pages - first,
				 prot, 0, line_shared(run), NULL));
}

/* The area of the instance that maps page FIRST of S, or NULL. Lock held. */
static const struct area *page_area(const struct run *run, const struct context *context,
				    unsigned int first)
{
	const struct area *area;

	TAILQ_FOREACH (area, &context->vm.areas, head_link)
		if (area->fobj == object_of_key(run->shared[run->line->shared].fobj) &&
		    area_covers(area, first))
			return area;
	return NULL;
}

/* Where page FIRST of S is mapped, and how many pages of S follow without a gap; 0: nowhere. */
static unsigned int mapped_run(const struct run *run, const struct context *context,
			       unsigned int first, vaddr_t *base)
{
	const struct area *area, *next;
	unsigned int pages = 0;

	pager_lock();
	area = page_area(run, context, first);
	if (area) {
		*base = area_va(area, first);
		pages = area->num_pages - (first - area->fobj_page);
	}
	for (; area; area = next) {
		next = TAILQ_NEXT(area, head_link);
		if (next && (next->base != area_end(area) || next->fobj != area->fobj ||
			     next->fobj_page != area->fobj_page + area->num_pages))
			next = NULL;
		pages += next ? next->num_pages : 0;
	}
	pager_unlock();
	return pages;
}

/* Every mapping of S goes, however it was split. */
static bool do_unmap(struct run *run)
{
	struct context *context = line_instance(run)->context;
	enum status status = OK;
	unsigned int pages = 1;
	vaddr_t base = 0;

	while (context && status == OK && pages) {
		const struct area *area;

		pager_lock();
		area = shared_area(run, context, (unsigned int)run->line->shared);
		pages = area ? area->num_pages : 0;
		base = area ? area->base : 0;
		pager_unlock();
		if (pages)
			status = vm_unmap(context, base, pages);
	}
	return judge(run, status);
}

/* The first page of S that the instance maps; 0 if it maps none. */
static unsigned int first_mapped(const struct run *run, const struct context *context)
{
	const struct area *area;
	unsigned int page;

	pager_lock();
	area = shared_area(run, context, (unsigned int)run->line->shared);
	page = area ? area->fobj_page : 0;
	pager_unlock();
	return page;
}

/* All of what is mapped, or COUNT pages from FIRST on, however it was split before. */
static bool do_protect(struct run *run)
{
	const struct script_line *line = run->line;
	struct context *context = line_instance(run)->context;
	unsigned int first, pages;
	vaddr_t base;

	if (!context || !run->shared[line->shared].fobj)
		return run_fail(run, "%s does not exist",
				context ? line_shared(run) : line_name(run));
	first = line->num_numbers > 0 ? (unsigned int)line->numbers[0] : first_mapped(run, context);
	pages = mapped_run(run, context, first, &base);
	if (!pages)
		return run_fail(run, "page %u of %s is not mapped into %s", first, line_shared(run),
				line_name(run));
	if (line->num_numbers > 1)
		pages = (unsigned int)line->numbers[1];
	return judge(run, vm_protect(context, base, pages,
				     line->choice == 0 ? PROT_READ : PROT_READ | PROT_WRITE));
}

/* ---- faults on purpose ---- */

static bool do_reference_fault(struct run *run)
{
	static const enum inject_kind kinds[] = {
		[COMMAND_SKIP_PUT - COMMAND_SKIP_PUT] = INJECT_SKIP_PUT,
		[COMMAND_DOUBLE_PUT - COMMAND_SKIP_PUT] = INJECT_DOUBLE_PUT,
		[COMMAND_SKIP_GET - COMMAND_SKIP_PUT] = INJECT_SKIP_GET,
		[COMMAND_SKIP_FREE - COMMAND_SKIP_PUT] = INJECT_SKIP_FREE,
	};
	const struct script_object *object = &run->line->objects[0];
	const void *found;

	pager_lock();
	found = object_is_file(object) ? (const void *)object_find_file(run, object)
				       : (const void *)object_find(run, object);
	if (found)
		inject_arm(kinds[run->line->command - COMMAND_SKIP_PUT], found);
	pager_unlock();
	run->armed_line = run->line->number;
	run->faulty = true;
	return found || run_fail(run, "there is no such object");
}

static bool do_keep_session(struct run *run)
{
	line_instance(run)->kept = true;
	run->faulty = true;
	return true;
}

static bool do_flip_bit(struct run *run)
{
	const struct script_line *line = run->line;
	unsigned int bit = line->num_numbers > 1 ? (unsigned int)line->numbers[1] : 0;
	enum status status = ERR_NOT_FOUND;
	struct fobj *fobj;

	pager_lock();
	fobj = object_find(run, &line->objects[0]);
	if (fobj && line->numbers[0] < fobj->num_pages)
		status = fobj_flip_bit(fobj, (unsigned int)line->numbers[0],
				       line->choice == CHOICE_NONE ? FOBJ_PART_DATA
								   : (enum fobj_part)line->choice,
				       bit);
	pager_unlock();
	return status == OK || run_fail(run, "page %u has no such bit in the store",
					(unsigned int)line->numbers[0]);
}

static bool do_fail_alloc(struct run *run)
{
	run->alloc_fault_line = run->line->number;
	heap_fail_after((unsigned int)run->line->numbers[0]);
	return true;
}

/* ---- the end ---- */

static bool finish_commands(struct run *run)
{
	for (unsigned int i = 0; i < run->script->num_instances; i++) {
		struct run_instance *instance = &run->instances[i];

		if (instance->context && instance->started && !command_finish(run, i))
			return false;
		note_death(run, i);
	}
	return true;
}

static void close_all(struct run *run)
{
	for (unsigned int i = 0; i < run->script->num_instances; i++)
		if (run->instances[i].context && !run->instances[i].kept) {
			context_close(run->instances[i].context, false);
			run->instances[i].context = NULL;
		}
	pager_lock();
	for (unsigned int i = 0; i < run->script->num_shared; i++) {
		handle_drop(run->shared[i].handle);
		run->shared[i].handle = NULL;
	}
	pager_unlock();
}

/* Deaths that no line expected, and faults that nothing met. How many complaints. */
static unsigned int unexpected_print(struct run *run)
{
	unsigned int count = 0;
	bool armed;

	for (unsigned int i = 0; i < run->script->num_instances; i++)
		if (run->instances[i].death_line) {
			log_line("line %u: %s died, and no `expect state %s dead` follows",
				 run->instances[i].death_line, run->script->instances[i],
				 run->script->instances[i]);
			count++;
		}
	if (run->alloc_fault_line) {
		log_line("line %u: no allocation failed for it", run->alloc_fault_line);
		count++;
	}
	pager_lock();
	armed = inject_disarm();
	pager_unlock();
	if (armed) {
		log_line("line %u: this fault was never met", run->armed_line);
		count++;
	}
	return count;
}

static bool do_end(struct run *run)
{
	char verdict[48] = "passed";
	unsigned int found, left;

	scenario_at_end();
	heap_fail_after(0);
	if (!finish_commands(run))
		return false;
	found = findings_print();
	close_all(run);
	found += unexpected_print(run);
	left = baseline_compare(&run->baseline);
	if (!found)
		found = findings_print(); /* what only the closing brought about */
	run->failed = found || left;
	if (run->failed)
		snprintf(verdict, sizeof(verdict), "failed, %u found, %u left over", found, left);
	counters_print(verdict);
	return true;
}

/* ---- all of it ---- */

typedef bool (*line_function)(struct run *run);

static const line_function functions[] = {
	[COMMAND_TITLE] = do_say,
	[COMMAND_SAY] = do_say,
	[COMMAND_STEP] = do_step,
	[COMMAND_POOL] = do_setup,
	[COMMAND_CPUS] = do_setup,
	[COMMAND_SEED] = do_setup,
	[COMMAND_OPEN] = do_open,
	[COMMAND_CLOSE] = do_close,
	[COMMAND_INVOKE] = do_invoke,
	[COMMAND_START] = do_start,
	[COMMAND_WAIT] = do_wait,
	[COMMAND_SHM] = do_shm,
	[COMMAND_FREE] = do_free,
	[COMMAND_MAP] = do_map,
	[COMMAND_UNMAP] = do_unmap,
	[COMMAND_PROTECT] = do_protect,
	[COMMAND_SKIP_PUT] = do_reference_fault,
	[COMMAND_DOUBLE_PUT] = do_reference_fault,
	[COMMAND_SKIP_GET] = do_reference_fault,
	[COMMAND_SKIP_FREE] = do_reference_fault,
	[COMMAND_KEEP_SESSION] = do_keep_session,
	[COMMAND_FLIP_BIT] = do_flip_bit,
	[COMMAND_FAIL_ALLOC] = do_fail_alloc,
	[COMMAND_EXPECT_REFS] = expect_line,
	[COMMAND_EXPECT_OWNERS] = expect_line,
	[COMMAND_EXPECT_RESIDENT] = expect_line,
	[COMMAND_EXPECT_FAULTS] = expect_line,
	[COMMAND_EXPECT_STATE] = expect_line,
	[COMMAND_EXPECT_SAME] = expect_line,
	[COMMAND_EXPECT_FREE_PAGES] = expect_line,
	[COMMAND_END] = do_end,
};

static bool is_before_pager(enum script_command command)
{
	return functions[command] == do_setup || functions[command] == do_say;
}

/* After each line while that is cheap, and while nothing is wrong on purpose. */
static bool check_after(struct run *run)
{
	if (!run->begun || run->faulty || run->line->command == COMMAND_END ||
	    run->pool > CHECK_EACH_LIMIT)
		return true;
	return !findings_print() || run_fail(run, "an invariant is broken");
}

static bool run_line(struct run *run)
{
	scenario_now.line = run->line->number;
	if (!is_before_pager(run->line->command) && !run_begin(run))
		return false;
	return functions[run->line->command](run) && check_after(run);
}

/* One run from a clean state to its verdict. */
static void run_script(struct run *run, struct script *script,
		       const struct scenario_options *options)
{
	memset(run, 0, sizeof(*run));
	run->script = script;
	run->options = options;
	run->pool = DEFAULT_POOL < options->pool_pages ? DEFAULT_POOL : options->pool_pages;
	run->cpus = 1;
	for (run->index = 0; run->index < script->num_lines; run->index++) {
		run->line = &script->lines[run->index];
		if (!run_line(run)) {
			log_line("verdict: failed at line %u", run->line->number);
			break;
		}
	}
	scenario_done();
	if (!run->failed && run->begun)
		pager_deinit();
}

static bool ta_exists(const char *name)
{
	size_t len;

	return ta_storage_find(name, &len) != NULL;
}

enum scenario_status scenario_main(const char *text, size_t len,
				   const struct scenario_options *options)
{
	/* Large, and one at a time. */
	static struct script script;
	static struct run run;
	enum scenario_status status = SCENARIO_BAD_LINE;

	if (script_parse(&script, text, len, ta_exists)) {
		do {
			run_script(&run, &script, options);
			scenario_now.runs++;
		} while (options->loop && !run.failed);
		status = run.failed ? SCENARIO_FAILED : SCENARIO_PASSED;
	} else {
		log_line("line %u: %s", script.error_line, script.error);
	}
	script_deinit(&script);
	return status;
}
