/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A million random operations (or the number given as the first argument, the seed as the second)
 * against a model of a few arrays, with the checker of every invariant after each one. The pool
 * and the tables are far too small, so pages are evicted and tables stolen all the time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "sim.h"
#include "vm.h"

#define NUM_CONTEXTS 4u
#define NUM_OBJECTS  6u
#define OBJECT_PAGES 8u
#define WINDOW_PAGES 48u
#define WINDOW_BASE  (0x10000000UL + 0x200000UL - 24 * PAGE_SIZE) /* across two leaf tables */

static unsigned long num_operations = 1000000;
static uint64_t seed = 7;

/* What a page of a context's window shows: PAGE of OBJECT with PROT; object NONE: nothing. */
struct model_page {
	unsigned int object, page, prot;
};
#define NO_OBJECT UINT32_MAX

struct model_object {
	struct handle *handle; /* NULL: the script let go of it */
	struct fobj *fobj;     /* NULL: it does not exist */
	unsigned int mapped;   /* window pages that show it, in all contexts */
	uint8_t bytes[OBJECT_PAGES];
};

static struct context *contexts[NUM_CONTEXTS];
static struct model_page window[NUM_CONTEXTS][WINDOW_PAGES];
static struct model_object objects[NUM_OBJECTS];

static vaddr_t window_va(unsigned int page)
{
	return WINDOW_BASE + page * PAGE_SIZE;
}

static bool object_is_readonly(const struct model_object *object)
{
	return object->fobj->ops->kind == FOBJ_RO;
}

/* ---- operations: each on the core and on the model ---- */

static struct fobj *make_fobj(struct model_object *object)
{
	static uint8_t pages[OBJECT_PAGES * PAGE_SIZE];

	memset(object->bytes, 0, sizeof(object->bytes));
	switch (sim_random(4)) {
	case 0:
		for (unsigned int i = 0; i < OBJECT_PAGES; i++) {
			object->bytes[i] = (uint8_t)sim_random(256);
			memset(pages + i * PAGE_SIZE, object->bytes[i], PAGE_SIZE);
		}
		return fobj_ro_new("ro", pages, OBJECT_PAGES);
	case 1:
		return fobj_unpaged_new("unpaged", OBJECT_PAGES);
	case 2:
		return fobj_locked_new("locked", OBJECT_PAGES);
	default:
		return fobj_rw_new("rw", OBJECT_PAGES);
	}
}

/* The object is gone when neither its handle nor an area holds it. */
static void forget_if_unheld(struct model_object *object)
{
	if (!object->handle && !object->mapped)
		object->fobj = NULL;
}

static void op_make_or_drop(void)
{
	struct model_object *object = &objects[sim_random(NUM_OBJECTS)];

	pager_lock();
	if (object->handle) {
		handle_drop(object->handle);
		object->handle = NULL;
		forget_if_unheld(object);
	} else if (!object->fobj) {
		object->fobj = make_fobj(object);
		if (object->fobj)
			object->handle = handle_new(HANDLE_SHM, "object", object->fobj, NULL);
	}
	pager_unlock();
}

static bool window_is_free(unsigned int context, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++)
		if (window[context][i].object != NO_OBJECT)
			return false;
	return true;
}

static bool window_is_full(unsigned int context, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++)
		if (window[context][i].object == NO_OBJECT)
			return false;
	return true;
}

static unsigned int random_prot(void)
{
	static const unsigned int prots[] = {PROT_READ, PROT_READ | PROT_WRITE,
					     PROT_READ | PROT_EXEC};

	return prots[sim_random(3)];
}

static bool prot_fits(const struct model_object *object, unsigned int prot)
{
	if (prot & PROT_WRITE)
		return !object_is_readonly(object);
	return !(prot & PROT_EXEC) || object_is_readonly(object);
}

static void op_map(void)
{
	unsigned int context = sim_random(NUM_CONTEXTS), number = sim_random(NUM_OBJECTS);
	unsigned int page = sim_random(OBJECT_PAGES), count = 1 + sim_random(OBJECT_PAGES - page);
	unsigned int first = sim_random(WINDOW_PAGES - count + 1), prot = random_prot();
	struct model_object *object = &objects[number];
	enum status expected = OK, status;

	if (!object->fobj)
		return;
	if (!prot_fits(object, prot))
		expected = ERR_ACCESS;
	else if (!window_is_free(context, first, count))
		expected = ERR_OVERLAP;
	status = vm_map(contexts[context], object->fobj, page, count, prot, window_va(first), "w",
			NULL);
	assert_int_equal(status, expected);
	for (unsigned int i = 0; status == OK && i < count; i++)
		window[context][first + i] = (struct model_page){number, page + i, prot};
	object->mapped += status == OK ? count : 0;
}

static void random_range(unsigned int *first, unsigned int *count)
{
	*count = 1 + sim_random(6);
	*first = sim_random(WINDOW_PAGES - *count + 1);
}

