/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages in the order of eviction, their owners, and what the translation tables say of
 * both.
 */
#include "collect_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect_tables.h"

#define MAX_OWNERS 2000000u  /* of all pages together: more is cut */
#define MAX_LOOKS  50000000u /* areas that are asked whether they cover a page; likewise */

/* How much of both is left. */
struct budget {
	uint32_t owners, looks;
};

static enum snap_pmem_state page_state(struct builder *builder, const struct found *found,
				       bool holds)
{
	const char *state = builder_text(builder, OBJECT_PMEM, found, ROLE_STATE);
	uint64_t dirty = 0;

	if (strcmp(state, "locked") == 0)
		return PMEM_STATE_LOCKED;
	if (strcmp(state, "free") == 0 || (!state[0] && !holds))
		return PMEM_STATE_FREE;
	if (strcmp(state, "dirty") == 0)
		return PMEM_STATE_DIRTY;
	builder_number(builder, OBJECT_PMEM, found, ROLE_DIRTY, &dirty);
	return dirty ? PMEM_STATE_DIRTY : PMEM_STATE_CLEAN;
}

static bool covers(const struct snap_area *area, uint32_t page)
{
	return page >= area->fobj_page && page - area->fobj_page < area->pages;
}

static void build_owners(struct builder *builder, struct snap_pmem *pmem, struct budget *budget)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t first = builder->fobj_first[pmem->fobj], count = 0;
	uint32_t end = builder->fobj_first[pmem->fobj + 1];

	for (uint32_t i = first; end - first <= budget->looks && i < end; i++)
		count += covers(&snapshot->areas[builder->fobj_areas[i]], pmem->page);
	if (end - first > budget->looks || count > budget->owners) {
		walk_cut(&builder->walk, "page 0x%" PRIx64 ": too many owners", pmem->id);
		return;
	}
	budget->looks -= end - first;
	budget->owners -= count;
	if (count)
		pmem->owners = arena_alloc_array(builder->arena, count, sizeof(*pmem->owners));
	for (uint32_t i = first; pmem->owners && i < end; i++) {
		const struct snap_area *area = &snapshot->areas[builder->fobj_areas[i]];
		struct snap_owner *owner;

		if (!covers(area, pmem->page))
			continue;
		owner = &pmem->owners[pmem->num_owners++];
		owner->area = builder->fobj_areas[i];
		owner->context = area->context;
		owner->va = area->base + (uint64_t)(pmem->page - area->fobj_page) *
						 builder->walk.values.layout->page_size;
	}
}

static void build_pmem(struct builder *builder, uint32_t object, struct budget *budget)
{
	const struct found *found = &builder->walk.objects[OBJECT_PMEM][object];
	struct snap_pmem *pmem = &builder->snapshot->pmems[builder->snapshot->num_pmems++];
	uint64_t fobj = 0, hidden = 0, alias;
	uint32_t index;

	pmem->id = found->addr;
	pmem->pa_known = builder_number(builder, OBJECT_PMEM, found, ROLE_PA, &pmem->pa);
	builder_number(builder, OBJECT_PMEM, found, ROLE_FOBJ, &fobj);
	index = fobj ? walk_find(&builder->walk, OBJECT_FOBJ, fobj) : UINT32_MAX;
	pmem->fobj = index == UINT32_MAX ? NONE : builder->fobj_of[index];
	pmem->state = page_state(builder, found, fobj != 0);
	builder_number(builder, OBJECT_PMEM, found, ROLE_HIDDEN, &hidden);
	builder_number(builder, OBJECT_PMEM, found, ROLE_ALIAS, &alias); /* so that it is told */
	pmem->hidden = hidden != 0;
	if (pmem->fobj == NONE)
		return;
	pmem->page = builder_number32(builder, OBJECT_PMEM, found, ROLE_PAGE);
	build_owners(builder, pmem, budget);
}

