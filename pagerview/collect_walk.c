/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breadth first, all lists at once: each list has a cursor that goes on until it needs bytes that
 * are not here yet; when no cursor can go on, everything they wait for is fetched in one burst. So
 * the rounds are the longest chain of unknown pointers, not the number of nodes.
 */
#include "collect_walk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_NODES 100000u /* of one list */
#define MAX_PARTS 4096u   /* elements of an array that an object has */
#define MAX_TOTAL 250000u /* nodes and objects of one walk */
#define MAX_CUT   64u     /* sentences kept */

/* ---- a map of (address, tag) to a number ---- */

struct map_entry {
	uint64_t addr;
	uint32_t tag, value;
	bool taken;
};
struct map {
	struct map_entry *entries;
	size_t size, count;
};

static struct map_entry *map_slot(const struct map *map, uint64_t addr, uint32_t tag)
{
	/* Thousands of lists may share a node: the tag has to reach the bits that count, too. */
	uint64_t hash = (addr ^ tag * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);
	size_t slot = (size_t)(hash >> 32) & (map->size - 1);

	while (map->entries[slot].taken &&
	       (map->entries[slot].addr != addr || map->entries[slot].tag != tag))
		slot = (slot + 1) & (map->size - 1);
	return &map->entries[slot];
}

static bool map_grow(struct map *map)
{
	struct map old = *map;

	map->size = old.size ? old.size * 2 : 1024;
	map->entries = calloc(map->size, sizeof(*map->entries));
	if (!map->entries) {
		*map = old;
		return false;
	}
	for (size_t i = 0; i < old.size; i++) {
		if (old.entries[i].taken)
			*map_slot(map, old.entries[i].addr, old.entries[i].tag) = old.entries[i];
	}
	free(old.entries);
	return true;
}

/* False: out of memory. *NEW: it was not there. */
static bool map_add(struct map *map, uint64_t addr, uint32_t tag, uint32_t value, bool *new)
{
	struct map_entry *entry;

	if ((map->count + 1) * 2 > map->size && !map_grow(map))
		return false;
	entry = map_slot(map, addr, tag);
	*new = !entry->taken;
	if (*new) {
		*entry = (struct map_entry){addr, tag, value, true};
		map->count++;
	}
	return true;
}

/* Tags: classes for objects, and beyond them one for the nodes of each cursor. */
#define CURSOR_TAG 64u

/* ---- growing arrays ---- */

static bool grow(void **array, uint32_t count, uint32_t *max, size_t size)
{
	uint32_t more = *max ? *max * 2 : 64;
	void *bigger;

	if (count < *max)
		return true;
	bigger = realloc(*array, more * size);
	if (!bigger)
		return false;
	*array = bigger;
	*max = more;
	return true;
}

double walk_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void walk_cut(struct walk *walk, const char *format, ...)
{
	char text[200];
	va_list args;

	if (walk->num_cut >= MAX_CUT || !walk->cut)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (walk->num_cut == MAX_CUT - 1)
		snprintf(text, sizeof(text), "and more: only the first %u are told", MAX_CUT - 1);
	walk->cut[walk->num_cut++] = arena_strndup(walk->arena, text, sizeof(text)) ?: "";
}

/* ---- objects ---- */

struct cursor {
	const struct layout_list *list;
	uint32_t owner;
	bool started, done;
	uint64_t at;           /* of a chain the node to visit, of arrays the first element */
	uint64_t index, count; /* of arrays */
	uint64_t last;         /* of chains the node before */
	uint64_t head;         /* ... where the first pointer is */
	bool is_damaged;       /* ... told already */
};

uint32_t walk_find(const struct walk *walk, unsigned int class, uint64_t addr)
{
	const struct map_entry *entry;

	if (!walk->map->size)
		return UINT32_MAX;
	entry = map_slot(walk->map, addr, class);
	return entry->taken ? entry->value : UINT32_MAX;
}

