/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cJSON makes the tree; this turns it into a snapshot in three turns, since objects name each other
 * by id: first every object by itself, then the look-up by id, then the references. Nothing in the
 * file is believed: a member of a wrong type, an id that nobody has, a number out of its range are
 * refused with the place that says so. Members that this version does not know are passed over.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../model/arena.h"
#include "json.h"

#define MAX_ITEMS 1000000 /* of one list */

struct id_index {
	uint64_t id;
	uint32_t index;
};

struct ids {
	struct id_index *sorted;
	uint32_t count;
};

struct reader {
	const char *path;
	const char *where; /* the list being read */
	int item;          /* and its item, from 0 */
	struct snapshot *snapshot;
	struct arena *arena;
	struct ids contexts, areas, fobjs;
	struct error *error;
};

static bool refuse(struct reader *reader, const char *what)
{
	return error_set(reader->error, EXIT_USAGE, "%s: %s[%d]: %s", reader->path, reader->where,
			 reader->item, what);
}

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- values ---- */

static const char *read_text(struct reader *reader, const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(get(object, key));
	char *copy = arena_strndup(reader->arena, text, 1024);

	/* What is shown on a terminal must not steer it. */
	for (char *c = copy; c && *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '.';
	}
	return copy ? copy : "";
}

static bool read_number(struct reader *reader, const cJSON *object, const char *key, int64_t min,
			int64_t max, int64_t *number)
{
	const cJSON *item = get(object, key);

	*number = 0;
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)min) ||
	    !(item->valuedouble <= (double)max))
		return refuse(reader, key);
	*number = (int64_t)item->valuedouble;
	return true;
}

/* 2^53: what JSON numbers carry exactly. */
#define MAX_EXACT (INT64_C(1) << 53)

static bool read_u64(struct reader *reader, const cJSON *object, const char *key, uint64_t *value)
{
	int64_t number;

	if (!read_number(reader, object, key, 0, MAX_EXACT, &number))
		return false;
	*value = (uint64_t)number;
	return true;
}

