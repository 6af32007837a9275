/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest RAM, secure RAM too, is memory of the QEMU process; on the same host it can be read there
 * while the guest runs, with no packet at all. The monitor says which physical ranges are RAM
 * (`info mtree -f`) and where each lies (`gpa2hva`, asked for both its ends: what lies between is
 * one mapping). A range is used only if both ends can be read here and agree with the stub's view.
 *
 * What this does not do: notice RAM that is plugged in later, or devices' memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backends.h"

#define MTREE_ROOM (1u << 20)
#define VECTORS    1024          /* IOV_MAX */
#define BATCH      (VECTORS / 2) /* requests: each may have a gap before it */
#define MAX_GAP    8192u

struct memory_local {
	struct memory memory;
	pid_t pid;
	struct memory_block blocks[MEMORY_MAX_BLOCKS];
	size_t num_blocks;
};

/* Where PA .. PA + LEN lies in QEMU; 0: in no block, or not in one alone. */
static uint64_t block_find(const struct memory_local *local, uint64_t pa, size_t len)
{
	for (size_t i = 0; i < local->num_blocks; i++) {
		const struct memory_block *block = &local->blocks[i];

		if (pa >= block->pa && pa - block->pa < block->size &&
		    len <= block->size - (pa - block->pa))
			return block->hva + (pa - block->pa);
	}
	return 0;
}

static bool process_is_gone(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return access(path, F_OK) != 0;
}

/* A batch that did not come whole: each for itself, to learn which cannot be read. */
static bool read_one_by_one(struct memory_local *local, struct memory_request **requests,
			    size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct iovec to = {requests[i]->to, requests[i]->len};
		struct iovec from = {
			(void *)(uintptr_t)block_find(local, requests[i]->addr, requests[i]->len),
			requests[i]->len};
		ssize_t n = process_vm_readv(local->pid, &to, 1, &from, 1, 0);

		requests[i]->ok = n == (ssize_t)requests[i]->len;
		if (n < 0 && (errno == ESRCH || process_is_gone(local->pid)))
			return error_set(error, EXIT_CONNECTION, "QEMU (process %d) has ended",
					 (int)local->pid);
	}
	return true;
}

/* Vectors of one system call: what is read lies in fewer stretches there than it goes to here. */
struct vectors {
	struct iovec to[VECTORS], from[VECTORS];
	size_t num_to, num_from, bytes;
};

static void to_add(struct vectors *vectors, void *to, size_t len)
{
	struct iovec *last = vectors->num_to ? &vectors->to[vectors->num_to - 1] : NULL;

	vectors->bytes += len;
	if (last && (char *)last->iov_base + last->iov_len == to)
		last->iov_len += len;
	else
		vectors->to[vectors->num_to++] = (struct iovec){to, len};
}

/*
 * One more stretch. A small gap after the one before is read along, to nowhere: that costs less
 * than a stretch of its own, whose pages the kernel has to pin anew.
 */
static void vectors_add(struct vectors *vectors, void *to, uint64_t hva, size_t len)
{
	static char nowhere[MAX_GAP];
	struct iovec *last = vectors->num_from ? &vectors->from[vectors->num_from - 1] : NULL;
	uint64_t end = last ? (uintptr_t)last->iov_base + last->iov_len : 0;

	if (last && hva >= end && hva - end <= MAX_GAP) {
		if (hva > end)
			to_add(vectors, nowhere, hva - end);
		last->iov_len += hva - end + len;
	} else {
		vectors->from[vectors->num_from++] = (struct iovec){(void *)(uintptr_t)hva, len};
	}
	to_add(vectors, to, len);
}

static bool read_batch(struct memory_local *local, struct memory_request **requests, size_t count,
		       struct error *error)
{
	struct vectors vectors;
	size_t bytes = 0;

	vectors.num_to = vectors.num_from = vectors.bytes = 0;
	for (size_t i = 0; i < count; i++) {
		vectors_add(&vectors, requests[i]->to,
			    block_find(local, requests[i]->addr, requests[i]->len),
			    requests[i]->len);
		bytes += requests[i]->len;
	}
	if (process_vm_readv(local->pid, vectors.to, vectors.num_to, vectors.from, vectors.num_from,
			     0) != (ssize_t)vectors.bytes)
		return read_one_by_one(local, requests, count, error);
	for (size_t i = 0; i < count; i++)
		requests[i]->ok = true;
	local->memory.stats.bytes += bytes;
	return true;
}

static bool local_read_physical(struct memory *memory, struct memory_request *requests,
				size_t count, struct error *error)
{
	struct memory_local *local = (struct memory_local *)memory;
	struct memory_request *batch[BATCH];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (!block_find(local, requests[i].addr, requests[i].len))
			continue;
		batch[n++] = &requests[i];
		if (n == BATCH) {
			if (!read_batch(local, batch, n, error))
				return false;
			n = 0;
		}
	}
	return !n || read_batch(local, batch, n, error);
}

static bool local_read(struct memory *memory, struct memory_request *requests, size_t count,
		       struct error *error)
{
	(void)memory;
	(void)requests;
	(void)count;
	(void)error;
	return true;
}

