/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function per rule, each over all objects of its kind. Slow and simple on purpose: it counts
 * again what the rest of the core keeps up to date, by other means wherever there are any.
 */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "context.h"
#include "handle.h"
#include "pager.h"
#include "store.h"

static struct {
	check_report report;
	void *arg;
	unsigned int breaches;
} check;

__attribute__((format(printf, 4, 5))) static void
breach(const char *rule, const char *object, const void *address, const char *format, ...)
{
	char text[128];
	va_list args;

	check.breaches++;
	if (!check.report)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check.report(check.arg, rule, object, address, text);
}

/* ---- rule 3: every reference has a holder ---- */

static unsigned int count_areas(const struct fobj *fobj)
{
	const struct context *context;
	const struct area *area;
	unsigned int count = 0;

	TAILQ_FOREACH (context, &context_list, link)
		TAILQ_FOREACH (area, &context->vm.areas, head_link)
			count += area->fobj == fobj;
	return count;
}

static unsigned int count_slices(const struct fobj *fobj)
{
	const struct file *file;
	unsigned int count = 0;

	TAILQ_FOREACH (file, &file_list, link)
		for (unsigned int i = 0; i < file->num_slices; i++)
			count += file->slices[i].fobj == fobj;
	return count;
}

static unsigned int count_others(const struct fobj *fobj)
{
	const struct handle *handle;
	const struct fobj *other;
	unsigned int count = 0;

	TAILQ_FOREACH (handle, &handle_list, link)
		count += handle->fobj == fobj;
	TAILQ_FOREACH (other, &fobj_list, link)
		count += other->ops->kind == FOBJ_RO_RELOC && fobj_ro_reloc_source(other) == fobj;
	return count;
}

unsigned int check_fobj_holders(const struct fobj *fobj)
{
	return count_areas(fobj) + count_slices(fobj) + count_others(fobj);
}

unsigned int check_file_holders(const struct file *file)
{
	const struct context *context;
	const struct handle *handle;
	unsigned int count = 0;

	TAILQ_FOREACH (context, &context_list, link)
		for (unsigned int i = 0; i < CONTEXT_MAX_FILES; i++)
			count += context->files[i] == file;
	TAILQ_FOREACH (handle, &handle_list, link)
		count += handle->file == file;
	return count;
}

static void check_refcounts(void)
{
	const struct fobj *fobj;
	const struct file *file;

	TAILQ_FOREACH (fobj, &fobj_list, link) {
		unsigned int holders = check_fobj_holders(fobj);

		if (fobj->refc.val != holders)
			breach("refcount", fobj->name, fobj, "refs %u, holders %u", fobj->refc.val,
			       holders);
		if (!fobj->refc.val)
			breach("dead-listed", fobj->name, fobj, "refs 0 but still listed");
	}
	TAILQ_FOREACH (file, &file_list, link) {
		unsigned int holders = check_file_holders(file);

		if (file->refc.val != holders)
			breach("refcount", "file", file, "refs %u, holders %u", file->refc.val,
			       holders);
		if (!file->refc.val)
			breach("dead-listed", "file", file, "refs 0 but still listed");
	}
	if (fobj_bad_puts)
		breach("put-too-many", "fobj", NULL, "%u puts of an object without references",
		       fobj_bad_puts);
}

/* ---- rule 4: only read-only sections are registered ---- */

static void check_slices(void)
{
	const struct file *file;

	TAILQ_FOREACH (file, &file_list, link)
		for (unsigned int i = 0; i < file->num_slices; i++) {
			const struct file_slice *slice = &file->slices[i];

			if (!fobj_is_alive(slice->fobj)) {
				breach("slice-fobj", "file", file, "slice %u: its fobj is freed",
				       i);
				continue;
			}
			if (slice->fobj->ops->kind != FOBJ_RO)
				breach("slice-readonly", slice->fobj->name, file,
				       "slice %u is not read-only", i);
			for (unsigned int j = 0; j < i; j++)
				if (file->slices[j].page_offset == slice->page_offset)
					breach("slice-overlap", slice->fobj->name, file,
					       "slices %u and %u are at page %u", j, i,
					       slice->page_offset);
		}
}

