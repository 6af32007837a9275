/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Debian's static libnettle expects of a Linux C library and picolibc has not.
 *
 * The library asks getauxval() for the kernel's HWCAP word and picks its Armv8 crypto-extension
 * code by it, each only where the bit of Advanced SIMD is set too. There is no kernel below us: the
 * same word is made from ID_AA64PFR0_EL1 and ID_AA64ISAR0_EL1, which is what Linux makes it from.
 *
 * Its calls to getenv() find no environment. Everything it would print is either behind such a
 * variable, and so never reached, or a failed assertion, which is a broken core. The archive is
 * built with a stack protector; a constant canary, with a zero byte that stops string copies,
 * still catches an overrun inside the library.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/log.h"

/* Linux arch/arm64's ABI: the auxiliary vector's entry and its bits (getauxval(3), AT_HWCAP). */
#define AT_HWCAP    16
#define HWCAP_ASIMD (1UL << 1)
#define HWCAP_AES   (1UL << 3)
#define HWCAP_PMULL (1UL << 4)
#define HWCAP_SHA1  (1UL << 5)
#define HWCAP_SHA2  (1UL << 6)

/* Lowest bits of four-bit fields of the identification registers (Arm ARM, D17). */
#define PFR0_ADVSIMD_SHIFT 20 /* 15: none */
#define ISAR0_AES_SHIFT    4  /* 1: AES; 2: and PMULL */
#define ISAR0_SHA1_SHIFT   8
#define ISAR0_SHA2_SHIFT   12

unsigned long getauxval(unsigned long type);
char *secure_getenv(const char *name);
char *getenv(const char *name);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
void __assert_fail(const char *expression, const char *file, unsigned int line,
		   const char *function) __attribute__((noreturn));
void __stack_chk_fail(void) __attribute__((noreturn));

uintptr_t __stack_chk_guard = 0x5ea1c0de7a6e0100;

/* A stream that nothing is written to: see above. */
#undef stderr
FILE *const stderr = NULL;

static unsigned int id_field(uint64_t id, unsigned int shift)
{
	return (id >> shift) & 0xf;
}

unsigned long getauxval(unsigned long type)
{
	unsigned long bits = 0;
	uint64_t pfr0, isar0;

	if (type != AT_HWCAP)
		return 0;
	__asm__("mrs %0, ID_AA64PFR0_EL1" : "=r"(pfr0));
	__asm__("mrs %0, ID_AA64ISAR0_EL1" : "=r"(isar0));
	if (id_field(pfr0, PFR0_ADVSIMD_SHIFT) != 0xf)
		bits |= HWCAP_ASIMD;
	if (id_field(isar0, ISAR0_AES_SHIFT) >= 1)
		bits |= HWCAP_AES;
	if (id_field(isar0, ISAR0_AES_SHIFT) >= 2)
		bits |= HWCAP_PMULL;
	if (id_field(isar0, ISAR0_SHA1_SHIFT) >= 1)
		bits |= HWCAP_SHA1;
	if (id_field(isar0, ISAR0_SHA2_SHIFT) >= 1)
		bits |= HWCAP_SHA2;
	return bits;
}

char *secure_getenv(const char *name)
{
	(void)name;
	return NULL;
}

char *getenv(const char *name)
{
	(void)name;
	return NULL;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
	(void)data;
	(void)size;
	(void)stream;
	return count;
}

int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
	(void)stream;
	(void)flag;
	(void)format;
	return 0;
}

void __assert_fail(const char *expression, const char *file, unsigned int line,
		   const char *function)
{
	core_panic("library assertion", "%s at %s:%u, %s()", expression, file, line, function);
}

void __stack_chk_fail(void)
{
	core_panic("library stack", "a canary was overwritten; return address %p",
		   __builtin_return_address(0));
}
