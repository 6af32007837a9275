/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64 and LPAE share one walk: 9 bits of the address per level, 8-byte descriptors, the first
 * level as deep as the size of the range asks. Short descriptors have two levels of their own.
 */
#include "pagewalk.h"

#define PAGE_BITS  12
#define LEVEL_BITS 9
#define LAST_LEVEL 3
#define PA_BITS    52 /* the most that any CPU has */

#define ADDR_MASK  0x0000fffffffff000ull /* of a long descriptor: bits 47..12 */
#define TABLE_MASK 0x0000ffffffffffe0ull /* of a TTBR, without ASID and CnP */

#define DESC_VALID 1u
#define DESC_TABLE 2u        /* above the last level; at the last level: a page */
#define DESC_USER  (1u << 6) /* AP[1] */
#define DESC_READ  (1u << 7) /* AP[2]: read-only */
#define DESC_PXN   (1ull << 53)
#define DESC_UXN   (1ull << 54)

#define TCR_EPD0   (1u << 7)
#define TCR_EPD1   (1u << 23)
#define TCR_TG1_4K 2u
#define TCR_TBI0   (1ull << 37)
#define TCR_TBI1   (1ull << 38)
#define TTBCR_EAE  (1u << 31)
#define TTBCR_PD0  (1u << 4)
#define TTBCR_PD1  (1u << 5)

bool pagewalk_from_aarch64(struct pagewalk *walk, uint64_t sctlr, uint64_t tcr, uint64_t ttbr0,
			   uint64_t ttbr1)
{
	unsigned int t0sz = tcr & 63, t1sz = tcr >> 16 & 63;
	unsigned int tg0 = tcr >> 14 & 3, tg1 = tcr >> 30 & 3;

	*walk = (struct pagewalk){.format = PAGEWALK_IDENTITY};
	if (!(sctlr & 1))
		return true;
	walk->format = PAGEWALK_AARCH64;
	/* Sizes out of the architecture's range (with 48 bits at most) serve nothing. */
	if (!(tcr & TCR_EPD0) && tg0 == 0 && t0sz >= 16 && t0sz <= 48) {
		walk->half[0].root = ttbr0 & TABLE_MASK;
		walk->half[0].va_bits = 64 - t0sz;
		walk->half[0].ignores_top = tcr & TCR_TBI0;
	}
	if (!(tcr & TCR_EPD1) && tg1 == TCR_TG1_4K && t1sz >= 16 && t1sz <= 48) {
		walk->half[1].root = ttbr1 & TABLE_MASK;
		walk->half[1].va_bits = 64 - t1sz;
		walk->half[1].ignores_top = tcr & TCR_TBI1;
	}
	return walk->half[0].va_bits || walk->half[1].va_bits;
}

static void from_lpae(struct pagewalk *walk, uint32_t ttbcr, uint64_t ttbr0, uint64_t ttbr1)
{
	unsigned int t0sz = ttbcr & 7, t1sz = ttbcr >> 16 & 7;

	walk->format = PAGEWALK_LPAE;
	if (!(ttbcr & TCR_EPD0)) {
		walk->half[0].root = ttbr0 & 0xffffffffe0ull;
		walk->half[0].va_bits = 32 - t0sz;
	}
	if ((t0sz || t1sz) && !(ttbcr & TCR_EPD1)) {
		walk->half[1].root = ttbr1 & 0xffffffffe0ull;
		walk->half[1].va_bits = 32 - t1sz;
	}
}

/* TTBR0 serves the lowest 1 << (32 - N) bytes, and its table shrinks with them. */
static void from_short(struct pagewalk *walk, uint32_t ttbcr, uint64_t ttbr0, uint64_t ttbr1)
{
	unsigned int n = ttbcr & 7;

	walk->format = PAGEWALK_SHORT;
	walk->half[0].root = ttbr0 & (0xffffffffull << (14 - n)) & 0xffffffffull;
	walk->half[0].va_bits = 32 - n;
	walk->half[0].off = ttbcr & TTBCR_PD0;
	if (n) {
		walk->half[1].root = ttbr1 & 0xffffc000ull;
		walk->half[1].va_bits = 32;
		walk->half[1].off = ttbcr & TTBCR_PD1;
	}
}

bool pagewalk_from_aarch32(struct pagewalk *walk, uint32_t sctlr, uint32_t ttbcr, uint64_t ttbr0,
			   uint64_t ttbr1)
{
	*walk = (struct pagewalk){.format = PAGEWALK_IDENTITY};
	if (!(sctlr & 1))
		return true;
	if (ttbcr & TTBCR_EAE)
		from_lpae(walk, ttbcr, ttbr0, ttbr1);
	else
		from_short(walk, ttbcr, ttbr0, ttbr1);
	return true;
}