/* The object's index; a new one joins those to expand. UINT32_MAX: no more fit. */
static uint32_t object_add(struct walk *walk, unsigned int class, uint64_t addr,
			   const struct layout_list *list)
{
	uint32_t index = walk->num_objects[class];
	struct found *object;
	bool new;

	if (walk->total >= MAX_TOTAL)
		return walk_find(walk, class, addr);
	if (!grow((void **)&walk->objects[class], index, &walk->max_objects[class],
		  sizeof(*object)) ||
	    !map_add(walk->map, addr, class, index, &new)) {
		walk->out_of_memory = true;
		return UINT32_MAX;
	}
	if (!new) {
		index = walk_find(walk, class, addr);
		object = &walk->objects[class][index];
		/* Whichever list comes first: the one that says something of its objects counts. */
		if (!object->list || (list && list->num_sets && !object->list->num_sets))
			object->list = list;
		object->is_global = object->is_global || (list && !list->is_owned);
		return index;
	}
	object = &walk->objects[class][walk->num_objects[class]++];
	memset(object, 0, sizeof(*object));
	object->addr = addr;
	object->list = list;
	object->is_global = list && !list->is_owned;
	walk->total++;
	return index;
}

static void cursor_add(struct walk *walk, const struct layout_list *list, uint32_t owner)
{
	if (!grow((void **)&walk->cursors, walk->num_cursors, &walk->max_cursors,
		  sizeof(*walk->cursors))) {
		walk->out_of_memory = true;
		return;
	}
	walk->cursors[walk->num_cursors++] = (struct cursor){.list = list, .owner = owner};
}

static void listed_add(struct walk *walk, const struct layout_list *list, uint32_t owner,
		       uint32_t object)
{
	if (object == UINT32_MAX)
		return;
	if (!grow((void **)&walk->listed, walk->num_listed, &walk->max_listed,
		  sizeof(*walk->listed))) {
		walk->out_of_memory = true;
		return;
	}
	walk->listed[walk->num_listed] = (struct listed){list, owner, object, walk->num_listed};
	walk->num_listed++;
}

/* A pointer whose reason is known, at ADDR; of a doubly linked list there are two. */
static void link_add(struct walk *walk, uint64_t addr, bool is_double)
{
	for (unsigned int i = 0; i <= is_double; i++) {
		if (!grow((void **)&walk->links, walk->num_links, &walk->max_links,
			  sizeof(*walk->links))) {
			walk->out_of_memory = true;
			return;
		}
		walk->links[walk->num_links++] = addr + i * walk->values.layout->pointer_size;
	}
}

/* ---- what an object leads to ---- */

const struct layout_field *walk_field(const struct walk *walk, unsigned int class,
				      const struct found *object, enum role role)
{
	if (object->variant && object->variant->fields[role].present)
		return &object->variant->fields[role];
	return &walk->values.layout->objects[class].fields[role];
}

const struct layout_set *walk_set(const struct found *object, enum role role)
{
	for (unsigned int i = 0; object->variant && i < object->variant->num_sets; i++) {
		if (object->variant->sets[i].role == role)
			return &object->variant->sets[i];
	}
	for (unsigned int i = 0; object->list && i < object->list->num_sets; i++) {
		if (object->list->sets[i].role == role)
			return &object->list->sets[i];
	}
	return NULL;
}

static enum cache_answer find_variant(struct walk *walk, unsigned int class, struct found *object)
{
	const struct layout_object *layout = &walk->values.layout->objects[class];
	char text[VALUE_TEXT_MAX];

	for (unsigned int i = 0; i < layout->num_variants; i++) {
		const struct layout_variant *variant = &layout->variants[i];
		enum cache_answer answer;

		if (!variant->present)
			continue;
		answer = value_text(&walk->values, &variant->when, object->addr, text);
		if (answer == CACHE_PENDING)
			return answer;
		if (answer == CACHE_BAD &&
		    !value_is_nowhere(&walk->values, &variant->when, object->addr)) {
			walk_cut(walk, "%s 0x%" PRIx64 ": what it is cannot be read", layout->name,
				 object->addr);
			break;
		}
		if (answer == CACHE_OK && text[0]) {
			object->variant = variant;
			break;
		}
	}
	return CACHE_OK;
}

