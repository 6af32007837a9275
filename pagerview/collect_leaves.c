/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every table is read whole. An entry that maps a page of the pool must be one of that page's
 * owners: an area of the context whose table it is, at that address. Other pages (memory that is
 * not paged) and inner tables, whose entries lead to tables, are none of the pool's.
 */
#include "collect_leaves.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect_tables.h"

#define ENTRIES    512u
#define TABLE_SIZE (ENTRIES * 8u)
#define PAGE       UINT64_C(4096)
#define MAX_LOOKS  50000000u /* owners of pages, compared with entries */

/* The class of tables, or UINT_MAX. */
static unsigned int table_class(const struct layout *layout)
{
	for (unsigned int class = OBJECT_HOLDER; class < layout->num_objects; class ++) {
		if (strcmp(layout->objects[class].name, "table") == 0 &&
		    layout->objects[class].present &&
		    layout->objects[class].fields[ROLE_PA].present)
			return class;
	}
	return UINT32_MAX;
}

static uint64_t number_of(const struct walk *walk, unsigned int class, const struct found *found,
			  enum role role)
{
	uint64_t number;

	return value_number(&walk->values, walk_field(walk, class, found, role), found->addr,
			    &number) == CACHE_OK
		       ? number
		       : 0;
}

/* What is not there for reading is no zero. */
static void tell_unread(struct walk *walk, unsigned int class, const struct found *found)
{
	static const enum role roles[] = {ROLE_PA, ROLE_SPACE, ROLE_BASE, ROLE_USED};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const struct layout_field *field = walk_field(walk, class, found, roles[i]);
		uint64_t number;

		if (!field->present ||
		    value_number(&walk->values, field, found->addr, &number) != CACHE_BAD)
			continue;
		walk_cut(walk, "table 0x%" PRIx64 ": its %s cannot be read", found->addr,
			 role_key(roles[i]));
		return;
	}
}

static uint32_t used_of(struct walk *walk, unsigned int class, const struct found *found)
{
	uint64_t used = number_of(walk, class, found, ROLE_USED);

	if (used < NONE)
		return (uint32_t)used;
	walk_cut(walk, "table 0x%" PRIx64 ": its used cannot be 0x%" PRIx64, found->addr, used);
	return 0;
}

/* The context that SPACE points into. */
static uint32_t context_at(const struct walk *walk, const struct snapshot *snapshot, uint64_t space)
{
	uint64_t size = walk->values.layout->objects[OBJECT_CONTEXT].size;

	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		if (space >= snapshot->contexts[i].id && space - snapshot->contexts[i].id < size)
			return i;
	}
	return NONE;
}

struct by_pa {
	uint64_t pa;
	const struct snap_pmem *pmem;
};

static int compare_pa(const void *a, const void *b)
{
	const struct by_pa *x = a, *y = b;

	return x->pa < y->pa ? -1 : x->pa > y->pa;
}

/* The pages of the pool by address; *COUNT of them. The caller frees it; NULL: out of memory. */
static struct by_pa *sort_pages(const struct snapshot *snapshot, size_t *count)
{
	struct by_pa *pages = calloc((size_t)snapshot->num_pmems + 1, sizeof(*pages));

	*count = 0;
	for (uint32_t i = 0; pages && i < snapshot->num_pmems; i++) {
		if (snapshot->pmems[i].pa_known)
			pages[(*count)++] =
				(struct by_pa){snapshot->pmems[i].pa, &snapshot->pmems[i]};
	}
	if (*count)
		qsort(pages, *count, sizeof(*pages), compare_pa);
	return pages;
}

/* Owners looked at are counted down in *LOOKS: who is out of them is told, and believed. */
static bool is_owner(const struct snap_pmem *pmem, uint32_t context, uint64_t va, uint32_t *looks)
{
	if (pmem->num_owners > *looks)
		*looks = 0;
	if (!*looks)
		return true;
	*looks -= pmem->num_owners;
	for (uint32_t i = 0; i < pmem->num_owners; i++) {
		if (pmem->owners[i].context == context && pmem->owners[i].va == va)
			return true;
	}
	return false;
}

static bool stray_add(struct walk *walk, struct snapshot *snapshot, const struct snap_stray *stray)
{
	if (snapshot->num_strays == LEAVES_MAX_STRAYS) {
		walk_cut(walk, "tables: more than %u entries that no area explains",
			 LEAVES_MAX_STRAYS);
		return true;
	}
	if (!snapshot->strays)
		snapshot->strays = arena_alloc_array(snapshot->arena, LEAVES_MAX_STRAYS,
						     sizeof(*snapshot->strays));
	if (!snapshot->strays)
		return false;
	snapshot->strays[snapshot->num_strays++] = *stray;
	return true;
}

