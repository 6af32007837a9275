/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the members of what the walk found, and putting the parts of a snapshot together.
 */
#include "collect_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool builder_number(const struct builder *builder, unsigned int class, const struct found *object,
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

const char *builder_text(const struct builder *builder, unsigned int class,
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

uint32_t builder_number32(struct builder *builder, unsigned int class, const struct found *object,
			  enum role role)
{
	uint64_t number;

	if (!builder_number(builder, class, object, role, &number)) {
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

void builder_touch_fields(const struct builder *builder)
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

bool builder_fetch(struct builder *builder)
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

uint32_t *builder_index(struct builder *builder, uint32_t count)
{
	uint32_t *array = arena_alloc_array(builder->arena, count + 1, sizeof(*array));

	for (uint32_t i = 0; array && i <= count; i++)
		array[i] = NONE;
	return array;
}

static int compare_addr(const void *a, const void *b)
{
	const struct by_addr *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct by_addr *builder_by_address(struct builder *builder, unsigned int class)
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
		counter->is_level = layout->counters[i].is_level;
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

bool builder_objects(struct builder *builder)
{
	return builder_contexts(builder) && builder_areas(builder) && builder_fobjs(builder) &&
	       builder_pages(builder) && builder_files(builder) && build_counters(builder) &&
	       build_lists(builder) && builder_holders(builder) &&
	       ledger_fill(builder->snapshot, builder->entries, builder->num_entries);
}
