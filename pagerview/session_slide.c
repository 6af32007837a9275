/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two ways. A kernel that keeps its slide in a variable is loaded, as a rule, at the physical
 * address it was linked for, and only its virtual addresses move: where physical memory can be read
 * without the CPUs' help, the variable and the first table are simply read there, and the ELF's own
 * bytes beside them prove it. Else a CPU must be caught at EL1 in that kernel: its vector base less
 * one of the kernel's vectors is the slide, if the ELF's bytes are found there. A CPU that only
 * passes through now and then is waited for in short turns.
 */
#include "session_slide.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "memory/backends.h"
#include "memory/world.h"

#define TURN_NS    3000000 /* how long the target runs between two looks */
#define SEEN_SKIP  4       /* bytes of the instruction that a breakpoint is on */
#define SEEN_BYTES 12      /* of code, enough to tell one function from others */

/* ---- proofs ---- */

static const struct dwarf_segment *segment_at(struct dwarf_info *dwarf, uint64_t addr, size_t len)
{
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(dwarf, &segments);

	for (size_t i = 0; i < count; i++) {
		/* Some kernels' only segment may do everything: code in it stays as it is. */
		if ((!segments[i].write || segments[i].exec) && addr >= segments[i].addr &&
		    addr - segments[i].addr < segments[i].file_size &&
		    segments[i].file_size - (addr - segments[i].addr) >= len)
			return &segments[i];
	}
	return NULL;
}

static void add_proof(struct proofs *proofs, struct dwarf_info *dwarf, uint64_t addr, size_t len)
{
	const struct dwarf_segment *segment = segment_at(dwarf, addr, len);

	if (!segment || proofs->count == MAX_PROOFS)
		return;
	proofs->list[proofs->count].addr = addr;
	proofs->list[proofs->count].bytes = (const char *)segment->bytes + (addr - segment->addr);
	proofs->list[proofs->count++].len = len;
}

/* The ELF's build id, where it is part of what is loaded, is the best proof there is. */
static void add_build_id(struct proofs *proofs, struct dwarf_info *dwarf)
{
	const char *hex = dwarf_info_build_id(dwarf);
	const struct dwarf_segment *segments;
	size_t num = dwarf_info_segments(dwarf, &segments), len = strlen(hex) / 2;
	unsigned char id[64];

	if (len < 8 || len > sizeof(id))
		return;
	for (size_t i = 0; i < len; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return;
		id[i] = (unsigned char)byte;
	}
	for (size_t i = 0; i < num; i++) {
		const char *bytes = segments[i].bytes, *found = NULL;

		if (!segments[i].write && bytes)
			found = memmem(bytes, segments[i].file_size, id, len);
		if (found) {
			add_proof(proofs, dwarf, segments[i].addr + (uint64_t)(found - bytes), len);
			return;
		}
	}
}

void proofs_make(struct proofs *proofs, const struct layout *layout)
{
	const struct dwarf_symbol *symbol = NULL;
	const struct dwarf_segment *segments;
	size_t num = dwarf_info_segments(layout->dwarf, &segments);

	proofs->count = 0;
	/* A kernel that pages itself keeps its safe point in memory always, but not its notes. */
	if (!layout->slide.num_vectors)
		add_build_id(proofs, layout->dwarf);
	if (layout->safe_point)
		symbol = dwarf_info_symbol(layout->dwarf, layout->safe_point);
	if (symbol)
		add_proof(proofs, layout->dwarf, symbol->addr,
			  symbol->size && symbol->size < 64 ? (size_t)symbol->size : 64);
	if (layout->slide.num_vectors)
		add_proof(proofs, layout->dwarf, layout->slide.vectors[0], 64);
	for (size_t i = 0; i < num && proofs->count == 0; i++) {
		if (segments[i].exec && !segments[i].write)
			add_proof(proofs, layout->dwarf, segments[i].addr, 64);
	}
}

/* ---- through physical memory ---- */

static bool read_physical(struct memory *memory, uint64_t addr, void *to, size_t len)
{
	struct memory_request request = {.addr = addr, .len = len, .to = to};
	struct error ignored = {0};

	return memory_read_physical(memory, &request, 1, &ignored) && request.ok;
}

static bool holds_physical(struct memory *memory, const struct proofs *proofs)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < proofs->count; i++) {
		size_t len = proofs->list[i].len;

		if (len > sizeof(bytes) ||
		    !read_physical(memory, proofs->list[i].addr, bytes, len) ||
		    memcmp(bytes, proofs->list[i].bytes, len) != 0)
			return false;
	}
	return proofs->count > 0;
}

static bool variable_physical(struct memory *memory, const struct layout_counter *variable,
			      uint64_t *value)
{
	*value = 0;
	return variable->field.present && !variable->field.num_hops && variable->field.size <= 8 &&
	       read_physical(memory, variable->symbol + variable->field.offset[0], value,
			     variable->field.size);
}

static bool find_physical(const struct layout *layout, const struct proofs *proofs,
			  struct source *source, enum source_way way, uint64_t *slide)
{
	struct memory *memory;
	char why[200];
	uint64_t root;
	bool found = false;

	memory = way == SOURCE_EL3 ? memory_el3_create(source_client(source))
				   : memory_local_create(source_client(source), why, sizeof(why));
	if (memory && holds_physical(memory, proofs)) {
		/* A release without the variable does not move. */
		if (!variable_physical(memory, &layout->slide.value, slide))
			*slide = 0;
		root = layout->slide.table;
		if (layout->slide.has_table ||
		    variable_physical(memory, &layout->slide.root, &root))
			source_add_table(source, root);
		found = *slide % 4096 == 0;
	}
	memory_destroy(memory);
	return found;
}

