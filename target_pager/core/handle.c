/* SPDX-License-Identifier: BSD-2-Clause */
#include "handle.h"

#include <string.h>

#include "heap.h"

struct handle_list handle_list = TAILQ_HEAD_INITIALIZER(handle_list);

struct handle *handle_new(enum handle_kind kind, const char *name, struct fobj *fobj,
			  struct file *file)
{
	struct handle *handle = heap_alloc(sizeof(*handle));

	if (!handle)
		return NULL;
	handle->kind = kind;
	strncpy(handle->name, name, NAME_LEN - 1);
	handle->fobj = fobj;
	handle->file = file;
	TAILQ_INSERT_TAIL(&handle_list, handle, link);
	return handle;
}

void handle_drop(struct handle *handle)
{
	if (!handle)
		return;
	TAILQ_REMOVE(&handle_list, handle, link);
	fobj_put(handle->fobj);
	file_put(handle->file);
	heap_free(handle);
}

struct handle *handle_find(enum handle_kind kind, const char *name)
{
	struct handle *handle;

	TAILQ_FOREACH (handle, &handle_list, link)
		if (handle->kind == kind && !strcmp(handle->name, name))
			return handle;
	return NULL;
}
