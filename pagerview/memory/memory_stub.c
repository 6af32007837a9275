/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading through the stub. A packet costs some 7 us however few bytes it asks for, and a byte 10
 * ns, so requests that lie close together are read as one, and taken apart again. They are only
 * joined inside a page: what is between them is then as readable as they are. Where a joined read
 * fails all the same, its parts are asked for one by one, so that a bad one does not take a good
 * one with it.
 */
#include <stdlib.h>
#include <string.h>

#include "backends.h"

#define JOIN_GAP  512u /* bytes that cost less than a packet */
#define PAGE_MASK (~(uint64_t)4095)

struct memory_stub {
	struct memory memory;
	struct rsp_client *client;
};

/* Some requests, next to each other in the order of addresses, and the read that serves them. */
struct group {
	size_t first, count; /* in the sorted array */
	struct rsp_read *read;
};

static int compare_requests(const void *a, const void *b)
{
	const struct memory_request *left = *(struct memory_request *const *)a;
	const struct memory_request *right = *(struct memory_request *const *)b;

	return left->addr < right->addr ? -1 : left->addr > right->addr;
}

static bool can_join(uint64_t start, uint64_t end, const struct memory_request *next, size_t most)
{
	uint64_t next_end = next->addr + next->len;

	if (next->addr > end + JOIN_GAP ||
	    (next->addr > end && ((end - 1) ^ next->addr) & PAGE_MASK))
		return false;
	return (next_end > end ? next_end : end) - start <= most;
}

struct plan {
	struct memory_request **sorted;
	struct rsp_read *reads;
	struct group *groups;
	size_t num_groups;
	char *joined; /* bytes of all joined reads */
};

static void plan_free(struct plan *plan)
{
	free(plan->sorted);
	free(plan->reads);
	free(plan->groups);
	free(plan->joined);
}

/* Form groups of the sorted requests; the bytes that joined ones need. */
static size_t plan_group(struct plan *plan, size_t count, size_t most)
{
	size_t joined = 0;

	for (size_t i = 0; i < count;) {
		struct group *group = &plan->groups[plan->num_groups];
		struct rsp_read *read = &plan->reads[plan->num_groups++];
		uint64_t start = plan->sorted[i]->addr, end = start + plan->sorted[i]->len;
		size_t first = i++;

		while (i < count && can_join(start, end, plan->sorted[i], most)) {
			uint64_t next_end = plan->sorted[i]->addr + plan->sorted[i]->len;

			end = next_end > end ? next_end : end;
			i++;
		}
		*group = (struct group){.first = first, .count = i - first, .read = read};
		*read = (struct rsp_read){.addr = start, .len = end - start};
		if (group->count > 1)
			joined += read->len;
	}
	return joined;
}

static bool plan_make(struct plan *plan, struct memory_request *requests, size_t count, size_t most)
{
	size_t used = 0;

	plan->sorted = calloc(count, sizeof(*plan->sorted));
	plan->reads = calloc(count, sizeof(*plan->reads));
	plan->groups = calloc(count, sizeof(*plan->groups));
	if (!plan->sorted || !plan->reads || !plan->groups)
		return false;
	for (size_t i = 0; i < count; i++)
		plan->sorted[i] = &requests[i];
	qsort(plan->sorted, count, sizeof(*plan->sorted), compare_requests);
	plan->joined = malloc(plan_group(plan, count, most) + 1);
	if (!plan->joined)
		return false;
	for (size_t i = 0; i < plan->num_groups; i++) {
		struct group *group = &plan->groups[i];

		if (group->count == 1) {
			group->read->to = plan->sorted[group->first]->to;
			continue;
		}
		group->read->to = plan->joined + used;
		used += group->read->len;
	}
	return true;
}

static void group_deliver(const struct plan *plan, const struct group *group)
{
	for (size_t i = group->first; i < group->first + group->count; i++) {
		struct memory_request *request = plan->sorted[i];

		request->ok = group->read->ok;
		if (group->count > 1 && request->ok)
			memcpy(request->to,
			       (char *)group->read->to + (request->addr - group->read->addr),
			       request->len);
	}
}

/* One burst; a target that runs is stopped just for it. */
static bool client_read(struct rsp_client *client, struct rsp_read *reads, size_t count,
			bool physical, struct error *error)
{
	bool ran = rsp_is_running(client), done;

	if (ran && !rsp_stop(client, NULL, error))
		return false;
	done = rsp_read_memory(client, reads, count, physical, error);
	return (!ran || rsp_resume(client, error)) && done;
}

/* The parts of joined reads that failed, once more and each for itself. */
static bool plan_retry(struct memory_stub *stub, const struct plan *plan, size_t count,
		       bool physical, struct error *error)
{
	struct rsp_read *again = calloc(count, sizeof(*again));
	size_t *places = calloc(count, sizeof(*places)), n = 0;
	bool done = (again && places) || error_set(error, EXIT_CONNECTION, "out of memory");

	for (size_t g = 0; done && g < plan->num_groups; g++) {
		const struct group *group = &plan->groups[g];

		for (size_t i = 0; group->count > 1 && !group->read->ok && i < group->count; i++) {
			const struct memory_request *request = plan->sorted[group->first + i];

			places[n] = group->first + i;
			again[n++] = (struct rsp_read){
				.addr = request->addr, .len = request->len, .to = request->to};
		}
	}
	done = done && (!n || client_read(stub->client, again, n, physical, error));
	for (size_t i = 0; done && i < n; i++)
		plan->sorted[places[i]]->ok = again[i].ok;
	free(again);
	free(places);
	return done;
}

static bool stub_read_any(struct memory_stub *stub, struct memory_request *requests, size_t count,
			  bool physical, struct error *error)
{
	const struct rsp_stats before = *rsp_stats(stub->client);
	struct plan plan = {0};
	bool done = false;

	if (!plan_make(&plan, requests, count, rsp_max_read(stub->client)))
		error_set(error, EXIT_CONNECTION, "out of memory");
	else
		done = client_read(stub->client, plan.reads, plan.num_groups, physical, error);
	for (size_t i = 0; done && i < plan.num_groups; i++) {
		group_deliver(&plan, &plan.groups[i]);
		stub->memory.stats.bytes += plan.reads[i].len;
	}
	done = done && plan_retry(stub, &plan, count, physical, error);
	stub->memory.stats.packets += rsp_stats(stub->client)->packets - before.packets;
	stub->memory.stats.trips += rsp_stats(stub->client)->trips - before.trips;
	plan_free(&plan);
	return done;
}

static bool stub_read(struct memory *memory, struct memory_request *requests, size_t count,
		      struct error *error)
{
	return stub_read_any((struct memory_stub *)memory, requests, count, false, error);
}

static bool stub_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			       struct error *error)
{
	return stub_read_any((struct memory_stub *)memory, requests, count, true, error);
}

static void stub_destroy(struct memory *memory)
{
	free(memory);
}

struct memory *memory_stub_create(struct rsp_client *client)
{
	static const struct memory_ops with_physical = {
		.read = stub_read, .read_physical = stub_read_physical, .destroy = stub_destroy};
	static const struct memory_ops virtual_only = {.read = stub_read, .destroy = stub_destroy};
	struct memory_stub *stub = calloc(1, sizeof(*stub));

	if (!stub)
		return NULL;
	stub->memory.ops = rsp_can_read_physical(client) ? &with_physical : &virtual_only;
	stub->client = client;
	return &stub->memory;
}
