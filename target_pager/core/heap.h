/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core's heap: the C library's allocator with exact accounts and a switch that makes the
 * N-th allocation fail. Knows no object. Safe on every CPU and under the pager lock.
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include "types.h"

/* SIZE zeroed bytes, aligned to 16, or NULL. The caller owns them and gives them to heap_free(). */
void *heap_alloc(size_t size);
/* COUNT objects of SIZE bytes, zeroed; NULL also where the product overflows. */
void *heap_alloc_array(size_t count, size_t size);
/* NULL is allowed. */
void heap_free(void *block);

/* Bytes asked for and not yet freed, headers not counted. */
size_t heap_bytes_used(void);
/* Make the N-th allocation from now fail, once; 0 takes it back. `fault fail-alloc N`. */
void heap_fail_after(unsigned int n);

#endif
