/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels whose memory may be changed at will: the stand-ins of OP-TEE's releases as their ELFs
 * have them, and our own target with a small story. Knows no reader.
 */
#ifndef PAGERVIEW_HOSTILE_KERNELS_H
#define PAGERVIEW_HOSTILE_KERNELS_H

#include "hostile_memory.h"
#include "profile/layout.h"

/* Of our own target's ring of events so many entries are used, and half as many were overwritten.
 */
#define HOSTILE_RING 200

/* A layout and the memory behind it. */
struct hostile_kernel {
	struct dwarf_info *dwarf;
	struct profile *profile;
	struct layout *layout;
	struct hostile_memory memory;
};

/*
 * Open those of ELVES, names separated by colons, until the process ends; how many kernels: our own
 * target counts twice, the second time with a heap and stacks of OP-TEE's form. Exits with a line
 * if there is none, or one that cannot be opened.
 */
unsigned int hostile_kernels_open(const char *elves);
struct hostile_kernel *hostile_kernel(unsigned int index);

#endif
