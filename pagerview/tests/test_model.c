/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arenas, look-ups in snapshots, the ledger, every rule of the checker, and diff, on snapshots made
 * by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/check.h"
#include "analysis/diff.h"
#include "analysis/ledger.h"
#include "model/arena.h"

/* ---- a small snapshot: two contexts share a text, one has a stack ---- */

static void *items(struct snapshot *s, uint32_t count, size_t size)
{
	void *array = arena_alloc_array(s->arena, count, size);

	assert_non_null(array);
	return array;
}

static struct snapshot *make(void)
{
	struct arena *arena = arena_create();
	struct snapshot *s = arena_alloc(arena, sizeof(*s));

	assert_non_null(s);
	s->arena = arena;
	s->capture.why = s->capture.source = s->capture.elf = s->capture.profile =
		s->capture.build_id = "";
	s->num_contexts = 2;
	s->contexts = items(s, 2, sizeof(*s->contexts));
	s->contexts[0] = (struct snap_context){.id = 0x100, .name = "A greeter", .state = "alive"};
	s->contexts[1] = (struct snap_context){.id = 0x200, .name = "B greeter", .state = "alive"};
	s->num_fobjs = 2;
	s->fobjs = items(s, 2, sizeof(*s->fobjs));
	s->fobjs[0] = (struct snap_fobj){
		.id = 0x1000, .name = "text", .kind = "ro", .pages = 4, .refcount = 3};
	s->fobjs[1] = (struct snap_fobj){
		.id = 0x2000, .name = "stack", .kind = "rw", .pages = 2, .refcount = 1};
	s->num_areas = 3;
	s->areas = items(s, 3, sizeof(*s->areas));
	for (uint32_t i = 0; i < 3; i++)
		s->areas[i] =
			(struct snap_area){.id = 0x10 + i,
					   .name = i == 2 ? "stack" : "text",
					   .context = i == 1,
					   .base = i == 2 ? 0x800000 : 0x400000,
					   .pages = i == 2 ? 2 : 4,
					   .fobj = i == 2,
					   .type = i == 2 ? "rw" : "ro",
					   .prot = i == 2 ? PROT_R | PROT_W : PROT_R | PROT_X};
	s->num_pmems = 3;
	s->pmems = items(s, 3, sizeof(*s->pmems));
	s->pmems[0] = (struct snap_pmem){.id = 0x50,
					 .pa = 0x41000000,
					 .pa_known = true,
					 .fobj = 0,
					 .page = 1,
					 .state = PMEM_STATE_CLEAN};
	s->pmems[1] = (struct snap_pmem){.id = 0x51,
					 .pa = 0x41001000,
					 .pa_known = true,
					 .fobj = 1,
					 .page = 0,
					 .state = PMEM_STATE_DIRTY};
	s->pmems[2] = (struct snap_pmem){.id = 0x52,
					 .pa = 0x41002000,
					 .pa_known = true,
					 .fobj = NONE,
					 .state = PMEM_STATE_FREE};
	s->pmems[0].owners = items(s, 2, sizeof(struct snap_owner));
	s->pmems[0].num_owners = 2;
	for (uint32_t i = 0; i < 2; i++)
		s->pmems[0].owners[i] = (struct snap_owner){.area = i,
							    .context = i,
							    .va = 0x401000,
							    .pte = PROT_R | PROT_X,
							    .pte_known = true,
							    .pte_pa = 0x41000000};
	s->num_files = 1;
	s->files = items(s, 1, sizeof(*s->files));
	s->files[0] = (struct snap_file){.id = 0x900, .tag = "c0ffee", .refcount = 2};
	s->files[0].slices = items(s, 2, sizeof(struct snap_slice));
	s->files[0].num_slices = 1;
	s->files[0].slices[0] = (struct snap_slice){.id = 0x910, .fobj = 0, .pages = 4};
	return s;
}

static void fill(struct snapshot *s)
{
	struct ledger_entry entries[] = {
		{false, 0, {"area", 0x10, 0, "A.text"}},
		{false, 0, {"area", 0x11, 1, "B.text"}},
		{false, 0, {"slice", 0x910, 0, "file"}},
		{false, 1, {"area", 0x12, 2, "A.stack"}},
		{true, 0, {"context", 0x100, 0, "A"}},
		{true, 0, {"context", 0x200, 1, "B"}},
		{false, 77, {"area", 1, NONE, "nobody's"}},
		{true, 77, {"area", 1, NONE, ""}},
	};

	assert_true(ledger_fill(s, entries, sizeof(entries) / sizeof(entries[0])));
}

/* ---- arenas and look-ups ---- */

