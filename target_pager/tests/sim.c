/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"
#include "handle.h"
#include "heap.h"
#include "loader.h"
#include "seal.h"
#include "store.h"
#include "table.h"
#include "vm.h"

#define RAM_BASE    0x40000000UL
#define TLB_ENTRIES 256u
#define MAX_FAULTS  8u

static uint8_t *ram;
static size_t ram_size;
static uint64_t random_state = 1;
static struct {
	const char *name;
	const void *bytes;
	size_t len;
} stored[SIM_MAX_TAS];

struct tlb_entry {
	bool valid;
	uint16_t asid;
	vaddr_t page;
	paddr_t pa;
	unsigned int prot;
};
static struct tlb_entry tlb[TLB_ENTRIES];
uint64_t sim_tlb_hits, sim_tlb_walks;
bool sim_walks_at_once;

static void walk_again(uint16_t asid, vaddr_t va);

/* ---- the machine below the core (arch.h) ---- */

void *phys_to_virt(paddr_t pa)
{
	assert_true(pa >= RAM_BASE && pa < RAM_BASE + ram_size);
	return ram + (pa - RAM_BASE);
}

paddr_t virt_to_phys(const void *va)
{
	return RAM_BASE + (paddr_t)((const uint8_t *)va - ram);
}

static struct tlb_entry *tlb_slot(uint16_t asid, vaddr_t va)
{
	return &tlb[((va >> PAGE_SHIFT) * 7 + asid * 31) % TLB_ENTRIES];
}

void tlb_invalidate_page(uint16_t asid, vaddr_t va)
{
	struct tlb_entry *entry = tlb_slot(asid, va);

	if (entry->asid == asid && entry->page == (va & ~PAGE_MASK))
		entry->valid = false;
	if (sim_walks_at_once)
		walk_again(asid, va);
}

void tlb_invalidate_asid(uint16_t asid)
{
	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (tlb[i].asid == asid)
			tlb[i].valid = false;
}

void icache_sync_page(const void *page)
{
	(void)page;
}

void table_write_barrier(void)
{
}

unsigned int cpu_index(void)
{
	return 0;
}

uint64_t cpu_ticks(void)
{
	static uint64_t ticks;

	return ++ticks;
}

uint64_t cpu_ticks_hz(void)
{
	return 1000000;
}

void cpu_relax(void)
{
}

unsigned int cpu_call_path(const void **path, unsigned int max)
{
	(void)path;
	(void)max;
	return 0;
}

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->locked, 0);
	lock->locked = 1;
}

void spin_unlock(struct spinlock *lock)
{
	assert_int_equal(lock->locked, 1);
	lock->locked = 0;
}

void simd_begin(void)
{
}

void simd_end(void)
{
}

void user_run(struct user_regs *regs, paddr_t root, uint16_t asid, struct trap *trap)
{
	(void)regs;
	(void)root;
	(void)asid;
	(void)trap;
	fail_msg("no TA code runs in the simulator");
}

void console_write(const char *text, size_t len)
{
	fwrite(text, 1, len, stderr);
}

uint64_t random_u64(void)
{
	return (uint64_t)sim_random(UINT32_MAX) << 32 | sim_random(UINT32_MAX);
}

void machine_exit(int status)
{
	fprintf(stderr, "the core gave up with status %d\n", status);
	abort();
}

/* ---- threads (thread.h): they exist, but never run ---- */

struct thread {
	int nothing;
};

struct thread *thread_create(const char *name, void (*entry)(void *arg), void *arg)
{
	(void)name;
	(void)entry;
	(void)arg;
	return heap_alloc(sizeof(struct thread));
}

void thread_join(struct thread *thread)
{
	heap_free(thread);
}

void thread_yield(void)
{
}

void thread_sleep(const void *channel, struct spinlock *lock)
{
	(void)channel;
	(void)lock;
	fail_msg("the only thread would sleep for ever");
}

void thread_wake(const void *channel)
{
	(void)channel;
}

const void *ta_storage_find(const char *name, size_t *len)
{
	for (unsigned int i = 0; i < SIM_MAX_TAS; i++) {
		if (!stored[i].name || strcmp(name, stored[i].name))
			continue;
		*len = stored[i].len;
		return stored[i].bytes;
	}
	return NULL;
}

void sim_store_ta(unsigned int slot, const char *name, const void *bytes, size_t len)
{
	assert_true(slot < SIM_MAX_TAS);
	stored[slot].name = name;
	stored[slot].bytes = bytes;
	stored[slot].len = len;
}

/* ---- switching on and off ---- */

static size_t bytes_at_start;

void sim_start(struct sim_size size)
{
	paddr_t at = RAM_BASE;

	ram_size = (size.pool + size.tables + size.store + size.secure) * PAGE_SIZE;
	ram = aligned_alloc(PAGE_SIZE, ram_size);
	assert_non_null(ram);
	memset(ram, 0xa5, ram_size); /* fresh memory is not zero */
	memset(tlb, 0, sizeof(tlb));
	bytes_at_start = heap_bytes_used();
	sim_seed(1);
	seal_init();
	assert_int_equal(table_init(at, size.tables), OK);
	at += size.tables * PAGE_SIZE;
	assert_int_equal(pager_init(at, size.pool), OK);
	at += size.pool * PAGE_SIZE;
	assert_int_equal(page_region_init(&store_region, at, size.store), OK);
	at += size.store * PAGE_SIZE;
	assert_int_equal(page_region_init(&secure_region, at, size.secure), OK);
	fobj_bad_puts = 0;
}

