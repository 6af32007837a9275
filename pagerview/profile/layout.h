/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A layout: a profile worked out against one ELF. For every role of every object it says at which
 * offset, behind which pointers and of what size the value lies, or that this ELF does not have it.
 * Addresses are as linked: whoever reads adds the slide. Knows profiles and DWARF; reads no memory.
 */
#ifndef PAGERVIEW_LAYOUT_H
#define PAGERVIEW_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../dwarf/dwarf_info.h"
#include "../error.h"
#include "profile.h"

/* What a member can be to the pager. The names are the profiles' keys. */
#define ROLE_LIST(X)                                                                               \
	X(NAME, "name")       /* for people */                                                     \
	X(PROGRAM, "program") /* what a context runs; for people */                                \
	X(STATE, "state")     /* of a context or a page, a word */                                 \
	X(KIND, "kind")       /* of a fobj or a holder, a word */                                  \
	X(ASID, "asid")                                                                            \
	X(FAULTS, "faults")         /* aborts handled for a context */                             \
	X(TABLE_ROOT, "table_root") /* physical address of a context's first table */              \
	X(BASE, "base")             /* first virtual address of an area */                         \
	X(PAGES, "pages")           /* of an area, a fobj, a slice */                              \
	X(PROT, "prot")             /* letters out of "rwx" */                                     \
	X(TYPE, "type")             /* of an area: "ro", "rw", "lock" */                           \
	X(FOBJ, "fobj")             /* pointer to a fobj */                                        \
	X(FOBJ_PAGE, "fobj_page")   /* page of the fobj at an area's base */                       \
	X(REFCOUNT, "refcount")                                                                    \
	X(EVICTIONS, "evictions")                                                                  \
	X(SOURCE, "source")           /* a fobj that a fobj holds a reference of */                \
	X(PAGE, "page")               /* page index of a physical page within its fobj */          \
	X(PA, "pa")                   /* physical address */                                       \
	X(DIRTY, "dirty")             /* not 0: written since it was loaded */                     \
	X(HIDDEN, "hidden")           /* not 0: hidden to learn whether it is used */              \
	X(TAG, "tag")                 /* bytes that name a file */                                 \
	X(FILE, "file")               /* pointer to a file */                                      \
	X(PAGE_OFFSET, "page_offset") /* of a slice within its file */                             \
	X(USED, "used")   /* valid entries of a translation table, as it counts them */            \
	X(SPACE, "space") /* of a table: pointer into the context whose it is */                   \
	X(ALIAS, "alias") /* where the core itself maps a physical page */                         \
	X(LEAF_TABLES, "leaf_tables") /* of an area: pointer to a table, or to pointers to them */

enum role {
#define X(name, key) ROLE_##name,
	ROLE_LIST(X)
#undef X
		ROLE_COUNT
};

#define LAYOUT_MAX_HOPS 4 /* pointers crossed on the way to a value */

/* How a value's bits become what is shown. */
enum field_form {
	FIELD_NUMBER,
	FIELD_WORDS, /* the word of the value that equals it */
	FIELD_BITS,  /* the words of all masks that are set, one after the other */
	FIELD_MASK,  /* 1 where any bit of the mask is set, else 0 */
	FIELD_TEXT,  /* an array of characters */
	FIELD_HEX,   /* bytes as hex digits */
	FIELD_UUID,  /* 16 bytes: 4-2-2 little-endian words, then 8 bytes */
};

struct layout_word {
	uint64_t value;
	bool is_address; /* of a symbol, as linked */
	const char *text;
};

struct layout_field {
	bool present;
	const char *path;                     /* the alternative that was found, or the first one */
	unsigned int num_hops;                /* pointers crossed */
	uint64_t offset[LAYOUT_MAX_HOPS + 1]; /* bytes from the object, then behind each pointer */
	uint64_t size;                        /* bytes, 1 .. 8 for numbers, 1 .. 64 for bytes */
	unsigned int bit_offset, bit_size;
	bool is_signed;
	uint64_t divide; /* of numbers: 1, or bytes per page */
	uint64_t mask;
	enum field_form form;
	struct layout_word *words;
	unsigned int num_words;
	struct layout_field *length; /* of bytes: how many count; NULL: all */
};

