/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything is computed from tables and the moment, so two snapshots of one moment are the same.
 */
#include "ui_fixture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

enum { FIXTURE_POOL = 32 };

static const struct fixture_fobj {
	const char *name, *kind;
	uint32_t pages;
	int64_t refcount;
} fixture_fobjs[] = {
	{"greeter.text", "ro", 6, 3},  {"greeter.rodata", "ro", 2, 3}, {"A.data", "rw", 3, 1},
	{"A.stack", "rw", 4, 1},       {"B.data", "rw", 3, 1},         {"B.stack", "rw", 4, 1},
	{"counter.text", "ro", 4, 2},  {"C.data", "rw", 8, 1},         {"S", "rw", 5, 3},
	{"core.heap", "locked", 4, 2},
};

static const struct fixture_area {
	const char *name;
	uint32_t context, fobj, page, pages;
	uint64_t base;
	uint8_t prot;
} fixture_areas[] = {
	{"A.text", 0, 0, 0, 6, 0x40001000, PROT_R | PROT_X},
	{"A.rodata", 0, 1, 0, 2, 0x40007000, PROT_R},
	{"A.data", 0, 2, 0, 3, 0x40009000, PROT_R | PROT_W},
	{"A.stack", 0, 3, 0, 4, 0x4000d000, PROT_R | PROT_W},
	{"S in A", 0, 8, 0, 5, 0x40020000, PROT_R | PROT_W},
	{"B.text", 1, 0, 0, 6, 0x40001000, PROT_R | PROT_X},
	{"B.rodata", 1, 1, 0, 2, 0x40007000, PROT_R},
	{"B.data", 1, 4, 0, 3, 0x40009000, PROT_R | PROT_W},
	{"B.stack", 1, 5, 0, 4, 0x4000d000, PROT_R | PROT_W},
	{"C.text", 2, 6, 0, 4, 0x40001000, PROT_R | PROT_X},
	{"C.data", 2, 7, 0, 8, 0x40006000, PROT_R | PROT_W},
	{"S in C", 2, 8, 2, 3, 0x40020000, PROT_R},
	{"core.heap", 3, 9, 0, 4, 0xffff0000, PROT_R | PROT_W},
};

enum {
	FIXTURE_FOBJS = sizeof(fixture_fobjs) / sizeof(fixture_fobjs[0]),
	FIXTURE_AREAS = sizeof(fixture_areas) / sizeof(fixture_areas[0]),
};

uint64_t fixture_area_id(uint32_t area)
{
	return 0x80002000 + area * 0x80;
}

uint64_t fixture_fobj_id(uint32_t fobj)
{
	return 0x80001000 + fobj * 0x60;
}

uint64_t fixture_file_id(uint32_t file)
{
	return 0x80004000 + file * 0x60;
}

static void fixture_contexts(struct snapshot *snapshot, unsigned moment)
{
	static const char *const names[] = {"A greeter", "B greeter", "C counter", "core"};

	snapshot->num_contexts = 4;
	snapshot->contexts = arena_alloc_array(snapshot->arena, 4, sizeof(struct snap_context));
	for (uint32_t i = 0; i < 4; i++) {
		struct snap_context *context = &snapshot->contexts[i];

		context->id = 0x80000100 + i * 0x100;
		context->name = names[i];
		context->state = i == 3 ? "" : "alive";
		context->kind = i == 3 ? CONTEXT_CORE : CONTEXT_USER;
		context->asid = i + 1;
		context->faults = i == 3 ? 0 : 40 * (i + 1) + moment * (i + 1);
		context->areas =
			arena_alloc_array(snapshot->arena, FIXTURE_AREAS, sizeof(uint32_t));
		for (uint32_t j = 0; j < FIXTURE_AREAS; j++)
			if (fixture_areas[j].context == i)
				context->areas[context->num_areas++] = j;
	}
}

static void fixture_make_areas(struct snapshot *snapshot)
{
	snapshot->num_areas = FIXTURE_AREAS;
	snapshot->areas =
		arena_alloc_array(snapshot->arena, FIXTURE_AREAS, sizeof(struct snap_area));
	for (uint32_t i = 0; i < FIXTURE_AREAS; i++) {
		const struct fixture_area *area = &fixture_areas[i];

		snapshot->areas[i] = (struct snap_area){
			.id = fixture_area_id(i),
			.name = area->name,
			.context = area->context,
			.base = area->base,
			.pages = area->pages,
			.fobj = area->fobj,
			.fobj_page = area->page,
			.type = area->context == 3    ? "lock"
				: area->prot & PROT_W ? "rw"
						      : "ro",
			.prot = area->prot,
		};
	}
}

