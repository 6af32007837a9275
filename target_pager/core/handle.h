/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handle: a named reference to a fobj or a file by something that is neither area nor slice: a
 * shared memory object of the scenario, a file kept open. So every reference has a holder that can
 * be named at every safe point (rule 3). Guarded by the pager lock.
 */
#ifndef CORE_HANDLE_H
#define CORE_HANDLE_H

#include <sys/queue.h>

#include "file.h"
#include "fobj.h"

enum handle_kind {
	HANDLE_SHM,  /* the scenario's shared object `name` */
	HANDLE_FILE, /* a file kept open by `name` beyond its contexts */
};

struct handle {
	enum handle_kind kind;
	char name[NAME_LEN];
	struct fobj *fobj;        /* counted, or NULL */
	struct file *file;        /* counted, or NULL */
	TAILQ_ENTRY(handle) link; /* in handle_list */
};
TAILQ_HEAD(handle_list, handle);
extern struct handle_list handle_list;

/*
 * Takes over the caller's reference of FOBJ or FILE (one of them NULL). NULL when out of heap:
 * then the references stay the caller's.
 */
struct handle *handle_new(enum handle_kind kind, const char *name, struct fobj *fobj,
			  struct file *file);
/* Puts what it holds and frees it. NULL is allowed. */
void handle_drop(struct handle *handle);
/* The oldest one of KIND and NAME, or NULL. */
struct handle *handle_find(enum handle_kind kind, const char *name);

#endif
