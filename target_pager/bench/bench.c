/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fault costs, in guest instructions from the entry to the return of the handler, the pager
 * lock included. QEMU must run with `-icount shift=0`: then the cycle counter counts exactly one
 * per instruction, and a run repeats to the instruction.
 *
 * It stands where the scenario stands and calls pager_fault() for spaces that have no TA: nothing
 * else runs, so nothing else is counted. Its parameters come as the scenario's text: two lines,
 * `pools N ...` and `owners N ...`, pages and areas. Each kind is measured ROUNDS times in a
 * state that repeats (a full pool, a third of it hidden), and the median is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/handle.h"
#include "core/heap.h"
#include "core/log.h"
#include "core/pager.h"
#include "core/store.h"
#include "core/vm.h"
#include "scenario/scenario.h"

#define ROUNDS     33u
#define MAX_VALUES 8u
#define BASE       0x20000000UL /* of the objects under measurement */
#define OTHER_BASE 0x40000000UL /* of what fills the pool */
#define OWNER_BASE 0x80000000UL /* of the further owners of one page */
#define OWNER_STEP (2 * PAGE_SIZE)

static struct context *context, *other;
static uint64_t empty_cost; /* of the two readings of the counter themselves */

/* ---- counting ---- */

static void counter_start(void)
{
	uint64_t control;

	/* PMCR_EL0: enable, reset; PMCNTENSET_EL0: the cycle counter (Arm ARM D13.8). */
	__asm__ volatile("msr pmccfiltr_el0, xzr");
	__asm__ volatile("msr pmcntenset_el0, %0" ::"r"(1UL << 31));
	__asm__ volatile("mrs %0, pmcr_el0" : "=r"(control));
	__asm__ volatile("msr pmcr_el0, %0\n\tisb" ::"r"(control | 5 | 1 << 6));
}

static uint64_t counter_read(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, pmccntr_el0" : "=r"(value)::"memory");
	return value;
}

/* Instructions of one fault at VA of WHO; stops the run unless it ends as WANTED. */
static uint64_t fault_cost(struct context *who, vaddr_t va, unsigned int access,
			   enum fault_outcome wanted)
{
	enum fault_outcome outcome;
	uint64_t start = counter_read(), end;

