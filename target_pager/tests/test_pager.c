/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pager's rules, one story a test, with exact counts of faults, loads, saves and releases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "handle.h"
#include "heap.h"
#include "sim.h"
#include "store.h"
#include "trace.h"
#include "vm.h"

#define BASE 0x10000000UL

static int start(void **state)
{
	(void)state;
	sim_start(SIM_DEFAULT_SIZE);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sim_stop();
	return 0;
}

static vaddr_t page_va(unsigned int page)
{
	return BASE + page * PAGE_SIZE;
}

/* Map a new object at BASE of CONTEXT and let the area be its only holder. */
static void map_new(struct context *context, struct fobj *fobj, unsigned int prot)
{
	assert_non_null(fobj);
	assert_int_equal(vm_map(context, fobj, 0, fobj->num_pages, prot, BASE, "object", NULL), OK);
	pager_lock();
	fobj_put(fobj);
	pager_unlock();
}

static void first_touches(void **state)
{
	struct context *a = sim_context("A");
	uint8_t byte = 1;

	(void)state;
	map_new(a, fobj_rw_new("data", 4), PROT_READ | PROT_WRITE);
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_LOADED);
	assert_int_equal(byte, 0);
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_NONE);
	assert_int_equal(sim_write(a, page_va(0), 7), FAULT_MADE_DIRTY);
	assert_int_equal(sim_write(a, page_va(1), 8), FAULT_LOADED);
	assert_int_equal(sim_write(a, page_va(1), 9), FAULT_NONE);
	assert_int_equal(sim_read(a, page_va(4), &byte), FAULT_NO_AREA);
	assert_int_equal(sim_fetch(a, page_va(0)), FAULT_DENIED);
	assert_int_equal(pager_counters.loads, 2);
	assert_int_equal(pager_counters.zero_fills, 2);
	assert_int_equal(a->vm.faults, 5);
	sim_context_free(a);
}

static void shared_page_has_one_pmem(void **state)
{
	struct context *a = sim_context("A"), *b = sim_context("B");
	struct fobj *fobj = fobj_rw_new("S", 2);
	unsigned int mapped;
	uint8_t byte;

	(void)state;
	fobj_get(fobj);
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	map_new(b, fobj, PROT_READ | PROT_WRITE);
	assert_int_equal(sim_write(a, page_va(0), 42), FAULT_LOADED);
	assert_int_equal(sim_read(b, page_va(0), &byte), FAULT_SHARED);
	assert_int_equal(byte, 42);
	assert_int_equal(sim_write(b, page_va(0), 43), FAULT_NONE);
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_NONE);
	assert_int_equal(byte, 43);
	assert_int_equal(pager_count_owners(fobj, 0, &mapped), 2);
	assert_int_equal(mapped, 2);
	assert_int_equal(pager_counters.loads, 1);
	assert_int_equal(fobj->refc.val, 2);
	sim_check();
	sim_context_free(a);
	assert_int_equal(fobj->refc.val, 1);
	sim_context_free(b);
}

/* A pool of 16 and 32 pages to use: each round of writes evicts, saves and reloads exactly so. */
static void eviction_counts(void **state)
{
	struct context *a = sim_context("A");
	uint8_t byte;

	(void)state;
	map_new(a, fobj_rw_new("data", 32), PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(sim_write(a, page_va(i), (uint8_t)(i + 1)), FAULT_LOADED);
	assert_int_equal(pager_counters.releases, 16);
	assert_int_equal(pager_counters.saves, 16);
	assert_int_equal(pmem_counts.hidden, 6);
	for (unsigned int i = 0; i < 16; i++) {
		assert_int_equal(sim_read(a, page_va(i), &byte), FAULT_LOADED);
		assert_int_equal(byte, i + 1);
	}
	/* The 16 dirty ones had to go; what was read back is clean and goes without a save. */
	assert_int_equal(pager_counters.saves, 32);
	for (unsigned int i = 16; i < 32; i++) {
		assert_int_equal(sim_read(a, page_va(i), &byte), FAULT_LOADED);
		assert_int_equal(byte, i + 1);
	}
	assert_int_equal(pager_counters.saves, 32);
	assert_int_equal(pager_counters.loads, 64);
	assert_int_equal(pager_counters.releases, 48);
	assert_int_equal(pager_counters.zero_fills, 32);
	sim_check();
	sim_context_free(a);
}

static void hidden_page_is_shown_again(void **state)
{
	struct context *a = sim_context("A");
	uint8_t byte;

	(void)state;
	map_new(a, fobj_rw_new("data", 16), PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 16; i++)
		sim_write(a, page_va(i), (uint8_t)i);
	assert_int_equal(pmem_counts.hidden, 6);
	assert_int_equal(TAILQ_FIRST(&pmem_hidden)->page, 0);
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_HIDDEN);
	assert_int_equal(pager_counters.hidden_hits, 1);
	assert_int_equal(TAILQ_LAST(&pmem_shown, pmem_list)->page, 0);
	assert_int_equal(pmem_counts.hidden, 6); /* another one took its place */
	assert_int_equal(pager_counters.releases, 0);
	sim_check();
	sim_context_free(a);
}

