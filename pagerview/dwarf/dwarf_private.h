/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of dwarf/ share: dwarf_info.c (the file, its segments), symbols.c (.symtab,
 * lines), names.c (names to entries of the debug information), types.c (types and members),
 * frames.c (call frame information that may be run), unwind.c (callers).
 */
#ifndef PAGERVIEW_DWARF_PRIVATE_H
#define PAGERVIEW_DWARF_PRIVATE_H

#include <elfutils/libdw.h>
#include <gelf.h>

#include "dwarf_info.h"

/* One name of .symtab. */
struct elf_symbol {
	const char *name;
	uint64_t addr, size;
	uint32_t next;                          /* of the same hash; UINT32_MAX: last */
	bool is_function, is_global, has_place; /* has_place: a function or object, not a label */
	struct dwarf_symbol *made; /* what the user was given; NULL: not asked for yet */
};

/* The first entry of that name and kind in the debug information. */
enum name_kind { NAME_STRUCT, NAME_ENUM, NAME_ENUMERATOR, NAME_TYPEDEF, NAME_VARIABLE };
struct name_entry {
	const char *name;
	Dwarf_Die die;
	uint32_t next;
	enum name_kind kind;
};

/* Chains of 32-bit indices by hash. */
struct index {
	uint32_t *heads;
	uint32_t mask;
};
#define INDEX_END UINT32_MAX
bool index_init(struct index *index, size_t expected);
uint32_t *index_head(const struct index *index, uint32_t hash);
uint32_t name_hash(const char *name);

/* Memory that lives as long as the dwarf_info. */
struct keep {
	struct keep *next;
	max_align_t bytes[];
};

struct dwarf_type {
	struct dwarf_info *info;
	Dwarf_Die die;
	int tag;
	unsigned int dimension; /* of an array: how many dimensions were indexed away */
	struct dwarf_type *next;
};

#define TYPE_BUCKETS 4096

struct dwarf_info {
	char *path;
	int fd;
	Elf *elf;
	Dwarf *dwarf;
	uint16_t machine;
	unsigned int pointer_size;
	char build_id[2 * 64 + 1];
	struct dwarf_segment *segments;
	size_t num_segments;

	struct elf_symbol *symbols;
	uint32_t num_symbols;
	struct index symbol_index;
	uint32_t *by_addr; /* indices of symbols with a place; made when first asked for */
	uint32_t num_by_addr;

	bool frames_read;
	Dwarf_CFI *frames; /* the Dwarf's own; frames_of() reads it */

	bool names_read;
	struct name_entry *names;
	uint32_t num_names, room_names;
	struct index name_index;

	bool was_short; /* of memory */
	struct dwarf_type *types[TYPE_BUCKETS];
	struct keep *kept;
};

void *info_keep(struct dwarf_info *info, size_t size); /* zeroed; NULL: out of memory */
bool symbols_read(struct dwarf_info *info);
/* The entry of KIND called NAME, after the one AFTER (NULL: first); NULL: none. */
const struct name_entry *names_find(struct dwarf_info *info, const char *name, enum name_kind kind,
				    const struct name_entry *after);
/* The type that a DIE stands for, qualifiers and typedefs peeled; NULL: void, or makes no sense. */
const struct dwarf_type *type_of_die(struct dwarf_info *info, Dwarf_Die *die);
/* The type that DW_AT_type of a DIE names. */
const struct dwarf_type *type_of_attribute(struct dwarf_info *info, Dwarf_Die *die);
/* The call frame information; NULL: there is none, or none that can be right. */
Dwarf_CFI *frames_of(struct dwarf_info *info);
/* An address that DW_AT_location states as a constant. */
bool die_address(Dwarf_Die *die, uint64_t *addr);

#endif
