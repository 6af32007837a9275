/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for the host tests: RAM, a TLB that forgets only what it is told to forget, and TAs
 * that are nothing but their memory accesses. It walks the very descriptors that mmu.c writes, with
 * a walker of its own, so a missing invalidation or a wrong bit shows as a wrong byte.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "context.h"
#include "pager.h"
#include "types.h"

struct sim_size {
	unsigned int pool, tables, store, secure; /* pages */
};
#define SIM_DEFAULT_SIZE ((struct sim_size){.pool = 16, .tables = 64, .store = 1024, .secure = 64})

/* Switch the machine on, with the pager and its regions ready. */
void sim_start(struct sim_size size);
/* Switch it off; fails the test unless all has been given back. */
void sim_stop(void);

/* A TA without a file: an empty space of its own. */
struct context *sim_context(const char *name);
void sim_context_free(struct context *context);

/*
 * The TA reads, writes or fetches the byte at VA, faulting as often as it must. The outcome of the
 * last fault; FAULT_NONE if it took none. On a fatal outcome nothing was accessed.
 */
#define FAULT_NONE ((enum fault_outcome) - 1)
enum fault_outcome sim_read(struct context *context, vaddr_t va, uint8_t *byte);
enum fault_outcome sim_write(struct context *context, vaddr_t va, uint8_t byte);
enum fault_outcome sim_fetch(struct context *context, vaddr_t va);

/* What TA storage holds for ta_storage_find(), by slot. Borrowed; NAME may be NULL: empty. */
#define SIM_MAX_TAS 2u
void sim_store_ta(unsigned int slot, const char *name, const void *bytes, size_t len);

/* Fails the test, naming the breach, unless every invariant holds. */
void sim_check(void);

/* A repeatable sequence; sim_seed() starts it anew. */
void sim_seed(uint64_t seed);
uint32_t sim_random(uint32_t below);

/* How often each access was answered by the TLB, and how often the tables were walked. */
extern uint64_t sim_tlb_hits, sim_tlb_walks;
/* The TLB walks again for a page as soon as it was told to forget it, as another CPU may. */
extern bool sim_walks_at_once;

#endif
