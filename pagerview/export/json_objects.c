/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of a snapshot's JSON, with their references: one function for each kind, and the list
 * of the lists they are in.
 */
#include "json_reader.h"

#include <string.h>

static bool read_context_areas(struct reader *reader, const cJSON *item,
			       struct snap_context *context)
{
	const cJSON *list, *area;
	uint32_t count;

	if (!reader_list(reader, item, "areas", &list, &count))
		return false;
	context->areas = reader_array(reader, count, sizeof(*context->areas));
	if (!context->areas)
		return false;
	cJSON_ArrayForEach (area, list) {
		uint64_t id;

		if (!reader_parse_hex(cJSON_GetStringValue(area), &id) ||
		    reader_find_id(&reader->areas, id) == NONE)
			return reader_refuse(reader, "areas");
		context->areas[context->num_areas++] = reader_find_id(&reader->areas, id);
	}
	return true;
}

static bool read_context(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_context *context = object;
	const char *kind = cJSON_GetStringValue(get(item, "kind"));

	context->name = reader_text(reader, item, "name");
	context->state = reader_text(reader, item, "state");
	context->sorted = cJSON_IsTrue(get(item, "sorted"));
	context->kind = kind && strcmp(kind, "core") == 0     ? CONTEXT_CORE
			: kind && strcmp(kind, "pseudo") == 0 ? CONTEXT_PSEUDO
							      : CONTEXT_USER;
	return reader_id(reader, item, &context->id) &&
	       reader_u32(reader, item, "asid", &context->asid) &&
	       reader_u64(reader, item, "faults", &context->faults) &&
	       read_context_areas(reader, item, context);
}

static bool read_area(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_area *area = object;
	bool there;

	area->name = reader_text(reader, item, "name");
	area->type = reader_text(reader, item, "type");
	area->prot = reader_prot(item, "prot");
	area->not_in_context = cJSON_IsTrue(get(item, "not_in_context"));
	area->not_in_fobj = cJSON_IsTrue(get(item, "not_in_fobj"));
	return reader_id(reader, item, &area->id) &&
	       reader_hex(reader, item, "base", &area->base, &there) &&
	       reader_u32(reader, item, "pages", &area->pages) &&
	       reader_u32(reader, item, "fobj_page", &area->fobj_page) &&
	       reader_reference(reader, item, "context", &reader->contexts, &area->context) &&
	       reader_reference(reader, item, "fobj", &reader->fobjs, &area->fobj);
}

static bool read_holders(struct reader *reader, const cJSON *item, struct snap_holder **holders,
			 uint32_t *num)
{
	const cJSON *list, *entry;
	uint32_t count;

	if (!reader_list(reader, item, "holders", &list, &count))
		return false;
	*holders = reader_array(reader, count, sizeof(**holders));
	if (!*holders)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_holder *holder = &(*holders)[(*num)++];

		holder->kind = reader_text(reader, entry, "kind");
		holder->name = reader_text(reader, entry, "name");
		if (!reader_id(reader, entry, &holder->id))
			return false;
		holder->index = strcmp(holder->kind, "area") == 0
					? reader_find_id(&reader->areas, holder->id)
				: strcmp(holder->kind, "context") == 0
					? reader_find_id(&reader->contexts, holder->id)
				: strcmp(holder->kind, "fobj") == 0
					? reader_find_id(&reader->fobjs, holder->id)
					: NONE;
	}
	return true;
}

static bool read_resident(struct reader *reader, const cJSON *item, struct snap_fobj *fobj)
{
	const cJSON *list, *page;
	uint32_t count;

	if (!reader_list(reader, item, "resident", &list, &count))
		return false;
	fobj->resident = reader_array(reader, count, sizeof(*fobj->resident));
	if (!fobj->resident)
		return false;
	cJSON_ArrayForEach (page, list) {
		if (!cJSON_IsNumber(page) || !(page->valuedouble >= 0) ||
		    !(page->valuedouble < NONE))
			return reader_refuse(reader, "resident");
		fobj->resident[fobj->num_resident++] = (uint32_t)page->valuedouble;
	}
	return true;
}

static bool read_fobj(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_fobj *fobj = object;

	fobj->name = reader_text(reader, item, "name");
	fobj->kind = reader_text(reader, item, "kind");
	fobj->unlisted = cJSON_IsTrue(get(item, "unlisted"));
	fobj->unreadable = cJSON_IsTrue(get(item, "unreadable"));
	return reader_id(reader, item, &fobj->id) &&
	       reader_u32(reader, item, "pages", &fobj->pages) &&
	       reader_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &fobj->refcount) &&
	       reader_number(reader, item, "surplus", -MAX_EXACT, MAX_EXACT, &fobj->surplus) &&
	       reader_u64(reader, item, "evictions", &fobj->evictions) &&
	       read_resident(reader, item, fobj) &&
	       read_holders(reader, item, &fobj->holders, &fobj->num_holders);
}