/* A constant that an object has by the list it is in or the variant it is of. */
struct layout_set {
	enum role role;
	const char *text;
	uint64_t number;
};
#define LAYOUT_MAX_SETS 4

/* An object that sits inside a larger one, told by a value in it. */
struct layout_variant {
	bool present;
	struct layout_field when; /* FIELD_WORDS: this variant if any word equals */
	uint64_t inside;          /* bytes from the larger object to ours */
	const char *type;
	struct layout_field
		fields[ROLE_COUNT]; /* offsets from our object; `present` where it adds */
	struct layout_set sets[LAYOUT_MAX_SETS];
	unsigned int num_sets;
};

enum object_class {
	OBJECT_CONTEXT,
	OBJECT_AREA,
	OBJECT_FOBJ,
	OBJECT_PMEM,
	OBJECT_FILE,
	OBJECT_SLICE,
	OBJECT_HOLDER, /* the first kind of holder; more follow */
};
#define LAYOUT_MAX_HOLDERS 4
#define LAYOUT_MAX_OBJECTS (OBJECT_HOLDER + LAYOUT_MAX_HOLDERS)

struct layout_object {
	bool present;
	const char *name; /* "pmem", or the holder's own: "handle" */
	const char *type; /* as DWARF has it */
	uint64_t size;    /* bytes */
	struct layout_field fields[ROLE_COUNT];
	struct layout_variant *variants;
	unsigned int num_variants;
};

enum list_kind {
	LIST_CHAIN, /* the head holds the first node's address, the link the next one's; NULL ends
		     */
	LIST_ARRAY, /* nodes one after the other */
	LIST_POINTERS, /* pointers one after the other; NULL ones are skipped */
};

struct layout_list {
	bool present;
	const char *label; /* for messages: "pmem_hidden", "context vm.areas" */
	unsigned int of;   /* index of the class of what is listed */
	bool is_owned;     /* in every object of class `in`; else one, at a symbol */
	unsigned int in;
	const struct layout_variant *variant; /* only in objects of this variant; NULL: in all */
	struct layout_field head; /* the first pointer; of arrays: the place of the first element */
	uint64_t symbol;          /* of a global list: where `head` counts from, as linked */
	enum list_kind kind;
	uint64_t next;   /* of chains: bytes from a node to its link */
	bool is_double;  /* of chains: behind each link lies one backwards */
	bool has_tail;   /* of chains: behind the head lies where the last link is */
	uint64_t stride; /* of arrays: bytes from one element to the next */
	bool has_count;  /* of arrays: `count` says how many, else `fixed_count` */
	struct layout_field count;
	uint64_t count_symbol;
	uint64_t fixed_count;
	bool is_sorted;  /* areas of a context lie in it by their base */
	bool has_length; /* of global ones: the target counts their nodes, in a variable */
	struct layout_field length;
	uint64_t length_symbol;
	bool has_via; /* the node is not the object: it points to it */
	struct layout_field via;
	bool holds;     /* being listed is a counted reference by the object it is in */
	bool is_static; /* areas of a context that is no object: the core's own */
	struct layout_set sets[LAYOUT_MAX_SETS];
	unsigned int num_sets;
};

struct layout_counter {
	const char *name;
	uint64_t symbol;
	struct layout_field field;
	bool is_level; /* one of the profile's "levels" */
};

/* What a member of an event of the target's ring can be. The names are the profiles' keys. */
#define EVENT_ROLE_LIST(X)                                                                         \
	X(SEQ, "seq")   /* its number, counted from 1; 0 or another one while it is written */     \
	X(TIME, "time") /* in the target's own unit */                                             \
	X(CPU, "cpu")                                                                              \
	X(KIND, "kind") /* a word; "get", "put", "new" and "free" are those of references */       \
	X(CONTEXT, "context")                                                                      \
	X(OBJECT, "object") /* address of a fobj or file */                                        \
	X(PAGE, "page")     /* within the object; all ones: none */                                \
	X(VA, "va")                                                                                \
	X(CALLER, "caller") /* return address */                                                   \
	X(PATH, "path")     /* an array: who called the caller, innermost first, 0 ends */         \
	X(DETAIL, "detail")

