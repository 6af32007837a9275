/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables are a cache of what the areas say. That is why running out of them is no error: the
 * oldest leaf table, whoever's it is, is emptied and used anew, and its pages come back one cheap
 * fault at a time. Empty leaves are kept until their range is unmapped or another needs them:
 * hiding a page and showing it again must not cost a table each time.
 *
 * Break before make (Arm ARM D8.14.1): an entry is never replaced by one with another address
 * without an invalid entry and a TLB invalidation in between.
 */
#include "mmu.h"

#include "arch.h"
#include "counters.h"

/* Stage 1 descriptors (Arm ARM D8.3). */
#define DESC_VALID   (1UL << 0)
#define DESC_TABLE   (1UL << 1) /* at level 1 and 2: a table; at level 3: a page */
#define DESC_ATTR(n) ((uint64_t)(n) << 2)
#define DESC_AP_EL0  (1UL << 6)
#define DESC_AP_RO   (1UL << 7)
#define DESC_SH_IN   (3UL << 8)
#define DESC_AF      (1UL << 10)
#define DESC_NG      (1UL << 11)
#define DESC_PXN     (1UL << 53)
#define DESC_UXN     (1UL << 54)
#define DESC_PA_MASK 0x0000fffffffff000UL

#define ROOT_LEVEL 1u
#define NUM_ASIDS  256u

static uint64_t asids_used[NUM_ASIDS / 64] = {1}; /* 0 is the core's own */

static unsigned int level_shift(unsigned int level)
{
	return PAGE_SHIFT + 9 * (TABLE_LEAF_LEVEL - level);
}

static uint64_t *entry_of(const struct table *table, vaddr_t va)
{
	return &table_entries(table)[va >> level_shift(table->level) & (TABLE_ENTRIES - 1)];
}

