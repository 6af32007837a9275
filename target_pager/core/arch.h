/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the core needs from the machine, and all of it. arch/aarch64 supplies it
 * on the target, tests/sim.c in the host tests. Nothing here knows an object of
 * the core but `struct user_regs` and `struct trap`, which are plain data.
 */
#ifndef CORE_ARCH_H
#define CORE_ARCH_H

#include "types.h"

#define MAX_CPUS 4

/* ---- physical memory ---- */

/* The core's own address of a physical address (a linear map). PA must be RAM of this machine. */
void *phys_to_virt(paddr_t pa);
/* The inverse, for addresses in the linear map only. */
paddr_t virt_to_phys(const void *va);

/* MAIR_EL1's attribute 0 is Normal memory, inner and outer write-back; TA pages use it. */
#define MMU_ATTR_NORMAL 0u

/* ---- TLB and caches (Arm ARM D8.13, B2.4.4) ---- */

/* Drop VA of ASID from every CPU's TLB; returns when no CPU can still use the old entry. */
void tlb_invalidate_page(uint16_t asid, vaddr_t va);
/* Drop all of ASID from every CPU's TLB, walk caches included. */
void tlb_invalidate_asid(uint16_t asid);
/* Make what was written to this page visible to instruction fetches on every CPU. */
void icache_sync_page(const void *page);
/* Order table writes before the table walks of every CPU (used after a new valid entry). */
void table_write_barrier(void);

/* ---- CPUs ---- */

unsigned int cpu_index(void); /* 0 .. MAX_CPUS - 1 */
uint64_t cpu_ticks(void);     /* a monotonic counter, see cpu_ticks_hz() */
uint64_t cpu_ticks_hz(void);
void cpu_relax(void); /* one turn of a spin loop */
/*
 * The return addresses on this CPU's stack, the caller's own first: at most MAX of them into PATH.
 * How many; 0 where the machine cannot tell.
 */
unsigned int cpu_call_path(const void **path, unsigned int max);

struct spinlock {
	unsigned int locked; /* 0 free, 1 held; the viewer's lock word */
};
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/* ---- running TA code ---- */

/* A TA's general registers while it is not running. SIMD registers are the arch's own affair. */
struct user_regs {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
	uint64_t tpidr; /* the TA's TPIDR_EL0 */
};

enum trap_kind {
	TRAP_IRQ,         /* the timer or another CPU; already acknowledged */
	TRAP_SYSCALL,     /* SVC: number in x8, arguments x0..x5, result to x0 */
	TRAP_DATA_ABORT,  /* `addr`, `write` and `permission` say which */
	TRAP_FETCH_ABORT, /* likewise */
	TRAP_OTHER,       /* undefined instruction, alignment, breakpoint ...: the TA's own fault */
};

/* Why a TA stopped running, decoded from ESR_EL1 and FAR_EL1 (Arm ARM D17.2.37, D17.2.40). */
struct trap {
	enum trap_kind kind;
	vaddr_t addr;    /* the faulting address of an abort */
	bool write;      /* a data abort of a store */
	bool permission; /* a permission fault: the entry was valid */
	bool external;   /* not a translation, access-flag or permission fault: kill the TA */
	uint64_t esr;
};

/*
 * Run EL0 code from REGS in the space (ROOT table, ASID) until it traps; REGS is updated. The
 * caller is a thread, holds no lock. The TA's SIMD registers are kept for this thread.
 */
void user_run(struct user_regs *regs, paddr_t root, uint16_t asid, struct trap *trap);

/*
 * Library code in the core may use SIMD registers between these two; they nest not, and no lock
 * may be taken or thread switched between that was not held before. The TA's own are kept.
 */
void simd_begin(void);
void simd_end(void);

/* ---- the world outside ---- */

void console_write(const char *text, size_t len);
/* 64 random bits from the machine (RNDR; Arm ARM FEAT_RNG). */
uint64_t random_u64(void);
/* Print nothing, stop everything: QEMU exits with STATUS (semihosting SYS_EXIT_EXTENDED). */
void machine_exit(int status) __attribute__((noreturn));

#endif
