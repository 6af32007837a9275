/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ledger and the rules take beyond the snapshot, over 10,000 fobjs: each is mapped by two
 * areas of its own, is a slice of a file and has a handle, each has a page in the pool with two
 * owners; one in a hundred has a reference too many. Every round has a snapshot that nothing has
 * looked at before; times are of the CPU, which others that use the host do not change. The exit
 * status is 1 when it takes longer than the 50 ms that the project promises, or finds anything else
 * than what is there to find.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../analysis/check.h"
#include "../analysis/ledger.h"
#include "../model/arena.h"

#define LIMIT_MS 50.0
#define ROUNDS   21
#define FOBJS    10000u
#define SLICES   100u /* of a file */
#define WRONG    100u /* one in so many */
#define CONTEXTS 16u
#define PAGES    4u /* of each object */

struct sample {
	struct snapshot *snapshot;
	struct ledger_entry *entries; /* the snapshot's */
	uint32_t num_entries;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void *make(struct snapshot *snapshot, size_t count, size_t size)
{
	void *made = arena_alloc_array(snapshot->arena, count, size);

	if (!made)
		exit(2);
	return made;
}

static void hold(struct sample *sample, bool of_file, uint32_t object, const char *kind,
		 uint64_t id, const char *name)
{
	sample->entries[sample->num_entries++] =
		(struct ledger_entry){of_file, object, {kind, id, NONE, name}};
}

static void make_contexts(struct snapshot *snapshot)
{
	snapshot->num_contexts = CONTEXTS;
	snapshot->contexts = make(snapshot, CONTEXTS, sizeof(*snapshot->contexts));
	for (uint32_t i = 0; i < CONTEXTS; i++) {
		struct snap_context *context = &snapshot->contexts[i];

		*context = (struct snap_context){.id = 0x100 + i, .name = "A", .state = "alive"};
		context->sorted = true;
		context->areas = make(snapshot, 2 * FOBJS, sizeof(uint32_t));
	}
}

static void add_area(struct sample *sample, uint32_t fobj, uint32_t in)
{
	struct snapshot *snapshot = sample->snapshot;
	uint32_t index = snapshot->num_areas++;
	struct snap_context *context = &snapshot->contexts[in];

	snapshot->areas[index] = (struct snap_area){.id = 0x10000000 + index * 0x80ull,
						    .name = "A.text",
						    .context = in,
						    .base = fobj * PAGES * 0x1000ull,
						    .pages = PAGES,
						    .fobj = fobj,
						    .type = "ro",
						    .prot = PROT_R | PROT_X};
	context->areas[context->num_areas++] = index;
	hold(sample, false, fobj, "area", snapshot->areas[index].id, "A.text");
}

static void add_page(struct snapshot *snapshot, uint32_t fobj)
{
	struct snap_pmem *pmem = &snapshot->pmems[snapshot->num_pmems++];

	*pmem = (struct snap_pmem){.id = 0x30000000 + fobj * 0x40ull,
				   .pa = fobj * 0x1000ull,
				   .pa_known = true,
				   .fobj = fobj,
				   .page = fobj % PAGES,
				   .state = PMEM_STATE_CLEAN,
				   .num_owners = 2};
	pmem->owners = make(snapshot, 2, sizeof(*pmem->owners));
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t area = 2 * fobj + i;

		pmem->owners[i] = (struct snap_owner){area,
						      snapshot->areas[area].context,
						      snapshot->areas[area].base,
						      PROT_R,
						      true,
						      pmem->pa};
	}
}

/* A file for every SLICES objects, each a slice of it; a context has it open. */
static void add_slice(struct sample *sample, uint32_t fobj)
{
	struct snapshot *snapshot = sample->snapshot;
	uint32_t index = fobj / SLICES;
	struct snap_file *file = &snapshot->files[index];

	if (fobj % SLICES == 0) {
		*file = (struct snap_file){
			.id = 0x40000000 + index * 0x60ull, .tag = "5f0a1c77e2b9", .refcount = 1};
		file->slices = make(snapshot, SLICES, sizeof(*file->slices));
		snapshot->num_files++;
		hold(sample, true, index, "context", 0x100, "A");
	}
	file->slices[file->num_slices++] = (struct snap_slice){0x50000000 + fobj * 0x20ull, fobj,
							       fobj % SLICES * PAGES, PAGES, 4};
	hold(sample, false, fobj, "slice", 0x50000000 + fobj * 0x20ull, "slice of 5f0a1c77e2b9");
}

static struct sample make_sample(void)
{
	struct sample sample = {.snapshot = snapshot_create()};
	struct snapshot *snapshot = sample.snapshot;

	if (!snapshot)
		exit(2);
	snapshot->areas = make(snapshot, 2 * FOBJS, sizeof(*snapshot->areas));
	snapshot->fobjs = make(snapshot, FOBJS, sizeof(*snapshot->fobjs));
	snapshot->pmems = make(snapshot, FOBJS, sizeof(*snapshot->pmems));
	snapshot->files = make(snapshot, FOBJS / SLICES, sizeof(*snapshot->files));
	sample.entries = make(snapshot, 5 * FOBJS, sizeof(*sample.entries));
	make_contexts(snapshot);
	snapshot->num_fobjs = FOBJS;
	for (uint32_t i = 0; i < FOBJS; i++) {
		snapshot->fobjs[i] = (struct snap_fobj){.id = 0x20000000 + i * 0x60ull,
							.name = "greeter.text",
							.kind = "ro",
							.pages = PAGES,
							.refcount = i % WRONG ? 4 : 5};
		add_area(&sample, i, i % CONTEXTS);
		add_area(&sample, i, (i + 1) % CONTEXTS);
		add_page(snapshot, i);
	}
	for (uint32_t i = 0; i < FOBJS; i++)
		add_slice(&sample, i);
	for (uint32_t i = 0; i < FOBJS; i++)
		hold(&sample, false, i, "handle", 0x60000000 + i * 0x40ull, "shm S");
	return sample;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), compare);
	return values[ROUNDS / 2];
}

/* Nothing but what was made wrong is found, and every one of it. */
static bool is_right(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_findings; i++)
		if (strcmp(snapshot->findings[i].rule, "refcount-surplus") != 0)
			return false;
	return snapshot->num_findings == FOBJS / WRONG;
}

int main(void)
{
	double ledger[ROUNDS], rules[ROUNDS], both[ROUNDS], most;
	bool right = true;
	uint32_t entries = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct sample sample = make_sample();
		double start = now_ms(), between;

		if (!ledger_fill(sample.snapshot, sample.entries, sample.num_entries))
			return 2;
		between = now_ms();
		if (!check_fill(sample.snapshot))
			return 2;
		ledger[i] = between - start;
		rules[i] = now_ms() - between;
		both[i] = ledger[i] + rules[i];
		right = right && is_right(sample.snapshot);
		entries = sample.num_entries;
		snapshot_destroy(sample.snapshot);
	}
	most = median(both);
	printf("ledger    %7.3f ms for %" PRIu32 " references of %u fobjs, %.3f ms for the rules: "
	       "%.3f ms (%.0f) %s\n",
	       median(ledger), entries, FOBJS, median(rules), most, LIMIT_MS,
	       most < LIMIT_MS ? "kept" : "NOT KEPT");
	if (!right)
		printf("ledger    it did not find what is wrong\n");
	return most >= LIMIT_MS || !right;
}
