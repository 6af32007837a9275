/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each kind of object gets an array of (address, index) sorted by address; pages get one sorted by
 * (fobj, page). With 10,000 of each that is some milliseconds once per snapshot, and logarithmic
 * for whoever asks while drawing. Indices in a snapshot are checked here, once: a snapshot read
 * from a file is no more trusted than the target, so views see an index out of range as NONE.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"

static uint64_t last_serial; /* the screen has one thread */

struct entry {
	uint64_t key;
	uint32_t sub;
	uint32_t index;
};

struct table {
	struct entry *entries;
	uint32_t count;
};

struct scene_index {
	struct table by_id[NUM_OBJECT_KINDS];
	struct table pages;
	struct table space_rows; /* area index -> row */
	struct table slices;     /* address of a slice -> index of its file */
	uint32_t *context_rows;
};

static int entry_compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static void table_sort(struct table *table)
{
	for (uint32_t i = 1; i < table->count; i++) {
		if (entry_compare(&table->entries[i - 1], &table->entries[i]) > 0) {
			qsort(table->entries, table->count, sizeof(struct entry), entry_compare);
			return;
		}
	}
}

static uint32_t table_find(const struct table *table, uint64_t key, uint32_t sub)
{
	struct entry wanted = {.key = key, .sub = sub};
	const struct entry *found;

	if (!table->count)
		return NONE;
	found = bsearch(&wanted, table->entries, table->count, sizeof(wanted), entry_compare);
	return found ? found->index : NONE;
}

static bool table_reserve(struct table *table, uint32_t count)
{
	table->count = 0;
	table->entries = calloc(count ? count : 1, sizeof(struct entry));
	return table->entries != NULL;
}

static void table_add(struct table *table, uint64_t key, uint32_t sub, uint32_t index)
{
	table->entries[table->count++] = (struct entry){key, sub, index};
}

static uint32_t kind_count(const struct snapshot *snapshot, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_CONTEXT:
		return snapshot->num_contexts;
	case OBJECT_AREA:
		return snapshot->num_areas;
	case OBJECT_FOBJ:
		return snapshot->num_fobjs;
	case OBJECT_PMEM:
		return snapshot->num_pmems;
	case OBJECT_FILE:
		return snapshot->num_files;
	default:
		return 0;
	}
}

static uint64_t kind_id(const struct snapshot *snapshot, enum object_kind kind, uint32_t index)
{
	switch (kind) {
	case OBJECT_CONTEXT:
		return snapshot->contexts[index].id;
	case OBJECT_AREA:
		return snapshot->areas[index].id;
	case OBJECT_FOBJ:
		return snapshot->fobjs[index].id;
	case OBJECT_PMEM:
		return snapshot->pmems[index].id;
	default:
		return snapshot->files[index].id;
	}
}

static bool index_ids(struct table *table, const struct snapshot *snapshot, enum object_kind kind)
{
	uint32_t count = kind_count(snapshot, kind);

	if (!table_reserve(table, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		table_add(table, kind_id(snapshot, kind, i), 0, i);
	table_sort(table);
	return true;
}

static bool index_pages(struct table *table, const struct snapshot *snapshot)
{
	if (!table_reserve(table, snapshot->num_pmems))
		return false;
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];

		if (pmem->fobj != NONE)
			table_add(table, pmem->fobj, pmem->page, i);
	}
	table_sort(table);
	return true;
}

static bool index_spaces(struct scene *scene)
{
	const struct snapshot *snapshot = scene->snapshot;
	size_t rows = snapshot->num_contexts;

	for (uint32_t i = 0; i < snapshot->num_contexts; i++)
		rows += snapshot->contexts[i].num_areas;
	scene->spaces = calloc(rows ? rows : 1, sizeof(*scene->spaces));
	scene->index->context_rows = calloc(rows ? rows : 1, sizeof(uint32_t));
	if (!scene->spaces || !scene->index->context_rows || rows > UINT32_MAX ||
	    !table_reserve(&scene->index->space_rows, (uint32_t)rows))
		return false;
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const struct snap_context *context = &snapshot->contexts[i];

		scene->index->context_rows[i] = scene->num_spaces;
		scene->spaces[scene->num_spaces++] = (struct space_row){i, NONE};
		for (uint32_t j = 0; j < context->num_areas; j++) {
			if (context->areas[j] >= snapshot->num_areas)
				continue;
			table_add(&scene->index->space_rows, context->areas[j], 0,
				  scene->num_spaces);
			scene->spaces[scene->num_spaces++] =
				(struct space_row){i, context->areas[j]};
		}
	}
	table_sort(&scene->index->space_rows);
	return true;
}

