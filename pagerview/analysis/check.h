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
 * nothing: its findings have the confidence "in-flight". False: out of memory.
 */
bool check_fill(struct snapshot *snapshot);

#endif
