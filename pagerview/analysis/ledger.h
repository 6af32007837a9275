/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: every counted reference against the holder that is known by name. What is left over
 * is the surplus (a leak) or, below 0, the deficit (a put too many). Knows snapshots only.
 */
#ifndef PAGERVIEW_LEDGER_H
#define PAGERVIEW_LEDGER_H

#include "../model/snapshot.h"

/* A reference that somebody holds: of a fobj, or of a file. */
struct ledger_entry {
	bool of_file;
	uint32_t object; /* index in fobjs or files */
	struct snap_holder holder;
};

/*
 * Put ENTRIES (in their order) to their objects' `holders` and work out every `surplus`. Out of
 * range objects are ignored. False: out of memory.
 */
bool ledger_fill(struct snapshot *snapshot, const struct ledger_entry *entries, uint32_t count);

#endif
