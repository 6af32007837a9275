/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files register read-only sections only: a read-write section differs from instance to instance
 * and keeping a pristine copy would cost the memory that sharing is meant to save (slide "Sharing
 * read-only pages of TAs"). A file whose count is 0 is off the list before its slices go, so a
 * look-up never finds a dying one.
 */
#include "file.h"

#include <string.h>

#include "heap.h"
#include "inject.h"
#include "trace.h"

#define CALLER __builtin_return_address(0)

struct file_list file_list = TAILQ_HEAD_INITIALIZER(file_list);

static bool slices_are_readonly(const struct file_slice *slices, unsigned int num_slices)
{
	for (unsigned int i = 0; i < num_slices; i++)
		if (slices[i].fobj->ops->kind != FOBJ_RO)
			return false;
	return true;
}

struct file *file_new(const uint8_t *tag, unsigned int taglen, const struct file_slice *slices,
		      unsigned int num_slices)
{
	struct file *file;

	if (!taglen || taglen > FILE_TAG_LEN || !slices_are_readonly(slices, num_slices))
		return NULL;
	file = heap_alloc(sizeof(*file));
	if (!file)
		return NULL;
	file->slices = heap_alloc_array(num_slices, sizeof(*slices));
	if (!file->slices) {
		heap_free(file);
		return NULL;
	}
	memcpy(file->tag, tag, taglen);
	file->taglen = taglen;
	file->refc.val = 1;
	file->num_slices = num_slices;
	for (unsigned int i = 0; i < num_slices; i++) {
		file->slices[i] = slices[i];
		fobj_get(slices[i].fobj);
	}
	TAILQ_INSERT_TAIL(&file_list, file, link);
	trace_write(TRACE_NEW, NULL, file, TRACE_NO_PAGE, 0, CALLER, num_slices);
	return file;
}

struct file *file_get_by_tag(const uint8_t *tag, unsigned int taglen)
{
	struct file *file;

	TAILQ_FOREACH (file, &file_list, link)
		if (file->taglen == taglen && !memcmp(file->tag, tag, taglen))
			return file_get(file);
	return NULL;
}

struct file_slice *file_find_slice(struct file *file, unsigned int offs)
{
	for (unsigned int i = 0; i < file->num_slices; i++)
		if (file->slices[i].page_offset == offs)
			return &file->slices[i];
	return NULL;
}

struct file *file_get(struct file *file)
{
	if (!inject_take(INJECT_SKIP_GET, file))
		refcount_inc(&file->refc);
	trace_write(TRACE_GET, NULL, file, TRACE_NO_PAGE, 0, CALLER, file->refc.val);
	return file;
}

/* Of a pointer that a put too many may have left behind: the list is walked. */
static bool is_alive(const struct file *wanted)
{
	const struct file *file;

	TAILQ_FOREACH (file, &file_list, link)
		if (file == wanted)
			return true;
	return false;
}

static void put(struct file *file, const void *caller)
{
	bool last;

	if (!is_alive(file)) {
		fobj_bad_puts++;
		return;
	}
	last = refcount_dec(&file->refc);
	trace_write(TRACE_PUT, NULL, file, TRACE_NO_PAGE, 0, caller, file->refc.val);
	if (!last)
		return;
	TAILQ_REMOVE(&file_list, file, link);
	for (unsigned int i = 0; i < file->num_slices; i++)
		fobj_put(file->slices[i].fobj);
	trace_write(TRACE_FREE, NULL, file, TRACE_NO_PAGE, 0, caller, file->num_slices);
	heap_free(file->slices);
	heap_free(file);
}

void file_put(struct file *file)
{
	if (!file || inject_take(INJECT_SKIP_PUT, file))
		return;
	if (inject_take(INJECT_DOUBLE_PUT, file))
		put(file, CALLER);
	put(file, CALLER);
}
