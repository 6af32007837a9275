/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols, types and members of the ELFs made from fixtures/elves: both compilers, DWARF 4 and 5,
 * 64-bit and 32-bit Thumb, optimised or not. What the layouts must be is known from the compiler's
 * own rules, not from what the reader says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dwarf/dwarf_private.h"
#include "dwarf/unwind.h"

static char folder[64];

static const struct build {
	const char *name, *command;
	unsigned int pointer;
} builds[] = {
	{"gcc, DWARF 5", "aarch64-linux-gnu-gcc -gdwarf-5", 8},
	{"gcc, DWARF 4, optimised", "aarch64-linux-gnu-gcc -gdwarf-4 -O2 -fno-inline", 8},
	{"gcc, DWARF 5, type units", "aarch64-linux-gnu-gcc -gdwarf-5 -fdebug-types-section", 8},
	{"gcc, DWARF 4, type units", "aarch64-linux-gnu-gcc -gdwarf-4 -fdebug-types-section", 8},
	{"gcc, DWARF 4, compressed", "aarch64-linux-gnu-gcc -gdwarf-4 -gz -Wl,--no-gc-sections", 8},
	{"clang, DWARF 5", "clang --target=aarch64-none-elf -fuse-ld=lld -gdwarf-5", 8},
	{"clang, DWARF 4, optimised",
	 "clang --target=aarch64-none-elf -fuse-ld=lld -gdwarf-4 -O2 -fno-inline", 8},
	{"clang, Thumb", "clang --target=armv7a-none-eabi -mthumb -fuse-ld=lld -gdwarf-5", 4},
};
#define NUM_BUILDS (sizeof(builds) / sizeof(builds[0]))

static void elf_path(size_t i, char *path, size_t len)
{
	snprintf(path, len, "%s/types%zu.elf", folder, i);
}

static int make_elves(void **state)
{
	(void)state;
	strcpy(folder, P_tmpdir "/test_dwarf.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		char path[128], command[600];

		elf_path(i, path, sizeof(path));
		snprintf(command, sizeof(command),
			 "%s -ffreestanding -nostdlib -static -Wl,--build-id=sha1 -Wl,-e,_start "
			 "-fno-asynchronous-unwind-tables -fno-unwind-tables -o %s "
			 "fixtures/elves/types.c fixtures/elves/types_other.c",
			 builds[i].command, path);
		if (system(command)) {
			print_message("failed: %s\n", command);
			return -1;
		}
	}
	return 0;
}

static int remove_elves(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		elf_path(i, path, sizeof(path));
		unlink(path);
	}
	return rmdir(folder);
}

static struct dwarf_info *open_build(size_t i)
{
	struct error error = {0};
	struct dwarf_info *info;
	char path[128];

	elf_path(i, path, sizeof(path));
	info = dwarf_info_open(path, &error);
	if (!info)
		fail_msg("%s: %s", builds[i].name, error.text);
	return info;
}

static const struct dwarf_type *type_of(struct dwarf_info *info, const char *name)
{
	const struct dwarf_type *type = dwarf_info_type(info, name);

	if (!type)
		fail_msg("no type %s in %s", name, dwarf_info_path(info));
	return type;
}

/* One type may be described by several units: alike, not one and the same. */
static bool is_same(const struct dwarf_type *a, const struct dwarf_type *b)
{
	return a && b && dwarf_type_kind(a) == dwarf_type_kind(b) &&
	       dwarf_type_size(a) == dwarf_type_size(b) && dwarf_type_size(a) &&
	       !strcmp(dwarf_type_name(a), dwarf_type_name(b));
}

static struct dwarf_member member_of(struct dwarf_info *info, const char *name, const char *path)
{
	struct dwarf_member member;

	if (!dwarf_type_member(type_of(info, name), path, &member))
		fail_msg("no %s.%s in %s", name, path, dwarf_info_path(info));
	return member;
}

