/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cryptography of the backing store: SHA-256 of read-only pages and files, AES-256-GCM of
 * read-write pages under a key that is random at each boot. The algorithms are Nettle's. Saves
 * the TA's SIMD registers itself. Any CPU; the pager lock may be held.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include "types.h"

#define HASH_LEN 32

struct hash {
	uint8_t bytes[HASH_LEN];
};

/* Kept outside the store, beside the fobj. All zero: the page was never saved. */
struct seal {
	uint64_t iv; /* the 96-bit IV is this counter, never used twice under one key; 0 = never
			saved */
	uint8_t tag[16];
};

/* Draw the key. Once at boot, before anything else here. */
void seal_init(void);

void hash_bytes(const void *bytes, size_t len, struct hash *hash);
/* In constant time. */
bool hash_equal(const struct hash *a, const struct hash *b);

/*
 * Encrypt one page PLAIN to STORED with a fresh IV; AAD binds it to its place, the page of the
 * store. Whoever changes STORED meanwhile or later makes it a page that does not open.
 */
void seal_page(const void *plain, void *stored, struct seal *seal, uint64_t aad);
/* Decrypt and verify; false (and PLAIN zeroed) if data, tag, IV or AAD differ. STORED is read once.
 */
bool seal_open_page(const void *stored, void *plain, const struct seal *seal, uint64_t aad);

#endif
