/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A balance of references in words: what is wrong and who did it on the first line, then the tree.
 */
#ifndef PAGERVIEW_BALANCE_TEXT_H
#define PAGERVIEW_BALANCE_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "../analysis/balance.h"

/*
 * "blame: S: +1: ..." per culprit, then indented the account and its events by call path. False: a
 * write failed.
 */
bool text_write_balance(const struct balance *balance, FILE *out);

#endif
