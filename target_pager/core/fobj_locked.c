/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that, once touched, stay: zero on first use, never released while the object lives. Room
 * for all of them is promised when it is made, so a touch cannot fail for want of a page.
 */
#include <string.h>

#include "counters.h"
#include "fobj.h"
#include "heap.h"

static enum status locked_load(struct fobj *fobj, unsigned int page, void *frame)
{
	(void)fobj;
	(void)page;
	memset(frame, 0, PAGE_SIZE);
	pager_counters.zero_fills++;
	return OK;
}

static void locked_destroy(struct fobj *fobj)
{
	pmem_unreserve(fobj->num_pages);
	fobj_deinit(fobj);
	heap_free(fobj);
}

static const struct fobj_ops ops_locked = {
	.kind = FOBJ_LOCKED,
	.load = locked_load,
	.destroy = locked_destroy,
};

struct fobj *fobj_locked_new(const char *name, unsigned int num_pages)
{
	struct fobj *fobj;

	if (pmem_reserve(num_pages) != OK)
		return NULL;
	fobj = heap_alloc(sizeof(*fobj));
	if (fobj && fobj_init(fobj, &ops_locked, name, num_pages) == OK)
		return fobj;
	heap_free(fobj);
	pmem_unreserve(num_pages);
	return NULL;
}
