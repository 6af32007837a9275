/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one CPU keeps for itself, found through TPIDR_EL1, and what the files of this folder share.
 * Only its own CPU reads or writes a struct cpu_local, interrupts are masked: no lock.
 */
#ifndef ARCH_LOCAL_H
#define ARCH_LOCAL_H

#include "core/arch.h"
#include "core/cpu.h"

#include "sysreg.h"

struct cpu_local {
	uint64_t index;
	void *emergency_sp;    /* the stack on which an exception from EL1 is reported */
	struct cpu_simd *simd; /* of the thread that runs here; NULL: none */
	bool tick_armed;       /* the timer will end a TA's turn ... */
	uint64_t tick;         /* ... when cpu_ticks() reaches this */
	bool reporting;        /* an exception from EL1 is being reported */
};

static inline struct cpu_local *cpu_local(void)
{
	return (struct cpu_local *)SYSREG_READ(tpidr_el1);
}

/* Registers of the core at an exception from EL1, as vectors.S stores them. */
struct core_regs {
	uint64_t x[31];
	uint64_t sp, pc, spsr, esr, far;
};

/* start.S: the exception level the machine started us at, 1 or 2. */
extern uint64_t boot_level;
/* start.S: where a secondary CPU starts, by its physical address, its index in x0. */
extern char secondary_start[];

/* simd.S */
void simd_save(struct cpu_simd *simd);
void simd_restore(const struct cpu_simd *simd);
/* simd.c: the running thread's SIMD registers are in the CPU and may be used at EL0. */
void simd_make_live(void);

/*
 * vectors.S: eret to REGS with TTBR0 the value for TTBR0_EL1. Returns LEFT_BY_..., interrupts
 * masked, REGS updated, TTBR0_EL1 empty again.
 */
unsigned int user_enter(struct user_regs *regs, uint64_t ttbr0);

/* timer.c: the virtual timer fires at cpu_ticks() = DEADLINE; once. */
void timer_set(uint64_t deadline);
void timer_stop(void);
/* timer.c: a TA's turn on this CPU ends at cpu_ticks() = DEADLINE. */
void timer_set_tick(uint64_t deadline);
/* timer.c: halt for some ten microseconds; the tick stays as it was. */
void cpu_doze(void);
/* timer.c: acknowledge whatever interrupts are pending on this CPU. */
void interrupts_take(void);

/* exception.c: called by vectors.S with the kind and source of the exception. */
void core_exception(const struct core_regs *regs, unsigned int vector) __attribute__((noreturn));
/* local.c: called by start.S on each CPU's boot stack, the MMU on. */
void cpu_enter(unsigned int index) __attribute__((noreturn));
/* boot_map.c: called by start.S on the first CPU, the MMU still off. */
void boot_map(void);

#endif
