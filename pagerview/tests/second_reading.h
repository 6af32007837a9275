/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot against the memory that it was made of: what is shown is there, and what cannot be
 * read is told. Memory must be at rest.
 */
#ifndef PAGERVIEW_SECOND_READING_H
#define PAGERVIEW_SECOND_READING_H

#include "hostile_kernels.h"
#include "model/snapshot.h"

/* Abort with a line that names object and member unless it is so. */
void second_reading(const struct hostile_kernel *kernel, const struct snapshot *snapshot);

#endif
