/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one question asked of the device tree (Devicetree Specification, chapter 5): how much RAM
 * there is. Its structure block is read as words with one bounded cursor; names and other
 * properties are skipped.
 */
#include <string.h>

#include "memory_map.h"
#include "mmio.h"
#include "platform.h"

#define FDT_MAGIC      0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4

#define HEADER_TOTAL_SIZE  1 /* words of the header */
#define HEADER_STRUCT      2
#define HEADER_STRUCT_SIZE 9

#define MEMORY_NODE "memory@40000000"
#define REG_LEN     16 /* one address, one size, two cells each */

struct cursor {
	const uint32_t *words;
	uint32_t at, count;
};

/* The next word, or 0, which ends any reading, past the end. */
static uint32_t cursor_word(struct cursor *cursor)
{
	return cursor->at < cursor->count ? __builtin_bswap32(cursor->words[cursor->at++]) : 0;
}

static const void *cursor_bytes(const struct cursor *cursor)
{
	return &cursor->words[cursor->at];
}

static void cursor_skip(struct cursor *cursor, uint32_t bytes)
{
	uint32_t words = bytes / 4 + (bytes % 4 != 0);
	uint32_t left = cursor->count - cursor->at;

	cursor->at += words < left ? words : left;
}

static bool structure_block(struct cursor *cursor)
{
	const uint32_t *header = phys_to_virt(DTB_BASE);
	uint32_t start, len;

	if (__builtin_bswap32(header[0]) != FDT_MAGIC)
		return false;
	start = __builtin_bswap32(header[HEADER_STRUCT]);
	len = __builtin_bswap32(header[HEADER_STRUCT_SIZE]);
	if (start % 4 != 0 || start > DTB_SIZE || len > DTB_SIZE - start)
		return false;
	*cursor = (struct cursor){header + start / 4, 0, len / 4};
	return true;
}

/* At a node's name: skip it. Is it the node of our RAM? */
static bool enter_node(struct cursor *cursor)
{
	const char *name = cursor_bytes(cursor);
	size_t room = (cursor->count - cursor->at) * 4ul;
	size_t len = strnlen(name, room);

	cursor_skip(cursor, (uint32_t)len + 1);
	return len == strlen(MEMORY_NODE) && memcmp(name, MEMORY_NODE, len) == 0;
}

/* At a property's length: skip it. The size it gives if it can only be `reg`, or 0. */
static uint64_t read_property(struct cursor *cursor)
{
	uint32_t len = cursor_word(cursor);
	struct cursor value;

	cursor_word(cursor); /* its name's offset: no other property of the node is this long */
	value = *cursor;
	cursor_skip(cursor, len);
	if (len != REG_LEN || cursor_word(&value) != 0 || cursor_word(&value) != RAM_BASE)
		return 0;
	len = cursor_word(&value);
	return (uint64_t)len << 32 | cursor_word(&value);
}

uint64_t dtb_ram_size(void)
{
	struct cursor cursor;
	bool ours = false;
	uint64_t size;

	if (!structure_block(&cursor))
		return 0;
	for (;;) {
		switch (cursor_word(&cursor)) {
		case FDT_BEGIN_NODE:
			ours = enter_node(&cursor);
			break;
		case FDT_PROP:
			size = read_property(&cursor);
			if (ours && size != 0)
				return size;
			break;
		case FDT_END_NODE:
			ours = false;
			break;
		case FDT_NOP:
			break;
		default:
			return 0;
		}
	}
}
