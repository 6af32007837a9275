/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run queue for all CPUs, first in, first out, and one list of threads that wait; one lock over
 * both. Each CPU runs thread_run_cpu() on its boot stack: take a thread, switch to it, and when it
 * gives the CPU up come back here. The lock is held across each switch and passes to the other
 * side, so a thread is never on a list that others read while its registers are still in use.
 *
 * A CPU with nothing to do halts until the earliest pause ends or another CPU kicks it. `idle` is
 * set under the lock and a kick stays pending, so none is lost between the look at the queue and
 * the halt. Pauses are looked at by whoever schedules next: an idle CPU at the deadline, a busy one
 * at the next preemption.
 */
#include <string.h>
#include <sys/queue.h>

#include "cpu.h"
#include "heap.h"
#include "log.h"
#include "thread.h"

#define STACK_BYTES  16384u
#define STACK_CANARY 0x57ac4ca9a7e5afe5u

enum thread_state {
	THREAD_RUNNABLE, /* in run_queue */
	THREAD_RUNNING,  /* on a CPU, on no list */
	THREAD_SLEEPING, /* in wait_list until thread_wake(channel) */
	THREAD_PAUSED,   /* in wait_list until cpu_ticks() reaches wake_at */
	THREAD_ENDED,    /* on no list; its joiner frees it */
};

/* Written under thread_spinlock after thread_create(). */
struct thread {
	char name[NAME_LEN];
	enum thread_state state;
	const void *channel; /* while THREAD_SLEEPING */
	uint64_t wake_at;    /* cpu_ticks(), while THREAD_PAUSED */
	void *sp;            /* its saved stack pointer; NULL while it is on a CPU */
	uint64_t *stack;     /* STACK_BYTES, owned; the lowest word is the canary */
	void (*entry)(void *arg);
	void *arg;
	struct cpu_simd simd;
	TAILQ_ENTRY(thread) link; /* in run_queue or wait_list */
};
TAILQ_HEAD(thread_list, thread);

/* A CPU as the scheduler sees it. Written by that CPU, `idle` by others too; under the lock. */
struct cpu {
	struct thread *current; /* NULL while it schedules */
	void *scheduler_sp;     /* thread_run_cpu()'s, while a thread runs */
	bool started;
	bool idle; /* halted, or about to: cpu_kick() it */
};

static struct spinlock thread_spinlock;
static struct thread_list run_queue = TAILQ_HEAD_INITIALIZER(run_queue);
static struct thread_list wait_list = TAILQ_HEAD_INITIALIZER(wait_list);
static struct cpu cpus[MAX_CPUS];
static unsigned int cpus_used = 1; /* CPUs 0 .. cpus_used - 1 run threads */

/* The CPU we are on; stale once this thread has given it up. */
static struct cpu *this_cpu(void)
{
	return &cpus[cpu_index()];
}

/* Some other CPU that halts shall look at the lists again. */
static void kick_idle_cpu(void)
{
	for (unsigned int i = 0; i < cpus_used; i++) {
		if (cpus[i].idle) {
			cpus[i].idle = false;
			cpu_kick(i);
			return;
		}
	}
}

static void make_runnable(struct thread *thread)
{
	thread->state = THREAD_RUNNABLE;
	thread->channel = NULL;
	TAILQ_INSERT_TAIL(&run_queue, thread, link);
	kick_idle_cpu();
}

static void wake_channel(const void *channel)
{
	struct thread *thread, *next;

	for (thread = TAILQ_FIRST(&wait_list); thread; thread = next) {
		next = TAILQ_NEXT(thread, link);
		if (thread->state != THREAD_SLEEPING || thread->channel != channel)
			continue;
		TAILQ_REMOVE(&wait_list, thread, link);
		make_runnable(thread);
	}
}

/* Threads whose pause is over become runnable. The earliest deadline of the others. */
static uint64_t end_pauses(void)
{
	uint64_t now = cpu_ticks(), earliest = CPU_NO_DEADLINE;
	struct thread *thread, *next;

	for (thread = TAILQ_FIRST(&wait_list); thread; thread = next) {
		next = TAILQ_NEXT(thread, link);
		if (thread->state != THREAD_PAUSED)
			continue;
		if (thread->wake_at <= now) {
			TAILQ_REMOVE(&wait_list, thread, link);
			make_runnable(thread);
		} else if (thread->wake_at < earliest) {
			earliest = thread->wake_at;
		}
	}
	return earliest;
}

/* Back to this CPU's scheduler. The thread is on the list of its new state. Lock held, as after. */
static void leave_cpu(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *thread = cpu->current;

	if (thread->stack[0] != STACK_CANARY)
		core_panic("stack canary", "thread %s overran its stack", thread->name);
	cpu_simd_leave();
	cpu_switch(&thread->sp, cpu->scheduler_sp);
}

