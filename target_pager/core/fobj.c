/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a fobj: made with one reference, freed with the last. At the last put no area maps
 * it any more (an area holds a reference), so its resident pages have no owners and go straight
 * back to the pool: neither side has to know the pager.
 *
 * A put too many is a bug of the caller that we outlive: the object is kept as long as an area
 * still maps it, and a put of something that is not alive is counted and refused.
 */
#include "fobj.h"

#include <string.h>

#include "heap.h"
#include "inject.h"
#include "trace.h"

#define CALLER __builtin_return_address(0)

struct fobj_list fobj_list = TAILQ_HEAD_INITIALIZER(fobj_list);
unsigned int fobj_bad_puts;

enum status fobj_init(struct fobj *fobj, const struct fobj_ops *ops, const char *name,
		      unsigned int num_pages)
{
	if (!num_pages || num_pages > FOBJ_MAX_PAGES)
		return ERR_BAD_ARG;
	fobj->pmems = heap_alloc_array(num_pages, sizeof(*fobj->pmems));
	if (!fobj->pmems)
		return ERR_NO_MEMORY;
	fobj->ops = ops;
	fobj->refc.val = 1;
	fobj->num_pages = num_pages;
	TAILQ_INIT(&fobj->areas);
	strncpy(fobj->name, name, NAME_LEN - 1);
	TAILQ_INSERT_TAIL(&fobj_list, fobj, link);
	trace_write(TRACE_NEW, NULL, fobj, TRACE_NO_PAGE, 0, CALLER, num_pages);
	return OK;
}

/* Off its list, its pages back in the pool: nothing leads to it any more. */
static void take_off(struct fobj *fobj)
{
	for (unsigned int i = 0; i < fobj->num_pages; i++)
		if (fobj->pmems[i])
			pmem_release(fobj->pmems[i]);
	TAILQ_REMOVE(&fobj_list, fobj, link);
}

void fobj_deinit(struct fobj *fobj)
{
	take_off(fobj);
	heap_free(fobj->pmems);
	trace_write(TRACE_FREE, NULL, fobj, TRACE_NO_PAGE, 0, CALLER, fobj->num_pages);
}

bool fobj_is_alive(const struct fobj *wanted)
{
	const struct fobj *fobj;

	TAILQ_FOREACH (fobj, &fobj_list, link)
		if (fobj == wanted)
			return true;
	return false;
}

struct fobj *fobj_get(struct fobj *fobj)
{
	if (!inject_take(INJECT_SKIP_GET, fobj))
		refcount_inc(&fobj->refc);
	trace_write(TRACE_GET, NULL, fobj, TRACE_NO_PAGE, 0, CALLER, fobj->refc.val);
	return fobj;
}

static void put(struct fobj *fobj, const void *caller)
{
	if (!fobj_is_alive(fobj)) {
		fobj_bad_puts++;
		return;
	}
	if (!fobj->refc.val)
		fobj_bad_puts++;
	else
		refcount_dec(&fobj->refc);
	trace_write(TRACE_PUT, NULL, fobj, TRACE_NO_PAGE, 0, caller, fobj->refc.val);
	if (fobj->refc.val || !TAILQ_EMPTY(&fobj->areas))
		return;
	if (inject_take(INJECT_SKIP_FREE, fobj))
		take_off(fobj);
	else
		fobj->ops->destroy(fobj);
}

void fobj_put(struct fobj *fobj)
{
	if (!fobj || inject_take(INJECT_SKIP_PUT, fobj))
		return;
	if (inject_take(INJECT_DOUBLE_PUT, fobj))
		put(fobj, CALLER);
	put(fobj, CALLER);
}

enum status fobj_flip_bit(struct fobj *fobj, unsigned int page, enum fobj_part part,
			  unsigned int bit)
{
	size_t len = 0;
	uint8_t *bytes = NULL;

	if (page < fobj->num_pages && fobj->ops->stored)
		bytes = fobj->ops->stored(fobj, page, part, &len);
	if (!bytes || bit / 8 >= len)
		return ERR_NOT_FOUND;
	bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	return OK;
}