/* Touch as many other pages as the pool has, so that all that was resident is released. */
static void use_the_pool_up(struct context *context)
{
	struct fobj *filler = fobj_rw_new("filler", 16);
	vaddr_t base;

	assert_int_equal(vm_map(context, filler, 0, 16, PROT_READ | PROT_WRITE, 0, "filler", &base),
			 OK);
	for (unsigned int i = 0; i < 16; i++)
		sim_write(context, base + i * PAGE_SIZE, 1);
	assert_int_equal(vm_unmap(context, base, 16), OK);
	fobj_put(filler);
}

/* The slide's picture: area 0 and 2 in one space, area 1 in another; pmem 0 mapped by 0 and 1. */
static void release_unmaps_every_owner(void **state)
{
	struct context *a = sim_context("A"), *b = sim_context("B");
	struct fobj *shared = fobj_rw_new("S", 1), *filler = fobj_rw_new("filler", 16);
	unsigned int mapped;
	uint8_t byte;

	(void)state;
	fobj_get(shared);
	map_new(a, shared, PROT_READ | PROT_WRITE);
	map_new(b, shared, PROT_READ | PROT_WRITE);
	assert_int_equal(vm_map(a, shared, 0, 1, PROT_READ, BASE + (64UL << 20), "again", NULL),
			 OK);
	sim_write(a, page_va(0), 99);
	sim_read(b, page_va(0), &byte);
	sim_read(a, BASE + (64UL << 20), &byte);
	assert_int_equal(pager_count_owners(shared, 0, &mapped), 3);
	assert_int_equal(mapped, 3);
	/* Fill the pool until the page is released: no owner may keep it. */
	assert_int_equal(vm_map(b, filler, 0, 16, PROT_READ | PROT_WRITE, BASE + (64UL << 20),
				"filler", NULL),
			 OK);
	for (unsigned int i = 0; i < 16; i++)
		sim_write(b, BASE + (64UL << 20) + i * PAGE_SIZE, 1);
	assert_null(shared->pmems[0]);
	assert_int_equal(pager_count_owners(shared, 0, &mapped), 3);
	assert_int_equal(mapped, 0);
	assert_int_equal(sim_read(b, page_va(0), &byte), FAULT_LOADED);
	assert_int_equal(byte, 99);
	fobj_put(filler);
	sim_context_free(a);
	sim_context_free(b);
}

static unsigned int count_events(uint64_t since, enum trace_kind kind, const struct fobj *fobj)
{
	unsigned int count = 0;

	for (uint64_t seq = since; seq < trace_head; seq++) {
		const struct trace_event *event = &trace_ring[seq % TRACE_ENTRIES];

		count += event->kind == kind && event->object == fobj;
	}
	return count;
}

/* Of two owners one has touched the page: one entry is made, and one removed, when it is hidden. */
static void only_what_was_mapped_is_told_as_unmapped(void **state)
{
	struct context *a = sim_context("A"), *b = sim_context("B");
	struct fobj *shared = fobj_get(fobj_rw_new("S", 1));
	uint64_t start_of_story = trace_head;

	(void)state;
	map_new(a, shared, PROT_READ | PROT_WRITE);
	map_new(b, shared, PROT_READ | PROT_WRITE);
	sim_write(a, page_va(0), 99);
	assert_int_equal(count_events(start_of_story, TRACE_MAP, shared), 1);
	use_the_pool_up(b);
	assert_int_equal(count_events(start_of_story, TRACE_HIDE, shared), 1);
	assert_int_equal(count_events(start_of_story, TRACE_RELEASE, shared), 1);
	assert_int_equal(count_events(start_of_story, TRACE_UNMAP, shared), 1);
	sim_context_free(a);
	sim_context_free(b);
}

