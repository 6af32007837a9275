/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the core, one per TA instance and one for the scenario, over all CPUs that are on.
 * Code of the core is never preempted; TA code is, by the timer (its thread then yields).
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include "arch.h"

struct thread;

/* A runnable thread that runs ENTRY(ARG) and ends when it returns. NULL: out of heap. */
struct thread *thread_create(const char *name, void (*entry)(void *arg), void *arg);
/* Wait until THREAD has ended, then free it. One joiner only. */
void thread_join(struct thread *thread);
/* Let others run. No lock held. */
void thread_yield(void);
/*
 * Sleep on CHANNEL; LOCK, held, is released while asleep and held again on return. It may return
 * without a reason: look again at what was waited for.
 */
void thread_sleep(const void *channel, struct spinlock *lock);
/* Make every sleeper on CHANNEL runnable. The sleepers' lock is held. */
void thread_wake(const void *channel);
/* Sleep for MS milliseconds. */
void thread_pause(unsigned int ms);
/* Use COUNT CPUs (1 .. MAX_CPUS) from now on; ERR_BAD_ARG, and as before, when the machine has
 * fewer. */
enum status thread_use_cpus(unsigned int count);
/* This CPU, on its boot stack, runs threads from now on. */
void thread_run_cpu(void) __attribute__((noreturn));

#endif
