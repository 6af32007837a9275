/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three steps, each repeated until nothing it asked for is pending: walk the lists, read every
 * field of every object found, look up the table entries of every owner. Only then is the snapshot
 * put together, from bytes that are all here, so the same walk at rest gives the same snapshot.
 */
#include "collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/ledger.h"
#include "collect_leaves.h"
#include "collect_scan.h"
#include "collect_tables.h"
#include "collect_walk.h"
#include "model/arena.h"

#define MAX_OWNERS 2000000u /* of all pages together: more is cut */

struct collector {
	const struct layout *layout;
	struct memory *memory;
	struct cache *cache;
	uint64_t slide;
	struct scan *scan; /* NULL: the layout does not say where */
	enum collect_scan when;
	uint64_t sp;
	bool copied;    /* since the last whole walk: what is not used may yet be */
	bool with_scan; /* the copy is to have, then has, the ranges of the scan, too */
};

/* The snapshot being made. Arrays map the walk's objects to the snapshot's. */
struct builder {
	struct walk walk;
	struct snapshot *snapshot;
	struct arena *arena;
	uint32_t *context_of, *area_of, *fobj_of, *file_of;
	uint32_t *area_fobj; /* by snapshot area: the walk's fobj, or NONE */
	uint64_t *area_leaf; /* by snapshot area: its leaf tables */
	uint64_t *roots;     /* by snapshot context: physical address of its first table */
	bool *has_root;
	uint32_t *fobj_areas; /* snapshot areas, those of each fobj together */
	uint32_t *fobj_first; /* by fobj: where its areas begin; one more at the end */
	struct ledger_entry *entries;
	uint32_t num_entries, max_entries;
	double deadline;
	struct error *error;
};

bool guard_is_free(const struct guard *guard)
{
	if (guard->has_generation)
		return guard->generation % 2 == 0;
	return guard->has_lock && guard->lock == 0;
}

bool guard_is_same(const struct guard *before, const struct guard *after)
{
	return guard_is_free(before) && guard_is_free(after) &&
	       before->has_generation == after->has_generation &&
	       before->generation == after->generation;
}

struct collector *collector_create(const struct layout *layout, struct memory *memory,
				   uint64_t slide)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	collector->layout = layout;
	collector->memory = memory;
	collector->slide = slide;
	collector->cache = cache_create(memory);
	if (layout->scan.present)
		collector->scan = scan_create(layout, memory, slide);
	if (!collector->cache || (layout->scan.present && !collector->scan)) {
		collector_destroy(collector);
		return NULL;
	}
	return collector;
}

void collector_destroy(struct collector *collector)
{
	if (!collector)
		return;
	cache_destroy(collector->cache);
	scan_destroy(collector->scan);
	free(collector);
}

void collector_set_scan(struct collector *collector, enum collect_scan when)
{
	collector->when = when;
}

void collector_set_sp(struct collector *collector, uint64_t sp)
{
	collector->sp = sp;
}

/* ---- the guard ---- */

