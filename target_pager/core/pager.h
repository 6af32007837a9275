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
#include "counters.h"
#include "types.h"

/* A word for people; never NULL. */
const char *fault_name(enum fault_outcome outcome);
static inline bool fault_is_fatal(enum fault_outcome outcome)
{
	return outcome >= FAULT_NO_AREA;
}

/*
 * The pager lock and its generation count: odd while a change is under way, even at rest. A reader
 * outside that finds the same even value before and after has read a whole state.
 */
extern struct spinlock pager_spinlock;
extern volatile uint64_t pager_generation;

/* It does not nest. */
void pager_lock(void);
/* The safe point: at its entry the lists are whole and the lock is held by the CPU that is here. */
void pager_unlock(void);

/*
 * A pool of NUM_PAGES pages from BASE (bytes, page aligned), and all counters 0, before anything is
 * mapped. ERR_NO_MEMORY. pager_deinit() takes it down again once every page is free.
 */
enum status pager_init(paddr_t base, unsigned int num_pages);
void pager_deinit(void);

/*
 * A TA of HEAD touched VA with ACCESS (one bit of enum prot). Lock held. On an outcome that is not
 * fatal the page is resident and mapped with at least ACCESS, and *PA (PA may be NULL) is its
 * physical address, valid while the lock is held.
 */
enum fault_outcome pager_fault(struct area_head *head, vaddr_t va, unsigned int access,
			       paddr_t *pa);

/*
 * The physical address of VA for the core's own use with ACCESS: as a TA's own access would, so it
 * may fault the page in; no fault is counted where the TA would take none. False: the TA could not.
 * Lock held; *PA is valid while it is.
 */
bool pager_access(struct area_head *head, vaddr_t va, unsigned int access, paddr_t *pa);
/* Map all of AREA, of an unpaged object, at once. ERR_NO_TABLE: a part is mapped. Lock held. */
enum status pager_map_unpaged(struct area *area);

/* Unmap AREA's pages [FIRST, FIRST + COUNT) (counted within the area) from its space. Lock held. */
void pager_unmap_area(struct area *area, unsigned int first, unsigned int count);

/* The owners of PAGE: areas of FOBJ that cover it; in *MAPPED how many map it now. Lock held. */
unsigned int pager_count_owners(const struct fobj *fobj, unsigned int page, unsigned int *mapped);

#endif
