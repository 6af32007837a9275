/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a target's memory may hold. The lists of a stand-in, or of our own target,
 * are there as they should be; the input changes words, spoils some, lets memory move under the
 * walk and the connection end. What is made of that is taken as a session takes it, keeps what a
 * snapshot promises, agrees with a second reading by other means, is checked, and is written and
 * read again to the same bytes. The ELFs are named by FUZZ_ELF, separated by colons.
 *
 * An input: the kernel, the way of reading, the kind of scan, when the connection ends; then
 * changes, each a byte that says what, a place of three bytes, and what else it needs.
 */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../hostile_kernels.h"
#include "../second_reading.h"
#include "../snapshot_rules.h"
#include "analysis/balance.h"
#include "analysis/check.h"
#include "collect.h"
#include "collect_events.h"
#include "export/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static unsigned int num_kernels; /* 0 at first */

#define MOST_S       1.0   /* CPU seconds that one snapshot may take, checked and all */
#define MOST_FILLED  400   /* words of one chain */
#define MOST_WRITTEN 10000 /* parts of a snapshot */
#define NO_TIME_OUT  1e9   /* seconds: the CPU's are measured, not the wall's */

/* ---- the input ---- */

struct input {
	const unsigned char *data;
	size_t size;
};

static uint64_t next(struct input *input, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len && input->size; i++, input->size--)
		value |= (uint64_t)*input->data++ << 8 * i;
	return value;
}

/* A word that means something, or one close to it; or any. */
static uint64_t next_place(struct input *input, const struct hostile_kernel *kernel)
{
	const struct hostile_memory *hostile = &kernel->memory;
	uint64_t how = next(input, 1), number = next(input, 2);

	if (how & 1 && hostile->num_words)
		return hostile->words[number % hostile->num_words] +
		       (how >> 1) % 16 * kernel->layout->pointer_size;
	return ((how >> 1 << 16) + number) * 4 % hostile->size;
}

/* Words that each point at the one STEP bytes on: the longest of chains. */
static void fill(struct hostile_kernel *kernel, uint64_t place, uint64_t count, uint64_t step)
{
	unsigned int size = kernel->layout->pointer_size;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = (place + i * size) % kernel->memory.size;
		uint64_t word = hostile_address(&kernel->memory, at) + step;

		hostile_write(&kernel->memory, at, &word, size);
	}
}

enum change { LITERAL, POINTER, SMALL, FLIP, COPY, HALF, FILL, SPOIL, NUM_CHANGES };
#define LATER 0x80u /* a bit of the byte that says which change: it comes during the reading */

static void change_one(struct input *input, struct hostile_kernel *kernel)
{
	struct hostile_memory *hostile = &kernel->memory;
	size_t size = kernel->layout->pointer_size;
	unsigned int what = (unsigned int)next(input, 1);
	uint32_t when = what & LATER ? (uint32_t)next(input, 1) + 1 : 0;
	uint64_t place = next_place(input, kernel), count,
		 word = hostile_word(hostile, place, size);

	switch (what % NUM_CHANGES) {
	case LITERAL:
		word = next(input, size);
		break;
	case POINTER:
		word = hostile_address(hostile, next_place(input, kernel));
		break;
	case SMALL:
		word = next(input, 1);
		break;
	case FLIP:
		word ^= UINT64_C(1) << next(input, 1) % 64;
		break;
	case COPY:
		word = hostile_word(hostile, next_place(input, kernel), size);
		break;
	case HALF:
		word = next(input, size = 4);
		break;
	case FILL:
		count = next(input, 2) % MOST_FILLED;
		fill(kernel, place, count, next(input, 1) * 4);
		return;
	default:
		hostile_spoil(hostile, place);
		return;
	}
	if (when)
		hostile_write_later(hostile, when, place, &word, size);
	else
		hostile_write(hostile, place, &word, size);
}

/* ---- what is made of a snapshot ---- */

static char *write_json(const struct snapshot *snapshot, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out || !json_write(snapshot, out) || fclose(out))
		abort();
	return text;
}

/* A text of a hundred thousand slices is read again as one of a hundred is, but takes a second. */
static bool is_handy(const struct snapshot *snapshot)
{
	uint32_t parts = snapshot->num_areas + snapshot->num_pmems;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		parts += snapshot->fobjs[i].num_holders;
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		parts += snapshot->files[i].num_slices + snapshot->files[i].num_holders;
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		parts += snapshot->pmems[i].num_owners;
	return parts < MOST_WRITTEN;
}

static void expect_same_lines(const char *one, const char *two)
{
	size_t start = 0;

	for (size_t i = 0; one[i] == two[i]; i++) {
		if (!one[i])
			return;
		if (one[i] == '\n')
			start = i + 1;
	}
	fprintf(stderr, "%.*s\n%.*s\n", (int)strcspn(one + start, "\n"), one + start,
		(int)strcspn(two + start, "\n"), two + start);
	abort();
}

/* The source alone is the reader's word. */
static void expect_same_json(struct snapshot *snapshot)
{
	size_t len;
	struct error error = {0};
	struct snapshot *copy;
	char *text, *second;

	snapshot->capture.source = "file";
	text = write_json(snapshot, &len);
	copy = json_parse("again", text, len, &error);
	if (!copy) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	second = write_json(copy, &len);
	expect_same_lines(text, second);
	free(text);
	free(second);
	snapshot_destroy(copy);
}

static void balance_all(const struct snapshot *snapshot)
{
	struct reflog *log = reflog_create();

	if (!log)
		abort();
	reflog_add(log, snapshot, snapshot);
	for (uint32_t i = 0; i < log->num_lives && i < 8; i++)
		balance_destroy(balance_create(log, NULL, snapshot, log->lives[i].id));
	reflog_destroy(log);
}