	pager_lock();
	outcome = pager_fault(&who->vm, va, access, NULL);
	pager_unlock();
	end = counter_read();
	if (outcome != wanted)
		core_panic("bench", "fault at %#lx is %s, not %s", (unsigned long)va,
			   fault_name(outcome), fault_name(wanted));
	return end - start - empty_cost;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static uint64_t median(uint64_t *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

/* ---- spaces and objects ---- */

static struct context *make_context(const char *name)
{
	struct context *made = heap_alloc(sizeof(*made));

	if (!made)
		core_panic("bench", "out of heap");
	strncpy(made->name, name, NAME_LEN - 1);
	made->state = CONTEXT_ALIVE;
	area_head_init(&made->vm, made);
	pager_lock();
	if (mmu_space_init(&made->vm.mmu) != OK)
		core_panic("bench", "no translation table");
	TAILQ_INSERT_TAIL(&context_list, made, link);
	pager_unlock();
	return made;
}

static void free_context(struct context *made)
{
	vm_clear(made);
	pager_lock();
	mmu_space_deinit(&made->vm.mmu);
	TAILQ_REMOVE(&context_list, made, link);
	pager_unlock();
	heap_free(made);
}

static void must(enum status status, const char *what)
{
	if (status != OK)
		core_panic("bench", "%s: %s", what, status_name(status));
}

static void map(struct context *who, struct fobj *fobj, vaddr_t base, unsigned int prot)
{
	must(fobj ? vm_map(who, fobj, 0, fobj->num_pages, prot, base, "bench", NULL)
		  : ERR_NO_MEMORY,
	     "map");
}

static void drop(struct fobj *fobj)
{
	pager_lock();
	fobj_put(fobj);
	pager_unlock();
}

static void touch(struct context *who, vaddr_t va, unsigned int access)
{
	paddr_t pa;

	pager_lock();
	if (!pager_access(&who->vm, va, access, &pa))
		core_panic("bench", "%#lx cannot be touched", (unsigned long)va);
	pager_unlock();
}

/* Fill the pool with COUNT pages of an object of OTHER, each read or written. */
static struct fobj *fill_pool(unsigned int count, unsigned int access)
{
	struct fobj *fobj = fobj_rw_new("filler", count);

	map(other, fobj, OTHER_BASE, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < count; i++)
		touch(other, OTHER_BASE + i * PAGE_SIZE, access);
	return fobj;
}

static struct fobj *make_readonly(unsigned int pages)
{
	void *bytes = heap_alloc_array(pages, PAGE_SIZE);
	struct fobj *fobj = bytes ? fobj_ro_new("text", bytes, pages) : NULL;

	heap_free(bytes);
	return fobj;
}

/* Further owners of OBJECT's pages, NUM of them, and each maps the page that is resident. */
static void add_owners(struct fobj *fobj, unsigned int page, unsigned int num)
{
	for (unsigned int i = 0; i < num; i++) {
		vaddr_t base = OWNER_BASE + i * OWNER_STEP;

		must(vm_map(other, fobj, page, 1, PROT_READ | PROT_WRITE, base, "owner", NULL),
		     "owner");
		touch(other, base, PROT_READ);
	}
}

static void remove_owners(unsigned int num)
{
	for (unsigned int i = 0; i < num; i++)
		must(vm_unmap(other, OWNER_BASE + i * OWNER_STEP, 1), "owner");
}

/* ---- the kinds of fault ---- */

/* With a pool that is full, so that each touch takes a page from its owners, and hides another. */
static uint64_t cost_of_loads(struct fobj *fobj, unsigned int access)
{
	uint64_t costs[ROUNDS];

	map(context, fobj, BASE, fobj->ops->save ? PROT_READ | PROT_WRITE : PROT_READ);
	for (unsigned int i = 0; i < ROUNDS; i++)
		costs[i] = fault_cost(context, BASE + i * PAGE_SIZE, access, FAULT_LOADED);
	vm_clear(context);
	return median(costs);
}

static uint64_t cost_zero_fill(unsigned int pool, unsigned int victim_access)
{
	struct fobj *filler = fill_pool(pool, victim_access), *fobj = fobj_rw_new("new", ROUNDS);
	uint64_t cost = cost_of_loads(fobj, PROT_WRITE);

	drop(fobj);
	vm_clear(other);
	drop(filler);
	return cost;
}

static uint64_t cost_readonly_load(unsigned int pool)
{
	struct fobj *filler = fill_pool(pool, PROT_READ), *fobj = make_readonly(ROUNDS);
	uint64_t cost = cost_of_loads(fobj, PROT_READ);

	drop(fobj);
	vm_clear(other);
	drop(filler);
	return cost;
}

/* An object whose pages were all saved before. */
static struct fobj *make_saved(void)
{
	struct fobj *fobj = fobj_rw_new("saved", ROUNDS);
	uint8_t *page = heap_alloc(PAGE_SIZE);

	if (!fobj || !page)
		core_panic("bench", "out of heap");
	for (unsigned int i = 0; i < ROUNDS; i++)
		fobj->ops->save(fobj, i, page);
	heap_free(page);
	return fobj;
}

static uint64_t cost_readwrite_load(unsigned int pool, unsigned int victim_access)
{
	struct fobj *filler = fill_pool(pool, victim_access), *fobj = make_saved();
	uint64_t cost = cost_of_loads(fobj, PROT_READ);

	drop(fobj);
	vm_clear(other);
	drop(filler);
	return cost;
}

/* The page is resident for OTHER; CONTEXT touches it for the first time. */
static uint64_t cost_shared(unsigned int pool)
{
	struct fobj *fobj = fobj_rw_new("shared", ROUNDS);
	uint64_t costs[ROUNDS];

	map(other, fobj, BASE, PROT_READ | PROT_WRITE);
	map(context, fobj, BASE, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < ROUNDS && i < pool / 3; i++)
		touch(other, BASE + i * PAGE_SIZE, PROT_READ);
	touch(context, BASE, PROT_READ);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int page = 1 + i % (pool / 3 < ROUNDS ? pool / 3 - 1 : ROUNDS - 1);

		pager_lock();
		mmu_unmap(&context->vm.mmu, BASE + page * PAGE_SIZE);
		pager_unlock();
		costs[i] = fault_cost(context, BASE + page * PAGE_SIZE, PROT_READ, FAULT_SHARED);
	}
	vm_clear(other);
	vm_clear(context);
	drop(fobj);
	return median(costs);
}

/* A hidden page is touched: it is shown, and the oldest shown one, with OWNERS, is hidden. */
static uint64_t cost_hidden(unsigned int pool)
{
	struct fobj *filler = fill_pool(pool, PROT_READ);
	uint64_t costs[ROUNDS];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		const struct pmem *pmem = TAILQ_FIRST(&pmem_hidden);

		costs[i] = fault_cost(other, OTHER_BASE + pmem->page * PAGE_SIZE, PROT_READ,
				      FAULT_HIDDEN);
	}
	vm_clear(other);
	drop(filler);
	return median(costs);
}

static uint64_t cost_first_write(unsigned int pool)
{
	struct fobj *fobj = fobj_rw_new("clean", 1);
	uint64_t costs[ROUNDS];

	(void)pool;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		map(context, fobj, BASE, PROT_READ | PROT_WRITE);
		touch(context, BASE, PROT_READ);
		costs[i] = fault_cost(context, BASE, PROT_WRITE, FAULT_MADE_DIRTY);
		vm_clear(context);
		drop(fobj);
		fobj = fobj_rw_new("clean", 1);
	}
	drop(fobj);
	return median(costs);
}

