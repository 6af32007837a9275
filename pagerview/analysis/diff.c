/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kind of object is first turned into the same plain form: an id, what makes it the same
 * object, and a list of named numbers or words. Two such lists are then compared by one function.
 */
#include "diff.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_FACTS 8

struct fact {
	const char *name;
	const char *value;
};

struct thing {
	uint64_t id;
	const char *name;
	const char *same; /* equal in both snapshots, or it is not the same object */
	struct fact facts[MAX_FACTS];
	uint32_t order; /* in its snapshot */
};

struct things {
	struct thing *list;
	uint32_t count;
};

struct work {
	struct diff *diff;
	uint32_t max;
	bool failed;
};

static const char *keep(struct work *work, const char *text)
{
	const char *copy = arena_strndup(work->diff->arena, text, 256);

	work->failed = work->failed || !copy;
	return copy ? copy : "";
}

__attribute__((format(printf, 2, 3))) static const char *print(struct work *work,
							       const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return keep(work, text);
}

/* ---- objects as things ---- */

static struct thing *add_thing(struct things *things, uint64_t id, const char *name,
			       const char *same)
{
	struct thing *thing = &things->list[things->count];

	thing->id = id;
	thing->name = name;
	thing->same = same;
	thing->order = things->count++;
	return thing;
}

static void add_fact(struct thing *thing, const char *name, const char *value)
{
	for (int i = 0; i < MAX_FACTS; i++) {
		if (!thing->facts[i].name) {
			thing->facts[i] = (struct fact){name, value};
			return;
		}
	}
}

static const char *id_text(struct work *work, bool there, uint64_t id)
{
	return there ? print(work, "0x%" PRIx64, id) : "none";
}

static const char *prot_text(struct work *work, uint8_t prot)
{
	return print(work, "%c%c%c", prot & PROT_R ? 'r' : '-', prot & PROT_W ? 'w' : '-',
		     prot & PROT_X ? 'x' : '-');
}

static void list_contexts(struct work *work, const struct snapshot *snapshot, struct things *things)
{
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const struct snap_context *context = &snapshot->contexts[i];
		const char *name = keep(work, context->name);
		struct thing *thing = add_thing(things, context->id, name, name);

		add_fact(thing, "state", keep(work, context->state));
		add_fact(thing, "areas", print(work, "%" PRIu32, context->num_areas));
		add_fact(thing, "faults", print(work, "%" PRIu64, context->faults));
	}
}

static void list_areas(struct work *work, const struct snapshot *snapshot, struct things *things)
{
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];
		const char *same =
			print(work, "%s %s", area->name,
			      id_text(work, area->fobj != NONE,
				      area->fobj != NONE ? snapshot->fobjs[area->fobj].id : 0));
		struct thing *thing = add_thing(things, area->id, keep(work, area->name), same);

		add_fact(thing, "context",
			 area->context == NONE
				 ? "none"
				 : keep(work, snapshot->contexts[area->context].name));
		add_fact(thing, "base", print(work, "0x%" PRIx64, area->base));
		add_fact(thing, "pages", print(work, "%" PRIu32, area->pages));
		add_fact(thing, "prot", prot_text(work, area->prot));
	}
}

static void list_fobjs(struct work *work, const struct snapshot *snapshot, struct things *things)
{
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];
		struct thing *thing = add_thing(
			things, fobj->id, keep(work, fobj->name),
			print(work, "%s %s %" PRIu32, fobj->name, fobj->kind, fobj->pages));

		add_fact(thing, "refcount", print(work, "%" PRId64, fobj->refcount));
		add_fact(thing, "holders", print(work, "%" PRIu32, fobj->num_holders));
		add_fact(thing, "surplus", print(work, "%" PRId64, fobj->surplus));
		add_fact(thing, "resident", print(work, "%" PRIu32, fobj->num_resident));
		add_fact(thing, "evictions", print(work, "%" PRIu64, fobj->evictions));
	}
}

static const char *page_label(struct work *work, const struct snapshot *snapshot,
			      const struct snap_pmem *pmem)
{
	const struct snap_fobj *fobj;

	if (pmem->fobj == NONE)
		return "none";
	fobj = &snapshot->fobjs[pmem->fobj];
	return print(work, "%s[%" PRIu32 "]",
		     fobj->name[0] ? fobj->name : print(work, "0x%" PRIx64, fobj->id), pmem->page);
}

static void list_pmems(struct work *work, const struct snapshot *snapshot, struct things *things)
{
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];
		struct thing *thing =
			add_thing(things, pmem->id, id_text(work, pmem->pa_known, pmem->pa), "");
		uint32_t mapped = 0;

		for (uint32_t n = 0; n < pmem->num_owners; n++)
			mapped += pmem->owners[n].pte != 0;
		add_fact(thing, "page", page_label(work, snapshot, pmem));
		add_fact(thing, "state", pmem_state_name(pmem->state));
		add_fact(thing, "hidden", pmem->hidden ? "yes" : "no");
		add_fact(thing, "owners", print(work, "%" PRIu32, pmem->num_owners));
		add_fact(thing, "mapped", print(work, "%" PRIu32, mapped));
	}
}

