/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seal.c against BearSSL. The machine below it is a few lines here: its random numbers are a
 * known sequence, so the test knows the key and can make every tag and ciphertext a second time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <bearssl.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "seal.h"

#define KEY_LEN        32
#define IV_LEN         12
#define ROUNDS         200
#define MEDDLED_ROUNDS 20000

static uint8_t key[KEY_LEN]; /* what random_u64() gave seal_init() */
static size_t key_len;
static int simd_depth;

/* xorshift64: any sequence that is not constant will do. */
static uint64_t next_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

uint64_t random_u64(void)
{
	uint64_t value = next_random();

	assert_true(key_len + sizeof(value) <= KEY_LEN);
	memcpy(key + key_len, &value, sizeof(value));
	key_len += sizeof(value);
	return value;
}

void simd_begin(void)
{
	assert_int_equal(simd_depth++, 0);
}

void simd_end(void)
{
	assert_int_equal(--simd_depth, 0);
}

static void fill_random(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(next_random() >> 32);
}

static void put_be64(uint8_t *out, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		out[i] = (uint8_t)value;
}

/* What seal_page() must have made of PLAIN, by BearSSL. */
static void reference_seal(const uint8_t *plain, uint64_t counter, uint64_t aad, uint8_t *stored,
			   uint8_t tag[16])
{
	br_aes_ct64_ctr_keys cipher;
	br_gcm_context gcm;
	uint8_t iv[IV_LEN] = "page", aad_bytes[8];

	put_be64(iv + 4, counter);
	put_be64(aad_bytes, aad);
	memcpy(stored, plain, PAGE_SIZE);
	br_aes_ct64_ctr_init(&cipher, key, KEY_LEN);
	br_gcm_init(&gcm, &cipher.vtable, br_ghash_ctmul64);
	br_gcm_reset(&gcm, iv, IV_LEN);
	br_gcm_aad_inject(&gcm, aad_bytes, sizeof(aad_bytes));
	br_gcm_flip(&gcm);
	br_gcm_run(&gcm, 1, stored, PAGE_SIZE);
	br_gcm_get_tag(&gcm, tag);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void test_key_is_drawn_once(void **state)
{
	(void)state;
	assert_int_equal(key_len, KEY_LEN);
}

static void test_sealed_page_equals_reference(void **state)
{
	uint8_t plain[PAGE_SIZE], stored[PAGE_SIZE], expected[PAGE_SIZE], opened[PAGE_SIZE];
	uint8_t tag[16];
	struct seal seal;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t aad = next_random();

		fill_random(plain, sizeof(plain));
		seal_page(plain, stored, &seal, aad);
		reference_seal(plain, seal.iv, aad, expected, tag);
		assert_memory_equal(stored, expected, PAGE_SIZE);
		assert_memory_equal(seal.tag, tag, sizeof(tag));
		assert_true(seal_open_page(stored, opened, &seal, aad));
		assert_memory_equal(opened, plain, PAGE_SIZE);
	}
}

static void test_iv_is_never_reused(void **state)
{
	uint8_t page[PAGE_SIZE] = {0}, first[PAGE_SIZE], second[PAGE_SIZE];
	struct seal a, b;

	(void)state;
	seal_page(page, first, &a, 1);
	for (int i = 0; i < 1000; i++) {
		seal_page(page, second, &b, 1);
		assert_true(b.iv > a.iv);
		assert_memory_not_equal(first, second, PAGE_SIZE);
		a = b;
		memcpy(first, second, PAGE_SIZE);
	}
}

/* The call must fail and leave nothing of the page behind. */
static void assert_refused(const uint8_t *stored, const struct seal *seal, uint64_t aad)
{
	uint8_t opened[PAGE_SIZE];

	memset(opened, 0xa5, sizeof(opened));
	assert_false(seal_open_page(stored, opened, seal, aad));
	assert_true(all_zero(opened, sizeof(opened)));
}

/* A page, sealed, to be spoilt. */
struct sealed {
	uint8_t plain[PAGE_SIZE];
	uint8_t stored[PAGE_SIZE];
	struct seal seal;
	uint64_t aad;
};

static void sealed_make(struct sealed *page)
{
	fill_random(page->plain, PAGE_SIZE);
	page->aad = next_random();
	seal_page(page->plain, page->stored, &page->seal, page->aad);
}

static void assert_still_good(const struct sealed *page)
{
	uint8_t opened[PAGE_SIZE];

	assert_true(seal_open_page(page->stored, opened, &page->seal, page->aad));
	assert_memory_equal(opened, page->plain, PAGE_SIZE);
}

static void test_flipped_data_is_refused(void **state)
{
	struct sealed page;

	(void)state;
	sealed_make(&page);
	for (unsigned int bit = 0; bit < 8 * PAGE_SIZE; bit += 13) {
		page.stored[bit / 8] ^= 1 << bit % 8;
		assert_refused(page.stored, &page.seal, page.aad);
		page.stored[bit / 8] ^= 1 << bit % 8;
	}
	page.stored[PAGE_SIZE - 1] ^= 0x80;
	assert_refused(page.stored, &page.seal, page.aad);
	page.stored[PAGE_SIZE - 1] ^= 0x80;
	assert_still_good(&page);
}

