/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds of every snapshot, however bad the memory was that it was made of: what model/
 * promises, and what all who show or write one rely on. Knows snapshots only.
 */
#ifndef PAGERVIEW_SNAPSHOT_RULES_H
#define PAGERVIEW_SNAPSHOT_RULES_H

#include "model/snapshot.h"

/* Abort with a line that names the rule unless all of them hold. */
void snapshot_rules(const struct snapshot *snapshot);

#endif
