/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words every file of the core uses: addresses, page sizes, protections and
 * the one set of results. Knows nothing of any object.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* a physical address, bytes */
typedef uint64_t vaddr_t; /* a TA's virtual address, bytes */

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define NAME_LEN 24 /* bytes of any object's name, its terminating zero included */

/*
 * What a TA may do with a page. PROT_WRITE and PROT_EXEC never together, and neither without
 * PROT_READ: a table entry that lets EL0 write lets it read, too (Arm ARM D8.4).
 */
enum prot {
	PROT_NONE = 0,
	PROT_READ = 1 << 0,
	PROT_WRITE = 1 << 1,
	PROT_EXEC = 1 << 2,
};

static inline bool prot_is_possible(unsigned int prot)
{
	return prot == PROT_NONE ||
	       (prot & PROT_READ && (prot & (PROT_WRITE | PROT_EXEC)) != (PROT_WRITE | PROT_EXEC));
}

/* Result of whatever can fail. OK is 0; an error is negative. status_name() names them. */
#define STATUS_LIST(X)                                                                             \
	X(OK, 0, "ok")                                                                             \
	X(ERR_NO_MEMORY, -1, "out of heap")                                                        \
	X(ERR_NO_FRAME, -2, "out of pool pages")                                                   \
	X(ERR_NO_TABLE, -3, "out of translation tables")                                           \
	X(ERR_NO_STORE, -4, "out of backing store")                                                \
	X(ERR_BAD_ARG, -5, "bad argument")                                                         \
	X(ERR_NOT_FOUND, -6, "not found")                                                          \
	X(ERR_BUSY, -7, "busy")                                                                    \
	X(ERR_ACCESS, -8, "access denied")                                                         \
	X(ERR_CORRUPT, -9, "page failed its check")                                                \
	X(ERR_OVERLAP, -10, "range is taken")                                                      \
	X(ERR_BAD_ELF, -11, "malformed ELF")                                                       \
	X(ERR_DEAD, -12, "the TA is dead")                                                         \
	X(ERR_FAILED, -13, "the TA reported a failure")

enum status {
#define X(name, value, text) name = value,
	STATUS_LIST(X)
#undef X
};

/* The text of a result; never NULL, also for a value that is none of them. */
const char *status_name(enum status status);

#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
