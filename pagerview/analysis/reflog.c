/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lives that go on are found by a hash of their address; the latest life at an address takes
 * its place there. Call paths are few: they are found by comparing with each.
 */
#include "reflog.h"

#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_SITES 65536u

struct reflog *reflog_create(void)
{
	struct reflog *reflog = calloc(1, sizeof(*reflog));

	if (!reflog)
		return NULL;
	reflog->arena = arena_create();
	reflog->by_id_size = 1024;
	reflog->by_id = calloc(reflog->by_id_size, sizeof(*reflog->by_id));
	if (reflog->arena && reflog->by_id)
		return reflog;
	reflog_destroy(reflog);
	return NULL;
}

void reflog_destroy(struct reflog *reflog)
{
	if (!reflog)
		return;
	for (uint32_t i = 0; i < reflog->num_lives; i++)
		free(reflog->lives[i].events);
	free(reflog->lives);
	free(reflog->sites);
	free(reflog->by_id);
	arena_destroy(reflog->arena);
	free(reflog);
}

/* Room for one more element: ARRAY grown to twice. False: out of memory. */
static bool make_room(void **array, uint32_t count, uint32_t *max, size_t size)
{
	uint32_t more = *max ? *max * 2 : 16;
	void *grown;

	if (count < *max)
		return true;
	grown = realloc(*array, more * size);
	if (!grown)
		return false;
	*array = grown;
	*max = more;
	return true;
}

/* ---- lives by address ---- */

static uint32_t *slot_of(const struct reflog *reflog, uint64_t id)
{
	uint32_t slot = (uint32_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	for (;; slot++) {
		uint32_t *place = &reflog->by_id[slot % reflog->by_id_size];

		if (!*place || reflog->lives[*place - 1].id == id)
			return place;
	}
}

static bool grow_slots(struct reflog *reflog)
{
	uint32_t *bigger;

	if (reflog->num_lives * 2 < reflog->by_id_size)
		return true;
	bigger = calloc((size_t)reflog->by_id_size * 2, sizeof(*bigger));
	if (!bigger)
		return false;
	free(reflog->by_id);
	reflog->by_id = bigger;
	reflog->by_id_size *= 2;
	for (uint32_t i = 0; i < reflog->num_lives; i++)
		*slot_of(reflog, reflog->lives[i].id) = i + 1;
	return true;
}

const struct reflog_life *reflog_find(const struct reflog *reflog, uint64_t id)
{
	uint32_t place = *slot_of(reflog, id);

	return place ? &reflog->lives[place - 1] : NULL;
}

static struct reflog_life *begin_life(struct reflog *reflog, uint64_t id)
{
	struct reflog_life *life;

	if (!make_room((void **)&reflog->lives, reflog->num_lives, &reflog->max_lives,
		       sizeof(*reflog->lives)) ||
	    !grow_slots(reflog))
		return NULL;
	life = &reflog->lives[reflog->num_lives++];
	*life = (struct reflog_life){.id = id, .name = "", .kind = ""};
	*slot_of(reflog, id) = reflog->num_lives;
	return life;
}

/* The life that goes on at ID; with IS_NEW, or where none does, a new one. */
static struct reflog_life *life_at(struct reflog *reflog, uint64_t id, bool is_new)
{
	uint32_t place = *slot_of(reflog, id);
	struct reflog_life *life = place ? &reflog->lives[place - 1] : NULL;

	if (!life || life->freed || (is_new && life->num_events))
		life = begin_life(reflog, id);
	if (life && is_new)
		life->born = true;
	return life;
}

/* ---- events ---- */

static bool site_find(struct reflog *reflog, const struct snap_event *event, uint32_t *site)
{
	for (*site = 0; *site < reflog->num_sites; (*site)++) {
		if (strcmp(reflog->sites[*site].where, event->where) == 0 &&
		    strcmp(reflog->sites[*site].path, event->path) == 0)
			return true;
	}
	if (reflog->num_sites == MAX_SITES ||
	    !make_room((void **)&reflog->sites, reflog->num_sites, &reflog->max_sites,
		       sizeof(*reflog->sites)))
		return false;
	reflog->sites[*site] = (struct reflog_site){arena_strndup(reflog->arena, event->where, 200),
						    arena_strndup(reflog->arena, event->path, 400)};
	if (!reflog->sites[*site].where || !reflog->sites[*site].path)
		return false;
	reflog->num_sites++;
	return true;
}

static bool add_reference(struct reflog *reflog, const struct snap_event *event, int sign,
			  bool is_new)
{
	struct reflog_life *life = life_at(reflog, event->object, is_new);
	uint32_t site;

	if (!life || !site_find(reflog, event, &site) ||
	    !make_room((void **)&life->events, life->num_events, &life->max_events,
		       sizeof(*life->events)))
		return false;
	life->events[life->num_events++] = (struct reflog_event){
		.seq = event->seq,
		.sign = sign,
		.count = is_new ? 1 : (uint32_t)event->detail,
		.is_new = is_new,
		.site = site,
	};
	reflog->num_events++;
	return true;
}

static bool add_event(struct reflog *reflog, const struct snap_event *event)
{
	bool is_new = strcmp(event->kind, "new") == 0;
	struct reflog_life *life;

	reflog->seen++;
	if (!reflog->first_seq)
		reflog->first_seq = event->seq;
	if (!event->object)
		return true;
	if (strcmp(event->kind, "free") == 0) {
		life = life_at(reflog, event->object, false);
		if (life)
			life->freed = true;
		return life != NULL;
	}
	if (!is_new && strcmp(event->kind, "get") != 0 && strcmp(event->kind, "put") != 0)
		return true;
	if (reflog->num_events == REFLOG_MAX_EVENTS) {
		reflog->lost++;
		return true;
	}
	return add_reference(reflog, event, strcmp(event->kind, "put") == 0 ? -1 : 1, is_new);
}

/* ---- names ---- */

static void name_life(struct reflog *reflog, uint64_t id, const char *name, const char *kind)
{
	uint32_t place = *slot_of(reflog, id);
	struct reflog_life *life = place ? &reflog->lives[place - 1] : NULL;

	if (!life || life->freed || strcmp(life->name, name) == 0)
		return;
	life->name = arena_strndup(reflog->arena, name, 64) ?: "";
	life->kind = arena_strndup(reflog->arena, kind, 32) ?: "";
}

static void add_names(struct reflog *reflog, const struct snapshot *names)
{
	for (uint32_t i = 0; i < names->num_fobjs; i++)
		name_life(reflog, names->fobjs[i].id, names->fobjs[i].name, names->fobjs[i].kind);
	for (uint32_t i = 0; i < names->num_files; i++) {
		char tag[32] = "file ";

		strncat(tag, names->files[i].tag, 12);
		name_life(reflog, names->files[i].id, tag, "file");
	}
}

void reflog_add(struct reflog *reflog, const struct snapshot *batch, const struct snapshot *names)
{
	reflog->lost += batch->events_lost;
	for (uint32_t i = 0; i < batch->num_events && !reflog->failed; i++)
		reflog->failed = !add_event(reflog, &batch->events[i]);
	if (names)
		add_names(reflog, names);
}
