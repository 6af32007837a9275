/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments come from a TA and may be anything: lengths are bounded before they are used, and
 * memory is reached only through vm_copy_in() and vm_copy_out(). A bad pointer is not an error to
 * return but the end of the TA: it could not have meant it.
 */
#include "syscall.h"

#include <string.h>

#include "log.h"
#include "pager.h"
#include "vm.h"

#define LOG_MAX 200u

static bool kill_bad_pointer(struct context *context, vaddr_t va)
{
	context_kill(context, "bad pointer %#lx in a system call", (unsigned long)va);
	return false;
}

static bool sys_return(struct context *context)
{
	context->result = context->regs.x[0] ? ERR_FAILED : OK;
	return false;
}

static bool sys_log(struct context *context)
{
	uint64_t *x = context->regs.x;
	char text[LOG_MAX + 1];

	if (x[1] > LOG_MAX) {
		x[0] = (uint64_t)ERR_BAD_ARG;
		return true;
	}
	if (vm_copy_in(context, x[0], text, x[1]) != OK)
		return kill_bad_pointer(context, x[0]);
	text[x[1]] = '\0';
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '.';
	log_line("%s: %s\n", context->name, text);
	x[0] = OK;
	return true;
}

static bool sys_section(struct context *context)
{
	uint64_t *x = context->regs.x;
	char name[NAME_LEN] = "";
	const struct area *area;

	if (!x[1] || x[1] >= NAME_LEN) {
		x[0] = (uint64_t)ERR_BAD_ARG;
		return true;
	}
	if (vm_copy_in(context, x[0], name, x[1]) != OK)
		return kill_bad_pointer(context, x[0]);
	pager_lock();
	area = area_find_name(&context->vm, name);
	x[0] = area ? area->base : (uint64_t)ERR_NOT_FOUND;
	x[1] = 0;
	/* What was split by a change of protection is still one section to the TA. */
	for (vaddr_t end = 0; area && !strcmp(area->name, name) && (!end || area->base == end);
	     area = TAILQ_NEXT(area, head_link)) {
		x[1] += area->num_pages;
		end = area_end(area);
	}
	pager_unlock();
	return true;
}

/* xorshift64*: repeatable, which is all that `seed` asks for. */
static uint64_t next_random(struct context *context)
{
	uint64_t x = context->rng ? context->rng : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	context->rng = x;
	return x * 0x2545f4914f6cdd1dUL;
}

static bool range_fits(uint64_t pages)
{
	return pages && pages <= FOBJ_MAX_PAGES;
}

static void sys_protect(struct context *context)
{
	uint64_t *x = context->regs.x;
	bool valid = range_fits(x[1]) && x[2] && !(x[2] & ~7UL);

	x[0] = (uint64_t)(valid ? vm_protect(context, x[0], (unsigned int)x[1], (unsigned int)x[2])
				: ERR_BAD_ARG);
}

static void sys_unmap(struct context *context)
{
	uint64_t *x = context->regs.x;

	x[0] = (uint64_t)(range_fits(x[1]) ? vm_unmap(context, x[0], (unsigned int)x[1])
					   : ERR_BAD_ARG);
}

bool syscall_handle(struct context *context)
{
	uint64_t *x = context->regs.x;

	switch (x[8]) {
	case SYS_RETURN:
		return sys_return(context);
	case SYS_LOG:
		return sys_log(context);
	case SYS_SECTION:
		return sys_section(context);
	case SYS_YIELD:
		thread_yield();
		x[0] = OK;
		return true;
	case SYS_RANDOM:
		x[0] = next_random(context);
		return true;
	case SYS_PANIC:
		context_kill(context, "panic %#lx", (unsigned long)x[0]);
		return false;
	case SYS_PROTECT:
		sys_protect(context);
		return true;
	case SYS_UNMAP:
		sys_unmap(context);
		return true;
	default:
		x[0] = (uint64_t)ERR_BAD_ARG;
		return true;
	}
}
