/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * At most one fault is armed: a story has one culprit, and the ledger must find that one.
 */
#include "inject.h"

static struct {
	enum inject_kind kind;
	const void *object;
} armed_fault;

void inject_arm(enum inject_kind kind, const void *object)
{
	armed_fault.kind = kind;
	armed_fault.object = object;
}

bool inject_disarm(void)
{
	bool armed = armed_fault.kind != INJECT_NONE;

	armed_fault.kind = INJECT_NONE;
	armed_fault.object = NULL;
	return armed;
}

bool inject_take(enum inject_kind kind, const void *object)
{
	if (armed_fault.kind != kind || armed_fault.object != object)
		return false;
	return inject_disarm();
}
