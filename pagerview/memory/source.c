/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choosing a way: for each way to physical memory, best first, each translation regime that a CPU
 * has in its registers is tried until the proofs read back as they must. Where RAM can be gone
 * through cheaply, tables that no CPU has in its registers now (all are in another world, or it is
 * a dump) are found in it, too. What has been proved once stays in use: a core's tables do not
 * move, whatever the CPUs do later. Virtual addresses as the stopped CPU sees them come last, since
 * they are readable at some stops only.
 */
#include "source.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends.h"
#include "regimes.h"

#define MAX_TABLES 16

struct source {
	struct source_config config;
	struct rsp_client *client;
	struct memory *core; /* a dump, before it is settled */
	uint64_t tables[MAX_TABLES];
	size_t num_tables;

	struct memory *memory;
	enum source_way way;
	bool sees_always;
	char sentence[600];
	bool local_is_there;    /* QEMU's memory can be read, whatever is in it */
	char not_local[200];    /* why */
	char not_physical[200]; /* why */
	struct error broken;    /* why a proof could not even be tried; clean: all were */

	bool paused; /* by pause_begin */
	int64_t paused_at_us;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A CPU that is in AArch32 only now has the wide registers, too. */
static bool way_is_possible(struct source *source, struct error *error)
{
	struct rsp_register reg = {.name = "x0"};

	if (source->config.way != SOURCE_EL3)
		return true;
	if (!rsp_read_registers(source->client, NULL, &reg, 1, error))
		return false;
	return reg.ok || error_set(error, EXIT_CONNECTION,
				   "%s: cannot be read at EL3: its CPU has AArch32 alone, and the "
				   "way leads through AArch64 firmware (without --read el3?)",
				   rsp_address(source->client));
}

struct source *source_open(const struct source_config *config, struct error *error)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	source->config = *config;
	source->way = config->core_path ? SOURCE_DUMP : SOURCE_STUB;
	if (config->core_path)
		source->core = memory_core_create(config->core_path, error);
	else
		source->client = rsp_connect(&config->rsp, error);
	if (source->core || (source->client && way_is_possible(source, error)))
		return source;
	if (!source_close(source) && config->rsp.unsure)
		*config->rsp.unsure = true;
	return NULL;
}

bool source_close(struct source *source)
{
	bool sure;

	if (!source)
		return true;
	memory_destroy(source->memory);
	memory_destroy(source->core);
	sure = rsp_close(source->client);
	free(source);
	return sure;
}

bool source_add_table(struct source *source, uint64_t root_pa)
{
	if (source->num_tables == MAX_TABLES)
		return false;
	source->tables[source->num_tables++] = root_pa;
	return true;
}

/* The sizes of address range that kernels use. */
static void add_tables(const struct source *source, struct regimes *regimes)
{
	static const unsigned int sizes[] = {48, 39, 42, 32};

	for (size_t i = 0; i < source->num_tables; i++) {
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			struct pagewalk walk;

			memset(&walk, 0, sizeof(walk));
			walk.format = PAGEWALK_AARCH64;
			for (int half = 0; half < 2; half++) {
				walk.half[half].root = source->tables[i];
				walk.half[half].va_bits = sizes[s];
			}
			regimes_add(regimes, &walk);
		}
	}
}

enum proof { PROOF_HOLDS, PROOF_UNREADABLE, PROOF_DIFFERS, PROOF_UNTRIED };

/* Zeros where something else is expected are what a stub tells of memory that is not there. */
static enum proof proof_differs(struct memory *memory, const struct source_proof *proof)
{
	unsigned char bytes[64];
	size_t len = proof->len < sizeof(bytes) ? proof->len : sizeof(bytes);
	struct error ignored = {0};

	if (!memory_read_at(memory, proof->addr, bytes, len, &ignored))
		return PROOF_UNREADABLE;
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return PROOF_DIFFERS;
	return PROOF_UNREADABLE;
}

static enum proof proof_check(struct source *source, struct memory *memory,
			      const struct source_proof *proofs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct error why = {0};

		if (memory_prove(memory, proofs[i].addr, proofs[i].bytes, proofs[i].len, &why))
			continue;
		if (why.status == EXIT_CLEAN)
			return proof_differs(memory, &proofs[i]);
		if (why.status == EXIT_PARTIAL)
			return PROOF_UNREADABLE;
		source->broken = why;
		return PROOF_UNTRIED;
	}
	return PROOF_HOLDS;
}

/* The first of the regimes that the proofs hold for; false: none, RESULT says why. */
static bool walk_settle(struct source *source, struct memory *walk, const struct regimes *regimes,
			const struct source_proof *proofs, size_t count, enum proof *result)
{
	*result = PROOF_UNREADABLE;
	for (size_t i = 0; i < regimes->count; i++) {
		enum proof proof;

		memory_walk_set(walk, &regimes->list[i]);
		proof = proof_check(source, walk, proofs, count);
		if (proof != PROOF_UNREADABLE)
			*result = proof;
		if (proof == PROOF_HOLDS)
			return true;
	}
	return false;
}

