/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and addresses of .symtab, hashed when the file is opened. Where a name occurs several times
 * (statics), a global one comes first, then the order of the table. The type of a variable is
 * looked for in the debug information when the symbol is first asked for, and must be of the same
 * address, so that two statics of one name are not mixed up.
 */
#include <dwarf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf_private.h"

#define MAX_SYMBOLS (1u << 26)

static Elf_Data *symtab_find(struct dwarf_info *info, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(info->elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == SHT_SYMTAB)
			return elf_getdata(section, NULL);
	return NULL;
}

/* Of a table's entry; false for what nobody asks for: files, sections, marks of code and data. */
static bool symbol_fill(struct dwarf_info *info, const GElf_Sym *entry, const char *name,
			struct elf_symbol *symbol)
{
	int type = GELF_ST_TYPE(entry->st_info);

	if (!name || !*name || *name == '$' || entry->st_shndx == SHN_UNDEF ||
	    (type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC))
		return false;
	*symbol = (struct elf_symbol){.name = name,
				      .addr = entry->st_value,
				      .size = entry->st_size,
				      .is_function = type == STT_FUNC,
				      .is_global = GELF_ST_BIND(entry->st_info) != STB_LOCAL,
				      .has_place = type != STT_NOTYPE};
	/* Bit 0 of a function's address says Thumb; the code is at the even address. */
	if (symbol->is_function && info->machine == EM_ARM)
		symbol->addr &= ~(uint64_t)1;
	return true;
}

static void symbols_index(struct dwarf_info *info, bool global)
{
	/* From the last to the first, as each becomes the head of its chain. */
	for (uint32_t i = info->num_symbols; i-- > 0;) {
		struct elf_symbol *symbol = &info->symbols[i];
		uint32_t *head;

		if (symbol->is_global != global)
			continue;
		head = index_head(&info->symbol_index, name_hash(symbol->name));
		symbol->next = *head;
		*head = i;
	}
}

bool symbols_read(struct dwarf_info *info)
{
	GElf_Shdr header;
	Elf_Data *data = symtab_find(info, &header);
	size_t entry_size = gelf_fsize(info->elf, ELF_T_SYM, 1, EV_CURRENT), count;

	count = data && entry_size ? data->d_size / entry_size : 0;
	if (count > MAX_SYMBOLS)
		count = MAX_SYMBOLS;
	info->symbols = calloc(count ? count : 1, sizeof(*info->symbols));
	if (!info->symbols || !index_init(&info->symbol_index, count))
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Sym entry;

		if (gelf_getsym(data, (int)i, &entry) &&
		    symbol_fill(info, &entry, elf_strptr(info->elf, header.sh_link, entry.st_name),
				&info->symbols[info->num_symbols]))
			info->num_symbols++;
	}
	symbols_index(info, false);
	symbols_index(info, true);
	return true;
}

static const struct dwarf_type *variable_type(struct dwarf_info *info, const char *name,
					      uint64_t addr)
{
	const struct name_entry *entry = NULL;

	while ((entry = names_find(info, name, NAME_VARIABLE, entry))) {
		Dwarf_Die die = entry->die;
		uint64_t at;

		if (die_address(&die, &at) && at == addr)
			return type_of_attribute(info, &die);
	}
	return NULL;
}

static const struct dwarf_symbol *symbol_make(struct dwarf_info *info, struct elf_symbol *from)
{
	struct dwarf_symbol *made = from->made;

	if (made)
		return made;
	made = info_keep(info, sizeof(*made));
	if (!made)
		return NULL;
	made->name = from->name;
	made->addr = from->addr;
	made->size = from->size;
	made->is_function = from->is_function;
	if (!from->is_function) {
		made->type = variable_type(info, from->name, from->addr);
		if (!made->size && made->type)
			made->size = dwarf_type_size(made->type);
	}
	return from->made = made;
}

/* A variable of a file without .symtab. */
static const struct dwarf_symbol *symbol_from_debug(struct dwarf_info *info, const char *name)
{
	const struct name_entry *entry = NULL;
	struct dwarf_symbol *made;
	Dwarf_Die die;
	uint64_t addr;

	while ((entry = names_find(info, name, NAME_VARIABLE, entry))) {
		die = entry->die;
		if (!die_address(&die, &addr))
			continue;
		made = info_keep(info, sizeof(*made));
		if (!made)
			return NULL;
		made->name = entry->name;
		made->addr = addr;
		made->type = type_of_attribute(info, &die);
		made->size = made->type ? dwarf_type_size(made->type) : 0;
		return made;
	}
	return NULL;
}

const struct dwarf_symbol *dwarf_info_symbol(struct dwarf_info *info, const char *name)
{
	uint32_t i = *index_head(&info->symbol_index, name_hash(name));

	for (; i != INDEX_END; i = info->symbols[i].next)
		if (!strcmp(info->symbols[i].name, name))
			return symbol_make(info, &info->symbols[i]);
	return symbol_from_debug(info, name);
}

