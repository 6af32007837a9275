/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each operation first checks everything and allocates everything, then commits, which cannot
 * fail. A cut at a range's edge changes nothing that a TA can see, so it is made first and mended
 * by a merge when the operation is given up.
 */
#include "vm.h"

#include <string.h>

#include "pager.h"

static bool fobj_allows(const struct fobj *fobj, unsigned int prot)
{
	bool readonly = fobj->ops->kind == FOBJ_RO || fobj->ops->kind == FOBJ_RO_RELOC;

	return prot_is_possible(prot) && !(prot & (readonly ? PROT_WRITE : PROT_EXEC));
}

static enum status map_locked(struct context *context, struct fobj *fobj, unsigned int fobj_page,
			      unsigned int num_pages, unsigned int prot, vaddr_t base,
			      const char *name)
{
	struct area *area;
	enum status status =
		area_add(&context->vm, fobj, fobj_page, base, num_pages, prot, name, &area);

	if (status != OK || fobj->ops->kind != FOBJ_UNPAGED)
		return status;
	status = pager_map_unpaged(area);
	if (status != OK) {
		pager_unmap_area(area, 0, area->num_pages);
		area_remove(area);
	}
	return status;
}

enum status vm_map(struct context *context, struct fobj *fobj, unsigned int fobj_page,
		   unsigned int num_pages, unsigned int prot, vaddr_t base, const char *name,
		   vaddr_t *base_out)
{
	enum status status = ERR_NO_MEMORY;

	if (!fobj_allows(fobj, prot))
		return ERR_ACCESS;
	pager_lock();
	if (!base)
		base = area_find_room(&context->vm, VM_SHARED_BASE, num_pages);
	if (context->state == CONTEXT_DEAD)
		status = ERR_DEAD;
	else if (base)
		status = map_locked(context, fobj, fobj_page, num_pages, prot, base, name);
	pager_unlock();
	if (status == OK && base_out)
		*base_out = base;
	return status;
}

/* Is every page of [BASE, END) in some area, and each area's fobj fit for PROT? */
static enum status check_range(const struct area_head *head, vaddr_t base, vaddr_t end,
			       unsigned int prot)
{
	while (base < end) {
		const struct area *area = area_find(head, base);

		if (!area)
			return ERR_NOT_FOUND;
		if (!fobj_allows(area->fobj, prot))
			return ERR_ACCESS;
		base = area_end(area);
	}
	return OK;
}

/* Make VA an edge between areas; *CUT says whether an area was split for it. */
static enum status cut_at(struct area_head *head, vaddr_t va, struct area **cut)
{
	struct area *area = area_find(head, va), *upper;
	enum status status;

	*cut = NULL;
	if (!area || area->base == va)
		return OK;
	status = area_split(area, (unsigned int)((va - area->base) >> PAGE_SHIFT), &upper);
	if (status == OK)
		*cut = area;
	return status;
}

static bool range_is_sound(vaddr_t base, unsigned int num_pages)
{
	return !(base & PAGE_MASK) && base >= USER_BASE && base < USER_END && num_pages &&
	       num_pages <= (USER_END - base) >> PAGE_SHIFT;
}

/* After this, areas begin and end exactly at the range's edges. Nothing changes on an error. */
static enum status isolate_range(struct area_head *head, vaddr_t base, vaddr_t end,
				 unsigned int prot)
{
	struct area *low, *high;
	enum status status = check_range(head, base, end, prot);

	if (status == OK)
		status = cut_at(head, base, &low);
	if (status != OK)
		return status;
	status = cut_at(head, end, &high);
	if (status != OK && low)
		area_merge_next(low);
	return status;
}

enum status vm_unmap(struct context *context, vaddr_t base, unsigned int num_pages)
{
	vaddr_t end = base + num_pages * PAGE_SIZE;
	enum status status;
	struct area *area;

	if (!range_is_sound(base, num_pages))
		return ERR_BAD_ARG;
	pager_lock();
	status = isolate_range(&context->vm, base, end, PROT_NONE);
	while (status == OK && base < end) {
		area = area_find(&context->vm, base);
		base = area_end(area);
		pager_unmap_area(area, 0, area->num_pages);
		area_remove(area);
	}
	pager_unlock();
	return status;
}

/* Join what the change of protection made alike again, from the area before BASE on. */
static void merge_range(struct area_head *head, vaddr_t base, vaddr_t end)
{
	struct area *area = area_find(head, base), *before = TAILQ_PREV(area, area_list, head_link);

	if (before && area_end(before) == area->base)
		area = before;
	while (area && area->base <= end)
		if (!area_merge_next(area))
			area = TAILQ_NEXT(area, head_link);
}

enum status vm_protect(struct context *context, vaddr_t base, unsigned int num_pages,
		       unsigned int prot)
{
	vaddr_t end = base + num_pages * PAGE_SIZE;
	enum status status;

	if (!range_is_sound(base, num_pages))
		return ERR_BAD_ARG;
	pager_lock();
	status = isolate_range(&context->vm, base, end, prot);
	for (vaddr_t va = base; status == OK && va < end;) {
		struct area *area = area_find(&context->vm, va);

		area->prot = prot;
		pager_unmap_area(area, 0, area->num_pages);
		va = area_end(area);
	}
	if (status == OK)
		merge_range(&context->vm, base, end);
	pager_unlock();
	return status;
}

void vm_clear(struct context *context)
{
	struct area *area;

	pager_lock();
	while ((area = TAILQ_FIRST(&context->vm.areas))) {
		pager_unmap_area(area, 0, area->num_pages);
		area_remove(area);
	}
	pager_unlock();
}

/* Copy what of [VA, VA + LEN) lies in VA's page; the bytes copied, 0 if the TA could not. */
static size_t copy_page(struct context *context, vaddr_t va, void *core, size_t len, bool out)
{
	size_t room = PAGE_SIZE - (va & PAGE_MASK), count = len < room ? len : room;
	uint8_t *page;
	paddr_t pa;
	bool ok;

	pager_lock();
	ok = pager_access(&context->vm, va, out ? PROT_WRITE : PROT_READ, &pa);
	if (ok) {
		page = (uint8_t *)phys_to_virt(pa) + (va & PAGE_MASK);
		memcpy(out ? page : core, out ? core : page, count);
	}
	pager_unlock();
	return ok ? count : 0;
}

static enum status copy(struct context *context, vaddr_t va, void *core, size_t len, bool out)
{
	uint8_t *bytes = core;

	while (len) {
		size_t count = copy_page(context, va, bytes, len, out);

		if (!count)
			return ERR_ACCESS;
		va += count;
		bytes += count;
		len -= count;
	}
	return OK;
}

enum status vm_copy_in(struct context *context, vaddr_t from, void *to, size_t len)
{
	return copy(context, from, to, len, false);
}

enum status vm_copy_out(struct context *context, const void *from, vaddr_t to, size_t len)
{
	return copy(context, to, (void *)from, len, true);
}