static void test_flipped_tag_is_refused(void **state)
{
	struct sealed page;

	(void)state;
	sealed_make(&page);
	for (unsigned int bit = 0; bit < 8 * sizeof(page.seal.tag); bit++) {
		page.seal.tag[bit / 8] ^= 1 << bit % 8;
		assert_refused(page.stored, &page.seal, page.aad);
		page.seal.tag[bit / 8] ^= 1 << bit % 8;
	}
	assert_still_good(&page);
}

static void test_flipped_iv_and_aad_are_refused(void **state)
{
	struct sealed page;

	(void)state;
	sealed_make(&page);
	for (unsigned int bit = 0; bit < 64; bit++) {
		page.seal.iv ^= 1ULL << bit;
		assert_refused(page.stored, &page.seal, page.aad);
		page.seal.iv ^= 1ULL << bit;
		assert_refused(page.stored, &page.seal, page.aad ^ 1ULL << bit);
	}
	assert_still_good(&page);
}

/* An older copy of the same page, put back into the store, is not the page any more. */
static void test_replayed_page_is_refused(void **state)
{
	struct sealed page, old;

	(void)state;
	sealed_make(&page);
	old = page;
	fill_random(page.plain, PAGE_SIZE);
	seal_page(page.plain, page.stored, &page.seal, page.aad);
	assert_refused(old.stored, &page.seal, page.aad);
	assert_still_good(&page);
}

/*
 * The store is not ours: somebody writes it while a page is sealed or opened. One bit of a page's
 * last byte goes to and fro until the test is over.
 */
struct meddler {
	uint8_t *stored;
	pthread_t thread;
	atomic_bool over;
};

static void *meddle(void *arg)
{
	struct meddler *meddler = arg;
	volatile uint8_t *byte = meddler->stored + PAGE_SIZE - 1;

	while (!meddler->over)
		*byte ^= 0x10;
	return NULL;
}

static void meddler_start(struct meddler *meddler, uint8_t *stored)
{
	meddler->stored = stored;
	meddler->over = false;
	assert_int_equal(pthread_create(&meddler->thread, NULL, meddle, meddler), 0);
}

static void meddler_stop(struct meddler *meddler)
{
	meddler->over = true;
	assert_int_equal(pthread_join(meddler->thread, NULL), 0);
}

/* What passes the check is what was sealed, though the store changes under the reader. */
static void test_store_that_changes_while_a_page_is_opened(void **state)
{
	struct meddler meddler;
	uint8_t opened[PAGE_SIZE];
	struct sealed page;
	unsigned int passed = 0, wrong = 0;

	(void)state;
	sealed_make(&page);
	meddler_start(&meddler, page.stored);
	for (unsigned int round = 0; round < MEDDLED_ROUNDS; round++) {
		if (!seal_open_page(page.stored, opened, &page.seal, page.aad))
			continue;
		passed++;
		wrong += memcmp(opened, page.plain, PAGE_SIZE) != 0;
	}
	meddler_stop(&meddler);
	assert_true(passed > 0);
	assert_int_equal(wrong, 0);
}

/* A tag is that of what we wrote, not of what somebody made of it meanwhile. */
static void test_store_that_changes_while_a_page_is_sealed(void **state)
{
	uint8_t opened[PAGE_SIZE];
	struct meddler meddler;
	struct sealed page;

	(void)state;
	for (unsigned int round = 0; round < MEDDLED_ROUNDS / 50; round++) {
		meddler_start(&meddler, page.stored);
		for (unsigned int i = 0; i < 50; i++)
			sealed_make(&page);
		meddler_stop(&meddler);
		if (seal_open_page(page.stored, opened, &page.seal, page.aad))
			assert_memory_equal(opened, page.plain, PAGE_SIZE);
	}
}

/* Not even a message that was made with counter 0 and a right tag. */
static void test_never_saved_is_refused(void **state)
{
	uint8_t plain[PAGE_SIZE] = {0}, stored[PAGE_SIZE];
	struct seal seal = {0};

	(void)state;
	assert_refused(plain, &seal, 1);
	reference_seal(plain, 0, 1, stored, seal.tag);
	assert_refused(stored, &seal, 1);
}

static void test_hash_equals_reference(void **state)
{
	uint8_t bytes[PAGE_SIZE + 1];
	struct hash ours, theirs;
	br_sha256_context sha;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t len = round == 0 ? PAGE_SIZE : next_random() % sizeof(bytes);

		fill_random(bytes, len);
		hash_bytes(bytes, len, &ours);
		br_sha256_init(&sha);
		br_sha256_update(&sha, bytes, len);
		br_sha256_out(&sha, theirs.bytes);
		assert_true(hash_equal(&ours, &theirs));
		theirs.bytes[round % HASH_LEN] ^= 1 << round % 8;
		assert_false(hash_equal(&ours, &theirs));
	}
}

static int setup(void **state)
{
	(void)state;
	seal_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_is_drawn_once),
		cmocka_unit_test(test_sealed_page_equals_reference),
		cmocka_unit_test(test_iv_is_never_reused),
		cmocka_unit_test(test_flipped_data_is_refused),
		cmocka_unit_test(test_flipped_tag_is_refused),
		cmocka_unit_test(test_flipped_iv_and_aad_are_refused),
		cmocka_unit_test(test_replayed_page_is_refused),
		cmocka_unit_test(test_store_that_changes_while_a_page_is_opened),
		cmocka_unit_test(test_store_that_changes_while_a_page_is_sealed),
		cmocka_unit_test(test_never_saved_is_refused),
		cmocka_unit_test(test_hash_equals_reference),
	};

	return cmocka_run_group_tests_name("seal", tests, setup, NULL);
}