void sim_stop(void)
{
	sim_check();
	assert_int_equal(pmem_counts.free, pmem_counts.total);
	assert_int_equal(table_free_count, table_total);
	assert_int_equal(store_region.free_pages, store_region.num_pages);
	assert_int_equal(secure_region.free_pages, secure_region.num_pages);
	assert_true(TAILQ_EMPTY(&fobj_list) && TAILQ_EMPTY(&file_list));
	assert_true(TAILQ_EMPTY(&context_list) && TAILQ_EMPTY(&handle_list));
	page_region_deinit(&secure_region);
	page_region_deinit(&store_region);
	pager_deinit();
	table_deinit();
	assert_int_equal(heap_bytes_used(), bytes_at_start);
	free(ram);
	ram = NULL;
}

static void print_breach(void *arg, const char *rule, const char *object, const void *address,
			 const char *text)
{
	(void)arg;
	print_error("rule %s: %s (%p): %s\n", rule, object, address, text);
}

void sim_check(void)
{
	if (check_all(NULL, NULL)) {
		check_all(print_breach, NULL);
		fail_msg("an invariant is broken");
	}
}

struct context *sim_context(const char *name)
{
	struct context *context = heap_alloc(sizeof(*context));

	assert_non_null(context);
	strncpy(context->name, name, NAME_LEN - 1);
	area_head_init(&context->vm, context);
	pager_lock();
	assert_int_equal(mmu_space_init(&context->vm.mmu), OK);
	TAILQ_INSERT_TAIL(&context_list, context, link);
	pager_unlock();
	return context;
}

void sim_context_free(struct context *context)
{
	vm_clear(context);
	pager_lock();
	mmu_space_deinit(&context->vm.mmu);
	TAILQ_REMOVE(&context_list, context, link);
	pager_unlock();
	heap_free(context);
}

/* ---- a TA's accesses ---- */

/* Arm ARM D8.2 and D8.3, three levels from a 39-bit address; 0 where the walk ends invalid. */
static uint64_t walk(paddr_t root, vaddr_t va)
{
	paddr_t table = root;
	uint64_t desc = 0;

	sim_tlb_walks++;
	for (int shift = 30; shift >= 12; shift -= 9) {
		desc = ((uint64_t *)phys_to_virt(table))[va >> shift & 511];
		if ((desc & 3) != 3)
			return 0;
		table = desc & 0x0000fffffffff000UL;
	}
	return desc;
}

static void tlb_fill(struct tlb_entry *entry, uint16_t asid, vaddr_t va, uint64_t desc)
{
	bool access_flag = desc >> 10 & 1, not_global = desc >> 11 & 1, el0 = desc >> 6 & 1;

	assert_true(access_flag && not_global && el0);
	assert_true(desc >> 53 & 1); /* the core never executes a TA's page */
	entry->valid = true;
	entry->asid = asid;
	entry->page = va & ~PAGE_MASK;
	entry->pa = desc & 0x0000fffffffff000UL;
	entry->prot =
		PROT_READ | (desc >> 7 & 1 ? 0 : PROT_WRITE) | (desc >> 54 & 1 ? 0 : PROT_EXEC);
}

static void walk_again(uint16_t asid, vaddr_t va)
{
	struct context *context;
	uint64_t desc;

	TAILQ_FOREACH (context, &context_list, link) {
		if (context->vm.mmu.asid != asid)
			continue;
		desc = walk(context->vm.mmu.root->pa, va);
		if (desc)
			tlb_fill(tlb_slot(asid, va), asid, va, desc);
	}
}

static uint8_t *translate(struct context *context, vaddr_t va, unsigned int access)
{
	uint16_t asid = context->vm.mmu.asid;
	struct tlb_entry *entry = tlb_slot(asid, va);
	uint64_t desc;

	if (entry->valid && entry->asid == asid && entry->page == (va & ~PAGE_MASK)) {
		sim_tlb_hits++;
	} else {
		desc = walk(context->vm.mmu.root->pa, va);
		if (!desc)
			return NULL;
		tlb_fill(entry, asid, va, desc);
	}
	if ((entry->prot & access) != access)
		return NULL;
	return (uint8_t *)phys_to_virt(entry->pa) + (va & PAGE_MASK);
}

static enum fault_outcome access_page(struct context *context, vaddr_t va, unsigned int access,
				      uint8_t **byte)
{
	enum fault_outcome outcome = FAULT_NONE;

	for (unsigned int i = 0; i < MAX_FAULTS; i++) {
		*byte = va < USER_END ? translate(context, va, access) : NULL;
		if (*byte)
			return outcome;
		pager_lock();
		outcome = pager_fault(&context->vm, va, access, NULL);
		pager_unlock();
		if (fault_is_fatal(outcome))
			return outcome;
	}
	fail_msg("the access faults for ever, last outcome %s", fault_name(outcome));
	return outcome;
}

enum fault_outcome sim_read(struct context *context, vaddr_t va, uint8_t *byte)
{
	uint8_t *from;
	enum fault_outcome outcome = access_page(context, va, PROT_READ, &from);

	if (from)
		*byte = *from;
	return outcome;
}

enum fault_outcome sim_write(struct context *context, vaddr_t va, uint8_t byte)
{
	uint8_t *to;
	enum fault_outcome outcome = access_page(context, va, PROT_WRITE, &to);

	if (to)
		*to = byte;
	return outcome;
}

enum fault_outcome sim_fetch(struct context *context, vaddr_t va)
{
	uint8_t *from;

	return access_page(context, va, PROT_EXEC, &from);
}

void sim_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15UL + 1;
}

uint32_t sim_random(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % below;
}
