/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where objects keep their pages while those are not in memory.
 */
#include "layout_work.h"

static const struct dwarf_type *resolve_holder(struct work *work, const cJSON *item,
					       uint64_t *inside)
{
	const char *member = cJSON_GetStringValue(get(item, "member")), *name;
	struct dwarf_member at;

	for (int i = 0; (name = work_alternative(get(item, "in"), i)) != NULL; i++) {
		const struct dwarf_type *type = dwarf_info_type(work->dwarf, name);

		if (!type || !member || !dwarf_type_member(type, member, &at))
			continue;
		*inside = at.offset;
		return type;
	}
	return NULL;
}

/* What this ELF has not is left out: that object's store is not known then. */
static bool resolve_store(struct work *work, const cJSON *item, struct layout_store *store,
			  bool *there)
{
	static const char *const keys[] = {"ops",  "in",       "member", "address", "index",
					   "base", "physical", "saved",  "of",      NULL};
	const cJSON *place = get(item, "address") ?: get(item, "index");
	const char *of = cJSON_GetStringValue(get(item, "of"));
	const struct dwarf_type *entry = of ? dwarf_info_type(work->dwarf, of) : NULL;
	const struct dwarf_symbol *ops = layout_find_symbol(work, get(item, "ops"));
	struct base base = {.type = NULL}, all = {.symbol = &store->saved_symbol};

	*there = false;
	if (!cJSON_IsObject(item) || !work_check_keys(work, item, keys) || !place)
		return work_bad_form(work,
				     "expected \"ops\", \"in\", \"member\" and \"address\" or "
				     "\"index\"");
	base.type = resolve_holder(work, item, &base.inside);
	if (!base.type || !ops)
		return true;
	store->ops = ops->addr;
	store->is_index = !get(item, "address");
	store->physical = cJSON_IsTrue(get(item, "physical"));
	if (!layout_field_resolve(work, &base, place, false, &store->place))
		return false;
	if (store->is_index &&
	    (!get(item, "base") ||
	     !layout_counter_resolve(work, get(item, "base"), "store", &store->base)))
		return work_bad_form(work, "an \"index\" needs a \"base\"");
	if (entry && get(item, "saved") &&
	    !layout_field_resolve(work, store->is_index ? &all : &base, get(item, "saved"), false,
				  &store->saved))
		return false;
	store->saved_size = entry ? dwarf_type_size(entry) : 0;
	*there = store->place.present && (!store->is_index || store->base.field.present);
	return true;
}

bool layout_stores_resolve(struct work *work, const cJSON *stores, const cJSON *fobj)
{
	struct layout *layout = work->layout;
	cJSON ops = {.type = cJSON_String, .valuestring = (char[]){"ops"}};
	struct base base = {.type = NULL};
	const cJSON *item;
	const char *type;
	bool there;

	snprintf(work->where, sizeof(work->where), "store");
	if (!stores)
		return true;
	if (!cJSON_IsArray(stores) || cJSON_GetArraySize(stores) > (int)LAYOUT_MAX_STORES)
		return work_bad_form(work, "expected a list of up to %u", LAYOUT_MAX_STORES);
	type = work_alternative(get(fobj, "type"), 0);
	base.type = type ? dwarf_info_type(work->dwarf, type) : NULL;
	if (!base.type || !layout_field_resolve(work, &base, &ops, false, &layout->store_ops))
		return work->error->status == EXIT_CLEAN;
	cJSON_ArrayForEach (item, stores) {
		snprintf(work->where, sizeof(work->where), "store");
		if (!resolve_store(work, item, &layout->stores[layout->num_stores], &there))
			return false;
		layout->num_stores += there;
	}
	return true;
}
