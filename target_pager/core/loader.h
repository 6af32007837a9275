/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads a TA's ELF (a position-independent AArch64 file) and the library it needs into a context:
 * read-only segments are found by the file's tag or registered under it, the rest is the
 * instance's own. Every byte of the ELF is hostile.
 */
#ifndef CORE_LOADER_H
#define CORE_LOADER_H

#include "context.h"

/* The bytes of TA or library NAME as the untrusted world stores them, or NULL. Supplied by the
 * platform. */
const void *ta_storage_find(const char *name, size_t *len);

#define STACK_PAGES 8u /* below it one page is left unmapped: the guard */

/*
 * Fill CONTEXT's VM space, files, entry and stack_top. On an error all is put back and WHY says
 * what in one line.
 */
enum status loader_load(struct context *context, char *why, size_t why_len);

#endif
