/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation regimes, each once: candidates, of which a proof picks the core's. The CPUs of a
 * stopped target have them in their registers; in a dump they are found by what they map.
 */
#ifndef PAGERVIEW_REGIMES_H
#define PAGERVIEW_REGIMES_H

#include "../rsp/client.h"
#include "memory.h"
#include "pagewalk.h"

#define REGIMES_MAX 64

struct regimes {
	struct pagewalk list[REGIMES_MAX];
	size_t count;
};

/*
 * For a core whose tables no CPU has in its registers now: the pages of RAM after *PA (UINT64_MAX:
 * from the first on) are taken as first tables, until one maps VA to the LEN bytes that are known
 * to be there. It is *PA then, and REGIMES has what it may be. False: no more of them, or MEMORY
 * does not know its pages.
 */
bool regimes_search(struct regimes *regimes, struct memory *memory, uint64_t *pa, uint64_t va,
		    const void *bytes, size_t len);
/* Add WALK unless it is there or the list is full. */
void regimes_add(struct regimes *regimes, const struct pagewalk *walk);
/* Of all CPUs, both banks of a 32-bit one. False only when the connection is gone. */
bool regimes_read(struct regimes *regimes, struct rsp_client *client, struct error *error);

#endif
