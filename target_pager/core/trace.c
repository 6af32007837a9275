/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One writer at a time (the pager lock), any number of readers outside. `seq` is written last, and
 * zeroed first, so a reader that finds the expected number in an entry before and after copying it
 * has a whole event.
 */
#include "trace.h"

#include "arch.h"

struct trace_event trace_ring[TRACE_ENTRIES];
volatile uint64_t trace_head;

#define MAX_FRAMES 10u /* from here to the caller, and on to the end of its path */

/*
 * Who called CALLER's function: what follows CALLER among our own return addresses. What has no
 * caller has no path either, and is spared even the clearing of it: faults are counted in
 * instructions.
 */
static void fill_path(const void **path, const void *caller)
{
	const void *frames[MAX_FRAMES];
	unsigned int count, first = 0;

	if (!caller)
		return;
	count = cpu_call_path(frames, MAX_FRAMES);

	while (first < count && frames[first] != caller)
		first++;
	for (unsigned int i = 0; i < TRACE_PATH; i++)
		path[i] = first + 1 + i < count ? frames[first + 1 + i] : NULL;
}

void trace_write(enum trace_kind kind, const void *context, const void *object, uint64_t page,
		 uint64_t va, const void *caller, uint64_t detail)
{
	uint64_t seq = trace_head + 1;
	struct trace_event *event = &trace_ring[(seq - 1) & (TRACE_ENTRIES - 1)];

	__atomic_store_n(&event->seq, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	event->time = cpu_ticks();
	event->kind = kind;
	event->cpu = cpu_index();
	event->context = context;
	event->object = object;
	event->page = page;
	event->va = va;
	event->caller = caller;
	event->detail = detail;
	fill_path(event->path, caller);
	__atomic_store_n(&event->seq, seq, __ATOMIC_RELEASE);
	__atomic_store_n(&trace_head, seq, __ATOMIC_RELEASE);
}
