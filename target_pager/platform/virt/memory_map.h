/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where everything is in QEMU's `virt` machine: devices below 1 GiB (QEMU's hw/arm/virt.c and the
 * device tree it makes are the source), RAM above. All numbers are physical addresses and bytes.
 * Read by C, by the assembler and by the linker script: plain numbers only.
 *
 *   0x40000000   2 MiB  the device tree QEMU leaves there      read-only
 *   0x40200000   6 MiB  the core's image, stacks between gaps  text r-x, rodata r--, data rw-
 *   0x40800000   8 MiB  the heap                               rw-
 *   0x41000000   4 MiB  translation tables of the TAs          rw-
 *   0x41400000   8 MiB  plain secure memory: unpaged objects   rw-
 *   0x41c00000  32 MiB  the pager's pool                       rw-
 *   0x43c00000  32 MiB  TA storage, written before we look     read-only
 *   0x45c00000 192 MiB  the backing store                      rw-
 *   0x51c00000          end of what the core maps
 *
 * In a real TEE the first six are secure memory. The backing store is not: somebody else may write
 * it at any time, so all in it is hashed or sealed, read once and written once. TA storage is not
 * trusted either, but stands still: it is written before the core looks, and the core maps it
 * read-only.
 */
#ifndef PLATFORM_VIRT_MEMORY_MAP_H
#define PLATFORM_VIRT_MEMORY_MAP_H

#define DEVICE_BASE     0x00000000
#define DEVICE_SIZE     0x40000000
#define GIC_DIST_BASE   0x08000000
#define GIC_REDIST_BASE 0x080a0000
#define UART_BASE       0x09000000
#define FW_CFG_BASE     0x09020000

#define DTB_BASE        0x40000000
#define DTB_SIZE        0x00200000
#define IMAGE_BASE      0x40200000
#define IMAGE_SIZE      0x00600000
#define HEAP_BASE       0x40800000
#define HEAP_SIZE       0x00800000
#define TABLE_POOL_BASE 0x41000000
#define TABLE_POOL_SIZE 0x00400000
#define SECURE_BASE     0x41400000
#define SECURE_SIZE     0x00800000
#define POOL_BASE       0x41c00000
#define POOL_SIZE       0x02000000
#define TA_STORAGE_BASE 0x43c00000
#define TA_STORAGE_SIZE 0x02000000
#define BACKING_BASE    0x45c00000
#define BACKING_SIZE    0x0c000000
#define RAM_BASE        0x40000000
#define RAM_END         0x51c00000

/* A CPU's boot stack, and its emergency stack, with the page below it that is not mapped. */
#define CPU_STACK_STRIDE 0x4000

#endif
