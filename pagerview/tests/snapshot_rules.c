/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function for each part of a snapshot.
 */
#include "snapshot_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RULE holds of the object at ID, or the test ends here. */
static void expect(bool holds, const char *rule, uint64_t id)
{
	if (holds)
		return;
	fprintf(stderr, "0x%" PRIx64 ": it does not hold that %s\n", id, rule);
	abort();
}

/* Of a target's characters only those pass that steer no terminal. */
static void expect_text(const char *text, uint64_t id)
{
	expect(text, "no text is NULL", id);
	for (; *text; text++)
		expect(*text >= ' ' && *text < 0x7f, "texts are printable", id);
}

/* ---- ids ---- */

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Every object of SIZE bytes begins with its id. */
static void expect_unique(const void *objects, uint32_t count, size_t size, bool sorted)
{
	uint64_t *ids = calloc((size_t)count + 1, sizeof(*ids));

	if (!ids)
		abort();
	for (uint32_t i = 0; i < count; i++)
		memcpy(&ids[i], (const char *)objects + i * size, sizeof(*ids));
	for (uint32_t i = 1; sorted && i < count; i++)
		expect(ids[i - 1] < ids[i], "objects are sorted by id", ids[i]);
	if (count)
		qsort(ids, count, sizeof(*ids), compare_ids);
	for (uint32_t i = 1; i < count; i++)
		expect(ids[i - 1] != ids[i], "ids are unique", ids[i]);
	free(ids);
}

static void check_ids(const struct snapshot *s)
{
	expect_unique(s->contexts, s->num_contexts, sizeof(*s->contexts), false);
	expect_unique(s->areas, s->num_areas, sizeof(*s->areas), false);
	expect_unique(s->fobjs, s->num_fobjs, sizeof(*s->fobjs), true);
	expect_unique(s->pmems, s->num_pmems, sizeof(*s->pmems), false);
	expect_unique(s->files, s->num_files, sizeof(*s->files), true);
	expect_unique(s->tables, s->num_tables, sizeof(*s->tables), true);
	expect_unique(s->lost, s->num_lost, sizeof(*s->lost), false);
	expect_unique(s->pointers, s->num_pointers, sizeof(*s->pointers), true);
}

/* ---- objects ---- */

static void check_contexts(const struct snapshot *s)
{
	uint32_t listed = 0, owned = 0;

	for (uint32_t i = 0; i < s->num_contexts; i++) {
		const struct snap_context *context = &s->contexts[i];

		expect_text(context->name, context->id);
		expect_text(context->state, context->id);
		for (uint32_t n = 0; n < context->num_areas; n++)
			expect(context->areas[n] < s->num_areas &&
				       s->areas[context->areas[n]].context == i,
			       "a context's areas are its own", context->id);
		listed += context->num_areas;
	}
	for (uint32_t i = 0; i < s->num_areas; i++) {
		const struct snap_area *area = &s->areas[i];

		expect_text(area->name, area->id);
		expect_text(area->type, area->id);
		expect(area->type[0], "an area's type is known", area->id);
		expect(area->context == NONE || area->context < s->num_contexts,
		       "an area's context is there", area->id);
		expect(area->fobj == NONE || area->fobj < s->num_fobjs, "an area's fobj is there",
		       area->id);
		expect(area->not_in_context == (area->context == NONE),
		       "an area without a context is in no context's list", area->id);
		owned += area->context != NONE;
	}
	expect(listed == owned, "each area is listed once", 0);
}

static void check_holders(const struct snapshot *s, const struct snap_holder *holders,
			  uint32_t count, uint64_t id)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct snap_holder *holder = &holders[i];

		expect_text(holder->kind, id);
		expect_text(holder->name, id);
		if (holder->index == NONE)
			continue;
		if (strcmp(holder->kind, "area") == 0)
			expect(holder->index < s->num_areas &&
				       s->areas[holder->index].id == holder->id,
			       "an area that holds it is the one it names", id);
		else if (strcmp(holder->kind, "slice") == 0)
			expect(holder->index < s->num_files, "a slice's file is there", id);
		else if (strcmp(holder->kind, "context") == 0)
			expect(holder->index < s->num_contexts &&
				       s->contexts[holder->index].id == holder->id,
			       "a context that holds it is the one it names", id);
		else
			expect(strcmp(holder->kind, "fobj") == 0 && holder->index < s->num_fobjs &&
				       s->fobjs[holder->index].id == holder->id,
			       "a fobj that holds it is the one it names", id);
	}
}