/* Lock held, as after. */
static void wait_on(const void *channel)
{
	struct thread *thread = this_cpu()->current;

	thread->state = THREAD_SLEEPING;
	thread->channel = channel;
	TAILQ_INSERT_TAIL(&wait_list, thread, link);
	leave_cpu();
}

/* Every thread begins here, with the lock its scheduler took. */
static void thread_main(void *arg)
{
	struct thread *thread = arg;

	spin_unlock(&thread_spinlock);
	thread->entry(thread->arg);
	spin_lock(&thread_spinlock);
	thread->state = THREAD_ENDED;
	wake_channel(thread);
	leave_cpu();
	core_panic("thread end", "thread %s ran on after its end", thread->name);
}

struct thread *thread_create(const char *name, void (*entry)(void *arg), void *arg)
{
	struct thread *thread = heap_alloc(sizeof(*thread));

	if (!thread)
		return NULL;
	thread->stack = heap_alloc(STACK_BYTES);
	if (!thread->stack) {
		heap_free(thread);
		return NULL;
	}
	strncpy(thread->name, name, NAME_LEN - 1);
	thread->stack[0] = STACK_CANARY;
	thread->entry = entry;
	thread->arg = arg;
	thread->sp = cpu_stack_prepare((char *)thread->stack + STACK_BYTES, thread_main, thread);
	spin_lock(&thread_spinlock);
	make_runnable(thread);
	spin_unlock(&thread_spinlock);
	return thread;
}

void thread_join(struct thread *thread)
{
	spin_lock(&thread_spinlock);
	while (thread->state != THREAD_ENDED)
		wait_on(thread);
	spin_unlock(&thread_spinlock);
	heap_free(thread->stack);
	heap_free(thread);
}

void thread_yield(void)
{
	struct thread *thread;

	spin_lock(&thread_spinlock);
	end_pauses();
	if (!TAILQ_EMPTY(&run_queue) || cpu_index() >= cpus_used) {
		thread = this_cpu()->current;
		make_runnable(thread);
		leave_cpu();
	}
	spin_unlock(&thread_spinlock);
}

void thread_sleep(const void *channel, struct spinlock *lock)
{
	/* In this order: a waker holds LOCK, so it finds us asleep or not yet looking. */
	spin_lock(&thread_spinlock);
	spin_unlock(lock);
	wait_on(channel);
	spin_unlock(&thread_spinlock);
	spin_lock(lock);
}

void thread_wake(const void *channel)
{
	spin_lock(&thread_spinlock);
	wake_channel(channel);
	spin_unlock(&thread_spinlock);
}

void thread_pause(unsigned int ms)
{
	struct thread *thread;

	spin_lock(&thread_spinlock);
	thread = this_cpu()->current;
	thread->state = THREAD_PAUSED;
	thread->wake_at = cpu_ticks() + cpu_ticks_hz() / 1000 * ms;
	TAILQ_INSERT_TAIL(&wait_list, thread, link);
	/* A CPU that halts does not know our deadline, and this one may get a long job next. */
	kick_idle_cpu();
	leave_cpu();
	spin_unlock(&thread_spinlock);
}

/* CPUs below COUNT that are not on yet are started, the others look at the queue again. */
static enum status start_cpus(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (i == cpu_index())
			continue;
		if (cpus[i].started)
			cpu_kick(i);
		else if (!cpu_start(i))
			return ERR_BAD_ARG;
		cpus[i].started = true;
	}
	return OK;
}

enum status thread_use_cpus(unsigned int count)
{
	enum status status = ERR_BAD_ARG;

	spin_lock(&thread_spinlock);
	if (count >= 1 && count <= cpu_count())
		status = start_cpus(count);
	if (status == OK)
		cpus_used = count;
	spin_unlock(&thread_spinlock);
	/* The CPU we are on may be one that is to rest from now on. */
	thread_yield();
	return status;
}

/* Lock held, as after. */
static void run_thread(struct cpu *cpu, struct thread *thread)
{
	void *sp = thread->sp;

	TAILQ_REMOVE(&run_queue, thread, link);
	thread->sp = NULL;
	thread->state = THREAD_RUNNING;
	cpu->current = thread;
	cpu_simd_enter(&thread->simd);
	cpu_switch(&cpu->scheduler_sp, sp);
	cpu->current = NULL;
}

/* Lock held, as after. */
static void rest(struct cpu *cpu, uint64_t deadline)
{
	cpu->idle = true;
	spin_unlock(&thread_spinlock);
	cpu_wait(deadline);
	spin_lock(&thread_spinlock);
	cpu->idle = false;
}

void thread_run_cpu(void)
{
	struct cpu *cpu = this_cpu();

	spin_lock(&thread_spinlock);
	cpu->started = true;
	for (;;) {
		uint64_t deadline = end_pauses();
		struct thread *thread = TAILQ_FIRST(&run_queue);

		if (cpu_index() >= cpus_used)
			rest(cpu, CPU_NO_DEADLINE);
		else if (thread)
			run_thread(cpu, thread);
		else
			rest(cpu, deadline);
	}
}