static bool index_slices(struct table *table, const struct snapshot *snapshot)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < snapshot->num_files; i++)
		count += snapshot->files[i].num_slices;
	if (!table_reserve(table, count))
		return false;
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		for (uint32_t j = 0; j < snapshot->files[i].num_slices; j++)
			table_add(table, snapshot->files[i].slices[j].id, 0, i);
	table_sort(table);
	return true;
}

static bool order_by_pa(struct scene *scene)
{
	struct table table;
	uint32_t count = scene->snapshot->num_pmems;

	scene->by_pa = calloc(count ? count : 1, sizeof(*scene->by_pa));
	if (!scene->by_pa || !table_reserve(&table, count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		table_add(&table, scene->snapshot->pmems[i].pa, i, i);
	table_sort(&table);
	for (uint32_t i = 0; i < count; i++)
		scene->by_pa[i] = table.entries[i].index;
	free(table.entries);
	return true;
}

static void count_pool(struct scene *scene)
{
	struct pool_counts *pool = &scene->pool;

	for (uint32_t i = 0; i < scene->snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &scene->snapshot->pmems[i];

		pool->total++;
		pool->shared += pmem->num_owners > 1;
		if (pmem->state == PMEM_STATE_FREE)
			pool->free++;
		else if (pmem->state == PMEM_STATE_LOCKED)
			pool->locked++;
		else if (pmem->hidden)
			pool->hidden++;
		else if (pmem->state == PMEM_STATE_DIRTY)
			pool->dirty++;
		else
			pool->clean++;
	}
}

/* An object of another snapshot by its address, for comparing what indices mean. */
static uint64_t fobj_id(const struct snapshot *snapshot, uint32_t index)
{
	return index < snapshot->num_fobjs ? snapshot->fobjs[index].id : 0;
}

static bool pmem_same(const struct snapshot *a, const struct snap_pmem *x, const struct snapshot *b,
		      const struct snap_pmem *y)
{
	if (x->state != y->state || x->hidden != y->hidden || x->page != y->page ||
	    x->num_owners != y->num_owners || fobj_id(a, x->fobj) != fobj_id(b, y->fobj))
		return false;
	for (uint32_t i = 0; i < x->num_owners; i++)
		if (x->owners[i].va != y->owners[i].va || x->owners[i].pte != y->owners[i].pte)
			return false;
	return true;
}

static bool fobj_same(const struct snap_fobj *x, const struct snap_fobj *y)
{
	return x->refcount == y->refcount && x->num_holders == y->num_holders &&
	       x->num_resident == y->num_resident && x->evictions == y->evictions &&
	       x->pages == y->pages &&
	       (!x->num_resident ||
		!memcmp(x->resident, y->resident, x->num_resident * sizeof(x->resident[0])));
}

static bool object_same(const struct snapshot *a, uint32_t i, const struct snapshot *b, uint32_t j,
			enum object_kind kind)
{
	switch (kind) {
	case OBJECT_CONTEXT:
		return !strcmp(a->contexts[i].state, b->contexts[j].state) &&
		       a->contexts[i].num_areas == b->contexts[j].num_areas &&
		       a->contexts[i].faults == b->contexts[j].faults;
	case OBJECT_AREA:
		return a->areas[i].base == b->areas[j].base &&
		       a->areas[i].pages == b->areas[j].pages &&
		       a->areas[i].prot == b->areas[j].prot &&
		       fobj_id(a, a->areas[i].fobj) == fobj_id(b, b->areas[j].fobj);
	case OBJECT_FOBJ:
		return fobj_same(&a->fobjs[i], &b->fobjs[j]);
	case OBJECT_PMEM:
		return pmem_same(a, &a->pmems[i], b, &b->pmems[j]);
	default:
		return a->files[i].refcount == b->files[j].refcount &&
		       a->files[i].num_slices == b->files[j].num_slices;
	}
}

static bool compare_kind(struct scene *scene, const struct snapshot *before, enum object_kind kind)
{
	uint32_t count = kind_count(scene->snapshot, kind), kept = 0;
	struct table old = {NULL, 0};

	scene->changes[kind] = calloc(count ? count : 1, 1);
	if (!scene->changes[kind] || !index_ids(&old, before, kind))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = table_find(&old, kind_id(scene->snapshot, kind, i), 0);

		kept += j != NONE;
		if (j == NONE)
			scene->changes[kind][i] = CHANGE_NEW;
		else if (!object_same(scene->snapshot, i, before, j, kind))
			scene->changes[kind][i] = CHANGE_MODIFIED;
		scene->changed.added += scene->changes[kind][i] == CHANGE_NEW;
		scene->changed.modified += scene->changes[kind][i] == CHANGE_MODIFIED;
	}
	scene->changed.gone += old.count > kept ? old.count - kept : 0;
	free(old.entries);
	return true;
}

struct scene *scene_create(const struct snapshot *snapshot, const struct snapshot *before)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return NULL;
	scene->snapshot = snapshot;
	scene->serial = ++last_serial;
	scene->index = calloc(1, sizeof(*scene->index));
	if (!scene->index || !index_spaces(scene) || !order_by_pa(scene) ||
	    !index_pages(&scene->index->pages, snapshot) ||
	    !index_slices(&scene->index->slices, snapshot))
		goto err;
	for (int kind = OBJECT_CONTEXT; kind <= OBJECT_FILE; kind++) {
		if (!index_ids(&scene->index->by_id[kind], snapshot, (enum object_kind)kind))
			goto err;
		if (before && !compare_kind(scene, before, (enum object_kind)kind))
			goto err;
	}
	count_pool(scene);
	return scene;
err:
	scene_destroy(scene);
	return NULL;
}

