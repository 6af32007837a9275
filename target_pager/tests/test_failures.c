/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every operation with its first, second, third ... allocation failing, until it needs no more:
 * after each failure all is as it was before, to the byte, the page and the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "file.h"
#include "handle.h"
#include "heap.h"
#include "sim.h"
#include "store.h"
#include "table.h"
#include "vm.h"

#define BASE      0x10000000UL
#define MAX_ALLOC 64u

struct resources {
	size_t heap;
	unsigned int pool, tables, store, secure, reserved, refs, areas;
};

static struct context *context;
static struct fobj *shared; /* held by a handle and by its area at BASE */

static unsigned int count_areas(void)
{
	const struct area *area;
	unsigned int count = 0;

	TAILQ_FOREACH (area, &context->vm.areas, head_link)
		count++;
	return count;
}

static struct resources resources_now(void)
{
	struct resources now;

	memset(&now, 0, sizeof(now));
	now.heap = heap_bytes_used();
	now.pool = pmem_counts.free;
	now.tables = table_free_count;
	now.store = store_region.free_pages;
	now.secure = secure_region.free_pages;
	now.reserved = pmem_counts.reserved;
	now.refs = shared->refc.val;
	now.areas = count_areas();
	return now;
}

/*
 * An operation returns OK when it was done, and then undo() takes it back; otherwise it must have
 * changed nothing.
 */
struct operation {
	const char *name;
	enum status (*run)(void);
	void (*undo)(void);
	unsigned int allocations; /* that it makes when none fails */
};

static enum status keep(struct fobj **slot, struct fobj *fobj)
{
	*slot = fobj;
	return fobj ? OK : ERR_NO_MEMORY;
}

static struct fobj *made;
static struct file *made_file;
static struct handle *made_handle;
static uint8_t bytes[2 * PAGE_SIZE];

static enum status make_ro(void)
{
	return keep(&made, fobj_ro_new("x", bytes, 2));
}

static enum status make_rw(void)
{
	return keep(&made, fobj_rw_new("x", 3));
}

static enum status make_locked(void)
{
	return keep(&made, fobj_locked_new("x", 2));
}

static enum status make_unpaged(void)
{
	return keep(&made, fobj_unpaged_new("x", 2));
}

static void put_made(void)
{
	fobj_put(made);
}

static enum status make_relocated(void)
{
	struct fobj *source = fobj_ro_new("x", bytes, 2);
	struct reloc *relocs;

	if (!source)
		return ERR_NO_MEMORY;
	relocs = heap_alloc_array(1, sizeof(*relocs));
	made = relocs ? fobj_ro_reloc_new("y", source, relocs, 1) : NULL;
	if (!made)
		heap_free(relocs);
	fobj_put(source);
	return made ? OK : ERR_NO_MEMORY;
}

static enum status make_file(void)
{
	struct fobj *text = fobj_ro_new("x", bytes, 2);
	struct file_slice slice = {.fobj = text, .page_offset = 0};

	if (!text)
		return ERR_NO_MEMORY;
	made_file = file_new(bytes, FILE_TAG_LEN, &slice, 1);
	fobj_put(text);
	return made_file ? OK : ERR_NO_MEMORY;
}

static void put_file(void)
{
	file_put(made_file);
}

static enum status make_handle(void)
{
	made_handle = handle_new(HANDLE_SHM, "h", fobj_get(shared), NULL);
	if (!made_handle)
		fobj_put(shared);
	return made_handle ? OK : ERR_NO_MEMORY;
}

static void drop_handle(void)
{
	handle_drop(made_handle);
}

static enum status map(void)
{
	return vm_map(context, shared, 0, 8, PROT_READ, BASE + 0x100000, "again", NULL);
}

static void unmap(void)
{
	assert_int_equal(vm_unmap(context, BASE + 0x100000, 8), OK);
}

static enum status protect_middle(void)
{
	return vm_protect(context, BASE + 2 * PAGE_SIZE, 3, PROT_READ);
}

static void protect_back(void)
{
	assert_int_equal(vm_protect(context, BASE + 2 * PAGE_SIZE, 3, PROT_READ | PROT_WRITE), OK);
}

static enum status unmap_middle(void)
{
	return vm_unmap(context, BASE + 2 * PAGE_SIZE, 3);
}

static void map_middle(void)
{
	assert_int_equal(vm_map(context, shared, 2, 3, PROT_READ | PROT_WRITE, BASE + 2 * PAGE_SIZE,
				"S", NULL),
			 OK);
	/* Joins the three pieces again: same name, same object, adjoining pages. */
	assert_int_equal(vm_protect(context, BASE, 8, PROT_READ | PROT_WRITE), OK);
}

static const struct operation operations[] = {
	{"fobj_ro_new", make_ro, put_made, 3},
	{"fobj_rw_new", make_rw, put_made, 3},
	{"fobj_locked_new", make_locked, put_made, 2},
	{"fobj_unpaged_new", make_unpaged, put_made, 2},
	{"fobj_ro_reloc_new", make_relocated, put_made, 6},
	{"file_new", make_file, put_file, 5},
	{"handle_new", make_handle, drop_handle, 1},
	{"vm_map", map, unmap, 1},
	{"vm_protect of the middle", protect_middle, protect_back, 2},
	{"vm_unmap of the middle", unmap_middle, map_middle, 2},
};

static void try_with_failures(const struct operation *operation)
{
	struct resources before = resources_now(), after;
	unsigned int failures = 0;

	for (unsigned int n = 1; n < MAX_ALLOC; n++) {
		enum status status;

		heap_fail_after(n);
		status = operation->run();
		heap_fail_after(0);
		if (status == OK)
			break;
		failures++;
		after = resources_now();
		if (memcmp(&before, &after, sizeof(before)))
			fail_msg("%s: something is lost when allocation %u fails", operation->name,
				 n);
		sim_check();
	}
	operation->undo();
	assert_int_equal(failures, operation->allocations);
	after = resources_now();
	if (memcmp(&before, &after, sizeof(before)))
		fail_msg("%s: something is lost when nothing fails", operation->name);
}

static void nothing_is_lost(void **state)
{
	struct handle *holder;

	(void)state;
	sim_start(SIM_DEFAULT_SIZE);
	context = sim_context("A");
	shared = fobj_rw_new("S", 8);
	holder = handle_new(HANDLE_SHM, "S", shared, NULL);
	assert_int_equal(vm_map(context, shared, 0, 8, PROT_READ | PROT_WRITE, BASE, "S", NULL),
			 OK);
	for (unsigned int i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		try_with_failures(&operations[i]);
	sim_context_free(context);
	handle_drop(holder);
	sim_stop();
}

static void store_runs_out(void **state)
{
	struct fobj *all;

	(void)state;
	sim_start((struct sim_size){.pool = 16, .tables = 16, .store = 8, .secure = 4});
	all = fobj_rw_new("all", 8);
	assert_non_null(all);
	assert_null(fobj_rw_new("more", 1));
	assert_null(fobj_ro_new("more", bytes, 1));
	assert_null(fobj_unpaged_new("more", 5));
	fobj_put(all);
	sim_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(store_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
