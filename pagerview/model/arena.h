/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An arena: memory that is freed all at once. Allocation returns zeroed bytes or NULL.
 */
#ifndef PAGERVIEW_ARENA_H
#define PAGERVIEW_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is allowed */
/* SIZE zeroed bytes, aligned for any object; NULL when memory is out or SIZE is 0. */
void *arena_alloc(struct arena *arena, size_t size);
/* COUNT elements of SIZE bytes; NULL also where the product overflows. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
/* A copy of TEXT, at most MAX bytes of it; "" for NULL. NULL when memory is out. */
char *arena_strndup(struct arena *arena, const char *text, size_t max);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
size_t arena_bytes(const struct arena *arena); /* held from the system */

#endif
