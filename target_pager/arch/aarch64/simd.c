/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIMD registers belong to the TA whose thread runs on this CPU, also while the core works for it:
 * the core is compiled without them, and CPACR_EL1 makes any use at EL1 a trap, so a mistake is a
 * panic and not a TA's lost register. They are saved only when they are live and needed otherwise:
 * by library code between simd_begin() and simd_end(), or by another thread. What a library leaves
 * in them, keys included, is overwritten by the restore before any TA runs.
 */
#include "local.h"

static void allow_simd(void)
{
	SYSREG_WRITE(cpacr_el1, CPACR_SIMD_ON);
	sysreg_sync();
}

static void forbid_simd(void)
{
	SYSREG_WRITE(cpacr_el1, CPACR_SIMD_OFF);
	sysreg_sync();
}

/* SIMD is allowed. */
static void save_live(struct cpu_simd *simd)
{
	if (!simd || !simd->live)
		return;
	simd_save(simd);
	simd->live = false;
}

void simd_begin(void)
{
	allow_simd();
	save_live(cpu_local()->simd);
}

void simd_end(void)
{
	forbid_simd();
}

void simd_make_live(void)
{
	struct cpu_simd *simd = cpu_local()->simd;

	if (simd->live)
		return;
	allow_simd();
	simd_restore(simd);
	simd->live = true;
	forbid_simd();
}

void cpu_simd_enter(struct cpu_simd *simd)
{
	cpu_local()->simd = simd;
}

void cpu_simd_leave(void)
{
	struct cpu_local *local = cpu_local();

	if (local->simd->live) {
		allow_simd();
		save_live(local->simd);
		forbid_simd();
	}
	local->simd = NULL;
}
