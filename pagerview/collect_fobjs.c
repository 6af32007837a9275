/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fobjs, and which areas map each of them.
 */
#include "collect_build.h"

#include <inttypes.h>

static void build_fobj(struct builder *builder, uint32_t object, uint32_t index)
{
	const struct found *found = &builder->walk.objects[OBJECT_FOBJ][object];
	struct snap_fobj *fobj = &builder->snapshot->fobjs[index];
	uint64_t refcount, pages;

	builder->fobj_of[object] = index;
	fobj->id = found->addr;
	fobj->unlisted = fobj->unreadable = walk_is_freed(&builder->walk, OBJECT_FOBJ, found);
	fobj->name = "";
	fobj->kind = "freed";
	if (fobj->unlisted)
		return;
	fobj->name = builder_text(builder, OBJECT_FOBJ, found, ROLE_NAME);
	fobj->kind = builder_text(builder, OBJECT_FOBJ, found, ROLE_KIND);
	if (!builder_number(builder, OBJECT_FOBJ, found, ROLE_REFCOUNT, &refcount) ||
	    !builder_number(builder, OBJECT_FOBJ, found, ROLE_PAGES, &pages)) {
		fobj->unreadable = true;
		return;
	}
	fobj->refcount = (int64_t)refcount;
	fobj->pages = builder_number32(builder, OBJECT_FOBJ, found, ROLE_PAGES);
	fobj->evictions = builder_count(builder, OBJECT_FOBJ, found, ROLE_EVICTIONS);
}

/* An area that its fobj lists, too, is in both lists. */
static void note_listed_areas(struct builder *builder)
{
	struct walk *walk = &builder->walk;

	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		struct snap_area *area;

		if (listed->list->of != OBJECT_AREA || !listed->list->is_owned ||
		    listed->list->in != OBJECT_FOBJ)
			continue;
		area = &builder->snapshot->areas[builder->area_of[listed->object]];
		if (area->fobj != NONE && area->fobj == builder->fobj_of[listed->owner])
			area->not_in_fobj = false;
	}
}

/*
 * Areas of one fobj together, in their own order: counted two places ahead, so that where a fobj's
 * areas go to runs up to where the next one's begin.
 */
static bool group_areas(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t *first = arena_alloc_array(builder->arena, snapshot->num_fobjs + 2,
					    sizeof(*builder->fobj_first));

	builder->fobj_first = first;
	builder->fobj_areas = builder_index(builder, snapshot->num_areas);
	if (!first || !builder->fobj_areas)
		return false;
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (snapshot->areas[i].fobj != NONE)
			first[snapshot->areas[i].fobj + 2]++;
	}
	for (uint32_t i = 2; i < snapshot->num_fobjs + 2; i++)
		first[i] += first[i - 1];
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (snapshot->areas[i].fobj != NONE)
			builder->fobj_areas[first[snapshot->areas[i].fobj + 1]++] = i;
	}
	return true;
}

/* Which areas map which fobj, and which of them the fobj itself lists. */
static bool link_areas(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;

	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (builder->area_fobj[i] != NONE)
			snapshot->areas[i].fobj = builder->fobj_of[builder->area_fobj[i]];
	}
	note_listed_areas(builder);
	return group_areas(builder);
}

bool builder_fobjs(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t count = builder->walk.num_objects[OBJECT_FOBJ];
	struct by_addr *order = builder_by_address(builder, OBJECT_FOBJ);

	builder->fobj_of = builder_index(builder, count);
	snapshot->fobjs = arena_alloc_array(builder->arena, count + 1, sizeof(*snapshot->fobjs));
	if (!order || !builder->fobj_of || !snapshot->fobjs)
		return false;
	for (uint32_t i = 0; i < count; i++)
		build_fobj(builder, order[i].object, i);
	snapshot->num_fobjs = count;
	return link_areas(builder);
}
