/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault: find the area, classify, take a frame, fill it, publish it. The fobj's index says at
 * once whether the page is resident, and its list of areas says who owns it, so neither a fault
 * nor a release looks at the rest of the pool.
 */
#include "pager.h"

#include <string.h>

#include "context.h"
#include "evict.h"
#include "trace.h"

struct spinlock pager_spinlock;
volatile uint64_t pager_generation;

static void generation_advance(void)
{
	__atomic_store_n(&pager_generation, pager_generation + 1, __ATOMIC_SEQ_CST);
}

void pager_lock(void)
{
	spin_lock(&pager_spinlock);
	generation_advance();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

__attribute__((noinline)) void pager_unlock(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	generation_advance();
	spin_unlock(&pager_spinlock);
}

enum status pager_init(paddr_t base, unsigned int num_pages)
{
	memset(&pager_counters, 0, sizeof(pager_counters));
	return pmem_init(base, num_pages);
}

void pager_deinit(void)
{
	pmem_deinit();
}

const char *fault_name(enum fault_outcome outcome)
{
	switch (outcome) {
#define X(name, counter)                                                                           \
	case name:                                                                                 \
		return #counter;
		FAULT_LIST(X)
#undef X
	}
	return "unknown";
}

static void count_fault(enum fault_outcome outcome)
{
	switch (outcome) {
#define X(name, counter)                                                                           \
	case name:                                                                                 \
		pager_counters.faults.counter++;                                                   \
		break;
		FAULT_LIST(X)
#undef X
	}
}

/* Take PMEM's page out of every table that maps it (slide "releasing a physical page"). */
static void unmap_owners(const struct pmem *pmem)
{
	struct area *area;

	TAILQ_FOREACH (area, &pmem->fobj->areas, fobj_link) {
		if (!area_covers(area, pmem->page) ||
		    !mmu_unmap(&area->head->mmu, area_va(area, pmem->page)))
			continue;
		trace_write(TRACE_UNMAP, area->head->context, pmem->fobj, pmem->page,
			    area_va(area, pmem->page), NULL, 0);
	}
}

/* Free PMEM for another page: no owner may write it any more before it is saved. */
static void release_page(struct pmem *pmem)
{
	struct fobj *fobj = pmem->fobj;

	unmap_owners(pmem);
	if (pmem->state == PMEM_DIRTY) {
		fobj->ops->save(fobj, pmem->page, pmem_bytes(pmem));
		pager_counters.saves++;
		trace_write(TRACE_SAVE, NULL, fobj, pmem->page, 0, NULL, 0);
	}
	trace_write(TRACE_RELEASE, NULL, fobj, pmem->page, 0, NULL, 0);
	fobj->pmems[pmem->page] = NULL;
	fobj->evictions++;
	pager_counters.releases++;
	pmem_release(pmem);
}

static void hide_oldest(void)
{
	struct pmem *pmem = evict_hide_next();

	if (!pmem)
		return;
	unmap_owners(pmem);
	pmem_set_hidden(pmem, true);
	pager_counters.hides++;
	trace_write(TRACE_HIDE, NULL, pmem->fobj, pmem->page, 0, NULL, 0);
}

/* A page on no list, or NULL when all are locked. */
static struct pmem *take_frame(void)
{
	struct pmem *pmem = pmem_take();

	if (pmem)
		return pmem;
	pmem = evict_victim();
	if (pmem)
		release_page(pmem);
	return pmem ? pmem_take() : NULL;
}

/* Protection of a new entry: a clean page is not writable, so that its first write is seen. */
static unsigned int entry_prot(const struct area *area, const struct pmem *pmem)
{
	return pmem->state == PMEM_CLEAN ? area->prot & ~PROT_WRITE : area->prot;
}

static bool map_page(struct area *area, vaddr_t va, const struct pmem *pmem)
{
	unsigned int prot = entry_prot(area, pmem);

	if (mmu_map(&area->head->mmu, va & ~PAGE_MASK, pmem->pa, prot) != OK)
		return false;
	trace_write(TRACE_MAP, area->head->context, pmem->fobj, pmem->page, va & ~PAGE_MASK, NULL,
		    prot);
	return true;
}

/* The page is resident: show it, or let it be written, or map it here as well. */
static enum fault_outcome fault_resident(struct area *area, vaddr_t va, unsigned int access,
					 struct pmem *pmem)
{
	bool first_write = access == PROT_WRITE && pmem->state == PMEM_CLEAN;
	enum fault_outcome outcome = FAULT_SHARED;
	unsigned int prot = 0;
	paddr_t pa;

	if (pmem->hidden) {
		pmem_set_hidden(pmem, false);
		pager_counters.hidden_hits++;
		outcome = FAULT_HIDDEN;
	} else if (mmu_query(&area->head->mmu, va, &pa, &prot) && (prot & access) == access) {
		return FAULT_SPURIOUS;
	}
	if (first_write) {
		pmem->state = PMEM_DIRTY;
		if (prot)
			outcome = FAULT_MADE_DIRTY;
	}
	if (map_page(area, va, pmem))
		return outcome;
	if (first_write)
		pmem->state = PMEM_CLEAN; /* nobody came to write it */
	return FAULT_NO_TABLE;
}

static enum pmem_state first_state(const struct fobj *fobj, unsigned int access)
{
	if (fobj->ops->kind == FOBJ_LOCKED)
		return PMEM_LOCKED;
	return access == PROT_WRITE ? PMEM_DIRTY : PMEM_CLEAN;
}

static enum fault_outcome fault_load(struct area *area, vaddr_t va, unsigned int access)
{
	struct fobj *fobj = area->fobj;
	unsigned int page = area_page(area, va);
	struct pmem *pmem = take_frame();

	if (!pmem)
		return FAULT_NO_FRAME;
	if (fobj->ops->load(fobj, page, pmem_bytes(pmem)) != OK) {
		pmem_release(pmem);
		return FAULT_CORRUPT;
	}
	if (!fobj->ops->save)
		icache_sync_page(pmem_bytes(pmem));
	pmem_publish(pmem, fobj, page, first_state(fobj, access));
	fobj->pmems[page] = pmem;
	pager_counters.loads++;
	trace_write(TRACE_LOAD, area->head->context, fobj, page, va & ~PAGE_MASK, NULL, 0);
	if (map_page(area, va, pmem))
		return FAULT_LOADED;
	if (pmem->state == PMEM_DIRTY)
		pmem->state = PMEM_CLEAN; /* nobody came to write it */
	return FAULT_NO_TABLE;
}

static enum status map_unpaged_page(struct area *area, vaddr_t va)
{
	paddr_t pa = fobj_unpaged_pa(area->fobj, area_page(area, va));

	return mmu_map(&area->head->mmu, va & ~PAGE_MASK, pa, area->prot);
}

static enum fault_outcome fault_classify(struct area *area, vaddr_t va, unsigned int access)
{
	struct pmem *pmem;

	if ((area->prot & access) != access)
		return FAULT_DENIED;
	if (area->fobj->ops->kind == FOBJ_UNPAGED)
		return map_unpaged_page(area, va) == OK ? FAULT_SHARED : FAULT_NO_TABLE;
	pmem = area->fobj->pmems[area_page(area, va)];
	if (pmem)
		return fault_resident(area, va, access, pmem);
	return fault_load(area, va, access);
}

enum fault_outcome pager_fault(struct area_head *head, vaddr_t va, unsigned int access, paddr_t *pa)
{
	struct area *area = area_find(head, va);
	enum fault_outcome outcome = area ? fault_classify(area, va, access) : FAULT_NO_AREA;
	unsigned int prot;

	count_fault(outcome);
	head->faults++;
	trace_write(TRACE_FAULT, head->context, area ? area->fobj : NULL,
		    area ? area_page(area, va) : TRACE_NO_PAGE, va, NULL, outcome);
	if (fault_is_fatal(outcome))
		return outcome;
	/* First, as the page hidden may be this one: its bytes stay where they are all the same. */
	if (pa)
		mmu_query(&head->mmu, va, pa, &prot);
	hide_oldest();
	return outcome;
}

bool pager_access(struct area_head *head, vaddr_t va, unsigned int access, paddr_t *pa)
{
	unsigned int prot;

	if (va < USER_BASE || va >= USER_END)
		return false;
	if (mmu_query(&head->mmu, va, pa, &prot) && (prot & access) == access)
		return true;
	return !fault_is_fatal(pager_fault(head, va, access, pa));
}

enum status pager_map_unpaged(struct area *area)
{
	for (unsigned int i = 0; i < area->num_pages; i++) {
		enum status status = map_unpaged_page(area, area->base + i * PAGE_SIZE);

		if (status != OK)
			return status;
	}
	return OK;
}

void pager_unmap_area(struct area *area, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++)
		mmu_unmap(&area->head->mmu, area->base + i * PAGE_SIZE);
	mmu_trim(&area->head->mmu, area->base + first * PAGE_SIZE, count);
}

unsigned int pager_count_owners(const struct fobj *fobj, unsigned int page, unsigned int *mapped)
{
	unsigned int owners = 0, prot;
	const struct area *area;
	paddr_t pa;

	*mapped = 0;
	TAILQ_FOREACH (area, &fobj->areas, fobj_link) {
		if (!area_covers(area, page))
			continue;
		owners++;
		*mapped += mmu_query(&area->head->mmu, area_va(area, page), &pa, &prot);
	}
	return owners;
}
