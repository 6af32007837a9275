/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine layer under test, on the machine: threads over four CPUs, turns of EL0 code and what
 * their ends are decoded to, registers that nothing may touch, preemption, and the core's own
 * mistakes. This file stands where the scenario is in the target; the script it is given is one
 * word, the test to run, and the output is TAP. A mistake on purpose ends in a panic: the shell
 * script around this knows.
 */
#include <string.h>

#include "core/heap.h"
#include "core/log.h"
#include "core/mmu.h"
#include "core/pager.h"
#include "core/seal.h"
#include "core/thread.h"
#include "platform/virt/platform.h"
#include "scenario/scenario.h"

#define CODE_VA   0x200000ul
#define DATA_VA   0x400000ul /* rw- */
#define RODATA_VA 0x401000ul /* r-- */
#define FREE_VA   0x600000ul /* nothing, but its table exists */
#define FAR_VA    0x7000000000ul
#define CORE_VA   0xffffff8040200000ul

#define THREADS 8

extern char user_code[], user_code_end[], user_keep[], user_load[], user_store[], user_jump[],
	user_undefined[], user_sysreg[], user_clean[], user_counter[], user_svc[], user_spin[],
	user_break[];

static unsigned int num_tests, num_failed;

static void report(bool ok, const char *what)
{
	num_tests++;
	num_failed += !ok;
	log_line("%s %u - %s", ok ? "ok" : "not ok", num_tests, what);
}

/* ---- threads ---- */

#define ADDS 10000u

static struct spinlock sum_lock;
static unsigned int sum, cpus_seen;

static void add_thread(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ADDS; i++) {
		spin_lock(&sum_lock);
		sum++;
		cpus_seen |= 1u << cpu_index();
		spin_unlock(&sum_lock);
		if (i % 16 == 0)
			thread_yield();
		if (i % 2500 == 0)
			thread_pause(1);
	}
}

static void run_threads(void (*entry)(void *arg), char *args, size_t arg_size)
{
	struct thread *threads[THREADS];

	for (unsigned int i = 0; i < THREADS; i++)
		threads[i] = thread_create("test", entry, args + i * arg_size);
	for (unsigned int i = 0; i < THREADS; i++)
		thread_join(threads[i]);
}

static void test_adding(unsigned int cpus)
{
	sum = cpus_seen = 0;
	thread_use_cpus(cpus);
	run_threads(add_thread, NULL, 0);
	report(sum == THREADS * ADDS, "a sum under a lock is exact");
	report(cpus_seen < 1u << cpus, "only the CPUs asked for run threads");
}

#define PASSES 2000u

static struct spinlock turn_lock;
static unsigned int turn;
static unsigned int turn_numbers[THREADS];

/* A token goes round: each thread sleeps until it is its turn. A lost wake-up would hang here. */
static void turn_thread(void *arg)
{
	unsigned int mine = *(unsigned int *)arg;

	spin_lock(&turn_lock);
	for (unsigned int i = 0; i < PASSES; i++) {
		while (turn % THREADS != mine)
			thread_sleep(&turn, &turn_lock);
		turn++;
		thread_wake(&turn);
	}
	spin_unlock(&turn_lock);
}

static void test_turns(void)
{
	turn = 0;
	for (unsigned int i = 0; i < THREADS; i++)
		turn_numbers[i] = i;
	run_threads(turn_thread, (char *)turn_numbers, sizeof(turn_numbers[0]));
	report(turn == PASSES * THREADS, "threads sleep and wake in turn");
}

static void test_pause(void)
{
	uint64_t before = cpu_ticks(), ticks = cpu_ticks_hz() / 1000 * 50;

	thread_pause(50);
	report(cpu_ticks() - before >= ticks, "a pause is no shorter than asked for");
}

static void test_cpus(void)
{
	report(thread_use_cpus(0) == ERR_BAD_ARG, "no CPU is no number of CPUs");
	report(thread_use_cpus(MAX_CPUS + 1) == ERR_BAD_ARG, "more CPUs than there are");
	report(thread_use_cpus(MAX_CPUS) == OK, "four CPUs");
}

/* ---- EL0 ---- */

/* A space with the code, a page of data, and the same page read-only. */
static void space_init(struct mmu_space *space)
{
	paddr_t pa = platform_secure_memory().base;

	pager_lock();
	if (mmu_space_init(space) != OK ||
	    mmu_map(space, CODE_VA, pa, PROT_READ | PROT_EXEC) != OK ||
	    mmu_map(space, DATA_VA, pa + PAGE_SIZE, PROT_READ | PROT_WRITE) != OK ||
	    mmu_map(space, RODATA_VA, pa + PAGE_SIZE, PROT_READ) != OK)
		core_panic("machine test", "no space");
	pager_unlock();
}

static void space_deinit(struct mmu_space *space)
{
	pager_lock();
	mmu_space_deinit(space);
	pager_unlock();
}

static vaddr_t code_va(const char *code)
{
	return CODE_VA + (vaddr_t)(code - user_code);
}