static void list_files(struct work *work, const struct snapshot *snapshot, struct things *things)
{
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];
		struct thing *thing = add_thing(things, file->id, print(work, "%.16s", file->tag),
						keep(work, file->tag));

		add_fact(thing, "refcount", print(work, "%" PRId64, file->refcount));
		add_fact(thing, "holders", print(work, "%" PRIu32, file->num_holders));
		add_fact(thing, "surplus", print(work, "%" PRId64, file->surplus));
		add_fact(thing, "slices", print(work, "%" PRIu32, file->num_slices));
	}
}

static const struct {
	const char *kind;
	void (*list)(struct work *work, const struct snapshot *snapshot, struct things *things);
	size_t count; /* where the number of objects is in a snapshot */
} kinds[] = {
	{"context", list_contexts, offsetof(struct snapshot, num_contexts)},
	{"area", list_areas, offsetof(struct snapshot, num_areas)},
	{"fobj", list_fobjs, offsetof(struct snapshot, num_fobjs)},
	{"pmem", list_pmems, offsetof(struct snapshot, num_pmems)},
	{"file", list_files, offsetof(struct snapshot, num_files)},
};

/* ---- comparing ---- */

static void add_change(struct work *work, char sign, const char *kind, const struct thing *thing,
		       const char *text)
{
	struct diff *diff = work->diff;

	if (diff->num_changes == work->max) {
		uint32_t max = work->max ? work->max * 2 : 64;
		struct diff_change *more = arena_alloc_array(diff->arena, max, sizeof(*more));

		if (!more) {
			work->failed = true;
			return;
		}
		if (work->max)
			memcpy(more, diff->changes, work->max * sizeof(*more));
		diff->changes = more;
		work->max = max;
	}
	diff->changes[diff->num_changes++] =
		(struct diff_change){sign, kind, thing->id, thing->name, text};
}

static void compare_facts(struct work *work, const char *kind, const struct thing *old,
			  const struct thing *new)
{
	char text[512] = "";

	for (int i = 0; i < MAX_FACTS && new->facts[i].name; i++) {
		if (strcmp(old->facts[i].value, new->facts[i].value) != 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s -> %s",
				 text[0] ? ", " : "", new->facts[i].name, old->facts[i].value,
				 new->facts[i].value);
	}
	if (text[0])
		add_change(work, '~', kind, new, arena_strndup(work->diff->arena, text, 512) ?: "");
}

static int compare_ids(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int compare_orders(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static const struct thing *find(const struct things *things, const struct thing *like)
{
	const struct thing key = {.id = like->id};
	uint32_t low = 0, high = things->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (things->list[middle].id < key.id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < things->count && things->list[low].id == key.id &&
	    strcmp(things->list[low].same, like->same) == 0)
		return &things->list[low];
	return NULL;
}

static void compare_kind(struct work *work, size_t k, const struct snapshot *before,
			 const struct snapshot *after)
{
	const uint32_t *num_old = (const uint32_t *)((const char *)before + kinds[k].count);
	const uint32_t *num_new = (const uint32_t *)((const char *)after + kinds[k].count);
	struct things old = {0}, new = {0};

	old.list = calloc((size_t)*num_old + 1, sizeof(*old.list));
	new.list = calloc((size_t)*num_new + 1, sizeof(*new.list));
	if (old.list && new.list) {
		kinds[k].list(work, before, &old);
		kinds[k].list(work, after, &new);
		qsort(new.list, new.count, sizeof(*new.list), compare_ids);
		for (uint32_t i = 0; i < old.count; i++) {
			if (!find(&new, &old.list[i]))
				add_change(work, '-', kinds[k].kind, &old.list[i], "");
		}
		qsort(old.list, old.count, sizeof(*old.list), compare_ids);
		qsort(new.list, new.count, sizeof(*new.list), compare_orders);
		for (uint32_t i = 0; i < new.count; i++) {
			const struct thing *match = find(&old, &new.list[i]);

			if (match)
				compare_facts(work, kinds[k].kind, match, &new.list[i]);
			else
				add_change(work, '+', kinds[k].kind, &new.list[i], "");
		}
	} else {
		work->failed = true;
	}
	free(old.list);
	free(new.list);
}

struct diff *diff_create(const struct snapshot *before, const struct snapshot *after)
{
	struct arena *arena = arena_create();
	struct work work = {0};

	if (arena)
		work.diff = arena_alloc(arena, sizeof(*work.diff));
	if (!work.diff) {
		arena_destroy(arena);
		return NULL;
	}
	work.diff->arena = arena;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		compare_kind(&work, k, before, after);
	if (!work.failed)
		return work.diff;
	arena_destroy(arena);
	return NULL;
}

void diff_destroy(struct diff *diff)
{
	if (diff)
		arena_destroy(diff->arena);
}
