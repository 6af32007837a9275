/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table in the free list is all zeros, so taking one costs nothing but the links. The records
 * are an array in the order of their pages: a descriptor's address leads back to its record.
 */
#include "table.h"

#include <string.h>

#include "arch.h"
#include "heap.h"

struct table_list table_free = TAILQ_HEAD_INITIALIZER(table_free);
struct table_list table_leaves = TAILQ_HEAD_INITIALIZER(table_leaves);
struct table_list table_inner = TAILQ_HEAD_INITIALIZER(table_inner);
struct table *table_pool;
unsigned int table_total, table_free_count;

enum status table_init(paddr_t base, unsigned int num_tables)
{
	table_pool = heap_alloc_array(num_tables, sizeof(*table_pool));
	if (!table_pool)
		return ERR_NO_MEMORY;
	memset(phys_to_virt(base), 0, num_tables * PAGE_SIZE);
	for (unsigned int i = 0; i < num_tables; i++) {
		table_pool[i].pa = base + (paddr_t)i * PAGE_SIZE;
		TAILQ_INSERT_TAIL(&table_free, &table_pool[i], link);
	}
	table_total = num_tables;
	table_free_count = num_tables;
	return OK;
}

void table_deinit(void)
{
	heap_free(table_pool);
	table_pool = NULL;
	TAILQ_INIT(&table_free);
	table_total = 0;
	table_free_count = 0;
}

uint64_t *table_entries(const struct table *table)
{
	return phys_to_virt(table->pa);
}

static struct table_list *list_of(const struct table *table)
{
	return table->level == TABLE_LEAF_LEVEL ? &table_leaves : &table_inner;
}

struct table *table_take(struct mmu_space *space, vaddr_t base, unsigned int level,
			 struct table *parent)
{
	struct table *table = TAILQ_FIRST(&table_free);

	if (!table)
		return NULL;
	TAILQ_REMOVE(&table_free, table, link);
	table_free_count--;
	table->space = space;
	table->base = base;
	table->level = level;
	table->used = 0;
	table->parent = parent;
	TAILQ_INSERT_TAIL(list_of(table), table, link);
	return table;
}

void table_release(struct table *table)
{
	if (table->used)
		memset(table_entries(table), 0, PAGE_SIZE);
	TAILQ_REMOVE(list_of(table), table, link);
	table->space = NULL;
	table->base = 0;
	table->level = 0;
	table->used = 0;
	table->parent = NULL;
	TAILQ_INSERT_TAIL(&table_free, table, link);
	table_free_count++;
}

struct table *table_of_pa(paddr_t pa)
{
	return &table_pool[(pa - table_pool[0].pa) >> PAGE_SHIFT];
}
