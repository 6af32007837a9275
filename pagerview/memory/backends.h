/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backends behind struct memory. Each is made by one function and destroyed by
 * memory_destroy(); who makes one decides (source.c), who reads through one need not know which it
 * is.
 */
#ifndef PAGERVIEW_BACKENDS_H
#define PAGERVIEW_BACKENDS_H

#include <sys/types.h>

#include "../rsp/client.h"
#include "memory.h"
#include "pagewalk.h"

/*
 * Through `m` packets: virtual addresses as the stopped CPU sees them, and physical ones where the
 * stub can. CLIENT stays the caller's, and the target must stand still when it is read.
 */
struct memory *memory_stub_create(struct rsp_client *client);

/*
 * Physical addresses as the CPU that is looked through sees them at EL3, where firmware maps memory
 * to itself: its program status is changed for each burst and put back with it. A CPU in AArch32
 * state shows nothing. CLIENT stays the caller's.
 */
struct memory *memory_el3_create(struct rsp_client *client);

/* A stretch of guest-physical RAM and where it lies in QEMU's own address space. */
struct memory_block {
	uint64_t pa, size, hva; /* bytes */
};
#define MEMORY_MAX_BLOCKS 64
/* The page that comes after *PA in one of COUNT blocks; as memory_ops.next_page. */
bool memory_block_next_page(const struct memory_block *blocks, size_t count, uint64_t *pa);
/*
 * QEMU's memory on this host: physical addresses only (`read` fails for all), never stopping the
 * guest. Finds the blocks through the monitor, so the target must stand still now, once.
 * NULL with a sentence in WHY: no QEMU, other host, no permission, no such monitor commands.
 */
struct memory *memory_local_create(struct rsp_client *client, char *why, size_t why_len);

/* RAM of an ELF core dump, by physical address. NULL with ERROR. */
struct memory *memory_core_create(const char *path, struct error *error);

/*
 * Virtual addresses over PHYSICAL by our own walk. Takes PHYSICAL over: it is destroyed with it,
 * also when this fails (NULL, out of memory).
 */
struct memory *memory_walk_create(struct memory *physical, const struct pagewalk *walk);
/* Walk with other tables from now on; the cache is dropped. */
void memory_walk_set(struct memory *memory, const struct pagewalk *walk);
/* Where VA is mapped; false: nowhere, or a table cannot be read. */
bool memory_walk_translate(struct memory *memory, uint64_t va, struct pagewalk_page *page);

#endif
