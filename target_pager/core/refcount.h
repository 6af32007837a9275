/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reference count (slide "Lifecycle of struct fobj"). Guarded by the pager lock, so plain.
 */
#ifndef CORE_REFCOUNT_H
#define CORE_REFCOUNT_H

#include <stdbool.h>

struct refcount {
	unsigned int val; /* references, 0 = being freed; written under the pager lock */
};

/* One more. A count of 0 is never raised: the caller would hold a freed object. False then. */
bool refcount_inc(struct refcount *refc);
/* One less; true if it was the last. A count of 0 stays 0 and answers false: a put too many. */
bool refcount_dec(struct refcount *refc);

#endif