/* ---- through a CPU ---- */

static bool holds_at(struct rsp_client *client, const struct proofs *proofs, uint64_t slide,
		     struct error *error)
{
	unsigned char bytes[64];

	for (size_t i = 0; i < proofs->count; i++) {
		struct rsp_read read = {.addr = proofs->list[i].addr + slide,
					.len = proofs->list[i].len,
					.to = bytes};

		if (read.len > sizeof(bytes) || !rsp_read_memory(client, &read, 1, false, error) ||
		    !read.ok || memcmp(bytes, proofs->list[i].bytes, read.len) != 0)
			return false;
	}
	return proofs->count > 0;
}

/* What one CPU has as its vectors, as it stands now. */
static bool find_by_vectors(const struct layout *layout, const struct proofs *proofs,
			    struct rsp_client *client, const char *thread, uint64_t *slide,
			    struct error *error)
{
	struct rsp_register registers[] = {
		{.name = "VBAR_EL1"}, {.name = "VBAR_S"}, {.name = "VBAR"}};

	if (!rsp_read_registers(client, thread, registers, 3, error))
		return false;
	for (int r = 0; r < 3; r++) {
		for (unsigned int v = 0; registers[r].ok && v < layout->slide.num_vectors; v++) {
			*slide = registers[r].value - layout->slide.vectors[v];
			if (*slide % 4096 == 0 && holds_at(client, proofs, *slide, error))
				return true;
		}
	}
	return false;
}

/* The CPU that stopped, then the others: the one that sees the kernel is looked through. */
static bool find_by_cpus(const struct layout *layout, const struct proofs *proofs,
			 struct rsp_client *client, uint64_t *slide, struct worlds *worlds,
			 struct error *error)
{
	char ids[CPUS_MAX][RSP_THREAD_LEN], world[WORLD_LEN];
	size_t count;

	if (find_by_vectors(layout, proofs, client, NULL, slide, error))
		return true;
	if (error->status != EXIT_CLEAN)
		return false;
	count = rsp_threads(client, ids, CPUS_MAX, error);
	for (size_t i = 0; i < count; i++) {
		if (!world_of(client, ids[i], world, error))
			return false;
		worlds_add(worlds, world);
		rsp_view(client, ids[i]);
		if (find_by_vectors(layout, proofs, client, ids[i], slide, error))
			return true;
		rsp_view(client, NULL);
		if (error->status != EXIT_CLEAN)
			return false;
	}
	return false;
}

/* Some stubs show their own instruction where they have put a breakpoint: it is passed over. */
bool slide_code_seen(const struct layout *layout, struct rsp_client *client, uint64_t slide,
		     uint64_t addr)
{
	uint64_t linked = addr - slide + SEEN_SKIP;
	const struct dwarf_segment *segment = segment_at(layout->dwarf, linked, SEEN_BYTES);
	unsigned char bytes[SEEN_BYTES];
	struct rsp_read read = {.addr = addr + SEEN_SKIP, .len = sizeof(bytes), .to = bytes};
	struct error ignored = {0};

	if (!segment)
		return true;
	return rsp_read_memory(client, &read, 1, false, &ignored) && read.ok &&
	       memcmp(bytes, (const char *)segment->bytes + (linked - segment->addr),
		      sizeof(bytes)) == 0;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool not_caught(const struct layout *layout, double timeout_s, const struct worlds *worlds,
		       struct error *error)
{
	char seen[160];

	worlds_text(worlds, seen, sizeof(seen));
	if (timeout_s <= 0)
		return error_set(error, EXIT_LAYOUT,
				 "%s: the target stands still with no CPU in this kernel, but at "
				 "%s: the kernel cannot be seen from there (let it run, or give "
				 "--until SECONDS, or another --read)",
				 dwarf_info_path(layout->dwarf), seen);
	return error_set(error, EXIT_LAYOUT,
			 "%s: no CPU was found in this kernel within %.3g s, but at %s: is it "
			 "busy, and is this its ELF? (--slide N says where it is)",
			 dwarf_info_path(layout->dwarf), timeout_s, seen);
}

static bool catch_a_cpu(const struct layout *layout, const struct proofs *proofs,
			struct rsp_client *client, double timeout_s, uint64_t *slide,
			struct error *error)
{
	double deadline = seconds() + timeout_s;
	struct worlds worlds = {.count = 0};
	struct rsp_stop stop;

	while (!find_by_cpus(layout, proofs, client, slide, &worlds, error)) {
		enum rsp_wait wait;

		if (error->status != EXIT_CLEAN)
			return false;
		if (seconds() >= deadline)
			return not_caught(layout, timeout_s, &worlds, error);
		if (!rsp_resume(client, error))
			return false;
		wait = rsp_wait_for_stop(client, TURN_NS / 1000000, &stop, error);
		if (wait == RSP_WAIT_ABORTED)
			error_set(error, EXIT_CONNECTION, "interrupted");
		if (wait == RSP_WAIT_LOST || error->status != EXIT_CLEAN ||
		    !rsp_stop(client, &stop, error))
			return false;
	}
	return true;
}

bool slide_find(const struct layout *layout, const struct proofs *proofs, struct source *source,
		enum source_way way, double timeout_s, uint64_t *slide, struct error *error)
{
	const struct layout_slide *how = &layout->slide;
	struct rsp_client *client = source_client(source);

	*slide = 0;
	if (!client || (!how->num_vectors && !how->value.field.present))
		return true;
	if (way != SOURCE_STUB && find_physical(layout, proofs, source, way, slide))
		return true;
	return catch_a_cpu(layout, proofs, client, timeout_s, slide, error);
}
