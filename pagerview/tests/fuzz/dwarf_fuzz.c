/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever an ELF may hold. The input is opened as a file, and all that the viewer
 * asks of a real one is asked of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dwarf/dwarf_info.h"
#include "dwarf/unwind.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Every byte that an answer promises is touched, so that the sanitizer sees it. */
static volatile unsigned char sink;

static void touch(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sink ^= ((const unsigned char *)bytes)[i];
}

static void ask_type(const struct dwarf_type *type, int depth)
{
	static const char *const paths[] = {"next",
					    "high",
					    "bits.mode",
					    "grid[1][2]",
					    "later",
					    "call",
					    "tail.slices[3].offset",
					    "across",
					    "anonymous"};

	if (!type || depth == 4)
		return;
	touch(dwarf_type_name(type), strlen(dwarf_type_name(type)));
	dwarf_type_size(type);
	dwarf_type_count(type);
	dwarf_type_kind(type);
	dwarf_type_is_signed(type);
	dwarf_type_enumerator(type, 5);
	ask_type(dwarf_type_target(type), depth + 1);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct dwarf_member member;

		if (dwarf_type_member(type, paths[i], &member))
			ask_type(member.type, depth + 1);
	}
}

static bool read_stack(void *arg, uint64_t addr, unsigned int size, uint64_t *value)
{
	(void)arg;
	*value = addr + size;
	return addr % 3 != 0;
}

/* Who called the function at ADDR. */
static void ask_callers(struct dwarf_info *info, uint64_t addr)
{
	struct unwind_regs regs = {.pc = addr};
	uint64_t frames[16];

	for (size_t i = 0; i < UNWIND_REGISTERS; i++)
		regs.value[i] = addr + 16 * i;
	unwind(info, &regs, 0, read_stack, NULL, frames, 16);
}

static bool pass_all(const char *name)
{
	return name != NULL;
}

static void ask(struct dwarf_info *info)
{
	static const char *const types[] = {"node",  "packed", "level",   "node_ref",
					    "later", "color",  "no_such", "u8"};
	static const char *const symbols[] = {"head",    "nodes", "function", "shared_name",
					      "level",   "later", "no_such",  "flexible",
					      "unnamed", "inner"};
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(info, &segments);
	int64_t value;

	for (size_t i = 0; i < count; i++)
		touch(segments[i].bytes, segments[i].file_size);
	touch(dwarf_info_build_id(info), strlen(dwarf_info_build_id(info)));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ask_type(dwarf_info_type(info, types[i]), 0);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(info, symbols[i]);
		const char *name;
		char line[64];

		if (!symbol)
			continue;
		ask_type(symbol->type, 0);
		dwarf_info_symbol_at(info, symbol->addr + 1, NULL);
		dwarf_info_line_at(info, symbol->addr, line, sizeof(line));
		ask_callers(info, symbol->addr);
		dwarf_info_line_outside(info, symbol->addr, pass_all, &name, line, sizeof(line));
	}
	dwarf_info_enumerator(info, "GREEN", &value);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct error error = {0};
	struct dwarf_info *info;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	info = dwarf_info_open(path, &error);
	if (info)
		ask(info);
	else if (error.status == EXIT_CLEAN || !error.text[0])
		abort();
	dwarf_info_close(info);
	close(fd);
	return 0;
}
