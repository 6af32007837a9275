/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core on QEMU's `virt` machine, from its first line of C to the scenario: check the machine,
 * make the parts of the core that hold memory, read what QEMU hands over, run the scenario in the
 * first thread, and leave with its status.
 *
 * Files handed over by fw_cfg, all hostile:
 *   opt/pagerview/scenario   the script
 *   opt/pagerview/ta/NAME    a TA's or a library's ELF
 *   opt/pagerview/loop       "1": run the script again and again
 *   opt/pagerview/pace       milliseconds to wait at each thing to read
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arch.h"
#include "core/cpu.h"
#include "core/log.h"
#include "core/seal.h"
#include "core/store.h"
#include "core/table.h"
#include "core/thread.h"
#include "memory_map.h"
#include "platform.h"
#include "scenario/scenario.h"

#define STATUS_REFUSED 2
#define REFUSAL_LEN    160
#define NUMBER_LEN     8u /* digits of a number handed over */
#define MAX_PACE_MS    60000u
#define MAX_SCENARIO   0x100000u

extern void (*const init_array_start[])(void), (*const init_array_end[])(void);

static struct scenario_options options;
static const char *scenario_text;
static size_t scenario_len;

static struct platform_region region(paddr_t base, paddr_t size)
{
	return (struct platform_region){base, (unsigned int)(size / PAGE_SIZE)};
}

struct platform_region platform_table_pool(void)
{
	return region(TABLE_POOL_BASE, TABLE_POOL_SIZE);
}

struct platform_region platform_secure_memory(void)
{
	return region(SECURE_BASE, SECURE_SIZE);
}

struct platform_region platform_pool(void)
{
	return region(POOL_BASE, POOL_SIZE);
}

struct platform_region platform_backing_store(void)
{
	return region(BACKING_BASE, BACKING_SIZE);
}

void platform_refuse(const char *format, ...)
{
	char text[REFUSAL_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_line("target_pager: %s", text);
	machine_exit(STATUS_REFUSED);
}

/* Libraries choose their code for this CPU here; it may use SIMD. */
static void run_constructors(void)
{
	simd_begin();
	for (void (*const *constructor)(void) = init_array_start; constructor < init_array_end;
	     constructor++)
		(*constructor)();
	simd_end();
}

static void check_ram(void)
{
	uint64_t size = dtb_ram_size();

	if (size < RAM_END - RAM_BASE)
		platform_refuse("%lu MiB of RAM, %u needed: run it with -m 512M",
				(unsigned long)(size >> 20), (RAM_END - RAM_BASE) >> 20);
	log_line("target_pager %s: %u CPU%s, %lu MiB", TARGET_VERSION, cpu_count(),
		 cpu_count() == 1 ? "" : "s", (unsigned long)(size >> 20));
}

/* A number in decimal from the file NAME, at most MAX; 0 if there is no such file. */
static unsigned int read_number(const char *name, unsigned int max)
{
	struct fw_cfg_file file;
	unsigned int value = 0;
	const char *text;

	if (!fw_cfg_find(name, &file))
		return 0;
	text = ta_storage_add(&file);
	if (file.len == 0 || file.len > NUMBER_LEN)
		platform_refuse("%s: not a number up to %u", name, max);
	for (uint32_t i = 0; i < file.len; i++) {
		if (text[i] < '0' || text[i] > '9')
			platform_refuse("%s: not a number up to %u", name, max);
		value = value * 10 + (unsigned int)(text[i] - '0');
	}
	if (value > max)
		platform_refuse("%s: not a number up to %u", name, max);
	return value;
}

static void read_scenario(void)
{
	struct fw_cfg_file file;

	if (!fw_cfg_find("opt/pagerview/scenario", &file))
		platform_refuse("no scenario: hand one over as fw_cfg opt/pagerview/scenario");
	if (file.len > MAX_SCENARIO)
		platform_refuse("the scenario has %u bytes, more than %u", file.len, MAX_SCENARIO);
	scenario_text = ta_storage_add(&file);
	scenario_len = file.len;
	options.loop = read_number("opt/pagerview/loop", 1) == 1;
	options.pace_ms = read_number("opt/pagerview/pace", MAX_PACE_MS);
	options.pool_base = platform_pool().base;
	options.pool_pages = platform_pool().num_pages;
}

static void init_region(const char *name, struct page_region *to, struct platform_region from)
{
	enum status status = page_region_init(to, from.base, from.num_pages);

	if (status != OK)
		platform_refuse("%s: %s", name, status_name(status));
}

static void init_core(void)
{
	struct platform_region tables = platform_table_pool();
	enum status status = table_init(tables.base, tables.num_pages);

	if (status != OK)
		platform_refuse("translation tables: %s", status_name(status));
	init_region("secure memory", &secure_region, platform_secure_memory());
	init_region("backing store", &store_region, platform_backing_store());
	run_constructors();
	seal_init();
}

static void main_thread(void *arg)
{
	(void)arg;
	machine_exit((int)scenario_main(scenario_text, scenario_len, &options));
}

void platform_boot(void)
{
	gic_init();
	check_ram();
	init_core();
	ta_storage_init();
	read_scenario();
	if (!thread_create("scenario", main_thread, NULL))
		platform_refuse("scenario: %s", status_name(ERR_NO_MEMORY));
}

void platform_cpu_boot(unsigned int index)
{
	gic_init_cpu(index);
}