static void check_place(struct dwarf_info *info, const char *path, uint64_t offset, uint64_t size)
{
	struct dwarf_member member = member_of(info, "node", path);

	if (member.offset != offset || member.size != size)
		fail_msg("node.%s is at %lu with %lu bytes, not at %lu with %lu (%s)", path,
			 (unsigned long)member.offset, (unsigned long)member.size,
			 (unsigned long)offset, (unsigned long)size, dwarf_info_path(info));
}

static void members_lie_where_the_compiler_puts_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		unsigned int p = builds[i].pointer, word = p, u = p == 8 ? 8 : 8;
		/* next, union, bits (4 bytes: the bit-fields share one), color, name, grid */
		unsigned int bits = p + u, color = bits + 4, name = color + 4, grid = name + 8;
		unsigned int later = grid + 24, tail = later + 2 * p;

		assert_int_equal(dwarf_info_pointer_size(info), p);
		check_place(info, "next", 0, p);
		check_place(info, "word", p, word);
		check_place(info, "low", p, 4);
		check_place(info, "high", p + 4, 4);
		check_place(info, "color", color, 4);
		check_place(info, "name", name, 8);
		check_place(info, "name[3]", name + 3, 1);
		check_place(info, "grid", grid, 24);
		check_place(info, "grid[2]", grid + 16, 8);
		check_place(info, "grid[2][1]", grid + 18, 2);
		check_place(info, "later", later, p);
		check_place(info, "call", later + p, p);
		check_place(info, "tail", tail, p);
		check_place(info, "tail.count", tail, 4);
		check_place(info, "tail.slices[0].fobj", tail + p, p);
		check_place(info, "tail.slices[7].offset", tail + p + 7 * 2 * p + p, 4);
		assert_int_equal(member_of(info, "packed", "value").offset, 1);
		assert_int_equal(dwarf_type_size(type_of(info, "node")), tail + p);
		dwarf_info_close(info);
	}
}

static void bit_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		struct dwarf_member flag = member_of(info, "node", "bits.flag");
		struct dwarf_member mode = member_of(info, "node", "bits.mode");
		struct dwarf_member wide = member_of(info, "node", "bits.wide");
		struct dwarf_member across = member_of(info, "packed", "across");
		struct dwarf_member bits = member_of(info, "node", "bits");

		assert_int_equal(flag.bit_size, 1);
		assert_int_equal(8 * (flag.offset - bits.offset) + flag.bit_offset, 0);
		assert_int_equal(mode.bit_size, 3);
		assert_int_equal(8 * (mode.offset - bits.offset) + mode.bit_offset, 3);
		assert_int_equal(wide.bit_size, 20);
		assert_int_equal(8 * (wide.offset - bits.offset) + wide.bit_offset, 6);
		assert_int_equal(across.bit_size, 13);
		assert_true(across.bit_offset + across.bit_size <= 8 * across.size);
		assert_int_equal(8 * across.offset + across.bit_offset,
				 8 * (1 + builds[i].pointer));
		assert_true(dwarf_type_is_signed(across.type));
		assert_int_equal(member_of(info, "node", "color").bit_size, 0);
		dwarf_info_close(info);
	}
}

static void paths_that_lead_nowhere(void **state)
{
	static const char *const paths[] = {
		"",
		".next",
		"next.",
		"nexts",
		"nex",
		"next.next",
		"grid[3]",
		"grid[0][4]",
		"grid[0][0][0]",
		"grid[",
		"grid[]",
		"grid[-1]",
		"grid[1",
		"color.x",
		"word[0]",
		"bits..flag",
		"tail.slices.fobj",
		"slices",
		"name[8]",
		"tail[0]",
	};
	struct dwarf_info *info = open_build(0);
	struct dwarf_member member;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (dwarf_type_member(type_of(info, "node"), paths[i], &member))
			fail_msg("node has a '%s'", paths[i]);
	dwarf_info_close(info);
}