/* Put PMEM where the next fault takes it: mapped by all its owners, and the oldest of all. */
static void make_oldest(struct pmem *pmem)
{
	pager_lock();
	TAILQ_REMOVE(pmem->hidden ? &pmem_hidden : &pmem_shown, pmem, link);
	pmem_counts.hidden += !pmem->hidden;
	pmem_counts.shown -= !pmem->hidden;
	pmem->hidden = true;
	TAILQ_INSERT_HEAD(&pmem_hidden, pmem, link);
	pager_unlock();
}

/*
 * The page that goes is mapped by OWNERS areas until it goes: the dearest case, since a hidden page
 * has usually lost its mappings before.
 */
static uint64_t cost_evict_owned(unsigned int pool, unsigned int owners, unsigned int access)
{
	struct fobj *filler = fill_pool(pool, PROT_READ), *victim = fobj_rw_new("victim", ROUNDS);
	struct fobj *fobj = fobj_rw_new("new", ROUNDS);
	uint64_t costs[ROUNDS];

	map(context, victim, BASE, PROT_READ | PROT_WRITE);
	map(context, fobj, BASE + (256UL << 20), PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		touch(context, BASE + i * PAGE_SIZE, access);
		add_owners(victim, i, owners - 1);
		make_oldest(victim->pmems[i]);
		costs[i] = fault_cost(context, BASE + (256UL << 20) + i * PAGE_SIZE, PROT_READ,
				      FAULT_LOADED);
		remove_owners(owners - 1);
	}
	vm_clear(context);
	vm_clear(other);
	drop(victim);
	drop(fobj);
	drop(filler);
	return median(costs);
}

/* ---- the table ---- */

static void measure_pool(const struct scenario_options *options, unsigned int pool,
			 const unsigned int *owners, unsigned int num_owners)
{
	must(pager_init(options->pool_base, pool), "pool");
	context = make_context("bench");
	other = make_context("other");
	log_line("cost pool=%u kind=hidden %lu", pool, (unsigned long)cost_hidden(pool));
	log_line("cost pool=%u kind=shared %lu", pool, (unsigned long)cost_shared(pool));
	log_line("cost pool=%u kind=first-write %lu", pool, (unsigned long)cost_first_write(pool));
	log_line("cost pool=%u kind=zero-fill %lu", pool,
		 (unsigned long)cost_zero_fill(pool, PROT_READ));
	log_line("cost pool=%u kind=readonly-load %lu", pool,
		 (unsigned long)cost_readonly_load(pool));
	log_line("cost pool=%u kind=readwrite-load %lu", pool,
		 (unsigned long)cost_readwrite_load(pool, PROT_READ));
	log_line("cost pool=%u kind=save-and-load %lu", pool,
		 (unsigned long)cost_readwrite_load(pool, PROT_WRITE));
	for (unsigned int i = 0; i < num_owners; i++) {
		log_line("cost pool=%u kind=evict-clean owners=%u %lu", pool, owners[i],
			 (unsigned long)cost_evict_owned(pool, owners[i], PROT_READ));
		log_line("cost pool=%u kind=evict-dirty owners=%u %lu", pool, owners[i],
			 (unsigned long)cost_evict_owned(pool, owners[i], PROT_WRITE));
	}
	free_context(context);
	free_context(other);
	pager_deinit();
}

/* The numbers after WORD on its line of TEXT; how many. */
static unsigned int read_values(const char *text, const char *word, unsigned int *values)
{
	const char *at = strstr(text, word);
	unsigned int count = 0;
	char *end;

	for (at = at ? at + strlen(word) : NULL; at && count < MAX_VALUES; at = end) {
		unsigned long value = strtoul(at, &end, 10);

		if (end == at || value == 0 || value > 8192)
			break;
		values[count++] = (unsigned int)value;
		if (*end == '\n')
			break;
	}
	return count;
}

enum scenario_status scenario_main(const char *text, size_t len,
				   const struct scenario_options *options)
{
	unsigned int pools[MAX_VALUES], owners[MAX_VALUES], num_pools, num_owners;
	char parameters[256] = "";
	uint64_t start;

	memcpy(parameters, text, len < sizeof(parameters) ? len : sizeof(parameters) - 1);
	num_pools = read_values(parameters, "pools", pools);
	num_owners = read_values(parameters, "owners", owners);
	if (!num_pools || !num_owners) {
		log_line("bench: wanted are the lines 'pools N ...' and 'owners N ...'");
		return SCENARIO_BAD_LINE;
	}
	counter_start();
	start = counter_read();
	empty_cost = counter_read() - start;
	for (unsigned int i = 0; i < num_pools; i++)
		measure_pool(options, pools[i], owners, num_owners);
	return SCENARIO_PASSED;
}
