/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * area: a VA range that maps a whole fobj or a part of one; area_head: the combined VM space of
 * one TA (slides "Data structures used by pager", "Example - releasing a physical page"). An area
 * is in two lists, by VM space and by fobj, and holds one reference of its fobj. It maps nothing
 * itself: the pager does, on faults. Guarded by the pager lock.
 */
#ifndef CORE_AREA_H
#define CORE_AREA_H

#include <sys/queue.h>

#include "fobj.h"
#include "mmu.h"
#include "types.h"

struct context;

TAILQ_HEAD(area_list, area);

struct area_head {
	struct area_list areas; /* by base, lowest first, never overlapping */
	struct mmu_space mmu;
	struct context *context; /* whose it is */
	uint64_t faults;         /* aborts the pager handled for it, fatal ones too */
};

struct area {
	struct area_head *head;
	vaddr_t base; /* bytes, page aligned */
	unsigned int num_pages;
	struct fobj *fobj;           /* counted */
	unsigned int fobj_page;      /* page of the fobj at `base` */
	unsigned int prot;           /* enum prot bits */
	char name[NAME_LEN];         /* "text", "stack", the shared object's name ... */
	TAILQ_ENTRY(area) head_link; /* in head->areas */
	TAILQ_ENTRY(area) fobj_link; /* in fobj->areas */
};

/* An empty space of CONTEXT's; its mmu_space is initialised apart. */
void area_head_init(struct area_head *head, struct context *context);

/*
 * Map NUM_PAGES pages of FOBJ from FOBJ_PAGE at BASE. Takes a reference of FOBJ. ERR_BAD_ARG:
 * misaligned, out of the TA's range, beyond the fobj, empty, or not prot_is_possible();
 * ERR_OVERLAP; ERR_NO_MEMORY. Nothing changes on an error.
 */
enum status area_add(struct area_head *head, struct fobj *fobj, unsigned int fobj_page,
		     vaddr_t base, unsigned int num_pages, unsigned int prot, const char *name,
		     struct area **area);
/* Out of both lists, its reference put, itself freed. Its pages are unmapped already. */
void area_remove(struct area *area);

/* The area that covers VA, or NULL. */
struct area *area_find(const struct area_head *head, vaddr_t va);
/* The lowest area of that name, or NULL. */
struct area *area_find_name(const struct area_head *head, const char *name);
/* Lowest free base with room for NUM_PAGES and an unmapped page on either side, at or above FROM; 0
 * if none. */
vaddr_t area_find_room(const struct area_head *head, vaddr_t from, unsigned int num_pages);

static inline vaddr_t area_end(const struct area *area)
{
	return area->base + area->num_pages * PAGE_SIZE;
}

/* Does it map PAGE of its fobj, and if so, where? */
static inline bool area_covers(const struct area *area, unsigned int page)
{
	return page >= area->fobj_page && page - area->fobj_page < area->num_pages;
}

static inline vaddr_t area_va(const struct area *area, unsigned int page)
{
	return area->base + (page - area->fobj_page) * PAGE_SIZE;
}

static inline unsigned int area_page(const struct area *area, vaddr_t va)
{
	return area->fobj_page + (unsigned int)((va - area->base) >> PAGE_SHIFT);
}

/*
 * Cut AREA in two at page AT (1 .. num_pages - 1); the upper half is new and returned through
 * UPPER. ERR_NO_MEMORY changes nothing. Tables are not touched.
 */
enum status area_split(struct area *area, unsigned int at, struct area **upper);
/* Join AREA with the next one where both map adjoining pages of one fobj alike. True if it did. */
bool area_merge_next(struct area *area);

#endif
