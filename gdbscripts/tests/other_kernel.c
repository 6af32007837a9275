/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data of another kernel's pager, for check_gdb: other names, other lists, objects inside
 * larger ones, and no code but a loop. It is looked at as it was loaded, so what it holds is
 * written here.
 */
#include <stdint.h>

#define MASK_DIRTY  0x2u
#define MASK_HIDDEN 0x4u

struct backing_ops {
	int unused;
};
const struct backing_ops ops_plain, ops_moved;

struct range;
struct backing {
	const struct backing_ops *ops;
	struct {
		unsigned int val;
	} refc;
	unsigned int num_pages;
	struct {
		struct range *slh_first;
	} regions;
};
struct backing_moved { /* reads through another one */
	uint64_t before;
	struct backing fobj;
	struct backing *source;
};
struct table { /* of one leaf: 512 entries */
	uint64_t *entries;
};
struct core_table {
	uint64_t base;
	unsigned int num_entries;
	uint64_t *entries;
};
struct range {
	uint64_t base, size;
	struct table **tables; /* one for each 2 MiB that it touches */
	struct backing *fobj;
	uint16_t first;
	uint16_t flags;
	struct {
		struct range *tqe_next, **tqe_prev;
	} link;
	struct {
		struct range *sle_next;
	} fobj_link;
};
struct range_list {
	struct range *tqh_first, **tqh_last;
};
struct page {
	struct page *next;
	struct backing *fobj;
	unsigned int index : 24;
	unsigned int flags : 8;
	uint64_t alias; /* where the core maps it: whose entry alone says where it is */
};
struct bundle;
struct mapping { /* a holder, reached through a node that points to it */
	struct backing *fobj;
	struct bundle *file;
};
struct region {
	struct region *next;
	struct mapping *mapping;
};
struct task {
	uint8_t uuid[16];
	struct range_list *ranges; /* a pointer to the head */
	struct region *regions;
	struct task *next;
	unsigned int mode;
};
struct piece {
	struct backing *fobj;
	unsigned int page_offset;
	struct {
		struct piece *sle_next;
	} link;
};
struct bundle {
	uint8_t tag[4];
	struct {
		unsigned int val;
	} refc;
	struct {
		struct piece *slh_first;
	} slices;
	struct {
		struct bundle *tqe_next, **tqe_prev;
	} link;
};

extern struct range one_text, two_text, core_stack;
extern struct range_list one_ranges, two_ranges, core_ranges;
extern struct bundle bundle;
extern struct bundle_list {
	struct bundle *tqh_first, **tqh_last;
} bundles;
extern struct backing_moved moved;

/* Three holders of `plain`: a range, a piece, and what reads through it. Count 4: one too many. */
struct backing plain = {&ops_plain, {4}, 3, {&one_text}};
struct backing_moved moved = {7, {&ops_moved, {2}, 2, {&two_text}}, &plain};
/* Listed by no one but a range, which it does not list itself. */
struct backing stack = {&ops_plain, {1}, 4, {0}};

/* A page at 0x7000, read and execute for all; and one that is not mapped, but was at 0x9000. */
#define ENTRY_SHOWN  0x70c3
#define ENTRY_HIDDEN 0x9000
uint64_t one_entries[512] = {[0x102] = ENTRY_SHOWN};
uint64_t core_entries[4] = {ENTRY_SHOWN, ENTRY_HIDDEN};
struct table one_table = {one_entries};
struct table *one_tables[1] = {&one_table}, *two_tables[1];
struct core_table core_list[2] = {{0x400000, 1, 0}, {0x500000, 4, core_entries}};
struct core_table *core_tables = core_list;
unsigned int num_core_tables = 2;

struct range one_text = {0x100000, 0x3000, one_tables, &plain, 0, 3, {0, &one_ranges.tqh_first},
			 {0}};
struct range two_text = {
	0x200000, 0x2000, two_tables, &moved.fobj, 0, 3, {0, &two_ranges.tqh_first}, {0}};
struct range core_stack = {0x300000, 0x4000, 0, &stack, 0, 3, {0, &core_ranges.tqh_first}, {0}};
struct range_list one_ranges = {&one_text, &one_text.link.tqe_next};
struct range_list two_ranges = {&two_text, &two_text.link.tqe_next};
struct range_list core_ranges = {&core_stack, &core_stack.link.tqe_next};

struct mapping mapping = {&moved.fobj, &bundle};
struct region region_b = {0, 0}, region_a = {&region_b, &mapping};
struct task two = {"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", &two_ranges,
		   &region_a, 0, 1};
struct task one = {"0123456789abcdef", &one_ranges, 0, &two, 0};
struct task *tasks[4] = {&one, 0, &two, 0};

struct piece piece = {&plain, 0, {0}};
struct bundle bundle = {{0xde, 0xad, 0xbe, 0xef}, {1}, {&piece}, {0, &bundles.tqh_first}};
struct bundle_list bundles = {&bundle, &bundle.link.tqe_next};

struct page page_c = {0, 0, 0, 0, 0};
struct page page_b = {&page_c, &moved.fobj, 1, MASK_HIDDEN | MASK_DIRTY, 0x501000};
struct page page_a = {&page_b, &plain, 2, 0, 0x500000};
struct page *page_list = &page_a;
unsigned int list_lock;

void pager_unlock(void);
void pager_unlock(void)
{
	list_lock = 0;
}

void _start(void);
void _start(void)
{
	for (;;)
		pager_unlock();
}