static void test_arena(void **state)
{
	struct arena *arena = arena_create();
	char *large, *text;

	(void)state;
	assert_null(arena_alloc(arena, 0));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc_array(arena, SIZE_MAX / 2, 3));
	for (size_t size = 1; size < 5000; size += 7) {
		unsigned char *bytes = arena_alloc(arena, size);

		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(bytes[i], 0);
		memset(bytes, 0xa5, size);
	}
	large = arena_alloc(arena, 3u << 20);
	assert_non_null(large);
	large[(3u << 20) - 1] = 1;
	text = arena_strndup(arena, "pager", 3);
	assert_string_equal(text, "pag");
	assert_string_equal(arena_strndup(arena, NULL, 3), "");
	assert_string_equal(arena_printf(arena, "%s-%d", "a", 7), "a-7");
	assert_true(arena_bytes(arena) > 3u << 20);
	arena_destroy(arena);
	arena_destroy(NULL);
}

static void test_find(void **state)
{
	struct snapshot *s = make();

	(void)state;
	assert_int_equal(snapshot_find_fobj(s, 0x2000), 1);
	assert_int_equal(snapshot_find_fobj(s, 0x1000), 0);
	assert_int_equal(snapshot_find_fobj(s, 0x1001), NONE);
	assert_int_equal(snapshot_find_fobj(s, 0x9999), NONE);
	assert_int_equal(snapshot_find_area(s, 0x11), 1);
	assert_int_equal(snapshot_find_area(s, 0), NONE);
	assert_int_equal(snapshot_find_context(s, 0x200), 1);
	assert_int_equal(snapshot_find_pmem_pa(s, 0x41001000), 1);
	s->pmems[1].pa_known = false;
	assert_int_equal(snapshot_find_pmem_pa(s, 0x41001000), NONE);
	snapshot_destroy(s);
	snapshot_destroy(NULL);
}

/* ---- the ledger ---- */

static void test_ledger(void **state)
{
	struct snapshot *s = make();

	(void)state;
	fill(s);
	assert_int_equal(s->fobjs[0].num_holders, 3);
	assert_int_equal(s->fobjs[0].surplus, 0);
	assert_string_equal(s->fobjs[0].holders[1].name, "B.text");
	assert_int_equal(s->fobjs[1].num_holders, 1);
	assert_int_equal(s->files[0].num_holders, 2);
	assert_int_equal(s->files[0].surplus, 0);
	snapshot_destroy(s);
}

static void test_surplus(void **state)
{
	struct snapshot *s = make();

	(void)state;
	s->fobjs[0].refcount = 5;
	s->files[0].refcount = 1;
	s->fobjs[1].unreadable = true;
	s->fobjs[1].refcount = 0;
	fill(s);
	assert_int_equal(s->fobjs[0].surplus, 2);
	assert_int_equal(s->fobjs[1].surplus, 0); /* of what could not be read nothing is said */
	assert_int_equal(s->files[0].surplus, -1);
	snapshot_destroy(s);
}

/* ---- every rule: one thing broken, one finding, of that name ---- */

static void break_surplus(struct snapshot *s)
{
	s->fobjs[0].refcount = 4;
}
static void break_deficit(struct snapshot *s)
{
	s->files[0].refcount = 1;
}
static void break_unlisted(struct snapshot *s)
{
	s->fobjs[0].unlisted = true;
}
static void break_context_list(struct snapshot *s)
{
	s->areas[0].not_in_context = true;
}
static void break_fobj_list(struct snapshot *s)
{
	s->areas[2].not_in_fobj = true;
}
static void break_size(struct snapshot *s)
{
	s->fobjs[0].pages = 0x100001;
}
static void break_area_range(struct snapshot *s)
{
	s->areas[2].fobj_page = 1;
}
static void break_wx(struct snapshot *s)
{
	s->areas[2].prot |= PROT_X;
}
static void break_overlap(struct snapshot *s)
{
	s->areas[2].base = 0x403000;
}
static void break_free(struct snapshot *s)
{
	s->pmems[1].state = PMEM_STATE_FREE;
}
static void break_empty(struct snapshot *s)
{
	s->pmems[2].state = PMEM_STATE_CLEAN;
}
static void break_page_range(struct snapshot *s)
{
	s->pmems[1].page = 2;
}
static void break_one_pmem(struct snapshot *s)
{
	s->pmems[2] = s->pmems[1];
	s->pmems[2].id = 0x52;
}
static void break_mapping(struct snapshot *s)
{
	s->pmems[0].owners[1].pte_pa = 0x41007000;
}
static void break_hidden(struct snapshot *s)
{
	s->pmems[0].hidden = true;
	s->pmems[0].num_owners = 1;
}
static void break_clean(struct snapshot *s)
{
	s->pmems[1].state = PMEM_STATE_CLEAN;
	s->pmems[1].owners = s->pmems[0].owners;
	s->pmems[1].num_owners = 1;
	s->pmems[0].num_owners = 0;
	s->pmems[1].owners[0].area = 2;
	s->pmems[1].owners[0].pte = PROT_R | PROT_W;
	s->pmems[1].owners[0].pte_pa = s->pmems[1].pa;
}
static void break_protection(struct snapshot *s)
{
	s->areas[0].prot = PROT_R;
}
static void break_slice(struct snapshot *s)
{
	s->files[0].slices[0].fobj = NONE;
}
static void break_slice_kind(struct snapshot *s)
{
	s->areas[1].prot = PROT_R | PROT_W;
	s->pmems[0].num_owners = 1;
}
static void break_slice_overlap(struct snapshot *s)
{
	s->files[0].num_slices = 2;
	s->files[0].slices[1] = s->files[0].slices[0];
	s->files[0].slices[1].page_offset = 3;
}

