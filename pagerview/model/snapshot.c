/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups in a snapshot. fobjs are sorted by id; the other lists keep the target's order, so they
 * are searched from the front: this serves a person's question, not an inner loop.
 */
#include "snapshot.h"

#include "arena.h"

struct snapshot *snapshot_create(void)
{
	struct arena *arena = arena_create();
	struct snapshot *snapshot = arena ? arena_alloc(arena, sizeof(*snapshot)) : NULL;

	if (!snapshot) {
		arena_destroy(arena);
		return NULL;
	}
	snapshot->arena = arena;
	return snapshot;
}

void snapshot_destroy(struct snapshot *snapshot)
{
	if (snapshot)
		arena_destroy(snapshot->arena); /* the snapshot itself lives in it */
}

uint32_t snapshot_find_area(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (snapshot->areas[i].id == id)
			return i;
	}
	return NONE;
}

uint32_t snapshot_find_fobj(const struct snapshot *snapshot, uint64_t id)
{
	uint32_t low = 0, high = snapshot->num_fobjs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (snapshot->fobjs[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < snapshot->num_fobjs && snapshot->fobjs[low].id == id ? low : NONE;
}

uint32_t snapshot_find_context(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		if (snapshot->contexts[i].id == id)
			return i;
	}
	return NONE;
}

uint32_t snapshot_find_pmem_pa(const struct snapshot *snapshot, uint64_t pa)
{
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		if (snapshot->pmems[i].pa_known && snapshot->pmems[i].pa == pa)
			return i;
	}
	return NONE;
}

const struct snap_pointers *snapshot_find_pointers(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; i < snapshot->num_pointers; i++) {
		if (snapshot->pointers[i].object == id)
			return &snapshot->pointers[i];
	}
	return NULL;
}

const char *consistency_name(enum consistency consistency)
{
	switch (consistency) {
	case CONSISTENCY_EXACT:
		return "exact";
	case CONSISTENCY_TORN:
		return "torn";
	case CONSISTENCY_PARTIAL:
		return "partial";
	}
	return "torn";
}

const char *pmem_state_name(enum snap_pmem_state state)
{
	switch (state) {
	case PMEM_STATE_FREE:
		return "free";
	case PMEM_STATE_CLEAN:
		return "clean";
	case PMEM_STATE_DIRTY:
		return "dirty";
	case PMEM_STATE_LOCKED:
		return "locked";
	}
	return "free";
}