static void check_fobjs(const struct snapshot *s)
{
	uint32_t resident = 0, held = 0;

	for (uint32_t i = 0; i < s->num_fobjs; i++) {
		const struct snap_fobj *fobj = &s->fobjs[i];

		expect_text(fobj->name, fobj->id);
		expect_text(fobj->kind, fobj->id);
		expect(!fobj->unlisted || fobj->unreadable, "what was freed is not read", fobj->id);
		expect(!fobj->unreadable || (!fobj->refcount && !fobj->pages && !fobj->surplus),
		       "what could not be read has no numbers", fobj->id);
		expect(fobj->unreadable || fobj->surplus == fobj->refcount - fobj->num_holders,
		       "a surplus is what has no holder", fobj->id);
		for (uint32_t n = 1; n < fobj->num_resident; n++)
			expect(fobj->resident[n - 1] <= fobj->resident[n],
			       "resident pages are sorted", fobj->id);
		check_holders(s, fobj->holders, fobj->num_holders, fobj->id);
		resident += fobj->num_resident;
	}
	for (uint32_t i = 0; i < s->num_pmems; i++)
		held += s->pmems[i].fobj != NONE;
	expect(resident == held, "each page that is held is resident", 0);
}

static void check_pmems(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_pmems; i++) {
		const struct snap_pmem *pmem = &s->pmems[i];

		expect(pmem->fobj == NONE || pmem->fobj < s->num_fobjs, "a page's fobj is there",
		       pmem->id);
		expect(pmem->pa_known || !pmem->pa, "an unknown place is none", pmem->id);
		for (uint32_t n = 0; n < pmem->num_owners; n++) {
			const struct snap_owner *owner = &pmem->owners[n];
			const struct snap_area *area = &s->areas[owner->area];

			expect(owner->area < s->num_areas, "an owner's area is there", pmem->id);
			expect(owner->context == area->context && area->fobj == pmem->fobj &&
				       pmem->page - area->fobj_page < area->pages,
			       "an owner covers the page", pmem->id);
			expect(owner->pte_known || (!owner->pte && !owner->pte_pa),
			       "an unknown entry is none", pmem->id);
		}
	}
}

static void check_files(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_files; i++) {
		const struct snap_file *file = &s->files[i];

		expect_text(file->tag, file->id);
		expect(!file->unlisted || (!file->refcount && !file->surplus),
		       "what was freed is not read", file->id);
		expect(file->unlisted || file->surplus == file->refcount - file->num_holders,
		       "a surplus is what has no holder", file->id);
		check_holders(s, file->holders, file->num_holders, file->id);
		for (uint32_t n = 0; n < file->num_slices; n++)
			expect(file->slices[n].fobj == NONE || file->slices[n].fobj < s->num_fobjs,
			       "a slice's fobj is there", file->id);
	}
}

/* ---- what lies beside them ---- */

static void check_tables(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_tables; i++)
		expect(s->tables[i].context == NONE || s->tables[i].context < s->num_contexts,
		       "a table's context is there", s->tables[i].id);
	for (uint32_t i = 0; i < s->num_strays; i++)
		expect(s->strays[i].context == NONE || s->strays[i].context < s->num_contexts,
		       "a stray's context is there", s->strays[i].table);
}

static void check_scan(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_pointers; i++) {
		const struct snap_pointers *pointers = &s->pointers[i];

		expect(pointers->num_places <= pointers->count, "places are of pointers",
		       pointers->object);
		for (uint32_t n = 0; n < pointers->num_places; n++)
			expect_text(pointers->places[n], pointers->object);
	}
	for (uint32_t i = 0; i < s->num_lost; i++) {
		expect_text(s->lost[i].name, s->lost[i].id);
		expect_text(s->lost[i].kind, s->lost[i].id);
		expect(snapshot_find_fobj(s, s->lost[i].id) == NONE, "a lost fobj is in no list",
		       s->lost[i].id);
	}
}

static void check_events(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_events; i++) {
		const struct snap_event *event = &s->events[i];

		expect_text(event->kind, event->seq);
		expect_text(event->where, event->seq);
		expect_text(event->path, event->seq);
		expect(event->seq && event->seq <= s->events_head, "events were written",
		       event->seq);
		expect(!i || s->events[i - 1].seq < event->seq, "events are in their order",
		       event->seq);
	}
}

static void check_words(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->num_cut; i++)
		expect_text(s->cut[i], i);
	for (uint32_t i = 0; i < s->num_counters; i++)
		expect_text(s->counters[i].name, i);
	for (uint32_t i = 0; i < s->num_lists; i++)
		expect_text(s->lists[i].name, s->lists[i].id);
	for (uint32_t i = 0; i < s->num_findings; i++) {
		expect_text(s->findings[i].rule, i);
		expect_text(s->findings[i].severity, i);
		expect_text(s->findings[i].object, i);
		expect_text(s->findings[i].message, i);
		expect_text(s->findings[i].confidence, i);
	}
	expect_text(s->capture.why, 0);
	expect((s->num_cut == 0) == (s->capture.consistency != CONSISTENCY_PARTIAL),
	       "what was cut is partial", 0);
}

void snapshot_rules(const struct snapshot *snapshot)
{
	check_ids(snapshot);
	check_contexts(snapshot);
	check_fobjs(snapshot);
	check_pmems(snapshot);
	check_files(snapshot);
	check_tables(snapshot);
	check_scan(snapshot);
	check_events(snapshot);
	check_words(snapshot);
}
