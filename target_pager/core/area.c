/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An area is in two lists: its VM space's, in the order of addresses, and its fobj's, by which the
 * owners of a page are found when it is released (slide "Example - releasing a physical page").
 */
#include "area.h"

#include <string.h>

#include "heap.h"

void area_head_init(struct area_head *head, struct context *context)
{
	TAILQ_INIT(&head->areas);
	head->context = context;
}

static bool range_is_valid(const struct fobj *fobj, unsigned int fobj_page, vaddr_t base,
			   unsigned int num_pages, unsigned int prot)
{
	if (base & PAGE_MASK || base < USER_BASE || base >= USER_END || !num_pages)
		return false;
	if (num_pages > (USER_END - base) >> PAGE_SHIFT)
		return false;
	if (fobj_page >= fobj->num_pages || num_pages > fobj->num_pages - fobj_page)
		return false;
	return prot_is_possible(prot);
}

/* The first area that ends above BASE: where a new one at BASE would go before. */
static struct area *first_above(const struct area_head *head, vaddr_t base)
{
	struct area *area;

	TAILQ_FOREACH (area, &head->areas, head_link)
		if (area_end(area) > base)
			return area;
	return NULL;
}

static void insert(struct area_head *head, struct area *area, struct area *before)
{
	area->head = head;
	if (before)
		TAILQ_INSERT_BEFORE(before, area, head_link);
	else
		TAILQ_INSERT_TAIL(&head->areas, area, head_link);
	TAILQ_INSERT_TAIL(&area->fobj->areas, area, fobj_link);
}

enum status area_add(struct area_head *head, struct fobj *fobj, unsigned int fobj_page,
		     vaddr_t base, unsigned int num_pages, unsigned int prot, const char *name,
		     struct area **result)
{
	struct area *next, *area;

	if (!range_is_valid(fobj, fobj_page, base, num_pages, prot))
		return ERR_BAD_ARG;
	next = first_above(head, base);
	if (next && next->base < base + num_pages * PAGE_SIZE)
		return ERR_OVERLAP;
	area = heap_alloc(sizeof(*area));
	if (!area)
		return ERR_NO_MEMORY;
	area->base = base;
	area->num_pages = num_pages;
	area->fobj = fobj_get(fobj);
	area->fobj_page = fobj_page;
	area->prot = prot;
	strncpy(area->name, name, NAME_LEN - 1);
	insert(head, area, next);
	if (result)
		*result = area;
	return OK;
}

void area_remove(struct area *area)
{
	TAILQ_REMOVE(&area->head->areas, area, head_link);
	TAILQ_REMOVE(&area->fobj->areas, area, fobj_link);
	fobj_put(area->fobj);
	heap_free(area);
}

struct area *area_find(const struct area_head *head, vaddr_t va)
{
	struct area *area = first_above(head, va);

	return area && area->base <= va ? area : NULL;
}

struct area *area_find_name(const struct area_head *head, const char *name)
{
	struct area *area;

	TAILQ_FOREACH (area, &head->areas, head_link)
		if (!strcmp(area->name, name))
			return area;
	return NULL;
}

vaddr_t area_find_room(const struct area_head *head, vaddr_t from, unsigned int num_pages)
{
	uint64_t size = (uint64_t)num_pages * PAGE_SIZE;
	vaddr_t base = from + PAGE_SIZE;
	struct area *area;

	TAILQ_FOREACH (area, &head->areas, head_link) {
		if (area_end(area) + PAGE_SIZE <= base)
			continue;
		if (base + size + PAGE_SIZE <= area->base)
			break;
		base = area_end(area) + PAGE_SIZE;
	}
	return base < USER_END && size < USER_END - base ? base : 0;
}

enum status area_split(struct area *area, unsigned int at, struct area **upper)
{
	struct area *half = heap_alloc(sizeof(*half));

	if (!half)
		return ERR_NO_MEMORY;
	memcpy(half->name, area->name, NAME_LEN);
	half->base = area->base + at * PAGE_SIZE;
	half->num_pages = area->num_pages - at;
	half->fobj = fobj_get(area->fobj);
	half->fobj_page = area->fobj_page + at;
	half->prot = area->prot;
	area->num_pages = at;
	insert(area->head, half, TAILQ_NEXT(area, head_link));
	*upper = half;
	return OK;
}

bool area_merge_next(struct area *area)
{
	struct area *next = TAILQ_NEXT(area, head_link);

	if (!next || next->base != area_end(area) || next->fobj != area->fobj ||
	    next->fobj_page != area->fobj_page + area->num_pages || next->prot != area->prot ||
	    strcmp(next->name, area->name))
		return false;
	area->num_pages += next->num_pages;
	area_remove(next);
	return true;
}
