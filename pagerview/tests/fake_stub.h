/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gdbstub made up for tests: a thread that serves one connection at a time on a Unix socket of
 * its own, with 64 KiB of memory, a few registers and breakpoints, and faults on request. In its
 * QEMU form it has QEMU's habits: any byte stops a running target and is eaten, connecting stops it
 * and tells so, nothing is acknowledged.
 */
#ifndef PAGERVIEW_FAKE_STUB_H
#define PAGERVIEW_FAKE_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_BASE       0x40000000ull
#define FAKE_SIZE       0x10000u
#define FAKE_LATE_AFTER 0x80 /* to `late_on`: it is answered, and then nothing happens */
#define FAKE_PC         0xffffff8040206290ull

enum fake_fault {
	FAKE_OK,
	FAKE_SILENT,        /* answers nothing from request `fault_at` on */
	FAKE_BANNER,        /* greets like another kind of server */
	FAKE_CLOSES,        /* hangs up at request `fault_at` */
	FAKE_CLOSES_AT_GO,  /* ... instead of letting the target run */
	FAKE_CLOSES_INSIDE, /* the same in the middle of the answer */
	FAKE_BAD_CHECKSUM,  /* `fault_count` answers from `fault_at` on are garbled, then right */
	FAKE_NACKS,         /* refuses `fault_count` packets */
	FAKE_OVERSIZED,     /* the answer never ends */
	FAKE_NONSENSE,      /* answers with text that is no answer to anything */
	FAKE_NOTIFIES,      /* a notification and noise before each answer */
	FAKE_SHORT,         /* `m` gives half of what was asked for */
	FAKE_SET_RUNNING,   /* somebody sets the target running before request `fault_at` */
	FAKE_PRINTS,        /* the console speaks before each answer */
	FAKE_REFUSES_GO,    /* does not let the target run, in words */
	FAKE_CANNOT_GO,     /* ... because it knows no such request */
	FAKE_HANGS,         /* an interrupt does not stop the target */
};

struct fake_config {
	bool qemu;        /* QEMU's habits, PhyMemMode, a monitor */
	bool was_running; /* when the first client comes */
	bool acks;        /* insists on acknowledgements: waits for '+' after each answer */
	bool offers_no_ack;
	bool lacks_p;             /* registers by `g` alone */
	bool at_el3;              /* memory is readable with EL3 in `cpsr` only */
	bool fragments;           /* answers come a byte at a time */
	unsigned int packet_size; /* 0: not told */
	enum fake_fault fault;
	unsigned int fault_at, fault_count;
	char late_on;         /* the first request that begins so (3: interrupt) is answered ... */
	unsigned int late_ms; /* ... so much later, as all that comes behind it */

	/* A target of the test's own, called in the stub's thread; NULL: what the stub has. */
	bool (*read)(void *target, uint64_t addr, bool physical, void *to, size_t len);
	/* False: the stub answers itself. */
	bool (*monitor)(void *target, const char *command, char *answer, size_t len);
	void *target;
	uint64_t tables; /* physical address of its first one, 39 bits; 0: none to tell of */
	bool hits;       /* let go, it comes to the next of the breakpoints at once */
	bool reverses;   /* says that it can go backwards */
};

/* What the other side of the wire saw. Read after fake_stub_end(). */
struct fake_seen {
	unsigned int requests;  /* since the last connect */
	unsigned int max_ahead; /* requests that lay in one receive */
	unsigned int stops;     /* by interrupt or by a stray byte */
	unsigned int connections;
	bool running;
	bool detached;
	bool physical;            /* PhyMemMode is on */
	unsigned int status;      /* `cpsr` as it was set, 0: never */
	unsigned int settings;    /* times that it was */
	unsigned int breakpoints; /* in place now */
	unsigned int steps;
	bool stepped_with_break;   /* stepped or went on from a breakpoint that was in place */
	bool parallel_without_ack; /* a request came before the last answer was acknowledged */
};

struct fake_stub;

/* Begin to listen; never NULL (fails the test instead). */
struct fake_stub *fake_stub_begin(const struct fake_config *config);
const char *fake_stub_address(const struct fake_stub *stub);         /* "unix:PATH" */
const unsigned char *fake_stub_memory(const struct fake_stub *stub); /* FAKE_SIZE bytes */
/* A running target hits the first breakpoint that is in place. */
void fake_stub_hit(struct fake_stub *stub);
/* The target ends: `W00`, and hangs up. */
void fake_stub_exit_target(struct fake_stub *stub);
struct fake_seen fake_stub_end(struct fake_stub *stub);

#endif