static void locked_pages_never_leave(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *locked = fobj_locked_new("locked", 8);

	(void)state;
	assert_null(fobj_locked_new("too many", 3)); /* 16 - 8 - 3 leaves less than the minimum */
	map_new(a, locked, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(sim_write(a, page_va(i), (uint8_t)(i + 1)), FAULT_LOADED);
	assert_int_equal(vm_map(a, fobj_rw_new("data", 40), 0, 40, PROT_READ | PROT_WRITE,
				BASE + (64UL << 20), "data", NULL),
			 OK);
	for (unsigned int i = 0; i < 40; i++)
		sim_write(a, BASE + (64UL << 20) + i * PAGE_SIZE, 1);
	for (unsigned int i = 0; i < 8; i++) {
		uint8_t byte = 0;

		assert_int_equal(sim_read(a, page_va(i), &byte), FAULT_NONE);
		assert_int_equal(byte, i + 1);
	}
	assert_int_equal(pmem_counts.locked, 8);
	pager_lock();
	fobj_put(area_find(&a->vm, BASE + (64UL << 20))->fobj);
	pager_unlock();
	sim_context_free(a);
	assert_int_equal(pmem_counts.reserved, 0);
}

static void unpaged_is_mapped_at_once(void **state)
{
	struct context *a = sim_context("A"), *b = sim_context("B");
	struct fobj *fobj = fobj_unpaged_new("U", 3);
	uint8_t byte;

	(void)state;
	fobj_get(fobj);
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	map_new(b, fobj, PROT_READ);
	assert_int_equal(sim_write(a, page_va(2), 5), FAULT_NONE);
	assert_int_equal(sim_read(b, page_va(2), &byte), FAULT_NONE);
	assert_int_equal(byte, 5);
	assert_int_equal(sim_write(b, page_va(2), 6), FAULT_DENIED);
	assert_int_equal(pmem_counts.free, pmem_counts.total);
	sim_context_free(a);
	sim_context_free(b);
}

static struct fobj *patterned_ro(unsigned int pages)
{
	uint8_t *bytes = malloc(pages * PAGE_SIZE);
	struct fobj *fobj;

	assert_non_null(bytes);
	for (size_t i = 0; i < pages * PAGE_SIZE; i++)
		bytes[i] = (uint8_t)(i / PAGE_SIZE + i);
	fobj = fobj_ro_new("text", bytes, pages);
	free(bytes);
	return fobj;
}

static void readonly_is_never_writable(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *text = patterned_ro(3);
	uint8_t byte;

	(void)state;
	assert_int_equal(vm_map(a, text, 0, 3, PROT_READ | PROT_WRITE, BASE, "text", NULL),
			 ERR_ACCESS);
	map_new(a, text, PROT_READ | PROT_EXEC);
	assert_int_equal(sim_fetch(a, page_va(1)), FAULT_LOADED);
	assert_int_equal(sim_read(a, page_va(1) + 3, &byte), FAULT_NONE);
	assert_int_equal(byte, 4);
	assert_int_equal(sim_write(a, page_va(1), 1), FAULT_DENIED);
	assert_int_equal(vm_protect(a, BASE, 3, PROT_READ | PROT_WRITE), ERR_ACCESS);
	sim_context_free(a);
}

static void relocated_pages_are_made_anew(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *source = patterned_ro(2), *fobj;
	struct reloc *relocs = heap_alloc_array(2, sizeof(*relocs));
	uint8_t byte;

	(void)state;
	relocs[0] = (struct reloc){.offset = 16, .value = 0x1111111111111111};
	relocs[1] = (struct reloc){.offset = PAGE_SIZE, .value = 0x2222222222222222};
	fobj = fobj_ro_reloc_new("relro", source, relocs, 2);
	fobj_put(source);
	assert_int_equal(source->refc.val, 1);
	map_new(a, fobj, PROT_READ);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(sim_read(a, page_va(0) + 16, &byte), FAULT_LOADED);
		assert_int_equal(byte, 0x11);
		sim_read(a, page_va(0) + 15, &byte);
		assert_int_equal(byte, 15);
		sim_read(a, page_va(1) + 7, &byte);
		assert_int_equal(byte, 0x22);
		use_the_pool_up(a);
	}
	sim_context_free(a);
}

