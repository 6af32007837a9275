/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: a PL011 UART, polled, output only. QEMU needs no set-up of it.
 */
#include "memory_map.h"
#include "mmio.h"

#define UART_DR      (UART_BASE + 0x00)
#define UART_FR      (UART_BASE + 0x18)
#define UART_FR_TXFF (1u << 5) /* no room to send */

void console_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		while (mmio_read32(UART_FR) & UART_FR_TXFF)
			cpu_relax();
		mmio_write32(UART_DR, (unsigned char)text[i]);
	}
}
