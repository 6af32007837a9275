/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Call frame information is a program that libdw runs (DWARF 5, section 6.4.2). It makes room for
 * whatever register is named there, and again for every state that is remembered: a number that is
 * garbage costs gigabytes. So the program is read over once, and not run if it names what no
 * machine has. `.eh_frame` is left alone: the kernels that are looked at are linked without it.
 */
#include <dwarf.h>
#include <string.h>

#include "dwarf_private.h"

#define REGISTERS  1024 /* DWARF numbers of AArch64 and AArch32 end below */
#define REMEMBERED 64   /* states at once; compilers need one or two */

struct table {
	const unsigned char *ident; /* the ELF's first bytes */
	Elf_Data *data;
	size_t addresses; /* bytes of a function's place and size */
};

struct program {
	const uint8_t *at, *end;
	unsigned int remembered;
};

/*
 * The operands of an instruction: `r` a register, `u` another LEB128 number, `b` a block, a digit
 * that many bytes. DW_CFA_set_loc is not among them: no compiler writes it.
 */
static const char *operands_of(uint8_t op)
{
	static const char *const operands[64] = {
		[DW_CFA_nop] = "",
		[DW_CFA_advance_loc1] = "1",
		[DW_CFA_advance_loc2] = "2",
		[DW_CFA_advance_loc4] = "4",
		[DW_CFA_offset_extended] = "ru",
		[DW_CFA_restore_extended] = "r",
		[DW_CFA_undefined] = "r",
		[DW_CFA_same_value] = "r",
		[DW_CFA_register] = "rr",
		[DW_CFA_remember_state] = "",
		[DW_CFA_restore_state] = "",
		[DW_CFA_def_cfa] = "ru",
		[DW_CFA_def_cfa_register] = "r",
		[DW_CFA_def_cfa_offset] = "u",
		[DW_CFA_def_cfa_expression] = "b",
		[DW_CFA_expression] = "rb",
		[DW_CFA_offset_extended_sf] = "ru",
		[DW_CFA_def_cfa_sf] = "ru",
		[DW_CFA_def_cfa_offset_sf] = "u",
		[DW_CFA_val_offset] = "ru",
		[DW_CFA_val_offset_sf] = "ru",
		[DW_CFA_val_expression] = "rb",
		[DW_CFA_GNU_window_save] = "", /* on AArch64: the return address is signed */
		[0x2c] = "", /* the same, by its own address too; dwarf.h has no name for it */
		[DW_CFA_GNU_args_size] = "u",
		[DW_CFA_GNU_negative_offset_extended] = "ru",
	};

	if (op & 0xc0) /* the other six bits are an operand, of a small register or a small step */
		return (op & 0xc0) == DW_CFA_offset ? "u" : "";
	return operands[op];
}

static bool pass(struct program *program, uint64_t len)
{
	if (len > (uint64_t)(program->end - program->at))
		return false;
	program->at += len;
	return true;
}

/* Unsigned LEB128; of a signed one only that it has ended is of use. */
static bool take_number(struct program *program, uint64_t *value)
{
	unsigned int shift = 0;
	uint8_t byte;

	*value = 0;
	do {
		if (program->at == program->end || shift > 63)
			return false;
		byte = *program->at++;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return true;
}

static bool take_operand(struct program *program, char kind)
{
	uint64_t value;

	switch (kind) {
	case 'r':
		return take_number(program, &value) && value < REGISTERS;
	case 'u':
		return take_number(program, &value);
	case 'b':
		return take_number(program, &value) && pass(program, value);
	default:
		return pass(program, (uint64_t)(kind - '0'));
	}
}

static bool program_is_sane(const uint8_t *start, const uint8_t *end)
{
	struct program program = {.at = start, .end = end};

	while (program.at < program.end) {
		uint8_t op = *program.at++;
		const char *operands = operands_of(op);

		if (!operands || (op == DW_CFA_remember_state && ++program.remembered > REMEMBERED))
			return false;
		if (op == DW_CFA_restore_state && program.remembered)
			program.remembered--;
		for (; *operands; operands++) {
			if (!take_operand(&program, *operands))
				return false;
		}
	}
	return true;
}

/* What all functions begin with. Data of an augmentation would lie before programs; "S" has none.
 */
static bool common_is_sane(const Dwarf_CIE *cie)
{
	return (!cie->augmentation[0] || strcmp(cie->augmentation, "S") == 0) &&
	       cie->return_address_register < REGISTERS &&
	       program_is_sane(cie->initial_instructions, cie->initial_instructions_end);
}

static int table_entry(const struct table *table, Dwarf_Off at, Dwarf_Off *next,
		       Dwarf_CFI_Entry *entry)
{
	return dwarf_next_cfi(table->ident, table->data, false, at, next, entry);
}

/* A function's names where its common part is, which may be inside of something else. */
static bool function_is_sane(const struct table *table, const Dwarf_FDE *fde)
{
	Dwarf_CFI_Entry entry;
	Dwarf_Off next;

	return (size_t)(fde->end - fde->start) >= table->addresses &&
	       program_is_sane(fde->start + table->addresses, fde->end) &&
	       table_entry(table, fde->CIE_pointer, &next, &entry) == 0 &&
	       dwarf_cfi_cie_p(&entry) && common_is_sane(&entry.cie);
}

static bool table_is_sane(const struct table *table)
{
	Dwarf_Off at = 0, next;
	Dwarf_CFI_Entry entry;
	int found;

	while ((found = table_entry(table, at, &next, &entry)) == 0) {
		if (!(dwarf_cfi_cie_p(&entry) ? common_is_sane(&entry.cie)
					      : function_is_sane(table, &entry.fde)))
			return false;
		at = next;
	}
	return found > 0;
}

/* One section alone is sure to be the one that libdw takes, and it passes over members of groups.
 */
static Elf_Data *find_table(struct dwarf_info *info)
{
	Elf_Scn *section = NULL, *found = NULL;
	size_t names;

	if (elf_getshdrstrndx(info->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(info->elf, section)) != NULL) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(info->elf, names, header.sh_name)
					   : NULL;

		if (!name || !strstr(name, "debug_frame") || strncmp(name, ".rel", 4) == 0)
			continue;
		if (found || strcmp(name, ".debug_frame") != 0 || (header.sh_flags & SHF_GROUP))
			return NULL;
		found = section;
	}
	return found ? elf_getdata(found, NULL) : NULL;
}

Dwarf_CFI *frames_of(struct dwarf_info *info)
{
	struct table table;

	if (!info->frames_read) {
		info->frames_read = true;
		table = (struct table){(const unsigned char *)elf_getident(info->elf, NULL),
				       find_table(info), 2 * (size_t)info->pointer_size};
		if (table.data && table.data->d_buf && table_is_sane(&table))
			info->frames = dwarf_getcfi(info->dwarf);
	}
	return info->frames;
}
