/* SPDX-License-Identifier: BSD-2-Clause */
/* The table walk over tables made here, bit by bit from the architecture's description. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory/pagewalk.h"

#define RAM_BASE 0x40000000u
#define RAM_SIZE (1u << 20)

static unsigned char ram[RAM_SIZE];
static unsigned int reads;

static bool ram_read(void *context, uint64_t pa, void *to, size_t len)
{
	(void)context;
	reads++;
	if (pa < RAM_BASE || pa - RAM_BASE > RAM_SIZE - len)
		return false;
	memcpy(to, ram + (pa - RAM_BASE), len);
	return true;
}

static void put64(uint64_t table, unsigned int index, uint64_t value)
{
	memcpy(ram + (table - RAM_BASE) + 8 * index, &value, 8);
}

static void put32(uint64_t table, unsigned int index, uint32_t value)
{
	memcpy(ram + (table - RAM_BASE) + 4 * index, &value, 4);
}

static int setup(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	reads = 0;
	return 0;
}

static void expect(const struct pagewalk *walk, uint64_t va, enum pagewalk_result result,
		   uint64_t pa, uint64_t size)
{
	struct pagewalk_page page = {0};
	enum pagewalk_result got = pagewalk_translate(walk, ram_read, NULL, va, &page);

	assert_int_equal(got, result);
	if (got != PAGEWALK_MAPPED)
		return;
	assert_true(page.size == size);
	assert_true(page.va == (va & ~(size - 1)));
	assert_true(page.pa + (va - page.va) == pa);
}

#define T0 (RAM_BASE + 0x1000u)
#define T1 (RAM_BASE + 0x2000u)
#define T2 (RAM_BASE + 0x3000u)
#define T3 (RAM_BASE + 0x4000u)

#define TCR(t0sz, t1sz) ((uint64_t)(t0sz) | (uint64_t)(t1sz) << 16 | 2ull << 30)

static void aarch64_four_levels(void **state)
{
	struct pagewalk walk;

	(void)state;
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(16, 16), RAM_BASE, T0 | 0x7ull << 48 | 1));
	put64(T0, 511, T1 | 3);
	put64(T1, 510, T2 | 3);
	put64(T2, 5, T3 | 3);
	put64(T3, 7, 0x80123000 | 0x723);
	expect(&walk, 0xffffffff80a07abc, PAGEWALK_MAPPED, 0x80123abc, 4096);
	assert_int_equal(reads, 4);
	expect(&walk, 0xffffffff80a08abc, PAGEWALK_UNMAPPED, 0, 0); /* next entry is empty */
	expect(&walk, 0x0000ffff80a07abc, PAGEWALK_UNMAPPED, 0, 0); /* the other half */
	expect(&walk, 0xfff0ffff80a07abc, PAGEWALK_UNMAPPED, 0, 0); /* in no half */
}

static void aarch64_sizes_decide_the_first_level(void **state)
{
	struct pagewalk walk;

	(void)state;
	/* 39 bits: level 1 first. */
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(25, 25), T1, T2));
	put64(T1, 1, 0x40000000 | 0x701); /* a block of 1 GiB */
	put64(T2, 0, T3 | 3);
	put64(T3, 1, 0xc0200000 | 0x701); /* a block of 2 MiB */
	expect(&walk, 0x40000000 + 0x12345678, PAGEWALK_MAPPED, 0x52345678, 1u << 30);
	expect(&walk, 0xffffff8000200123, PAGEWALK_MAPPED, 0xc0200123, 2u << 20);
	expect(&walk, 0xffffff7fffffffff, PAGEWALK_UNMAPPED, 0, 0);
	expect(&walk, 0x8000000000, PAGEWALK_UNMAPPED, 0, 0);
	/* 25 bits: level 2 first, with 16 entries. */
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(39, 25), T3, T2));
	put64(T3, 15, 0x90000000 | 0x701);
	expect(&walk, 0x1e00010, PAGEWALK_MAPPED, 0x90000010, 2u << 20);
	expect(&walk, 0x2000000, PAGEWALK_UNMAPPED, 0, 0);
}

