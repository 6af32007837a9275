/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names at the top level of all compilation units, and those of the enumerators one level below,
 * read in one pass when the first is asked for. The same struct is described in every unit that
 * sees it; the first complete one is kept, as all are alike. Of variables, every definition is kept
 * (statics share names) and no declaration.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf_private.h"

#define MAX_NAMES       (1u << 24)
#define MAX_ENUMERATORS 65536

static bool kind_of_tag(int tag, enum name_kind *kind)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
		*kind = NAME_STRUCT;
		return true;
	case DW_TAG_enumeration_type:
		*kind = NAME_ENUM;
		return true;
	case DW_TAG_typedef:
	case DW_TAG_base_type:
		*kind = NAME_TYPEDEF;
		return true;
	case DW_TAG_variable:
		*kind = NAME_VARIABLE;
		return true;
	default:
		return false;
	}
}

static bool die_is_declaration(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	bool flag = false;

	return dwarf_attr(die, DW_AT_declaration, &attribute) &&
	       !dwarf_formflag(&attribute, &flag) && flag;
}

static bool chain_has(const struct dwarf_info *info, uint32_t i, const char *name,
		      enum name_kind kind)
{
	for (; i != INDEX_END; i = info->names[i].next) {
		const struct name_entry *entry = &info->names[i];

		/* Strings are mostly shared, so most comparisons end here. */
		if (entry->kind == kind && (entry->name == name || !strcmp(entry->name, name)))
			return true;
	}
	return false;
}

static bool names_grow(struct dwarf_info *info)
{
	uint32_t room = info->room_names ? 2 * info->room_names : 1024;
	struct name_entry *names = realloc(info->names, room * sizeof(*names));

	if (!names)
		return false;
	info->names = names;
	info->room_names = room;
	return true;
}

static bool names_add(struct dwarf_info *info, Dwarf_Die *die, enum name_kind kind)
{
	const char *name = dwarf_diename(die);
	uint32_t *head;

	if (!name || !*name || info->num_names == MAX_NAMES)
		return true;
	head = index_head(&info->name_index, name_hash(name));
	if (kind != NAME_VARIABLE && chain_has(info, *head, name, kind))
		return true;
	if (die_is_declaration(die))
		return true;
	if (info->num_names == info->room_names && !names_grow(info))
		return false;
	info->names[info->num_names] =
		(struct name_entry){.name = name, .die = *die, .next = *head, .kind = kind};
	*head = info->num_names++;
	return true;
}

static bool enumerators_add(struct dwarf_info *info, Dwarf_Die *type)
{
	Dwarf_Die die;
	int seen = 0;

	if (dwarf_child(type, &die))
		return true;
	do
		if (dwarf_tag(&die) == DW_TAG_enumerator && !names_add(info, &die, NAME_ENUMERATOR))
			return false;
	while (++seen < MAX_ENUMERATORS && !dwarf_siblingof(&die, &die));
	return true;
}

static bool unit_read(struct dwarf_info *info, Dwarf_Die *unit)
{
	enum name_kind kind;
	Dwarf_Die die;
	Dwarf_Off before = 0;

	if (dwarf_child(unit, &die))
		return true;
	do {
		/* Siblings of a damaged file could lead back. */
		if (dwarf_dieoffset(&die) <= before)
			return true;
		before = dwarf_dieoffset(&die);
		if (!kind_of_tag(dwarf_tag(&die), &kind))
			continue;
		if (!names_add(info, &die, kind) ||
		    (kind == NAME_ENUM && !enumerators_add(info, &die)))
			return false;
	} while (!dwarf_siblingof(&die, &die));
	return true;
}

static bool names_read(struct dwarf_info *info)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	if (!index_init(&info->name_index, 1u << 15))
		return false;
	while (!dwarf_get_units(info->dwarf, cu, &cu, NULL, NULL, &unit, NULL))
		if (dwarf_tag(&unit) != DW_TAG_invalid && !unit_read(info, &unit))
			return false;
	return true;
}

const struct name_entry *names_find(struct dwarf_info *info, const char *name, enum name_kind kind,
				    const struct name_entry *after)
{
	uint32_t i;

	if (!info->names_read && !names_read(info))
		return NULL;
	info->names_read = true;
	i = after ? after->next : *index_head(&info->name_index, name_hash(name));
	for (; i != INDEX_END; i = info->names[i].next) {
		const struct name_entry *entry = &info->names[i];

		if (entry->kind == kind && !strcmp(entry->name, name))
			return entry;
	}
	return NULL;
}
