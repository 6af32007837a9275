/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A context's thread waits for a command, runs the TA until the command is over, and waits again.
 * TA code runs inside user_run(), which returns at every trap; what the trap means is decided here.
 * All a TA holds goes back at one place, give_back(), whether it is closed or dies.
 */
#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "loader.h"
#include "log.h"
#include "pager.h"
#include "syscall.h"
#include "vm.h"

struct context_list context_list = TAILQ_HEAD_INITIALIZER(context_list);

static void give_back(struct context *context)
{
	vm_clear(context);
	pager_lock();
	for (unsigned int i = 0; i < CONTEXT_MAX_FILES; i++) {
		file_put(context->files[i]);
		context->files[i] = NULL;
	}
	mmu_space_deinit(&context->vm.mmu);
	pager_unlock();
}

void context_kill(struct context *context, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(context->death, sizeof(context->death), format, args);
	va_end(args);
	pager_lock();
	context->state = CONTEXT_DEAD;
	pager_unlock();
	give_back(context);
	context->result = ERR_DEAD;
	log_line("%s (%s) died: %s\n", context->name, context->ta, context->death);
}

/* ---- running a command ---- */

static void handle_abort(struct context *context, const struct trap *trap)
{
	unsigned int access = trap->kind == TRAP_FETCH_ABORT ? PROT_EXEC
			      : trap->write                  ? PROT_WRITE
							     : PROT_READ;
	enum fault_outcome outcome;

	pager_lock();
	outcome = pager_fault(&context->vm, trap->addr, access, NULL);
	pager_unlock();
	if (fault_is_fatal(outcome))
		context_kill(context, "%s of %#lx at pc %#lx: %s",
			     access == PROT_EXEC    ? "fetch"
			     : access == PROT_WRITE ? "write"
						    : "read",
			     (unsigned long)trap->addr, (unsigned long)context->regs.pc,
			     fault_name(outcome));
}

/* Act on TRAP. False: the command is over. */
static bool handle_trap(struct context *context, const struct trap *trap)
{
	switch (trap->kind) {
	case TRAP_IRQ:
		thread_yield();
		return true;
	case TRAP_SYSCALL:
		return syscall_handle(context);
	case TRAP_DATA_ABORT:
	case TRAP_FETCH_ABORT:
		if (!trap->external) {
			handle_abort(context, trap);
			return context->state == CONTEXT_ALIVE;
		}
		break;
	case TRAP_OTHER:
		break;
	}
	context_kill(context, "exception, syndrome %#lx at pc %#lx", (unsigned long)trap->esr,
		     (unsigned long)context->regs.pc);
	return false;
}

/* The command's text goes on top of a fresh stack, 16-byte aligned (AAPCS64 6.4.5.1). */
static bool enter_command(struct context *context)
{
	size_t len = strlen(context->command);
	vaddr_t text = (context->stack_top - len - 1) & ~0xfUL;

	memset(&context->regs, 0, sizeof(context->regs));
	context->regs.x[0] = text;
	context->regs.x[1] = len;
	context->regs.sp = text;
	context->regs.pc = context->entry;
	if (vm_copy_out(context, context->command, text, len + 1) == OK)
		return true;
	context_kill(context, "its stack cannot be written");
	return false;
}

static void run_command(struct context *context)
{
	struct trap trap;

	if (!enter_command(context))
		return;
	do {
		if (context->closing) {
			context->result = ERR_DEAD;
			return;
		}
		user_run(&context->regs, context->vm.mmu.root->pa, context->vm.mmu.asid, &trap);
	} while (handle_trap(context, &trap));
}

static void context_thread(void *arg)
{
	struct context *context = arg;

	spin_lock(&context->command_lock);
	while (!context->closing) {
		if (!context->busy) {
			thread_sleep(context, &context->command_lock);
			continue;
		}
		spin_unlock(&context->command_lock);
		run_command(context);
		spin_lock(&context->command_lock);
		context->busy = false;
		thread_wake(context);
	}
	spin_unlock(&context->command_lock);
}

enum status context_start(struct context *context, const char *command)
{
	enum status status = OK;

	if (strlen(command) >= COMMAND_LEN)
		return ERR_BAD_ARG;
	spin_lock(&context->command_lock);
	if (context->busy) {
		status = ERR_BUSY;
	} else if (context->state == CONTEXT_DEAD) {
		status = ERR_DEAD;
	} else {
		strcpy(context->command, command);
		context->busy = true;
		thread_wake(context);
	}
	spin_unlock(&context->command_lock);
	return status;
}

enum status context_wait(struct context *context)
{
	enum status result;

	spin_lock(&context->command_lock);
	while (context->busy)
		thread_sleep(context, &context->command_lock);
	result = context->result;
	spin_unlock(&context->command_lock);
	return result;
}

/* ---- opening and closing ---- */

static void context_free(struct context *context)
{
	give_back(context);
	pager_lock();
	TAILQ_REMOVE(&context_list, context, link);
	pager_unlock();
	heap_free(context);
}

static enum status context_new(const char *name, const char *ta, struct context **result)
{
	struct context *context = heap_alloc(sizeof(*context));
	enum status status;

	if (!context)
		return ERR_NO_MEMORY;
	strncpy(context->name, name, NAME_LEN - 1);
	strncpy(context->ta, ta, NAME_LEN - 1);
	context->state = CONTEXT_LOADING;
	area_head_init(&context->vm, context);
	pager_lock();
	status = mmu_space_init(&context->vm.mmu);
	if (status == OK)
		TAILQ_INSERT_TAIL(&context_list, context, link);
	pager_unlock();
	if (status != OK) {
		heap_free(context);
		return status;
	}
	*result = context;
	return OK;
}

enum status context_open(const char *name, const char *ta, uint64_t seed, struct context **result,
			 char *why, size_t why_len)
{
	struct context *context;
	enum status status = context_new(name, ta, &context);

	if (status != OK) {
		snprintf(why, why_len, "%s", status_name(status));
		return status;
	}
	context->rng = seed;
	status = loader_load(context, why, why_len);
	if (status != OK)
		goto err_free;
	context->thread = thread_create(context->name, context_thread, context);
	if (!context->thread) {
		status = ERR_NO_MEMORY;
		snprintf(why, why_len, "no memory for its thread");
		goto err_free;
	}
	pager_lock();
	context->state = CONTEXT_ALIVE;
	pager_unlock();
	*result = context;
	return OK;
err_free:
	context_free(context);
	return status;
}

void context_close(struct context *context, bool kill)
{
	if (!kill)
		context_wait(context);
	spin_lock(&context->command_lock);
	context->closing = true;
	thread_wake(context);
	spin_unlock(&context->command_lock);
	thread_join(context->thread);
	context_free(context);
}

struct context *context_find(const char *name)
{
	struct context *context;

	TAILQ_FOREACH (context, &context_list, link)
		if (!strcmp(context->name, name))
			return context;
	return NULL;
}
