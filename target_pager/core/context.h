/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * context: one instance of a TA, its VM space, the files it was loaded from, and its thread.
 * `context_list` is guarded by the pager lock.
 */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

#include <sys/queue.h>

#include "arch.h"
#include "area.h"
#include "file.h"
#include "thread.h"

enum context_state {
	CONTEXT_LOADING, /* the loader is at work: it holds what is already mapped */
	CONTEXT_ALIVE,
	CONTEXT_DEAD, /* killed: `death` says why; it holds nothing any more but its name */
};

#define CONTEXT_MAX_FILES 4   /* the TA's own and its libraries' */
#define COMMAND_LEN       128 /* bytes of a command, its terminating zero included */

struct context {
	char name[NAME_LEN];      /* the instance: "A" */
	char ta[NAME_LEN];        /* the TA file: "greeter" */
	enum context_state state; /* under the pager lock */
	char death[96];           /* why it died, one line; empty while alive */
	struct area_head vm;
	struct file *files[CONTEXT_MAX_FILES]; /* counted; NULL past the last */
	vaddr_t entry, stack_top;              /* bytes; written by the loader */
	uint64_t rng;                          /* its share of `seed N` */
	struct user_regs regs;                 /* while it does not run */

	/* The command being run. `busy` and `result` under command_lock. */
	struct spinlock command_lock;
	char command[COMMAND_LEN];
	bool busy, closing;
	enum status result; /* of the last command */
	struct thread *thread;

	TAILQ_ENTRY(context) link; /* in context_list, oldest first */
};
TAILQ_HEAD(context_list, context);
extern struct context_list context_list;

/*
 * Contexts are opened, closed and looked up by one thread, the scenario's; a pointer is good until
 * its context_close(). All of these take the locks they need: call them without.
 *
 * context_open(): load TA under NAME and start its thread, idle. SEED makes its load address and
 * its random numbers. On an error (those of loader_load(), mmu_space_init(), or ERR_NO_MEMORY)
 * nothing is left and WHY (of WHY_LEN bytes, zero-terminated) says what. The caller closes it.
 */
enum status context_open(const char *name, const char *ta, uint64_t seed, struct context **context,
			 char *why, size_t why_len);
/* Wait for its command (cut short if KILL), end its thread, give all it holds back, free it. */
void context_close(struct context *context, bool kill);
/* The oldest one of that name, or NULL. */
struct context *context_find(const char *name);

/*
 * Begin COMMAND ("touch text 0 4", copied) in the background. ERR_BUSY while one runs; ERR_DEAD;
 * ERR_BAD_ARG: too long.
 */
enum status context_start(struct context *context, const char *command);
/* Wait until it is idle; the result of its last command: OK, ERR_FAILED or ERR_DEAD. */
enum status context_wait(struct context *context);

/* End the TA here and now with a reason; all it held is put back. From its own thread. */
void context_kill(struct context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