static void kinds_and_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_type *grid = member_of(info, "node", "grid").type;
		const struct dwarf_type *row = member_of(info, "node", "grid[1]").type;
		const struct dwarf_type *slices = member_of(info, "node", "tail.slices").type;
		const struct dwarf_type *later = member_of(info, "node", "later").type;
		const struct dwarf_type *call = member_of(info, "node", "call").type;
		const struct dwarf_type *fobj = member_of(info, "node", "tail.slices[0].fobj").type;

		assert_int_equal(dwarf_type_kind(grid), DWARF_KIND_ARRAY);
		assert_int_equal(dwarf_type_count(grid), 12);
		assert_int_equal(dwarf_type_count(row), 4);
		assert_int_equal(dwarf_type_size(row), 8);
		assert_true(is_same(dwarf_type_target(row), dwarf_type_target(grid)));
		assert_true(dwarf_type_is_signed(dwarf_type_target(grid)));
		assert_int_equal(dwarf_type_count(slices), 0);
		assert_int_equal(dwarf_type_size(slices), 0);
		assert_string_equal(dwarf_type_name(dwarf_type_target(slices)), "");
		/* A pointer to what this file only declares leads to the complete type. */
		assert_int_equal(dwarf_type_kind(later), DWARF_KIND_POINTER);
		assert_int_equal(dwarf_type_size(dwarf_type_target(later)), 2 * builds[i].pointer);
		assert_true(is_same(dwarf_type_target(later), type_of(info, "later")));
		assert_int_equal(dwarf_type_kind(dwarf_type_target(call)), DWARF_KIND_FUNCTION);
		assert_null(dwarf_type_target(fobj)); /* void */
		/* Typedefs and qualifiers are looked through. */
		assert_int_equal(dwarf_type_kind(type_of(info, "node_ref")), DWARF_KIND_POINTER);
		assert_true(is_same(dwarf_type_target(type_of(info, "node_ref")),
				    type_of(info, "node")));
		assert_int_equal(dwarf_type_size(type_of(info, "u8")), 1);
		assert_null(dwarf_info_type(info, "no_such_type"));
		assert_null(dwarf_info_type(info, "nodes"));
		dwarf_info_close(info);
	}
}

static void enumerators(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_type *color = type_of(info, "color");
		const struct dwarf_type *level = type_of(info, "level");
		int64_t value;

		assert_int_equal(dwarf_type_kind(color), DWARF_KIND_ENUM);
		assert_string_equal(dwarf_type_enumerator(color, 5), "GREEN");
		assert_string_equal(dwarf_type_enumerator(color, 0x80000000), "BLUE");
		assert_null(dwarf_type_enumerator(color, 1));
		assert_string_equal(dwarf_type_enumerator(level, -2), "LEVEL_LOW");
		assert_string_equal(dwarf_type_enumerator(level, 200), "LEVEL_HIGH");
		assert_true(dwarf_type_is_signed(level));
		assert_false(dwarf_type_is_signed(color));
		assert_true(dwarf_info_enumerator(info, "LEVEL_HIGH", &value));
		assert_int_equal(value, 200);
		assert_true(dwarf_info_enumerator(info, "LEVEL_LOW", &value));
		assert_int_equal(value, -2);
		assert_false(dwarf_info_enumerator(info, "LEVEL_NONE", &value));
		dwarf_info_close(info);
	}
}