static double cpu_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void expect_quick(double since)
{
	double took = cpu_clock() - since;

	if (took <= MOST_S)
		return;
	fprintf(stderr, "a snapshot took %.2f s\n", took);
	abort();
}

/* ---- readings ---- */

enum way { TAKE, TAKE_TWICE, COPY_AFTER, COPY_FIRST, NUM_WAYS };

struct reading {
	struct hostile_kernel *kernel;
	struct collector *collector;
	enum collect_scan when;
	struct event_reader *events; /* NULL: the kernel has no ring */
	char *state;                 /* of the first snapshot, while memory is at rest */
};

/* At rest every reading shows the same state, however it was read. True: it was seen before. */
static bool expect_same_state(struct reading *reading, const struct snapshot *snapshot)
{
	char *state;

	if (reading->kernel->memory.num_changes || snapshot->num_cut)
		return false;
	state = json_state_text(snapshot);
	if (!state)
		abort();
	if (reading->state) {
		expect_same_lines(reading->state, state);
		free(state);
		return true;
	}
	reading->state = state;
	return false;
}

/* False with ERROR: the connection is gone. Takes SNAPSHOT over. */
static bool use(struct reading *reading, struct snapshot *snapshot, double since,
		struct error *error)
{
	bool ok = snapshot && error->status == EXIT_CLEAN;

	assert(!snapshot == (error->status != EXIT_CLEAN));
	if (ok && reading->events)
		ok = event_reader_take(reading->events, snapshot, error);
	if (ok) {
		if (reading->events)
			event_reader_commit(reading->events, snapshot);
		if (!check_fill(snapshot))
			abort();
		balance_all(snapshot);
		expect_quick(since);
		snapshot_rules(snapshot);
		if (!expect_same_state(reading, snapshot)) {
			if (!reading->kernel->memory.num_changes)
				second_reading(reading->kernel, snapshot);
			if (is_handy(snapshot))
				expect_same_json(snapshot);
		}
	}
	snapshot_destroy(snapshot);
	return ok;
}

static bool take(struct reading *reading, struct error *error)
{
	double since = cpu_clock();
	struct guard guard;

	return use(reading, collector_take(reading->collector, NO_TIME_OUT, &guard, error), since,
		   error);
}

/* Two copies, and what is in the later one; the target is asked where that lacks something. */
static bool copy(struct reading *reading, struct error *error)
{
	struct collector *collector = reading->collector;
	double since = cpu_clock();
	struct snapshot *snapshot;
	struct guard guard;

	if (!collector_prepare(collector, error) || !collector_guard(collector, &guard, error) ||
	    !collector_copy(collector, error) || !collector_copy_again(collector, error))
		return false;
	collector_copies_agree(collector);
	collector_settle(collector);
	snapshot = collector_build(collector, NO_TIME_OUT, &guard, error);
	collector_copies_agree(collector);
	if (snapshot)
		return use(reading, snapshot, since, error);
	/* Of suspects that were none before there is no scan in the copy yet. */
	assert(error->status != EXIT_CLEAN || !collector_is_whole(collector) ||
	       reading->when == COLLECT_SCAN_SUSPECTS);
	return error->status == EXIT_CLEAN;
}

static void read_by(struct reading *reading, enum way way)
{
	struct error error = {0};
	bool ok = true;

	if (way == COPY_FIRST)
		ok = copy(reading, &error);
	ok = ok && take(reading, &error);
	if (way == TAKE_TWICE)
		ok = ok && take(reading, &error);
	if (way == COPY_AFTER || way == COPY_FIRST)
		ok = ok && copy(reading, &error);
	if (!ok)
		assert(error.status == EXIT_CONNECTION && error.text[0] &&
		       reading->kernel->memory.gone_after);
}

/* Few events are new at most times. */
static void skip_events(struct reading *reading, bool skip)
{
	const struct layout_events *events = &reading->kernel->layout->events;
	struct snapshot seen = {.events_head = 3 * events->num_entries / 2 - 20};

	if (reading->events && skip)
		event_reader_commit(reading->events, &seen);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input input = {data, size};
	struct reading reading = {0};
	unsigned int how;

	if (!num_kernels)
		num_kernels = hostile_kernels_open(getenv("FUZZ_ELF"));
	reading.kernel = hostile_kernel((unsigned int)next(&input, 1) % num_kernels);
	hostile_reset(&reading.kernel->memory);
	how = (unsigned int)next(&input, 1);
	reading.kernel->memory.gone_after = how & 0x80 ? (uint32_t)next(&input, 1) : 0;
	reading.collector =
		collector_create(reading.kernel->layout, &reading.kernel->memory.memory, 0);
	if (reading.kernel->layout->events.present)
		reading.events = event_reader_create(reading.kernel->layout,
						     &reading.kernel->memory.memory, 0);
	if (!reading.collector)
		abort();
	reading.when = (enum collect_scan)((how >> 2 & 3) % 3);
	collector_set_scan(reading.collector, reading.when);
	collector_set_sp(reading.collector,
			 how & 0x10 ? hostile_address(&reading.kernel->memory,
						      next_place(&input, reading.kernel))
				    : 0);
	skip_events(&reading, !(how & 0x20));
	while (input.size)
		change_one(&input, reading.kernel);
	read_by(&reading, (enum way)(how % NUM_WAYS));
	event_reader_destroy(reading.events);
	collector_destroy(reading.collector);
	free(reading.state);
	return 0;
}
