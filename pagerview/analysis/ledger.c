/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries are counted first, then each object gets exactly the room it needs.
 */
#include "ledger.h"

#include "../model/arena.h"

static uint32_t *holder_count(struct snapshot *snapshot, const struct ledger_entry *entry,
			      struct snap_holder ***holders)
{
	if (entry->of_file && entry->object < snapshot->num_files) {
		*holders = &snapshot->files[entry->object].holders;
		return &snapshot->files[entry->object].num_holders;
	}
	if (!entry->of_file && entry->object < snapshot->num_fobjs) {
		*holders = &snapshot->fobjs[entry->object].holders;
		return &snapshot->fobjs[entry->object].num_holders;
	}
	return NULL;
}

static bool make_room(struct snapshot *snapshot, const struct ledger_entry *entries, uint32_t count)
{
	struct snap_holder **holders;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t *num = holder_count(snapshot, &entries[i], &holders);

		if (num)
			(*num)++;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t *num = holder_count(snapshot, &entries[i], &holders);

		if (!num || *holders)
			continue;
		*holders = arena_alloc_array(snapshot->arena, *num, sizeof(**holders));
		if (!*holders)
			return false;
		*num = 0;
	}
	return true;
}

bool ledger_fill(struct snapshot *snapshot, const struct ledger_entry *entries, uint32_t count)
{
	if (!make_room(snapshot, entries, count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct snap_holder **holders;
		uint32_t *num = holder_count(snapshot, &entries[i], &holders);

		if (num)
			(*holders)[(*num)++] = entries[i].holder;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		struct snap_fobj *fobj = &snapshot->fobjs[i];

		fobj->surplus = fobj->unreadable ? 0 : fobj->refcount - fobj->num_holders;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		struct snap_file *file = &snapshot->files[i];

		file->surplus = file->unlisted ? 0 : file->refcount - file->num_holders;
	}
	return true;
}
