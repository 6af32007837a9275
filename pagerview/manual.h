/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manual page and the completions of bash and zsh, written from the tables of the command line
 * (options_table.h) and of the keys (ui/keys.h), so that they cannot tell of what is not there.
 */
#ifndef PAGERVIEW_MANUAL_H
#define PAGERVIEW_MANUAL_H

#include <stdbool.h>
#include <stdio.h>

/* KIND is "man", "bash" or "zsh". False: no such kind, or a write failed. */
bool manual_write(const char *kind, FILE *out);

#endif
