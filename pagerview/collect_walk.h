/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk: all objects of the pager and who lists whom, found from the lists of a layout. Every
 * pointer may be garbage and every list may be endless: nodes are counted, cycles are seen, and
 * what could not be followed is told in a sentence. Knows classes of objects by number only.
 */
#ifndef PAGERVIEW_COLLECT_WALK_H
#define PAGERVIEW_COLLECT_WALK_H

#include "collect_value.h"
#include "model/arena.h"

/* One object of the target, found once however often it is listed. */
struct found {
	uint64_t addr;
	const struct layout_variant *variant; /* NULL: none of them */
	const struct layout_list *list; /* the first list it was found in; NULL: by a pointer */
	bool is_global;                 /* a list that no object owns has it */
	bool expanded;                  /* its variant, lists and pointers were read */
};

/* OBJECT (of class list->of) is listed by OWNER (of class list->in; NO_OWNER: a global list). */
struct listed {
	const struct layout_list *list;
	uint32_t owner, object;
	uint32_t order; /* of discovery: within one list the list's own */
};
#define NO_OWNER UINT32_MAX

struct walk {
	struct values values;
	struct arena *arena; /* for sentences; the snapshot's */
	struct found *objects[LAYOUT_MAX_OBJECTS];
	uint32_t num_objects[LAYOUT_MAX_OBJECTS], max_objects[LAYOUT_MAX_OBJECTS];
	struct listed *listed; /* after the walk by list, owner, order */
	uint32_t num_listed, max_listed;
	uint64_t *links; /* addresses of pointers that a scan need not wonder at: of lists, and of
			    members that say who holds what */
	uint32_t num_links, max_links;
	const char **cut; /* sentences, in the arena */
	uint32_t num_cut;
	uint64_t total; /* nodes and objects, against MAX_TOTAL */
	struct map *map;
	struct cursor *cursors;
	uint32_t num_cursors, max_cursors;
	bool has_global[LAYOUT_MAX_OBJECTS]; /* a list of all objects of the class */
	bool out_of_memory;
};

/* Prepare; then run. The arrays are freed by walk_deinit(). */
bool walk_init(struct walk *walk, const struct values *values, struct arena *arena);
void walk_deinit(struct walk *walk);
/* DEADLINE: monotonic time, seconds, at which it gives up with a sentence. False: connection gone.
 */
bool walk_run(struct walk *walk, double deadline, struct error *error);

/* Add a sentence on what is missing from the snapshot; the first few are kept, the rest counted. */
void walk_cut(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Index of the object of CLASS at ADDR, or UINT32_MAX. */
uint32_t walk_find(const struct walk *walk, unsigned int class, uint64_t addr);

/* The field that says ROLE of this object: of its variant, else of its class. */
const struct layout_field *walk_field(const struct walk *walk, unsigned int class,
				      const struct found *object, enum role role);
/*
 * There is a list of all fobjs or files, and this object of CLASS is not in it: it was freed, and
 * what lies there now is somebody else's. Known when the walk is over.
 */
bool walk_is_freed(const struct walk *walk, unsigned int class, const struct found *object);
/* What variant or list set for ROLE, or NULL. */
const struct layout_set *walk_set(const struct found *object, enum role role);

double walk_clock(void); /* monotonic, seconds */

#endif