void scene_destroy(struct scene *scene)
{
	if (!scene)
		return;
	for (int kind = 0; kind < NUM_OBJECT_KINDS; kind++) {
		free(scene->changes[kind]);
		if (scene->index)
			free(scene->index->by_id[kind].entries);
	}
	if (scene->index) {
		free(scene->index->pages.entries);
		free(scene->index->space_rows.entries);
		free(scene->index->slices.entries);
		free(scene->index->context_rows);
	}
	free(scene->index);
	free(scene->spaces);
	free(scene->by_pa);
	free(scene);
}

/* Of the object that has the address. */
static enum object_kind kind_of(struct ref ref)
{
	return ref.kind == OBJECT_SLICE    ? OBJECT_FILE
	       : ref.kind == OBJECT_ABSENT ? OBJECT_FOBJ
					   : ref.kind;
}

uint32_t scene_find(const struct scene *scene, struct ref ref)
{
	return table_find(&scene->index->by_id[kind_of(ref)], ref.id, 0);
}

struct ref scene_ref(const struct scene *scene, enum object_kind kind, uint32_t index)
{
	if (index >= kind_count(scene->snapshot, kind))
		return REF_NONE;
	return (struct ref){kind, kind_id(scene->snapshot, kind, index), 0};
}

struct ref scene_object_at(const struct scene *scene, uint64_t id)
{
	for (int kind = OBJECT_CONTEXT; kind <= OBJECT_FILE; kind++) {
		struct ref ref = {(enum object_kind)kind, id, 0};

		if (id && scene_find(scene, ref) != NONE)
			return ref;
	}
	return REF_NONE;
}

static int event_compare(const void *key, const void *element)
{
	uint64_t seq = *(const uint64_t *)key, other = ((const struct snap_event *)element)->seq;

	return seq < other ? -1 : seq > other;
}

struct ref scene_event_object(const struct scene *scene, struct ref ref)
{
	const struct snap_event *event;
	uint32_t page;

	if (ref.kind != OBJECT_EVENT || !scene || !scene->events)
		return ref;
	event = bsearch(&ref.id, scene->events->events, scene->events->count, sizeof(*event),
			event_compare);
	ref = event ? scene_object_at(scene, event->object) : REF_NONE;
	if (ref.kind != OBJECT_FOBJ || event->page == NO_EVENT_PAGE)
		return ref;
	page = scene_page(scene, scene_find(scene, ref), (uint32_t)event->page);
	return page != NONE ? scene_ref(scene, OBJECT_PMEM, page)
			    : (struct ref){OBJECT_ABSENT, ref.id, (uint32_t)event->page};
}

uint32_t scene_first_page(const struct scene *scene, struct ref ref, uint32_t *fobj)
{
	const struct snapshot *snapshot = scene->snapshot;
	uint32_t index = scene_find(scene, ref), first = 0, pages = UINT32_MAX;

	*fobj = NONE;
	if (index == NONE)
		return NONE;
	if (ref.kind == OBJECT_PMEM)
		return index;
	if (ref.kind == OBJECT_AREA) {
		*fobj = snapshot->areas[index].fobj;
		first = snapshot->areas[index].fobj_page;
		pages = snapshot->areas[index].pages;
	} else if (ref.kind == OBJECT_SLICE && ref.sub < snapshot->files[index].num_slices) {
		*fobj = snapshot->files[index].slices[ref.sub].fobj;
	} else if (ref.kind == OBJECT_FOBJ) {
		*fobj = index;
	} else if (ref.kind == OBJECT_ABSENT) {
		*fobj = index; /* it may have come in since */
		return scene_page(scene, index, ref.sub);
	}
	for (uint32_t i = 0; *fobj < snapshot->num_fobjs && i < snapshot->fobjs[*fobj].num_resident;
	     i++) {
		uint32_t page = snapshot->fobjs[*fobj].resident[i];

		if (page >= first && page - first < pages)
			return scene_page(scene, *fobj, page);
	}
	return NONE;
}

uint32_t scene_page(const struct scene *scene, uint32_t fobj, uint32_t page)
{
	return fobj == NONE ? NONE : table_find(&scene->index->pages, fobj, page);
}

