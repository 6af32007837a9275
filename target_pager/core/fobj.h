/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fobj: the backing store of one memory object, counted in pages (slides "Data structures used by
 * pager" and "Lifecycle of struct fobj"). Counted references: areas, file slices, handles, and the
 * relocated fobj that reads through it. It knows the areas that map it only as a list, and its
 * resident pages by index; it knows no context, no table. One file per kind: fobj_*.c.
 * Everything here is called with the pager lock held unless it says otherwise.
 */
#ifndef CORE_FOBJ_H
#define CORE_FOBJ_H

#include <sys/queue.h>

#include "pmem.h"
#include "refcount.h"
#include "types.h"

struct area;
struct fobj;
TAILQ_HEAD(fobj_areas, area);

enum fobj_kind {
	FOBJ_RO,       /* read-only, each page's SHA-256 checked at each load */
	FOBJ_RO_RELOC, /* read-only, relocations applied at each load */
	FOBJ_RW,       /* read-write, sealed in the store, zero on first use */
	FOBJ_LOCKED,   /* zero on first use, never released */
	FOBJ_UNPAGED,  /* plain secure memory, not paged at all */
};

/* What is stored of a page: its bytes, its tag or hash, its IV. The order of `fault flip-bit`. */
enum fobj_part { FOBJ_PART_DATA, FOBJ_PART_TAG, FOBJ_PART_IV };

struct fobj_ops {
	enum fobj_kind kind;
	/* Fill FRAME, PAGE_SIZE bytes, with PAGE from the store. ERR_CORRUPT: it fails its check.
	 */
	enum status (*load)(struct fobj *fobj, unsigned int page, void *frame);
	/* Seal FRAME into the store as PAGE. Cannot fail. NULL where nothing is ever written. */
	void (*save)(struct fobj *fobj, unsigned int page, const void *frame);
	/*
	 * The stored bytes of one part of PAGE, LEN of them, as `fault flip-bit` changes them.
	 * NULL: this kind has no such part, or the page was never saved.
	 */
	uint8_t *(*stored)(struct fobj *fobj, unsigned int page, enum fobj_part part, size_t *len);
	/* Free the wrapper and what it owns. */
	void (*destroy)(struct fobj *fobj);
};

struct fobj {
	const struct fobj_ops *ops;
	struct refcount refc;
	unsigned int num_pages;  /* 1 .. FOBJ_MAX_PAGES, never changed */
	struct fobj_areas areas; /* every area that maps a part of it, newest last */
	struct pmem **pmems;     /* by page index: the page that holds it, or NULL (rule 1) */
	unsigned int evictions;  /* pages released to make room, ever */
	char name[NAME_LEN];     /* for people: "greeter.text", "S" */
	TAILQ_ENTRY(fobj) link;  /* in fobj_list */
};
TAILQ_HEAD(fobj_list, fobj);

/*
 * Every fobj that is not freed, oldest first. No fault walks it: checkers do, and every put, to
 * find out whether its object is still alive.
 */
extern struct fobj_list fobj_list;

/* A word to be changed at each load of its page: its value for this instance's load address. */
struct reloc {
	uint64_t offset; /* bytes, 8-byte aligned so that no word spans two pages */
	uint64_t value;  /* the word's final value */
};

/*
 * Makers. The result has one reference, the caller's. NULL: out of heap, store, or pool pages.
 * NUM_PAGES is 1 .. FOBJ_MAX_PAGES.
 */
#define FOBJ_MAX_PAGES 65536u

/* A copy of NUM_PAGES pages at BYTES goes to the store. */
struct fobj *fobj_ro_new(const char *name, const void *bytes, unsigned int num_pages);
/* Takes a reference of SOURCE, a FOBJ_RO, and RELOCS (heap, sorted by offset); neither on NULL. */
struct fobj *fobj_ro_reloc_new(const char *name, struct fobj *source, struct reloc *relocs,
			       size_t num_relocs);
struct fobj *fobj_rw_new(const char *name, unsigned int num_pages);
struct fobj *fobj_locked_new(const char *name, unsigned int num_pages);
struct fobj *fobj_unpaged_new(const char *name, unsigned int num_pages);

/* Physical address of PAGE of a FOBJ_UNPAGED. */
paddr_t fobj_unpaged_pa(const struct fobj *fobj, unsigned int page);
/* The fobj that a FOBJ_RO_RELOC reads through (holds a reference of). */
struct fobj *fobj_ro_reloc_source(const struct fobj *fobj);

/*
 * Is FOBJ in fobj_list? Only for a pointer that a put too many may have left behind (a file's
 * slice): the list is walked.
 */
bool fobj_is_alive(const struct fobj *fobj);
/* One more reference; returns FOBJ. */
struct fobj *fobj_get(struct fobj *fobj);
/*
 * One reference less; the last one frees FOBJ, its pages and its store. NULL is allowed. A put of
 * an object that is not alive, and a last put while areas still map it, are counted in
 * fobj_bad_puts and free nothing that is still mapped.
 */
void fobj_put(struct fobj *fobj);
extern unsigned int fobj_bad_puts;

/*
 * For the kinds' files only: the common part, of one reference, in and out. ERR_BAD_ARG: NUM_PAGES
 * is out of range; ERR_NO_MEMORY. fobj_deinit() frees resident pages too; the wrapper is the
 * kind's.
 */
enum status fobj_init(struct fobj *fobj, const struct fobj_ops *ops, const char *name,
		      unsigned int num_pages);
void fobj_deinit(struct fobj *fobj);

/*
 * Flip bit BIT (counted from the part's first byte) of what is stored of PAGE (`fault flip-bit`).
 * ERR_NOT_FOUND: nothing is, or BIT lies beyond it.
 */
enum status fobj_flip_bit(struct fobj *fobj, unsigned int page, enum fobj_part part,
			  unsigned int bit);

#endif