static void break_length(struct snapshot *s)
{
	static struct snap_list list = {.id = 0x60, .name = "free", .nodes = 2, .counted = 3};

	s->lists = &list;
	s->num_lists = 1;
}
static void break_slice_range(struct snapshot *s)
{
	s->files[0].slices[0].pages = 0;
}
static void break_order(struct snapshot *s)
{
	static uint32_t order[2];
	bool first_is_low = s->areas[0].base < s->areas[2].base;

	order[0] = first_is_low ? 2 : 0;
	order[1] = first_is_low ? 0 : 2;
	s->contexts[0].sorted = true;
	s->contexts[0].areas = order;
	s->contexts[0].num_areas = 2;
}
static void break_table(struct snapshot *s)
{
	static struct snap_table table = {.id = 0x70, .context = 0, .used = 2, .entries = 3};

	s->tables = &table;
	s->num_tables = 1;
}
static void break_mapped(struct snapshot *s)
{
	static struct snap_stray stray = {.table = 0x70, .context = 0, .va = 0x401000};

	s->strays = &stray;
	s->num_strays = 1;
}
static void break_free_file(struct snapshot *s)
{
	s->files[0].unlisted = true;
}
static void break_lost(struct snapshot *s)
{
	static struct snap_lost lost = {.id = 0x90, .name = "S", .kind = "rw", .pages = 1};

	s->lost = &lost;
	s->num_lost = 1;
}

static const struct {
	const char *rule;
	void (*damage)(struct snapshot *s);
} breaches[] = {
	{"table-count", break_table},
	{"list-length", break_length},
	{"slice-range", break_slice_range},
	{"area-order", break_order},
	{"stray-mapping", break_mapped},
	{"dangling", break_free_file},
	{"unreachable", break_lost},
	{"refcount-surplus", break_surplus},
	{"refcount-deficit", break_deficit},
	{"dangling", break_unlisted},
	{"area-lists", break_context_list},
	{"area-lists", break_fobj_list},
	{"fobj-size", break_size},
	{"area-range", break_area_range},
	{"write-and-execute", break_wx},
	{"areas-overlap", break_overlap},
	{"free-but-used", break_free},
	{"used-but-empty", break_empty},
	{"page-range", break_page_range},
	{"one-pmem", break_one_pmem},
	{"mapped-elsewhere", break_mapping},
	{"hidden-but-mapped", break_hidden},
	{"clean-but-writable", break_clean},
	{"beyond-protection", break_protection},
	{"slice", break_slice},
	{"writable-slice", break_slice_kind},
	{"slices-overlap", break_slice_overlap},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		struct snapshot *s = make();

		breaches[i].damage(s);
		fill(s);
		assert_true(check_fill(s));
		if (s->num_findings != 1)
			fail_msg("%s: %u findings", breaches[i].rule, s->num_findings);
		assert_string_equal(s->findings[0].rule, breaches[i].rule);
		assert_string_equal(s->findings[0].confidence, "definite");
		snapshot_destroy(s);
	}
}

static void test_clean(void **state)
{
	struct snapshot *s = make();

	(void)state;
	fill(s);
	assert_true(check_fill(s));
	assert_int_equal(s->num_findings, 0);
	snapshot_destroy(s);
}

