/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts and their areas, each in the order of the list that it is in.
 */
#include "collect_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Small letters are what the TA may do, capitals what the core may: where a kernel keeps both,
 * those of the TA count wherever it has any.
 */
static uint8_t prot_from_text(const char *text)
{
	const char *letters = strpbrk(text, "rwx") ? "rwx" : "RWX";

	return (uint8_t)((strchr(text, letters[0]) ? PROT_R : 0) |
			 (strchr(text, letters[1]) ? PROT_W : 0) |
			 (strchr(text, letters[2]) ? PROT_X : 0));
}

static void build_context(struct builder *builder, uint32_t object, uint32_t index)
{
	const struct found *found = &builder->walk.objects[OBJECT_CONTEXT][object];
	struct snap_context *context = &builder->snapshot->contexts[index];
	const char *name = builder_text(builder, OBJECT_CONTEXT, found, ROLE_NAME);
	const char *program = builder_text(builder, OBJECT_CONTEXT, found, ROLE_PROGRAM);
	const char *kind = builder_text(builder, OBJECT_CONTEXT, found, ROLE_KIND);

	builder->context_of[object] = index;
	context->id = found->addr;
	context->name =
		arena_printf(builder->arena, "%s%s%s", name, program[0] ? " " : "", program) ?: "";
	context->state = builder_text(builder, OBJECT_CONTEXT, found, ROLE_STATE);
	context->kind = strcmp(kind, "core") == 0     ? CONTEXT_CORE
			: strcmp(kind, "pseudo") == 0 ? CONTEXT_PSEUDO
						      : CONTEXT_USER;
	context->asid = builder_number32(builder, OBJECT_CONTEXT, found, ROLE_ASID);
	context->faults = builder_count(builder, OBJECT_CONTEXT, found, ROLE_FAULTS);
	builder->has_root[index] = builder_number(builder, OBJECT_CONTEXT, found, ROLE_TABLE_ROOT,
						  &builder->roots[index]);
}

/* A list of areas that belongs to no object: the core's own space. */
static void build_static_context(struct builder *builder, const struct layout_list *list,
				 uint32_t index)
{
	struct snap_context *context = &builder->snapshot->contexts[index];

	context->id = list->symbol + builder->walk.values.slide;
	context->name = "core";
	context->state = "";
	context->kind = CONTEXT_CORE;
	for (unsigned int i = 0; i < list->num_sets; i++) {
		if (list->sets[i].role == ROLE_NAME && list->sets[i].text)
			context->name =
				arena_strndup(builder->arena, list->sets[i].text, VALUE_TEXT_MAX)
					?: "";
	}
}

/* Is there a list that is a space by itself at ADDR? Then it is no context that a link leads to. */
static bool is_static_space(struct builder *builder, uint64_t addr)
{
	const struct layout *layout = builder->walk.values.layout;

	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];

		if (!list->present || !list->is_static ||
		    list->symbol + builder->walk.values.slide != addr)
			continue;
		walk_cut(&builder->walk, "context 0x%" PRIx64 " cannot be one: it is %s", addr,
			 list->label);
		return true;
	}
	return false;
}

bool builder_contexts(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	const struct layout *layout = walk->values.layout;
	uint32_t total = walk->num_objects[OBJECT_CONTEXT] + layout->num_lists, next = 0;

	builder->context_of = builder_index(builder, walk->num_objects[OBJECT_CONTEXT]);
	builder->snapshot->contexts =
		arena_alloc_array(builder->arena, total + 1, sizeof(*builder->snapshot->contexts));
	builder->roots = arena_alloc_array(builder->arena, total + 1, sizeof(uint64_t));
	builder->has_root = arena_alloc_array(builder->arena, total + 1, sizeof(bool));
	if (!builder->context_of || !builder->snapshot->contexts || !builder->roots ||
	    !builder->has_root)
		return false;
	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];

		if (listed->list->of == OBJECT_CONTEXT && !listed->list->is_owned &&
		    builder->context_of[listed->object] == NONE &&
		    !is_static_space(builder, walk->objects[OBJECT_CONTEXT][listed->object].addr))
			build_context(builder, listed->object, next++);
	}
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		if (layout->lists[i].present && layout->lists[i].is_static)
			build_static_context(builder, &layout->lists[i], next++);
	}
	builder->snapshot->num_contexts = next;
	return true;
}

/* The snapshot's context that an area is listed by, or NONE. */
static uint32_t listing_context(const struct builder *builder, const struct listed *listed)
{
	uint64_t symbol = listed->list->symbol + builder->walk.values.slide;

	if (listed->list->is_static)
		return snapshot_find_context(builder->snapshot, symbol);
	if (listed->list->is_owned && listed->list->in == OBJECT_CONTEXT)
		return builder->context_of[listed->owner];
	return NONE;
}

