/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's fw_cfg device (docs/specs/fw_cfg in QEMU), by its DMA interface only: a command block in
 * memory, big-endian, whose address is written to one register; the device is done when that write
 * is. The directory is read again for each question: it is asked a few dozen times, at boot.
 */
#include <string.h>

#include "memory_map.h"
#include "mmio.h"
#include "platform.h"

#define FW_CFG_DMA       (FW_CFG_BASE + 16)
#define FW_CFG_SIGNATURE 0x51454d5520434647ul /* "QEMU CFG", read from the DMA register */

#define DMA_ERROR  (1u << 0)
#define DMA_READ   (1u << 1)
#define DMA_SKIP   (1u << 2)
#define DMA_SELECT (1u << 3)

#define KEY_DIRECTORY 0x19
#define MAX_FILES     4096u /* no machine has as many: a bound for the walk */

struct dma_command {
	uint32_t control, len;
	uint64_t address;
};

struct directory_entry {
	uint32_t len;
	uint16_t selector, reserved;
	char name[56];
};

static void dma_run(uint32_t control, paddr_t to, uint32_t len)
{
	static volatile struct dma_command command __attribute__((aligned(16)));

	command.control = __builtin_bswap32(control);
	command.len = __builtin_bswap32(len);
	command.address = __builtin_bswap64(to);
	__asm__ volatile("dsb sy" : : : "memory");
	mmio_write64(FW_CFG_DMA, __builtin_bswap64(virt_to_phys((const void *)&command)));
	__asm__ volatile("dsb sy" : : : "memory");
	while (__builtin_bswap32(command.control) & ~DMA_ERROR)
		cpu_relax();
	if (command.control)
		platform_refuse("fw_cfg: a transfer of %u bytes failed", len);
}

/* LEN bytes at OFFSET of the item KEY. */
static void item_read(uint16_t key, uint32_t offset, paddr_t to, uint32_t len)
{
	dma_run((uint32_t)key << 16 | DMA_SELECT | DMA_SKIP, 0, offset);
	dma_run(DMA_READ, to, len);
}

unsigned int fw_cfg_count(void)
{
	static uint32_t count;

	if (*(volatile uint64_t *)phys_to_virt(FW_CFG_DMA) != __builtin_bswap64(FW_CFG_SIGNATURE))
		platform_refuse("fw_cfg: this machine has no DMA interface");
	item_read(KEY_DIRECTORY, 0, virt_to_phys(&count), sizeof(count));
	count = __builtin_bswap32(count);
	return count < MAX_FILES ? count : MAX_FILES;
}

void fw_cfg_entry(unsigned int index, struct fw_cfg_file *file)
{
	static struct directory_entry entry;
	uint32_t offset = (uint32_t)(sizeof(uint32_t) + index * sizeof(entry));

	item_read(KEY_DIRECTORY, offset, virt_to_phys(&entry), sizeof(entry));
	file->len = __builtin_bswap32(entry.len);
	file->selector = __builtin_bswap16(entry.selector);
	memcpy(file->name, entry.name, sizeof(file->name));
	if (file->name[sizeof(file->name) - 1] != 0)
		file->name[0] = 0;
}

bool fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
	unsigned int count = fw_cfg_count();

	for (unsigned int i = 0; i < count; i++) {
		fw_cfg_entry(i, file);
		if (strcmp(file->name, name) == 0)
			return true;
	}
	return false;
}

void fw_cfg_read(const struct fw_cfg_file *file, paddr_t pa, uint32_t len)
{
	item_read(file->selector, 0, pa, len);
}