/* A count of 0 that is still reachable is two findings: dead, and too few for its holders. */
static void test_dead(void **state)
{
	struct snapshot *s = make();

	(void)state;
	s->fobjs[1].refcount = 0;
	fill(s);
	assert_true(check_fill(s));
	assert_int_equal(s->num_findings, 2);
	assert_string_equal(s->findings[0].rule, "refcount-deficit");
	assert_string_equal(s->findings[1].rule, "dead-but-listed");
	snapshot_destroy(s);
}

static void test_torn_proves_nothing(void **state)
{
	struct snapshot *s = make();

	(void)state;
	s->capture.consistency = CONSISTENCY_TORN;
	break_surplus(s);
	fill(s);
	assert_true(check_fill(s));
	assert_string_equal(s->findings[0].confidence, "in-flight");
	snapshot_destroy(s);
}

/* Of a kernel without a count of its changes one look proves no leak; what more looks told stands.
 */
static void test_in_flight(void **state)
{
	struct snapshot *s = make();

	(void)state;
	s->capture.has_generation = false;
	break_surplus(s);
	fill(s);
	assert_true(check_refill(s));
	assert_int_equal(s->num_findings, 1);
	assert_true(check_is_in_flight(&s->findings[0]));
	assert_string_equal(s->findings[0].severity, "note");
	assert_int_equal(check_count(s), 0);
	s->findings[0].severity = "error";
	s->findings[0].confidence = "possible";
	assert_true(check_refill(s));
	assert_string_equal(s->findings[0].confidence, "possible");
	assert_string_equal(s->findings[0].severity, "error");
	assert_int_equal(check_count(s), 1);
	s->capture.has_generation = true;
	assert_true(check_refill(s));
	assert_string_equal(s->findings[0].confidence, "definite");
	snapshot_destroy(s);
}

/* Handles of a kernel without a count of its changes lose their files first and go then. */
static void test_freed_in_flight(void **state)
{
	struct snapshot *s = make();

	(void)state;
	s->capture.has_generation = false;
	s->files[0].unlisted = true;
	fill(s);
	assert_true(check_refill(s));
	assert_int_equal(s->num_findings, 1);
	assert_string_equal(s->findings[0].rule, "dangling");
	assert_true(check_is_in_flight(&s->findings[0]));
	s->capture.has_generation = true;
	assert_true(check_refill(s));
	assert_int_equal(check_count(s), 1);
	snapshot_destroy(s);
}

static void test_many_findings(void **state)
{
	struct snapshot *s = make();
	uint32_t count = 3000;

	(void)state;
	s->pmems = items(s, count, sizeof(*s->pmems));
	s->num_pmems = count;
	for (uint32_t i = 0; i < count; i++)
		s->pmems[i] = (struct snap_pmem){.id = i, .fobj = NONE, .state = PMEM_STATE_DIRTY};
	fill(s);
	assert_true(check_fill(s));
	assert_int_equal(s->num_findings, 1000);
	assert_non_null(strstr(s->findings[999].message, "and 2000 more"));
	snapshot_destroy(s);
}

/* ---- diff ---- */

static void test_diff(void **state)
{
	struct snapshot *before = make(), *after = make();
	struct diff *diff;

	(void)state;
	fill(before);
	fill(after);
	diff = diff_create(before, after);
	assert_int_equal(diff->num_changes, 0);
	diff_destroy(diff);
	after->fobjs[0].refcount = 4;
	after->fobjs[1].name = "heap"; /* the address was given to something else */
	after->num_files = 0;
	after->pmems[0].hidden = true;
	diff = diff_create(before, after);
	snapshot_destroy(before);
	snapshot_destroy(after);
	assert_int_equal(diff->num_changes, 6);
	assert_int_equal(diff->changes[0].sign, '-');
	assert_string_equal(diff->changes[0].name, "stack");
	assert_string_equal(diff->changes[1].text, "refcount 3 -> 4");
	assert_int_equal(diff->changes[2].sign, '+');
	assert_string_equal(diff->changes[2].name, "heap");
	assert_string_equal(diff->changes[3].text, "hidden no -> yes");
	assert_string_equal(diff->changes[4].text, "page stack[0] -> heap[0]");
	assert_int_equal(diff->changes[5].sign, '-');
	assert_string_equal(diff->changes[5].kind, "file");
	diff_destroy(diff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),         cmocka_unit_test(test_find),
		cmocka_unit_test(test_ledger),        cmocka_unit_test(test_surplus),
		cmocka_unit_test(test_clean),         cmocka_unit_test(test_rules),
		cmocka_unit_test(test_dead),          cmocka_unit_test(test_torn_proves_nothing),
		cmocka_unit_test(test_in_flight),     cmocka_unit_test(test_freed_in_flight),
		cmocka_unit_test(test_many_findings), cmocka_unit_test(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
