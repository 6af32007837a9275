/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Call frame information says for every register of the caller where it was saved, as a small
 * expression over the frame's address and the callee's registers. Compilers use few operators; an
 * expression with any other is taken as "not known", and the frame pointers go on from there.
 *
 * A frame pointer misses one caller: that of a leaf function, which makes no frame. It is in the
 * link register, unless that is stale: then it points into the very function that stands.
 */
#include "unwind.h"

#include <dwarf.h>
#include <stdlib.h>

#include "dwarf_private.h"

#define STACK_DEPTH 8 /* of an expression */

struct walk {
	struct dwarf_info *info;
	uint64_t slide;
	unwind_read *read;
	void *arg;
	struct unwind_regs regs;
	unsigned int sp, link, frame; /* numbers of those registers */
};

/* ---- expressions ---- */

struct machine {
	const struct walk *walk;
	uint64_t cfa, stack[STACK_DEPTH];
	unsigned int depth;
	bool failed, is_value;
};

static void push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_DEPTH)
		machine->failed = true;
	else
		machine->stack[machine->depth++] = value;
}

static uint64_t pop(struct machine *machine)
{
	if (machine->depth == 0) {
		machine->failed = true;
		return 0;
	}
	return machine->stack[--machine->depth];
}

static uint64_t register_value(struct machine *machine, uint64_t number)
{
	if (number < UNWIND_REGISTERS)
		return machine->walk->regs.value[number];
	machine->failed = true;
	return 0;
}

static void dereference(struct machine *machine)
{
	uint64_t value = 0;

	if (!machine->walk->read(machine->walk->arg, pop(machine),
				 machine->walk->info->pointer_size, &value))
		machine->failed = true;
	push(machine, value);
}

static void run_op(struct machine *machine, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		push(machine, register_value(machine, op->atom - DW_OP_breg0) + op->number);
		return;
	}
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
		push(machine, register_value(machine, op->atom - DW_OP_reg0));
		machine->is_value = true;
		return;
	}
	switch (op->atom) {
	case DW_OP_bregx:
		push(machine, register_value(machine, op->number) + op->number2);
		break;
	case DW_OP_regx:
		push(machine, register_value(machine, op->number));
		machine->is_value = true;
		break;
	case DW_OP_call_frame_cfa:
		push(machine, machine->cfa);
		break;
	case DW_OP_plus_uconst:
		push(machine, pop(machine) + op->number);
		break;
	case DW_OP_plus:
		push(machine, pop(machine) + pop(machine));
		break;
	case DW_OP_deref:
		dereference(machine);
		break;
	case DW_OP_stack_value:
		machine->is_value = true;
		break;
	default:
		machine->failed = true;
	}
}

/* *IS_VALUE: the result is the value itself, not where it lies. */
static bool evaluate(const struct walk *walk, uint64_t cfa, const Dwarf_Op *ops, size_t count,
		     uint64_t *result, bool *is_value)
{
	struct machine machine = {.walk = walk, .cfa = cfa};

	for (size_t i = 0; i < count && !machine.failed; i++)
		run_op(&machine, &ops[i]);
	*result = pop(&machine);
	*is_value = machine.is_value;
	return !machine.failed;
}

/* ---- one frame by its information ---- */

static bool recover(const struct walk *walk, Dwarf_Frame *frame, uint64_t cfa, int number,
		    uint64_t *value)
{
	Dwarf_Op memory[3], *ops = NULL;
	size_t count = 0;
	bool is_value;

	if (dwarf_frame_register(frame, number, memory, &ops, &count) != 0)
		return false;
	if (count == 0) {
		*value = walk->regs.value[number];
		return ops == memory; /* the same as in the callee; else not known */
	}
	if (!evaluate(walk, cfa, ops, count, value, &is_value))
		return false;
	return is_value || walk->read(walk->arg, *value, walk->info->pointer_size, value);
}