/* Roles that point at another object, which need not be in any list of its own. */
static const struct {
	enum role role;
	unsigned int class;
} pointer_roles[] = {
	{ROLE_FOBJ, OBJECT_FOBJ},
	{ROLE_SOURCE, OBJECT_FOBJ},
	{ROLE_FILE, OBJECT_FILE},
};
#define NUM_POINTER_ROLES (sizeof(pointer_roles) / sizeof(pointer_roles[0]))

bool walk_is_freed(const struct walk *walk, unsigned int class, const struct found *object)
{
	return walk->has_global[class] && !object->is_global;
}

/* What the object's pointers point to, by role; what is not there is 0. */
static enum cache_answer read_pointers(struct walk *walk, unsigned int class,
				       const struct found *object,
				       uint64_t targets[NUM_POINTER_ROLES])
{
	enum cache_answer worst = CACHE_OK;

	for (size_t i = 0; i < NUM_POINTER_ROLES; i++) {
		const struct layout_field *field =
			walk_field(walk, class, object, pointer_roles[i].role);

		targets[i] = 0;
		if (field->present &&
		    value_number(&walk->values, field, object->addr, &targets[i]) == CACHE_PENDING)
			worst = CACHE_PENDING;
	}
	return worst;
}

/* The objects that it points to are found, and a scan need not wonder at those pointers. */
static void follow_pointers(struct walk *walk, unsigned int class, uint32_t index,
			    const uint64_t targets[NUM_POINTER_ROLES])
{
	for (size_t i = 0; i < NUM_POINTER_ROLES; i++) {
		const struct found *object = &walk->objects[class][index];
		uint64_t place;

		if (targets[i] &&
		    value_place(&walk->values,
				walk_field(walk, class, object, pointer_roles[i].role),
				object->addr, &place) == CACHE_OK)
			link_add(walk, place, false);
		if (targets[i] && walk->values.layout->objects[pointer_roles[i].class].present)
			object_add(walk, pointer_roles[i].class, targets[i], NULL);
	}
}

/* What may have been freed leads nowhere before its list was seen to have it. */
static bool object_expand(struct walk *walk, unsigned int class, uint32_t index)
{
	struct found *object = &walk->objects[class][index];
	const struct layout *layout = walk->values.layout;
	uint64_t targets[NUM_POINTER_ROLES];
	enum cache_answer variant, pointers;

	if (walk_is_freed(walk, class, object))
		return false;
	/* Both are asked for, so that both come with one burst. */
	variant = find_variant(walk, class, object);
	pointers = read_pointers(walk, class, object, targets);
	if (variant == CACHE_PENDING || pointers == CACHE_PENDING)
		return false;
	object->expanded = true;
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];

		if (list->present && list->is_owned && list->in == class &&
		    (!list->variant || list->variant == object->variant))
			cursor_add(walk, list, index);
	}
	follow_pointers(walk, class, index, targets);
	return true;
}

/* ---- cursors ---- */

static uint64_t cursor_base(const struct walk *walk, const struct cursor *cursor)
{
	const struct layout_list *list = cursor->list;

	return list->is_owned ? walk->objects[list->in][cursor->owner].addr
			      : list->symbol + walk->values.slide;
}

/* A sentence about the list, which cannot be as it should. */
static void cursor_say(struct walk *walk, const struct cursor *cursor, const char *format,
		       va_list args)
{
	char text[120], owner[40] = "";

	vsnprintf(text, sizeof(text), format, args);
	if (cursor->list->is_owned)
		snprintf(owner, sizeof(owner), " of 0x%" PRIx64, cursor_base(walk, cursor));
	walk_cut(walk, "%s%s: %s", cursor->list->label, owner, text);
}

__attribute__((format(printf, 3, 4))) static void
cursor_tell(struct walk *walk, const struct cursor *cursor, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cursor_say(walk, cursor, format, args);
	va_end(args);
}