static int compare_addr(const void *a, const void *b, void *context)
{
	const struct elf_symbol *symbols = context;
	const struct elf_symbol *left = &symbols[*(const uint32_t *)a];
	const struct elf_symbol *right = &symbols[*(const uint32_t *)b];

	if (left->addr != right->addr)
		return left->addr < right->addr ? -1 : 1;
	return left->size < right->size ? -1 : left->size > right->size;
}

static bool by_addr_ensure(struct dwarf_info *info)
{
	if (info->by_addr)
		return true;
	info->by_addr = calloc(info->num_symbols + 1, sizeof(*info->by_addr));
	if (!info->by_addr) {
		info->was_short = true;
		return false;
	}
	for (uint32_t i = 0; i < info->num_symbols; i++)
		if (info->symbols[i].has_place)
			info->by_addr[info->num_by_addr++] = i;
	qsort_r(info->by_addr, info->num_by_addr, sizeof(*info->by_addr), compare_addr,
		info->symbols);
	return true;
}

/* Number of symbols at or below ADDR. */
static uint32_t by_addr_count(const struct dwarf_info *info, uint64_t addr)
{
	uint32_t low = 0, high = info->num_by_addr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (info->symbols[info->by_addr[middle]].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct dwarf_symbol *dwarf_info_symbol_at(struct dwarf_info *info, uint64_t addr,
						uint64_t *offset)
{
	struct elf_symbol *symbol;
	uint32_t count;

	if (!by_addr_ensure(info))
		return NULL;
	count = by_addr_count(info, addr);
	if (!count)
		return NULL;
	symbol = &info->symbols[info->by_addr[count - 1]];
	/* Without a size, as in assembly, it reaches to the next symbol. */
	if (symbol->size ? addr - symbol->addr >= symbol->size : count == info->num_by_addr)
		return NULL;
	if (offset)
		*offset = addr - symbol->addr;
	return symbol_make(info, symbol);
}

static bool unit_at(struct dwarf_info *info, uint64_t addr, Dwarf_Die *unit)
{
	Dwarf_CU *cu = NULL;

	while (!dwarf_get_units(info->dwarf, cu, &cu, NULL, NULL, unit, NULL)) {
		if (dwarf_haspc(unit, addr) == 1)
			return true;
	}
	return false;
}

static void write_line(const char *file, int number, char *buf, size_t len)
{
	const char *slash = strrchr(file, '/');

	snprintf(buf, len, "%s:%d", slash ? slash + 1 : file, number);
}

static bool line_in_unit(Dwarf_Die *unit, uint64_t addr, char *buf, size_t len)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, addr);
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number;

	if (!file || dwarf_lineno(line, &number))
		return false;
	write_line(file, number, buf, len);
	return true;
}

bool dwarf_info_line_at(struct dwarf_info *info, uint64_t addr, char *buf, size_t len)
{
	Dwarf_Die unit;

	return unit_at(info, addr, &unit) && line_in_unit(&unit, addr, buf, len);
}

static bool number_of(Dwarf_Die *die, unsigned int name, Dwarf_Word *value)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) && !dwarf_formudata(&attribute, value);
}

/* Where the function that was inlined as DIE is called. */
static bool call_of(Dwarf_Die *unit, Dwarf_Die *die, char *buf, size_t len)
{
	Dwarf_Word file, line;
	Dwarf_Files *files;
	const char *name;
	size_t count;

	if (!number_of(die, DW_AT_call_file, &file) || !number_of(die, DW_AT_call_line, &line) ||
	    dwarf_getsrcfiles(unit, &files, &count) || file >= count || line > INT_MAX)
		return false;
	name = dwarf_filesrc(files, file, NULL, NULL);
	if (!name)
		return false;
	write_line(name, (int)line, buf, len);
	return true;
}

/*
 * What ADDR lies in, innermost first; the caller's to free. (The outer scopes that
 * dwarf_getscopes() knows are those that an inlined function was written in, not those it was
 * inlined into.)
 */
static int scopes_at(Dwarf_Die *unit, uint64_t addr, Dwarf_Die **scopes)
{
	Dwarf_Die *written = NULL;
	int count = dwarf_getscopes(unit, addr, &written);

	*scopes = NULL;
	if (count > 0)
		count = dwarf_getscopes_die(&written[0], scopes);
	free(written);
	return count;
}

bool dwarf_info_line_outside(struct dwarf_info *info, uint64_t addr,
			     bool (*passed)(const char *name), const char **function, char *buf,
			     size_t len)
{
	Dwarf_Die unit, *scopes = NULL;
	bool found;
	int count;

	*function = NULL;
	if (!unit_at(info, addr, &unit))
		return false;
	found = line_in_unit(&unit, addr, buf, len);
	count = scopes_at(&unit, addr, &scopes);
	for (int i = 0; i < count; i++) {
		int tag = dwarf_tag(&scopes[i]);
		const char *name;

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		name = dwarf_diename(&scopes[i]); /* through its abstract origin */
		if (name && !passed(name))
			*function = name;
		if (!name || *function || tag == DW_TAG_subprogram)
			break;
		found = call_of(&unit, &scopes[i], buf, len) || found;
	}
	free(scopes);
	return found;
}