static struct memory *no_memory(struct source *source, enum proof *result)
{
	error_set(&source->broken, EXIT_CONNECTION, "out of memory");
	*result = PROOF_UNTRIED;
	return NULL;
}

/* The first of the tables in PHYSICAL that the proofs hold for. */
static bool search_settle(struct source *source, struct memory *walk, struct memory *physical,
			  const struct source_proof *proofs, size_t count)
{
	struct regimes found = {.count = 0};
	uint64_t pa = UINT64_MAX;
	enum proof ignored;

	while (regimes_search(&found, physical, &pa, proofs->addr, proofs->bytes, proofs->len)) {
		if (walk_settle(source, walk, &found, proofs, count, &ignored))
			return true;
		found.count = 0;
	}
	return false;
}

/*
 * Walk over PHYSICAL (taken over) with the regimes, else with what a search finds there; NULL: no
 * proof holds.
 */
static struct memory *settle_walk(struct source *source, struct memory *physical,
				  const struct regimes *regimes, const struct source_proof *proofs,
				  size_t count, enum proof *result)
{
	const struct pagewalk none = {.format = PAGEWALK_IDENTITY};
	struct memory *walk = memory_walk_create(physical, &none);
	bool settled;

	*result = PROOF_UNREADABLE;
	if (!walk)
		return no_memory(source, result);
	settled = walk_settle(source, walk, regimes, proofs, count, result) ||
		  (count && search_settle(source, walk, physical, proofs, count));
	if (settled) {
		memory_stats_reset(walk);
		return walk;
	}
	memory_destroy(walk);
	return NULL;
}

static const char *proof_reason(const struct source *source, enum proof proof)
{
	return proof == PROOF_UNTRIED   ? source->broken.text
	       : proof == PROOF_DIFFERS ? "what is read is not this ELF"
					: "no CPU's tables map this ELF";
}

static bool try_local(struct source *source, const struct regimes *regimes,
		      const struct source_proof *proofs, size_t count, enum proof *proof)
{
	struct memory *local;

	if (source->config.way == SOURCE_STUB) {
		snprintf(source->not_local, sizeof(source->not_local), "not wanted");
		return false;
	}
	local = memory_local_create(source->client, source->not_local, sizeof(source->not_local));
	source->local_is_there = local != NULL;
	if (!local)
		return false;
	source->memory = settle_walk(source, local, regimes, proofs, count, proof);
	if (!source->memory) {
		snprintf(source->not_local, sizeof(source->not_local), "%.190s",
			 proof_reason(source, *proof));
		return false;
	}
	source->way = SOURCE_LOCAL;
	snprintf(source->sentence, sizeof(source->sentence),
		 "local: QEMU's own memory (process %d); reading does not stop the guest",
		 (int)rsp_peer_pid(source->client));
	return true;
}

static bool try_stub_physical(struct source *source, const struct regimes *regimes,
			      const struct source_proof *proofs, size_t count, enum proof *proof)
{
	struct memory *stub;

	if (!rsp_can_read_physical(source->client)) {
		snprintf(source->not_physical, sizeof(source->not_physical),
			 "the stub reads no physical memory");
		return false;
	}
	stub = memory_stub_create(source->client);
	source->memory = stub ? settle_walk(source, stub, regimes, proofs, count, proof)
			      : no_memory(source, proof);
	if (!source->memory) {
		snprintf(source->not_physical, sizeof(source->not_physical), "%.190s",
			 proof_reason(source, *proof));
		return false;
	}
	source->way = SOURCE_STUB;
	snprintf(source->sentence, sizeof(source->sentence),
		 "stub: packets, and our own walk of the tables; not local: %s", source->not_local);
	return true;
}

static bool settle_el3(struct source *source, const struct regimes *regimes,
		       const struct source_proof *proofs, size_t count, enum proof *proof)
{
	struct memory *el3 = memory_el3_create(source->client);

	source->memory = el3 ? settle_walk(source, el3, regimes, proofs, count, proof)
			     : no_memory(source, proof);
	source->way = SOURCE_EL3;
	snprintf(source->sentence, sizeof(source->sentence),
		 "stub: packets at EL3, and our own walk of the tables; not local: not wanted");
	return source->memory != NULL;
}

static bool try_stub_virtual(struct source *source, const struct source_proof *proofs, size_t count,
			     enum proof *proof)
{
	struct memory *stub = memory_stub_create(source->client);

	if (!stub)
		return no_memory(source, proof) != NULL;
	*proof = proof_check(source, stub, proofs, count);
	if (*proof != PROOF_HOLDS) {
		memory_destroy(stub);
		return false;
	}
	source->memory = stub;
	source->sees_always = false;
	source->way = SOURCE_STUB;
	snprintf(source->sentence, sizeof(source->sentence),
		 "stub: packets, with the stopped CPU's view; not by physical address: %s; not "
		 "local: %s",
		 source->not_physical, source->not_local);
	return true;
}

