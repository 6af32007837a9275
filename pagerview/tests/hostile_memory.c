/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every stretch has its clean bytes beside it; what was written to is put back from there.
 */
#include "hostile_memory.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
#define PART 256u /* what can be made unreadable by itself */

static void *allocate(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

void hostile_add(struct hostile_memory *hostile, uint64_t base, const void *bytes, size_t size,
		 bool physical)
{
	struct hostile_stretch *stretch = &hostile->stretches[hostile->num_stretches];
	size_t lead = base % PAGE;

	if (hostile->num_stretches++ == HOSTILE_MAX_STRETCHES)
		abort();
	stretch->base = base - lead;
	stretch->size = (lead + size + PAGE - 1) / PAGE * PAGE;
	stretch->physical = physical;
	stretch->clean = allocate(stretch->size);
	stretch->now = allocate(stretch->size);
	stretch->bad = allocate(stretch->size / PART);
	if (size)
		memcpy(stretch->clean + lead, bytes, size);
	hostile->size += stretch->size;
}

/* The stretch of PLACE, which becomes a place in it. */
static struct hostile_stretch *stretch_of(const struct hostile_memory *hostile, uint64_t *place)
{
	unsigned int i = 0;

	*place %= hostile->size;
	while (*place >= hostile->stretches[i].size)
		*place -= hostile->stretches[i++].size;
	return (struct hostile_stretch *)&hostile->stretches[i];
}

uint64_t hostile_address(const struct hostile_memory *hostile, uint64_t place)
{
	const struct hostile_stretch *stretch = stretch_of(hostile, &place);

	return stretch->base + place;
}

void hostile_write(struct hostile_memory *hostile, uint64_t place, const void *bytes, size_t len)
{
	struct hostile_stretch *stretch = stretch_of(hostile, &place);

	memcpy(stretch->now + place, bytes,
	       len < stretch->size - place ? len : stretch->size - place);
}

uint64_t hostile_word(const struct hostile_memory *hostile, uint64_t place, size_t len)
{
	const struct hostile_stretch *stretch = stretch_of(hostile, &place);
	uint64_t word = 0;

	if (len <= stretch->size - place)
		memcpy(&word, stretch->now + place, len);
	return word;
}

void hostile_spoil(struct hostile_memory *hostile, uint64_t place)
{
	struct hostile_stretch *stretch = stretch_of(hostile, &place);

	stretch->bad[place / PART] = 1;
}

void hostile_write_later(struct hostile_memory *hostile, uint32_t when, uint64_t place,
			 const void *bytes, size_t len)
{
	struct hostile_change *change = &hostile->changes[hostile->num_changes];

	if (hostile->num_changes == HOSTILE_MAX_CHANGES || len > sizeof(change->bytes))
		return;
	hostile->num_changes++;
	*change = (struct hostile_change){.when = when, .at = place, .len = (uint8_t)len};
	memcpy(change->bytes, bytes, len);
}

void hostile_begin(struct hostile_memory *hostile, size_t word)
{
	hostile_reset(hostile);
	hostile->words = allocate(hostile->size / word * sizeof(*hostile->words));
	for (uint64_t place = 0; place < hostile->size; place += word) {
		if (hostile_word(hostile, place, word))
			hostile->words[hostile->num_words++] = place;
	}
}

void hostile_deinit(struct hostile_memory *hostile)
{
	for (unsigned int i = 0; i < hostile->num_stretches; i++) {
		free(hostile->stretches[i].now);
		free(hostile->stretches[i].clean);
		free(hostile->stretches[i].bad);
	}
	free(hostile->words);
}

bool hostile_peek(const struct hostile_memory *hostile, bool physical, uint64_t addr, void *to,
		  size_t len)
{
	for (unsigned int i = 0; i < hostile->num_stretches; i++) {
		const struct hostile_stretch *stretch = &hostile->stretches[i];
		uint64_t at = addr - stretch->base;

		if (stretch->physical != physical || addr < stretch->base || at >= stretch->size ||
		    len > stretch->size - at)
			continue;
		for (uint64_t part = at / PART; part <= (at + len - 1) / PART; part++) {
			if (stretch->bad[part])
				return false;
		}
		memcpy(to, stretch->now + at, len);
		return true;
	}
	return false;
}

static void make_changes(struct hostile_memory *hostile)
{
	for (unsigned int i = 0;
	     hostile->num_made < hostile->num_changes && i < hostile->num_changes; i++) {
		struct hostile_change *change = &hostile->changes[i];

		if (!change->len || change->when > hostile->readings)
			continue;
		hostile_write(hostile, change->at, change->bytes, change->len);
		change->len = 0;
		hostile->num_made++;
	}
}

static bool read_some(struct hostile_memory *hostile, bool physical,
		      struct memory_request *requests, size_t count, struct error *error)
{
	hostile->memory.stats.trips++;
	for (size_t i = 0; i < count; i++) {
		hostile->readings++;
		if (hostile->gone_after && hostile->readings > hostile->gone_after)
			return error_set(error, EXIT_CONNECTION, "the target is gone");
		make_changes(hostile);
		requests[i].ok = hostile_peek(hostile, physical, requests[i].addr, requests[i].to,
					      requests[i].len);
		hostile->memory.stats.bytes += requests[i].ok ? requests[i].len : 0;
	}
	return true;
}

static bool read_virtual(struct memory *memory, struct memory_request *requests, size_t count,
			 struct error *error)
{
	return read_some((struct hostile_memory *)memory, false, requests, count, error);
}

static bool read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			  struct error *error)
{
	return read_some((struct hostile_memory *)memory, true, requests, count, error);
}

static const struct memory_ops hostile_ops = {
	.read = read_virtual,
	.read_physical = read_physical,
};

void hostile_reset(struct hostile_memory *hostile)
{
	hostile->memory.ops = &hostile_ops;
	hostile->memory.stats = (struct memory_stats){0};
	for (unsigned int i = 0; i < hostile->num_stretches; i++) {
		struct hostile_stretch *stretch = &hostile->stretches[i];

		memcpy(stretch->now, stretch->clean, stretch->size);
		memset(stretch->bad, 0, stretch->size / PART);
	}
	hostile->num_changes = hostile->num_made = 0;
	hostile->readings = hostile->gone_after = 0;
}
