/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A count of 0 belongs to an object that is being freed; neither a get nor a put may revive it.
 */
#include "refcount.h"

bool refcount_inc(struct refcount *refc)
{
	if (!refc->val)
		return false;
	refc->val++;
	return true;
}

bool refcount_dec(struct refcount *refc)
{
	if (!refc->val)
		return false;
	refc->val--;
	return !refc->val;
}