static void symbols(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_symbol *nodes = dwarf_info_symbol(info, "nodes");
		const struct dwarf_symbol *function = dwarf_info_symbol(info, "function");
		const struct dwarf_symbol *shared = dwarf_info_symbol(info, "shared_name");
		uint64_t offset;

		assert_non_null(nodes);
		assert_false(nodes->is_function);
		assert_int_equal(dwarf_type_count(nodes->type), 5);
		assert_true(is_same(dwarf_type_target(nodes->type), type_of(info, "node")));
		assert_int_equal(nodes->size, dwarf_type_size(nodes->type));
		assert_string_equal(dwarf_type_name(dwarf_info_symbol(info, "later")->type),
				    "later");
		assert_int_equal(dwarf_info_symbol(info, "flexible")->size, 3);
		assert_non_null(function);
		assert_true(function->is_function);
		assert_int_equal(function->addr % 2, 0);
		assert_null(function->type);
		/* Two statics of one name: the type is that of the one that is told. */
		if (shared)
			assert_int_equal(shared->size, dwarf_type_size(shared->type));
		assert_null(dwarf_info_symbol(info, "no_such_symbol"));
		assert_true(dwarf_info_symbol_at(info, nodes->addr + 9, &offset) == nodes);
		assert_int_equal(offset, 9);
		assert_true(dwarf_info_symbol_at(info, function->addr + 2, &offset) == function);
		assert_int_equal(offset, 2);
		assert_null(dwarf_info_symbol_at(info, 16, &offset));
		assert_null(dwarf_info_symbol_at(info, UINT64_MAX, NULL));
		dwarf_info_close(info);
	}
}

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_symbol *function = dwarf_info_symbol(info, "other");
		char line[64], cut[8];

		assert_true(dwarf_info_line_at(info, function->addr, line, sizeof(line)));
		assert_memory_equal(line, "types_other.c:1", strlen("types_other.c:1"));
		assert_true(dwarf_info_line_at(info, function->addr, cut, sizeof(cut)));
		assert_string_equal(cut, "types_o");
		assert_false(dwarf_info_line_at(info, 16, line, sizeof(line)));
		dwarf_info_close(info);
	}
}

static bool passes_get(const char *name)
{
	return strcmp(name, "count_get") == 0 || strcmp(name, "refc_add") == 0;
}

static bool passes_none(const char *name)
{
	return !name;
}

/* Inlined code is told by the line that it was called on, in the function that it became part of.
 */
static void lines_of_inlined_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_symbol *function = dwarf_info_symbol(info, "counted");
		unsigned int inlined = 0;
		const char *name;
		char line[64];

		assert_non_null(function);
		for (uint64_t at = function->addr; at < function->addr + function->size; at += 2) {
			assert_true(dwarf_info_line_at(info, at, line, sizeof(line)));
			if (strcmp(line, "types_other.c:22"))
				continue;
			inlined++;
			assert_true(dwarf_info_line_outside(info, at, passes_none, &name, line,
							    sizeof(line)));
			assert_string_equal(name, "refc_add");
			assert_string_equal(line, "types_other.c:22");
			assert_true(dwarf_info_line_outside(info, at, passes_get, &name, line,
							    sizeof(line)));
			assert_string_equal(name, "counted");
			assert_string_equal(line, "types_other.c:33");
		}
		assert_true(inlined > 0);
		assert_false(
			dwarf_info_line_outside(info, 16, passes_get, &name, line, sizeof(line)));
		assert_null(name);
		dwarf_info_close(info);
	}
}

static void segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);
		const struct dwarf_symbol *level = dwarf_info_symbol(info, "level");
		const struct dwarf_symbol *nodes = dwarf_info_symbol(info, "nodes");
		const struct dwarf_segment *list;
		size_t count = dwarf_info_segments(info, &list);
		bool has_level = false, has_nodes = false;

		assert_int_equal(strlen(dwarf_info_build_id(info)), 40);
		for (size_t s = 0; s < count; s++) {
			const struct dwarf_segment *at = &list[s];
			uint64_t in_level = level->addr - at->addr;

			assert_true(at->file_size <= at->size);
			if (level->addr >= at->addr && in_level + 4 <= at->file_size) {
				has_level = true;
				assert_memory_equal((const char *)at->bytes + in_level,
						    "\xfe\xff\xff\xff", 4);
			}
			has_nodes |= at->write && nodes->addr >= at->addr &&
				     nodes->addr - at->addr < at->size;
		}
		assert_true(has_level);
		assert_true(has_nodes);
		dwarf_info_close(info);
	}
}

