/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a TA: one turn from eret to the exception that ends it, and what that exception means
 * (ESR_EL1, Arm ARM D17.2.37). The timer is armed once per tick and CPU, not once per turn, so that
 * a fault costs no access to it.
 */
#include "asm_offsets.h"
#include "local.h"

#define TICK_HZ 500 /* turns of TAs a second: 2 ms each */

/* All that a TA may choose in its PSTATE: N, Z, C, V, DIT, SSBS, BTYPE. EL0, AArch64, unmasked. */
#define PSTATE_OF_TA 0xf1001c00ul

#define ESR_EC(esr)   (((esr) >> 26) & 0x3f)
#define ESR_FSC(esr)  ((esr)&0x3f)
#define ESR_WNR       (1ul << 6)
#define ESR_CM        (1ul << 8)
#define EC_SVC        0x15
#define EC_FETCH_EL0  0x20
#define EC_DATA_EL0   0x24
#define FSC_ALIGNMENT 0x21

/* Fault status codes come in groups of four, one per level of the walk. */
enum fsc_group {
	FSC_TRANSLATION = 1,
	FSC_ACCESS_FLAG = 2,
	FSC_PERMISSION = 3,
};

static void decode_abort(struct trap *trap, enum trap_kind kind)
{
	unsigned int fsc = ESR_FSC(trap->esr);

	if (fsc == FSC_ALIGNMENT)
		return;
	trap->kind = kind;
	trap->addr = SYSREG_READ(far_el1);
	/* Cache maintenance reports itself as a store, but needs no more than a load. */
	trap->write = kind == TRAP_DATA_ABORT && (trap->esr & ESR_WNR) && !(trap->esr & ESR_CM);
	trap->permission = fsc >> 2 == FSC_PERMISSION;
	trap->external = fsc >> 2 < FSC_TRANSLATION || fsc >> 2 > FSC_PERMISSION;
}

static void decode_sync(struct trap *trap)
{
	trap->esr = SYSREG_READ(esr_el1);
	trap->kind = TRAP_OTHER;
	if (ESR_EC(trap->esr) == EC_SVC)
		trap->kind = TRAP_SYSCALL;
	else if (ESR_EC(trap->esr) == EC_DATA_EL0)
		decode_abort(trap, TRAP_DATA_ABORT);
	else if (ESR_EC(trap->esr) == EC_FETCH_EL0)
		decode_abort(trap, TRAP_FETCH_ABORT);
}

static void decode(struct trap *trap, unsigned int how)
{
	*trap = (struct trap){.kind = TRAP_OTHER};
	if (how == LEFT_BY_SYNC) {
		decode_sync(trap);
	} else if (how == LEFT_BY_SERROR) {
		trap->external = true;
		trap->esr = SYSREG_READ(esr_el1);
	} else {
		interrupts_take();
		trap->kind = TRAP_IRQ;
	}
}

void user_run(struct user_regs *regs, paddr_t root, uint16_t asid, struct trap *trap)
{
	regs->pstate &= PSTATE_OF_TA;
	simd_make_live();
	if (!cpu_local()->tick_armed)
		timer_set_tick(cpu_ticks() + cpu_ticks_hz() / TICK_HZ);
	decode(trap, user_enter(regs, root | (uint64_t)asid << 48));
}
