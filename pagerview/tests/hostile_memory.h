/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a target that wants its reader to fail: a few stretches of known bytes, of which
 * any may be changed, made unreadable, or changed after so many readings, while a walk goes on.
 * Knows addresses and bytes; no object.
 */
#ifndef PAGERVIEW_HOSTILE_MEMORY_H
#define PAGERVIEW_HOSTILE_MEMORY_H

#include "memory/memory.h"

#define HOSTILE_MAX_STRETCHES 6
#define HOSTILE_MAX_CHANGES   256

struct hostile_stretch {
	uint64_t base; /* of a page */
	size_t size;   /* whole pages, bytes */
	bool physical;
	uint8_t *now, *clean;
	uint8_t *bad; /* by part: not 0 if it cannot be read */
};

/* Bytes that are there from the reading number `when` on. */
struct hostile_change {
	uint32_t when;
	uint64_t at; /* as hostile_place() counts */
	uint8_t bytes[8];
	uint8_t len;
};

struct hostile_memory {
	struct memory memory;
	struct hostile_stretch stretches[HOSTILE_MAX_STRETCHES];
	unsigned int num_stretches;
	struct hostile_change changes[HOSTILE_MAX_CHANGES];
	unsigned int num_changes, num_made;
	uint64_t size;       /* of all stretches together */
	uint64_t *words;     /* places of the words that are not 0 in the clean bytes */
	uint32_t num_words;  /* ... */
	uint32_t readings;   /* ranges that were asked for since hostile_reset() */
	uint32_t gone_after; /* readings, then the connection is gone; 0: it stays */
};

/* BYTES (copied) are what the stretch holds at first; SIZE is rounded up to whole pages. */
void hostile_add(struct hostile_memory *hostile, uint64_t base, const void *bytes, size_t size,
		 bool physical);
/* After the last stretch: look for its words of WORD bytes. */
void hostile_begin(struct hostile_memory *hostile, size_t word);
void hostile_deinit(struct hostile_memory *hostile);
/* All as it was at first. */
void hostile_reset(struct hostile_memory *hostile);

/* Places count through all stretches, one after the other; a place becomes its address. */
uint64_t hostile_address(const struct hostile_memory *hostile, uint64_t place);
/* As many bytes of BYTES as the stretch still has. */
void hostile_write(struct hostile_memory *hostile, uint64_t place, const void *bytes, size_t len);
uint64_t hostile_word(const struct hostile_memory *hostile, uint64_t place, size_t len);
/* The 256 bytes around PLACE cannot be read. */
void hostile_spoil(struct hostile_memory *hostile, uint64_t place);
/* At the reading number WHEN. Changes that there is no room for are left out. */
void hostile_write_later(struct hostile_memory *hostile, uint32_t when, uint64_t place,
			 const void *bytes, size_t len);
/* LEN bytes at ADDR as they are now, without counting as a reading. False: not readable. */
bool hostile_peek(const struct hostile_memory *hostile, bool physical, uint64_t addr, void *to,
		  size_t len);

#endif