/* These are read past the cache: their whole point is the moment at which they are read. */
bool collector_guard(struct collector *collector, struct guard *guard, struct error *error)
{
	const struct layout_counter *counters[2] = {&collector->layout->generation,
						    &collector->layout->lock};
	uint64_t values[2] = {0};
	struct memory_request requests[2];
	size_t count = 0;

	memset(guard, 0, sizeof(*guard));
	for (size_t i = 0; i < 2; i++) {
		const struct layout_field *field = &counters[i]->field;

		if (!field->present || field->num_hops || field->size > sizeof(values[0]))
			continue;
		requests[count].addr = counters[i]->symbol + collector->slide + field->offset[0];
		requests[count].len = field->size;
		requests[count].to = &values[i];
		requests[count++].ok = false;
	}
	if (count && !memory_read(collector->memory, requests, count, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool is_generation = requests[i].to == &values[0];

		if (is_generation)
			guard->has_generation = requests[i].ok;
		else
			guard->has_lock = requests[i].ok;
	}
	guard->generation = values[0];
	guard->lock = values[1];
	return true;
}

static void guard_from_cache(const struct collector *collector, const struct values *values,
			     struct guard *guard)
{
	const struct layout_counter *generation = &collector->layout->generation;
	const struct layout_counter *lock = &collector->layout->lock;

	memset(guard, 0, sizeof(*guard));
	guard->has_generation =
		value_number(values, &generation->field, generation->symbol + collector->slide,
			     &guard->generation) == CACHE_OK;
	guard->has_lock = value_number(values, &lock->field, lock->symbol + collector->slide,
				       &guard->lock) == CACHE_OK;
}

/* ---- reading fields ---- */

static bool number_of(const struct builder *builder, unsigned int class, const struct found *object,
		      enum role role, uint64_t *number)
{
	const struct layout_field *field = walk_field(&builder->walk, class, object, role);
	const struct layout_set *set = walk_set(object, role);

	*number = set ? set->number : 0;
	if (set)
		return true;
	return field->present &&
	       value_number(&builder->walk.values, field, object->addr, number) == CACHE_OK;
}

static const char *text_of(const struct builder *builder, unsigned int class,
			   const struct found *object, enum role role)
{
	const struct layout_field *field = walk_field(&builder->walk, class, object, role);
	const struct layout_set *set = walk_set(object, role);
	char text[VALUE_TEXT_MAX];

	if (set && set->text)
		return arena_strndup(builder->arena, set->text, VALUE_TEXT_MAX) ?: "";
	if (!field->present ||
	    value_text(&builder->walk.values, field, object->addr, text) != CACHE_OK)
		return "";
	return arena_strndup(builder->arena, text, sizeof(text)) ?: "";
}

/* A number that must fit 32 bits: what does not is garbage, and is told. */
static uint32_t number32_of(struct builder *builder, unsigned int class, const struct found *object,
			    enum role role)
{
	uint64_t number;

	if (!number_of(builder, class, object, role, &number)) {
		if (walk_field(&builder->walk, class, object, role)->present)
			walk_cut(&builder->walk, "%s 0x%" PRIx64 ": its %s cannot be read",
				 builder->walk.values.layout->objects[class].name, object->addr,
				 role_key(role));
		return 0;
	}
	if (number < NONE)
		return (uint32_t)number;
	walk_cut(&builder->walk, "%s 0x%" PRIx64 ": its %s cannot be 0x%" PRIx64,
		 builder->walk.values.layout->objects[class].name, object->addr, role_key(role),
		 number);
	return 0;
}

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

/* Ask for every field of every object, so that all of them are fetched together. */
static void touch_fields(const struct builder *builder)
{
	const struct walk *walk = &builder->walk;
	const struct layout *layout = walk->values.layout;
	char text[VALUE_TEXT_MAX];

	for (unsigned int class = 0; class < layout->num_objects; class ++) {
		for (uint32_t i = 0; i < walk->num_objects[class]; i++) {
			const struct found *object = &walk->objects[class][i];

			for (int role = 0; role < ROLE_COUNT; role++) {
				const struct layout_field *field =
					walk_field(walk, class, object, (enum role)role);

				if (field->present)
					value_text(&walk->values, field, object->addr, text);
			}
		}
	}
	for (unsigned int i = 0; i < layout->num_counters; i++)
		value_text(&walk->values, &layout->counters[i].field,
			   layout->counters[i].symbol + walk->values.slide, text);
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		if (layout->lists[i].present && layout->lists[i].has_length)
			value_text(&walk->values, &layout->lists[i].length,
				   layout->lists[i].length_symbol + walk->values.slide, text);
	}
}

/* Fetch what is pending; false when nothing is, or when it is time to stop. */
static bool fetch_more(struct builder *builder)
{
	struct cache *cache = builder->walk.values.cache;

	if (!cache_wants(cache) || cache_is_held(cache))
		return false;
	if (walk_clock() > builder->deadline) {
		walk_cut(&builder->walk, "there was no time to read everything");
		return false;
	}
	return cache_fetch(cache, builder->error);
}

/* ---- contexts and areas ---- */

static uint32_t *index_array(struct builder *builder, uint32_t count)
{
	uint32_t *array = arena_alloc_array(builder->arena, count + 1, sizeof(*array));

	for (uint32_t i = 0; array && i <= count; i++)
		array[i] = NONE;
	return array;
}