static void frame_information_is_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_BUILDS; i++) {
		struct dwarf_info *info = open_build(i);

		if (!frames_of(info))
			fail_msg("no frame information in %s", builds[i].name);
		dwarf_info_close(info);
	}
}

#define FUNCTION(text) ".cfi_sections .debug_frame; .cfi_startproc; nop; " text "; .cfi_endproc"

/* The ELF of a piece of assembler. */
static struct dwarf_info *assemble(const char *with, const char *assembler)
{
	struct error error = {0};
	struct dwarf_info *info;
	char path[128], command[1500];

	snprintf(path, sizeof(path), "%s/assembled.elf", folder);
	snprintf(command, sizeof(command),
		 "echo '.globl _start; .type _start,%%function; _start: nop; %s' | %s -g -nostdlib "
		 "-static -Wl,--build-id=sha1 -o %s -x assembler -",
		 assembler, with, path);
	assert_int_equal(system(command), 0);
	info = dwarf_info_open(path, &error);
	if (!info)
		fail_msg("%s: %s", path, error.text);
	unlink(path);
	return info;
}

/* Is its frame information run? */
static bool is_run(const char *assembler)
{
	struct dwarf_info *info = assemble("aarch64-linux-gnu-gcc", assembler);
	bool run = frames_of(info) != NULL;

	dwarf_info_close(info);
	return run;
}

/* A common part whose program has, as data, another one, with that program; it is the one named. */
#define COMMON ".4byte 0xffffffff; .byte 1,0,4,0x78,30,12,31,0;"
#define NESTED(program)                                                                            \
	".section .debug_frame,\"\",%progbits\nall: .4byte 2f-1f\n1: " COMMON                      \
	".byte 0x16,1,4f-3f\n3: .4byte 4f-5f\n5: " COMMON ".byte " program "\n4: .balign 8\n"      \
	"2: .4byte 7f-6f\n6: .4byte 3b-all; .8byte _start,4; .byte 0; .balign 8\n7:"

/* What no compiler writes could cost libdw gigabytes. */
static void hostile_frame_information_is_not(void **state)
{
	static const char *const good[] = {
		FUNCTION(".cfi_def_cfa_offset 16"),
		FUNCTION(".cfi_signal_frame"),
		FUNCTION(".cfi_escape 0x2d,0x2c"), /* the return address is signed */
		NESTED("5,0x9f,0x80,0x80,0,1"),
	};
	static const char *const bad[] = {
		FUNCTION(".cfi_escape 0x05,0xff,0xff,0xff,0x7f,0x01"), /* a far register's place */
		FUNCTION(".cfi_escape 0x09,1,0x80,0x80,0x80,0x40"),    /* a register in a far one */
		FUNCTION(".cfi_escape 0x0c,0x80,0x08,0"),         /* the frame's address from one */
		FUNCTION(".rept 65\n.cfi_remember_state\n.endr"), /* states without end */
		FUNCTION(".cfi_escape 0x0f,0x7f"),                /* an expression beyond all */
		FUNCTION(".cfi_escape 0x3f"),                     /* no instruction */
		FUNCTION(".cfi_escape 0x0e,0xff,0xff,0xff,0xff,0xff,0xff,0xff,0xff,0xff,0xff,0x01"),
		NESTED("5,0xff,0xff,0xff,0x1f,1"),
		/* two of them, and one without bytes */
		FUNCTION("") "; .section .zdebug_frame; .skip 64",
		".section .debug_frame,\"\",%nobits; .skip 64",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!is_run(good[i]))
			fail_msg("it is not run: %s", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (is_run(bad[i]))
			fail_msg("it is run: %s", bad[i]);
	}
}

static bool read_nothing(void *arg, uint64_t addr, unsigned int size, uint64_t *value)
{
	(void)arg;
	(void)addr;
	(void)size;
	(void)value;
	return false;
}