static bool read_owners(struct reader *reader, const cJSON *item, struct snap_pmem *pmem)
{
	const cJSON *list, *entry;
	uint32_t count;
	bool there;

	if (!reader_list(reader, item, "owners", &list, &count))
		return false;
	pmem->owners = reader_array(reader, count, sizeof(*pmem->owners));
	if (!pmem->owners)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_owner *owner = &pmem->owners[pmem->num_owners++];

		if (!reader_reference(reader, entry, "area", &reader->areas, &owner->area) ||
		    !reader_reference(reader, entry, "context", &reader->contexts,
				      &owner->context) ||
		    !reader_hex(reader, entry, "va", &owner->va, &there) ||
		    !reader_hex(reader, entry, "pte_pa", &owner->pte_pa, &there))
			return false;
		if (owner->area == NONE)
			return reader_refuse(reader, "an owner without area");
		owner->pte_known = cJSON_IsString(get(entry, "pte"));
		owner->pte = reader_prot(entry, "pte");
	}
	return true;
}

static bool read_pmem(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_pmem *pmem = object;
	const char *state = cJSON_GetStringValue(get(item, "state"));
	bool known = false;

	for (int i = PMEM_STATE_FREE; i <= PMEM_STATE_LOCKED; i++) {
		if (state && strcmp(state, pmem_state_name((enum snap_pmem_state)i)) == 0) {
			pmem->state = (enum snap_pmem_state)i;
			known = true;
		}
	}
	if (!known)
		return reader_refuse(reader, "state");
	pmem->hidden = cJSON_IsTrue(get(item, "hidden"));
	return reader_id(reader, item, &pmem->id) &&
	       reader_hex(reader, item, "pa", &pmem->pa, &pmem->pa_known) &&
	       reader_u32(reader, item, "page", &pmem->page) &&
	       reader_reference(reader, item, "fobj", &reader->fobjs, &pmem->fobj) &&
	       read_owners(reader, item, pmem);
}

static bool read_slices(struct reader *reader, const cJSON *item, struct snap_file *file)
{
	const cJSON *list, *entry;
	uint32_t count;
	bool there;

	if (!reader_list(reader, item, "slices", &list, &count))
		return false;
	file->slices = reader_array(reader, count, sizeof(*file->slices));
	if (!file->slices)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_slice *slice = &file->slices[file->num_slices++];

		if (!reader_hex(reader, entry, "id", &slice->id, &there) ||
		    !reader_reference(reader, entry, "fobj", &reader->fobjs, &slice->fobj) ||
		    !reader_u32(reader, entry, "page_offset", &slice->page_offset) ||
		    !reader_u32(reader, entry, "pages", &slice->pages) ||
		    !reader_number(reader, entry, "refcount", -MAX_EXACT, MAX_EXACT,
				   &slice->refcount))
			return false;
	}
	return true;
}

static bool read_file_object(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_file *file = object;

	file->tag = reader_text(reader, item, "tag");
	file->unlisted = cJSON_IsTrue(get(item, "unlisted"));
	return reader_id(reader, item, &file->id) &&
	       reader_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &file->refcount) &&
	       reader_number(reader, item, "surplus", -MAX_EXACT, MAX_EXACT, &file->surplus) &&
	       read_holders(reader, item, &file->holders, &file->num_holders) &&
	       read_slices(reader, item, file);
}

static bool read_counted_list(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_list *list = object;

	list->name = reader_text(reader, item, "name");
	return reader_id(reader, item, &list->id) &&
	       reader_u64(reader, item, "nodes", &list->nodes) &&
	       reader_u64(reader, item, "counted", &list->counted);
}

static bool read_table(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_table *table = object;
	bool there;

	return reader_id(reader, item, &table->id) &&
	       reader_reference(reader, item, "context", &reader->contexts, &table->context) &&
	       reader_hex(reader, item, "base", &table->base, &there) &&
	       reader_u32(reader, item, "used", &table->used) &&
	       reader_u32(reader, item, "entries", &table->entries);
}

static bool read_stray(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_stray *stray = object;
	bool there;

	stray->pte = reader_prot(item, "pte");
	return reader_id(reader, item, &stray->table) &&
	       reader_reference(reader, item, "context", &reader->contexts, &stray->context) &&
	       reader_hex(reader, item, "va", &stray->va, &there) &&
	       reader_hex(reader, item, "pa", &stray->pa, &there);
}