static void build_context(struct builder *builder, uint32_t object, uint32_t index)
{
	const struct found *found = &builder->walk.objects[OBJECT_CONTEXT][object];
	struct snap_context *context = &builder->snapshot->contexts[index];
	const char *name = text_of(builder, OBJECT_CONTEXT, found, ROLE_NAME);
	const char *program = text_of(builder, OBJECT_CONTEXT, found, ROLE_PROGRAM);
	const char *kind = text_of(builder, OBJECT_CONTEXT, found, ROLE_KIND);
	uint64_t number;

	builder->context_of[object] = index;
	context->id = found->addr;
	context->name =
		arena_printf(builder->arena, "%s%s%s", name, program[0] ? " " : "", program) ?: "";
	context->state = text_of(builder, OBJECT_CONTEXT, found, ROLE_STATE);
	context->kind = strcmp(kind, "core") == 0     ? CONTEXT_CORE
			: strcmp(kind, "pseudo") == 0 ? CONTEXT_PSEUDO
						      : CONTEXT_USER;
	if (number_of(builder, OBJECT_CONTEXT, found, ROLE_ASID, &number))
		context->asid = (uint32_t)number;
	number_of(builder, OBJECT_CONTEXT, found, ROLE_FAULTS, &context->faults);
	builder->has_root[index] =
		number_of(builder, OBJECT_CONTEXT, found, ROLE_TABLE_ROOT, &builder->roots[index]);
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

static bool build_contexts(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	const struct layout *layout = walk->values.layout;
	uint32_t total = walk->num_objects[OBJECT_CONTEXT] + layout->num_lists, next = 0;

	builder->context_of = index_array(builder, walk->num_objects[OBJECT_CONTEXT]);
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
		    builder->context_of[listed->object] == NONE)
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
	area->name = text_of(builder, OBJECT_AREA, found, ROLE_NAME);
	if (!number_of(builder, OBJECT_AREA, found, ROLE_BASE, &area->base))
		walk_cut(&builder->walk, "area 0x%" PRIx64 " cannot be read", found->addr);
	area->pages = number32_of(builder, OBJECT_AREA, found, ROLE_PAGES);
	area->fobj_page = number32_of(builder, OBJECT_AREA, found, ROLE_FOBJ_PAGE);
	area->prot = prot_from_text(text_of(builder, OBJECT_AREA, found, ROLE_PROT));
	area->type = text_of(builder, OBJECT_AREA, found, ROLE_TYPE);
	area->fobj = NONE;
	area->not_in_context = context == NONE;
	area->not_in_fobj = true;
	number_of(builder, OBJECT_AREA, found, ROLE_FOBJ, &fobj);
	number_of(builder, OBJECT_AREA, found, ROLE_LEAF_TABLES, &builder->area_leaf[index]);
	builder->area_fobj[index] = walk_find(&builder->walk, OBJECT_FOBJ, fobj);
}

/* Context by context in their lists' order; then those that only a fobj lists. */
static bool build_areas(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;
	uint32_t total = walk->num_objects[OBJECT_AREA];

	builder->area_of = index_array(builder, total);
	builder->area_fobj = index_array(builder, total);
	builder->area_leaf =
		arena_alloc_array(builder->arena, total + 1, sizeof(*builder->area_leaf));
	snapshot->areas = arena_alloc_array(builder->arena, total + 1, sizeof(*snapshot->areas));
	if (!builder->area_of || !builder->area_fobj || !builder->area_leaf || !snapshot->areas)
		return false;
	for (uint32_t context = 0; context < snapshot->num_contexts; context++) {
		uint32_t first = snapshot->num_areas;

		for (uint32_t i = 0; i < walk->num_listed; i++) {
			const struct listed *listed = &walk->listed[i];

			if (listed->list->of != OBJECT_AREA ||
			    builder->area_of[listed->object] != NONE ||
			    listing_context(builder, listed) != context)
				continue;
			build_area(builder, listed->object, context);
			snapshot->contexts[context].sorted = listed->list->is_sorted;
		}
		snapshot->contexts[context].num_areas = snapshot->num_areas - first;
	}
	for (uint32_t i = 0; i < total; i++) {
		if (builder->area_of[i] == NONE)
			build_area(builder, i, NONE);
	}
	return true;
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

/* ---- fobjs ---- */

struct by_addr {
	uint64_t addr;
	uint32_t object;
};

static int compare_addr(const void *a, const void *b)
{
	const struct by_addr *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* A class's objects by address; num_objects of them, in the arena. */
static struct by_addr *sort_objects(struct builder *builder, unsigned int class)
{
	uint32_t count = builder->walk.num_objects[class];
	struct by_addr *order = arena_alloc_array(builder->arena, count + 1, sizeof(*order));

	if (!order)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		order[i] = (struct by_addr){builder->walk.objects[class][i].addr, i};
	qsort(order, count, sizeof(*order), compare_addr);
	return order;
}

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
	fobj->name = text_of(builder, OBJECT_FOBJ, found, ROLE_NAME);
	fobj->kind = text_of(builder, OBJECT_FOBJ, found, ROLE_KIND);
	if (!number_of(builder, OBJECT_FOBJ, found, ROLE_REFCOUNT, &refcount) ||
	    !number_of(builder, OBJECT_FOBJ, found, ROLE_PAGES, &pages)) {
		fobj->unreadable = true;
		walk_cut(&builder->walk, "fobj 0x%" PRIx64 " cannot be read", found->addr);
		return;
	}
	fobj->refcount = (int64_t)refcount;
	fobj->pages = number32_of(builder, OBJECT_FOBJ, found, ROLE_PAGES);
	number_of(builder, OBJECT_FOBJ, found, ROLE_EVICTIONS, &fobj->evictions);
}

/* Which areas map which fobj, and which of them the fobj itself lists. */
static bool link_areas(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;
	uint32_t *next;

	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (builder->area_fobj[i] != NONE)
			snapshot->areas[i].fobj = builder->fobj_of[builder->area_fobj[i]];
	}
	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		struct snap_area *area;

		if (listed->list->of != OBJECT_AREA || !listed->list->is_owned ||
		    listed->list->in != OBJECT_FOBJ)
			continue;
		area = &snapshot->areas[builder->area_of[listed->object]];
		if (area->fobj != NONE && area->fobj == builder->fobj_of[listed->owner])
			area->not_in_fobj = false;
	}
	builder->fobj_first = arena_alloc_array(builder->arena, snapshot->num_fobjs + 2,
						sizeof(*builder->fobj_first));
	builder->fobj_areas = index_array(builder, snapshot->num_areas);
	next = builder->fobj_first ? builder->fobj_first + 1 : NULL;
	if (!next || !builder->fobj_areas)
		return false;
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (snapshot->areas[i].fobj != NONE)
			next[snapshot->areas[i].fobj]++;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		next[i] += builder->fobj_first[i];
	/* Filled from the back, each count runs down to its fobj's first. */
	for (uint32_t i = snapshot->num_areas; i-- > 0;) {
		uint32_t fobj = snapshot->areas[i].fobj;

		if (fobj != NONE)
			builder->fobj_areas[--next[fobj]] = i;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		builder->fobj_first[i] = next[i];
	builder->fobj_first[snapshot->num_fobjs] = 0;
	for (uint32_t i = 0; i < snapshot->num_areas; i++)
		builder->fobj_first[snapshot->num_fobjs] += snapshot->areas[i].fobj != NONE;
	return true;
}