static bool read_u32(struct reader *reader, const cJSON *object, const char *key, uint32_t *value)
{
	int64_t number;

	if (!read_number(reader, object, key, 0, NONE - 1, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

static bool parse_hex(const char *text, uint64_t *value)
{
	char *end;

	if (!text || text[0] != '0' || text[1] != 'x' || !text[2] || strlen(text) > 18 ||
	    text[2] == '-' || text[2] == '+' || text[2] == ' ')
		return false;
	errno = 0;
	*value = strtoull(text + 2, &end, 16);
	return !*end && errno == 0;
}

/* A hex string, or null or nothing: *THERE is false then. */
static bool read_hex(struct reader *reader, const cJSON *object, const char *key, uint64_t *value,
		     bool *there)
{
	const cJSON *item = get(object, key);

	*value = 0;
	*there = item && !cJSON_IsNull(item);
	if (*there && !parse_hex(cJSON_GetStringValue(item), value))
		return refuse(reader, key);
	return true;
}

static bool read_id(struct reader *reader, const cJSON *object, uint64_t *id)
{
	bool there;

	if (!cJSON_IsObject(object))
		return refuse(reader, "no object");
	if (!read_hex(reader, object, "id", id, &there))
		return false;
	return there || refuse(reader, "no id");
}

static uint8_t read_prot(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(get(object, key));

	if (!text)
		return 0;
	return (uint8_t)((strchr(text, 'r') ? PROT_R : 0) | (strchr(text, 'w') ? PROT_W : 0) |
			 (strchr(text, 'x') ? PROT_X : 0));
}

/* ---- lists ---- */

/* The list KEY of OBJECT, its length in *COUNT; absent counts as empty. False: no list, too long.
 */
static bool read_list(struct reader *reader, const cJSON *object, const char *key,
		      const cJSON **list, uint32_t *count)
{
	int size;

	*list = get(object, key);
	*count = 0;
	if (!*list)
		return true;
	if (!cJSON_IsArray(*list))
		return refuse(reader, key);
	size = cJSON_GetArraySize(*list);
	if (size > MAX_ITEMS)
		return refuse(reader, key);
	*count = (uint32_t)size;
	return true;
}

static void *make_array(struct reader *reader, uint32_t count, size_t size)
{
	void *array = arena_alloc_array(reader->arena, (size_t)count + 1, size);

	if (!array)
		error_set(reader->error, EXIT_USAGE, "%s: out of memory", reader->path);
	return array;
}

static int compare_ids(const void *a, const void *b)
{
	const struct id_index *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static bool sort_ids(struct reader *reader, struct ids *ids)
{
	qsort(ids->sorted, ids->count, sizeof(*ids->sorted), compare_ids);
	for (uint32_t i = 1; i < ids->count; i++) {
		reader->item = (int)ids->sorted[i].index;
		if (ids->sorted[i].id == ids->sorted[i - 1].id)
			return refuse(reader, "its id is there twice");
	}
	return true;
}

static uint32_t find_id(const struct ids *ids, uint64_t id)
{
	uint32_t low = 0, high = ids->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ids->sorted[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ids->count && ids->sorted[low].id == id ? ids->sorted[low].index : NONE;
}

/* The object that KEY names, or NONE for null. */
static bool read_reference(struct reader *reader, const cJSON *object, const char *key,
			   const struct ids *ids, uint32_t *index)
{
	uint64_t id;
	bool there;

	*index = NONE;
	if (!read_hex(reader, object, key, &id, &there))
		return false;
	if (!there)
		return true;
	*index = find_id(ids, id);
	return *index != NONE || refuse(reader, key);
}

/* ---- the capture ---- */

static bool read_consistency(struct reader *reader, const cJSON *capture)
{
	const char *text = cJSON_GetStringValue(get(capture, "consistency"));

	for (int i = CONSISTENCY_EXACT; i <= CONSISTENCY_PARTIAL; i++) {
		if (text && strcmp(text, consistency_name((enum consistency)i)) == 0) {
			reader->snapshot->capture.consistency = (enum consistency)i;
			return true;
		}
	}
	return refuse(reader, "consistency");
}

static bool read_capture(struct reader *reader, const cJSON *item)
{
	struct capture *capture = &reader->snapshot->capture;
	const cJSON *time = get(item, "time"), *generation = get(item, "generation");
	bool there;

	reader->where = "capture";
	if (!cJSON_IsObject(item))
		return refuse(reader, "no object");
	capture->elf = read_text(reader, item, "elf");
	capture->build_id = read_text(reader, item, "build_id");
	capture->profile = read_text(reader, item, "profile");
	capture->source = "file";
	capture->why = read_text(reader, item, "why");
	capture->time = cJSON_IsNumber(time) ? time->valuedouble : 0;
	capture->has_generation = cJSON_IsNumber(generation);
	return read_consistency(reader, item) &&
	       read_hex(reader, item, "slide", &capture->slide, &there) &&
	       read_hex(reader, item, "stop_pc", &capture->stop_pc, &there) &&
	       read_u64(reader, item, "pause_us", &capture->pause_us) &&
	       read_u64(reader, item, "packets", &capture->packets) &&
	       read_u64(reader, item, "bytes", &capture->bytes) &&
	       read_u64(reader, item, "scanned", &capture->scanned) &&
	       read_u64(reader, item, "generation", &capture->generation);
}

/* ---- objects, first turn: each by itself ---- */

static bool index_list(struct reader *reader, const cJSON *root, const char *key,
		       const cJSON **list, struct ids *ids)
{
	const cJSON *item;

	reader->where = key;
	reader->item = 0;
	if (!read_list(reader, root, key, list, &ids->count))
		return false;
	ids->sorted = make_array(reader, ids->count, sizeof(*ids->sorted));
	if (!ids->sorted)
		return false;
	cJSON_ArrayForEach (item, *list) {
		struct id_index *entry = &ids->sorted[reader->item];

		entry->index = (uint32_t)reader->item;
		if (!read_id(reader, item, &entry->id))
			return false;
		reader->item++;
	}
	return sort_ids(reader, ids);
}

/* ---- second turn: members and references ---- */

static bool read_context_areas(struct reader *reader, const cJSON *item,
			       struct snap_context *context)
{
	const cJSON *list, *area;
	uint32_t count;

	if (!read_list(reader, item, "areas", &list, &count))
		return false;
	context->areas = make_array(reader, count, sizeof(*context->areas));
	if (!context->areas)
		return false;
	cJSON_ArrayForEach (area, list) {
		uint64_t id;

		if (!parse_hex(cJSON_GetStringValue(area), &id) ||
		    find_id(&reader->areas, id) == NONE)
			return refuse(reader, "areas");
		context->areas[context->num_areas++] = find_id(&reader->areas, id);
	}
	return true;
}

static bool read_context(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_context *context = object;
	const char *kind = cJSON_GetStringValue(get(item, "kind"));

	context->name = read_text(reader, item, "name");
	context->state = read_text(reader, item, "state");
	context->sorted = cJSON_IsTrue(get(item, "sorted"));
	context->kind = kind && strcmp(kind, "core") == 0     ? CONTEXT_CORE
			: kind && strcmp(kind, "pseudo") == 0 ? CONTEXT_PSEUDO
							      : CONTEXT_USER;
	return read_id(reader, item, &context->id) &&
	       read_u32(reader, item, "asid", &context->asid) &&
	       read_u64(reader, item, "faults", &context->faults) &&
	       read_context_areas(reader, item, context);
}

static bool read_area(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_area *area = object;
	bool there;

	area->name = read_text(reader, item, "name");
	area->type = read_text(reader, item, "type");
	area->prot = read_prot(item, "prot");
	area->not_in_context = cJSON_IsTrue(get(item, "not_in_context"));
	area->not_in_fobj = cJSON_IsTrue(get(item, "not_in_fobj"));
	return read_id(reader, item, &area->id) &&
	       read_hex(reader, item, "base", &area->base, &there) &&
	       read_u32(reader, item, "pages", &area->pages) &&
	       read_u32(reader, item, "fobj_page", &area->fobj_page) &&
	       read_reference(reader, item, "context", &reader->contexts, &area->context) &&
	       read_reference(reader, item, "fobj", &reader->fobjs, &area->fobj);
}

static bool read_holders(struct reader *reader, const cJSON *item, struct snap_holder **holders,
			 uint32_t *num)
{
	const cJSON *list, *entry;
	uint32_t count;

	if (!read_list(reader, item, "holders", &list, &count))
		return false;
	*holders = make_array(reader, count, sizeof(**holders));
	if (!*holders)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_holder *holder = &(*holders)[(*num)++];

		holder->kind = read_text(reader, entry, "kind");
		holder->name = read_text(reader, entry, "name");
		if (!read_id(reader, entry, &holder->id))
			return false;
		holder->index =
			strcmp(holder->kind, "area") == 0 ? find_id(&reader->areas, holder->id)
			: strcmp(holder->kind, "context") == 0
				? find_id(&reader->contexts, holder->id)
			: strcmp(holder->kind, "fobj") == 0 ? find_id(&reader->fobjs, holder->id)
							    : NONE;
	}
	return true;
}

static bool read_resident(struct reader *reader, const cJSON *item, struct snap_fobj *fobj)
{
	const cJSON *list, *page;
	uint32_t count;

	if (!read_list(reader, item, "resident", &list, &count))
		return false;
	fobj->resident = make_array(reader, count, sizeof(*fobj->resident));
	if (!fobj->resident)
		return false;
	cJSON_ArrayForEach (page, list) {
		if (!cJSON_IsNumber(page) || !(page->valuedouble >= 0) ||
		    !(page->valuedouble < NONE))
			return refuse(reader, "resident");
		fobj->resident[fobj->num_resident++] = (uint32_t)page->valuedouble;
	}
	return true;
}

static bool read_fobj(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_fobj *fobj = object;

	fobj->name = read_text(reader, item, "name");
	fobj->kind = read_text(reader, item, "kind");
	fobj->unlisted = cJSON_IsTrue(get(item, "unlisted"));
	fobj->unreadable = cJSON_IsTrue(get(item, "unreadable"));
	return read_id(reader, item, &fobj->id) && read_u32(reader, item, "pages", &fobj->pages) &&
	       read_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &fobj->refcount) &&
	       read_number(reader, item, "surplus", -MAX_EXACT, MAX_EXACT, &fobj->surplus) &&
	       read_u64(reader, item, "evictions", &fobj->evictions) &&
	       read_resident(reader, item, fobj) &&
	       read_holders(reader, item, &fobj->holders, &fobj->num_holders);
}

static bool read_owners(struct reader *reader, const cJSON *item, struct snap_pmem *pmem)
{
	const cJSON *list, *entry;
	uint32_t count;
	bool there;

	if (!read_list(reader, item, "owners", &list, &count))
		return false;
	pmem->owners = make_array(reader, count, sizeof(*pmem->owners));
	if (!pmem->owners)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_owner *owner = &pmem->owners[pmem->num_owners++];

		if (!read_reference(reader, entry, "area", &reader->areas, &owner->area) ||
		    !read_reference(reader, entry, "context", &reader->contexts, &owner->context) ||
		    !read_hex(reader, entry, "va", &owner->va, &there) ||
		    !read_hex(reader, entry, "pte_pa", &owner->pte_pa, &there))
			return false;
		if (owner->area == NONE)
			return refuse(reader, "an owner without area");
		owner->pte_known = cJSON_IsString(get(entry, "pte"));
		owner->pte = read_prot(entry, "pte");
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
		return refuse(reader, "state");
	pmem->hidden = cJSON_IsTrue(get(item, "hidden"));
	return read_id(reader, item, &pmem->id) &&
	       read_hex(reader, item, "pa", &pmem->pa, &pmem->pa_known) &&
	       read_u32(reader, item, "page", &pmem->page) &&
	       read_reference(reader, item, "fobj", &reader->fobjs, &pmem->fobj) &&
	       read_owners(reader, item, pmem);
}

static bool read_slices(struct reader *reader, const cJSON *item, struct snap_file *file)
{
	const cJSON *list, *entry;
	uint32_t count;
	bool there;

	if (!read_list(reader, item, "slices", &list, &count))
		return false;
	file->slices = make_array(reader, count, sizeof(*file->slices));
	if (!file->slices)
		return false;
	cJSON_ArrayForEach (entry, list) {
		struct snap_slice *slice = &file->slices[file->num_slices++];

		if (!read_hex(reader, entry, "id", &slice->id, &there) ||
		    !read_reference(reader, entry, "fobj", &reader->fobjs, &slice->fobj) ||
		    !read_u32(reader, entry, "page_offset", &slice->page_offset) ||
		    !read_u32(reader, entry, "pages", &slice->pages) ||
		    !read_number(reader, entry, "refcount", -MAX_EXACT, MAX_EXACT,
				 &slice->refcount))
			return false;
	}
	return true;
}

static bool read_file_object(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_file *file = object;

	file->tag = read_text(reader, item, "tag");
	file->unlisted = cJSON_IsTrue(get(item, "unlisted"));
	return read_id(reader, item, &file->id) &&
	       read_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &file->refcount) &&
	       read_number(reader, item, "surplus", -MAX_EXACT, MAX_EXACT, &file->surplus) &&
	       read_holders(reader, item, &file->holders, &file->num_holders) &&
	       read_slices(reader, item, file);
}

static bool read_counted_list(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_list *list = object;

	list->name = read_text(reader, item, "name");
	return read_id(reader, item, &list->id) && read_u64(reader, item, "nodes", &list->nodes) &&
	       read_u64(reader, item, "counted", &list->counted);
}

static bool read_table(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_table *table = object;
	bool there;

	return read_id(reader, item, &table->id) &&
	       read_reference(reader, item, "context", &reader->contexts, &table->context) &&
	       read_hex(reader, item, "base", &table->base, &there) &&
	       read_u32(reader, item, "used", &table->used) &&
	       read_u32(reader, item, "entries", &table->entries);
}

static bool read_stray(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_stray *stray = object;
	bool there;

	stray->pte = read_prot(item, "pte");
	return read_id(reader, item, &stray->table) &&
	       read_reference(reader, item, "context", &reader->contexts, &stray->context) &&
	       read_hex(reader, item, "va", &stray->va, &there) &&
	       read_hex(reader, item, "pa", &stray->pa, &there);
}

static bool read_pointers(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_pointers *pointers = object;
	const cJSON *list, *place;
	uint32_t count;

	if (!read_id(reader, item, &pointers->object) ||
	    !read_u32(reader, item, "count", &pointers->count) ||
	    !read_list(reader, item, "places", &list, &count))
		return false;
	if (count > pointers->count)
		return refuse(reader, "more places than pointers");
	pointers->places = make_array(reader, count, sizeof(*pointers->places));
	if (!pointers->places)
		return false;
	cJSON_ArrayForEach (place, list) {
		if (!cJSON_IsString(place))
			return refuse(reader, "a place is no text");
		pointers->places[pointers->num_places++] =
			arena_strndup(reader->arena, place->valuestring, 160) ?: "";
	}
	return true;
}

static bool read_lost(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_lost *lost = object;

	lost->name = read_text(reader, item, "name");
	lost->kind = read_text(reader, item, "kind");
	return read_id(reader, item, &lost->id) && read_u32(reader, item, "pages", &lost->pages) &&
	       read_number(reader, item, "refcount", -MAX_EXACT, MAX_EXACT, &lost->refcount);
}

static bool read_finding(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_finding *finding = object;

	finding->rule = read_text(reader, item, "rule");
	finding->severity = read_text(reader, item, "severity");
	finding->object = read_text(reader, item, "object");
	finding->message = read_text(reader, item, "message");
	finding->confidence = read_text(reader, item, "confidence");
	return true;
}

typedef bool (*read_object)(struct reader *reader, const cJSON *item, void *object);

static bool read_objects(struct reader *reader, const cJSON *root, const char *key,
			 read_object read, size_t size, void **objects, uint32_t *num)
{
	const cJSON *list, *item;
	uint32_t count;

	reader->where = key;
	reader->item = 0;
	if (!read_list(reader, root, key, &list, &count))
		return false;
	*objects = make_array(reader, count, size);
	if (!*objects)
		return false;
	cJSON_ArrayForEach (item, list) {
		if (!cJSON_IsObject(item))
			return refuse(reader, "no object");
		if (!read(reader, item, (char *)*objects + (size_t)reader->item * size))
			return false;
		reader->item++;
	}
	*num = count;
	return true;
}

static bool read_counters(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	const cJSON *object = get(root, "counters"), *item;
	int count = cJSON_GetArraySize(object);

	reader->where = "counters";
	reader->item = 0;
	if (object && (!cJSON_IsObject(object) || count > 4096))
		return refuse(reader, "no object");
	snapshot->counters = make_array(reader, (uint32_t)count, sizeof(*snapshot->counters));
	if (!snapshot->counters)
		return false;
	cJSON_ArrayForEach (item, object) {
		struct snap_counter *counter = &snapshot->counters[snapshot->num_counters];

		if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
		    !(item->valuedouble < 1.8e19))
			return refuse(reader, "no number");
		counter->name = arena_strndup(reader->arena, item->string, 80);
		counter->value = (uint64_t)item->valuedouble;
		if (!counter->name)
			return error_set(reader->error, EXIT_USAGE, "out of memory");
		snapshot->num_counters++;
		reader->item++;
	}
	return true;
}

static bool read_cut(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	const cJSON *list, *item;
	uint32_t count;

	reader->where = "cut";
	reader->item = 0;
	if (!read_list(reader, root, "cut", &list, &count))
		return false;
	snapshot->cut = make_array(reader, count, sizeof(*snapshot->cut));
	if (!snapshot->cut)
		return false;
	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		if (!text)
			return refuse(reader, "no sentence");
		snapshot->cut[snapshot->num_cut++] = arena_strndup(reader->arena, text, 400) ?: "";
	}
	return true;
}

