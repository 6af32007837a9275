/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At most one fault is armed: a story has one culprit, and the ledger must find that one.
 */
#include "inject.h"

static struct {
	enum inject_kind kind;
	const void *object;
} armed;

void inject_arm(enum inject_kind kind, const void *object)
{
	armed.kind = kind;
	armed.object = object;
}

bool inject_take(enum inject_kind kind, const void *object)
{
	if (armed.kind != kind || armed.object != object)
		return false;
	armed.kind = INJECT_NONE;
	armed.object = NULL;
	return true;
}
