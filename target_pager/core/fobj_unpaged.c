/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain secure memory, not paged at all (slide "Shared memory without pager"): its pages are its
 * own from the start, in a region apart from the pool, and no pmem ever holds them.
 */
#include <string.h>

#include "fobj.h"
#include "heap.h"
#include "store.h"

struct fobj_unpaged {
	struct fobj fobj;
	unsigned int first_page; /* of its run in secure_region */
};

static struct fobj_unpaged *to_unpaged(const struct fobj *fobj)
{
	return CONTAINER_OF((struct fobj *)fobj, struct fobj_unpaged, fobj);
}

static void unpaged_destroy(struct fobj *fobj)
{
	struct fobj_unpaged *unpaged = to_unpaged(fobj);

	page_region_release(&secure_region, unpaged->first_page, fobj->num_pages);
	fobj_deinit(fobj);
	heap_free(unpaged);
}

static const struct fobj_ops ops_unpaged = {
	.kind = FOBJ_UNPAGED,
	.destroy = unpaged_destroy,
};

struct fobj *fobj_unpaged_new(const char *name, unsigned int num_pages)
{
	struct fobj_unpaged *unpaged = heap_alloc(sizeof(*unpaged));

	if (!unpaged)
		return NULL;
	if (page_region_take(&secure_region, num_pages, &unpaged->first_page) != OK)
		goto err_free;
	if (fobj_init(&unpaged->fobj, &ops_unpaged, name, num_pages) != OK)
		goto err_region;
	memset(page_region_bytes(&secure_region, unpaged->first_page), 0, num_pages * PAGE_SIZE);
	return &unpaged->fobj;
err_region:
	page_region_release(&secure_region, unpaged->first_page, num_pages);
err_free:
	heap_free(unpaged);
	return NULL;
}

paddr_t fobj_unpaged_pa(const struct fobj *fobj, unsigned int page)
{
	return secure_region.base + (paddr_t)(to_unpaged(fobj)->first_page + page) * PAGE_SIZE;
}