static bool build_fobjs(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t count = builder->walk.num_objects[OBJECT_FOBJ];
	struct by_addr *order = sort_objects(builder, OBJECT_FOBJ);

	builder->fobj_of = index_array(builder, count);
	snapshot->fobjs = arena_alloc_array(builder->arena, count + 1, sizeof(*snapshot->fobjs));
	if (!order || !builder->fobj_of || !snapshot->fobjs)
		return false;
	for (uint32_t i = 0; i < count; i++)
		build_fobj(builder, order[i].object, i);
	snapshot->num_fobjs = count;
	return link_areas(builder);
}

/* ---- pages ---- */

static enum snap_pmem_state page_state(const struct builder *builder, const struct found *found,
				       bool holds)
{
	const char *state = text_of(builder, OBJECT_PMEM, found, ROLE_STATE);
	uint64_t dirty = 0;

	if (strcmp(state, "locked") == 0)
		return PMEM_STATE_LOCKED;
	if (strcmp(state, "free") == 0 || (!state[0] && !holds))
		return PMEM_STATE_FREE;
	if (strcmp(state, "dirty") == 0)
		return PMEM_STATE_DIRTY;
	number_of(builder, OBJECT_PMEM, found, ROLE_DIRTY, &dirty);
	return dirty ? PMEM_STATE_DIRTY : PMEM_STATE_CLEAN;
}

static void build_owners(struct builder *builder, struct snap_pmem *pmem, uint32_t *budget)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t first = builder->fobj_first[pmem->fobj];
	uint32_t end = builder->fobj_first[pmem->fobj + 1];

	if (end - first > *budget) {
		walk_cut(&builder->walk, "page 0x%" PRIx64 ": too many owners", pmem->id);
		return;
	}
	pmem->owners = arena_alloc_array(builder->arena, end - first + 1, sizeof(*pmem->owners));
	for (uint32_t i = first; pmem->owners && i < end; i++) {
		const struct snap_area *area = &snapshot->areas[builder->fobj_areas[i]];
		struct snap_owner *owner;

		if (pmem->page < area->fobj_page || pmem->page - area->fobj_page >= area->pages)
			continue;
		owner = &pmem->owners[pmem->num_owners++];
		owner->area = builder->fobj_areas[i];
		owner->context = area->context;
		owner->va = area->base + (uint64_t)(pmem->page - area->fobj_page) *
						 builder->walk.values.layout->page_size;
	}
	*budget -= pmem->num_owners;
}

static void build_pmem(struct builder *builder, uint32_t object, uint32_t *budget)
{
	const struct found *found = &builder->walk.objects[OBJECT_PMEM][object];
	struct snap_pmem *pmem = &builder->snapshot->pmems[builder->snapshot->num_pmems++];
	uint64_t fobj = 0, hidden = 0;
	uint32_t index;

	pmem->id = found->addr;
	pmem->pa_known = number_of(builder, OBJECT_PMEM, found, ROLE_PA, &pmem->pa);
	if (!number_of(builder, OBJECT_PMEM, found, ROLE_FOBJ, &fobj))
		walk_cut(&builder->walk, "pmem 0x%" PRIx64 " cannot be read", found->addr);
	index = fobj ? walk_find(&builder->walk, OBJECT_FOBJ, fobj) : UINT32_MAX;
	pmem->fobj = index == UINT32_MAX ? NONE : builder->fobj_of[index];
	pmem->state = page_state(builder, found, fobj != 0);
	number_of(builder, OBJECT_PMEM, found, ROLE_HIDDEN, &hidden);
	pmem->hidden = hidden != 0;
	if (pmem->fobj == NONE)
		return;
	pmem->page = number32_of(builder, OBJECT_PMEM, found, ROLE_PAGE);
	build_owners(builder, pmem, budget);
}

