/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translation regimes that the CPUs of a stopped target have in their registers now, each once:
 * candidates, of which a proof picks the core's.
 */
#ifndef PAGERVIEW_REGIMES_H
#define PAGERVIEW_REGIMES_H

#include "../rsp/client.h"
#include "pagewalk.h"

#define REGIMES_MAX 64

struct regimes {
	struct pagewalk list[REGIMES_MAX];
	size_t count;
};

/* Add WALK unless it is there or the list is full. */
void regimes_add(struct regimes *regimes, const struct pagewalk *walk);
/* Of all CPUs, both banks of a 32-bit one. False only when the connection is gone. */
bool regimes_read(struct regimes *regimes, struct rsp_client *client, struct error *error);

#endif
