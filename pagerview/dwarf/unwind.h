/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who called whom, from the registers of a CPU that stands still. By DWARF's call frame
 * information where the ELF has it for the place (exact, in leaf functions and prologues too),
 * else by frame pointers (AArch64 only). Knows an ELF and reads stacks through its caller; no
 * target, no stub.
 */
#ifndef PAGERVIEW_UNWIND_H
#define PAGERVIEW_UNWIND_H

#include "dwarf_info.h"

#define UNWIND_REGISTERS 33 /* as DWARF numbers them: x0-x30, sp; or r0-r15 */

/* A CPU's registers. */
struct unwind_regs {
	uint64_t pc; /* of the target: slide included */
	uint64_t value[UNWIND_REGISTERS];
};

/* SIZE bytes (4 or 8) of the target's memory as a number; false: not readable. */
typedef bool unwind_read(void *arg, uint64_t addr, unsigned int size, uint64_t *value);

/*
 * The stack that REGS stand on: addresses of code of the target, the place itself first, then
 * return addresses. At most MAX into FRAMES; how many, at least 1.
 */
size_t unwind(struct dwarf_info *info, const struct unwind_regs *regs, uint64_t slide,
	      unwind_read *read, void *arg, uint64_t *frames, size_t max);

#endif
