/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables: their format, what leads to an area's, the core's own; and how the slide is
 * found.
 */
#include "layout_work.h"

#include <string.h>

/* "leaf": what an area's leaf_tables points to, and where in it the entries' address is. */
static bool resolve_leaf(struct work *work, const cJSON *leaf, struct layout_tables *tables)
{
	const struct layout_object *area = &work->layout->objects[OBJECT_AREA];
	const struct dwarf_type *type = layout_find_struct(work, area->type);
	struct base base = {
		.type = layout_find_struct(work, cJSON_GetStringValue(get(leaf, "type")))};
	const cJSON *shift = get(leaf, "shift");
	struct layout_field place = {0};

	if (!leaf)
		return true;
	snprintf(work->where, sizeof(work->where), "tables.leaf");
	if (!cJSON_IsNumber(shift) || shift->valuedouble < 16 || shift->valuedouble > 30)
		return work_bad_form(work, "shift: expected 16 to 30");
	tables->leaf_shift = (unsigned int)shift->valuedouble;
	if (!area->present || !area->fields[ROLE_LEAF_TABLES].present || !base.type ||
	    !layout_field_follow(work, &place, &type, area->fields[ROLE_LEAF_TABLES].path) ||
	    !layout_is_pointer(type))
		return work_missing(work, false, "struct", "its type, or an area's leaf_tables");
	tables->leaf_is_array = layout_is_pointer(dwarf_type_target(type));
	tables->has_leaf = true;
	return layout_field_resolve(work, &base, get(leaf, "table"), true, &tables->leaf_table);
}

/* "core": an array of descriptions of the core's own leaf tables. */
static bool resolve_core_tables(struct work *work, const cJSON *core, struct layout_tables *tables)
{
	struct base global = {.symbol = &tables->core_symbol};
	struct base counts = {.symbol = &tables->core_count_symbol};
	const struct dwarf_type *type, *count_type;
	struct base element = {0};

	if (!core)
		return true;
	snprintf(work->where, sizeof(work->where), "tables.core");
	if (!work_check_alternatives(work, get(core, "head"), "head"))
		return false;
	if (!layout_field_find(work, &global, get(core, "head"), "", &tables->core_head, &type) ||
	    !type)
		return work_missing(work, false, "variable", work_tried(work, get(core, "head")));
	if (layout_is_pointer(type) && tables->core_head.num_hops < LAYOUT_MAX_HOPS) {
		tables->core_head.offset[++tables->core_head.num_hops] = 0;
		type = dwarf_type_target(type);
	} else if (dwarf_type_kind(type) == DWARF_KIND_ARRAY) {
		tables->core_fixed_count = dwarf_type_count(type);
		type = dwarf_type_target(type);
	}
	element.type = type;
	tables->core_stride = type ? dwarf_type_size(type) : 0;
	tables->core_count.divide = 1;
	tables->core_has_count = get(core, "count") &&
				 work_check_alternatives(work, get(core, "count"), "count") &&
				 layout_field_find(work, &counts, get(core, "count"), "",
						   &tables->core_count, &count_type);
	if (!tables->core_stride || (!tables->core_has_count && !tables->core_fixed_count))
		return work_missing(work, false, "array", "its length");
	tables->has_core = true;
	return layout_field_resolve(work, &element, get(core, "table"), true,
				    &tables->core_table) &&
	       layout_field_resolve(work, &element, get(core, "base"), true, &tables->core_base) &&
	       layout_field_resolve(work, &element, get(core, "entries"), true,
				    &tables->core_entries);
}

static bool resolve_format(struct work *work, const cJSON *item, struct layout_tables *tables)
{
	static const char *const keys[] = {"if", "format", "va_bits", "leaf", "core", NULL};
	const char *format = cJSON_GetStringValue(get(item, "format"));
	const cJSON *bits = get(item, "va_bits");

	if (!work_check_keys(work, item, keys))
		return false;
	if (format && strcmp(format, "aarch64-4k") == 0)
		tables->format = TABLES_AARCH64_4K;
	else if (format && strcmp(format, "arm-short") == 0)
		tables->format = TABLES_ARM_SHORT;
	else
		return work_bad_form(work, "unknown format of translation tables");
	if (bits && (!cJSON_IsNumber(bits) || bits->valuedouble < 25 || bits->valuedouble > 48))
		return work_bad_form(work, "va_bits: expected 25 to 48");
	work_tell(work, "%-26s %s", "tables.format", format);
	tables->va_bits = bits ? (unsigned int)bits->valuedouble : 0;
	return resolve_leaf(work, get(item, "leaf"), tables) &&
	       resolve_core_tables(work, get(item, "core"), tables);
}

/* One description, or a list of which the first counts whose "if" is a symbol of this ELF. */
bool layout_tables_resolve(struct work *work, const cJSON *tables)
{
	const cJSON *item = cJSON_IsArray(tables) ? tables->child : tables;

	snprintf(work->where, sizeof(work->where), "tables");
	for (; item; item = cJSON_IsArray(tables) ? item->next : NULL) {
		const char *symbol = cJSON_GetStringValue(get(item, "if"));

		if (!symbol || dwarf_info_symbol(work->dwarf, symbol))
			return resolve_format(work, item, &work->layout->tables);
	}
	return true;
}

/* A variable that holds the first table's address, or an array that is this table. */
static bool resolve_root(struct work *work, const cJSON *root, struct layout_slide *slide)
{
	struct base base = {.symbol = &slide->table};
	struct layout_field place = {0};
	const struct dwarf_type *type;

	snprintf(work->where, sizeof(work->where), "slide.root");
	if (!root)
		return true;
	if (!work_check_alternatives(work, root, "root"))
		return false;
	slide->has_table = layout_field_find(work, &base, root, "", &place, &type) &&
			   dwarf_type_kind(type) == DWARF_KIND_ARRAY && !place.num_hops;
	if (!slide->has_table)
		return layout_counter_resolve(work, root, "slide.root", &slide->root);
	slide->table += place.offset[0];
	work_tell(work, "%-26s %s, the table itself", work->where, place.path);
	return true;
}

bool layout_slide_resolve(struct work *work, const cJSON *slide)
{
	static const char *const keys[] = {"value", "root", "vectors", NULL};
	struct layout_slide *to = &work->layout->slide;
	char found[200] = "";
	const char *name;

	snprintf(work->where, sizeof(work->where), "slide");
	if (!slide)
		return true;
	if (!work_check_keys(work, slide, keys))
		return false;
	for (int i = 0; to->num_vectors < LAYOUT_MAX_VECTORS &&
			(name = work_alternative(get(slide, "vectors"), i)) != NULL;
	     i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(work->dwarf, name);

		if (!symbol)
			continue;
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s",
			 to->num_vectors ? " " : "", name);
		to->vectors[to->num_vectors++] = symbol->addr;
	}
	if (get(slide, "vectors"))
		work_tell(work, "%-26s %s", "slide.vectors",
			  to->num_vectors ? found : "missing, optional");
	return (!get(slide, "value") ||
		layout_counter_resolve(work, get(slide, "value"), "slide.value", &to->value)) &&
	       resolve_root(work, get(slide, "root"), to);
}
