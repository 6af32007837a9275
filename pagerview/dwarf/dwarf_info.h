/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ELF and its DWARF (4 or 5) say of symbols, types and members, with libelf and libdw.
 * Knows nothing of any pager. Everything returned is owned by the dwarf_info and lives as long.
 * Names that are not there are NULL or false, never an error: the caller knows what it needs.
 */
#ifndef PAGERVIEW_DWARF_INFO_H
#define PAGERVIEW_DWARF_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"

struct dwarf_info;
struct dwarf_type; /* one type; qualifiers and typedefs are looked through wherever it matters */

enum dwarf_kind {
	DWARF_KIND_OTHER,
	DWARF_KIND_INTEGER, /* also bool, char */
	DWARF_KIND_ENUM,
	DWARF_KIND_POINTER,
	DWARF_KIND_STRUCT, /* also union */
	DWARF_KIND_ARRAY,
	DWARF_KIND_FUNCTION,
};

/* A place inside an object: where, how large, of what type. */
struct dwarf_member {
	uint64_t offset;         /* bytes from the start of the object */
	uint64_t size;           /* bytes; 0 unknown */
	unsigned int bit_offset; /* of a bit-field, from the least significant bit at `offset` */
	unsigned int bit_size;   /* 0: no bit-field */
	const struct dwarf_type *type;
};

struct dwarf_symbol {
	const char *name;
	uint64_t addr;                 /* as linked, bytes */
	uint64_t size;                 /* bytes; 0 unknown */
	const struct dwarf_type *type; /* of a variable; NULL when DWARF has none */
	bool is_function;
};

/*
 * Open PATH. NULL with ERROR: no file, no ELF, no DWARF, big-endian, or of another machine than
 * ARM, AArch64 or x86-64 (a core built for the host, read through gdbserver).
 */
struct dwarf_info *dwarf_info_open(const char *path, struct error *error);
void dwarf_info_close(struct dwarf_info *info);

unsigned int dwarf_info_pointer_size(const struct dwarf_info *info); /* bytes: 4 or 8 */
uint16_t dwarf_info_machine(const struct dwarf_info *info); /* EM_AARCH64, EM_ARM or EM_X86_64 */
/*
 * Memory was out for an answer since this was last asked: what was said not to be there may be.
 */
bool dwarf_info_was_short(struct dwarf_info *info);
const char *dwarf_info_build_id(const struct dwarf_info *info); /* hex, "" if none */
const char *dwarf_info_path(const struct dwarf_info *info);
/* A part of the ELF that is loaded (PT_LOAD). */
struct dwarf_segment {
	uint64_t addr, size; /* bytes, as linked; size in memory */
	bool write, exec;
	const void *bytes; /* the file's bytes of it, file_size of them */
	uint64_t file_size;
};
/* All of them, in the file's order; how many. */
size_t dwarf_info_segments(const struct dwarf_info *info, const struct dwarf_segment **segments);

/*
 * A variable or function by name; statics too (the first of several, global before static).
 * NULL: none.
 */
const struct dwarf_symbol *dwarf_info_symbol(struct dwarf_info *info, const char *name);
/* The function or object that covers ADDR (as linked), or NULL; OFFSET may be NULL. */
const struct dwarf_symbol *dwarf_info_symbol_at(struct dwarf_info *info, uint64_t addr,
						uint64_t *offset);
/* "file.c:123" of a code address into BUF; false when the line table has none. */
bool dwarf_info_line_at(struct dwarf_info *info, uint64_t addr, char *buf, size_t len);
/*
 * The same, but of code that was inlined from functions whose name PASSED says true of, innermost
 * first, the line that called the last of them. *FUNCTION: the one that this line is of, which may
 * be inlined itself; the ELF's own text; NULL: unknown, or passed.
 */
bool dwarf_info_line_outside(struct dwarf_info *info, uint64_t addr,
			     bool (*passed)(const char *name), const char **function, char *buf,
			     size_t len);

/* A complete struct, union, enum or typedef of that name, or NULL. */
const struct dwarf_type *dwarf_info_type(struct dwarf_info *info, const char *name);
enum dwarf_kind dwarf_type_kind(const struct dwarf_type *type);
const char *dwarf_type_name(const struct dwarf_type *type); /* "" for an anonymous one */
uint64_t dwarf_type_size(const struct dwarf_type *type);    /* bytes; 0 unknown or incomplete */
/* What a pointer points to (the complete type where there is one), an array's element; else NULL.
 */
const struct dwarf_type *dwarf_type_target(const struct dwarf_type *type);
/* Elements of an array in all its dimensions; 0 for a flexible one. */
uint64_t dwarf_type_count(const struct dwarf_type *type);
bool dwarf_type_is_signed(const struct dwarf_type *type);

/*
 * Follow PATH ("vm.areas.tqh_first", "mmu.root", "slices[0].fobj") inside TYPE without crossing a
 * pointer; members of anonymous structs and unions count as the outer one's. False: no such member.
 */
bool dwarf_type_member(const struct dwarf_type *type, const char *path,
		       struct dwarf_member *member);
/* Name of an enumerator of VALUE, or NULL; value of an enumerator by name (in any enum of the ELF).
 */
const char *dwarf_type_enumerator(const struct dwarf_type *type, int64_t value);
bool dwarf_info_enumerator(struct dwarf_info *info, const char *name, int64_t *value);

#endif
