/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on a TA's VM space as a whole: map, unmap, protect, copy in and out; each is all or
 * nothing. They take the pager lock themselves: call them without.
 */
#ifndef CORE_VM_H
#define CORE_VM_H

#include "context.h"

/* Where vm_map() looks for room when BASE is 0. */
#define VM_SHARED_BASE 0x0000000100000000UL

/*
 * Map pages of FOBJ into the TA at BASE, or anywhere with a guard page on both sides when BASE is
 * 0; *BASE_OUT (may be NULL) says where. FOBJ's own reference stays the caller's. Unpaged objects
 * are mapped at once, paged ones on faults. Errors as area_add(); ERR_ACCESS: more than the fobj's
 * kind allows (write only what is not read-only, execute only what is), or not
 * prot_is_possible(); ERR_NO_MEMORY: no room either; ERR_NO_TABLE: of an unpaged object; ERR_DEAD.
 */
enum status vm_map(struct context *context, struct fobj *fobj, unsigned int fobj_page,
		   unsigned int num_pages, unsigned int prot, vaddr_t base, const char *name,
		   vaddr_t *base_out);
/*
 * Unmap [BASE, BASE + NUM_PAGES pages): areas are split as needed. ERR_NOT_FOUND: some page is in
 * no area; ERR_BAD_ARG: misaligned, empty or out of the TA's range; ERR_NO_MEMORY for a split.
 */
enum status vm_unmap(struct context *context, vaddr_t base, unsigned int num_pages);
/* Change protection of a range likewise. ERR_ACCESS as of vm_map(). */
enum status vm_protect(struct context *context, vaddr_t base, unsigned int num_pages,
		       unsigned int prot);
/* Unmap all of it. */
void vm_clear(struct context *context);

/* Copy LEN bytes from or to the TA's memory as the TA could itself; ERR_ACCESS if it could not. */
enum status vm_copy_in(struct context *context, vaddr_t from, void *to, size_t len);
enum status vm_copy_out(struct context *context, const void *from, vaddr_t to, size_t len);

#endif
