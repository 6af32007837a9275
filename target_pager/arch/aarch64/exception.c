/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An exception from EL1 is a broken core: print where, through whom, and stop the machine. The
 * report is bounded and believes nothing: frame pointers are followed only upwards and only within
 * RAM, and a second exception during the report ends it.
 */
#include "core/log.h"
#include "local.h"
#include "platform/virt/memory_map.h"

#define MAX_FRAMES    16
#define ESR_EC(esr)   (((esr) >> 26) & 0x3f)
#define STATUS_BROKEN 3

/* A frame record as the procedure call standard has it. */
struct frame {
	const struct frame *next;
	uint64_t return_address;
};

static bool is_stack(const struct frame *frame)
{
	uint64_t pa = (uint64_t)frame - LINEAR_OFFSET;

	return pa >= IMAGE_BASE && pa < HEAP_BASE + HEAP_SIZE && pa % 8 == 0;
}

static void print_backtrace(const struct frame *frame)
{
	for (unsigned int i = 0; i < MAX_FRAMES && is_stack(frame); i++) {
		log_line("  called from %#lx", (unsigned long)frame->return_address);
		if (frame->next <= frame)
			return;
		frame = frame->next;
	}
}

unsigned int cpu_call_path(const void **path, unsigned int max)
{
	const struct frame *frame = __builtin_frame_address(0);
	unsigned int count = 0;

	while (count < max && is_stack(frame)) {
		path[count++] = (const void *)frame->return_address;
		if (frame->next <= frame)
			break;
		frame = frame->next;
	}
	return count;
}

static const char *vector_name(unsigned int vector)
{
	static const char *const kinds[] = {"exception", "IRQ", "FIQ", "SError"};

	return kinds[vector % 4];
}

void core_exception(const struct core_regs *regs, unsigned int vector)
{
	if (cpu_local()->reporting)
		machine_exit(STATUS_BROKEN);
	cpu_local()->reporting = true;
	log_line("core %s on CPU %u: class %#lx, sp %#lx, spsr %#lx", vector_name(vector),
		 cpu_index(), (unsigned long)ESR_EC(regs->esr), (unsigned long)regs->sp,
		 (unsigned long)regs->spsr);
	print_backtrace((const struct frame *)regs->x[29]);
	core_panic("core exception", "ESR %#lx ELR %#lx FAR %#lx", (unsigned long)regs->esr,
		   (unsigned long)regs->pc, (unsigned long)regs->far);
}