enum event_role {
#define X(name, key) EVENT_ROLE_##name,
	EVENT_ROLE_LIST(X)
#undef X
		EVENT_ROLE_COUNT
};

#define LAYOUT_MAX_EVENTS     65536u /* entries of a ring */
#define LAYOUT_MAX_EVENT_SIZE 512u   /* bytes of an entry */

/* A ring of events: entry N, from 1, is in place (N - 1) modulo `num_entries`. */
struct layout_events {
	bool present;
	uint64_t ring, head; /* symbols as linked; the head holds how many were ever written */
	uint64_t head_size;  /* bytes, 4 or 8 */
	uint64_t entry_size; /* bytes */
	uint32_t num_entries;
	uint32_t path_len; /* elements of `path` */
	struct layout_field fields[EVENT_ROLE_COUNT];
};

/*
 * Where objects with these operations keep their pages while those are not in memory, or the copy
 * of them while they are: page N at N pages behind a place.
 */
struct layout_store {
	uint64_t ops;  /* as linked: what the object's operations are */
	bool is_index; /* `place` counts pages from `base`, else it is an address */
	struct layout_field place;
	struct layout_counter base;
	bool physical; /* addresses are physical */
	/* If present, of the first page, or of all that an index counts: 0, never saved. */
	struct layout_field saved;
	uint64_t saved_symbol; /* of an index: what `saved` counts from, as linked */
	uint64_t saved_size;   /* bytes from one page's to the next one's */
};
#define LAYOUT_MAX_STORES 8u

enum table_format {
	TABLES_NONE,
	TABLES_AARCH64_4K, /* and AArch32's long descriptors, which are the same at this level */
	TABLES_ARM_SHORT,
};

/* Translation tables: by a context's root (the role table_root), or leaf by leaf from its areas. */
struct layout_tables {
	enum table_format format;
	unsigned int va_bits; /* 25 .. 48, for walks from a root; 0: no such walks */
	bool has_leaf;
	unsigned int leaf_shift; /* one leaf table maps 1 << leaf_shift bytes */
	bool leaf_is_array;      /* leaf_tables points to pointers, one for each leaf table */
	struct layout_field leaf_table; /* from what is pointed to, the address of the entries */
	bool has_core; /* the core's own leaf tables are known, to look aliases up */
	struct layout_field core_head;
	uint64_t core_symbol, core_stride, core_fixed_count;
	bool core_has_count;
	struct layout_field core_count;
	uint64_t core_count_symbol;
	struct layout_field core_table, core_base, core_entries; /* of one element */
};

/*
 * Where a conservative scan looks for pointers: the core's data, stacks and heap, and how blocks of
 * the heap, stacks and lost fobjs are told. All addresses as linked.
 */
#define LAYOUT_MAX_RANGES 8
#define LAYOUT_MAX_OPS    16

struct layout_range {
	const char *name;
	uint64_t from, to; /* bytes; TO is not in it */
	uint64_t length;   /* a variable that holds how many bytes from FROM are in use; 0: all */
	uint64_t length_size; /* of that variable, bytes, 1 .. 8 */
	bool is_heap;         /* it consists of blocks */
};

enum block_form {
	BLOCKS_NONE,
	BLOCKS_MARKED, /* a header with a mark that says "in use", then `size` bytes */
	BLOCKS_BGET,   /* one after the other; the size, header included, is negative in use */
};

struct layout_ops {
	uint64_t addr;
	const char *kind; /* of the fobjs that point at it: "rw" */
};

