/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU's own record, the small services of core/arch.h that are one or a few instructions, and
 * the way of each CPU from start.S into the scheduler.
 */
#include "local.h"
#include "asm_offsets.h"
#include "core/log.h"
#include "core/thread.h"
#include "platform/virt/memory_map.h"
#include "platform/virt/platform.h"

#define ASSERT_OFFSET(type, member, offset)                                                        \
	_Static_assert(offsetof(type, member) == (offset), "asm_offsets.h: " #type "." #member)

ASSERT_OFFSET(struct user_regs, sp, USER_REGS_SP);
ASSERT_OFFSET(struct user_regs, pc, USER_REGS_PC);
ASSERT_OFFSET(struct user_regs, pstate, USER_REGS_PSTATE);
ASSERT_OFFSET(struct user_regs, tpidr, USER_REGS_TPIDR);
ASSERT_OFFSET(struct cpu_local, emergency_sp, CPU_LOCAL_EMERGENCY_SP);
ASSERT_OFFSET(struct core_regs, sp, CORE_REGS_SP);
ASSERT_OFFSET(struct core_regs, pc, CORE_REGS_PC);
ASSERT_OFFSET(struct core_regs, spsr, CORE_REGS_SPSR);
ASSERT_OFFSET(struct core_regs, esr, CORE_REGS_ESR);
ASSERT_OFFSET(struct core_regs, far, CORE_REGS_FAR);
_Static_assert(sizeof(struct core_regs) == CORE_REGS_SIZE, "asm_offsets.h: CORE_REGS_SIZE");
ASSERT_OFFSET(struct cpu_simd, fpcr, CPU_SIMD_FPCR);
ASSERT_OFFSET(struct cpu_simd, fpsr, CPU_SIMD_FPSR);

#define ISAR0_RNDR(isar0) ((isar0) >> 60)
#define MMFR1_PAN(mmfr1)  (((mmfr1) >> 20) & 0xf)
#define PAN_BIT           (1ul << 22)
#define SPINS_TO_HALT     500 /* tries for a lock */
#define RANDOM_TRIES      100
#define TLS_BYTES         256 /* target.ld asserts that it is enough */
#define MAIN_THREAD_CPU   0

extern char vectors[], cpu_stacks[], emergency_stacks[], stack_begin[];

static struct cpu_local locals[MAX_CPUS];

/*
 * Where TPIDR_EL0 points while the core runs: the C library's thread-local words, `errno` being
 * the one it writes. All CPUs share them, as the core never reads them.
 */
char library_tls[TLS_BYTES] __attribute__((aligned(64)));

void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + LINEAR_OFFSET);
}

paddr_t virt_to_phys(const void *va)
{
	return (paddr_t)va - LINEAR_OFFSET;
}

unsigned int cpu_index(void)
{
	return (unsigned int)cpu_local()->index;
}

uint64_t cpu_ticks(void)
{
	sysreg_sync(); /* not read ahead of what it is to time */
	return SYSREG_READ(cntvct_el0);
}

uint64_t cpu_ticks_hz(void)
{
	return SYSREG_READ(cntfrq_el0);
}

void cpu_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

/* One try, with acquire order: Arm ARM B2.3.11. */
static bool lock_try(struct spinlock *lock)
{
	unsigned int seen, failed;

	__asm__ volatile("1:	ldaxr	%w0, %2\n"
			 "	cbnz	%w0, 2f\n"
			 "	stxr	%w1, %w3, %2\n"
			 "	cbnz	%w1, 1b\n"
			 "2:\n"
			 : "=&r"(seen), "=&r"(failed), "+Q"(lock->locked)
			 : "r"(1)
			 : "memory");
	return seen == 0;
}

/*
 * The store that frees the lock ends a waiter's WFE. Where CPUs are emulated WFE may be nothing,
 * and a waiter could keep the holder from its turn on the host: so it halts for a while, too.
 */
void spin_lock(struct spinlock *lock)
{
	for (unsigned int tries = 1; !lock_try(lock); tries++) {
		if (tries % SPINS_TO_HALT == 0)
			cpu_doze();
		else
			__asm__ volatile("wfe" : : : "memory");
	}
}

void spin_unlock(struct spinlock *lock)
{
	__asm__ volatile("stlr wzr, %0" : "=Q"(lock->locked) : : "memory");
}

static bool random_try(uint64_t *value)
{
	uint64_t failed;

	/* RNDR; it sets Z when it had nothing to give (FEAT_RNG). */
	__asm__ volatile("mrs %0, S3_3_C2_C4_0\n\tcset %1, eq"
			 : "=r"(*value), "=r"(failed)
			 :
			 : "cc", "memory");
	return !failed;
}

uint64_t random_u64(void)
{
	uint64_t value;

	if (ISAR0_RNDR(SYSREG_READ(id_aa64isar0_el1)) == 0)
		core_panic("random numbers", "this CPU has no RNDR: run it with -cpu max");
	for (unsigned int i = 0; i < RANDOM_TRIES; i++)
		if (random_try(&value))
			return value;
	core_panic("random numbers", "RNDR failed %d times", RANDOM_TRIES);
}

void *cpu_stack_prepare(void *top, void (*entry)(void *arg), void *arg)
{
	/* What cpu_switch() pops: x29, x30, x19, x20 ... */
	uint64_t *frame = (uint64_t *)top - 12;

	frame[1] = (uint64_t)stack_begin;
	frame[2] = (uint64_t)entry;
	frame[3] = (uint64_t)arg;
	return frame;
}

static void *stack_top(char *stacks, unsigned int index)
{
	return stacks + (index + 1ul) * CPU_STACK_STRIDE;
}

static void local_init(unsigned int index)
{
	struct cpu_local *local = &locals[index];

	local->index = index;
	local->emergency_sp = stack_top(emergency_stacks, index);
	SYSREG_WRITE(tpidr_el1, local);
	SYSREG_WRITE(tpidr_el0, library_tls);
	SYSREG_WRITE(tpidrro_el0, 0);
	SYSREG_WRITE(vbar_el1, vectors);
	SYSREG_WRITE(cpacr_el1, CPACR_SIMD_OFF);
	SYSREG_WRITE(cntkctl_el1, 0); /* no counter and no timer at EL0 */
	SYSREG_WRITE(pmuserenr_el0, 0);
	SYSREG_WRITE(mdscr_el1, 0);
	if (MMFR1_PAN(SYSREG_READ(id_aa64mmfr1_el1)))
		SYSREG_WRITE(S3_0_C4_C2_3, PAN_BIT);
	sysreg_sync();
}

void cpu_enter(unsigned int index)
{
	local_init(index);
	if (index == MAIN_THREAD_CPU)
		platform_boot();
	platform_cpu_boot(index);
	thread_run_cpu();
}
