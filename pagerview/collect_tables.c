/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One level of tables resolves nine bits of address; the first level is the one that leaves all the
 * others whole. Block entries at levels 1 and 2 are pages to us too.
 */
#include "collect_tables.h"

#define PAGE_SHIFT  12
#define LEVEL_BITS  9
#define DESC_VALID  UINT64_C(1)
#define DESC_TABLE  UINT64_C(2) /* at level 3: a page */
#define DESC_AP_EL0 (UINT64_C(1) << 6)
#define DESC_AP_RO  (UINT64_C(1) << 7)
#define DESC_PXN    (UINT64_C(1) << 53)
#define DESC_UXN    (UINT64_C(1) << 54)
#define DESC_ADDR   UINT64_C(0x0000fffffffff000)

/* Short descriptors of small pages, with the access flag in AP[0] (SCTLR.AFE). */
#define SHORT_XN     1u
#define SHORT_PAGE   2u
#define SHORT_AP_EL0 (1u << 5)
#define SHORT_AP_RO  (1u << 9)
#define SHORT_ADDR   0xfffff000u

#define MAX_CORE_TABLES 64

static uint8_t long_prot(uint64_t descriptor, bool kernel)
{
	uint8_t prot;

	if (!kernel && !(descriptor & DESC_AP_EL0))
		return 0;
	prot = descriptor & DESC_AP_RO ? PROT_R : PROT_R | PROT_W;
	if (!(descriptor & (kernel ? DESC_PXN : DESC_UXN)))
		prot |= PROT_X;
	return prot;
}

static void read_long(uint64_t descriptor, bool kernel, struct translation *translation)
{
	bool page = (descriptor & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);

	translation->pa = descriptor & DESC_ADDR;
	translation->prot = page ? long_prot(descriptor, kernel) : 0;
}

bool tables_decode(uint64_t descriptor, struct translation *translation)
{
	read_long(descriptor, false, translation);
	return descriptor & DESC_VALID;
}

static void read_short(uint32_t descriptor, bool kernel, struct translation *translation)
{
	translation->pa = descriptor & SHORT_ADDR;
	translation->prot = 0;
	if (!(descriptor & SHORT_PAGE) || (!kernel && !(descriptor & SHORT_AP_EL0)))
		return;
	translation->prot = descriptor & SHORT_AP_RO ? PROT_R : PROT_R | PROT_W;
	if (!(descriptor & SHORT_XN))
		translation->prot |= PROT_X;
}

enum cache_answer tables_lookup(struct cache *cache, uint64_t root, unsigned int va_bits,
				uint64_t va, struct translation *translation)
{
	unsigned int levels = (va_bits - PAGE_SHIFT + LEVEL_BITS - 1) / LEVEL_BITS;
	uint64_t table = root & DESC_ADDR;

	*translation = (struct translation){0};
	if (va_bits < 64 && va >> va_bits)
		return CACHE_BAD;
	for (unsigned int below = levels; below-- > 0;) {
		unsigned int shift = PAGE_SHIFT + LEVEL_BITS * below;
		uint64_t index = va >> shift & ((1u << LEVEL_BITS) - 1), descriptor = 0;
		uint64_t block = (UINT64_C(1) << shift) - 1;
		enum cache_answer answer = cache_get(cache, CACHE_PHYSICAL, table + index * 8,
						     &descriptor, sizeof(descriptor));

		if (answer != CACHE_OK || !(descriptor & DESC_VALID))
			return answer;
		if (below > 0 && descriptor & DESC_TABLE) {
			table = descriptor & DESC_ADDR;
			continue;
		}
		if (below == 0 && !(descriptor & DESC_TABLE))
			return CACHE_OK; /* reserved: nothing */
		translation->prot = long_prot(descriptor, false);
		translation->pa =
			(descriptor & DESC_ADDR & ~block) | (va & block & ~UINT64_C(0xfff));
		return CACHE_OK;
	}
	return CACHE_OK;
}

/* Entry INDEX of the leaf table whose entries are at virtual TABLE. */
static enum cache_answer read_entry(const struct values *values, uint64_t table, uint64_t index,
				    bool kernel, struct translation *translation)
{
	bool is_short = values->layout->tables.format == TABLES_ARM_SHORT;
	uint64_t size = is_short ? 4 : 8, descriptor = 0;
	enum cache_answer answer =
		cache_get(values->cache, CACHE_VIRTUAL, table + index * size, &descriptor, size);

	if (answer != CACHE_OK)
		return answer;
	if (is_short)
		read_short((uint32_t)descriptor, kernel, translation);
	else
		read_long(descriptor, kernel, translation);
	return CACHE_OK;
}

enum cache_answer tables_lookup_leaf(const struct values *values, uint64_t leaf, uint64_t base,
				     uint64_t va, bool kernel, struct translation *translation)
{
	const struct layout_tables *tables = &values->layout->tables;
	uint64_t entries = UINT64_C(1) << (tables->leaf_shift - PAGE_SHIFT), table;
	enum cache_answer answer;

	*translation = (struct translation){0};
	if (leaf && tables->leaf_is_array) {
		uint64_t index = (va >> tables->leaf_shift) - (base >> tables->leaf_shift);

		answer = value_pointer(values, leaf + index * values->layout->pointer_size, &leaf);
		if (answer != CACHE_OK)
			return answer;
	}
	if (!leaf)
		return CACHE_OK; /* there is no table now: nothing is mapped */
	answer = value_number(values, &tables->leaf_table, leaf, &table);
	if (answer != CACHE_OK || !table)
		return answer;
	answer = read_entry(values, table, va >> PAGE_SHIFT & (entries - 1), kernel, translation);
	if (answer == CACHE_OK && !translation->prot)
		translation->pa = 0;
	return answer;
}

/* Element I of the list of the core's tables; CACHE_OK with entries 0: it does not cover VA. */
static enum cache_answer core_table(const struct values *values, uint64_t element, uint64_t va,
				    uint64_t *table, uint64_t *index, bool *covers)
{
	const struct layout_tables *tables = &values->layout->tables;
	uint64_t base, entries;
	enum cache_answer worst = value_number(values, &tables->core_table, element, table);
	enum cache_answer answer = value_number(values, &tables->core_base, element, &base);

	worst = answer > worst ? answer : worst;
	answer = value_number(values, &tables->core_entries, element, &entries);
	worst = answer > worst ? answer : worst;
	*index = (va - base) >> PAGE_SHIFT;
	*covers = worst == CACHE_OK && va >= base && *index < entries;
	return worst;
}

enum cache_answer tables_lookup_core(const struct values *values, uint64_t va,
				     struct translation *translation)
{
	const struct layout_tables *tables = &values->layout->tables;
	uint64_t first, count = tables->core_fixed_count, table, index;
	enum cache_answer answer;

	*translation = (struct translation){0};
	answer = value_place(values, &tables->core_head, tables->core_symbol + values->slide,
			     &first);
	if (answer == CACHE_OK && tables->core_has_count)
		answer = value_number(values, &tables->core_count,
				      tables->core_count_symbol + values->slide, &count);
	for (uint64_t i = 0; answer == CACHE_OK && i < count && i < MAX_CORE_TABLES; i++) {
		bool covers;

		answer = core_table(values, first + i * tables->core_stride, va, &table, &index,
				    &covers);
		if (answer == CACHE_OK && covers)
			return read_entry(values, table, index, true, translation);
	}
	return answer == CACHE_OK ? CACHE_BAD : answer;
}
