/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads from shared memory what the producer wrote, and answers; the common commands are enough for
 * it. */
#include "rt/ta.h"

const struct ta_command ta_own_commands[] = {
	{NULL, 0, NULL},
};
