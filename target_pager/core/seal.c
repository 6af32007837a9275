/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One AES-256 key is drawn at boot and expanded once, together with GCM's hash key; both are
 * constant from then on, so any number of CPUs may seal and open at once and only the IV counter
 * is shared. A page is one GCM message: 12 bytes of IV, 8 bytes of AAD, PAGE_SIZE bytes of text.
 *
 * The IV is 4 fixed bytes and a 64-bit counter that only grows, so that no IV is used twice
 * under one key (NIST SP 800-38D, 8.2.1). It starts at half its range: 0 means "never saved", and
 * no value that is used may be one flipped bit away from that. Both the IV and
 * the tag stay outside the store, therefore an old copy of a page put back there does not verify.
 *
 * Somebody may write the store while we work. So a page is copied out of it once, and the copy is
 * checked and decrypted; and what goes into it is encrypted and hashed elsewhere first: Nettle
 * leaves the key stream where the text is to go until it has combined the two.
 *
 * Nettle picks its routines for this CPU at their first call; seal_init() makes that call while
 * one CPU runs, so that no other can see the choice half made.
 */
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

#include "arch.h"
#include "seal.h"

#define SEALED_AT_ONCE 1024 /* bytes; on the stack of whoever seals */

static const uint8_t iv_label[4] = "page";

static struct aes256_ctx page_cipher; /* written by seal_init() only */
static struct gcm_key page_key;       /* likewise */
static uint64_t last_iv = 1UL << 63;  /* atomic */

_Static_assert(HASH_LEN == SHA256_DIGEST_SIZE, "a hash is a SHA-256");
_Static_assert(sizeof(((struct seal *)0)->tag) == GCM_DIGEST_SIZE, "a tag is GCM's, whole");

static void encrypt_blocks(const void *cipher, size_t len, uint8_t *out, const uint8_t *in)
{
	aes256_encrypt(cipher, len, out, in);
}

static void put_be64(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* Start the GCM message that COUNTER and AAD name. */
static void message_begin(struct gcm_ctx *message, uint64_t counter, uint64_t aad)
{
	uint8_t iv[GCM_IV_SIZE], aad_bytes[8];

	memcpy(iv, iv_label, sizeof(iv_label));
	put_be64(iv + sizeof(iv_label), counter);
	gcm_set_iv(message, &page_key, sizeof(iv), iv);
	put_be64(aad_bytes, aad);
	gcm_update(message, &page_key, sizeof(aad_bytes), aad_bytes);
}

/* Overwrite a secret that is about to go out of scope; the compiler may not drop it. */
static void secret_clear(void *secret, size_t len)
{
	memset(secret, 0, len);
	__asm__ volatile("" : : "r"(secret) : "memory");
}

void seal_init(void)
{
	uint64_t key[AES256_KEY_SIZE / sizeof(uint64_t)];
	struct hash ignored;

	for (size_t i = 0; i < AES256_KEY_SIZE / sizeof(uint64_t); i++)
		key[i] = random_u64();

	simd_begin();
	aes256_set_encrypt_key(&page_cipher, (const uint8_t *)key);
	gcm_set_key(&page_key, &page_cipher, encrypt_blocks);
	simd_end();
	secret_clear(key, sizeof(key));

	hash_bytes(iv_label, sizeof(iv_label), &ignored);
}

void hash_bytes(const void *bytes, size_t len, struct hash *hash)
{
	struct sha256_ctx sha;

	simd_begin();
	sha256_init(&sha);
	sha256_update(&sha, len, bytes);
	sha256_digest(&sha, HASH_LEN, hash->bytes);
	simd_end();
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memeql_sec(a->bytes, b->bytes, HASH_LEN);
}

void seal_page(const void *plain, void *stored, struct seal *seal, uint64_t aad)
{
	uint8_t part[SEALED_AT_ONCE];
	struct gcm_ctx message;

	seal->iv = __atomic_add_fetch(&last_iv, 1, __ATOMIC_RELAXED);
	simd_begin();
	message_begin(&message, seal->iv, aad);
	for (size_t at = 0; at < PAGE_SIZE; at += sizeof(part)) {
		gcm_encrypt(&message, &page_key, &page_cipher, encrypt_blocks, sizeof(part), part,
			    (const uint8_t *)plain + at);
		memcpy((uint8_t *)stored + at, part, sizeof(part));
	}
	gcm_digest(&message, &page_key, &page_cipher, encrypt_blocks, sizeof(seal->tag), seal->tag);
	simd_end();
}

bool seal_open_page(const void *stored, void *plain, const struct seal *seal, uint64_t aad)
{
	uint8_t tag[GCM_DIGEST_SIZE];
	struct gcm_ctx message;
	bool genuine;

	memcpy(plain, stored, PAGE_SIZE);
	simd_begin();
	message_begin(&message, seal->iv, aad);
	gcm_decrypt(&message, &page_key, &page_cipher, encrypt_blocks, PAGE_SIZE, plain, plain);
	gcm_digest(&message, &page_key, &page_cipher, encrypt_blocks, sizeof(tag), tag);
	simd_end();

	genuine = seal->iv != 0 && memeql_sec(tag, seal->tag, sizeof(tag));
	if (!genuine)
		memset(plain, 0, PAGE_SIZE);
	return genuine;
}