static bool look_through(struct walk *walk, struct snapshot *snapshot, struct snap_table *table,
			 const uint64_t *entries, const struct by_pa *pages, size_t num_pages,
			 uint32_t *looks)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < ENTRIES; i++) {
		struct translation translation;
		struct by_pa *page, wanted;
		struct snap_stray stray;

		if (!tables_decode(entries[i], &translation))
			continue;
		table->entries++;
		wanted.pa = translation.pa;
		page = num_pages ? bsearch(&wanted, pages, num_pages, sizeof(*pages), compare_pa)
				 : NULL;
		stray = (struct snap_stray){table->id, table->context, table->base + i * PAGE,
					    translation.pa, translation.prot};
		if (page && !is_owner(page->pmem, table->context, stray.va, looks))
			ok = stray_add(walk, snapshot, &stray);
	}
	return ok;
}

static bool fill(struct walk *walk, unsigned int class, struct snapshot *snapshot,
		 const struct memory_request *requests, uint32_t count)
{
	size_t num_pages;
	struct by_pa *pages = sort_pages(snapshot, &num_pages);
	bool ok = pages != NULL;
	uint32_t unread = 0, looks = MAX_LOOKS;

	for (uint32_t i = 0; ok && i < count; i++) {
		const struct found *found = &walk->objects[class][i];
		struct snap_table *table = &snapshot->tables[snapshot->num_tables];

		tell_unread(walk, class, found);
		unread += !requests[i].ok;
		if (!requests[i].ok)
			continue;
		table->id = found->addr;
		table->context =
			context_at(walk, snapshot, number_of(walk, class, found, ROLE_SPACE));
		table->base = number_of(walk, class, found, ROLE_BASE);
		table->used = used_of(walk, class, found);
		snapshot->num_tables++;
		ok = look_through(walk, snapshot, table, requests[i].to, pages, num_pages, &looks);
	}
	if (unread)
		walk_cut(walk, "%" PRIu32 " of %" PRIu32 " translation tables cannot be read",
			 unread, count);
	if (!looks)
		walk_cut(walk, "tables: their pages have too many owners to look through");
	free(pages);
	return ok;
}

static int compare_tables(const void *a, const void *b)
{
	const struct snap_table *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int compare_strays(const void *a, const void *b)
{
	const struct snap_stray *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->va < y->va ? -1 : x->va > y->va;
}

/* By address: in what order the walk came upon them depends on what was copied already. */
static void sort_tables(struct snapshot *snapshot)
{
	if (snapshot->num_tables)
		qsort(snapshot->tables, snapshot->num_tables, sizeof(*snapshot->tables),
		      compare_tables);
	if (snapshot->num_strays)
		qsort(snapshot->strays, snapshot->num_strays, sizeof(*snapshot->strays),
		      compare_strays);
}

static uint32_t table_count(const struct walk *walk, unsigned int class)
{
	uint32_t count = class == UINT32_MAX ? 0 : walk->num_objects[class];

	if (walk->values.layout->tables.format != TABLES_AARCH64_4K)
		return 0;
	return count < LEAVES_MAX_TABLES ? count : LEAVES_MAX_TABLES;
}

/* All that TO has room for; TO NULL: only ask for it. True: it is there. */
static bool table_bytes(const struct walk *walk, unsigned int class, uint32_t index, uint8_t *to)
{
	uint64_t pa = number_of(walk, class, &walk->objects[class][index], ROLE_PA);
	uint8_t bytes[TABLE_SIZE];

	return cache_get(walk->values.cache, CACHE_PHYSICAL, pa, to ? to : bytes, TABLE_SIZE) ==
	       CACHE_OK;
}

void leaves_want(const struct walk *walk)
{
	unsigned int class = table_class(walk->values.layout);

	for (uint32_t i = 0; i < table_count(walk, class); i++)
		table_bytes(walk, class, i, NULL);
}

bool leaves_fill(struct walk *walk, struct snapshot *snapshot)
{
	unsigned int class = table_class(walk->values.layout);
	uint32_t count = table_count(walk, class);
	struct memory_request *requests;
	uint8_t *bytes;
	bool ok;

	if (!count)
		return true;
	if (count < walk->num_objects[class])
		walk_cut(walk, "only %u of %" PRIu32 " translation tables were looked through",
			 LEAVES_MAX_TABLES, walk->num_objects[class]);
	requests = calloc(count, sizeof(*requests));
	bytes = malloc((size_t)count * TABLE_SIZE);
	snapshot->tables = arena_alloc_array(snapshot->arena, count, sizeof(*snapshot->tables));
	ok = requests && bytes && snapshot->tables;
	for (uint32_t i = 0; ok && i < count; i++) {
		requests[i].to = bytes + (size_t)i * TABLE_SIZE;
		requests[i].ok = table_bytes(walk, class, i, requests[i].to);
	}
	ok = ok && fill(walk, class, snapshot, requests, count);
	sort_tables(snapshot);
	free(bytes);
	free(requests);
	return ok;
}