static bool read_event(struct reader *reader, const cJSON *item, void *object)
{
	struct snap_event *event = object;
	const cJSON *page = get(item, "page");
	bool there;

	if (!cJSON_IsObject(item))
		return refuse(reader, "no object");
	event->kind = read_text(reader, item, "kind");
	event->where = read_text(reader, item, "where");
	event->path = read_text(reader, item, "path");
	if (!read_u64(reader, item, "seq", &event->seq) ||
	    !read_u64(reader, item, "time", &event->time) ||
	    !read_u32(reader, item, "cpu", &event->cpu) ||
	    !read_u64(reader, item, "page", &event->page) ||
	    !read_u64(reader, item, "detail", &event->detail))
		return false;
	if (!page || cJSON_IsNull(page))
		event->page = NO_EVENT_PAGE;
	return read_hex(reader, item, "context", &event->context, &there) &&
	       read_hex(reader, item, "object", &event->object, &there) &&
	       read_hex(reader, item, "va", &event->va, &there) &&
	       read_hex(reader, item, "caller", &event->caller, &there);
}

static bool read_events_lost(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t head = 0;

	if (snapshot->num_events)
		snapshot->events_head = snapshot->events[snapshot->num_events - 1].seq;
	if (!read_u64(reader, root, "events_head", &head))
		return false;
	if (head) /* a file of 1.1 has none */
		snapshot->events_head = head;
	return read_u64(reader, root, "events_lost", &snapshot->events_lost);
}