__attribute__((format(printf, 3, 4))) static bool
cursor_end(struct walk *walk, struct cursor *cursor, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cursor_say(walk, cursor, format, args);
	va_end(args);
	cursor->done = true;
	return true;
}

/*
 * *NOWHERE: a pointer on the way to the head of a list is NULL. Such a list is an empty one: not
 * yet made.
 */
static enum cache_answer list_seek(const struct walk *walk, const struct layout_field *head,
				   uint64_t base, bool *nowhere)
{
	uint64_t at = base + head->offset[0];

	*nowhere = false;
	for (unsigned int hop = 1; hop <= head->num_hops && !*nowhere; hop++) {
		enum cache_answer answer = value_pointer(&walk->values, at, &at);

		if (answer != CACHE_OK)
			return answer;
		*nowhere = at == 0;
		at += head->offset[hop];
	}
	return CACHE_OK;
}

static bool array_start(struct walk *walk, struct cursor *cursor, uint64_t base)
{
	const struct layout_list *list = cursor->list;
	uint64_t count_base = list->is_owned ? base : list->count_symbol + walk->values.slide;
	enum cache_answer way, answer = CACHE_OK;
	bool nowhere;

	way = list_seek(walk, &list->head, base, &nowhere);
	cursor->count = list->fixed_count;
	if (list->has_count)
		answer = value_number(&walk->values, &list->count, count_base, &cursor->count);
	if (nowhere || (answer == CACHE_OK && cursor->count == 0))
		return cursor->done = true;
	if (way == CACHE_PENDING || answer == CACHE_PENDING)
		return false;
	if (answer == CACHE_BAD)
		return cursor_end(walk, cursor, "its length cannot be read");
	answer = value_place(&walk->values, &list->head, base, &cursor->at);
	if (answer == CACHE_BAD)
		return cursor_end(walk, cursor, "cannot be read");
	cursor->started = answer == CACHE_OK;
	return cursor->started;
}

static bool chain_start(struct walk *walk, struct cursor *cursor, uint64_t base)
{
	const struct layout_field *head = &cursor->list->head;
	enum cache_answer answer;
	bool nowhere;

	answer = list_seek(walk, head, base, &nowhere);
	if (nowhere)
		return cursor->done = true;
	if (answer == CACHE_OK)
		answer = value_number(&walk->values, head, base, &cursor->at);
	if (answer == CACHE_BAD)
		return cursor_end(walk, cursor, "its head cannot be read");
	cursor->started = answer == CACHE_OK;
	if (cursor->started && value_place(&walk->values, head, base, &cursor->head) == CACHE_OK)
		link_add(walk, cursor->head, cursor->list->is_double);
	return cursor->started;
}

/*
 * Behind LINK, a node's or the head's, lies where the pointer was that led to the node, or to none
 * at the end: where it does not say so nodes are missing, or are those of another list. That is
 * told once. False: it is not here yet.
 */
static bool chain_check(struct walk *walk, struct cursor *cursor, uint64_t link)
{
	uint64_t from = cursor->last ? cursor->last + cursor->list->next : cursor->head, back;
	enum cache_answer answer;

	if (cursor->is_damaged)
		return true;
	answer = value_pointer(&walk->values, link + walk->values.layout->pointer_size, &back);
	if (answer != CACHE_OK || back == from)
		return answer != CACHE_PENDING;
	cursor->is_damaged = true;
	if (cursor->at)
		cursor_tell(walk, cursor,
			    "damaged: node 0x%" PRIx64 " (%" PRIu64 ") points back to 0x%" PRIx64
			    ", not to 0x%" PRIx64,
			    cursor->at, cursor->index, back, from);
	else if (cursor->index || back) /* a list that is not made yet is all zeros */
		cursor_tell(walk, cursor,
			    "damaged: it ends at 0x%" PRIx64 " after %" PRIu64
			    " nodes, but its tail is 0x%" PRIx64,
			    from, cursor->index, back);
	return true;
}

static bool chain_end(struct walk *walk, struct cursor *cursor)
{
	cursor->done =
		!cursor->list->has_tail || !cursor->head || chain_check(walk, cursor, cursor->head);
	return cursor->done;
}

