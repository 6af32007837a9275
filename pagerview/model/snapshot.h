/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot: what the pager's lists held at one moment. One arena, immutable once built: arrays of
 * objects that refer to each other by index, so it can be kept, compared and written out at will.
 * Knows no target, no screen. NONE stands for a reference to nothing. The names are the JSON's.
 */
#ifndef PAGERVIEW_SNAPSHOT_H
#define PAGERVIEW_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE UINT32_MAX /* an index that points at nothing */
/* No count is larger: what counts more is garbage, and readers of JSON would not keep it exactly.
 */
#define MOST_COUNTED (UINT64_C(1) << 53)

enum consistency {
	CONSISTENCY_EXACT,   /* a safe point, or a guard that held */
	CONSISTENCY_TORN,    /* read while it changed: `why` says how */
	CONSISTENCY_PARTIAL, /* something could not be read: `why` says what */
};

/* Facts of the taking of a snapshot. Strings are the snapshot's, never NULL. */
struct capture {
	const char *elf, *build_id, *profile;
	const char *source; /* "stub", "local", "core" or "file" */
	enum consistency consistency;
	const char *why;   /* why not exact, or what held; one line */
	uint64_t slide;    /* added to the ELF's addresses */
	uint64_t stop_pc;  /* 0: the target was not stopped */
	uint64_t pause_us; /* how long the target stood still for this */
	uint64_t packets, bytes;
	double time;         /* seconds since the epoch */
	uint64_t generation; /* the pager's count of changes; 0: it has none */
	bool has_generation;
	uint64_t scanned;   /* bytes that were scanned for pointers; 0: no scan was made */
	uint64_t unscanned; /* bytes that should have been, and could not be */
	uint32_t step;      /* of its scenario, from 1, that it was taken at; 0: none, or unknown */
};

enum context_kind { CONTEXT_USER, CONTEXT_CORE, CONTEXT_PSEUDO };

struct snap_context {
	uint64_t id;       /* address of the object in the target */
	const char *name;  /* "A greeter", a UUID, "core" */
	const char *state; /* "alive", "dead", "busy" ..., "" unknown */
	enum context_kind kind;
	uint32_t asid;
	uint32_t *areas; /* indices of areas, in the target's order */
	uint32_t num_areas;
	bool sorted;     /* the target keeps its areas by their base */
	uint64_t faults; /* 0 where the target does not count them */
};

enum { PROT_R = 1, PROT_W = 2, PROT_X = 4 };

struct snap_area {
	uint64_t id;
	const char *name; /* "" unknown */
	uint32_t context;
	uint64_t base; /* virtual address, bytes */
	uint32_t pages;
	uint32_t fobj;
	uint32_t fobj_page;
	const char *type;    /* "ro", "rw", "lock" */
	uint8_t prot;        /* PROT_* bits */
	bool not_in_context; /* its context (NONE then) does not list it */
	bool not_in_fobj;    /* its fobj does not list it */
};

/* Something that holds a counted reference of a fobj or a file, by name. */
struct snap_holder {
	const char *kind; /* "area", "slice", "handle", "mapping", "context", "fobj" ... */
	uint64_t id;      /* address of the holder in the target */
	uint32_t index;   /* of the area or file, where it is one; else NONE */
	const char *name; /* "A.text", "shm S", "loader B" */
};

struct snap_fobj {
	uint64_t id;
	const char *name; /* "" unknown */
	const char *kind; /* "ro", "ro-reloc", "rw", "locked", "unpaged"; "" unknown */
	uint32_t pages;
	int64_t refcount;
	uint32_t *resident; /* page indices, ascending */
	uint32_t num_resident;
	struct snap_holder *holders;
	uint32_t num_holders;
	int64_t surplus; /* refcount - num_holders */
	uint64_t evictions;
	bool unlisted;   /* freed: there is a list of all fobjs, and it is not in it */
	bool unreadable; /* freed, or its count or size could not be read: both are 0 then */
};

enum snap_pmem_state { PMEM_STATE_FREE, PMEM_STATE_CLEAN, PMEM_STATE_DIRTY, PMEM_STATE_LOCKED };

/* An area that covers the page; `pte` is what its context's tables say now. */
struct snap_owner {
	uint32_t area, context;
	uint64_t va;
	uint8_t pte;     /* PROT_* bits; 0: not mapped there ("---") */
	bool pte_known;  /* false: the tables could not be read */
	uint64_t pte_pa; /* what it is mapped to there; 0 where it is not */
};

struct snap_pmem {
	uint64_t id;
	uint64_t pa; /* physical address, bytes */
	bool pa_known;
	uint32_t fobj;
	uint32_t page; /* page index within the fobj */
	enum snap_pmem_state state;
	bool hidden;
	struct snap_owner *owners;
	uint32_t num_owners;
};

struct snap_slice {
	uint64_t id;
	uint32_t fobj;
	uint32_t page_offset;
	uint32_t pages;
	int64_t refcount; /* of its fobj */
};