static void aarch64_controls(void **state)
{
	struct pagewalk walk;

	(void)state;
	put64(T1, 1, 0x40000000 | 0x701);
	/* EPD0: no walks for the low half. */
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(25, 25) | 1 << 7, T1, T2));
	expect(&walk, 0x40000000, PAGEWALK_UNMAPPED, 0, 0);
	/* TBI0: the top byte is a tag. */
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(25, 25) | 1ull << 37, T1, T2));
	expect(&walk, 0x5a00000040000010, PAGEWALK_MAPPED, 0x40000010, 1u << 30);
	/* Other granules in both halves. */
	assert_false(
		pagewalk_from_aarch64(&walk, 1, 25 | 1 << 14 | 25ull << 16 | 3ull << 30, T1, T2));
	/* The MMU is off. */
	assert_true(pagewalk_from_aarch64(&walk, 0, 0, 0, 0));
	expect(&walk, 0x40001234, PAGEWALK_MAPPED, 0x40001234, 4096);
}

static void aarch64_permissions(void **state)
{
	static const struct {
		uint64_t bits;
		bool user, writable, executable;
	} cases[] = {
		{0, false, true, true},
		{1 << 7, false, false, true},
		{1ull << 53, false, true, false},
		{1 << 6 | 1ull << 53, true, true, true},
		{1 << 6 | 1 << 7 | 1ull << 54, true, false, false},
	};
	struct pagewalk walk;

	(void)state;
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(25, 25), T1, T1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pagewalk_page page;

		put64(T1, 1, 0x40000000 | 0x401 | cases[i].bits);
		assert_int_equal(pagewalk_translate(&walk, ram_read, NULL, 0x40000000, &page),
				 PAGEWALK_MAPPED);
		assert_int_equal(page.user, cases[i].user);
		assert_int_equal(page.writable, cases[i].writable);
		assert_int_equal(page.executable, cases[i].executable);
	}
}

static void aarch64_bad_tables(void **state)
{
	struct pagewalk walk;

	(void)state;
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(25, 25), T1, 0x1000));
	expect(&walk, 0xffffff8000000000, PAGEWALK_UNREADABLE, 0, 0); /* no RAM there */
	put64(T1, 0, 0xfffffffff003);
	expect(&walk, 0x1000, PAGEWALK_UNREADABLE, 0, 0);
	/* A table that is its own next one ends at the last level all the same. */
	put64(T1, 0, T1 | 3);
	expect(&walk, 0x0, PAGEWALK_MAPPED, T1, 4096);
	/* A block where only pages may be. */
	put64(T1, 1, T2 | 3);
	put64(T2, 0, T3 | 3);
	put64(T3, 0, 0x80000001);
	expect(&walk, 0x40000000, PAGEWALK_UNMAPPED, 0, 0);
	/* A block of 512 GiB does not exist. */
	assert_true(pagewalk_from_aarch64(&walk, 1, TCR(16, 16), T0, T0));
	put64(T0, 0, 0x40000001);
	expect(&walk, 0x1000, PAGEWALK_UNMAPPED, 0, 0);
}

static void lpae(void **state)
{
	struct pagewalk walk;

	(void)state;
	/* One range of 4 GiB: four entries of 1 GiB. */
	assert_true(pagewalk_from_aarch32(&walk, 1, 1u << 31, T1, 0));
	put64(T1, 0, T2 | 3);
	put64(T2, 112, T3 | 3);
	put64(T3, 3, 0x123456000 | 0x703); /* above 4 GiB */
	put64(T1, 3, 0xc0000000 | 0x701);
	expect(&walk, 0x0e003abc, PAGEWALK_MAPPED, 0x123456abc, 4096);
	expect(&walk, 0xfffffff0, PAGEWALK_MAPPED, 0xfffffff0, 1u << 30);
	expect(&walk, 0x100000000, PAGEWALK_UNMAPPED, 0, 0);
	/* T1SZ = 2: the uppermost 1 GiB is TTBR1's, and begins at level 2. */
	assert_true(pagewalk_from_aarch32(&walk, 1, 1u << 31 | 2u << 16 | 1, T1, T2));
	put64(T2, 1, 0x80200000 | 0x701);
	expect(&walk, 0xc0200010, PAGEWALK_MAPPED, 0x80200010, 2u << 20);
	expect(&walk, 0x0e003abc, PAGEWALK_MAPPED, 0x123456abc, 4096);
	expect(&walk, 0x90000000, PAGEWALK_UNMAPPED, 0, 0); /* between the two */
}