static void fixture_add_holder(struct snap_fobj *fobj, const char *kind, uint64_t id,
			       uint32_t index, const char *name)
{
	fobj->holders[fobj->num_holders++] = (struct snap_holder){kind, id, index, name};
}

static void fixture_make_fobjs(struct snapshot *snapshot, unsigned moment)
{
	snapshot->num_fobjs = FIXTURE_FOBJS;
	snapshot->fobjs =
		arena_alloc_array(snapshot->arena, FIXTURE_FOBJS, sizeof(struct snap_fobj));
	for (uint32_t i = 0; i < FIXTURE_FOBJS; i++) {
		struct snap_fobj *fobj = &snapshot->fobjs[i];

		*fobj = (struct snap_fobj){
			.id = fixture_fobj_id(i),
			.name = fixture_fobjs[i].name,
			.kind = fixture_fobjs[i].kind,
			.pages = fixture_fobjs[i].pages,
			.refcount = fixture_fobjs[i].refcount,
			.evictions = i == 9 ? 0 : moment / 2 * (i % 3),
			.resident = arena_alloc_array(snapshot->arena, fixture_fobjs[i].pages, 4),
			.holders =
				arena_alloc_array(snapshot->arena, 8, sizeof(struct snap_holder)),
		};
		for (uint32_t j = 0; j < FIXTURE_AREAS; j++)
			if (fixture_areas[j].fobj == i)
				fixture_add_holder(fobj, "area", fixture_area_id(j), j,
						   fixture_areas[j].name);
		if (i < 2)
			fixture_add_holder(fobj, "slice", 0x80005000 + i * 0x20, 0,
					   "slice of 5f0a1c77e2b9");
		if (i == 6)
			fixture_add_holder(fobj, "slice", 0x80005040, 1, "slice of c0ffee7777e2");
		if (i == 8)
			fixture_add_holder(fobj, "handle", 0x80006000, NONE, "shm S");
		fobj->surplus = fobj->refcount - fobj->num_holders;
	}
}

static void fixture_make_files(struct snapshot *snapshot)
{
	static const struct {
		uint32_t file, fobj, offset;
	} slices[] = {{0, 0, 1}, {0, 1, 7}, {1, 6, 1}};

	snapshot->num_files = 2;
	snapshot->files = arena_alloc_array(snapshot->arena, 2, sizeof(struct snap_file));
	for (uint32_t i = 0; i < 2; i++) {
		struct snap_file *file = &snapshot->files[i];

		file->id = fixture_file_id(i);
		file->tag = i ? FIXTURE_TAG_COUNTER : FIXTURE_TAG_GREETER;
		file->holders = arena_alloc_array(snapshot->arena, 2, sizeof(struct snap_holder));
		for (uint32_t j = i ? 2 : 0; j < (i ? 3u : 2u); j++)
			file->holders[file->num_holders++] = (struct snap_holder){
				"context", snapshot->contexts[j].id, j, snapshot->contexts[j].name};
		file->refcount = file->num_holders;
		file->slices = arena_alloc_array(snapshot->arena, 2, sizeof(struct snap_slice));
	}
	for (uint32_t i = 0; i < 3; i++) {
		struct snap_file *file = &snapshot->files[slices[i].file];
		const struct snap_fobj *fobj = &snapshot->fobjs[slices[i].fobj];

		file->slices[file->num_slices++] =
			(struct snap_slice){0x80005000 + i * 0x20, slices[i].fobj, slices[i].offset,
					    fobj->pages, fobj->refcount};
	}
}

static void fixture_add_owners(struct snapshot *snapshot, struct snap_pmem *pmem, unsigned salt)
{
	pmem->owners = arena_alloc_array(snapshot->arena, 4, sizeof(struct snap_owner));
	for (uint32_t i = 0; i < FIXTURE_AREAS; i++) {
		const struct snap_area *area = &snapshot->areas[i];
		struct snap_owner *owner = &pmem->owners[pmem->num_owners];
		bool mapped = !pmem->hidden && (pmem->num_owners == 0 || (salt + i) % 3 != 0);

		if (area->fobj != pmem->fobj || pmem->page < area->fobj_page ||
		    pmem->page >= area->fobj_page + area->pages)
			continue;
		*owner = (struct snap_owner){
			i,
			area->context,
			area->base + (pmem->page - area->fobj_page) * 0x1000ull,
			mapped ? area->prot & (pmem->state == PMEM_STATE_CLEAN ? ~PROT_W : 7) : 0,
			true,
			0};
		pmem->num_owners++;
	}
}