/* The object behind a node goes on record. False: its pointer is pending. */
static bool node_visit(struct walk *walk, struct cursor *cursor, uint64_t node)
{
	const struct layout_list *list = cursor->list;
	uint64_t object = node;

	if (list->has_via) {
		enum cache_answer answer = value_number(&walk->values, &list->via, node, &object);

		if (answer == CACHE_PENDING)
			return false;
		if (answer == CACHE_BAD) {
			walk_cut(walk, "%s: node 0x%" PRIx64 " cannot be read", list->label, node);
			return true;
		}
		if (object == 0)
			return true;
	}
	listed_add(walk, list, cursor->owner, object_add(walk, list->of, object, list));
	return true;
}

/* One node on. True: it got on; false: it waits for bytes. */
static bool chain_step(struct walk *walk, struct cursor *cursor)
{
	uint32_t tag = CURSOR_TAG + (uint32_t)(cursor - walk->cursors);
	uint64_t node = cursor->at, next;
	enum cache_answer answer;
	bool new = true;

	if (node == 0)
		return chain_end(walk, cursor);
	if (cursor->index >= MAX_NODES || walk->total >= MAX_TOTAL)
		return cursor_end(walk, cursor, "cut after %" PRIu64 " nodes", cursor->index);
	answer = value_pointer(&walk->values, node + cursor->list->next, &next);
	if (answer == CACHE_PENDING)
		return false;
	if (answer == CACHE_BAD)
		return cursor_end(walk, cursor,
				  "node 0x%" PRIx64 " (%" PRIu64 ") after 0x%" PRIx64
				  " cannot be read",
				  node, cursor->index, cursor->last);
	if (walk_find(walk, tag, node) != UINT32_MAX)
		return cursor_end(walk, cursor,
				  "a cycle: node 0x%" PRIx64 " comes again after %" PRIu64, node,
				  cursor->index);
	if (cursor->list->is_double && !chain_check(walk, cursor, node + cursor->list->next))
		return false;
	if (!node_visit(walk, cursor, node))
		return false;
	if (!map_add(walk->map, node, tag, 0, &new))
		walk->out_of_memory = true;
	link_add(walk, node + cursor->list->next, cursor->list->is_double);
	cursor->last = node;
	cursor->at = next;
	cursor->index++;
	walk->total++;
	return true;
}

static bool array_step(struct walk *walk, struct cursor *cursor)
{
	const struct layout_list *list = cursor->list;
	uint64_t node = cursor->at + cursor->index * list->stride;

	if (cursor->index >= cursor->count)
		return cursor->done = true;
	if (cursor->index >= (list->is_owned ? MAX_PARTS : MAX_NODES) || walk->total >= MAX_TOTAL)
		return cursor_end(walk, cursor, "cut after %" PRIu64 " of %" PRIu64, cursor->index,
				  cursor->count);
	if (list->kind == LIST_POINTERS) {
		enum cache_answer answer = value_pointer(&walk->values, node, &node);

		if (answer == CACHE_PENDING)
			return false;
		if (answer == CACHE_BAD)
			return cursor_end(walk, cursor, "element %" PRIu64 " cannot be read",
					  cursor->index);
	}
	if (node && !node_visit(walk, cursor, node))
		return false;
	if (list->kind == LIST_POINTERS)
		link_add(walk, cursor->at + cursor->index * list->stride, false);
	cursor->index++;
	walk->total++;
	return true;
}

static bool cursor_step(struct walk *walk, uint32_t index)
{
	struct cursor *cursor = &walk->cursors[index];
	bool chain = cursor->list->kind == LIST_CHAIN;

	if (!cursor->started)
		return chain ? chain_start(walk, cursor, cursor_base(walk, cursor))
			     : array_start(walk, cursor, cursor_base(walk, cursor));
	return chain ? chain_step(walk, cursor) : array_step(walk, cursor);
}

