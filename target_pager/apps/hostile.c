/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything a TA must not do. Each command but `bad-syscall` of a call that is refused and
 * `fuzz-syscalls` should be its last: if it comes back, it says so and fails.
 */
#include "../core/syscall_abi.h"
#include "rt/ta.h"

static int64_t survived(void)
{
	return ta_fail("still alive, and should not be");
}

static int64_t wild(const struct ta_words *words)
{
	(void)*(volatile uint64_t *)ta_number(words, 1);
	return survived();
}

static int64_t write_text(const struct ta_words *words)
{
	struct ta_section text;

	(void)words;
	if (ta_section_find("text", &text))
		*(volatile uint64_t *)text.base = 0;
	return survived();
}

static int64_t exec_data(const struct ta_words *words)
{
	struct ta_section data;

	(void)words;
	if (ta_section_find("data", &data)) {
		*(volatile uint32_t *)data.base = 0xd65f03c0; /* RET */
		((void (*)(void))data.base)();
	}
	return survived();
}

/* Each call takes a part of a page, so the guard page cannot be stepped over. */
__attribute__((noinline)) static uint64_t recurse(uint64_t depth)
{
	volatile uint64_t local[64];

	local[depth % 64] = depth;
	if (depth == UINT64_MAX)
		return 0;
	return recurse(depth + 1) + local[depth % 64];
}

static int64_t overrun_stack(const struct ta_words *words)
{
	(void)words;
	return recurse(0) ? survived() : -1;
}

static int64_t bad_syscall(const struct ta_words *words)
{
	int64_t result = ta_syscall(ta_number(words, 1), 0xdead0000dead0000u, 100, ~0ul, NULL);

	return result < 0 ? 0 : ta_fail("the call was not refused");
}

static int64_t panic(const struct ta_words *words)
{
	(void)words;
	ta_panic(42);
}

/* ---- random system calls ---- */

struct fuzz {
	uint64_t random;
	struct ta_section data, bss, text;
};

static uint64_t next_random(struct fuzz *fuzz)
{
	uint64_t x = fuzz->random += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Numbers that break arithmetic: edges of types, of pages and of what a call allows. */
static uint64_t odd_number(struct fuzz *fuzz)
{
	static const uint64_t numbers[] = {0,
					   1,
					   7,
					   8,
					   23,
					   24,
					   199,
					   200,
					   201,
					   0xfff,
					   0x1000,
					   0x1001,
					   0xffff,
					   65536,
					   65537,
					   1ul << 31,
					   1ul << 32,
					   1ul << 39,
					   1ul << 52,
					   (1ul << 52) + 1,
					   1ul << 63,
					   UINT64_MAX - 0xfff,
					   UINT64_MAX - 1,
					   UINT64_MAX};
	uint64_t random = next_random(fuzz);

	if (random & 1)
		return numbers[(random >> 1) % (sizeof(numbers) / sizeof(numbers[0]))];
	return random >> (random >> 1) % 60;
}

static uint64_t odd_address(struct fuzz *fuzz)
{
	uint64_t random = next_random(fuzz);

	switch (random % 5) {
	case 0:
		return (uint64_t)fuzz->text.base + (random >> 8) % 8192;
	case 1:
		return 0xffff000000000000u + (random >> 16);
	case 2:
		return (random >> 8) % 0x8000000000u;
	default:
		return odd_number(fuzz);
	}
}

/* Memory that is really ours, to its last byte: a bad pointer would be the end of us. */
static uint64_t good_address(struct fuzz *fuzz, uint64_t len)
{
	uint64_t room = (uint64_t)fuzz->data.pages * TA_PAGE_SIZE - len;

	return (uint64_t)fuzz->data.base + next_random(fuzz) % (room + 1);
}

/* A pointer and a length of which one is good, or neither, but refused for the length first. */
static void fuzz_text(struct fuzz *fuzz, uint64_t number, uint64_t max)
{
	uint64_t len = odd_number(fuzz), address;

	if (number == SYS_LOG && len <= max && next_random(fuzz) % 20000)
		len = max + 1; /* or the console would be all there is */
	address = len <= max ? good_address(fuzz, len) : odd_address(fuzz);
	ta_syscall(number, address, len, odd_number(fuzz), NULL);
}

/*
 * Ranges of memory. Half of them begin in bss, which comes and goes; the rest anywhere but in what
 * we stand on: text, data and stack lie within one GiB of the load address.
 */
static void fuzz_range(struct fuzz *fuzz, uint64_t number)
{
	uint64_t random = next_random(fuzz), pages = odd_number(fuzz);
	uint64_t low = (uint64_t)fuzz->text.base, address = odd_address(fuzz);

	if (random & 1) {
		address = (uint64_t)fuzz->bss.base + (random >> 8) % TA_BSS_PAGES * TA_PAGE_SIZE;
		if (random & 2)
			pages = 1 + (random >> 16) % 3;
		if (random & 4)
			address += (random >> 24) % TA_PAGE_SIZE;
	} else if (address - low < 1ul << 30) {
		address += 1ul << 30;
	}
	ta_syscall(number, address, pages, random & 8 ? random >> 32 & 7 : odd_number(fuzz), NULL);
}

static void fuzz_one(struct fuzz *fuzz)
{
	uint64_t number = next_random(fuzz) % 12;

	switch (number) {
	case SYS_RETURN:
	case SYS_PANIC:
		number = odd_number(fuzz) | 1ul << 40; /* these two end the command */
		ta_syscall(number, odd_number(fuzz), odd_number(fuzz), odd_number(fuzz), NULL);
		break;
	case SYS_LOG:
		fuzz_text(fuzz, number, 200);
		break;
	case SYS_SECTION:
		fuzz_text(fuzz, number, 23);
		break;
	case SYS_PROTECT:
	case SYS_UNMAP:
		fuzz_range(fuzz, number);
		break;
	default:
		ta_syscall(number, odd_address(fuzz), odd_number(fuzz), odd_number(fuzz), NULL);
	}
}

static int64_t fuzz_syscalls(const struct ta_words *words)
{
	struct fuzz fuzz = {.random = ta_number(words, 2)};

	if (!ta_section_find("data", &fuzz.data) || !ta_section_find("bss", &fuzz.bss) ||
	    !ta_section_find("text", &fuzz.text))
		return ta_fail("a section is missing");
	for (uint64_t n = ta_number(words, 1); n; n--)
		fuzz_one(&fuzz);
	return 0;
}

const struct ta_command ta_own_commands[] = {
	{"wild", 1, wild},
	{"write-text", 0, write_text},
	{"exec-data", 0, exec_data},
	{"overrun-stack", 0, overrun_stack},
	{"bad-syscall", 1, bad_syscall},
	{"fuzz-syscalls", 2, fuzz_syscalls},
	{"panic", 0, panic},
	{NULL, 0, NULL},
};