/* Every bit of what is stored counts: data, tag and IV of a saved page; data and hash of a fixed
 * one. */
static void every_flipped_bit_is_found(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *rw = fobj_rw_new("data", 1), *ro = patterned_ro(1);
	uint8_t frame[PAGE_SIZE];

	(void)state;
	memset(frame, 0x5a, sizeof(frame));
	rw->ops->save(rw, 0, frame);
	for (unsigned int i = 0; i < 1000; i++) {
		enum fobj_part part = (enum fobj_part)(i % 3);
		unsigned int bits = part == FOBJ_PART_DATA  ? PAGE_SIZE * 8
				    : part == FOBJ_PART_TAG ? 16 * 8
							    : 64;
		unsigned int bit = sim_random(bits);

		assert_int_equal(fobj_flip_bit(rw, 0, part, bit), OK);
		assert_int_equal(rw->ops->load(rw, 0, frame), ERR_CORRUPT);
		assert_int_equal(fobj_flip_bit(rw, 0, part, bit), OK);
		assert_int_equal(rw->ops->load(rw, 0, frame), OK);
		part = (enum fobj_part)(i % 2);
		bit = sim_random(part == FOBJ_PART_DATA ? PAGE_SIZE * 8 : 256);
		assert_int_equal(fobj_flip_bit(ro, 0, part, bit), OK);
		assert_int_equal(ro->ops->load(ro, 0, frame), ERR_CORRUPT);
		assert_int_equal(fobj_flip_bit(ro, 0, part, bit), OK);
	}
	assert_int_equal(fobj_flip_bit(ro, 0, FOBJ_PART_IV, 0), ERR_NOT_FOUND);
	assert_int_equal(fobj_flip_bit(rw, 1, FOBJ_PART_DATA, 0), ERR_NOT_FOUND);
	fobj_put(rw);
	fobj_put(ro);
	sim_context_free(a);
}

static void corrupt_page_harms_only_its_toucher(void **state)
{
	struct context *a = sim_context("A"), *b = sim_context("B");
	struct fobj *text = patterned_ro(2);
	uint8_t byte;

	(void)state;
	fobj_get(text);
	map_new(a, text, PROT_READ);
	map_new(b, text, PROT_READ);
	fobj_flip_bit(text, 1, FOBJ_PART_DATA, 77);
	assert_int_equal(sim_read(a, page_va(1), &byte), FAULT_CORRUPT);
	assert_int_equal(sim_read(b, page_va(0), &byte), FAULT_LOADED);
	assert_int_equal(pager_counters.faults.corrupt, 1);
	sim_check();
	sim_context_free(a);
	sim_context_free(b);
}

static void split_and_merge(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *fobj = fobj_rw_new("data", 8);
	uint8_t byte;

	(void)state;
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 8; i++)
		sim_write(a, page_va(i), (uint8_t)(i + 1));
	assert_int_equal(vm_protect(a, page_va(2), 3, PROT_READ), OK);
	assert_int_equal(fobj->refc.val, 3);
	assert_int_equal(sim_write(a, page_va(3), 0), FAULT_DENIED);
	assert_int_equal(sim_read(a, page_va(3), &byte), FAULT_SHARED);
	assert_int_equal(byte, 4);
	assert_int_equal(sim_write(a, page_va(5), 66), FAULT_NONE);
	assert_int_equal(vm_protect(a, page_va(2), 3, PROT_READ | PROT_WRITE), OK);
	assert_int_equal(fobj->refc.val, 1);
	assert_int_equal(vm_unmap(a, page_va(3), 2), OK);
	assert_int_equal(fobj->refc.val, 2);
	assert_int_equal(sim_read(a, page_va(3), &byte), FAULT_NO_AREA);
	assert_int_equal(sim_read(a, page_va(5), &byte), FAULT_NONE);
	assert_int_equal(byte, 66);
	assert_int_equal(vm_unmap(a, page_va(2), 2), ERR_NOT_FOUND);
	assert_int_equal(fobj->refc.val, 2); /* nothing was done */
	sim_check();
	sim_context_free(a);
}

