/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chunks in a list, each twice as large as the one before up to a limit; a request that does not
 * fit in the newest chunk opens another. Nothing is ever given back before the end.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST ((size_t)16 << 10)
#define CHUNK_LAST  ((size_t)1 << 20)
#define ALIGNMENT   (_Alignof(max_align_t))

struct chunk {
	struct chunk *older;
	size_t size, used; /* bytes behind this header */
	max_align_t bytes[];
};

struct arena {
	struct chunk *newest;
	size_t next_size;
	size_t held;
};

struct arena *arena_create(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->next_size = CHUNK_FIRST;
	return arena;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	for (struct chunk *chunk = arena->newest, *older; chunk; chunk = older) {
		older = chunk->older;
		free(chunk);
	}
	free(arena);
}

static bool chunk_add(struct arena *arena, size_t least)
{
	size_t size = arena->next_size > least ? arena->next_size : least;
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return false;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return false;
	chunk->size = size;
	chunk->older = arena->newest;
	arena->newest = chunk;
	arena->held += sizeof(*chunk) + size;
	if (arena->next_size < CHUNK_LAST)
		arena->next_size *= 2;
	return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->newest;
	void *block;

	if (size == 0 || size > SIZE_MAX - ALIGNMENT)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || chunk->size - chunk->used < size) {
		if (!chunk_add(arena, size))
			return NULL;
		chunk = arena->newest;
	}
	block = (char *)chunk->bytes + chunk->used;
	chunk->used += size;
	return block;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t max)
{
	size_t len = text ? strnlen(text, max) : 0;
	char *copy = arena_alloc(arena, len + 1);

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

size_t arena_bytes(const struct arena *arena)
{
	return arena->held;
}
