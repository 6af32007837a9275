/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs by PSCI (Arm DEN 0022), which QEMU itself answers: by HVC, or by SMC if it started us at
 * EL2.
 */
#include "arch/aarch64/local.h"
#include "platform.h"

#define PSCI_CPU_ON        0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SUCCESS       0

static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (boot_level == 2)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	else
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return (int64_t)x0;
}

/* The first CPUs of the machine are in one cluster: affinity 0.0.0.INDEX. */
unsigned int psci_cpu_count(void)
{
	unsigned int count = 1;

	while (count < MAX_CPUS && psci_call(PSCI_AFFINITY_INFO, count, 0, 0) >= PSCI_SUCCESS)
		count++;
	return count;
}

bool psci_cpu_on(unsigned int index, paddr_t entry)
{
	return psci_call(PSCI_CPU_ON, index, entry, index) == PSCI_SUCCESS;
}
