/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What thread.c, and it alone, needs of the machine: stacks to switch between, CPUs to start, to
 * wait on and to wake, and room for a thread's SIMD registers. Knows no thread.
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include "types.h"

/* The SIMD registers of a thread's TA. Only the arch looks inside; zeroed by thread_create(). */
struct cpu_simd {
	uint64_t v[64]; /* V0 .. V31 */
	uint64_t fpcr, fpsr;
	bool live; /* they are in the CPU's registers, not here */
};

/* cpu_wait() without a deadline. */
#define CPU_NO_DEADLINE UINT64_MAX

/*
 * Make a stack, TOP its 16-byte aligned end, on which the first cpu_switch() calls ENTRY(ARG).
 * ENTRY must not return. The result is what cpu_switch() wants as TO.
 */
void *cpu_stack_prepare(void *top, void (*entry)(void *arg), void *arg);
/* Save this stack's pointer in *FROM and go on where TO was saved. */
void cpu_switch(void **from, void *to);

/* The thread whose TA registers are SIMD runs on this CPU from now on. */
void cpu_simd_enter(struct cpu_simd *simd);
/* It no longer does: its SIMD registers are saved if they are live. */
void cpu_simd_leave(void);

/* CPUs the machine has, 1 .. MAX_CPUS. */
unsigned int cpu_count(void);
/* Power CPU INDEX on; it runs thread_run_cpu(). Once per CPU. False: the machine refused. */
bool cpu_start(unsigned int index);
/* Halt this CPU until cpu_ticks() reaches DEADLINE or cpu_kick(); may return early. */
void cpu_wait(uint64_t deadline);
/* End CPU INDEX's cpu_wait(), also one that begins later; interrupts its TA, if it runs one. */
void cpu_kick(unsigned int index);

#endif