static void entry_write(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* The table below TABLE on the way to VA, or NULL. */
static struct table *child_of(const struct table *table, vaddr_t va)
{
	uint64_t desc = *entry_of(table, va);

	return desc & DESC_VALID ? table_of_pa(desc & DESC_PA_MASK) : NULL;
}

static struct table *leaf_of(const struct mmu_space *space, vaddr_t va)
{
	struct table *inner = space->root ? child_of(space->root, va) : NULL;

	return inner ? child_of(inner, va) : NULL;
}

/* Unhook TABLE from its parent, and every parent that this leaves empty; never the root. */
static void table_drop(struct table *table)
{
	while (table->parent) {
		struct table *parent = table->parent;

		entry_write(entry_of(parent, table->base), 0);
		parent->used--;
		tlb_invalidate_page(table->space->asid, table->base);
		table->space->tables--;
		table_release(table);
		if (parent->used)
			break;
		table = parent;
	}
}

/* Empty the oldest leaf table of any space for another use. False: there is none. */
static bool steal_leaf(void)
{
	struct table *victim = TAILQ_FIRST(&table_leaves);
	uint16_t asid;

	if (!victim)
		return false;
	asid = victim->space->asid;
	entry_write(entry_of(victim->parent, victim->base), 0);
	tlb_invalidate_asid(asid);
	pager_counters.table_steals++;
	table_drop(victim);
	return true;
}

static struct table *take_or_steal(struct mmu_space *space, vaddr_t base, unsigned int level,
				   struct table *parent)
{
	struct table *table = table_take(space, base, level, parent);

	if (!table && steal_leaf())
		table = table_take(space, base, level, parent);
	if (table)
		space->tables++;
	return table;
}

/* The table below TABLE on the way to VA, made if need be. TABLE stays even if it was empty. */
static struct table *child_make(struct table *table, vaddr_t va)
{
	struct table *child = child_of(table, va);
	vaddr_t base = va & ~((1UL << level_shift(table->level)) - 1);

	if (child)
		return child;
	table->used++; /* counted first: stealing must not drop TABLE as empty */
	child = take_or_steal(table->space, base, table->level + 1, table);
	if (child)
		entry_write(entry_of(table, va), child->pa | DESC_TABLE | DESC_VALID);
	else
		table->used--;
	return child;
}

static uint64_t page_desc(paddr_t pa, unsigned int prot)
{
	uint64_t desc = pa | DESC_VALID | DESC_TABLE | DESC_ATTR(MMU_ATTR_NORMAL) | DESC_AP_EL0 |
			DESC_SH_IN | DESC_AF | DESC_NG | DESC_PXN;

	if (!(prot & PROT_WRITE))
		desc |= DESC_AP_RO;
	if (!(prot & PROT_EXEC))
		desc |= DESC_UXN;
	return desc;
}

enum status mmu_map(struct mmu_space *space, vaddr_t va, paddr_t pa, unsigned int prot)
{
	struct table *inner = child_make(space->root, va), *leaf = NULL;
	uint64_t *entry, old, desc = page_desc(pa, prot);

	if (inner)
		leaf = child_make(inner, va);
	if (!leaf) {
		if (inner && !inner->used)
			table_drop(inner);
		return ERR_NO_TABLE;
	}
	entry = entry_of(leaf, va);
	if (*entry && (*entry & DESC_PA_MASK) != pa)
		mmu_unmap(space, va);
	old = *entry;
	if (!old)
		leaf->used++;
	entry_write(entry, desc);
	/* After the write: what a walk finds from now on is new, what was found before goes. */
	if (old && old != desc)
		tlb_invalidate_page(space->asid, va);
	else
		table_write_barrier();
	return OK;
}

bool mmu_unmap(struct mmu_space *space, vaddr_t va)
{
	struct table *leaf = leaf_of(space, va);
	uint64_t *entry;

	if (!leaf)
		return false;
	entry = entry_of(leaf, va);
	if (!*entry)
		return false;
	entry_write(entry, 0);
	leaf->used--;
	tlb_invalidate_page(space->asid, va);
	return true;
}

void mmu_trim(struct mmu_space *space, vaddr_t base, unsigned int num_pages)
{
	vaddr_t end = base + num_pages * PAGE_SIZE, span = 1UL << level_shift(2);

	for (vaddr_t va = base & ~(span - 1); va < end; va += span) {
		struct table *leaf = leaf_of(space, va);

		if (leaf && !leaf->used)
			table_drop(leaf);
	}
}

bool mmu_query(const struct mmu_space *space, vaddr_t va, paddr_t *pa, unsigned int *prot)
{
	struct table *leaf = leaf_of(space, va);
	uint64_t desc = leaf ? *entry_of(leaf, va) : 0;

	if (!(desc & DESC_VALID))
		return false;
	*pa = desc & DESC_PA_MASK;
	*prot = PROT_READ;
	if (!(desc & DESC_AP_RO))
		*prot |= PROT_WRITE;
	if (!(desc & DESC_UXN))
		*prot |= PROT_EXEC;
	return true;
}

static enum status asid_take(uint16_t *asid)
{
	for (unsigned int i = 0; i < NUM_ASIDS; i++) {
		if (asids_used[i / 64] >> (i % 64) & 1)
			continue;
		asids_used[i / 64] |= 1UL << (i % 64);
		*asid = (uint16_t)i;
		return OK;
	}
	return ERR_BUSY;
}

static void asid_release(uint16_t asid)
{
	asids_used[asid / 64] &= ~(1UL << (asid % 64));
}

enum status mmu_space_init(struct mmu_space *space)
{
	enum status status = asid_take(&space->asid);

	if (status != OK)
		return status;
	space->tables = 0;
	space->root = take_or_steal(space, 0, ROOT_LEVEL, NULL);
	if (space->root)
		return OK;
	asid_release(space->asid);
	return ERR_NO_TABLE;
}

static void release_tables_below(struct table *table)
{
	for (unsigned int i = 0; i < TABLE_ENTRIES && table->level < TABLE_LEAF_LEVEL; i++) {
		uint64_t desc = table_entries(table)[i];

		if (desc & DESC_VALID)
			release_tables_below(table_of_pa(desc & DESC_PA_MASK));
	}
	table_release(table);
}

void mmu_space_deinit(struct mmu_space *space)
{
	if (!space->root)
		return;
	tlb_invalidate_asid(space->asid);
	release_tables_below(space->root);
	asid_release(space->asid);
	space->root = NULL;
	space->tables = 0;
}