/* List by list as the profile orders them: that is the order of eviction. */
static bool build_pmems(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;
	uint32_t total = walk->num_objects[OBJECT_PMEM], budget = MAX_OWNERS;
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
	return true;
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

	if (!number_of(builder, OBJECT_PMEM, found, ROLE_ALIAS, &alias))
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

static void build_tables(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t unknown = 0, total = 0;

	if (builder->walk.values.layout->tables.format == TABLES_NONE)
		return;
	do
		look_up_all(builder);
	while (fetch_more(builder));
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

/* ---- files and holders ---- */

static void build_file(struct builder *builder, uint32_t object, uint32_t index)
{
	const struct found *found = &builder->walk.objects[OBJECT_FILE][object];
	struct snap_file *file = &builder->snapshot->files[index];
	uint64_t refcount;

	builder->file_of[object] = index;
	file->id = found->addr;
	file->tag = "";
	file->unlisted = walk_is_freed(&builder->walk, OBJECT_FILE, found);
	if (file->unlisted)
		return;
	file->tag = text_of(builder, OBJECT_FILE, found, ROLE_TAG);
	if (number_of(builder, OBJECT_FILE, found, ROLE_REFCOUNT, &refcount))
		file->refcount = (int64_t)refcount;
	else
		walk_cut(&builder->walk, "file 0x%" PRIx64 " cannot be read", found->addr);
}

static void build_slice(struct builder *builder, const struct found *found,
			struct snap_slice *slice)
{
	uint64_t fobj = 0;
	uint32_t index;

	slice->id = found->addr;
	slice->page_offset = number32_of(builder, OBJECT_SLICE, found, ROLE_PAGE_OFFSET);
	number_of(builder, OBJECT_SLICE, found, ROLE_FOBJ, &fobj);
	index = walk_find(&builder->walk, OBJECT_FOBJ, fobj);
	slice->fobj = index == UINT32_MAX ? NONE : builder->fobj_of[index];
	if (slice->fobj == NONE)
		return;
	slice->pages = builder->snapshot->fobjs[slice->fobj].pages;
	slice->refcount = builder->snapshot->fobjs[slice->fobj].refcount;
}

static bool is_slice_of_file(const struct listed *listed)
{
	return listed->list->of == OBJECT_SLICE && listed->list->is_owned &&
	       listed->list->in == OBJECT_FILE;
}

static bool build_slices(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	struct snapshot *snapshot = builder->snapshot;

	for (uint32_t i = 0; i < walk->num_listed; i++) {
		if (is_slice_of_file(&walk->listed[i]))
			snapshot->files[builder->file_of[walk->listed[i].owner]].num_slices++;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		struct snap_file *file = &snapshot->files[i];

		file->slices = arena_alloc_array(builder->arena, file->num_slices + 1,
						 sizeof(*file->slices));
		file->num_slices = 0;
		if (!file->slices)
			return false;
	}
	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		struct snap_file *file;

		if (!is_slice_of_file(listed))
			continue;
		file = &snapshot->files[builder->file_of[listed->owner]];
		build_slice(builder, &walk->objects[OBJECT_SLICE][listed->object],
			    &file->slices[file->num_slices++]);
	}
	return true;
}

static bool build_files(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t count = builder->walk.num_objects[OBJECT_FILE];
	struct by_addr *order = sort_objects(builder, OBJECT_FILE);

	builder->file_of = index_array(builder, count);
	snapshot->files = arena_alloc_array(builder->arena, count + 1, sizeof(*snapshot->files));
	if (!order || !builder->file_of || !snapshot->files)
		return false;
	for (uint32_t i = 0; i < count; i++)
		build_file(builder, order[i].object, i);
	snapshot->num_files = count;
	return build_slices(builder);
}

static bool entry_add(struct builder *builder, bool of_file, uint32_t object, const char *kind,
		      uint64_t id, uint32_t index, const char *name)
{
	struct ledger_entry *entry;

	if (object == NONE)
		return true;
	if (builder->num_entries == builder->max_entries) {
		uint32_t max = builder->max_entries ? builder->max_entries * 2 : 256;

		entry = realloc(builder->entries, max * sizeof(*entry));
		if (!entry)
			return false;
		builder->entries = entry;
		builder->max_entries = max;
	}
	entry = &builder->entries[builder->num_entries++];
	entry->of_file = of_file;
	entry->object = object;
	entry->holder = (struct snap_holder){kind, id, index, name ?: ""};
	return true;
}

/* "A.text": the instance's own word and the area's name. */
static const char *area_label(struct builder *builder, const struct snap_area *area)
{
	const char *context =
		area->context == NONE ? "?" : builder->snapshot->contexts[area->context].name;

	return arena_printf(builder->arena, "%.*s.%s", (int)strcspn(context, " "), context,
			    area->name);
}

static bool enter_areas_and_slices(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	bool ok = true;

	for (uint32_t i = 0; ok && i < snapshot->num_areas; i++) {
		struct snap_area *area = &snapshot->areas[i];

		ok = entry_add(builder, false, area->fobj, "area", area->id, i,
			       area_label(builder, area));
	}
	for (uint32_t i = 0; ok && i < snapshot->num_files; i++) {
		struct snap_file *file = &snapshot->files[i];

		for (uint32_t n = 0; ok && n < file->num_slices; n++)
			ok = entry_add(builder, false, file->slices[n].fobj, "slice",
				       file->slices[n].id, i,
				       arena_printf(builder->arena, "file %.8s", file->tag));
	}
	return ok;
}

static uint32_t target_of(const struct builder *builder, unsigned int class,
			  const struct found *found, enum role role, unsigned int target,
			  const uint32_t *map)
{
	uint64_t addr = 0;
	uint32_t index;

	if (!number_of(builder, class, found, role, &addr) || addr == 0)
		return NONE;
	index = walk_find(&builder->walk, target, addr);
	return index == UINT32_MAX ? NONE : map[index];
}

/* One holder that the profile describes; it may hold a fobj, a file, or both. */
static bool enter_other(struct builder *builder, unsigned int class, const struct found *found)
{
	const char *kind = text_of(builder, class, found, ROLE_KIND);
	const char *what =
		arena_strndup(builder->arena, builder->walk.values.layout->objects[class].name, 64)
			?: "";
	const char *name = text_of(builder, class, found, ROLE_NAME);
	const char *label =
		arena_printf(builder->arena, "%s%s%s", kind, kind[0] && name[0] ? " " : "", name);

	return entry_add(builder, false,
			 target_of(builder, class, found, ROLE_FOBJ, OBJECT_FOBJ, builder->fobj_of),
			 what, found->addr, NONE, label) &&
	       entry_add(builder, true,
			 target_of(builder, class, found, ROLE_FILE, OBJECT_FILE, builder->file_of),
			 what, found->addr, NONE, label);
}

/* A fobj that another one reads from. */
static bool enter_source(struct builder *builder, uint32_t object)
{
	uint32_t index = builder->fobj_of[object];
	const struct snap_fobj *fobj = &builder->snapshot->fobjs[index];

	return entry_add(builder, false,
			 target_of(builder, OBJECT_FOBJ,
				   &builder->walk.objects[OBJECT_FOBJ][object], ROLE_SOURCE,
				   OBJECT_FOBJ, builder->fobj_of),
			 "fobj", fobj->id, index, fobj->name);
}

/*
 * Holders that the profile describes (handles, mappings), then fobjs that hold fobjs. By address:
 * what order the walk came upon them in depends on what was copied already, and two readings of
 * the same memory are to be alike.
 */
static bool enter_others(struct builder *builder)
{
	const struct walk *walk = &builder->walk;
	const struct by_addr *order;
	bool ok = true;

	for (unsigned int class = OBJECT_HOLDER; ok && class < walk->values.layout->num_objects;
	     class ++) {
		order = sort_objects(builder, class);
		ok = order != NULL;
		for (uint32_t i = 0; ok && i < walk->num_objects[class]; i++)
			ok = enter_other(builder, class, &walk->objects[class][order[i].object]);
	}
	order = sort_objects(builder, OBJECT_FOBJ);
	ok = ok && order;
	for (uint32_t i = 0; ok && i < walk->num_objects[OBJECT_FOBJ]; i++)
		ok = enter_source(builder, order[i].object);
	return ok;
}

/* Lists that count: a context that lists the files it holds. */
static bool enter_held_lists(struct builder *builder)
{
	struct walk *walk = &builder->walk;
	bool ok = true;

	for (uint32_t i = 0; ok && i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		const struct snap_context *context;

		if (!listed->list->holds || !listed->list->is_owned ||
		    listed->list->in != OBJECT_CONTEXT ||
		    builder->context_of[listed->owner] == NONE)
			continue;
		context = &builder->snapshot->contexts[builder->context_of[listed->owner]];
		if (listed->list->of == OBJECT_FILE)
			ok = entry_add(builder, true, builder->file_of[listed->object], "context",
				       context->id, builder->context_of[listed->owner],
				       context->name);
		else if (listed->list->of == OBJECT_FOBJ)
			ok = entry_add(builder, false, builder->fobj_of[listed->object], "context",
				       context->id, builder->context_of[listed->owner],
				       context->name);
	}
	return ok;
}

/* Where a profile does not tell an area's type, its fobj and its protection do. */
static void name_types(struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		struct snap_area *area = &snapshot->areas[i];
		bool locked = area->fobj != NONE &&
			      strcmp(snapshot->fobjs[area->fobj].kind, "locked") == 0;

		if (!area->type[0])
			area->type = locked ? "lock" : area->prot & PROT_W ? "rw" : "ro";
	}
}