static void build_area(struct builder *builder, uint32_t object, uint32_t context)
{
	struct snapshot *snapshot = builder->snapshot;
	const struct found *found = &builder->walk.objects[OBJECT_AREA][object];
	uint32_t index = snapshot->num_areas++;
	struct snap_area *area = &snapshot->areas[index];
	uint64_t fobj = 0;

	builder->area_of[object] = index;
	area->id = found->addr;
	area->context = context;
	area->name = builder_text(builder, OBJECT_AREA, found, ROLE_NAME);
	builder_number(builder, OBJECT_AREA, found, ROLE_BASE, &area->base);
	area->pages = builder_number32(builder, OBJECT_AREA, found, ROLE_PAGES);
	area->fobj_page = builder_number32(builder, OBJECT_AREA, found, ROLE_FOBJ_PAGE);
	area->prot = prot_from_text(builder_text(builder, OBJECT_AREA, found, ROLE_PROT));
	area->type = builder_text(builder, OBJECT_AREA, found, ROLE_TYPE);
	area->fobj = NONE;
	area->not_in_context = context == NONE;
	area->not_in_fobj = true;
	builder_number(builder, OBJECT_AREA, found, ROLE_FOBJ, &fobj);
	builder_number(builder, OBJECT_AREA, found, ROLE_LEAF_TABLES, &builder->area_leaf[index]);
	builder->area_fobj[index] = walk_find(&builder->walk, OBJECT_FOBJ, fobj);
}

static bool list_areas(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t next = 0;

	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		struct snap_context *context = &snapshot->contexts[i];

		context->areas = arena_alloc_array(builder->arena, context->num_areas + 1,
						   sizeof(*context->areas));
		if (!context->areas)
			return false;
		for (uint32_t n = 0; n < context->num_areas; n++)
			context->areas[n] = next++;
	}
	return true;
}

/* Where a list says whose an area is. */
struct membership {
	uint32_t context, listed;
};

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *x = a, *y = b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	return x->listed < y->listed ? -1 : x->listed > y->listed;
}

/* Those of all areas, context by context in their lists' order. NULL: out of memory. */
static const struct membership *find_memberships(struct builder *builder, uint32_t *count)
{
	const struct walk *walk = &builder->walk;
	struct membership *all =
		arena_alloc_array(builder->arena, walk->num_listed + 1, sizeof(*all));

	*count = 0;
	for (uint32_t i = 0; all && i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		uint32_t context =
			listed->list->of == OBJECT_AREA ? listing_context(builder, listed) : NONE;

		if (context != NONE)
			all[(*count)++] = (struct membership){context, i};
	}
	if (*count)
		qsort(all, *count, sizeof(*all), compare_memberships);
	return all;
}

/* Context by context in their lists' order; then those that only a fobj lists, by address. */
static bool build_areas(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;
	uint32_t count;
	const struct membership *all = find_memberships(builder, &count);
	const struct by_addr *order = builder_by_address(builder, OBJECT_AREA);

	if (!all || !order)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct listed *listed = &walk->listed[all[i].listed];
		struct snap_context *context = &snapshot->contexts[all[i].context];

		if (builder->area_of[listed->object] != NONE)
			continue;
		build_area(builder, listed->object, all[i].context);
		context->sorted = listed->list->is_sorted;
		context->num_areas++;
	}
	for (uint32_t i = 0; i < walk->num_objects[OBJECT_AREA]; i++) {
		if (builder->area_of[order[i].object] == NONE)
			build_area(builder, order[i].object, NONE);
	}
	return true;
}

bool builder_areas(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t total = builder->walk.num_objects[OBJECT_AREA];

	builder->area_of = builder_index(builder, total);
	builder->area_fobj = builder_index(builder, total);
	builder->area_leaf =
		arena_alloc_array(builder->arena, total + 1, sizeof(*builder->area_leaf));
	snapshot->areas = arena_alloc_array(builder->arena, total + 1, sizeof(*snapshot->areas));
	if (!builder->area_of || !builder->area_fobj || !builder->area_leaf || !snapshot->areas)
		return false;
	return build_areas(builder) && list_areas(builder);
}

void builder_types(struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		struct snap_area *area = &snapshot->areas[i];
		bool locked = area->fobj != NONE &&
			      strcmp(snapshot->fobjs[area->fobj].kind, "locked") == 0;

		if (!area->type[0])
			area->type = locked ? "lock" : area->prot & PROT_W ? "rw" : "ro";
	}
}
