/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls of core/syscall_abi.h: number in x8, arguments in x0 to x2, results in x0, x1.
 */
#include "../../core/syscall_abi.h"
#include "ta.h"

int64_t ta_syscall(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t *second)
{
	register uint64_t x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = a0;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;

	__asm__ volatile("svc #0" : "+r"(x0), "+r"(x1) : "r"(x8), "r"(x2) : "memory");
	if (second)
		*second = x1;
	return (int64_t)x0;
}

void ta_return(int64_t result)
{
	for (;;)
		ta_syscall(SYS_RETURN, (uint64_t)result, 0, 0, NULL);
}

void ta_log(const char *text, size_t len)
{
	ta_syscall(SYS_LOG, (uint64_t)text, len, 0, NULL);
}

void ta_yield(void)
{
	ta_syscall(SYS_YIELD, 0, 0, 0, NULL);
}

uint64_t ta_random(void)
{
	return (uint64_t)ta_syscall(SYS_RANDOM, 0, 0, 0, NULL);
}

void ta_panic(uint64_t code)
{
	for (;;)
		ta_syscall(SYS_PANIC, code, 0, 0, NULL);
}

bool ta_section_find(const char *name, struct ta_section *section)
{
	uint64_t pages;
	size_t len = 0;
	int64_t base;

	while (name[len])
		len++;
	base = ta_syscall(SYS_SECTION, (uint64_t)name, len, 0, &pages);
	if (base < 0)
		return false;
	section->name = name;
	section->base = (uint64_t *)base;
	section->pages = (unsigned int)pages;
	section->origin = 0;
	return true;
}
