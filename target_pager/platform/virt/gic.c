/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller, a GICv3: one private interrupt (the timer) and one that CPUs send each
 * other. Distributor and redistributors by memory, the CPU interface by system registers (Arm
 * IHI 0069, chapters 9 and 11).
 */
#include "arch/aarch64/sysreg.h"
#include "memory_map.h"
#include "mmio.h"
#include "platform.h"

#define PFR0_GIC(pfr0) (((pfr0) >> 24) & 0xf)

#define GICD_CTLR        (GIC_DIST_BASE + 0x0)
#define GICD_CTLR_GROUP1 (1u << 1)
#define GICD_CTLR_ARE    (1u << 4)

/* Each CPU's redistributor: a frame of its own, then one for its private interrupts. */
#define GICR_STRIDE       0x20000
#define GICR_WAKER        0x14
#define GICR_SLEEP        (1u << 1) /* ProcessorSleep */
#define GICR_ASLEEP       (1u << 2) /* ChildrenAsleep */
#define GICR_IGROUPR0     0x10080
#define GICR_ISENABLER0   0x10100
#define GICR_IPRIORITYR0  0x10400
#define PRIORITY_ALL_SAME 0x80808080u
#define PRIVATE_IRQS      32

#define ICC_SRE_ENABLE 1
#define ICC_ALL_LEVELS 0xff
#define IRQ_MASK       0xffffff
#define IRQ_SPECIAL    1020 /* 1020 .. 1023: nothing for us */

void gic_init(void)
{
	if (PFR0_GIC(SYSREG_READ(id_aa64pfr0_el1)) == 0)
		platform_refuse("no GICv3: run it with -M virt,gic-version=3");
	mmio_write32(GICD_CTLR, GICD_CTLR_ARE);
	mmio_write32(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GROUP1);
}

static void redistributor_init(paddr_t base)
{
	mmio_write32(base + GICR_WAKER, mmio_read32(base + GICR_WAKER) & ~GICR_SLEEP);
	while (mmio_read32(base + GICR_WAKER) & GICR_ASLEEP)
		cpu_relax();
	mmio_write32(base + GICR_IGROUPR0, ~0u);
	for (unsigned int i = 0; i < PRIVATE_IRQS; i += 4)
		mmio_write32(base + GICR_IPRIORITYR0 + i, PRIORITY_ALL_SAME);
	mmio_write32(base + GICR_ISENABLER0, 1u << IRQ_WAKE | 1u << IRQ_TIMER);
}

void gic_init_cpu(unsigned int index)
{
	redistributor_init(GIC_REDIST_BASE + (paddr_t)index * GICR_STRIDE);
	SYSREG_WRITE(S3_0_C12_C12_5, ICC_SRE_ENABLE); /* ICC_SRE_EL1 */
	sysreg_sync();
	SYSREG_WRITE(S3_0_C4_C6_0, ICC_ALL_LEVELS); /* ICC_PMR_EL1 */
	SYSREG_WRITE(S3_0_C12_C12_4, 0);            /* ICC_CTLR_EL1: end means deactivated, too */
	SYSREG_WRITE(S3_0_C12_C12_7, 1);            /* ICC_IGRPEN1_EL1 */
	sysreg_sync();
}

unsigned int gic_acknowledge(void)
{
	unsigned int irq = SYSREG_READ(S3_0_C12_C12_0) & IRQ_MASK; /* ICC_IAR1_EL1 */

	__asm__ volatile("dsb sy" : : : "memory");
	return irq >= IRQ_SPECIAL ? IRQ_NONE : irq;
}

void gic_finish(unsigned int irq)
{
	SYSREG_WRITE(S3_0_C12_C12_1, irq); /* ICC_EOIR1_EL1 */
	sysreg_sync();
}

void gic_wake_cpu(unsigned int index)
{
	__asm__ volatile("dsb ishst" : : : "memory"); /* what it is to see comes first */
	SYSREG_WRITE(S3_0_C12_C11_5, (uint64_t)IRQ_WAKE << 24 | 1u << index); /* ICC_SGI1R_EL1 */
	sysreg_sync();
}