static void op_unmap(void)
{
	unsigned int context = sim_random(NUM_CONTEXTS), first, count;
	enum status expected;

	random_range(&first, &count);
	expected = window_is_full(context, first, count) ? OK : ERR_NOT_FOUND;
	assert_int_equal(vm_unmap(contexts[context], window_va(first), count), expected);
	for (unsigned int i = first; expected == OK && i < first + count; i++) {
		struct model_object *object = &objects[window[context][i].object];

		object->mapped--;
		window[context][i].object = NO_OBJECT;
		forget_if_unheld(object);
	}
}

static void op_protect(void)
{
	unsigned int context = sim_random(NUM_CONTEXTS), first, count, prot = random_prot();
	enum status expected = OK;

	random_range(&first, &count);
	for (unsigned int i = first; expected == OK && i < first + count; i++) {
		if (window[context][i].object == NO_OBJECT)
			expected = ERR_NOT_FOUND;
		else if (!prot_fits(&objects[window[context][i].object], prot))
			expected = ERR_ACCESS;
	}
	assert_int_equal(vm_protect(contexts[context], window_va(first), count, prot), expected);
	for (unsigned int i = first; expected == OK && i < first + count; i++)
		window[context][i].prot = prot;
}

/* The outcome that the model expects to be fatal, or FAULT_NONE where the access succeeds. */
static enum fault_outcome expected_end(const struct model_page *page, unsigned int access)
{
	if (page->object == NO_OBJECT)
		return FAULT_NO_AREA;
	return (page->prot & access) == access ? FAULT_NONE : FAULT_DENIED;
}

static void check_outcome(enum fault_outcome outcome, enum fault_outcome expected)
{
	if (expected != FAULT_NONE)
		assert_int_equal(outcome, expected);
	else
		assert_true(outcome == FAULT_NONE || !fault_is_fatal(outcome));
}

static void op_access(void)
{
	unsigned int number = sim_random(NUM_CONTEXTS), at = sim_random(WINDOW_PAGES);
	const struct model_page *page = &window[number][at];
	unsigned int access = 1u << sim_random(3), offset = sim_random(PAGE_SIZE);
	enum fault_outcome expected = expected_end(page, access);
	uint8_t byte = (uint8_t)sim_random(256);

	if (access == PROT_EXEC) {
		check_outcome(sim_fetch(contexts[number], window_va(at)), expected);
	} else if (access == PROT_WRITE) {
		check_outcome(sim_write(contexts[number], window_va(at) + 1, byte), expected);
		if (expected == FAULT_NONE)
			objects[page->object].bytes[page->page] = byte;
	} else {
		bool fixed =
			page->object != NO_OBJECT && object_is_readonly(&objects[page->object]);

		check_outcome(
			sim_read(contexts[number], window_va(at) + (fixed ? offset : 1), &byte),
			expected);
		if (expected == FAULT_NONE)
			assert_int_equal(byte, objects[page->object].bytes[page->page]);
	}
}

/* A TA dies or closes: its whole space goes, and a new one takes its place. */
static void op_reopen(void)
{
	unsigned int number = sim_random(NUM_CONTEXTS);

	sim_context_free(contexts[number]);
	contexts[number] = sim_context("T");
	for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
		struct model_page *page = &window[number][i];

		if (page->object == NO_OBJECT)
			continue;
		objects[page->object].mapped--;
		forget_if_unheld(&objects[page->object]);
		page->object = NO_OBJECT;
	}
}

static void operate(void)
{
	uint32_t dice = sim_random(1000);

	if (dice < 720)
		op_access();
	else if (dice < 880)
		op_map();
	else if (dice < 910)
		op_unmap();
	else if (dice < 970)
		op_protect();
	else if (dice < 998)
		op_make_or_drop();
	else
		op_reopen();
}

static void compare_refcounts(void)
{
	for (unsigned int i = 0; i < NUM_OBJECTS; i++)
		if (objects[i].fobj)
			assert_true(fobj_is_alive(objects[i].fobj));
}

static void random_operations(void **state)
{
	(void)state;
	sim_start((struct sim_size){.pool = 16, .tables = 12, .store = 256, .secure = 64});
	sim_seed(seed);
	for (unsigned int i = 0; i < NUM_CONTEXTS; i++) {
		contexts[i] = sim_context("T");
		for (unsigned int j = 0; j < WINDOW_PAGES; j++)
			window[i][j].object = NO_OBJECT;
	}
	for (unsigned long i = 0; i < num_operations; i++) {
		operate();
		sim_check();
		compare_refcounts();
	}
	print_message("%lu loads, %lu saves, %lu releases, %lu hidden hits, %lu tables stolen\n",
		      pager_counters.loads, pager_counters.saves, pager_counters.releases,
		      pager_counters.hidden_hits, pager_counters.table_steals);
	assert_true(pager_counters.releases > num_operations / 100);
	assert_true(pager_counters.table_steals > 0 && pager_counters.hidden_hits > 0);
	for (unsigned int i = 0; i < NUM_CONTEXTS; i++)
		sim_context_free(contexts[i]);
	pager_lock();
	for (unsigned int i = 0; i < NUM_OBJECTS; i++)
		handle_drop(objects[i].handle);
	pager_unlock();
	sim_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};

	if (argc > 1)
		num_operations = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