/* Everything as far as the bytes reach. */
static void advance_all(struct walk *walk, uint32_t *next_object, uint32_t *first_cursor)
{
	bool moved;

	do {
		moved = false;
		for (uint32_t i = *first_cursor; i < walk->num_cursors; i++) {
			while (!walk->cursors[i].done && cursor_step(walk, i))
				moved = true;
		}
		while (*first_cursor < walk->num_cursors && walk->cursors[*first_cursor].done)
			(*first_cursor)++;
		for (unsigned int class = 0; class < walk->values.layout->num_objects; class ++) {
			for (uint32_t i = next_object[class]; i < walk->num_objects[class]; i++) {
				if (!walk->objects[class][i].expanded &&
				    object_expand(walk, class, i))
					moved = true;
			}
			while (next_object[class] < walk->num_objects[class] &&
			       walk->objects[class][next_object[class]].expanded)
				next_object[class]++;
		}
	} while (moved && !walk->out_of_memory);
}

static int compare_listed(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

bool walk_init(struct walk *walk, const struct values *values, struct arena *arena)
{
	const struct layout *layout = values->layout;

	memset(walk, 0, sizeof(*walk));
	walk->values = *values;
	walk->arena = arena;
	walk->cut = arena_alloc_array(arena, MAX_CUT, sizeof(*walk->cut));
	walk->map = calloc(1, sizeof(*walk->map));
	if (!walk->map || !walk->cut || !map_grow(walk->map))
		return false;
	for (unsigned int i = 0; i < layout->num_lists; i++) {
		const struct layout_list *list = &layout->lists[i];

		if (!list->present || list->is_owned)
			continue;
		cursor_add(walk, list, NO_OWNER);
		if (list->of == OBJECT_FOBJ || list->of == OBJECT_FILE)
			walk->has_global[list->of] = true;
	}
	return !walk->out_of_memory;
}

void walk_deinit(struct walk *walk)
{
	for (unsigned int class = 0; class < LAYOUT_MAX_OBJECTS; class ++)
		free(walk->objects[class]);
	free(walk->listed);
	free(walk->links);
	free(walk->cursors);
	if (walk->map)
		free(walk->map->entries);
	free(walk->map);
}

static int compare_addr(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Two objects of one class that overlap cannot both be there: a link leads into the middle of one.
 * False: out of memory.
 */
static bool find_overlaps(struct walk *walk, unsigned int class)
{
	const struct layout_object *object = &walk->values.layout->objects[class];
	uint32_t count = walk->num_objects[class];
	uint64_t *addrs = count ? malloc(count * sizeof(*addrs)) : NULL;

	if (count && !addrs)
		return false;
	for (uint32_t i = 0; i < count; i++)
		addrs[i] = walk->objects[class][i].addr;
	if (count)
		qsort(addrs, count, sizeof(*addrs), compare_addr);
	for (uint32_t i = 1; i < count; i++) {
		if (addrs[i] - addrs[i - 1] < object->size)
			walk_cut(walk,
				 "%s 0x%" PRIx64 " cannot be one: it lies in that at 0x%" PRIx64,
				 object->name, addrs[i], addrs[i - 1]);
	}
	free(addrs);
	return true;
}

bool walk_run(struct walk *walk, double deadline, struct error *error)
{
	uint32_t next_object[LAYOUT_MAX_OBJECTS] = {0}, first_cursor = 0;

	for (;;) {
		advance_all(walk, next_object, &first_cursor);
		if (walk->out_of_memory)
			return error_set(error, EXIT_PARTIAL, "out of memory");
		if (!cache_wants(walk->values.cache) || cache_is_held(walk->values.cache))
			break;
		if (walk_clock() > deadline) {
			walk_cut(walk, "the lists were too long for the time there was");
			break;
		}
		if (!cache_fetch(walk->values.cache, error))
			return false;
	}
	for (unsigned int class = 0; class < walk->values.layout->num_objects; class ++) {
		if (!find_overlaps(walk, class))
			return error_set(error, EXIT_PARTIAL, "out of memory");
	}
	if (walk->num_listed)
		qsort(walk->listed, walk->num_listed, sizeof(*walk->listed), compare_listed);
	return true;
}
