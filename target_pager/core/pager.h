/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pager: the lock over all of it, the fault handler, and the release of a page through all its
 * owners (slide "Example - releasing a physical page"). Above area, pmem and mmu; knows no
 * scenario, no file, no system call.
 */
#ifndef CORE_PAGER_H
#define CORE_PAGER_H

#include "arch.h"
#include "area.h"
#include "types.h"

/* How a fault ended, and the counter it is counted in. */
#define FAULT_LIST(X)                                                                              \
	X(FAULT_LOADED, loaded)         /* first touch: a page was loaded */                       \
	X(FAULT_SHARED, shared)         /* the page was resident: mapped here too */               \
	X(FAULT_HIDDEN, hidden)         /* a hidden page was touched: shown again */               \
	X(FAULT_MADE_DIRTY, made_dirty) /* first write to a clean page */                          \
	X(FAULT_SPURIOUS, spurious)     /* another CPU was faster: nothing to do */                \
	X(FAULT_NO_AREA, no_area)       /* outside every area: the TA dies */                      \
	X(FAULT_DENIED, denied)         /* against the area's protection: the TA dies */           \
	X(FAULT_CORRUPT, corrupt)       /* the store's page failed its check: the TA dies */       \
	X(FAULT_NO_FRAME, no_frame)     /* no page to take, all locked: the TA dies */             \
	X(FAULT_NO_TABLE, no_table)     /* no translation table to take: the TA dies */

enum fault_outcome {
#define X(name, counter) name,
	FAULT_LIST(X)
#undef X
};
/* A word for people; never NULL. */
const char *fault_name(enum fault_outcome outcome);
static inline bool fault_is_fatal(enum fault_outcome outcome)
{
	return outcome >= FAULT_NO_AREA;
}

/* What the pager did since pager_init(); written under the pager lock. */
#define PAGER_COUNTER_LIST(X)                                                                      \
	X(loads)       /* pages filled from a store */                                             \
	X(zero_fills)  /* of these, first uses of a read-write or locked page */                   \
	X(saves)       /* dirty pages sealed into the store */                                     \
	X(releases)    /* pages taken from their owners to make room */                            \
	X(hides)       /* pages hidden to learn whether they are used */                           \
	X(hidden_hits) /* hidden pages that were touched again */                                  \
	X(table_steals) /* leaf tables emptied for another range */

struct pager_counters {
#define X(name) uint64_t name;
	PAGER_COUNTER_LIST(X)
#undef X
	struct {
#define X(name, counter) uint64_t counter;
		FAULT_LIST(X)
#undef X
	} faults;
};
extern struct pager_counters pager_counters;

/*
 * The pager lock and its generation count: odd while a change is under way, even at rest. A reader
 * outside that finds the same even value before and after has read a whole state.
 */
extern struct spinlock pager_spinlock;
extern volatile uint64_t pager_generation;

void pager_lock(void);
/* The safe point: at its entry the lists are whole and the lock is held by the CPU that is here. */
void pager_unlock(void);

/* A pool of NUM_PAGES pages from BASE. Once, before anything is mapped. */
enum status pager_init(paddr_t base, unsigned int num_pages);
void pager_deinit(void);

/*
 * A TA of HEAD touched VA with ACCESS (one bit of enum prot). Lock held. On an outcome that is not
 * fatal the page is resident and mapped with at least ACCESS. PMEM, if not NULL, is the page: NULL
 * for unpaged memory and fatal outcomes; *PA is its physical address, valid while the lock is held.
 */
enum fault_outcome pager_fault(struct area_head *head, vaddr_t va, unsigned int access, paddr_t *pa);

/* Unmap AREA's pages [FIRST, FIRST + COUNT) (counted within the area) from its space. Lock held. */
void pager_unmap_area(struct area *area, unsigned int first, unsigned int count);

/* The owners of a page: areas of PMEM's fobj that cover it; of these, how many map it now. */
unsigned int pager_count_owners(const struct fobj *fobj, unsigned int page, unsigned int *mapped);

#endif
