/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's stub calls the program status "cpsr" in both states: bit 4 says AArch32, whose modes all
 * have it; else bits 3 and 2 are the level. Where EL3 is AArch32 its secure modes are EL3's own by
 * the architecture; they are called S-EL1 here, since that is where a secure kernel lives in them.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

#define STATUS_AARCH32 0x10u
#define MODE_USER      0x10u
#define MODE_MONITOR   0x16u
#define MODE_HYP       0x1au
#define SCR_NS         1u

static unsigned int level_of(uint32_t status)
{
	if (!(status & STATUS_AARCH32))
		return status >> 2 & 3;
	switch (status & 0x1f) {
	case MODE_USER:
		return 0;
	case MODE_HYP:
		return 2;
	case MODE_MONITOR:
		return 3;
	default:
		return 1;
	}
}

void world_name(char name[WORLD_LEN], uint32_t status, bool has_scr, uint32_t scr)
{
	unsigned int level = level_of(status);
	const char *world = level == 3 || !has_scr ? "" : scr & SCR_NS ? "NS-" : "S-";

	snprintf(name, WORLD_LEN, "%sEL%u", world, level);
}

bool world_of(struct rsp_client *client, const char *thread, char name[WORLD_LEN],
	      struct error *error)
{
	struct rsp_register reg[] = {{.name = "cpsr"}, {.name = "SCR_EL3"}, {.name = "SCR"}};

	snprintf(name, WORLD_LEN, "?");
	if (!rsp_read_registers(client, thread, reg, 3, error))
		return false;
	if (reg[0].ok)
		world_name(name, (uint32_t)reg[0].value, reg[1].ok || reg[2].ok,
			   (uint32_t)(reg[1].ok ? reg[1].value : reg[2].value));
	return true;
}

void worlds_add(struct worlds *worlds, const char *name)
{
	for (unsigned int i = 0; i < worlds->count; i++) {
		if (strcmp(worlds->name[i], name) == 0) {
			worlds->seen[i]++;
			return;
		}
	}
	if (worlds->count == WORLDS_MAX)
		return;
	snprintf(worlds->name[worlds->count], WORLD_LEN, "%.*s", WORLD_LEN - 1, name);
	worlds->seen[worlds->count++] = 1;
}

void worlds_text(const struct worlds *worlds, char *text, size_t len)
{
	size_t used = 0;

	snprintf(text, len, "none");
	for (unsigned int i = 0; i < worlds->count && used < len; i++) {
		int more = snprintf(text + used, len - used, "%s%s (%u times)", i ? ", " : "",
				    worlds->name[i], worlds->seen[i]);

		used += more > 0 ? (size_t)more : len;
	}
}