#define READ_OBJECTS(reader, root, key, read, list)                                                \
	read_objects(reader, root, key, read, sizeof(*(reader)->snapshot->list),                   \
		     (void **)&(reader)->snapshot->list, &(reader)->snapshot->num_##list)

/* A fobj's list must be by id: snapshot_find_fobj() relies on it. */
static bool check_order(struct reader *reader)
{
	const struct snapshot *snapshot = reader->snapshot;

	reader->where = "fobjs";
	for (uint32_t i = 1; i < snapshot->num_fobjs; i++) {
		reader->item = (int)i;
		if (snapshot->fobjs[i].id < snapshot->fobjs[i - 1].id)
			return refuse(reader, "not sorted by id");
	}
	return true;
}

static bool read_all(struct reader *reader, const cJSON *root)
{
	const char *schema = cJSON_GetStringValue(get(root, "schema"));
	const cJSON *list;

	if (!schema)
		return error_set(reader->error, EXIT_USAGE,
				 "%s: no snapshot (\"schema\" is missing)", reader->path);
	if (strncmp(schema, "1.", 2) != 0)
		return error_set(reader->error, EXIT_USAGE,
				 "%s: schema %.20s, but this program reads 1.x", reader->path,
				 schema);
	return read_capture(reader, get(root, "capture")) &&
	       index_list(reader, root, "contexts", &list, &reader->contexts) &&
	       index_list(reader, root, "areas", &list, &reader->areas) &&
	       index_list(reader, root, "fobjs", &list, &reader->fobjs) &&
	       READ_OBJECTS(reader, root, "contexts", read_context, contexts) &&
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
	       READ_OBJECTS(reader, root, "events", read_event, events) &&
	       read_events_lost(reader, root) && read_counters(reader, root) &&
	       read_cut(reader, root) && check_order(reader);
}

struct snapshot *json_parse(const char *path, const char *text, size_t len, struct error *error)
{
	struct arena *arena = arena_create();
	struct reader reader = {.path = path, .arena = arena, .where = "", .error = error};
	cJSON *root = cJSON_ParseWithLength(text, len);
	bool ok = false;

	if (arena)
		reader.snapshot = arena_alloc(arena, sizeof(*reader.snapshot));
	if (!root)
		error_set(error, EXIT_USAGE, "%s: no JSON", path);
	else if (!reader.snapshot)
		error_set(error, EXIT_USAGE, "out of memory");
	else
		ok = read_all(&reader, root);
	cJSON_Delete(root);
	if (!ok) {
		arena_destroy(arena);
		return NULL;
	}
	reader.snapshot->arena = arena;
	return reader.snapshot;
}

struct snapshot *json_read(const char *path, struct error *error)
{
	FILE *file = fopen(path, "re");
	struct snapshot *snapshot = NULL;
	struct stat stat;
	char *text = NULL;
	size_t len;

	if (!file) {
		error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size < 0)
		error_set(error, EXIT_USAGE, "%s: no regular file", path);
	else if (stat.st_size > JSON_MAX_BYTES)
		error_set(error, EXIT_USAGE, "%s: more than %u MiB", path, JSON_MAX_BYTES >> 20);
	else if (!(text = malloc((size_t)stat.st_size + 1)))
		error_set(error, EXIT_USAGE, "out of memory");
	if (text) {
		len = fread(text, 1, (size_t)stat.st_size, file);
		snapshot = json_parse(path, text, len, error);
	}
	free(text);
	fclose(file);
	return snapshot;
}
