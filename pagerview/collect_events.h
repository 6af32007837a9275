/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The target's ring of events, read without a word to the target: its writers never wait, so a
 * reader that is too late loses the oldest, and says how many. Knows the ring's layout and the
 * ELF's lines; no list, no session.
 */
#ifndef PAGERVIEW_COLLECT_EVENTS_H
#define PAGERVIEW_COLLECT_EVENTS_H

#include "error.h"
#include "memory/memory.h"
#include "model/snapshot.h"
#include "profile/layout.h"

struct event_reader;

/* LAYOUT (whose `events` are present) and MEMORY stay the caller's. NULL: out of memory. */
struct event_reader *event_reader_create(const struct layout *layout, struct memory *memory,
					 uint64_t slide);
void event_reader_destroy(struct event_reader *reader); /* NULL is allowed */

/*
 * Put all events since the last commit into SNAPSHOT: `events`, `events_lost`, `events_head`. The
 * target may run meanwhile: what was overwritten or half written is left out and counted. False
 * with ERROR: the connection is gone, or memory is out.
 */
bool event_reader_take(struct event_reader *reader, struct snapshot *snapshot, struct error *error);
/* The two halves of it: the bytes from the target, mostly in one burst, and what they say. */
bool event_reader_copy(struct event_reader *reader, struct error *error);
bool event_reader_deliver(struct event_reader *reader, struct snapshot *snapshot,
			  struct error *error);
/* SNAPSHOT was delivered: the next one begins behind it. */
void event_reader_commit(struct event_reader *reader, const struct snapshot *snapshot);

/* The words of a code address: "area_add (area.c:67)". Of a return address ask with one less. */
void event_symbolise(struct dwarf_info *dwarf, uint64_t addr, char *text, size_t len);

/*
 * One entry's bytes as an event, but for `seq`, and for the texts `where` and `path`, which stay
 * NULL; `kind` is EVENTS' own. False: it is not entry number SEQ, or is being written.
 */
bool event_decode(const struct layout_events *events, const uint8_t *entry, uint64_t seq,
		  struct snap_event *event);

#endif