static bool apply_frame(struct walk *walk, Dwarf_Frame *frame)
{
	struct unwind_regs caller = walk->regs;
	Dwarf_Op *ops;
	size_t count;
	uint64_t cfa;
	bool is_value, signal;
	int link = dwarf_frame_info(frame, NULL, NULL, &signal);

	if (link < 0 || link >= UNWIND_REGISTERS || dwarf_frame_cfa(frame, &ops, &count) != 0 ||
	    count == 0 || !evaluate(walk, 0, ops, count, &cfa, &is_value) ||
	    !recover(walk, frame, cfa, link, &caller.pc))
		return false;
	for (int i = 0; i < UNWIND_REGISTERS; i++) {
		uint64_t value;

		if ((unsigned int)i != walk->sp && recover(walk, frame, cfa, i, &value))
			caller.value[i] = value;
	}
	caller.value[walk->sp] = cfa;
	/* No progress is no frame. */
	if (caller.pc == walk->regs.pc && cfa == walk->regs.value[walk->sp])
		return false;
	walk->regs = caller;
	return true;
}

static bool step_by_information(struct walk *walk, bool innermost)
{
	uint64_t place = walk->regs.pc - walk->slide - !innermost;
	Dwarf_CFI *table = frames_of(walk->info);
	Dwarf_Frame *frame = NULL;
	bool ok;

	if (!table || dwarf_cfi_addrframe(table, place, &frame) != 0)
		return false;
	ok = apply_frame(walk, frame);
	free(frame);
	return ok;
}

/* ---- one frame by its frame pointer ---- */

static const struct dwarf_symbol *function_at(const struct walk *walk, uint64_t pc)
{
	const struct dwarf_symbol *symbol =
		dwarf_info_symbol_at(walk->info, pc - walk->slide, NULL);

	return symbol && symbol->is_function ? symbol : NULL;
}

static bool step_by_record(struct walk *walk)
{
	uint64_t frame = walk->regs.value[walk->frame], next, link;

	if (walk->info->machine != EM_AARCH64 || frame == 0 || frame % 8 ||
	    !walk->read(walk->arg, frame, 8, &next) || !walk->read(walk->arg, frame + 8, 8, &link))
		return false;
	if (!function_at(walk, link - 4) || (next && next <= frame))
		return false;
	walk->regs.value[walk->sp] = frame + 16;
	walk->regs.value[walk->frame] = next;
	walk->regs.value[walk->link] = walk->regs.pc = link;
	return true;
}

/* The innermost function may be a leaf without a frame. True: the link register is its caller. */
static bool step_out_of_leaf(struct walk *walk)
{
	uint64_t link = walk->regs.value[walk->link], recorded;
	bool is_64 = walk->info->machine == EM_AARCH64;
	const struct dwarf_symbol *here = function_at(walk, walk->regs.pc);
	const struct dwarf_symbol *caller = function_at(walk, link - 4);

	if (!here || !caller || here == caller)
		return false;
	if (is_64 && walk->read(walk->arg, walk->regs.value[walk->frame] + 8, 8, &recorded) &&
	    recorded == link)
		return false; /* it has a frame after all */
	walk->regs.pc = link;
	return true;
}

size_t unwind(struct dwarf_info *info, const struct unwind_regs *regs, uint64_t slide,
	      unwind_read *read, void *arg, uint64_t *frames, size_t max)
{
	bool is_64 = info->machine == EM_AARCH64;
	struct walk walk = {.info = info,
			    .slide = slide,
			    .read = read,
			    .arg = arg,
			    .regs = *regs,
			    .sp = is_64 ? 31 : 13,
			    .link = is_64 ? 30 : 14,
			    .frame = is_64 ? 29 : 11};
	size_t count = 0;

	frames[count++] = regs->pc;
	while (count < max) {
		if (!step_by_information(&walk, count == 1) &&
		    !(count == 1 && step_out_of_leaf(&walk)) && !step_by_record(&walk))
			break;
		if (walk.regs.pc == 0)
			break;
		frames[count++] = walk.regs.pc;
	}
	return count;
}
