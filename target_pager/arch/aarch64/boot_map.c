/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core's own translation tables: one linear map of devices and RAM, shared by all CPUs, never
 * changed after boot. The image is mapped by pages: text r-x, rodata r--, data rw-, and a gap below
 * each CPU's stack; everything else by blocks of 2 MiB, never executable.
 *
 * Runs before the MMU is on: addresses of symbols are physical here, memory is not cached, and
 * nothing may be accessed unaligned (target.mk compiles this file so).
 */
#include "local.h"
#include "platform/virt/memory_map.h"

#define ENTRIES      512
#define BLOCK_SIZE   0x200000ul
#define IMAGE_BLOCKS (IMAGE_SIZE / BLOCK_SIZE)

/* Descriptors: Arm ARM D8.3. */
#define DESC_TABLE    3ul
#define DESC_BLOCK    1ul
#define DESC_PAGE     3ul
#define DESC_ATTR(n)  ((uint64_t)(n) << 2)
#define DESC_READONLY (1ul << 7)
#define DESC_INNER    (3ul << 8) /* inner shareable */
#define DESC_AF       (1ul << 10)
#define DESC_PXN      (1ul << 53)
#define DESC_UXN      (1ul << 54)

#define MAP_DEVICE (DESC_ATTR(ATTR_DEVICE) | DESC_AF | DESC_PXN | DESC_UXN)
#define MAP_RW     (DESC_ATTR(ATTR_NORMAL) | DESC_INNER | DESC_AF | DESC_PXN | DESC_UXN)
#define MAP_R      (MAP_RW | DESC_READONLY)
#define MAP_RX     (MAP_R & ~DESC_PXN)

_Static_assert(IMAGE_SIZE % BLOCK_SIZE == 0, "the image is whole blocks");
_Static_assert((RAM_END - RAM_BASE) % BLOCK_SIZE == 0, "RAM is whole blocks");
_Static_assert(DEVICE_BASE == 0 && DEVICE_SIZE == 0x40000000 && RAM_BASE == DEVICE_SIZE,
	       "devices fill the first GiB, RAM begins the second");

extern char text_start[], text_end[], rodata_end[];
extern char cpu_stacks[], emergency_stacks[], stacks_end[];

struct core_table {
	uint64_t entries[ENTRIES];
} __attribute__((aligned(4096)));

struct core_table core_root; /* level 1, for start.S */
struct core_table user_none; /* TTBR0 while no TA runs: all invalid */
static struct core_table device_blocks, ram_blocks, image_pages[IMAGE_BLOCKS];

static bool within(uint64_t pa, const char *start, const char *end)
{
	return pa >= (uint64_t)start && pa < (uint64_t)end;
}

static bool is_stack_gap(uint64_t pa)
{
	return within(pa, cpu_stacks, stacks_end) &&
	       (pa - (uint64_t)cpu_stacks) % CPU_STACK_STRIDE < PAGE_SIZE;
}

static uint64_t image_entry(uint64_t pa)
{
	if (is_stack_gap(pa))
		return 0;
	if (within(pa, text_start, text_end))
		return pa | MAP_RX | DESC_PAGE;
	if (within(pa, text_end, rodata_end))
		return pa | MAP_R | DESC_PAGE;
	return pa | MAP_RW | DESC_PAGE;
}

static void map_image(void)
{
	uint64_t pa = IMAGE_BASE;

	for (unsigned int i = 0; i < IMAGE_BLOCKS; i++)
		for (unsigned int j = 0; j < ENTRIES; j++, pa += PAGE_SIZE)
			image_pages[i].entries[j] = image_entry(pa);
}

static uint64_t ram_entry(uint64_t pa)
{
	if (pa >= IMAGE_BASE && pa < IMAGE_BASE + IMAGE_SIZE)
		return (uint64_t)&image_pages[(pa - IMAGE_BASE) / BLOCK_SIZE] | DESC_TABLE;
	if (pa < IMAGE_BASE || (pa >= TA_STORAGE_BASE && pa < TA_STORAGE_BASE + TA_STORAGE_SIZE))
		return pa | MAP_R | DESC_BLOCK;
	return pa | MAP_RW | DESC_BLOCK;
}

void boot_map(void)
{
	map_image();
	for (uint64_t pa = RAM_BASE; pa < RAM_END; pa += BLOCK_SIZE)
		ram_blocks.entries[(pa - RAM_BASE) / BLOCK_SIZE] = ram_entry(pa);
	for (uint64_t pa = DEVICE_BASE; pa < DEVICE_SIZE; pa += BLOCK_SIZE)
		device_blocks.entries[pa / BLOCK_SIZE] = pa | MAP_DEVICE | DESC_BLOCK;
	core_root.entries[0] = (uint64_t)&device_blocks | DESC_TABLE;
	core_root.entries[1] = (uint64_t)&ram_blocks | DESC_TABLE;
	__asm__ volatile("dsb sy" : : : "memory");
}