static bool local_next_page(const struct memory *memory, uint64_t *pa)
{
	const struct memory_local *local = (const struct memory_local *)memory;

	return memory_block_next_page(local->blocks, local->num_blocks, pa);
}

static void local_destroy(struct memory *memory)
{
	free(memory);
}

/* "Host virtual address for 0x40000000 (mach-virt.ram) is 0x7f..." */
static bool hva_ask(struct rsp_client *client, uint64_t pa, uint64_t *hva)
{
	char command[64], answer[256];
	struct error ignored = {0};
	const char *is;

	snprintf(command, sizeof(command), "gpa2hva 0x%" PRIx64, pa);
	if (!rsp_monitor(client, command, answer, sizeof(answer), &ignored))
		return false;
	is = strstr(answer, " is 0x");
	*hva = is ? strtoull(is + strlen(" is "), NULL, 16) : 0;
	return *hva != 0;
}

static bool block_is_known(const struct memory_local *local, uint64_t pa)
{
	return block_find(local, pa, 1) != 0;
}

/* Readable here, and the same bytes as the stub's; absent and secure memory it tells as zeros. */
static bool block_is_readable(struct memory_local *local, struct rsp_client *client, uint64_t pa,
			      uint64_t hva, char *why, size_t why_len)
{
	unsigned char here[64], there[sizeof(here)], zeros[sizeof(here)] = {0};
	struct iovec to = {here, sizeof(here)}, from = {(void *)(uintptr_t)hva, sizeof(here)};
	struct rsp_read read = {.addr = pa, .len = sizeof(there), .to = there};
	struct error ignored = {0};

	if (process_vm_readv(local->pid, &to, 1, &from, 1, 0) != sizeof(here)) {
		snprintf(why, why_len, "no permission to read QEMU's memory (process %d): %s",
			 (int)local->pid, strerror(errno));
		return false;
	}
	if (!rsp_read_memory(client, &read, 1, true, &ignored) || !read.ok)
		return true;
	if (memcmp(here, there, sizeof(here)) && memcmp(there, zeros, sizeof(zeros))) {
		snprintf(why, why_len, "process %d does not hold this guest's memory",
			 (int)local->pid);
		return false;
	}
	return true;
}

/* False with WHY only when there is no use in trying other blocks. */
static bool block_add(struct memory_local *local, struct rsp_client *client, uint64_t first,
		      uint64_t last, char *why, size_t why_len)
{
	uint64_t hva, end, size = last - first + 1;

	if (size < 4096 || first % 4096 || local->num_blocks == MEMORY_MAX_BLOCKS ||
	    block_is_known(local, first))
		return true;
	if (!hva_ask(client, first, &hva) || !hva_ask(client, last & ~(uint64_t)4095, &end) ||
	    end - hva != (last & ~(uint64_t)4095) - first)
		return true;
	if (!block_is_readable(local, client, first, hva, why, why_len))
		return false;
	local->blocks[local->num_blocks++] =
		(struct memory_block){.pa = first, .size = size, .hva = hva};
	return true;
}

/* "  0000000040000000-0000000047ffffff (prio 0, ram): mach-virt.ram" */
static bool line_is_ram(const char *line, uint64_t *first, uint64_t *last)
{
	char kind[16];
	int priority;

	return sscanf(line, " %" SCNx64 "-%" SCNx64 " (prio %d, %15[^)])", first, last, &priority,
		      kind) == 4 &&
	       !strcmp(kind, "ram") && *last > *first;
}

static bool blocks_find(struct memory_local *local, struct rsp_client *client, char *why,
			size_t why_len)
{
	struct error error = {0};
	char *text = malloc(MTREE_ROOM), *save = NULL;
	bool done = true;

	if (!text || !rsp_monitor(client, "info mtree -f", text, MTREE_ROOM, &error)) {
		snprintf(why, why_len, "QEMU's monitor does not tell its memory map (%s)",
			 text ? error.text : "out of memory");
		free(text);
		return false;
	}
	for (char *line = strtok_r(text, "\r\n", &save); done && line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		uint64_t first, last;

		if (line_is_ram(line, &first, &last))
			done = block_add(local, client, first, last, why, why_len);
	}
	free(text);
	if (done && !local->num_blocks)
		snprintf(why, why_len, "QEMU's monitor tells no RAM that can be read here");
	return done && local->num_blocks;
}

struct memory *memory_local_create(struct rsp_client *client, char *why, size_t why_len)
{
	static const struct memory_ops ops = {.read = local_read,
					      .read_physical = local_read_physical,
					      .destroy = local_destroy,
					      .next_page = local_next_page};
	struct memory_local *local;
	pid_t pid;

	if (!rsp_is_qemu(client)) {
		snprintf(why, why_len, "the stub is not QEMU's");
		return NULL;
	}
	pid = rsp_peer_pid(client);
	if (!pid) {
		snprintf(why, why_len, "QEMU's process is not on this host, or is another user's");
		return NULL;
	}
	local = calloc(1, sizeof(*local));
	if (!local) {
		snprintf(why, why_len, "out of memory");
		return NULL;
	}
	local->memory.ops = &ops;
	local->pid = pid;
	if (!blocks_find(local, client, why, why_len)) {
		free(local);
		return NULL;
	}
	return &local->memory;
}
