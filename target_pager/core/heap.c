/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's memory below one lock. Each block is preceded by its size, for the accounts, and
 * by a mark that tells a block in use from one freed already and from an address that was never a
 * block. Stacks want 16 bytes of alignment: picolibc's malloc() gives 8, though the compiler takes
 * 16 for granted, so memalign() it is.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "heap.h"
#include "log.h"

#define MARK_USED 0x48454150u /* "HEAP" */
#define MARK_FREE 0x66726565u /* "free" */

struct block {
	size_t size;   /* bytes asked for */
	uint32_t mark; /* MARK_USED, or MARK_FREE once it was freed */
	_Alignas(16) unsigned char bytes[];
};

static struct spinlock heap_spinlock;
static size_t bytes_used;
static unsigned int fail_countdown; /* 0: not armed; 1: the next one fails */

/* Is this the allocation that was asked to fail? Lock held. */
static bool injected_failure(void)
{
	return fail_countdown > 0 && --fail_countdown == 0;
}

void *heap_alloc(size_t size)
{
	struct block *block = NULL;

	if (size > SIZE_MAX / 2)
		return NULL;
	spin_lock(&heap_spinlock);
	if (!injected_failure())
		block = memalign(_Alignof(struct block), sizeof(*block) + size);
	if (block)
		bytes_used += size;
	spin_unlock(&heap_spinlock);
	if (!block)
		return NULL;
	block->size = size;
	block->mark = MARK_USED;
	memset(block->bytes, 0, size);
	return block->bytes;
}

void *heap_alloc_array(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return heap_alloc(bytes);
}

void heap_free(void *bytes)
{
	struct block *block;

	if (!bytes)
		return;
	block = CONTAINER_OF(bytes, struct block, bytes);
	spin_lock(&heap_spinlock);
	if (block->mark != MARK_USED)
		core_panic("heap block", "%p freed%s", bytes,
			   block->mark == MARK_FREE ? " twice" : ", but never allocated");
	block->mark = MARK_FREE;
	bytes_used -= block->size;
	free(block);
	spin_unlock(&heap_spinlock);
}

size_t heap_bytes_used(void)
{
	size_t used;

	spin_lock(&heap_spinlock);
	used = bytes_used;
	spin_unlock(&heap_spinlock);
	return used;
}

void heap_fail_after(unsigned int n)
{
	spin_lock(&heap_spinlock);
	fail_countdown = n;
	spin_unlock(&heap_spinlock);
}