/* Which (fobj, page) page frame I holds at MOMENT; false: it is free. */
static bool fixture_holds(uint32_t i, unsigned moment, uint32_t *fobj, uint32_t *page)
{
	uint32_t nth;

	if (i < 4) {
		*fobj = 9;
		*page = i;
		return true;
	}
	if (i >= 28)
		return false;
	nth = (i - 4 + (i % 5 == 0 ? moment : 0)) % 39;
	if (i % 5 == 0)
		nth = 24 + (nth + i) % 15; /* these come and go */
	else
		nth = i - 4;
	for (*fobj = 0; nth >= fixture_fobjs[*fobj].pages; (*fobj)++)
		nth -= fixture_fobjs[*fobj].pages;
	*page = nth;
	return true;
}

static void fixture_add_pmem(struct snapshot *snapshot, uint32_t frame, unsigned moment)
{
	struct snap_pmem *pmem = &snapshot->pmems[snapshot->num_pmems++];
	struct snap_fobj *fobj;

	*pmem = (struct snap_pmem){.id = 0x80008000 + frame * 0x40,
				   .pa = 0x41000000 + frame * 0x1000ull,
				   .pa_known = true,
				   .fobj = NONE};
	if (!fixture_holds(frame, moment, &pmem->fobj, &pmem->page)) {
		pmem->fobj = NONE;
		return;
	}
	for (uint32_t i = 0; i + 1 < snapshot->num_pmems; i++)
		if (snapshot->pmems[i].fobj == pmem->fobj &&
		    snapshot->pmems[i].page == pmem->page) {
			pmem->fobj = NONE; /* one page frame holds it already */
			return;
		}
	fobj = &snapshot->fobjs[pmem->fobj];
	pmem->state = pmem->fobj == 9                          ? PMEM_STATE_LOCKED
		      : !strcmp(fobj->kind, "rw") && frame % 2 ? PMEM_STATE_DIRTY
							       : PMEM_STATE_CLEAN;
	pmem->hidden = pmem->fobj != 9 && (frame + moment) % 4 == 0;
	fixture_add_owners(snapshot, pmem, frame + moment);
	fobj->resident[fobj->num_resident++] = pmem->page;
}

static int fixture_u32_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

enum { FIXTURE_EVENTS = 5 }; /* between one moment and the next */

static void fixture_make_events(struct snapshot *snapshot, unsigned moment)
{
	static const char *const kinds[FIXTURE_EVENTS] = {"fault", "load", "map", "get", "put"};

	snapshot->num_events = FIXTURE_EVENTS;
	snapshot->events_head = (moment + 1) * (uint64_t)FIXTURE_EVENTS;
	snapshot->events =
		arena_alloc_array(snapshot->arena, FIXTURE_EVENTS, sizeof(struct snap_event));
	for (unsigned i = 0; i < FIXTURE_EVENTS; i++) {
		uint64_t seq = moment * (uint64_t)FIXTURE_EVENTS + i + 1;

		snapshot->events[i] = (struct snap_event){
			.seq = seq,
			.time = seq * 100,
			.cpu = i % 2,
			.kind = kinds[i],
			.context = snapshot->contexts[seq % 3].id,
			.object = fixture_fobj_id(seq % FIXTURE_FOBJS),
			.page = i < 3 ? seq % 2 : NO_EVENT_PAGE,
			.va = i < 3 ? 0x40001000 + (seq % 2) * 0x1000 : 0,
			.detail = i >= 3 ? seq % 4 : 0,
			.where = i < 3 ? "pager_fault (pager.c:120)" : "area_add (area.c:67)",
			.path = "vm_map (vm.c:88) < loader_load (loader.c:31)"};
	}
}

struct snapshot *fixture_snapshot(unsigned moment)
{
	struct arena *arena = arena_create();
	struct snapshot *snapshot = arena ? arena_alloc(arena, sizeof(*snapshot)) : NULL;

