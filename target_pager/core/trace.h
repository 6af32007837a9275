/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of what the pager did, for a reader outside that never stops us: writers never wait,
 * the oldest entries are overwritten, and `trace_head` tells how many were ever written, so a
 * reader knows what it lost. Written under the pager lock.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "types.h"

#define TRACE_LIST(X)                                                                              \
	X(FAULT)   /* a TA's abort, `detail` its enum fault_outcome */                             \
	X(LOAD)    /* a page filled */                                                             \
	X(SAVE)    /* a page sealed into the store */                                              \
	X(MAP)     /* a table entry made, `detail` its protection */                               \
	X(UNMAP)   /* a table entry removed, as its page is hidden or released */                  \
	X(HIDE)    /* a page hidden */                                                             \
	X(RELEASE) /* a page released to make room */                                              \
	X(GET)     /* a reference taken, `caller` says where, `detail` the count after */          \
	X(PUT)     /* a reference put, likewise */                                                 \
	X(NEW)     /* an object made, `caller` says where, `detail` its pages or slices */         \
	X(FREE)    /* an object freed, likewise */                                                 \
	X(STEP)    /* the scenario's `step`, `detail` its number */

enum trace_kind {
#define X(name) TRACE_##name,
	TRACE_LIST(X)
#undef X
};

#define TRACE_NO_PAGE (~0UL)

#define TRACE_PATH 4u
struct trace_event {
	uint64_t seq;        /* 1 for the first ever; 0: never written, or being written */
	uint64_t time;       /* cpu_ticks() */
	uint32_t kind;       /* enum trace_kind */
	uint32_t cpu;        /* cpu_index() of who wrote it */
	const void *context; /* struct context, or NULL; it may be freed since, as may the object */
	const void *object;  /* struct fobj or struct file, or NULL */
	uint64_t page;       /* page index within the object, or TRACE_NO_PAGE */
	uint64_t va;         /* the TA's address it applies to, bytes, or 0 */
	const void
		*caller; /* return address of whoever asked for a get, put, new or free; or NULL */
	uint64_t detail; /* as TRACE_LIST says; 0 where it says nothing */
	/* Of what has a caller, else not written: who called it, innermost first; NULL ends. */
	const void *path[TRACE_PATH];
};

#define TRACE_ENTRIES 4096u /* a power of two */
extern struct trace_event trace_ring[TRACE_ENTRIES];
/* Events ever written; number n, from 1, is trace_ring[(n - 1) % TRACE_ENTRIES]. */
extern volatile uint64_t trace_head;

/* Write one event; its sequence number, time, CPU and path are found here. Lock held. */
void trace_write(enum trace_kind kind, const void *context, const void *object, uint64_t page,
		 uint64_t va, const void *caller, uint64_t detail);

#endif
