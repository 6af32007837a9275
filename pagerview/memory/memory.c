/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all backends share: requests are checked before a backend sees them, so that none of them
 * has to think of a length of 0, one that is too large, or one that wraps around the address space.
 */
#include "backends.h"

#include <inttypes.h>
#include <string.h>

static bool request_is_sane(const struct memory_request *request)
{
	return request->to && request->len && request->len <= MEMORY_MAX_REQUEST &&
	       request->addr + (request->len - 1) >= request->addr;
}

typedef bool (*read_fn)(struct memory *memory, struct memory_request *requests, size_t count,
			struct error *error);

/* Hand runs of sane requests to the backend; a bad one between them just fails. */
static bool read_checked(struct memory *memory, read_fn read, struct memory_request *requests,
			 size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		requests[i].ok = false;
	if (!read)
		return true;
	for (size_t first = 0; first < count;) {
		size_t end = first;

		while (end < count && request_is_sane(&requests[end]))
			end++;
		if (end > first && !read(memory, requests + first, end - first, error))
			return false;
		first = end + 1;
	}
	return true;
}

bool memory_read(struct memory *memory, struct memory_request *requests, size_t count,
		 struct error *error)
{
	return read_checked(memory, memory->ops->read, requests, count, error);
}

bool memory_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			  struct error *error)
{
	return read_checked(memory, memory->ops->read_physical, requests, count, error);
}

bool memory_read_at(struct memory *memory, uint64_t addr, void *to, size_t len, struct error *error)
{
	struct memory_request request = {.addr = addr, .len = len, .to = to};

	if (!memory_read(memory, &request, 1, error))
		return false;
	if (!request.ok)
		return error_set(error, EXIT_PARTIAL,
				 "target memory at 0x%" PRIx64 " (%zu bytes) cannot be read", addr,
				 len);
	return true;
}

bool memory_prove(struct memory *memory, uint64_t addr, const void *expected, size_t len,
		  struct error *error)
{
	const unsigned char *want = expected;
	unsigned char have[256];

	if (!len)
		return false;
	for (size_t done = 0; done < len;) {
		size_t part = len - done < sizeof(have) ? len - done : sizeof(have);

		if (!memory_read_at(memory, addr + done, have, part, error) ||
		    memcmp(have, want + done, part))
			return false;
		done += part;
	}
	return true;
}

#define PAGE 4096ull

bool memory_block_next_page(const struct memory_block *blocks, size_t count, uint64_t *pa)
{
	uint64_t wanted = (*pa | (PAGE - 1)) + 1, best = UINT64_MAX;

	if (!wanted && *pa != UINT64_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint64_t first = (blocks[i].pa + PAGE - 1) & ~(PAGE - 1);

		if (first < wanted)
			first = wanted;
		if (first < best && first >= blocks[i].pa &&
		    first - blocks[i].pa < blocks[i].size &&
		    blocks[i].size - (first - blocks[i].pa) >= PAGE)
			best = first;
	}
	*pa = best;
	return best != UINT64_MAX;
}

void memory_refresh(struct memory *memory)
{
	if (memory->ops->refresh)
		memory->ops->refresh(memory);
}

void memory_stats_reset(struct memory *memory)
{
	memory->stats = (struct memory_stats){0};
}

void memory_destroy(struct memory *memory)
{
	if (memory)
		memory->ops->destroy(memory);
}