struct snap_file {
	uint64_t id;
	const char *tag; /* hex */
	int64_t refcount;
	struct snap_holder *holders;
	uint32_t num_holders;
	int64_t surplus;
	struct snap_slice *slices;
	uint32_t num_slices;
	bool unlisted; /* freed: there is a list of all files, and it is not in it; all else is 0 */
};

struct snap_counter {
	const char *name; /* "loads", "faults.hidden" ... */
	uint64_t value;
	bool is_level; /* how much there is of something, and not how often something was done */
};

/* Something that the pager did, from the target's own ring of events. */
struct snap_event {
	uint64_t seq;  /* counted by the target, from 1 */
	uint64_t time; /* in the target's own unit; 0 where it has none */
	uint32_t cpu;
	const char *kind; /* "fault", "load", "map", "get", "put", "new", "free" ...; "" unknown */
	uint64_t context, object; /* addresses in the target; 0: none */
	uint64_t page;            /* within the object, or NO_EVENT_PAGE */
	uint64_t va;              /* 0: none */
	uint64_t detail;          /* of a get or put: the count afterwards */
	uint64_t caller;          /* return address; 0: none */
	const char *where;        /* the caller: "area_add (area.c:67)"; "" unknown */
	const char *path;         /* who called the caller, likewise, joined by " < "; "" unknown */
};
#define NO_EVENT_PAGE UINT64_MAX

/* A list whose nodes the target counts. */
struct snap_list {
	uint64_t id; /* address of its head */
	const char *name;
	uint64_t nodes, counted; /* in it; by the target's own count */
};

/* A translation table of a context, and how many of its entries map or lead on. */
struct snap_table {
	uint64_t id;
	uint32_t context; /* NONE: it cannot be told */
	uint64_t base;    /* first virtual address */
	uint32_t used;    /* as the target counts them */
	uint32_t entries; /* as they are */
};

/* An entry that maps a page of the pool for which no area of that context is an owner. */
struct snap_stray {
	uint64_t table; /* id of the table it is in */
	uint32_t context;
	uint64_t va, pa;
	uint8_t pte; /* PROT_* bits */
};

/*
 * What a conservative scan of the core's data, heap and stacks saw of an object whose count does
 * not add up, or that nothing lists: pointers to anywhere inside it, but for those whose reason is
 * known (lists, holders) and its own.
 */
struct snap_pointers {
	uint64_t object; /* address of the fobj or file */
	uint32_t count;
	const char **places; /* the first of them: "pager_state+0x10", "stack of thread B+0x3e8" */
	uint32_t num_places;
};

/* Memory in the heap that is a fobj by its table of functions, and that no list leads to. */
struct snap_lost {
	uint64_t id;
	const char *name, *kind; /* "" unknown */
	uint32_t pages;
	int64_t refcount;
};

struct snap_finding {
	const char *rule, *severity, *object, *message, *confidence;
};

struct snapshot {
	struct capture capture;
	struct snap_context *contexts;
	struct snap_area *areas;
	struct snap_fobj *fobjs; /* by id */
	struct snap_pmem *pmems; /* in eviction order, oldest first; then locked, then free */
	struct snap_file *files; /* by id */
	struct snap_counter *counters;
	struct snap_finding *findings;
	struct snap_pointers *pointers; /* by object */
	struct snap_lost *lost;         /* by id */
	uint32_t num_pointers, num_lost;
	struct snap_list *lists;
	uint32_t num_lists;
	struct snap_table *tables; /* where they were looked through */
	struct snap_stray *strays;
	uint32_t num_tables, num_strays;
	uint32_t num_contexts, num_areas, num_fobjs, num_pmems, num_files, num_counters,
		num_findings;
	/* Since the previous snapshot of the same session, oldest first; at the first one all there
	 * are. */
	struct snap_event *events;
	uint32_t num_events;
	uint64_t events_lost; /* overwritten in the target before they were read, or torn */
	uint64_t events_head; /* how many the target ever wrote; 0: it has no ring */
	const char **cut;     /* lists that were cut or unreadable, one sentence each */
	uint32_t num_cut;
	struct arena *arena; /* owns everything above */
};

/* An empty one. NULL: out of memory. */
struct snapshot *snapshot_create(void);
void snapshot_destroy(struct snapshot *snapshot); /* NULL is allowed */

/* Index of the object with that target address, or NONE. */
uint32_t snapshot_find_area(const struct snapshot *snapshot, uint64_t id);
uint32_t snapshot_find_fobj(const struct snapshot *snapshot, uint64_t id);
uint32_t snapshot_find_context(const struct snapshot *snapshot, uint64_t id);
/* What the scan saw of the object at ID; NULL: it was not asked for, or there was no scan. */
const struct snap_pointers *snapshot_find_pointers(const struct snapshot *snapshot, uint64_t id);
uint32_t snapshot_find_pmem_pa(const struct snapshot *snapshot, uint64_t pa);

const char *consistency_name(enum consistency consistency); /* "exact", "torn", "partial" */
const char *pmem_state_name(enum snap_pmem_state state);    /* "free", "clean", ... */

#endif