static bool build_counters(struct builder *builder)
{
	const struct layout *layout = builder->walk.values.layout;
	struct snapshot *snapshot = builder->snapshot;

	snapshot->counters = arena_alloc_array(builder->arena, layout->num_counters + 1,
					       sizeof(*snapshot->counters));
	for (unsigned int i = 0; snapshot->counters && i < layout->num_counters; i++) {
		struct snap_counter *counter = &snapshot->counters[snapshot->num_counters];

		if (value_number(&builder->walk.values, &layout->counters[i].field,
				 layout->counters[i].symbol + builder->walk.values.slide,
				 &counter->value) != CACHE_OK) {
			walk_cut(&builder->walk, "counter %s cannot be read",
				 layout->counters[i].name);
			continue;
		}
		counter->name = arena_strndup(builder->arena, layout->counters[i].name, 80) ?: "";
		snapshot->num_counters++;
	}
	return snapshot->counters != NULL;
}

/* Lists whose nodes the target counts, too. */
static bool build_lists(struct builder *builder)
{
	const struct walk *walk = &builder->walk;
	const struct layout *layout = walk->values.layout;
	struct snapshot *snapshot = builder->snapshot;

	snapshot->lists =
		arena_alloc_array(builder->arena, layout->num_lists + 1, sizeof(*snapshot->lists));
	for (unsigned int i = 0; snapshot->lists && i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];
		struct snap_list *to = &snapshot->lists[snapshot->num_lists];

		if (!list->present || !list->has_length ||
		    value_number(&walk->values, &list->length,
				 list->length_symbol + walk->values.slide,
				 &to->counted) != CACHE_OK)
			continue;
		to->id = list->symbol + walk->values.slide;
		to->name = arena_strndup(builder->arena, list->label, 80) ?: "";
		for (uint32_t n = 0; n < walk->num_listed; n++)
			to->nodes += walk->listed[n].list == list;
		snapshot->num_lists++;
	}
	return snapshot->lists != NULL;
}

