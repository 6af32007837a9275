/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and their slices, and who holds which reference: what the ledger counts against.
 */
#include "collect_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
	file->tag = builder_text(builder, OBJECT_FILE, found, ROLE_TAG);
	builder_number(builder, OBJECT_FILE, found, ROLE_REFCOUNT, &refcount);
	file->refcount = (int64_t)refcount;
}

static void build_slice(struct builder *builder, const struct found *found,
			struct snap_slice *slice)
{
	uint64_t fobj = 0;
	uint32_t index;

	slice->id = found->addr;
	slice->page_offset = builder_number32(builder, OBJECT_SLICE, found, ROLE_PAGE_OFFSET);
	builder_number(builder, OBJECT_SLICE, found, ROLE_FOBJ, &fobj);
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

bool builder_files(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t count = builder->walk.num_objects[OBJECT_FILE];
	struct by_addr *order = builder_by_address(builder, OBJECT_FILE);

	builder->file_of = builder_index(builder, count);
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

/* The instance's own word: "A" of "A greeter". */
static const char *context_word(struct builder *builder, uint32_t context)
{
	const char *name = context == NONE ? "?" : builder->snapshot->contexts[context].name;

	return arena_strndup(builder->arena, name, strcspn(name, " ")) ?: "";
}

/* "A.text"; where areas have no names, "A 0x400000": the place tells it from others. */
static const char *area_label(struct builder *builder, const struct snap_area *area)
{
	const char *context = context_word(builder, area->context);

	if (area->name[0])
		return arena_printf(builder->arena, "%s.%s", context, area->name);
	return arena_printf(builder->arena, "%s 0x%" PRIx64, context, area->base);
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

static uint32_t target_of(struct builder *builder, unsigned int class, const struct found *found,
			  enum role role, unsigned int target, const uint32_t *map)
{
	uint64_t addr = 0;
	uint32_t index;

	if (!builder_number(builder, class, found, role, &addr) || addr == 0)
		return NONE;
	index = walk_find(&builder->walk, target, addr);
	return index == UINT32_MAX ? NONE : map[index];
}

/* Which context lists each of the holders that the profile describes; of several the first. */
static bool find_contexts(struct builder *builder)
{
	const struct walk *walk = &builder->walk;

	for (unsigned int class = OBJECT_HOLDER; class < walk->values.layout->num_objects;
	     class ++) {
		builder->listed_by[class] = builder_index(builder, walk->num_objects[class]);
		if (!builder->listed_by[class])
			return false;
	}
	for (uint32_t i = 0; i < walk->num_listed; i++) {
		const struct listed *listed = &walk->listed[i];
		uint32_t context, *first;

		if (!listed->list->is_owned || listed->list->in != OBJECT_CONTEXT ||
		    listed->list->of < OBJECT_HOLDER)
			continue;
		context = builder->context_of[listed->owner];
		first = &builder->listed_by[listed->list->of][listed->object];
		*first = context < *first ? context : *first;
	}
	return true;
}

/* What it is and its name; one without a name goes by its context's. */
static const char *holder_label(struct builder *builder, unsigned int class, uint32_t object)
{
	const struct found *found = &builder->walk.objects[class][object];
	const char *kind = builder_text(builder, class, found, ROLE_KIND);
	const char *name = builder_text(builder, class, found, ROLE_NAME);
	uint32_t context = builder->listed_by[class][object];

	if (!name[0] && context != NONE)
		name = context_word(builder, context);
	return arena_printf(builder->arena, "%s%s%s", kind, kind[0] && name[0] ? " " : "", name);
}

/* One holder that the profile describes; it may hold a fobj, a file, or both. */
static bool enter_other(struct builder *builder, unsigned int class, uint32_t object)
{
	const struct found *found = &builder->walk.objects[class][object];
	const char *what =
		arena_strndup(builder->arena, builder->walk.values.layout->objects[class].name, 64)
			?: "";
	const char *label = holder_label(builder, class, object);

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
	bool ok = find_contexts(builder);

	for (unsigned int class = OBJECT_HOLDER; ok && class < walk->values.layout->num_objects;
	     class ++) {
		order = builder_by_address(builder, class);
		ok = order != NULL;
		for (uint32_t i = 0; ok && i < walk->num_objects[class]; i++)
			ok = enter_other(builder, class, order[i].object);
	}
	order = builder_by_address(builder, OBJECT_FOBJ);
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

bool builder_holders(struct builder *builder)
{
	return enter_areas_and_slices(builder) && enter_others(builder) &&
	       enter_held_lists(builder);
}
