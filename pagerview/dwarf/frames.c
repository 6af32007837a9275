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

/* An augmentation would lie between the addresses and the program; there is none here. */
static bool entry_is_sane(const struct dwarf_info *info, const Dwarf_CFI_Entry *entry)
{
	size_t addresses = 2 * (size_t)info->pointer_size;

	if (dwarf_cfi_cie_p(entry))
		return entry->cie.augmentation[0] == '\0' &&
		       entry->cie.return_address_register < REGISTERS &&
		       program_is_sane(entry->cie.initial_instructions,
				       entry->cie.initial_instructions_end);
	return (size_t)(entry->fde.end - entry->fde.start) >= addresses &&
	       program_is_sane(entry->fde.start + addresses, entry->fde.end);
}

static bool table_is_sane(const struct dwarf_info *info, Elf_Data *table)
{
	const unsigned char *ident = (const unsigned char *)elf_getident(info->elf, NULL);
	Dwarf_Off at = 0, next;
	Dwarf_CFI_Entry entry;
	int found;

	while ((found = dwarf_next_cfi(ident, table, false, at, &next, &entry)) == 0) {
		if (!entry_is_sane(info, &entry))
			return false;
		at = next;
	}
	return found > 0;
}

/* The first is the one that libdw takes; in another guise (`.zdebug_frame`) it is not run. */
static Elf_Data *find_table(struct dwarf_info *info)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(info->elf, &names) != 0)
		return NULL;
	while ((section = elf_nextscn(info->elf, section)) != NULL) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(info->elf, names, header.sh_name)
					   : NULL;

		if (name && strstr(name, "debug_frame"))
			return strcmp(name, ".debug_frame") == 0 ? elf_getdata(section, NULL)
								 : NULL;
	}
	return NULL;
}

Dwarf_CFI *frames_of(struct dwarf_info *info)
{
	Elf_Data *table;

	if (!info->frames_read) {
		info->frames_read = true;
		table = find_table(info);
		if (table && table->d_buf && table_is_sane(info, table))
			info->frames = dwarf_getcfi(info->dwarf);
	}
	return info->frames;
}
