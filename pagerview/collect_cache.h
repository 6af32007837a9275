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

/* A walk begins: what it asks for from now on is what it uses. */
void cache_begin_walk(struct cache *cache);
/*
 * Fetch all bytes anew in one burst: the blocks that the last walk used and, with ALL, the others
 * and those that were asked for in vain, too. What was not used is forgotten, else.
 */
bool cache_renew(struct cache *cache, bool all, struct error *error);
/*
 * The same in three parts, of which only the second needs the target. Before cache_settle() nothing
 * may be asked for. A stretch that could not be read as a whole stays wanted.
 */
bool cache_prepare(struct cache *cache, bool all, struct error *error);
bool cache_copy(struct cache *cache, struct error *error);
void cache_settle(struct cache *cache);
/* Between cache_copy() and cache_settle(): once more, the earlier copy is kept beside this one. */
bool cache_copy_again(struct cache *cache, struct error *error);
/*
 * These two copies agree in all bytes that the last walk used: the walk of either is that of the
 * other. Until the next cache_prepare(), cache_renew() or cache_fetch().
 */
bool cache_copies_agree(const struct cache *cache);
/* Held: cache_fetch() fetches nothing, so that all that is read is of one moment. */
void cache_hold(struct cache *cache, bool held);
bool cache_is_held(const struct cache *cache);
/* LEN bytes at ADDR to TO. */
enum cache_answer cache_get(struct cache *cache, enum cache_space space, uint64_t addr, void *to,
			    size_t len);
/* Memory was out since this was last asked: what cannot be read may be readable. */
bool cache_was_short(struct cache *cache);
/* Something is pending. */
bool cache_wants(const struct cache *cache);
/* Fetch all that is pending in one burst. False with ERROR: the connection is gone. */
bool cache_fetch(struct cache *cache, struct error *error);
size_t cache_rounds(const struct cache *cache); /* bursts since cache_renew() began */

#endif
