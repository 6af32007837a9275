/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a CPU stands, told from its registers: the world and the exception level, "S-EL1" or
 * "NS-EL0" say. AArch32's modes are told by the level that they have there.
 */
#ifndef PAGERVIEW_WORLD_H
#define PAGERVIEW_WORLD_H

#include "../rsp/client.h"

#define WORLD_LEN  8 /* bytes of a name, with its end */
#define WORLDS_MAX 8 /* S- and NS-EL0 to EL2, EL3, "?" */
#define CPUS_MAX   64

/* How often CPUs were seen where. */
struct worlds {
	char name[WORLDS_MAX][WORLD_LEN];
	unsigned int seen[WORLDS_MAX];
	unsigned int count;
};

/*
 * By the program status and, where HAS_SCR, the secure configuration: without one the CPU has no
 * second world, and the name no prefix.
 */
void world_name(char name[WORLD_LEN], uint32_t status, bool has_scr, uint32_t scr);
/*
 * Of THREAD (NULL: the one that stopped); the target must stand still. "?" where the stub does not
 * tell. False only when the connection is gone.
 */
bool world_of(struct rsp_client *client, const char *thread, char name[WORLD_LEN],
	      struct error *error);
void worlds_add(struct worlds *worlds, const char *name);
/* "NS-EL1 (40 times), S-EL0 (2 times)" into TEXT. */
void worlds_text(const struct worlds *worlds, char *text, size_t len);

#endif
