/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scene: one snapshot with everything that views look up in it, worked out once per snapshot:
 * objects by address, the page behind each (fobj, index), who changed since an earlier snapshot.
 * Immutable once built. Knows no screen.
 */
#ifndef PAGERVIEW_UI_SCENE_H
#define PAGERVIEW_UI_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "../model/live.h"
#include "../model/snapshot.h"
#include "text.h"

enum object_kind {
	OBJECT_NONE,
	OBJECT_CONTEXT,
	OBJECT_AREA,
	OBJECT_FOBJ,
	OBJECT_PMEM,
	OBJECT_FILE,
	OBJECT_SLICE,  /* id: of the file; sub: which one */
	OBJECT_EVENT,  /* id: its number */
	OBJECT_ROW,    /* of the growth; id: its number, from 1 */
	OBJECT_ABSENT, /* a page that is not in the pool; id: of its fobj; sub: which one */
	NUM_OBJECT_KINDS
};

/* An object by its address in the target: outlives the snapshot it was seen in. */
struct ref {
	enum object_kind kind;
	uint64_t id;
	uint32_t sub;
};
#define REF_NONE ((struct ref){OBJECT_NONE, 0, 0})

static inline bool ref_equal(struct ref a, struct ref b)
{
	return a.kind == b.kind && a.id == b.id && a.sub == b.sub;
}

/* A row of the address spaces: a context, or an area of it. */
struct space_row {
	uint32_t context;
	uint32_t area; /* NONE: the context's own row */
};

enum change {
	CHANGE_NONE,
	CHANGE_NEW,      /* was not there */
	CHANGE_MODIFIED, /* was there, and differs */
};

struct pool_counts {
	uint32_t total, free, clean, dirty, locked,
		hidden;  /* hidden: of clean or dirty, not both */
	uint32_t shared; /* mapped or mappable by more than one area */
};

/* The target's console as far as it is kept. */
struct scene_log {
	char **lines;
	uint32_t count;
	uint64_t first;   /* number of lines[0] since the start */
	uint64_t version; /* counts changes */
};

/* Contents to look at: of a page of the pool, or of what the store has of the page that is in it.
 */
struct page_place {
	uint64_t pa;
	bool stored;
	uint64_t fobj; /* address; 0: the page is free */
	uint32_t page;
};

static inline bool page_place_equal(const struct page_place *a, const struct page_place *b)
{
	return a->pa == b->pa && a->stored == b->stored && a->fobj == b->fobj && a->page == b->page;
}

/* What a page of the pool held when it was last read. */
#define CONTENTS_PER_ROW 16 /* bytes of a page */
struct scene_page {
	struct page_place place;
	bool wanted; /* somebody looks at it */
	bool known;
	bool wide; /* there is room for twice as much of it in a row */
	uint8_t bytes[LIVE_PAGE];
	char why[200]; /* it is not known */
	uint64_t version;
};

struct event_log;
struct rounds;

struct scene {
	const struct snapshot *snapshot;
	uint64_t serial; /* tells scenes apart where their addresses do not */
	struct pool_counts pool;
	struct space_row *spaces;
	uint32_t num_spaces;
	uint32_t *by_pa;                /* all pmems by physical address */
	const struct scene_log *log;    /* set by the owner of the scene; may be NULL */
	const struct event_log *events; /* likewise */
	const struct scene_page *page;  /* likewise */
	struct rounds *rounds;          /* likewise */
	struct scene_index *index;      /* scene.c's own */
	uint8_t *
		changes[NUM_OBJECT_KINDS]; /* enum change by index; NULL: nothing to compare with */
	struct {
		uint32_t added, modified, gone;
	} changed; /* how many objects, of all kinds */
};

/*
 * The scene of SNAPSHOT, which must outlive it; BEFORE (may be NULL) is what changes are relative
 * to and is not kept. NULL when memory is out.
 */
struct scene *scene_create(const struct snapshot *snapshot, const struct snapshot *before);
void scene_destroy(struct scene *scene); /* NULL is allowed */

/* Index in the snapshot's array of the kind, or NONE. */
uint32_t scene_find(const struct scene *scene, struct ref ref);
struct ref scene_ref(const struct scene *scene, enum object_kind kind, uint32_t index);
/* The pmem that holds that page of a fobj, or NONE. */
uint32_t scene_page(const struct scene *scene, uint32_t fobj, uint32_t page);
/*
 * The page of the pool that REF is or, if it is made of pages, the first of them that is there, or
 * NONE. FOBJ is set to the fobj whose pages they are, NONE where REF has none.
 */
uint32_t scene_first_page(const struct scene *scene, struct ref ref, uint32_t *fobj);
/* The object with that address, of whatever kind; REF_NONE when it is no longer there. */
struct ref scene_object_at(const struct scene *scene, uint64_t id);
/* Of an event: the page or object that it is about, REF_NONE when that is gone; else REF itself. */
struct ref scene_event_object(const struct scene *scene, struct ref ref);
/* Row of a context (area NONE) or an area among the spaces, or NONE. */
uint32_t scene_space_row(const struct scene *scene, struct ref ref);
/* Where a holder leads; REF_NONE when to nothing that is shown. */
struct ref scene_holder_ref(const struct scene *scene, const struct snap_holder *holder);
enum change scene_change(const struct scene *scene, struct ref ref);
/* What the tables of the area's context say of one page of it; NULL when the page is not in. */
const struct snap_owner *scene_owner(const struct scene *scene, uint32_t area, uint32_t pmem);

/* Names as shown: the object's own, or its kind and address. Appended to TEXT. */
void scene_add_context(const struct scene *scene, uint32_t context, struct text *text);
void scene_add_area(const struct scene *scene, uint32_t area, struct text *text);
void scene_add_fobj(const struct scene *scene, uint32_t fobj, struct text *text);
void scene_add_ref(const struct scene *scene, struct ref ref, struct text *text);
const char *object_kind_name(enum object_kind kind);

#endif