/* No page of AArch64's can be written or executed at EL0 but not read as we map it. */
static void what_cannot_be_read_is_refused(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *text = patterned_ro(2);

	(void)state;
	assert_int_equal(vm_map(a, text, 0, 2, PROT_EXEC, BASE + (64UL << 20), "text", NULL),
			 ERR_ACCESS);
	map_new(a, text, PROT_READ | PROT_EXEC);
	assert_int_equal(vm_protect(a, BASE, 2, PROT_EXEC), ERR_ACCESS);
	assert_int_equal(sim_fetch(a, page_va(1)), FAULT_LOADED);
	sim_check();
	assert_int_equal(vm_protect(a, BASE, 2, PROT_NONE), OK);
	assert_int_equal(sim_fetch(a, page_va(1)), FAULT_DENIED);
	sim_context_free(a);
	a = sim_context("A");
	map_new(a, fobj_rw_new("data", 2), PROT_READ | PROT_WRITE);
	assert_int_equal(vm_protect(a, BASE, 2, PROT_WRITE), ERR_ACCESS);
	assert_int_equal(sim_write(a, page_va(1), 1), FAULT_LOADED);
	sim_context_free(a);
}

/* Three spaces of four tables each over a pool of nine: leaves are emptied and used anew. */
static void tables_are_recycled(void **state)
{
	struct context *contexts[3];
	uint8_t byte;

	(void)state;
	sim_stop();
	sim_start((struct sim_size){.pool = 16, .tables = 9, .store = 64, .secure = 16});
	for (unsigned int i = 0; i < 3; i++) {
		contexts[i] = sim_context("T");
		map_new(contexts[i], fobj_rw_new("data", 2), PROT_READ | PROT_WRITE);
		assert_int_equal(vm_protect(contexts[i], page_va(0), 2, PROT_READ | PROT_WRITE),
				 OK);
	}
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int i = 0; i < 3; i++) {
			struct fobj *fobj = area_find(&contexts[i]->vm, BASE)->fobj;
			vaddr_t far = BASE + ((round % 4) << 21);

			if (far != BASE && !area_find(&contexts[i]->vm, far))
				assert_int_equal(vm_map(contexts[i], fobj, 0, 2, PROT_READ, far,
							"far", NULL),
						 OK);
			sim_write(contexts[i], page_va(1), (uint8_t)(round + i));
			assert_false(
				fault_is_fatal(sim_read(contexts[i], far + PAGE_SIZE, &byte)) &&
				sim_read(contexts[i], far + PAGE_SIZE, &byte) != FAULT_NONE);
			assert_int_equal(byte, round + i);
			sim_check();
		}
	assert_true(pager_counters.table_steals > 0);
	for (unsigned int i = 0; i < 3; i++)
		sim_context_free(contexts[i]);
}

/* An entry is changed before the old one is invalidated, or the old one could come back. */
static void no_walk_brings_an_old_entry_back(void **state)
{
	struct context *a = sim_context("A");
	uint8_t byte;

	(void)state;
	map_new(a, fobj_rw_new("data", 32), PROT_READ | PROT_WRITE);
	sim_read(a, page_va(0), &byte);
	sim_walks_at_once = true;
	assert_int_equal(sim_write(a, page_va(0), 7), FAULT_MADE_DIRTY);
	assert_int_equal(vm_protect(a, page_va(0), 1, PROT_READ), OK);
	assert_int_equal(sim_write(a, page_va(0), 8), FAULT_DENIED);
	for (unsigned int i = 1; i < 32; i++)
		assert_int_equal(sim_write(a, page_va(i), 9), FAULT_LOADED);
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_LOADED);
	assert_int_equal(byte, 7);
	sim_walks_at_once = false;
	sim_check();
	sim_context_free(a);
}

/* A page that could not be mapped for want of a table was not written: it is not dirty. */
static void what_was_not_written_is_not_dirty(void **state)
{
	struct context *a;
	struct fobj *fobj;

	(void)state;
	sim_stop();
	sim_start((struct sim_size){.pool = 16, .tables = 2, .store = 64, .secure = 16});
	a = sim_context("A");
	fobj = fobj_rw_new("data", 2);
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(sim_write(a, page_va(0), 1), FAULT_NO_TABLE);
		assert_non_null(fobj->pmems[0]);
		assert_int_equal(fobj->pmems[0]->state, PMEM_CLEAN);
		sim_check();
	}
	sim_context_free(a);
}