static bool build_all(struct builder *builder)
{
	return build_contexts(builder) && build_areas(builder) && list_areas(builder) &&
	       build_fobjs(builder) && build_pmems(builder) && build_resident(builder) &&
	       build_files(builder) && build_counters(builder) && build_lists(builder) &&
	       enter_areas_and_slices(builder) && enter_others(builder) &&
	       enter_held_lists(builder) &&
	       ledger_fill(builder->snapshot, builder->entries, builder->num_entries);
}

static void fill_capture(const struct collector *collector, struct builder *builder,
			 const struct guard *guard)
{
	struct snapshot *snapshot = builder->snapshot;
	struct capture *capture = &snapshot->capture;
	struct dwarf_info *dwarf = collector->layout->dwarf;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	capture->elf = arena_strndup(builder->arena, dwarf_info_path(dwarf), 4096) ?: "";
	capture->build_id = arena_strndup(builder->arena, dwarf_info_build_id(dwarf), 128) ?: "";
	capture->profile =
		arena_strndup(builder->arena, collector->layout->profile->name, 64) ?: "";
	capture->source = "";
	capture->why = "";
	capture->slide = collector->slide;
	capture->time = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
	capture->packets = collector->memory->stats.packets;
	capture->bytes = collector->memory->stats.bytes;
	capture->has_generation = guard->has_generation;
	capture->generation = guard->generation;
	snapshot->cut = builder->walk.cut;
	snapshot->num_cut = builder->walk.num_cut;
	capture->consistency = CONSISTENCY_EXACT;
	if (snapshot->num_cut) {
		capture->consistency = CONSISTENCY_PARTIAL;
		capture->why = snapshot->cut[0];
	}
}

static bool adds_up(const struct snapshot *snapshot)
{
	bool all = true;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		all = all && !snapshot->fobjs[i].surplus;
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		all = all && !snapshot->files[i].surplus;
	return all;
}

static bool scan_fill_in(struct collector *collector, struct builder *builder)
{
	return scan_fill(collector->scan, &builder->walk, builder->snapshot) ||
	       error_set(builder->error, EXIT_PARTIAL, "out of memory");
}