static void run(struct mmu_space *space, struct user_regs *regs, struct trap *trap)
{
	user_run(regs, space->root->pa, space->asid, trap);
}

struct decoding {
	const char *what;
	const char *code;
	uint64_t x0;
	enum trap_kind kind;
	bool write, permission;
};

static const struct decoding decodings[] = {
	{"load, nothing mapped", user_load, FREE_VA, TRAP_DATA_ABORT, false, false},
	{"load, no table", user_load, FAR_VA, TRAP_DATA_ABORT, false, false},
	{"load of page 0", user_load, 0, TRAP_DATA_ABORT, false, false},
	{"load of the core", user_load, CORE_VA, TRAP_DATA_ABORT, false, true},
	{"load between the halves", user_load, 1ul << 47, TRAP_DATA_ABORT, false, false},
	{"store, nothing mapped", user_store, FREE_VA, TRAP_DATA_ABORT, true, false},
	{"store to read-only data", user_store, RODATA_VA, TRAP_DATA_ABORT, true, true},
	{"store to text", user_store, CODE_VA, TRAP_DATA_ABORT, true, true},
	{"cache maintenance, nothing mapped", user_clean, FREE_VA, TRAP_OTHER, false, false},
	{"fetch, nothing mapped", user_jump, FREE_VA, TRAP_FETCH_ABORT, false, false},
	{"fetch of data", user_jump, DATA_VA, TRAP_FETCH_ABORT, false, true},
	{"fetch of the core", user_jump, CORE_VA, TRAP_FETCH_ABORT, false, true},
	{"undefined instruction", user_undefined, 0, TRAP_OTHER, false, false},
	{"system register", user_sysreg, 0, TRAP_OTHER, false, false},
	{"counter", user_counter, 0, TRAP_OTHER, false, false},
	{"breakpoint", user_break, 0, TRAP_OTHER, false, false},
	{"system call", user_svc, 0, TRAP_SYSCALL, false, false},
	{"endless loop", user_spin, 0, TRAP_IRQ, false, false},
};

static bool decoding_holds(const struct decoding *want, const struct trap *got)
{
	bool is_abort = want->kind == TRAP_DATA_ABORT || want->kind == TRAP_FETCH_ABORT;

	return got->kind == want->kind && got->write == want->write &&
	       got->permission == want->permission && !got->external &&
	       (!is_abort || got->addr == want->x0);
}

static void test_decoding(const struct decoding *want)
{
	struct user_regs regs = {.pc = code_va(want->code), .x[0] = want->x0};
	struct mmu_space space;
	struct trap trap;

	space_init(&space);
	do
		run(&space, &regs, &trap);
	while (trap.kind == TRAP_IRQ && want->kind != TRAP_IRQ);
	space_deinit(&space);
	report(decoding_holds(want, &trap), want->what);
}

/* ---- registers ---- */

#define ROUNDS 1000u

struct keeper {
	uint64_t pattern;
	uint64_t result; /* of user_keep */
	unsigned int preempted;
};

/* What a core does between two turns of a TA: crypto, other threads, pauses, nothing. */
static void disturb(uint64_t round)
{
	struct hash hash;

	if (round % 3 == 0)
		hash_bytes(user_code, 64, &hash);
	if (round % 7 == 0)
		thread_yield();
	if (round % 100 == 0)
		thread_pause(1);
}

static void keep_thread(void *arg)
{
	struct keeper *keeper = arg;
	/* A PSTATE that asks for EL1 with everything masked: it must not get it. */
	struct user_regs regs = {.pc = code_va(user_keep), .pstate = 0x3c5};
	struct mmu_space space;
	struct trap trap;

	regs.x[0] = keeper->pattern;
	regs.x[1] = ROUNDS;
	space_init(&space);
	do {
		run(&space, &regs, &trap);
		if (trap.kind == TRAP_IRQ) {
			keeper->preempted++;
			thread_yield();
		} else if (trap.kind == TRAP_SYSCALL) {
			disturb(regs.x[0]);
		}
	} while (trap.kind == TRAP_IRQ || (trap.kind == TRAP_SYSCALL && regs.x[8] != 0));
	space_deinit(&space);
	keeper->result = trap.kind == TRAP_SYSCALL ? regs.x[0] : (uint64_t)-1;
}

static void test_keeping(unsigned int cpus, const char *what)
{
	static struct keeper keepers[THREADS];
	unsigned int preempted = 0;
	bool kept = true;

	thread_use_cpus(cpus);
	for (unsigned int i = 0; i < THREADS; i++)
		keepers[i] = (struct keeper){.pattern = 0x123456700c00000ul * (i + 1)};
	run_threads(keep_thread, (char *)keepers, sizeof(keepers[0]));
	for (unsigned int i = 0; i < THREADS; i++) {
		kept = kept && keepers[i].result == 0;
		preempted += keepers[i].preempted;
	}
	report(kept, what);
	report(preempted > 0, "the timer ended turns");
}

