/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot in the making, from what the walk found; only the collector's. Each part has a file:
 * spaces, fobjs, pages, holders. A part reads from the cache alone and asks it for what is not
 * there yet, so the whole is made again once that has come. All return false when memory is out.
 */
#ifndef PAGERVIEW_COLLECT_BUILD_H
#define PAGERVIEW_COLLECT_BUILD_H

#include "analysis/ledger.h"
#include "collect_walk.h"
#include "model/snapshot.h"

/* The snapshot being made. Arrays map the walk's objects to the snapshot's. */
struct builder {
	struct walk walk;
	struct snapshot *snapshot;
	struct arena *arena;
	uint32_t *context_of, *area_of, *fobj_of, *file_of;
	uint32_t *area_fobj; /* by snapshot area: the walk's fobj, or NONE */
	uint64_t *area_leaf; /* by snapshot area: its leaf tables */
	uint64_t *roots;     /* by snapshot context: physical address of its first table */
	bool *has_root;
	uint32_t *fobj_areas; /* snapshot areas, those of each fobj together */
	uint32_t *fobj_first; /* by fobj: where its areas begin; one more at the end */
	/* By kind of holder, as the walk has them: the snapshot context that lists it, or NONE. */
	uint32_t *listed_by[LAYOUT_MAX_OBJECTS];
	struct ledger_entry *entries;
	uint32_t num_entries, max_entries;
	uint64_t told; /* the object of which was told last that something cannot be read */
	double deadline;
	struct error *error;
};

/* ---- collect_build.c: members of objects ---- */

/* What OBJECT of CLASS has for ROLE. False, and 0: nothing, or it could not be read, and is told.
 */
bool builder_number(struct builder *builder, unsigned int class, const struct found *object,
		    enum role role, uint64_t *number);
/* The same as text in the arena; "" for nothing. */
const char *builder_text(struct builder *builder, unsigned int class, const struct found *object,
			 enum role role);
/* A number that must fit 32 bits: what does not is garbage, and is told; 0 then. */
uint32_t builder_number32(struct builder *builder, unsigned int class, const struct found *object,
			  enum role role);
/* The same of a number up to MOST_COUNTED. */
uint64_t builder_count(struct builder *builder, unsigned int class, const struct found *object,
		       enum role role);
/* Ask for every field of every object, so that all of them are fetched together. */
void builder_touch_fields(const struct builder *builder);
/* Fetch what is pending; false when nothing is, when it is time to stop, or with builder->error. */
bool builder_fetch(struct builder *builder);

/* COUNT indexes and one more, all NONE; the arena's. NULL: out of memory. */
uint32_t *builder_index(struct builder *builder, uint32_t count);
struct by_addr {
	uint64_t addr;
	uint32_t object;
};
/* A class's objects by address; num_objects of them, the arena's. NULL: out of memory. */
struct by_addr *builder_by_address(struct builder *builder, unsigned int class);

/* All but the tables, then the ledger over it: the parts below in their order. */
bool builder_objects(struct builder *builder);

/* ---- the parts ---- */

/* collect_spaces.c */
bool builder_contexts(struct builder *builder);
bool builder_areas(struct builder *builder);
/* Where a profile does not tell an area's type, its fobj and its protection do. */
void builder_types(struct snapshot *snapshot);
/* collect_fobjs.c; after the areas */
bool builder_fobjs(struct builder *builder);
/* collect_pages.c; after the fobjs. Then, apart, the table entries of every owner. */
bool builder_pages(struct builder *builder);
void builder_tables(struct builder *builder);
/* collect_holders.c; after the fobjs. Then every reference that somebody holds, as entries. */
bool builder_files(struct builder *builder);
bool builder_holders(struct builder *builder);

#endif