struct layout_scan {
	bool present;
	struct layout_range ranges[LAYOUT_MAX_RANGES];
	unsigned int num_ranges;
	enum block_form form;
	uint64_t header;                /* bytes of a block's header */
	struct dwarf_member size, mark; /* in the header */
	uint64_t used;                  /* the mark of a block in use */
	bool has_canary;                /* a block that begins with `canary` is a stack ... */
	uint64_t canary;
	uint64_t thread_size; /* ... of a thread, an object of so many bytes that ... */
	struct dwarf_member stack, sp, name; /* ... points at it; size 0: no such member */
	uint64_t threads;                    /* or: an array of threads; 0: none */
	uint64_t num_threads, thread_stride;
	struct dwarf_member top; /* where a thread's stack ends, which is of ... */
	uint64_t stack_bytes;
	struct dwarf_member state; /* size 0: none; the thread's stack is not in use ... */
	uint64_t free_state;       /* ... while it is this */
	uint64_t ops_offset;       /* of the pointer in a fobj that tells its kind */
	struct layout_ops ops[LAYOUT_MAX_OPS];
	unsigned int num_ops;
};

/* How the distance between link and load addresses is found. All optional. */
#define LAYOUT_MAX_VECTORS 8
struct layout_slide {
	struct layout_counter value; /* a variable that holds it */
	struct layout_counter root;  /* a variable that holds the first table's physical address */
	bool has_table;              /* no such variable, but the table itself, ... */
	uint64_t table;              /* ... as linked, which is at its physical address */
	uint64_t vectors[LAYOUT_MAX_VECTORS]; /* as linked: one of them is in VBAR_EL1 */
	unsigned int num_vectors;
};

struct layout {
	const struct profile *profile;
	struct dwarf_info *dwarf;
	unsigned int pointer_size;
	uint64_t page_size;
	struct layout_object objects[LAYOUT_MAX_OBJECTS];
	unsigned int num_objects;
	struct layout_list *lists;
	unsigned int num_lists;
	struct layout_counter *counters;
	unsigned int num_counters;
	struct layout_events events;
	struct layout_store stores[LAYOUT_MAX_STORES];
	unsigned int num_stores;
	struct layout_field store_ops; /* of a fobj: its operations, by which its store is found */
	struct layout_counter generation, lock; /* `field.present` tells */
	const char *safe_point;                 /* a function that exists, or NULL */
	struct layout_tables tables;
	struct layout_slide slide;
	struct layout_scan scan;
	struct arena *arena;
};

/*
 * Work PROFILE out against DWARF; both must outlive the layout. NULL with ERROR (EXIT_LAYOUT): the
 * profile is malformed, or a required name is missing: the sentence says which, in which ELF. With
 * REPORT, what was found, where, and what is missing is written there line by line, and the work
 * goes on past the first missing name.
 */
struct layout *layout_create(const struct profile *profile, struct dwarf_info *dwarf, FILE *report,
			     struct error *error);
void layout_destroy(struct layout *layout); /* NULL is allowed */

/* The function to stop at for `--until WHICH` ("end", "done", "step"), or NULL. */
const char *layout_stop(const struct layout *layout, const char *which);

/* A function whose entry is an event of the pager, or is if its first argument is one number. */
struct layout_event_stop {
	const char *function;
	uint64_t addr; /* as linked */
	bool has_value;
	uint64_t value;
};
#define LAYOUT_MAX_EVENT_STOPS 8u
#define LAYOUT_MAX_EVENT_KINDS 24u

/* The kinds of events that there are stops for, in the profile's order; returns how many. */
unsigned int layout_event_kinds(const struct layout *layout,
				const char *kinds[LAYOUT_MAX_EVENT_KINDS]);
/* Where to stop for events of KIND, at any of them; returns how many, 0: nowhere. */
unsigned int layout_event_stops(const struct layout *layout, const char *kind,
				struct layout_event_stop stops[LAYOUT_MAX_EVENT_STOPS]);

/*
 * The profile to use: WANTED (a name or a file), or without it the one among those installed whose
 * every required name is in DWARF. NULL with ERROR.
 */
struct profile *layout_choose(const char *wanted, struct dwarf_info *dwarf, struct error *error);

/* The word that profiles have for ROLE. */
const char *role_key(enum role role);

#endif