static bool read_pointers(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_pointers *pointers = object;
	const cJSON *list, *place;
	uint32_t count;

	if (!reader_id(reader, item, &pointers->object) ||
	    !reader_u32(reader, item, "count", &pointers->count) ||
	    !reader_list(reader, item, "places", &list, &count))
		return false;
	if (count > pointers->count)
		return reader_refuse(reader, "more places than pointers");
	pointers->places = reader_array(reader, count, sizeof(*pointers->places));
	if (!pointers->places)
		return false;
	cJSON_ArrayForEach (place, list) {
		if (!cJSON_IsString(place))
			return reader_refuse(reader, "a place is no text");
		pointers->places[pointers->num_places++] = reader_copy(reader, place->valuestring);
	}
	return true;
}

static bool read_lost(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_lost *lost = object;

	lost->name = reader_text(reader, item, "name");
	lost->kind = reader_text(reader, item, "kind");
	return reader_id(reader, item, &lost->id) &&
	       reader_u32(reader, item, "pages", &lost->pages) &&
	       reader_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &lost->refcount);
}

static bool read_finding(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_finding *finding = object;

	finding->rule = reader_text(reader, item, "rule");
	finding->severity = reader_text(reader, item, "severity");
	finding->object = reader_text(reader, item, "object");
	finding->message = reader_text(reader, item, "message");
	finding->confidence = reader_text(reader, item, "confidence");
	return true;
}

/* As put_exact() writes it: null is more than a number of JSON can say. */
static bool read_exact(struct reader *reader, const cJSON *item, const char *key, uint64_t *value)
{
	if (!reader_u64(reader, item, key, value))
		return false;
	if (cJSON_IsNull(get(item, key)))
		*value = UINT64_MAX;
	return true;
}

static bool read_event(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_event *event = object;
	uint64_t cpu;
	bool there;

	if (!cJSON_IsObject(item))
		return reader_refuse(reader, "no object");
	event->kind = reader_text(reader, item, "kind");
	event->where = reader_text(reader, item, "where");
	event->path = reader_text(reader, item, "path");
	if (!reader_u64(reader, item, "seq", &event->seq) ||
	    !read_exact(reader, item, "time", &event->time) ||
	    !reader_u64(reader, item, "cpu", &cpu) ||
	    !read_exact(reader, item, "page", &event->page) ||
	    !read_exact(reader, item, "detail", &event->detail))
		return false;
	event->cpu = (uint32_t)cpu;
	if (!get(item, "page"))
		event->page = NO_EVENT_PAGE;
	return reader_hex(reader, item, "context", &event->context, &there) &&
	       reader_hex(reader, item, "object", &event->object, &there) &&
	       reader_hex(reader, item, "va", &event->va, &there) &&
	       reader_hex(reader, item, "caller", &event->caller, &there);
}

typedef bool (*read_object)(struct reader *reader, const cJSON *item, void *object);

static bool read_objects(struct reader *reader, const cJSON *root, const char *key,
			 read_object read, size_t size, void **objects, uint32_t *num)
{
	const cJSON *list, *item;
	uint32_t count;

	reader->where = key;
	reader->item = 0;
	if (!reader_list(reader, root, key, &list, &count))
		return false;
	*objects = reader_array(reader, count, size);
	if (!*objects)
		return false;
	cJSON_ArrayForEach (item, list) {
		if (!cJSON_IsObject(item))
			return reader_refuse(reader, "no object");
		if (!read(reader, item, (char *)*objects + (size_t)reader->item * size))
			return false;
		reader->item++;
	}
	*num = count;
	return true;
}

#define READ_OBJECTS(reader, root, key, read, list)                                                \
	read_objects(reader, root, key, read, sizeof(*(reader)->snapshot->list),                   \
		     (void **)&(reader)->snapshot->list, &(reader)->snapshot->num_##list)

bool reader_objects(struct reader *reader, const cJSON *root)
{
	return READ_OBJECTS(reader, root, "contexts", read_context, contexts) &&
	       READ_OBJECTS(reader, root, "areas", read_area, areas) &&
	       READ_OBJECTS(reader, root, "fobjs", read_fobj, fobjs) &&
	       READ_OBJECTS(reader, root, "pmems", read_pmem, pmems) &&
	       READ_OBJECTS(reader, root, "files", read_file_object, files) &&
	       READ_OBJECTS(reader, root, "lists", read_counted_list, lists) &&
	       READ_OBJECTS(reader, root, "tables", read_table, tables) &&
	       READ_OBJECTS(reader, root, "strays", read_stray, strays) &&
	       READ_OBJECTS(reader, root, "pointers", read_pointers, pointers) &&
	       READ_OBJECTS(reader, root, "lost", read_lost, lost) &&
	       READ_OBJECTS(reader, root, "findings", read_finding, findings) &&
	       READ_OBJECTS(reader, root, "events", read_event, events);
}
