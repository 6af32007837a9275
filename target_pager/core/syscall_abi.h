/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: the one contract between TAs and the core. Number in x8, arguments in x0..x5,
 * result in x0 (a negative enum status on errors). A TA begins every command at its ELF entry with
 * x0 = address and x1 = length of the command's text, on a fresh stack.
 */
#ifndef CORE_SYSCALL_ABI_H
#define CORE_SYSCALL_ABI_H

#define SYSCALL_LIST(X)                                                                            \
	X(RETURN, 0)  /* x0 = 0 or a negative result: the command is done */                       \
	X(LOG, 1)     /* x0 = text, x1 = bytes (at most 200): a line on the console */             \
	X(SECTION, 2) /* x0 = name, x1 = its length: base in x0 and pages in x1, or x0 < 0 */      \
	X(YIELD, 3)   /* let other threads run */                                                  \
	X(RANDOM, 4)  /* x0 = the next number of the instance's generator (seed N) */              \
	X(PANIC, 5)   /* x0 = a number: the TA gives up and dies */                                \
	X(PROTECT,                                                                                 \
	  6)        /* x0 = base, x1 = pages, x2 = enum prot bits, not none, of its own memory */  \
	X(UNMAP, 7) /* x0 = base, x1 = pages */

enum syscall_number {
#define X(name, number) SYS_##name = number,
	SYSCALL_LIST(X)
#undef X
};

#endif