	if (!snapshot)
		abort();
	snapshot->arena = arena;
	snapshot->capture = (struct capture){
		.elf = "target_pager.elf",
		.build_id = "",
		.profile = "target_pager",
		.source = "stub",
		.consistency = moment % 7 == 6 ? CONSISTENCY_TORN : CONSISTENCY_EXACT,
		.why = moment % 7 == 6 ? "the pager changed its lists while they were read" : "",
		.time = 1000.0 + moment * 0.5,
		.generation = moment + 1,
		.has_generation = true,
	};
	snapshot->num_counters = 2;
	snapshot->counters = arena_alloc_array(arena, 2, sizeof(struct snap_counter));
	snapshot->counters[0] = (struct snap_counter){"loads", 1234 + moment, false};
	snapshot->counters[1] = (struct snap_counter){"releases", moment, false};
	fixture_contexts(snapshot, moment);
	fixture_make_areas(snapshot);
	fixture_make_fobjs(snapshot, moment);
	fixture_make_files(snapshot);
	fixture_make_events(snapshot, moment);
	snapshot->pmems = arena_alloc_array(arena, FIXTURE_POOL, sizeof(struct snap_pmem));
	/* Oldest first; with time the order turns. Locked and free ones come last. */
	for (uint32_t i = 0; i < 24; i++)
		fixture_add_pmem(snapshot, 4 + (i * 5 + moment) % 24, moment);
	for (uint32_t i = 0; i < 4; i++)
		fixture_add_pmem(snapshot, i, moment);
	for (uint32_t i = 28; i < FIXTURE_POOL; i++)
		fixture_add_pmem(snapshot, i, moment);
	for (uint32_t i = 0; i < FIXTURE_FOBJS; i++)
		qsort(snapshot->fobjs[i].resident, snapshot->fobjs[i].num_resident, 4,
		      fixture_u32_compare);
	return snapshot;
}

struct snapshot *fixture_large(uint32_t count)
{
	struct arena *arena = arena_create();
	struct snapshot *snapshot = arena ? arena_alloc(arena, sizeof(*snapshot)) : NULL;

	if (!snapshot)
		abort();
	snapshot->arena = arena;
	snapshot->capture = (struct capture){
		.elf = "large.elf", .build_id = "", .profile = "", .source = "stub", .why = ""};
	snapshot->num_contexts = 1;
	snapshot->num_areas = snapshot->num_fobjs = snapshot->num_pmems = count;
	snapshot->contexts = arena_alloc_array(arena, 1, sizeof(struct snap_context));
	snapshot->areas = arena_alloc_array(arena, count, sizeof(struct snap_area));
	snapshot->fobjs = arena_alloc_array(arena, count, sizeof(struct snap_fobj));
	snapshot->pmems = arena_alloc_array(arena, count, sizeof(struct snap_pmem));
	snapshot->contexts[0] = (struct snap_context){
		.id = 0x100, .name = "large", .state = "alive", .num_areas = count};
	snapshot->contexts[0].areas = arena_alloc_array(arena, count, sizeof(uint32_t));
	for (uint32_t i = 0; i < count; i++) {
		struct snap_owner *owner = arena_alloc(arena, sizeof(*owner));
		uint32_t *resident = arena_alloc(arena, sizeof(*resident));
		struct snap_holder *holder = arena_alloc(arena, sizeof(*holder));

		if (!owner || !resident || !holder)
			abort();
		*owner = (struct snap_owner){.area = i, .va = i * 0x2000ull, .pte = PROT_R};
		owner->pte_known = true;
		*holder = (struct snap_holder){"area", 0x10000000 + i * 0x80ull, i, ""};
		snapshot->contexts[0].areas[i] = i;
		snapshot->areas[i] = (struct snap_area){.id = holder->id,
							.name = "",
							.base = i * 0x2000ull,
							.pages = 2,
							.fobj = i,
							.type = "ro",
							.prot = PROT_R};
		snapshot->fobjs[i] = (struct snap_fobj){.id = 0x20000000 + i * 0x60ull,
							.name = "",
							.kind = "ro",
							.pages = 2,
							.refcount = 1,
							.resident = resident,
							.num_resident = 1,
							.holders = holder,
							.num_holders = 1};
		snapshot->pmems[i] = (struct snap_pmem){.id = 0x30000000 + i * 0x40ull,
							.pa = (i * 7919ull % count) * 0x1000,
							.pa_known = true,
							.fobj = i,
							.state = PMEM_STATE_CLEAN,
							.owners = owner,
							.num_owners = 1};
	}
	return snapshot;
}
