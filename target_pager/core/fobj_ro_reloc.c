/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-only pages of a position-independent file that hold addresses: the unrelocated page is read
 * (and checked) through the file's shared fobj, then this instance's words are put in. The
 * relocated page is never stored: it can be made again at any time.
 */
#include <string.h>

#include "fobj.h"
#include "heap.h"

struct fobj_ro_reloc {
	struct fobj fobj;
	struct fobj *source;  /* counted */
	struct reloc *relocs; /* owned, by offset */
	size_t num_relocs;
};

static struct fobj_ro_reloc *to_reloc(const struct fobj *fobj)
{
	return CONTAINER_OF((struct fobj *)fobj, struct fobj_ro_reloc, fobj);
}

/* Index of the first relocation at or above OFFSET. */
static size_t first_reloc(const struct fobj_ro_reloc *reloc, uint64_t offset)
{
	size_t low = 0, high = reloc->num_relocs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (reloc->relocs[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum status reloc_load(struct fobj *fobj, unsigned int page, void *frame)
{
	struct fobj_ro_reloc *reloc = to_reloc(fobj);
	uint64_t start = (uint64_t)page * PAGE_SIZE;
	enum status status = reloc->source->ops->load(reloc->source, page, frame);

	if (status != OK)
		return status;
	for (size_t i = first_reloc(reloc, start);
	     i < reloc->num_relocs && reloc->relocs[i].offset < start + PAGE_SIZE; i++)
		memcpy((uint8_t *)frame + (reloc->relocs[i].offset - start),
		       &reloc->relocs[i].value, sizeof(uint64_t));
	return OK;
}

static uint8_t *reloc_stored(struct fobj *fobj, unsigned int page, enum fobj_part part, size_t *len)
{
	struct fobj *source = to_reloc(fobj)->source;

	return source->ops->stored(source, page, part, len);
}

static void reloc_destroy(struct fobj *fobj)
{
	struct fobj_ro_reloc *reloc = to_reloc(fobj);

	fobj_put(reloc->source);
	fobj_deinit(fobj);
	heap_free(reloc->relocs);
	heap_free(reloc);
}

static const struct fobj_ops ops_ro_reloc = {
	.kind = FOBJ_RO_RELOC,
	.load = reloc_load,
	.stored = reloc_stored,
	.destroy = reloc_destroy,
};

struct fobj *fobj_ro_reloc_new(const char *name, struct fobj *source, struct reloc *relocs,
			       size_t num_relocs)
{
	struct fobj_ro_reloc *reloc = heap_alloc(sizeof(*reloc));

	if (!reloc)
		return NULL;
	if (fobj_init(&reloc->fobj, &ops_ro_reloc, name, source->num_pages) != OK) {
		heap_free(reloc);
		return NULL;
	}
	reloc->source = fobj_get(source);
	reloc->relocs = relocs;
	reloc->num_relocs = num_relocs;
	return &reloc->fobj;
}

struct fobj *fobj_ro_reloc_source(const struct fobj *fobj)
{
	return to_reloc(fobj)->source;
}