static void short_descriptors(void **state)
{
	const uint32_t l1 = RAM_BASE + 0x8000, low = RAM_BASE + 0x4000, l2 = RAM_BASE + 0x1000;
	struct pagewalk walk;

	(void)state;
	/* N = 7: TTBR0 has the lowest 32 MiB. */
	assert_true(pagewalk_from_aarch32(&walk, 1, 7, low | 0x4a, l1 | 0x4a));
	put32(low, 1, 0x80100000 | 0xc02);          /* a section */
	put32(low, 31, (l2 + 0x400) | 1);           /* a table */
	put32(l2 + 0x400, 0x12, 0x90012000 | 0x32); /* a small page, executable */
	for (unsigned int i = 0x20; i < 0x30; i++)  /* a large one stands 16 times */
		put32(l2 + 0x400, i, 0x900a0000 | 0x8011);
	put32(l1, 0x0e1, 0x0e100000 | 0x8402);       /* TTBR1's: read-only, privileged */
	for (unsigned int i = 0x200; i < 0x210; i++) /* a supersection, above 4 GiB */
		put32(l1, i, 0x23000000 | 0x40462);
	expect(&walk, 0x00112345, PAGEWALK_MAPPED, 0x80112345, 1u << 20);
	expect(&walk, 0x01f12345, PAGEWALK_MAPPED, 0x90012345, 4096);
	expect(&walk, 0x01f2fedc, PAGEWALK_MAPPED, 0x900afedc, 65536);
	expect(&walk, 0x0e1abcde, PAGEWALK_MAPPED, 0x0e1abcde, 1u << 20);
	expect(&walk, 0x20123456, PAGEWALK_MAPPED, 0x3023123456ull, 16u << 20);
	expect(&walk, 0x02000000, PAGEWALK_UNMAPPED, 0, 0);
	/* PD0: what is TTBR0's is not looked for in TTBR1's table. */
	put32(l1, 1, 0x80100000 | 0xc02);
	assert_true(pagewalk_from_aarch32(&walk, 1, 7 | 1 << 4, low, l1));
	expect(&walk, 0x00112345, PAGEWALK_UNMAPPED, 0, 0);
	expect(&walk, 0x0e1abcde, PAGEWALK_MAPPED, 0x0e1abcde, 1u << 20);
}

static void short_permissions(void **state)
{
	const uint32_t l1 = RAM_BASE + 0x4000;
	struct pagewalk walk;
	struct pagewalk_page page;

	(void)state;
	assert_true(pagewalk_from_aarch32(&walk, 1, 0, l1, 0));
	put32(l1, 1, 0x80100000 | 0x8402 | 0x10); /* AP 101, XN */
	assert_int_equal(pagewalk_translate(&walk, ram_read, NULL, 0x100000, &page),
			 PAGEWALK_MAPPED);
	assert_false(page.user);
	assert_false(page.writable);
	assert_false(page.executable);
	put32(l1, 1, 0x80100000 | 0xc02); /* AP 011 */
	pagewalk_translate(&walk, ram_read, NULL, 0x100000, &page);
	assert_true(page.user);
	assert_true(page.writable);
	assert_true(page.executable);
}

/* Whatever the tables and registers hold, a walk ends and reads a handful of descriptors. */
static void random_tables(void **state)
{
	(void)state;
	srand(1);
	for (size_t i = 0; i < RAM_SIZE; i++)
		ram[i] = (unsigned char)rand();
	for (int i = 0; i < 100000; i++) {
		uint64_t r[4];
		struct pagewalk walk;
		struct pagewalk_page page;

		for (int n = 0; n < 4; n++)
			r[n] = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		if (i & 1 ? !pagewalk_from_aarch64(&walk, 1, r[0], RAM_BASE | (r[1] & 0xff000),
						   RAM_BASE | (r[2] & 0xff000))
			  : !pagewalk_from_aarch32(&walk, 1, (uint32_t)r[0],
						   RAM_BASE | (r[1] & 0xff000),
						   RAM_BASE | (r[2] & 0xff000)))
			continue;
		reads = 0;
		pagewalk_translate(&walk, ram_read, NULL, i & 2 ? r[3] : r[3] >> 32, &page);
		assert_in_range(reads, 0, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(aarch64_four_levels, setup),
		cmocka_unit_test_setup(aarch64_sizes_decide_the_first_level, setup),
		cmocka_unit_test_setup(aarch64_controls, setup),
		cmocka_unit_test_setup(aarch64_permissions, setup),
		cmocka_unit_test_setup(aarch64_bad_tables, setup),
		cmocka_unit_test_setup(lpae, setup),
		cmocka_unit_test_setup(short_descriptors, setup),
		cmocka_unit_test_setup(short_permissions, setup),
		cmocka_unit_test_setup(random_tables, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