/* While the cache is held the scan's ranges have to be in the copy, too. */
static bool scan_for_pointers(struct collector *collector, struct builder *builder)
{
	bool wanted = collector->scan && collector->when != COLLECT_NO_SCAN &&
		      (collector->when == COLLECT_SCAN || !adds_up(builder->snapshot));
	bool has = collector->with_scan;

	collector->with_scan = wanted;
	if (!wanted)
		return true;
	if (cache_is_held(collector->cache))
		return has && scan_fill_in(collector, builder);
	return scan_read(collector->scan, collector->sp, builder->error) &&
	       scan_fill_in(collector, builder);
}

/* What every table maps, where a look at everything is wanted. */
static bool look_through_tables(struct collector *collector, struct builder *builder)
{
	const struct cache *cache = collector->cache;

	if (collector->when != COLLECT_SCAN)
		return true;
	do
		leaves_want(&builder->walk);
	while (fetch_more(builder));
	if (builder->error->status != EXIT_CLEAN || (cache_is_held(cache) && cache_wants(cache)))
		return false;
	return leaves_fill(&builder->walk, builder->snapshot) ||
	       error_set(builder->error, EXIT_PARTIAL, "out of memory");
}

/* From what is in the cache; while that is held, it may turn out to lack something. */
static bool build(struct collector *collector, struct builder *builder, struct guard *guard)
{
	const struct cache *cache = collector->cache;
	bool held = cache_is_held(cache);

	if (!walk_run(&builder->walk, builder->deadline, builder->error))
		return false;
	do {
		touch_fields(builder);
		guard_from_cache(collector, &builder->walk.values, guard);
	} while (fetch_more(builder));
	if (builder->error->status != EXIT_CLEAN || (held && cache_wants(cache)))
		return false;
	if (!build_all(builder))
		return error_set(builder->error, EXIT_PARTIAL, "out of memory");
	name_types(builder->snapshot);
	build_tables(builder);
	return builder->error->status == EXIT_CLEAN && !(held && cache_wants(cache)) &&
	       look_through_tables(collector, builder) && scan_for_pointers(collector, builder);
}

static struct snapshot *make(struct collector *collector, double timeout_s, struct guard *guard,
			     struct error *error)
{
	struct values values = {collector->layout, collector->cache, collector->slide};
	struct arena *arena = arena_create();
	struct builder builder = {.arena = arena, .error = error};
	bool ok = false;

	cache_begin_walk(collector->cache);
	if (arena)
		builder.snapshot = arena_alloc(arena, sizeof(*builder.snapshot));
	if (!builder.snapshot || !walk_init(&builder.walk, &values, arena)) {
		error_set(error, EXIT_PARTIAL, "out of memory");
	} else {
		builder.snapshot->arena = arena;
		builder.deadline = walk_clock() + timeout_s;
		ok = build(collector, &builder, guard);
		if (ok)
			fill_capture(collector, &builder, guard);
	}
	walk_deinit(&builder.walk);
	free(builder.entries);
	if (ok)
		return builder.snapshot;
	arena_destroy(arena);
	return NULL;
}

static void begin_reading(struct collector *collector)
{
	if (!collector->copied)
		memory_stats_reset(collector->memory);
}

struct snapshot *collector_take(struct collector *collector, double timeout_s, struct guard *guard,
				struct error *error)
{
	struct snapshot *snapshot;

	begin_reading(collector);
	if (!cache_renew(collector->cache, collector->copied, error))
		return NULL;
	snapshot = make(collector, timeout_s, guard, error);
	collector->copied = false;
	return snapshot;
}

bool collector_prepare(struct collector *collector, struct error *error)
{
	begin_reading(collector);
	collector->with_scan = collector->scan &&
			       (collector->when == COLLECT_SCAN ||
				(collector->when == COLLECT_SCAN_SUSPECTS && collector->with_scan));
	return cache_prepare(collector->cache, collector->copied, error);
}

bool collector_copy(struct collector *collector, struct error *error)
{
	return cache_copy(collector->cache, error) &&
	       (!collector->with_scan || scan_read(collector->scan, collector->sp, error));
}

bool collector_copy_again(struct collector *collector, struct error *error)
{
	return cache_copy_again(collector->cache, error);
}

bool collector_copies_agree(const struct collector *collector)
{
	return cache_copies_agree(collector->cache);
}

void collector_settle(struct collector *collector)
{
	cache_settle(collector->cache);
	collector->copied = true;
}

bool collector_is_whole(const struct collector *collector)
{
	return !cache_wants(collector->cache);
}

struct snapshot *collector_build(struct collector *collector, double timeout_s, struct guard *guard,
				 struct error *error)
{
	struct snapshot *snapshot;

	cache_hold(collector->cache, true);
	snapshot = make(collector, timeout_s, guard, error);
	cache_hold(collector->cache, false);
	if (snapshot)
		collector->copied = false;
	return snapshot;
}
