/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything here is optional: a name that this ELF lacks makes the scan see less, never fail. What
 * is malformed in the profile itself is an error all the same.
 */
#include "layout_work.h"

#include <inttypes.h>
#include <string.h>

/* Is ITEM an object (or absent) of no other keys than KNOWN, which a NULL ends? */
static bool check_form(struct work *work, const cJSON *item, const char *const *known)
{
	if (item && !cJSON_IsObject(item))
		return work_bad_form(work, "an object is expected");
	return work_check_keys(work, item, known);
}

static void tell(struct work *work, const char *name, const char *what)
{
	work_tell(work, "scan.%-21s %s", name, what);
}

/* A member of plain bytes, MAX of them at most; a bit-field is none. */
static bool member(const struct dwarf_type *type, const cJSON *item, uint64_t max,
		   struct dwarf_member *to)
{
	const char *path = cJSON_GetStringValue(item);

	*to = (struct dwarf_member){0};
	if (path && dwarf_type_member(type, path, to) && !to->bit_size && to->size &&
	    to->size <= max)
		return true;
	*to = (struct dwarf_member){0};
	return false;
}

static bool number(const cJSON *item, uint64_t *value)
{
	return work_parse_number(cJSON_GetStringValue(item), value);
}

/* A number, or the name of a constant of the ELF. */
static bool constant(struct work *work, const cJSON *item, uint64_t *value)
{
	const char *text = cJSON_GetStringValue(item);
	struct layout_word word = {0};

	if (!text || !layout_word_resolve(work, text, &word) || word.is_address)
		return false;
	*value = word.value;
	return true;
}

/* ---- ranges ---- */

static bool resolve_range(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"name", "from", "to", "length", "heap", NULL};
	struct layout_range *range = &work->layout->scan.ranges[work->layout->scan.num_ranges];
	const struct dwarf_symbol *from = layout_find_symbol(work, get(item, "from"));
	const struct dwarf_symbol *to = layout_find_symbol(work, get(item, "to"));
	const struct dwarf_symbol *length = layout_find_symbol(work, get(item, "length"));
	const char *name = cJSON_GetStringValue(get(item, "name"));

	if (!check_form(work, item, keys))
		return false;
	if (!name || strlen(name) > 20 || !cJSON_IsString(get(item, "from")) ||
	    !cJSON_IsString(get(item, "to")))
		return work_bad_form(work, "a range needs a short \"name\", \"from\" and \"to\"");
	if (!from || !to || to->addr <= from->addr || (get(item, "length") && !length) ||
	    (length && (length->size < 1 || length->size > 8))) {
		tell(work, name, "missing, optional");
		return true;
	}
	*range = (struct layout_range){.name = name,
				       .from = from->addr,
				       .to = to->addr,
				       .length = length ? length->addr : 0,
				       .length_size = length ? length->size : 0,
				       .is_heap = cJSON_IsTrue(get(item, "heap"))};
	work->layout->scan.num_ranges++;
	work_tell(work, "scan.%-21s 0x%" PRIx64 " to 0x%" PRIx64, name, range->from, range->to);
	return true;
}

static bool resolve_ranges(struct work *work, const cJSON *ranges)
{
	const cJSON *item;

	if (!cJSON_IsArray(ranges) || cJSON_GetArraySize(ranges) < 1 ||
	    cJSON_GetArraySize(ranges) > LAYOUT_MAX_RANGES)
		return work_bad_form(work, "\"ranges\": expected 1 to 8 of them");
	cJSON_ArrayForEach (item, ranges) {
		if (!resolve_range(work, item))
			return false;
	}
	work->layout->scan.present = work->layout->scan.num_ranges > 0;
	return true;
}

/* ---- blocks, stacks, kinds ---- */

static bool resolve_blocks(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"form", "type", "size", "mark", "used", NULL};
	const char *form = cJSON_GetStringValue(get(item, "form"));
	const struct dwarf_type *type =
		layout_find_struct(work, cJSON_GetStringValue(get(item, "type")));
	struct layout_scan *scan = &work->layout->scan;
	bool marked = form && strcmp(form, "marked") == 0;

	if (!item)
		return true;
	if (!check_form(work, item, keys))
		return false;
	if (!form || (!marked && strcmp(form, "bget") != 0) ||
	    (marked && !number(get(item, "used"), &scan->used)))
		return work_bad_form(
			work, "blocks are of the form \"marked\", with \"used\", or \"bget\"");
	if (!type || !member(type, get(item, "size"), 8, &scan->size) ||
	    (marked && !member(type, get(item, "mark"), 8, &scan->mark))) {
		tell(work, "blocks", "missing, optional");
		return true;
	}
	scan->header = dwarf_type_size(type);
	scan->form = marked ? BLOCKS_MARKED : BLOCKS_BGET;
	tell(work, "blocks", form);
	return true;
}