/* Two threads that never trap by themselves: only the timer lets both run on one CPU. */
static volatile bool spinning_ends;

static void spin_thread(void *arg)
{
	struct user_regs regs = {.pc = code_va(user_spin)};
	struct mmu_space space;
	struct trap trap;

	(void)arg;
	space_init(&space);
	while (!spinning_ends) {
		run(&space, &regs, &trap);
		thread_yield();
	}
	space_deinit(&space);
}

static void end_thread(void *arg)
{
	(void)arg;
	thread_pause(5);
	spinning_ends = true;
}

static void test_preemption(void)
{
	struct thread *spinner, *ender;

	thread_use_cpus(1);
	spinner = thread_create("spin", spin_thread, NULL);
	ender = thread_create("end", end_thread, NULL);
	thread_join(ender);
	thread_join(spinner);
	report(true, "a TA that never traps is preempted, and a pause ends on time beside it");
}

/* ---- the rest ---- */

static void test_memory(void)
{
	static unsigned char bytes[5000];
	bool zero = true;

	memset(bytes, 0x5a, sizeof(bytes));
	memset(bytes + 3, 0, 4990);
	for (unsigned int i = 3; i < 4993; i++)
		zero = zero && bytes[i] == 0;
	report(zero && bytes[2] == 0x5a && bytes[4993] == 0x5a, "memset sets what it is to set");
	report(memchr(bytes, 0x5a, 5000) == bytes && !memchr(bytes + 3, 1, 100), "memchr");
	report(!strcmp(strstr("one two three", "two"), "two three") && !strstr("one", "two"),
	       "strstr");
	report(random_u64() != random_u64(), "two random numbers differ");
}

/* Blocks of every size, so that the next one's place is every one there is. */
static void test_heap(void)
{
	char *blocks[64];
	bool aligned = true, zero = true;

	for (size_t i = 0; i < 64; i++) {
		blocks[i] = heap_alloc(i + 1);
		aligned = aligned && (uintptr_t)blocks[i] % 16 == 0;
		for (size_t j = 0; j <= i; j++)
			zero = zero && blocks[i][j] == 0;
		memset(blocks[i], 0xa5, i + 1);
	}
	for (size_t i = 0; i < 64; i += 2)
		heap_free(blocks[i]);
	for (size_t i = 0; i < 64; i += 2) {
		blocks[i] = heap_alloc(65 - i);
		aligned = aligned && (uintptr_t)blocks[i] % 16 == 0;
	}
	for (size_t i = 0; i < 64; i++)
		heap_free(blocks[i]);
	report(aligned, "a block of the heap is aligned to 16 bytes");
	report(zero, "and zeroed");
}

static void test_all(void)
{
	size_t heap_before = heap_bytes_used();
	char *code = phys_to_virt(platform_secure_memory().base);

	memcpy(code, user_code, (size_t)(user_code_end - user_code));
	icache_sync_page(code);
	test_cpus();
	test_adding(4);
	test_adding(1);
	thread_use_cpus(MAX_CPUS);
	test_turns();
	test_pause();
	for (unsigned int i = 0; i < sizeof(decodings) / sizeof(decodings[0]); i++)
		test_decoding(&decodings[i]);
	test_keeping(1, "eight TAs keep their registers on one CPU");
	test_keeping(4, "eight TAs keep their registers on four CPUs");
	test_preemption();
	test_memory();
	test_heap();
	report(heap_bytes_used() == heap_before, "the heap is as before");
	log_line("1..%u", num_tests);
}

/* ---- mistakes of the core: each must end in a panic ---- */

static void overrun_stack(void)
{
	volatile char page[16384 - 64];

	for (unsigned int i = 0; i < sizeof(page); i += 8)
		page[i] = 1;
	thread_yield();
	thread_pause(1);
}

static void make_mistake(const char *name, size_t len)
{
	if (len >= 4 && !memcmp(name, "load", 4))
		*(volatile char *)FREE_VA;
	else if (len >= 4 && !memcmp(name, "text", 4))
		*(volatile char *)(uintptr_t)&scenario_main = 0;
	else if (len >= 4 && !memcmp(name, "user", 4))
		((void (*)(void))phys_to_virt(platform_secure_memory().base))();
	else if (len >= 4 && !memcmp(name, "simd", 4))
		__asm__ volatile(".arch_extension simd\n\tmovi v0.16b, #0");
	else if (len >= 4 && !memcmp(name, "free", 4))
		heap_free(heap_alloc(PAGE_SIZE) + 16);
	else if (len >= 4 && !memcmp(name, "deep", 4))
		overrun_stack();
}

enum scenario_status scenario_main(const char *text, size_t len,
				   const struct scenario_options *options)
{
	(void)options;
	if (len >= 3 && !memcmp(text, "all", 3))
		test_all();
	else
		make_mistake(text, len);
	return num_failed == 0 && num_tests > 0 ? SCENARIO_PASSED : SCENARIO_FAILED;
}