static uint64_t low_bits(unsigned int bits)
{
	return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

/* Bits of VA from FIRST up to END are all like bit FIRST - 1 of the half: all zero or all one. */
static bool bits_are(uint64_t va, unsigned int first, unsigned int end, bool one)
{
	uint64_t mask = low_bits(end) & ~low_bits(first);

	return (va & mask) == (one ? mask : 0);
}

/* Which half serves VA; -1: none, that is a translation fault. */
static int half_of(const struct pagewalk *walk, uint64_t va)
{
	unsigned int top = walk->format == PAGEWALK_AARCH64 ? 64 : 32;
	int half;

	if (top == 32 && va >> 32)
		return -1;
	if (walk->format == PAGEWALK_SHORT)
		return bits_are(va, walk->half[0].va_bits, 32, false) ? 0 : 1;
	half = top == 64
		       ? va >> 55 & 1
		       : !(walk->half[0].va_bits && bits_are(va, walk->half[0].va_bits, 32, false));
	if (!walk->half[half].va_bits)
		return -1;
	if (walk->half[half].ignores_top)
		top = 56;
	return bits_are(va, walk->half[half].va_bits, top, half) ? half : -1;
}

static void page_fill_long(struct pagewalk_page *page, uint64_t descriptor, uint64_t va,
			   unsigned int bits)
{
	page->size = 1ull << bits;
	page->va = va & ~low_bits(bits);
	page->pa = descriptor & ADDR_MASK & ~low_bits(bits);
	page->descriptor = descriptor;
	page->user = descriptor & DESC_USER;
	page->writable = !(descriptor & DESC_READ);
	page->executable = !(descriptor & (page->user ? DESC_UXN : DESC_PXN));
}

static enum pagewalk_result translate_long(const struct pagewalk *walk, int half,
					   pagewalk_read read, void *context, uint64_t va,
					   struct pagewalk_page *page)
{
	unsigned int bits = walk->half[half].va_bits;
	unsigned int levels = (bits - PAGE_BITS + LEVEL_BITS - 1) / LEVEL_BITS;
	uint64_t table = walk->half[half].root, in = va & low_bits(bits), descriptor;

	for (unsigned int level = LAST_LEVEL + 1 - levels; level <= LAST_LEVEL; level++) {
		unsigned int shift = PAGE_BITS + LEVEL_BITS * (LAST_LEVEL - level);
		uint64_t index = level == LAST_LEVEL + 1 - levels
					 ? in >> shift
					 : in >> shift & low_bits(LEVEL_BITS);

		if (!read(context, table + 8 * index, &descriptor, 8))
			return PAGEWALK_UNREADABLE;
		if (!(descriptor & DESC_VALID))
			return PAGEWALK_UNMAPPED;
		if (level == LAST_LEVEL || !(descriptor & DESC_TABLE)) {
			/* A page without the bit, or a block of 512 GiB, is no valid entry. */
			if (level == 0 || (level == LAST_LEVEL && !(descriptor & DESC_TABLE)))
				return PAGEWALK_UNMAPPED;
			page_fill_long(page, descriptor, va, shift);
			return PAGEWALK_MAPPED;
		}
		table = descriptor & ADDR_MASK;
	}
	return PAGEWALK_UNMAPPED;
}

#define SHORT_SUPER    (1u << 18)
#define SHORT_SUPER_XN (1u << 4)
#define SHORT_LARGE_XN (1u << 15)

/* AP[2:0]: the bit for read-only, then user access and, without user access, privileged access. */
static enum pagewalk_result page_fill_short(struct pagewalk_page *page, uint32_t descriptor,
					    uint64_t va, unsigned int bits, unsigned int ap,
					    bool xn)
{
	page->size = 1ull << bits;
	page->va = va & ~low_bits(bits);
	page->pa = descriptor & ~low_bits(bits) & 0xffffffffull;
	page->descriptor = descriptor;
	page->user = ap & 2;
	page->writable = !(ap & 4) && (ap & 3);
	page->executable = !xn;
	return PAGEWALK_MAPPED;
}

static enum pagewalk_result translate_section(uint32_t descriptor, uint64_t va,
					      struct pagewalk_page *page)
{
	unsigned int ap = (descriptor >> 10 & 3) | (descriptor >> 15 & 1) << 2;
	bool super = descriptor & SHORT_SUPER;

	page_fill_short(page, descriptor, va, super ? 24 : 20, ap, descriptor & SHORT_SUPER_XN);
	if (super)
		page->pa |= (uint64_t)(descriptor >> 20 & 15) << 32 |
			    (uint64_t)(descriptor >> 5 & 15) << 36;
	return PAGEWALK_MAPPED;
}

static enum pagewalk_result translate_short(const struct pagewalk *walk, int half,
					    pagewalk_read read, void *context, uint64_t va,
					    struct pagewalk_page *page)
{
	uint64_t index = (va & low_bits(walk->half[half].va_bits)) >> 20;
	uint32_t descriptor;
	unsigned int ap;

	if (!read(context, walk->half[half].root + 4 * index, &descriptor, 4))
		return PAGEWALK_UNREADABLE;
	if (descriptor & 2)
		return translate_section(descriptor, va, page);
	if ((descriptor & 3) != 1)
		return PAGEWALK_UNMAPPED;
	if (!read(context, (descriptor & 0xfffffc00u) + 4 * (va >> 12 & 255), &descriptor, 4))
		return PAGEWALK_UNREADABLE;
	ap = (descriptor >> 4 & 3) | (descriptor >> 9 & 1) << 2;
	if (descriptor & 2)
		return page_fill_short(page, descriptor, va, 12, ap, descriptor & 1);
	if (descriptor & 1)
		return page_fill_short(page, descriptor, va, 16, ap, descriptor & SHORT_LARGE_XN);
	return PAGEWALK_UNMAPPED;
}

enum pagewalk_result pagewalk_translate(const struct pagewalk *walk, pagewalk_read read,
					void *context, uint64_t va, struct pagewalk_page *page)
{
	int half;

	if (walk->format == PAGEWALK_IDENTITY) {
		if (va & ~low_bits(PA_BITS))
			return PAGEWALK_UNMAPPED;
		*page = (struct pagewalk_page){.va = va & ~low_bits(PAGE_BITS),
					       .pa = va & ~low_bits(PAGE_BITS),
					       .size = 1u << PAGE_BITS,
					       .writable = true,
					       .executable = true};
		return PAGEWALK_MAPPED;
	}
	half = half_of(walk, va);
	if (half < 0 || walk->half[half].off)
		return PAGEWALK_UNMAPPED;
	if (walk->format == PAGEWALK_SHORT)
		return translate_short(walk, half, read, context, va, page);
	return translate_long(walk, half, read, context, va, page);
}
