/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-write pages: zero on first use, sealed in the store when a dirty page is released. The tag
 * and the IV of each page stay here, outside the store, so an old copy put back is noticed too.
 */
#include <string.h>

#include "counters.h"
#include "fobj.h"
#include "heap.h"
#include "seal.h"
#include "store.h"

struct fobj_rw {
	struct fobj fobj;
	unsigned int store_page; /* first page of its run in store_region */
	struct seal *seals;      /* one a page */
};

static struct fobj_rw *to_rw(struct fobj *fobj)
{
	return CONTAINER_OF(fobj, struct fobj_rw, fobj);
}

static void *stored_page(const struct fobj_rw *rw, unsigned int page)
{
	return page_region_bytes(&store_region, rw->store_page + page);
}

static enum status rw_load(struct fobj *fobj, unsigned int page, void *frame)
{
	struct fobj_rw *rw = to_rw(fobj);

	if (!rw->seals[page].iv) {
		memset(frame, 0, PAGE_SIZE);
		pager_counters.zero_fills++;
		return OK;
	}
	if (!seal_open_page(stored_page(rw, page), frame, &rw->seals[page], rw->store_page + page))
		return ERR_CORRUPT;
	return OK;
}

static void rw_save(struct fobj *fobj, unsigned int page, const void *frame)
{
	struct fobj_rw *rw = to_rw(fobj);

	seal_page(frame, stored_page(rw, page), &rw->seals[page], rw->store_page + page);
}

static uint8_t *rw_stored(struct fobj *fobj, unsigned int page, enum fobj_part part, size_t *len)
{
	struct fobj_rw *rw = to_rw(fobj);
	struct seal *seal = &rw->seals[page];

	if (!seal->iv)
		return NULL;
	switch (part) {
	case FOBJ_PART_DATA:
		*len = PAGE_SIZE;
		return stored_page(rw, page);
	case FOBJ_PART_TAG:
		*len = sizeof(seal->tag);
		return seal->tag;
	default:
		*len = sizeof(seal->iv);
		return (uint8_t *)&seal->iv;
	}
}

static void rw_destroy(struct fobj *fobj)
{
	struct fobj_rw *rw = to_rw(fobj);

	page_region_release(&store_region, rw->store_page, fobj->num_pages);
	fobj_deinit(fobj);
	heap_free(rw->seals);
	heap_free(rw);
}

static const struct fobj_ops ops_rw = {
	.kind = FOBJ_RW,
	.load = rw_load,
	.save = rw_save,
	.stored = rw_stored,
	.destroy = rw_destroy,
};

struct fobj *fobj_rw_new(const char *name, unsigned int num_pages)
{
	struct fobj_rw *rw = heap_alloc(sizeof(*rw));

	if (!rw)
		return NULL;
	rw->seals = heap_alloc_array(num_pages, sizeof(*rw->seals));
	if (!rw->seals)
		goto err_free;
	if (page_region_take(&store_region, num_pages, &rw->store_page) != OK)
		goto err_seals;
	if (fobj_init(&rw->fobj, &ops_rw, name, num_pages) != OK)
		goto err_store;
	return &rw->fobj;
err_store:
	page_region_release(&store_region, rw->store_page, num_pages);
err_seals:
	heap_free(rw->seals);
err_free:
	heap_free(rw);
	return NULL;
}
