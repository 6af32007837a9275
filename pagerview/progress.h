/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a target got. Seconds by the host's clock do not tell on a busy host: a CPU of the guest
 * is a thread of QEMU, and while that waits for a CPU of the host the guest stands still.
 */
#ifndef PAGERVIEW_PROGRESS_H
#define PAGERVIEW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROGRESS_THREADS 64 /* of QEMU's; more are not looked at */

/* Starts as zeros; needs no end. */
struct progress {
	struct {
		pid_t id;
		uint64_t waited_ns; /* for a CPU, since it lives */
	} threads[PROGRESS_THREADS];
	size_t num_threads;
	double ran_s, made_s;
};

/*
 * Seconds of progress since PROGRESS began, at least: what it RAN_S (seconds, never less than at
 * the last call) without the time that one of its threads waited for a CPU, the one that waited
 * longest. PID is QEMU's process below PROC ("/proc"), 0 where it is not on this host: then all of
 * it counts, as it does where the host does not tell (CONFIG_SCHED_INFO). None counts that came to
 * an end with the process held.
 */
double progress_made(struct progress *progress, const char *proc, pid_t pid, double ran_s);

/* Is process PID stopped, by a signal or by a debugger of its own? False where nobody knows. */
bool progress_is_held(const char *proc, pid_t pid);

#endif