static bool settle_fail(const struct source *source, enum proof proof,
			const struct source_proof *proofs, struct error *error)
{
	if (rsp_is_lost(source->client))
		return error_set(error, EXIT_CONNECTION, "%s is gone", rsp_address(source->client));
	if (source->broken.status != EXIT_CLEAN)
		return error_set(error, source->broken.status, "%s", source->broken.text);
	if (proof == PROOF_DIFFERS)
		return error_set(error, EXIT_LAYOUT,
				 "the target's memory at 0x%" PRIx64
				 " is not what the ELF has there: another ELF, or loaded elsewhere "
				 "(--slide)?",
				 proofs->addr);
	return error_set(error, EXIT_LAYOUT,
			 "the target's memory at 0x%" PRIx64
			 " cannot be read: is the core running yet, and is this its ELF (or is it "
			 "loaded elsewhere: --slide)?",
			 proofs ? proofs->addr : 0);
}

static bool settle_core(struct source *source, const struct source_proof *proofs, size_t count,
			struct error *error)
{
	struct regimes regimes = {.count = 0};
	struct memory *core = source->core;
	enum proof proof;

	if (!core)
		core = memory_core_create(source->config.core_path, error);
	if (!core)
		return false;
	add_tables(source, &regimes);
	source->core = NULL;
	source->memory = settle_walk(source, core, &regimes, proofs, count, &proof);
	if (!source->memory && source->broken.status != EXIT_CLEAN)
		return error_set(error, source->broken.status, "%s", source->broken.text);
	if (!source->memory)
		return error_set(error, EXIT_LAYOUT,
				 "%s holds no translation tables that map this ELF at 0x%" PRIx64
				 " (secure memory is in no dump; loaded elsewhere: --slide)",
				 source->config.core_path, count ? proofs->addr : 0);
	snprintf(source->sentence, sizeof(source->sentence),
		 "core: the dump %s, and our own walk of the tables in it",
		 source->config.core_path);
	return true;
}

bool source_settle(struct source *source, const struct source_proof *proofs, size_t count,
		   struct error *error)
{
	struct regimes regimes = {.count = 0};
	enum proof with_walk = PROOF_UNREADABLE, direct = PROOF_UNREADABLE;

	memory_destroy(source->memory);
	source->memory = NULL;
	source->sees_always = true;
	source->broken = (struct error){0};
	if (!source->client)
		return settle_core(source, proofs, count, error);
	if (!regimes_read(&regimes, source->client, error))
		return false;
	add_tables(source, &regimes);
	if (source->config.way == SOURCE_EL3)
		return settle_el3(source, &regimes, proofs, count, &with_walk) ||
		       settle_fail(source, with_walk, proofs, error);
	if (try_local(source, &regimes, proofs, count, &with_walk))
		return true;
	if (source->config.way == SOURCE_LOCAL && source->broken.status != EXIT_CLEAN)
		return settle_fail(source, with_walk, proofs, error);
	if (source->config.way == SOURCE_LOCAL)
		return error_set(error, source->local_is_there ? EXIT_LAYOUT : EXIT_CONNECTION,
				 "%s: cannot be read locally: %s", rsp_address(source->client),
				 source->not_local);
	if (try_stub_physical(source, &regimes, proofs, count, &with_walk) ||
	    try_stub_virtual(source, proofs, count, &direct))
		return true;
	return settle_fail(source, direct == PROOF_DIFFERS ? direct : with_walk, proofs, error);
}

struct memory *source_memory(struct source *source)
{
	return source->memory;
}

struct rsp_client *source_client(struct source *source)
{
	return source->client;
}

enum source_way source_way(const struct source *source)
{
	return source->way;
}

const char *source_name(const struct source *source)
{
	switch (source->way) {
	case SOURCE_LOCAL:
		return "local";
	case SOURCE_DUMP:
		return "core";
	default:
		return "stub";
	}
}

const char *source_sentence(const struct source *source)
{
	return source->sentence;
}

bool source_is_live(const struct source *source)
{
	return source->memory && source->way == SOURCE_LOCAL;
}

bool source_sees_always(const struct source *source)
{
	return source->sees_always;
}

void source_refresh(struct source *source)
{
	if (source->memory)
		memory_refresh(source->memory);
}

bool source_pause_begin(struct source *source, struct error *error)
{
	int64_t before = now_us();

	source_refresh(source);
	if (!source->client || !rsp_is_running(source->client))
		return true;
	if (!rsp_stop(source->client, NULL, error))
		return false;
	source->paused = true;
	source->paused_at_us = before;
	return true;
}

bool source_pause_end(struct source *source, uint64_t *pause_us, struct error *error)
{
	*pause_us = 0;
	if (!source->paused)
		return true;
	source->paused = false;
	if (!rsp_resume(source->client, error))
		return false;
	*pause_us = (uint64_t)(now_us() - source->paused_at_us);
	/* What we have to do now can take long; QEMU may be waiting for this very CPU to go on. */
	sched_yield();
	return true;
}
