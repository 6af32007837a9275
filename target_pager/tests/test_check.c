/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker is checked: for each of its rules the state is broken on purpose in one place, and
 * the breach must be reported under that rule's name, and be gone when the state is mended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "file.h"
#include "handle.h"
#include "sim.h"
#include "table.h"
#include "vm.h"

#define BASE 0x10000000UL

static struct context *a, *b;
static struct fobj *shared, *text, *locked;
static struct file *file;
static struct handle *shm_handle, *file_handle, *locked_handle;
static struct area *area; /* shared in a, at BASE */
static struct area *text_in_b;
static struct pmem *dirty, *clean;

static int start(void **state)
{
	static uint8_t bytes[2 * PAGE_SIZE];
	struct file_slice slices[2];
	uint8_t byte;

	(void)state;
	sim_start(SIM_DEFAULT_SIZE);
	a = sim_context("A");
	b = sim_context("B");
	shared = fobj_rw_new("S", 4);
	shm_handle = handle_new(HANDLE_SHM, "S", shared, NULL);
	locked = fobj_locked_new("L", 2);
	locked_handle = handle_new(HANDLE_SHM, "L", locked, NULL);
	text = fobj_ro_new("text", bytes, 2);
	slices[0] = (struct file_slice){.fobj = text, .page_offset = 0};
	slices[1] = (struct file_slice){.fobj = text, .page_offset = 2};
	file = file_new(bytes, FILE_TAG_LEN, slices, 2);
	file_handle = handle_new(HANDLE_FILE, "f", NULL, file);
	vm_map(a, shared, 0, 4, PROT_READ | PROT_WRITE, BASE, "S", NULL);
	vm_map(b, shared, 0, 4, PROT_READ, BASE, "S", NULL);
	vm_map(b, text, 0, 2, PROT_READ | PROT_EXEC, BASE + 0x10000, "text", NULL);
	fobj_put(text);
	sim_write(a, BASE, 1);
	sim_read(b, BASE, &byte);
	sim_fetch(b, BASE + 0x10000);
	area = area_find(&a->vm, BASE);
	text_in_b = area_find(&b->vm, BASE + 0x10000);
	dirty = shared->pmems[0];
	clean = text->pmems[0];
	sim_check();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sim_check();
	sim_context_free(a);
	sim_context_free(b);
	handle_drop(shm_handle);
	handle_drop(locked_handle);
	handle_drop(file_handle);
	sim_stop();
	return 0;
}

static const char *wanted;
static bool found;

static void look_for(void *arg, const char *rule, const char *object, const void *address,
		     const char *text_of_breach)
{
	(void)arg;
	(void)object;
	(void)address;
	assert_true(strlen(text_of_breach) > 0);
	found |= !strcmp(rule, wanted);
}

static void assert_breach(const char *rule)
{
	wanted = rule;
	found = false;
	check_all(look_for, NULL);
	if (!found)
		fail_msg("rule %s did not notice", rule);
}

/* Set LVALUE to BROKEN, expect RULE to be breached, set it back. */
#define MUTATE(rule, lvalue, broken)                                                               \
	do {                                                                                       \
		__typeof__(lvalue) whole = (lvalue);                                               \
		(lvalue) = (broken);                                                               \
		assert_breach(rule);                                                               \
		(lvalue) = whole;                                                                  \
		sim_check();                                                                       \
	} while (0)

static void references(void **state)
{
	(void)state;
	MUTATE("refcount", shared->refc.val, shared->refc.val + 1);
	MUTATE("refcount", shared->refc.val, shared->refc.val - 1);
	MUTATE("refcount", text->refc.val, text->refc.val + 1);
	MUTATE("refcount", file->refc.val, file->refc.val + 1);
	MUTATE("refcount", shm_handle->fobj, NULL);
	MUTATE("refcount", file_handle->file, NULL);
	MUTATE("dead-listed", shared->refc.val, 0);
	MUTATE("dead-listed", file->refc.val, 0);
	MUTATE("put-too-many", fobj_bad_puts, 1);
}

static void slices(void **state)
{
	(void)state;
	MUTATE("slice-readonly", file->slices[0].fobj, shared);
	MUTATE("slice-overlap", file->slices[1].page_offset, 0);
	MUTATE("slice-fobj", file->slices[1].fobj, (struct fobj *)area);
}

static void areas(void **state)
{
	(void)state;
	MUTATE("area-head", area->head, &b->vm);
	MUTATE("area-order", area->base, 0x1000);
	MUTATE("area-range", area->fobj_page, 1);
	MUTATE("area-range", area->num_pages, 5);
	MUTATE("area-range", area->num_pages, 0);
	MUTATE("area-prot", area->prot, PROT_READ | PROT_WRITE | PROT_EXEC);
	MUTATE("area-prot", area->prot, PROT_WRITE);
	MUTATE("area-fobj", area->fobj, (struct fobj *)file);
	TAILQ_REMOVE(&shared->areas, area, fobj_link);
	assert_breach("area-lists");
	TAILQ_INSERT_HEAD(&shared->areas, area, fobj_link);
	TAILQ_REMOVE(&a->vm.areas, area, head_link);
	assert_breach("area-lists");
	TAILQ_INSERT_HEAD(&a->vm.areas, area, head_link);
}

static void pages(void **state)
{
	(void)state;
	MUTATE("one-page", dirty->pa, dirty->pa + PAGE_SIZE);
	MUTATE("one-page", shared->pmems[0], clean);
	MUTATE("page-index", shared->pmems[1], clean);
	MUTATE("page-range", dirty->page, 4);
	MUTATE("page-fobj", dirty->fobj, (struct fobj *)area);
	MUTATE("page-free", TAILQ_FIRST(&pmem_free)->fobj, shared);
	MUTATE("page-list", dirty->state, PMEM_FREE);
	MUTATE("page-list", dirty->hidden, true);
	MUTATE("hidden-mapped", dirty->hidden, true);
	MUTATE("clean-writable", dirty->state, PMEM_CLEAN);
	MUTATE("locked", dirty->state, PMEM_LOCKED);
	MUTATE("page-count", pmem_counts.free, pmem_counts.free + 1);
	MUTATE("page-count", pmem_counts.shown, pmem_counts.shown - 1);
	MUTATE("page-count", pmem_counts.hidden, 1);
	MUTATE("page-count", pmem_counts.locked, 1);
	MUTATE("page-count", pmem_counts.total, pmem_counts.total + 1);
	MUTATE("page-count", pmem_counts.reserved, 0);
}

static void tables(void **state)
{
	struct table *leaf = TAILQ_FIRST(&table_leaves);
	uint64_t *entries = table_entries(leaf);
	unsigned int index = 0;

	(void)state;
	while (!entries[index])
		index++;
	MUTATE("table-used", leaf->used, leaf->used + 1);
	MUTATE("table-used", TAILQ_FIRST(&table_inner)->used, 5);
	MUTATE("table-used", entries[index], 0);
	MUTATE("table-count", table_free_count, table_free_count - 1);
	MUTATE("table-count", table_total, table_total + 1);
	MUTATE("entry", entries[511], entries[index]);               /* where no area is */
	MUTATE("entry", entries[index], entries[index] + PAGE_SIZE); /* another's page */
	MUTATE("entry", area->prot, PROT_READ);                      /* more than the area allows */
	MUTATE("entry", text_in_b->prot, PROT_READ);
}

int main(void)
{
#define RULES(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest rules[] = {
		RULES(references), RULES(slices), RULES(areas), RULES(pages), RULES(tables),
	};

	return cmocka_run_group_tests(rules, NULL, NULL);
}
