/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets that the assembly uses, in bytes; local.c asserts each of them against its struct.
 */
#ifndef ARCH_ASM_OFFSETS_H
#define ARCH_ASM_OFFSETS_H

/* struct user_regs */
#define USER_REGS_SP     248
#define USER_REGS_PC     256
#define USER_REGS_PSTATE 264
#define USER_REGS_TPIDR  272

/* struct cpu_local */
#define CPU_LOCAL_EMERGENCY_SP 8

/* struct core_regs */
#define CORE_REGS_SP   248
#define CORE_REGS_PC   256
#define CORE_REGS_SPSR 264
#define CORE_REGS_ESR  272
#define CORE_REGS_FAR  280
#define CORE_REGS_SIZE 288

/* struct cpu_simd */
#define CPU_SIMD_FPCR 512
#define CPU_SIMD_FPSR 520

/* What user_enter() says came back. */
#define LEFT_BY_SYNC   0
#define LEFT_BY_IRQ    1
#define LEFT_BY_FIQ    2
#define LEFT_BY_SERROR 3

#endif
