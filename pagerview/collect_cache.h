/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of the target that one snapshot is made of. Whoever walks lists asks here and is told
 * one of three things: here it is; it cannot be read; or not yet, and then it is fetched with all
 * else that was asked for, in one burst. What one snapshot used is fetched ahead for the next, so
 * at rest a whole walk costs one round trip. Knows addresses and blocks; no object.
 */
#ifndef PAGERVIEW_COLLECT_CACHE_H
#define PAGERVIEW_COLLECT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "memory/memory.h"

struct cache;

enum cache_space { CACHE_VIRTUAL, CACHE_PHYSICAL };

enum cache_answer {
	CACHE_OK,
	CACHE_PENDING, /* ask again after cache_fetch() */
	CACHE_BAD,     /* the target does not let us read it */
};

/* NULL: out of memory. MEMORY stays the caller's. */
struct cache *cache_create(struct memory *memory);
void cache_destroy(struct cache *cache); /* NULL is allowed */

/* Forget all bytes, and fetch again at once what was used since the last cache_renew(). */
bool cache_renew(struct cache *cache, struct error *error);
/* LEN bytes at ADDR to TO. */
enum cache_answer cache_get(struct cache *cache, enum cache_space space, uint64_t addr, void *to,
			    size_t len);
/* Something is pending. */
bool cache_wants(const struct cache *cache);
/* Fetch all that is pending in one burst. False with ERROR: the connection is gone. */
bool cache_fetch(struct cache *cache, struct error *error);
size_t cache_rounds(const struct cache *cache); /* bursts since cache_renew() began */

#endif
