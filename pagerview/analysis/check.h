/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules that always hold at a safe point, checked on a snapshot. Each breach is a finding that
 * names the rule, the object, what was read and what was expected. Knows snapshots only.
 */
#ifndef PAGERVIEW_CHECK_H
#define PAGERVIEW_CHECK_H

#include "../model/snapshot.h"

/*
 * Work out `findings` anew, in the order of rules and objects. A snapshot that is torn proves
 * nothing: its findings are in flight. False: out of memory.
 */
bool check_fill(struct snapshot *snapshot);
/*
 * The same for a snapshot from a file. Of a kernel without a count of its changes a single snapshot
 * cannot tell whether a reference that does not add up is being handed over: what was known then,
 * from others before it, stands in the findings of the file; the rest is in flight.
 */
bool check_refill(struct snapshot *snapshot);

/*
 * About references, or about what is being made or taken down: that is done outside the pager's
 * lock, so a free lock does not prove it.
 */
bool check_may_be_in_flight(const struct snap_finding *finding);
/* Nothing but a note as yet: "in-flight". It is shown, and condemns nobody. */
void check_mark_in_flight(struct snap_finding *finding);
bool check_is_in_flight(const struct snap_finding *finding);
/* How many there are that are not in flight. */
uint32_t check_count(const struct snapshot *snapshot);

#endif