/*
 * More pages are shown than should be, as faults that found no table brought them in. A fault on
 * the oldest of them maps it and hides it at once; the core copies from it all the same.
 */
static void a_page_hidden_at_once_can_be_copied(void **state)
{
	struct context *a, *b, *c;
	struct fobj *fobj;
	char byte = 'x';

	(void)state;
	sim_stop();
	sim_start((struct sim_size){.pool = 16, .tables = 4, .store = 64, .secure = 16});
	a = sim_context("A");
	b = sim_context("B");
	c = sim_context("C");
	fobj = fobj_get(fobj_rw_new("S", 14));
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	map_new(b, fobj, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < 14; i++)
		assert_int_equal(sim_write(a, page_va(i), 1), FAULT_NO_TABLE);
	sim_context_free(c);
	sim_context_free(a);
	assert_int_equal(vm_copy_in(b, page_va(0), &byte, 1), OK);
	assert_int_equal(byte, 0);
	assert_true(fobj->pmems[0]->hidden);
	sim_check();
	sim_context_free(b);
}

static void puts_too_many_are_outlived(void **state)
{
	struct context *a = sim_context("A");
	struct fobj *fobj = fobj_rw_new("data", 2);
	uint8_t byte;

	(void)state;
	map_new(a, fobj, PROT_READ | PROT_WRITE);
	sim_write(a, page_va(0), 3);
	fobj_put(fobj); /* the area's own reference: one too many */
	assert_int_equal(sim_read(a, page_va(0), &byte), FAULT_NONE);
	assert_true(check_all(NULL, NULL) > 0);
	sim_context_free(a);
	assert_int_equal(fobj_bad_puts, 1);
	assert_true(TAILQ_EMPTY(&fobj_list));
	fobj_bad_puts = 0;
}

static void copies_are_checked(void **state)
{
	struct context *a = sim_context("A");
	char bytes[3 * PAGE_SIZE];

	(void)state;
	map_new(a, fobj_rw_new("data", 2), PROT_READ | PROT_WRITE);
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(vm_copy_out(a, bytes, page_va(0) + 5, PAGE_SIZE), OK);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(vm_copy_in(a, page_va(0) + 5, bytes, PAGE_SIZE), OK);
	assert_int_equal(bytes[PAGE_SIZE - 1], 'x');
	assert_int_equal(vm_copy_in(a, page_va(1), bytes, PAGE_SIZE + 1), ERR_ACCESS);
	assert_int_equal(vm_copy_in(a, 0, bytes, 1), ERR_ACCESS);
	assert_int_equal(vm_copy_in(a, ~0UL, bytes, 1), ERR_ACCESS);
	assert_int_equal(vm_copy_in(a, 0xffffff8000000000, bytes, 8), ERR_ACCESS);
	assert_int_equal(vm_copy_out(a, bytes, page_va(2) - 1, 2), ERR_ACCESS);
	sim_context_free(a);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest stories[] = {
		STORY(first_touches),
		STORY(shared_page_has_one_pmem),
		STORY(eviction_counts),
		STORY(hidden_page_is_shown_again),
		STORY(release_unmaps_every_owner),
		STORY(only_what_was_mapped_is_told_as_unmapped),
		STORY(locked_pages_never_leave),
		STORY(unpaged_is_mapped_at_once),
		STORY(readonly_is_never_writable),
		STORY(relocated_pages_are_made_anew),
		STORY(every_flipped_bit_is_found),
		STORY(corrupt_page_harms_only_its_toucher),
		STORY(split_and_merge),
		STORY(what_cannot_be_read_is_refused),
		STORY(tables_are_recycled),
		STORY(no_walk_brings_an_old_entry_back),
		STORY(what_was_not_written_is_not_dirty),
		STORY(a_page_hidden_at_once_can_be_copied),
		STORY(puts_too_many_are_outlived),
		STORY(copies_are_checked),
	};

	return cmocka_run_group_tests(stories, NULL, NULL);
}
