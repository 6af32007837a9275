/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of all snapshots seen so far, in one row: each snapshot only brings those since the
 * one before. Bounded: EVENTS_MAX are kept, the oldest go. Knows no screen.
 */
#ifndef PAGERVIEW_UI_EVENTS_H
#define PAGERVIEW_UI_EVENTS_H

#include <stdint.h>

#include "../model/snapshot.h"

#define EVENTS_MAX 16384u

struct event_log {
	struct snap_event *events; /* by seq, oldest first; strings are the log's own */
	uint32_t count;
	uint64_t lost;    /* overwritten before they were read, or not kept for want of memory */
	uint64_t version; /* counts changes */
	char **names;     /* every string once, sorted */
	uint32_t num_names, max_names;
};

void event_log_init(struct event_log *log);
void event_log_deinit(struct event_log *log);
/* Forget all events. */
void event_log_clear(struct event_log *log);
void event_log_add(struct event_log *log, const struct snapshot *snapshot);
/* How many of the events had happened when the target had written HEAD of them. */
uint32_t event_log_until(const struct event_log *log, uint64_t head);

#endif
