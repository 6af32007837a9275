/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the members of what the walk found, and putting the parts of a snapshot together.
 */
#include "collect_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is not there for reading is no zero: one sentence an object. */
static void tell_unread(struct builder *builder, unsigned int class, const struct found *object,
			enum role role)
{
	const struct values *values = &builder->walk.values;

	if (builder->told == object->addr ||
	    value_is_nowhere(values, walk_field(&builder->walk, class, object, role), object->addr))
		return;
	builder->told = object->addr;
	walk_cut(&builder->walk, "%s 0x%" PRIx64 ": its %s cannot be read",
		 values->layout->objects[class].name, object->addr, role_key(role));
}

bool builder_number(struct builder *builder, unsigned int class, const struct found *object,
		    enum role role, uint64_t *number)
{
	const struct layout_field *field = walk_field(&builder->walk, class, object, role);
	const struct layout_set *set = walk_set(object, role);
	enum cache_answer answer;

	*number = set ? set->number : 0;
	if (set || !field->present)
		return set != NULL;
	answer = value_number(&builder->walk.values, field, object->addr, number);
	if (answer == CACHE_BAD)
		tell_unread(builder, class, object, role);
	return answer == CACHE_OK;
}

const char *builder_text(struct builder *builder, unsigned int class, const struct found *object,
			 enum role role)
{
	const struct layout_field *field = walk_field(&builder->walk, class, object, role);
	const struct layout_set *set = walk_set(object, role);
	char text[VALUE_TEXT_MAX];
	enum cache_answer answer;

	if (set && set->text)
		return arena_strndup(builder->arena, set->text, VALUE_TEXT_MAX) ?: "";
	if (!field->present)
		return "";
	answer = value_text(&builder->walk.values, field, object->addr, text);
	if (answer == CACHE_BAD)
		tell_unread(builder, class, object, role);
	return answer == CACHE_OK ? arena_strndup(builder->arena, text, sizeof(text)) ?: "" : "";
}

static uint64_t number_up_to(struct builder *builder, unsigned int class,
			     const struct found *object, enum role role, uint64_t most)
{
	uint64_t number;

	if (!builder_number(builder, class, object, role, &number) || number <= most)
		return number;
	walk_cut(&builder->walk, "%s 0x%" PRIx64 ": its %s cannot be 0x%" PRIx64,
		 builder->walk.values.layout->objects[class].name, object->addr, role_key(role),
		 number);
	return 0;
}

uint32_t builder_number32(struct builder *builder, unsigned int class, const struct found *object,
			  enum role role)
{
	return (uint32_t)number_up_to(builder, class, object, role, NONE - 1);
}

uint64_t builder_count(struct builder *builder, unsigned int class, const struct found *object,
		       enum role role)
{
	return number_up_to(builder, class, object, role, MOST_COUNTED);
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

/* A number of the target's own, by its NAME. False: it cannot be read, or cannot be; that is told.
 */
static bool read_count(struct builder *builder, const struct layout_field *field, uint64_t symbol,
		       const char *name, uint64_t *count)
{
	const struct values *values = &builder->walk.values;
	uint64_t base = symbol + values->slide;

	if (value_number(values, field, base, count) != CACHE_OK) {
		walk_cut(&builder->walk, "counter %s cannot be read", name);
		return false;
	}
	if (*count > MOST_COUNTED)
		walk_cut(&builder->walk, "counter %s cannot be 0x%" PRIx64, name, *count);
	return *count <= MOST_COUNTED;
}

static bool build_counters(struct builder *builder)
{
	const struct layout *layout = builder->walk.values.layout;
	struct snapshot *snapshot = builder->snapshot;

	snapshot->counters = arena_alloc_array(builder->arena, layout->num_counters + 1,
					       sizeof(*snapshot->counters));
	for (unsigned int i = 0; snapshot->counters && i < layout->num_counters; i++) {
		const struct layout_counter *from = &layout->counters[i];
		struct snap_counter *counter = &snapshot->counters[snapshot->num_counters];

		if (!read_count(builder, &from->field, from->symbol, from->name, &counter->value))
			continue;
		counter->name = arena_strndup(builder->arena, from->name, 80) ?: "";
		counter->is_level = from->is_level;
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
		    !read_count(builder, &list->length, list->length_symbol, list->label,
				&to->counted))
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
