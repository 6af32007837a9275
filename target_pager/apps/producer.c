/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to shared memory what the consumer reads; the common commands are enough for it. */
#include "rt/ta.h"

const struct ta_command ta_own_commands[] = {
	{NULL, 0, NULL},
};
