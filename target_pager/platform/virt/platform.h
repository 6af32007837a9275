/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's `virt` machine: what arch/aarch64 and main.c need of its devices, and where its memory is.
 * Knows no object of the core. Everything here is called with interrupts masked, as the core
 * always runs.
 */
#ifndef PLATFORM_VIRT_PLATFORM_H
#define PLATFORM_VIRT_PLATFORM_H

#include "core/types.h"

/* A run of physical memory with one use; see memory_map.h. */
struct platform_region {
	paddr_t base; /* bytes, page aligned */
	unsigned int num_pages;
};
struct platform_region platform_table_pool(void);
struct platform_region platform_secure_memory(void);
struct platform_region platform_pool(void);
struct platform_region platform_backing_store(void);

/*
 * On the first CPU, its boot stack, before any thread: check the machine, read what it hands over,
 * make the first thread. Gives up with one line and status 2 when the machine or its files will
 * not do.
 */
void platform_boot(void);
/* On each CPU after that: its interrupts. */
void platform_cpu_boot(unsigned int index);

/* One line and exit status 2: what was handed over, or the machine, will not do. */
void platform_refuse(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- gic.c: GICv3 ---- */

/* Interrupts that are in use. */
#define IRQ_WAKE  0u    /* SGI: another CPU has work for this one */
#define IRQ_TIMER 27u   /* PPI: the virtual timer of this CPU */
#define IRQ_NONE  1023u /* nothing is pending */

void gic_init(void);
void gic_init_cpu(unsigned int index);
/* The highest pending interrupt, now active, or IRQ_NONE. */
unsigned int gic_acknowledge(void);
/* It is handled. */
void gic_finish(unsigned int irq);
/* Send IRQ_WAKE to CPU INDEX. */
void gic_wake_cpu(unsigned int index);

/* ---- psci.c: CPUs ---- */

/* CPUs of this machine, counted up to MAX_CPUS. */
unsigned int psci_cpu_count(void);
/* Start CPU INDEX at the physical address ENTRY with x0 = INDEX. False: refused. */
bool psci_cpu_on(unsigned int index, paddr_t entry);

/* ---- fw_cfg.c: files handed over on QEMU's command line ---- */

struct fw_cfg_file {
	char name[56]; /* zero-terminated */
	uint32_t len;  /* bytes */
	uint16_t selector;
};
/* How many files there are; refuses a machine without the DMA interface. */
unsigned int fw_cfg_count(void);
/* File INDEX, 0 .. fw_cfg_count() - 1; an entry without a terminated name is given an empty one. */
void fw_cfg_entry(unsigned int index, struct fw_cfg_file *file);
/* The file of that whole name, or false. */
bool fw_cfg_find(const char *name, struct fw_cfg_file *file);
/* LEN bytes from the start of FILE to physical memory at PA. */
void fw_cfg_read(const struct fw_cfg_file *file, paddr_t pa, uint32_t len);

/* ---- dtb.c ---- */

/* Bytes of RAM that the device tree describes from RAM_BASE on; 0: it does not say. */
uint64_t dtb_ram_size(void);

/* ---- ta_storage.c: see core/loader.h, ta_storage_find() ---- */

/* Read every `opt/pagerview/ta/NAME`. */
void ta_storage_init(void);
/* Put FILE into what is left of TA storage; its bytes, page aligned. */
const void *ta_storage_add(const struct fw_cfg_file *file);

#endif
