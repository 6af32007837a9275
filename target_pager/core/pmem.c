/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every page is in exactly one of four lists, but for the moment between pmem_take() and
 * pmem_publish(), while the pager fills it under its lock. Counts are kept with the lists, so no
 * question about the pool walks it.
 */
#include "pmem.h"

#include "arch.h"
#include "heap.h"

struct pmem_list pmem_free = TAILQ_HEAD_INITIALIZER(pmem_free);
struct pmem_list pmem_hidden = TAILQ_HEAD_INITIALIZER(pmem_hidden);
struct pmem_list pmem_shown = TAILQ_HEAD_INITIALIZER(pmem_shown);
struct pmem_list pmem_locked = TAILQ_HEAD_INITIALIZER(pmem_locked);
struct pmem_counts pmem_counts;
struct pmem *pmem_pool;

static struct pmem_list *list_of(const struct pmem *pmem, unsigned int **count)
{
	if (pmem->state == PMEM_FREE) {
		*count = &pmem_counts.free;
		return &pmem_free;
	}
	if (pmem->state == PMEM_LOCKED) {
		*count = &pmem_counts.locked;
		return &pmem_locked;
	}
	*count = pmem->hidden ? &pmem_counts.hidden : &pmem_counts.shown;
	return pmem->hidden ? &pmem_hidden : &pmem_shown;
}

static void list_append(struct pmem *pmem)
{
	unsigned int *count;
	struct pmem_list *list = list_of(pmem, &count);

	TAILQ_INSERT_TAIL(list, pmem, link);
	++*count;
}

static void list_remove(struct pmem *pmem)
{
	unsigned int *count;
	struct pmem_list *list = list_of(pmem, &count);

	TAILQ_REMOVE(list, pmem, link);
	--*count;
}

enum status pmem_init(paddr_t base, unsigned int num_pages)
{
	pmem_pool = heap_alloc_array(num_pages, sizeof(*pmem_pool));
	if (!pmem_pool)
		return ERR_NO_MEMORY;
	pmem_counts = (struct pmem_counts){.total = num_pages};
	for (unsigned int i = 0; i < num_pages; i++) {
		pmem_pool[i].pa = base + (paddr_t)i * PAGE_SIZE;
		list_append(&pmem_pool[i]);
	}
	return OK;
}

void pmem_deinit(void)
{
	heap_free(pmem_pool);
	pmem_pool = NULL;
	TAILQ_INIT(&pmem_free);
	pmem_counts = (struct pmem_counts){0};
}

void *pmem_bytes(const struct pmem *pmem)
{
	return phys_to_virt(pmem->pa);
}

struct pmem *pmem_take(void)
{
	struct pmem *pmem = TAILQ_FIRST(&pmem_free);

	if (pmem)
		list_remove(pmem);
	return pmem;
}

void pmem_publish(struct pmem *pmem, struct fobj *fobj, unsigned int page, enum pmem_state state)
{
	pmem->fobj = fobj;
	pmem->page = page;
	pmem->state = state;
	pmem->hidden = false;
	list_append(pmem);
}

void pmem_release(struct pmem *pmem)
{
	if (pmem->state != PMEM_FREE)
		list_remove(pmem);
	pmem->fobj = NULL;
	pmem->page = 0;
	pmem->state = PMEM_FREE;
	pmem->hidden = false;
	list_append(pmem);
}

enum status pmem_reserve(unsigned int num_pages)
{
	unsigned int left = pmem_counts.total - pmem_counts.reserved;

	if (left < PMEM_MIN_EVICTABLE || num_pages > left - PMEM_MIN_EVICTABLE)
		return ERR_NO_FRAME;
	pmem_counts.reserved += num_pages;
	return OK;
}

void pmem_unreserve(unsigned int num_pages)
{
	pmem_counts.reserved -= num_pages;
}

void pmem_set_hidden(struct pmem *pmem, bool hidden)
{
	list_remove(pmem);
	pmem->hidden = hidden;
	list_append(pmem);
}