/* Assembler without frame information: the link register has the caller, unless it is stale. */
static void leaves_have_callers(void **state)
{
	static const struct {
		const char *with;
		unsigned int link;
	} machines[] = {
		{"aarch64-linux-gnu-gcc", 30},
		{"clang --target=armv7a-none-eabi -mthumb -fuse-ld=lld", 14},
	};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dwarf_info *info = assemble(
			machines[i].with, "nop; nop; .size _start,.-_start; .type caller,%function;"
					  "caller: nop; nop; nop; nop; .size caller,.-caller");
		uint64_t leaf = dwarf_info_symbol(info, "_start")->addr, frames[4];
		uint64_t caller = dwarf_info_symbol(info, "caller")->addr;
		struct unwind_regs regs = {.pc = leaf + 2};

		regs.value[machines[i].link] = caller + 5;
		assert_int_equal(unwind(info, &regs, 0, read_nothing, NULL, frames, 4), 2);
		assert_int_equal(frames[0], leaf + 2);
		assert_int_equal(frames[1], caller + 5);
		regs.value[machines[i].link] = leaf + 5;
		assert_int_equal(unwind(info, &regs, 0, read_nothing, NULL, frames, 4), 1);
		dwarf_info_close(info);
	}
}

static void refuse(const char *command, enum exit_status status, const char *says)
{
	struct error error = {0};
	char path[128], whole[400], from[128];

	elf_path(0, from, sizeof(from));
	snprintf(path, sizeof(path), "%s/refused", folder);
	snprintf(whole, sizeof(whole), command, from, path);
	assert_int_equal(system(whole), 0);
	assert_null(dwarf_info_open(path, &error));
	assert_int_equal(error.status, status);
	if (!strstr(error.text, says) || !strstr(error.text, path))
		fail_msg("'%s' has no '%s'", error.text, says);
	unlink(path);
}

static void what_is_no_such_elf_is_refused(void **state)
{
	struct error error = {0};

	(void)state;
	refuse("aarch64-linux-gnu-strip -o %2$s %1$s", EXIT_LAYOUT, "no debug information");
	refuse("head -c 3 %1$s > %2$s", EXIT_LAYOUT, "is no ELF");
	refuse(": %1$s; echo hello > %2$s", EXIT_LAYOUT, "is no ELF");
	refuse(": %1$s > %2$s", EXIT_LAYOUT, "is no ELF");
	/* e_machine 8: MIPS; EI_DATA 2: big-endian */
	refuse("cp %1$s %2$s; printf '\\010' | dd of=%2$s bs=1 seek=18 conv=notrunc status=none",
	       EXIT_LAYOUT, "is for machine 8");
	refuse("cp %1$s %2$s; printf '\\002' | dd of=%2$s bs=1 seek=5 conv=notrunc status=none",
	       EXIT_LAYOUT, "");
	assert_null(dwarf_info_open(folder, &error));
	assert_int_equal(error.status, EXIT_USAGE);
	error = (struct error){0};
	assert_null(dwarf_info_open("/there/is/no/such/file", &error));
	assert_int_equal(error.status, EXIT_USAGE);
	assert_non_null(strstr(error.text, "No such file"));
	dwarf_info_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_lie_where_the_compiler_puts_them),
		cmocka_unit_test(bit_fields),
		cmocka_unit_test(paths_that_lead_nowhere),
		cmocka_unit_test(kinds_and_targets),
		cmocka_unit_test(enumerators),
		cmocka_unit_test(symbols),
		cmocka_unit_test(lines),
		cmocka_unit_test(lines_of_inlined_code),
		cmocka_unit_test(segments),
		cmocka_unit_test(frame_information_is_run),
		cmocka_unit_test(hostile_frame_information_is_not),
		cmocka_unit_test(leaves_have_callers),
		cmocka_unit_test(what_is_no_such_elf_is_refused),
	};

	return cmocka_run_group_tests(tests, make_elves, remove_elves);
}