/* ---- areas: order, bounds, both lists ---- */

static bool is_listed_by_fobj(const struct area *wanted)
{
	const struct area *area;

	TAILQ_FOREACH (area, &wanted->fobj->areas, fobj_link)
		if (area == wanted)
			return true;
	return false;
}

static void check_area(const struct area_head *head, const struct area *area, vaddr_t free_from)
{
	if (area->head != head)
		breach("area-head", area->name, area, "listed in another space than its own");
	if (area->base < free_from)
		breach("area-order", area->name, area, "base %#lx below the end of the one before",
		       (unsigned long)area->base);
	if (!fobj_is_alive(area->fobj)) {
		breach("area-fobj", area->name, area, "its fobj is freed");
		return;
	}
	if (!is_listed_by_fobj(area))
		breach("area-lists", area->name, area, "not in its fobj's list");
	if (!area->num_pages || area->fobj_page + area->num_pages > area->fobj->num_pages)
		breach("area-range", area->name, area, "pages %u to %u of a fobj of %u",
		       area->fobj_page, area->fobj_page + area->num_pages, area->fobj->num_pages);
	if (!prot_is_possible(area->prot))
		breach("area-prot", area->name, area, "protection %#x, which no page can have",
		       area->prot);
}

static void check_areas(void)
{
	const struct context *context;
	const struct area *area;
	const struct fobj *fobj;

	TAILQ_FOREACH (context, &context_list, link) {
		vaddr_t free_from = USER_BASE;

		TAILQ_FOREACH (area, &context->vm.areas, head_link) {
			check_area(&context->vm, area, free_from);
			free_from = area_end(area);
		}
	}
	TAILQ_FOREACH (fobj, &fobj_list, link) {
		unsigned int listed = 0;

		TAILQ_FOREACH (area, &fobj->areas, fobj_link)
			listed++;
		if (listed != count_areas(fobj))
			breach("area-lists", fobj->name, fobj, "lists %u areas, %u map it", listed,
			       count_areas(fobj));
	}
}

/* ---- rules 1, 2 and 5: pages ---- */

static void check_owner(const struct pmem *pmem, const struct area *area)
{
	unsigned int prot;
	paddr_t pa;

	if (!area_covers(area, pmem->page) ||
	    !mmu_query(&area->head->mmu, area_va(area, pmem->page), &pa, &prot))
		return;
	if (pa != pmem->pa)
		breach("one-page", pmem->fobj->name, pmem, "page %u is mapped at another pa",
		       pmem->page);
	if (pmem->hidden)
		breach("hidden-mapped", pmem->fobj->name, pmem, "page %u is hidden and mapped",
		       pmem->page);
	if (pmem->state == PMEM_CLEAN && prot & PROT_WRITE)
		breach("clean-writable", pmem->fobj->name, pmem, "page %u is clean and writable",
		       pmem->page);
}

static void check_used_page(const struct pmem *pmem)
{
	const struct area *area;

	if (!fobj_is_alive(pmem->fobj)) {
		breach("page-fobj", "pmem", pmem, "its fobj is freed");
		return;
	}
	if (pmem->page >= pmem->fobj->num_pages) {
		breach("page-range", pmem->fobj->name, pmem, "page %u of %u", pmem->page,
		       pmem->fobj->num_pages);
		return;
	}
	if (pmem->fobj->pmems[pmem->page] != pmem)
		breach("one-page", pmem->fobj->name, pmem, "the index has another page %u",
		       pmem->page);
	if ((pmem->state == PMEM_LOCKED) != (pmem->fobj->ops->kind == FOBJ_LOCKED))
		breach("locked", pmem->fobj->name, pmem, "locked page and fobj differ");
	TAILQ_FOREACH (area, &pmem->fobj->areas, fobj_link)
		check_owner(pmem, area);
}

