/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file: a TA or library file known by its tag, the SHA-256 of the whole file, and its read-only
 * sections (slides "Sharing read-only pages of TAs"). A file holds one reference of each slice's
 * fobj; contexts and loaders hold references of the file. It knows no area and no context.
 * Guarded by the pager lock.
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <sys/queue.h>

#include "fobj.h"
#include "types.h"

#define FILE_TAG_LEN 32

struct file_slice {
	struct fobj *fobj;
	unsigned int page_offset; /* of the section in the file's address space, pages */
};

struct file {
	uint8_t tag[FILE_TAG_LEN];
	unsigned int taglen; /* bytes of tag that count, 1 .. FILE_TAG_LEN */
	struct refcount refc;
	struct file_slice *slices; /* num_slices of them, owned */
	unsigned int num_slices;
	TAILQ_ENTRY(file) link; /* in file_list */
};
TAILQ_HEAD(file_list, file);
extern struct file_list file_list; /* oldest first */

/*
 * Register a file. Takes a reference of every slice's fobj; copies TAG and SLICES. One reference,
 * the caller's. NULL: out of heap, or TAGLEN out of range. Only read-only fobjs (rule 4).
 */
struct file *file_new(const uint8_t *tag, unsigned int taglen, const struct file_slice *slices,
		      unsigned int num_slices);
/* The file of that tag with one more reference, or NULL. Never one whose count is 0. */
struct file *file_get_by_tag(const uint8_t *tag, unsigned int taglen);
/* The slice at page OFFS, or NULL. Borrowed: valid while the caller holds FILE. */
struct file_slice *file_find_slice(struct file *file, unsigned int offs);
/* One more reference; returns FILE. */
struct file *file_get(struct file *file);
/*
 * The last put takes it off the list and puts its slices' fobjs. NULL is allowed. A put of a file
 * that is not listed is counted in fobj_bad_puts.
 */
void file_put(struct file *file);

#endif
