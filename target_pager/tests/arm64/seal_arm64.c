/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seal.c with the library that the target has, on the CPU that the target has: Nettle's Armv8 code
 * against BearSSL's portable C. SIMD registers trap outside simd_begin() and simd_end(), so code
 * that uses them elsewhere ends the run. With -icount shift=0 the counter gives instructions.
 */
#include <bearssl.h>
#include <stdarg.h>
#include <string.h>

#include "core/arch.h"
#include "core/log.h"
#include "core/seal.h"

#define ROUNDS         50
#define SYS_WRITE0     0x04 /* semihosting operations */
#define SYS_EXIT_EXT   0x20
#define EXIT_REASON    0x20026
#define CPACR_FPEN     (3UL << 20)
#define INSTRUCTION_HZ 1000000000UL /* -icount shift=0: one instruction, one nanosecond */
/*
 * Instructions. More than half are the copying of a page, which the C library here does byte by
 * byte (the target does not); of the rest a portable AES takes twenty times as many.
 */
#define MAX_SEAL_PAGE 42000
#define MAX_HASH_PAGE 9500

int seal_arm64_main(void);
void unexpected_exception(uint64_t esr, uint64_t elr) __attribute__((noreturn));
void __chk_fail(void) __attribute__((noreturn));

static uint8_t key[32];
static size_t key_len;
static int failures;

static void semihost(uint64_t operation, const void *block)
{
	register uint64_t x0 __asm__("x0") = operation;
	register const void *x1 __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

void machine_exit(int status)
{
	const uint64_t block[2] = {EXIT_REASON, (uint64_t)status};

	for (;;)
		semihost(SYS_EXIT_EXT, block);
}

static void put_text(const char *text)
{
	semihost(SYS_WRITE0, text);
}

static void put_number(uint64_t value)
{
	char text[21], *at = text + sizeof(text) - 1;

	*at = 0;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	put_text(at);
}

void core_panic(const char *rule, const char *format, ...)
{
	put_text("panic: ");
	put_text(rule);
	put_text(": ");
	put_text(format);
	put_text("\n");
	machine_exit(3);
}

/* BearSSL is built with checked string functions; picolibc's would want a whole system below. */
void __chk_fail(void)
{
	core_panic("library", "a checked string function overran");
}

void unexpected_exception(uint64_t esr, uint64_t elr)
{
	put_text("unexpected exception, ESR ");
	put_number(esr);
	put_text(", PC ");
	put_number(elr);
	put_text("\n");
	machine_exit(2);
}

static void simd_allow(uint64_t cpacr)
{
	__asm__ volatile("msr cpacr_el1, %0\n isb" : : "r"(cpacr) : "memory");
}

void simd_begin(void)
{
	simd_allow(CPACR_FPEN);
}

void simd_end(void)
{
	simd_allow(0);
}

static uint64_t next_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* What seal_init() draws is the key, so the reference can use it too. */
uint64_t random_u64(void)
{
	uint64_t value = next_random();

	if (key_len + sizeof(value) <= sizeof(key))
		memcpy(key + key_len, &value, sizeof(value));
	key_len += sizeof(value);
	return value;
}

static void fill_random(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(next_random() >> 32);
}

static void report(bool ok, const char *what)
{
	put_text(ok ? "ok " : "not ok ");
	put_text(what);
	put_text("\n");
	failures += !ok;
}

static void put_be64(uint8_t *out, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		out[i] = (uint8_t)value;
}

static void reference_seal(uint8_t *page, uint64_t counter, uint64_t aad, uint8_t tag[16])
{
	br_aes_ct64_ctr_keys cipher;
	br_gcm_context gcm;
	uint8_t iv[12] = "page", aad_bytes[8];

	put_be64(iv + 4, counter);
	put_be64(aad_bytes, aad);
	simd_begin();
	br_aes_ct64_ctr_init(&cipher, key, sizeof(key));
	br_gcm_init(&gcm, &cipher.vtable, br_ghash_ctmul64);
	br_gcm_reset(&gcm, iv, sizeof(iv));
	br_gcm_aad_inject(&gcm, aad_bytes, sizeof(aad_bytes));
	br_gcm_flip(&gcm);
	br_gcm_run(&gcm, 1, page, PAGE_SIZE);
	br_gcm_get_tag(&gcm, tag);
	simd_end();
}

static uint8_t plain[PAGE_SIZE], stored[PAGE_SIZE], opened[PAGE_SIZE], expected[PAGE_SIZE];

static bool seal_equals_reference(uint64_t aad)
{
	struct seal seal;
	uint8_t tag[16];

	fill_random(plain, PAGE_SIZE);
	memcpy(expected, plain, PAGE_SIZE);
	seal_page(plain, stored, &seal, aad);
	reference_seal(expected, seal.iv, aad, tag);
	return memcmp(stored, expected, PAGE_SIZE) == 0 && memcmp(seal.tag, tag, 16) == 0 &&
	       seal_open_page(stored, opened, &seal, aad) && memcmp(opened, plain, PAGE_SIZE) == 0;
}

static bool flip_is_refused(void)
{
	uint64_t bit = next_random() % (8 * PAGE_SIZE);
	struct seal seal, spoilt;

	seal_page(plain, stored, &seal, 1);
	spoilt = seal;
	spoilt.tag[bit / 8 % 16] ^= 1 << bit % 8;
	if (seal_open_page(stored, opened, &spoilt, 1) || seal_open_page(stored, opened, &seal, 2))
		return false;
	spoilt = seal;
	spoilt.iv ^= 1UL << bit % 64;
	if (seal_open_page(stored, opened, &spoilt, 1))
		return false;
	stored[bit / 8] ^= 1 << bit % 8;
	return !seal_open_page(stored, opened, &seal, 1);
}

static bool hash_equals_reference(void)
{
	size_t len = next_random() % (PAGE_SIZE + 1);
	br_sha256_context sha;
	struct hash ours, theirs;

	hash_bytes(plain, len, &ours);
	simd_begin();
	br_sha256_init(&sha);
	br_sha256_update(&sha, plain, len);
	br_sha256_out(&sha, theirs.bytes);
	simd_end();
	return hash_equal(&ours, &theirs);
}

static uint64_t instructions(void)
{
	uint64_t ticks, hz;

	__asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return ticks * (INSTRUCTION_HZ / hz);
}

static void report_cost(uint64_t begun, uint64_t most, const char *what)
{
	uint64_t cost = instructions() - begun;

	report(cost <= most, what);
	put_text("  # ");
	put_number(cost);
	put_text(" instructions\n");
}

int seal_arm64_main(void)
{
	bool pages = true, hashes = true, flips = true;
	struct seal seal;
	struct hash hash;
	uint64_t begun;

	seal_init();
	for (int i = 0; i < ROUNDS; i++) {
		pages = pages && seal_equals_reference(next_random());
		hashes = hashes && hash_equals_reference();
		flips = flips && flip_is_refused();
	}
	report(key_len == sizeof(key), "the key is 256 random bits, drawn once");
	report(pages, "sealed pages equal BearSSL's and open again");
	report(hashes, "hashes equal BearSSL's");
	report(flips, "a flipped bit in data, tag, IV or AAD is refused");

	begun = instructions();
	seal_page(plain, stored, &seal, 1);
	report_cost(begun, MAX_SEAL_PAGE, "sealing a page uses the CPU's AES");
	begun = instructions();
	hash_bytes(plain, PAGE_SIZE, &hash);
	report_cost(begun, MAX_HASH_PAGE, "hashing a page uses the CPU's SHA-256");
	return failures != 0;
}