static unsigned int check_list(const struct pmem_list *list, const char *name, unsigned int count)
{
	const struct pmem *pmem;
	unsigned int seen = 0;

	TAILQ_FOREACH (pmem, list, link) {
		seen++;
		if ((list == &pmem_free) != (pmem->state == PMEM_FREE) ||
		    (list == &pmem_locked) != (pmem->state == PMEM_LOCKED) ||
		    (list == &pmem_hidden) != pmem->hidden)
			breach("page-list", name, pmem, "state %d does not belong here",
			       pmem->state);
		if (pmem->state != PMEM_FREE)
			check_used_page(pmem);
		else if (pmem->fobj)
			breach("page-free", name, pmem, "a free page holds a fobj's page");
	}
	if (seen != count)
		breach("page-count", name, list, "%u in the list, counted %u", seen, count);
	return seen;
}

static void check_index(void)
{
	const struct fobj *fobj;
	unsigned int reserved = 0;

	TAILQ_FOREACH (fobj, &fobj_list, link) {
		reserved += fobj->ops->kind == FOBJ_LOCKED ? fobj->num_pages : 0;
		for (unsigned int i = 0; i < fobj->num_pages; i++)
			if (fobj->pmems[i] &&
			    (fobj->pmems[i]->fobj != fobj || fobj->pmems[i]->page != i))
				breach("page-index", fobj->name, fobj, "page %u is another's", i);
	}
	if (reserved != pmem_counts.reserved)
		breach("page-count", "reserved", NULL, "%u promised, counted %u", reserved,
		       pmem_counts.reserved);
}

static void check_pages(void)
{
	unsigned int seen = check_list(&pmem_free, "free", pmem_counts.free);

	seen += check_list(&pmem_hidden, "hidden", pmem_counts.hidden);
	seen += check_list(&pmem_shown, "shown", pmem_counts.shown);
	seen += check_list(&pmem_locked, "locked", pmem_counts.locked);
	if (seen != pmem_counts.total)
		breach("page-count", "pool", pmem_pool, "%u pages of %u are listed", seen,
		       pmem_counts.total);
	check_index();
}

/* ---- tables: entries and their counts ---- */

static bool entry_is_explained(const struct area_head *head, vaddr_t va, paddr_t pa,
			       unsigned int prot)
{
	const struct area *area = area_find(head, va);
	const struct pmem *pmem;
	unsigned int page;

	if (!area || prot & ~area->prot || !fobj_is_alive(area->fobj))
		return false;
	page = area_page(area, va);
	if (page >= area->fobj->num_pages)
		return false;
	if (area->fobj->ops->kind == FOBJ_UNPAGED)
		return fobj_unpaged_pa(area->fobj, page) == pa;
	pmem = area->fobj->pmems[page];
	return pmem && pmem->pa == pa;
}

static void check_leaf(const struct table *table)
{
	const struct area_head *head = CONTAINER_OF(table->space, struct area_head, mmu);
	const uint64_t *entries = table_entries(table);
	unsigned int valid = 0, prot;
	paddr_t pa;

	for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
		vaddr_t va = table->base + i * PAGE_SIZE;

		if (!entries[i] || !mmu_query(table->space, va, &pa, &prot))
			continue;
		valid++;
		if (!entry_is_explained(head, va, pa, prot))
			breach("entry", head->context->name, table, "%#lx maps %#lx for no area",
			       (unsigned long)va, (unsigned long)pa);
	}
	if (valid != table->used)
		breach("table-used", head->context->name, table, "%u entries, counted %u", valid,
		       table->used);
}

static void check_tables(void)
{
	unsigned int free = 0, used = 0;
	const struct table *table;

	TAILQ_FOREACH (table, &table_free, link)
		free++;
	TAILQ_FOREACH (table, &table_inner, link) {
		unsigned int valid = 0;

		for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
			valid += table_entries(table)[i] != 0;
		if (valid != table->used)
			breach("table-used", "inner", table, "%u entries, counted %u", valid,
			       table->used);
		used++;
	}
	TAILQ_FOREACH (table, &table_leaves, link) {
		check_leaf(table);
		used++;
	}
	if (free != table_free_count || free + used != table_total)
		breach("table-count", "tables", table_pool, "%u free and %u used of %u", free, used,
		       table_total);
}

unsigned int check_all(check_report report, void *arg)
{
	check.report = report;
	check.arg = arg;
	check.breaches = 0;
	check_refcounts();
	check_slices();
	check_areas();
	check_pages();
	check_tables();
	return check.breaches;
}
