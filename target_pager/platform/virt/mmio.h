/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to device registers, by physical address.
 */
#ifndef PLATFORM_VIRT_MMIO_H
#define PLATFORM_VIRT_MMIO_H

#include "core/arch.h"

static inline uint32_t mmio_read32(paddr_t pa)
{
	return *(volatile uint32_t *)phys_to_virt(pa);
}

static inline void mmio_write32(paddr_t pa, uint32_t value)
{
	*(volatile uint32_t *)phys_to_virt(pa) = value;
}

static inline void mmio_write64(paddr_t pa, uint64_t value)
{
	*(volatile uint64_t *)phys_to_virt(pa) = value;
}

#endif