static int compare_pages(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool build_resident(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;

	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		if (snapshot->pmems[i].fobj != NONE)
			snapshot->fobjs[snapshot->pmems[i].fobj].num_resident++;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		struct snap_fobj *fobj = &snapshot->fobjs[i];

		fobj->resident = arena_alloc_array(builder->arena, fobj->num_resident + 1,
						   sizeof(*fobj->resident));
		fobj->num_resident = 0;
		if (!fobj->resident)
			return false;
	}
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		struct snap_fobj *fobj;

		if (snapshot->pmems[i].fobj == NONE)
			continue;
		fobj = &snapshot->fobjs[snapshot->pmems[i].fobj];
		fobj->resident[fobj->num_resident++] = snapshot->pmems[i].page;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		qsort(snapshot->fobjs[i].resident, snapshot->fobjs[i].num_resident,
		      sizeof(uint32_t), compare_pages);
	return true;
}

/* List by list as the profile orders them: that is the order of eviction. */
bool builder_pages(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;
	struct budget budget = {MAX_OWNERS, MAX_LOOKS};
	uint32_t total = walk->num_objects[OBJECT_PMEM];
	bool *done = arena_alloc_array(builder->arena, total + 1, sizeof(*done));

	snapshot->pmems = arena_alloc_array(builder->arena, total + 1, sizeof(*snapshot->pmems));
	if (!done || !snapshot->pmems)
		return false;
	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];

		if (listed->list->of != OBJECT_PMEM || done[listed->object])
			continue;
		done[listed->object] = true;
		build_pmem(builder, listed->object, &budget);
	}
	return build_resident(builder);
}

static enum cache_answer look_up_owner(const struct builder *builder,
				       const struct snap_owner *owner,
				       struct translation *translation)
{
	const struct values *values = &builder->walk.values;
	const struct layout_tables *tables = &values->layout->tables;
	const struct snapshot *snapshot = builder->snapshot;
	bool kernel =
		owner->context != NONE && snapshot->contexts[owner->context].kind == CONTEXT_CORE;

	if (tables->has_leaf)
		return tables_lookup_leaf(values, builder->area_leaf[owner->area],
					  snapshot->areas[owner->area].base, owner->va, kernel,
					  translation);
	if (owner->context == NONE || !builder->has_root[owner->context] || !tables->va_bits)
		return CACHE_BAD;
	return tables_lookup(values->cache, builder->roots[owner->context], tables->va_bits,
			     owner->va, translation);
}

/* A page whose record does not say where it is: the entry of its alias does. */
static void look_up_page(struct builder *builder, struct snap_pmem *pmem)
{
	const struct walk *walk = &builder->walk;
	const struct found *found =
		&walk->objects[OBJECT_PMEM][walk_find(walk, OBJECT_PMEM, pmem->id)];
	struct translation translation;
	uint64_t alias;

	if (value_number(&walk->values, walk_field(walk, OBJECT_PMEM, found, ROLE_ALIAS),
			 found->addr, &alias) != CACHE_OK)
		return;
	pmem->pa_known = tables_lookup_core(&walk->values, alias, &translation) == CACHE_OK &&
			 translation.pa != 0;
	pmem->pa = pmem->pa_known ? translation.pa : 0;
}

/* What the tables say of every page and owner, level by level, one burst for each. */
static void look_up_all(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;

	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		struct snap_pmem *pmem = &snapshot->pmems[i];

		if (builder->walk.values.layout->tables.has_core)
			look_up_page(builder, pmem);
		for (uint32_t n = 0; n < pmem->num_owners; n++) {
			struct snap_owner *owner = &pmem->owners[n];
			struct translation translation = {0};

			owner->pte_known = look_up_owner(builder, owner, &translation) == CACHE_OK;
			owner->pte = translation.prot;
			owner->pte_pa = translation.pa;
		}
	}
}

void builder_tables(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t unknown = 0, total = 0;

	if (builder->walk.values.layout->tables.format == TABLES_NONE)
		return;
	do
		look_up_all(builder);
	while (builder_fetch(builder));
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		for (uint32_t n = 0; n < snapshot->pmems[i].num_owners; n++)
			unknown += !snapshot->pmems[i].owners[n].pte_known;
		total += snapshot->pmems[i].num_owners;
	}
	if (unknown)
		walk_cut(&builder->walk,
			 "the translation tables of %" PRIu32 " of %" PRIu32
			 " owners cannot be read",
			 unknown, total);
}