uint32_t scene_space_row(const struct scene *scene, struct ref ref)
{
	uint32_t index = scene_find(scene, ref);

	if (index == NONE)
		return NONE;
	if (ref.kind == OBJECT_CONTEXT)
		return scene->index->context_rows[index];
	return ref.kind == OBJECT_AREA ? table_find(&scene->index->space_rows, index, 0) : NONE;
}

struct ref scene_holder_ref(const struct scene *scene, const struct snap_holder *holder)
{
	struct ref ref;

	for (int kind = OBJECT_CONTEXT; kind <= OBJECT_FILE; kind++) {
		ref = (struct ref){(enum object_kind)kind, holder->id, 0};
		if (holder->id && scene_find(scene, ref) != NONE)
			return ref;
	}
	if (holder->id)
		return scene_ref(scene, OBJECT_FILE,
				 table_find(&scene->index->slices, holder->id, 0));
	return REF_NONE;
}

enum change scene_change(const struct scene *scene, struct ref ref)
{
	uint32_t index = scene_find(scene, ref);

	if (index == NONE || ref.kind == OBJECT_ABSENT || !scene->changes[kind_of(ref)])
		return CHANGE_NONE;
	return (enum change)scene->changes[kind_of(ref)][index];
}

const struct snap_owner *scene_owner(const struct scene *scene, uint32_t area, uint32_t pmem)
{
	const struct snap_pmem *page;

	if (pmem == NONE)
		return NULL;
	page = &scene->snapshot->pmems[pmem];
	for (uint32_t i = 0; i < page->num_owners; i++)
		if (page->owners[i].area == area)
			return &page->owners[i];
	return NULL;
}

static void add_name(struct text *text, const char *name, const char *kind, uint64_t id)
{
	if (*name)
		text_add(text, "%.100s", name);
	else
		text_add(text, "%s 0x%llx", kind, (unsigned long long)id);
}

void scene_add_context(const struct scene *scene, uint32_t context, struct text *text)
{
	if (context < scene->snapshot->num_contexts)
		add_name(text, scene->snapshot->contexts[context].name, "context",
			 scene->snapshot->contexts[context].id);
	else
		text_add(text, "no context");
}

void scene_add_fobj(const struct scene *scene, uint32_t fobj, struct text *text)
{
	if (fobj < scene->snapshot->num_fobjs)
		add_name(text, scene->snapshot->fobjs[fobj].name, "fobj",
			 scene->snapshot->fobjs[fobj].id);
	else
		text_add(text, "no fobj");
}

void scene_add_area(const struct scene *scene, uint32_t area, struct text *text)
{
	const struct snap_area *found;

	if (area >= scene->snapshot->num_areas) {
		text_add(text, "no area");
		return;
	}
	found = &scene->snapshot->areas[area];
	if (!*found->name && found->fobj < scene->snapshot->num_fobjs &&
	    *scene->snapshot->fobjs[found->fobj].name)
		scene_add_fobj(scene, found->fobj, text);
	else
		add_name(text, found->name, "area", found->id);
}

void scene_add_ref(const struct scene *scene, struct ref ref, struct text *text)
{
	uint32_t index = scene_find(scene, ref);
	const char *name = "";

	if (ref.kind == OBJECT_NONE)
		return;
	if (index != NONE && ref.kind == OBJECT_CONTEXT)
		name = scene->snapshot->contexts[index].name;
	else if (index != NONE && ref.kind == OBJECT_FOBJ)
		name = scene->snapshot->fobjs[index].name;
	else if (index != NONE && ref.kind == OBJECT_AREA)
		name = scene->snapshot->areas[index].name;
	if (index != NONE && ref.kind == OBJECT_PMEM && scene->snapshot->pmems[index].pa_known)
		text_add(text, "page 0x%llx", (unsigned long long)scene->snapshot->pmems[index].pa);
	else if (index != NONE && (ref.kind == OBJECT_FILE || ref.kind == OBJECT_SLICE))
		text_add(text, "file %.12s",
			 scene->snapshot->files[index].unlisted
				 ? "freed"
				 : scene->snapshot->files[index].tag);
	else if (index != NONE && ref.kind == OBJECT_ABSENT)
		text_add(text, "%.100s[%u]", scene->snapshot->fobjs[index].name, ref.sub);
	else if (*name)
		text_add(text, "%s %.100s", object_kind_name(ref.kind), name);
	else
		text_add(text, "%s 0x%llx", object_kind_name(ref.kind), (unsigned long long)ref.id);
}

const char *object_kind_name(enum object_kind kind)
{
	static const char *const names[NUM_OBJECT_KINDS] = {
		"", "context", "area", "fobj", "page", "file", "slice", "event", "row", "page"};

	return names[kind];
}
