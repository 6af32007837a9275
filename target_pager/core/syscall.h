/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of TAs. Every argument is hostile.
 */
#ifndef CORE_SYSCALL_H
#define CORE_SYSCALL_H

#include "context.h"
#include "syscall_abi.h"

/*
 * Do the call in CONTEXT's registers. True: go on running the TA. False: its command is over, and
 * `context->result` is set (it may have been killed, too).
 */
bool syscall_handle(struct context *context);

#endif
