/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU in the normal world shows no secure memory, by any address. At EL3 it does: trusted
 * firmware maps what it uses to the same virtual as physical addresses. So for one burst the CPU's
 * program status says EL3, and the same burst puts back what it said; no instruction runs in
 * between. Whether the firmware's map has the memory that is wanted, only a proof can tell.
 */
#include <stdlib.h>

#include "backends.h"

#define STATUS_AARCH32 0x10u
#define STATUS_EL3     0x3cdu /* EL3 on its own stack, everything masked */
#define STATUS_KEPT    0xfffffc00u

struct memory_el3 {
	struct memory memory;
	struct rsp_client *client;
};

static bool el3_read(struct memory *memory, struct memory_request *requests, size_t count,
		     struct error *error)
{
	(void)memory;
	(void)error;
	for (size_t i = 0; i < count; i++)
		requests[i].ok = false;
	return true;
}

static bool el3_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			      struct error *error)
{
	struct rsp_client *client = ((struct memory_el3 *)memory)->client;
	const struct rsp_stats before = *rsp_stats(client);
	struct rsp_read *reads = calloc(count ? count : 1, sizeof(*reads));
	uint64_t status = 0;
	bool done;

	if (!reads)
		return error_set(error, EXIT_CONNECTION, "out of memory");
	for (size_t i = 0; i < count; i++)
		reads[i] = (struct rsp_read){
			.addr = requests[i].addr, .len = requests[i].len, .to = requests[i].to};
	done = rsp_read_register(client, "cpsr", &status, error);
	if (done && !(status & STATUS_AARCH32))
		done = rsp_read_memory_as(client, reads, count, "cpsr",
					  (status & STATUS_KEPT) | STATUS_EL3, error);
	for (size_t i = 0; i < count; i++) {
		requests[i].ok = done && reads[i].ok;
		memory->stats.bytes += requests[i].ok ? requests[i].len : 0;
	}
	free(reads);
	memory->stats.packets += rsp_stats(client)->packets - before.packets;
	memory->stats.trips += rsp_stats(client)->trips - before.trips;
	return done;
}

static void el3_destroy(struct memory *memory)
{
	free(memory);
}

struct memory *memory_el3_create(struct rsp_client *client)
{
	static const struct memory_ops ops = {
		.read = el3_read, .read_physical = el3_read_physical, .destroy = el3_destroy};
	struct memory_el3 *el3 = calloc(1, sizeof(*el3));

	if (!el3)
		return NULL;
	el3->memory.ops = &ops;
	el3->client = client;
	return &el3->memory;
}
