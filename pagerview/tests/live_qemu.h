/* SPDX-License-Identifier: BSD-2-Clause */
/* A QEMU for test programs: started with a stub on a socket of its own, gone with the program. */
#ifndef PAGERVIEW_LIVE_QEMU_H
#define PAGERVIEW_LIVE_QEMU_H

#include <stdbool.h>
#include <sys/types.h>

struct live_qemu {
	char folder[64];   /* its own; for the test's files, too */
	char address[128]; /* "unix:PATH" */
	pid_t pid;
};

/* Where this build's files are. */
const char *live_qemu_build(void);

/*
 * Run ARGV, of which the word "GDB" becomes what QEMU's -gdb wants; back when the stub listens.
 * Fails the test if it does not.
 */
void live_qemu_begin(struct live_qemu *qemu, const char *const *argv);
/* Kill it, and remove the folder with what was put there. */
void live_qemu_end(struct live_qemu *qemu);
/* It is about to end by itself: until it has. Fails the test if that takes long. */
void live_qemu_wait(struct live_qemu *qemu);
/* It has not ended by itself. */
bool live_qemu_lives(struct live_qemu *qemu);

#endif
