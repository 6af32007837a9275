/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One interface to the target's memory, whatever stands behind it: the gdbstub, QEMU's own memory
 * on this host, a memory dump, a test's array. It knows addresses and bytes; it knows no pager,
 * no symbol and no list. A read may fail for any address, and then says so per request: bytes that
 * could not be read are never delivered as zeros.
 */
#ifndef PAGERVIEW_MEMORY_H
#define PAGERVIEW_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"

/* One wanted range of virtual addresses of the target's core. */
struct memory_request {
	uint64_t addr; /* target virtual address, bytes */
	size_t len;    /* bytes, 1 .. MEMORY_MAX_REQUEST */
	void *to;      /* the caller's buffer of LEN bytes */
	bool ok;       /* set by the read: all LEN bytes are there */
};
#define MEMORY_MAX_REQUEST (16u << 20)

struct memory;

struct memory_ops {
	/*
	 * Fill all requests, in as few round trips as the backend can (the stub pipelines them).
	 * False with ERROR only when the connection as a whole is gone; a bad address is
	 * request.ok.
	 */
	bool (*read)(struct memory *memory, struct memory_request *requests, size_t count,
		     struct error *error);
	/* The same for physical addresses; NULL where the backend cannot. */
	bool (*read_physical)(struct memory *memory, struct memory_request *requests, size_t count,
			      struct error *error);
	void (*destroy)(struct memory *memory);
	/* The target may have run: forget cached translations. NULL: nothing is cached. */
	void (*refresh)(struct memory *memory);
	/*
	 * The page (4 KiB) of RAM that comes after *PA, UINT64_MAX: the first one; false: no more.
	 * NULL where the backend does not know what RAM there is.
	 */
	bool (*next_page)(const struct memory *memory, uint64_t *pa);
};

/* What reading has cost since memory_stats_reset(). */
struct memory_stats {
	uint64_t packets; /* requests on the wire, 0 for a local backend */
	uint64_t trips;   /* times that we waited for the other side */
	uint64_t bytes;   /* of target memory */
};

struct memory {
	const struct memory_ops *ops;
	struct memory_stats stats;
};

bool memory_read(struct memory *memory, struct memory_request *requests, size_t count,
		 struct error *error);
/* One range, all or nothing; false with ERROR also for an unreadable address. */
bool memory_read_at(struct memory *memory, uint64_t addr, void *to, size_t len,
		    struct error *error);
/* The same by physical address; false for all requests where the backend has no such reads. */
bool memory_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			  struct error *error);
/*
 * True when the LEN bytes at ADDR are readable and are EXPECTED: a stub reads absent and secure
 * memory as zeros, so no way of reading is believed before it has shown something known. ERROR:
 * they could not be read; EXIT_PARTIAL, the address alone is to blame.
 */
bool memory_prove(struct memory *memory, uint64_t addr, const void *expected, size_t len,
		  struct error *error);
void memory_refresh(struct memory *memory); /* the target may have run since the last read */
void memory_stats_reset(struct memory *memory);
void memory_destroy(struct memory *memory); /* NULL is allowed */

#endif
