/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of a CPU: the virtual timer, which ends a TA's turn or a halt, and the wake-up from
 * another CPU. Nothing is done for either but to notice it: whoever sees one asks the scheduler.
 * The core runs with interrupts masked, and a masked interrupt ends WFI all the same.
 */
#include "core/log.h"
#include "local.h"
#include "platform/virt/platform.h"

#define CNTV_CTL_ENABLE 1
#define DOZES_HZ        20000 /* cpu_doze() takes 50 us */

void timer_set(uint64_t deadline)
{
	SYSREG_WRITE(cntv_cval_el0, deadline);
	SYSREG_WRITE(cntv_ctl_el0, CNTV_CTL_ENABLE);
	sysreg_sync();
}

void timer_stop(void)
{
	SYSREG_WRITE(cntv_ctl_el0, 0);
	sysreg_sync();
	cpu_local()->tick_armed = false;
}

static void interrupt_take(unsigned int irq)
{
	if (irq == IRQ_TIMER)
		timer_stop(); /* it stays pending for as long as it is on */
	else if (irq != IRQ_WAKE)
		core_panic("interrupts", "interrupt %u is not in use", irq);
	gic_finish(irq);
}

void interrupts_take(void)
{
	unsigned int irq;

	while ((irq = gic_acknowledge()) != IRQ_NONE)
		interrupt_take(irq);
}

void timer_set_tick(uint64_t deadline)
{
	struct cpu_local *local = cpu_local();

	timer_set(deadline);
	local->tick = deadline;
	local->tick_armed = true;
}

void cpu_doze(void)
{
	struct cpu_local *local = cpu_local();
	bool armed = local->tick_armed;

	cpu_wait(cpu_ticks() + cpu_ticks_hz() / DOZES_HZ);
	if (armed)
		timer_set_tick(local->tick);
}

void cpu_wait(uint64_t deadline)
{
	if (deadline == CPU_NO_DEADLINE)
		timer_stop();
	else
		timer_set(deadline);
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
	timer_stop();
	interrupts_take();
}

void cpu_kick(unsigned int index)
{
	gic_wake_cpu(index);
}

unsigned int cpu_count(void)
{
	return psci_cpu_count();
}

bool cpu_start(unsigned int index)
{
	return psci_cpu_on(index, virt_to_phys(secondary_start));
}