/* Stacks in an array of threads, each of which says where its own ends. */
static bool resolve_threads(struct work *work, const cJSON *item)
{
	struct layout_scan *scan = &work->layout->scan;
	const struct dwarf_symbol *threads = layout_find_symbol(work, get(item, "threads"));
	const struct dwarf_type *element = NULL;

	if (!number(get(item, "bytes"), &scan->stack_bytes) || scan->stack_bytes > 1 << 20)
		return work_bad_form(work, "stacks: \"bytes\" of up to 1 MiB are expected");
	if (threads && threads->type && dwarf_type_kind(threads->type) == DWARF_KIND_ARRAY)
		element = dwarf_type_target(threads->type);
	if (!element || !member(element, get(item, "top"), 8, &scan->top)) {
		tell(work, "stacks", "missing, optional");
		return true;
	}
	if (constant(work, get(item, "free"), &scan->free_state))
		member(element, get(item, "state"), 8, &scan->state);
	scan->threads = threads->addr;
	scan->num_threads = dwarf_type_count(threads->type);
	scan->thread_stride = dwarf_type_size(element);
	if (scan->num_threads > 64)
		scan->num_threads = 64;
	tell(work, "stacks", threads->name);
	return true;
}

static bool resolve_stacks(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"threads", "top",   "bytes", "state", "free", "canary",
					   "type",    "stack", "sp",    "name",  NULL};
	const struct dwarf_type *type =
		layout_find_struct(work, cJSON_GetStringValue(get(item, "type")));
	struct layout_scan *scan = &work->layout->scan;

	if (!item)
		return true;
	if (!check_form(work, item, keys))
		return false;
	if (get(item, "threads"))
		return resolve_threads(work, item);
	if (!number(get(item, "canary"), &scan->canary))
		return work_bad_form(work, "stacks: \"canary\" or \"threads\" is expected");
	scan->has_canary = true;
	if (type && member(type, get(item, "stack"), 8, &scan->stack)) {
		scan->thread_size = dwarf_type_size(type);
		member(type, get(item, "sp"), 8, &scan->sp);
		member(type, get(item, "name"), 64, &scan->name);
	}
	tell(work, "stacks", "by their canary");
	return true;
}

/* The tables of functions that tell a fobj's kind: by them a lost one is known. */
static bool resolve_kinds(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"ops", "kinds", NULL};
	const struct layout_object *fobj = &work->layout->objects[OBJECT_FOBJ];
	const struct dwarf_type *type =
		fobj->present ? dwarf_info_type(work->layout->dwarf, fobj->type) : NULL;
	struct layout_scan *scan = &work->layout->scan;
	struct dwarf_member ops;
	const cJSON *kind;

	if (!item)
		return true;
	if (!check_form(work, item, keys))
		return false;
	if (!cJSON_IsObject(get(item, "kinds")))
		return work_bad_form(work, "fobj: \"ops\" and \"kinds\" are expected");
	if (!type || !member(type, get(item, "ops"), 8, &ops) ||
	    ops.size != work->layout->pointer_size) {
		tell(work, "fobj", "missing, optional");
		return true;
	}
	scan->ops_offset = ops.offset;
	cJSON_ArrayForEach (kind, get(item, "kinds")) {
		const struct dwarf_symbol *table =
			dwarf_info_symbol(work->layout->dwarf, kind->string);

		if (!cJSON_IsString(kind) || strlen(kind->valuestring) > 30)
			return work_bad_form(work, "fobj: a kind is a short word");
		if (table && scan->num_ops < LAYOUT_MAX_OPS)
			scan->ops[scan->num_ops++] =
				(struct layout_ops){table->addr, kind->valuestring};
	}
	return true;
}

bool layout_scan_resolve(struct work *work, const cJSON *item)
{
	static const char *const keys[] = {"ranges", "blocks", "stacks", "fobj", NULL};

	snprintf(work->where, sizeof(work->where), "scan");
	if (!item)
		return true;
	return check_form(work, item, keys) && resolve_ranges(work, get(item, "ranges")) &&
	       resolve_blocks(work, get(item, "blocks")) &&
	       resolve_stacks(work, get(item, "stacks")) && resolve_kinds(work, get(item, "fobj"));
}
