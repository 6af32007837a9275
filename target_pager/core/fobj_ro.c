/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-only pages, copied to the store once with the SHA-256 of each kept outside it. Loading
 * copies first and hashes the copy, so the store cannot change between the check and the use.
 */
#include <string.h>

#include "fobj.h"
#include "heap.h"
#include "seal.h"
#include "store.h"

struct fobj_ro {
	struct fobj fobj;
	unsigned int store_page; /* first page of its run in store_region */
	struct hash *hashes;     /* one a page */
};

static struct fobj_ro *to_ro(struct fobj *fobj)
{
	return CONTAINER_OF(fobj, struct fobj_ro, fobj);
}

static enum status ro_load(struct fobj *fobj, unsigned int page, void *frame)
{
	struct fobj_ro *ro = to_ro(fobj);
	struct hash hash;

	memcpy(frame, page_region_bytes(&store_region, ro->store_page + page), PAGE_SIZE);
	hash_bytes(frame, PAGE_SIZE, &hash);
	return hash_equal(&hash, &ro->hashes[page]) ? OK : ERR_CORRUPT;
}

static uint8_t *ro_stored(struct fobj *fobj, unsigned int page, enum fobj_part part, size_t *len)
{
	struct fobj_ro *ro = to_ro(fobj);

	switch (part) {
	case FOBJ_PART_DATA:
		*len = PAGE_SIZE;
		return page_region_bytes(&store_region, ro->store_page + page);
	case FOBJ_PART_TAG:
		*len = HASH_LEN;
		return ro->hashes[page].bytes;
	default:
		return NULL;
	}
}

static void ro_destroy(struct fobj *fobj)
{
	struct fobj_ro *ro = to_ro(fobj);

	page_region_release(&store_region, ro->store_page, fobj->num_pages);
	fobj_deinit(fobj);
	heap_free(ro->hashes);
	heap_free(ro);
}

static const struct fobj_ops ops_ro = {
	.kind = FOBJ_RO,
	.load = ro_load,
	.stored = ro_stored,
	.destroy = ro_destroy,
};

static void fill_store(struct fobj_ro *ro, const uint8_t *bytes)
{
	for (unsigned int i = 0; i < ro->fobj.num_pages; i++) {
		const uint8_t *page = bytes + (size_t)i * PAGE_SIZE;

		memcpy(page_region_bytes(&store_region, ro->store_page + i), page, PAGE_SIZE);
		hash_bytes(page, PAGE_SIZE, &ro->hashes[i]); /* of ours: the store may change */
	}
}

struct fobj *fobj_ro_new(const char *name, const void *bytes, unsigned int num_pages)
{
	struct fobj_ro *ro = heap_alloc(sizeof(*ro));

	if (!ro)
		return NULL;
	ro->hashes = heap_alloc_array(num_pages, sizeof(*ro->hashes));
	if (!ro->hashes)
		goto err_free;
	if (page_region_take(&store_region, num_pages, &ro->store_page) != OK)
		goto err_hashes;
	if (fobj_init(&ro->fobj, &ops_ro, name, num_pages) != OK)
		goto err_store;
	fill_store(ro, bytes);
	return &ro->fobj;
err_store:
	page_region_release(&store_region, ro->store_page, num_pages);
err_hashes:
	heap_free(ro->hashes);
err_free:
	heap_free(ro);
	return NULL;
}
