/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on purpose in reference counting (`fault skip-put OBJ` ...): the next get or put of one
 * object goes wrong, once. Armed by the scenario, asked by fobj and file. Guarded by the pager
 * lock.
 */
#ifndef CORE_INJECT_H
#define CORE_INJECT_H

#include "types.h"

enum inject_kind {
	INJECT_NONE,
	INJECT_SKIP_PUT,
	INJECT_DOUBLE_PUT,
	INJECT_SKIP_GET,
	INJECT_SKIP_FREE, /* of a fobj: the last put unlists it, and then forgets to free it */
};

/* The next matching get or put of OBJECT (a struct fobj or struct file) goes wrong. One at a time.
 */
void inject_arm(enum inject_kind kind, const void *object);
/* Is KIND armed for OBJECT? If so it is disarmed. */
bool inject_take(enum inject_kind kind, const void *object);
/* Take back what is armed. False: it was met, or nothing was armed. */
bool inject_disarm(void);

#endif
