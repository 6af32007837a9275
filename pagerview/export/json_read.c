/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cJSON makes the tree; this turns it into a snapshot in three turns, since objects name each other
 * by id: first every object by itself, then the look-up by id, then the references. Nothing in the
 * file is believed: a member of a wrong type, an id that nobody has, a number out of its range are
 * refused with the place that says so. Members that this version does not know are passed over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../model/arena.h"
#include "json.h"
#include "json_reader.h"

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
	return reader_refuse(reader, "consistency");
}

static bool read_capture(struct reader *reader, const cJSON *item)
{
	struct capture *capture = &reader->snapshot->capture;
	const cJSON *time = get(item, "time"), *generation = get(item, "generation");
	bool there;

	reader->where = "capture";
	if (!cJSON_IsObject(item))
		return reader_refuse(reader, "no object");
	capture->elf = reader_text(reader, item, "elf");
	capture->build_id = reader_text(reader, item, "build_id");
	capture->profile = reader_text(reader, item, "profile");
	capture->source = "file";
	capture->why = reader_text(reader, item, "why");
	capture->time = cJSON_IsNumber(time) ? time->valuedouble : 0;
	capture->has_generation = cJSON_IsNumber(generation);
	return read_consistency(reader, item) &&
	       reader_hex(reader, item, "slide", &capture->slide, &there) &&
	       reader_hex(reader, item, "stop_pc", &capture->stop_pc, &there) &&
	       reader_u64(reader, item, "pause_us", &capture->pause_us) &&
	       reader_u64(reader, item, "packets", &capture->packets) &&
	       reader_u64(reader, item, "bytes", &capture->bytes) &&
	       reader_u64(reader, item, "scanned", &capture->scanned) &&
	       reader_u64(reader, item, "unscanned", &capture->unscanned) &&
	       reader_u64(reader, item, "generation", &capture->generation);
}

/* ---- objects, first turn: each by itself ---- */

static bool index_list(struct reader *reader, const cJSON *root, const char *key,
		       const cJSON **list, struct ids *ids)
{
	const cJSON *item;

	reader->where = key;
	reader->item = 0;
	if (!reader_list(reader, root, key, list, &ids->count))
		return false;
	ids->sorted = reader_array(reader, ids->count, sizeof(*ids->sorted));
	if (!ids->sorted)
		return false;
	cJSON_ArrayForEach (item, *list) {
		struct id_index *entry = &ids->sorted[reader->item];

		entry->index = (uint32_t)reader->item;
		if (!reader_id(reader, item, &entry->id))
			return false;
		reader->item++;
	}
	return reader_sort_ids(reader, ids);
}

static bool read_counters(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	const cJSON *object = get(root, "counters"), *item;
	int count = cJSON_GetArraySize(object);

	reader->where = "counters";
	reader->item = 0;
	if (object && (!cJSON_IsObject(object) || count > 4096))
		return reader_refuse(reader, "no object");
	snapshot->counters = reader_array(reader, (uint32_t)count, sizeof(*snapshot->counters));
	if (!snapshot->counters)
		return false;
	cJSON_ArrayForEach (item, object) {
		struct snap_counter *counter = &snapshot->counters[snapshot->num_counters];

		if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
		    !(item->valuedouble < 1.8e19))
			return reader_refuse(reader, "no number");
		counter->name = reader_copy(reader, item->string);
		counter->value = (uint64_t)item->valuedouble;
		snapshot->num_counters++;
		reader->item++;
	}
	return true;
}

/* Which of the counters are levels; a name that is no counter's says nothing. */
static bool read_levels(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	const cJSON *list, *item;
	uint32_t count;

	reader->where = "levels";
	reader->item = 0;
	if (!reader_list(reader, root, "levels", &list, &count))
		return false;
	cJSON_ArrayForEach (item, list) {
		const char *name = cJSON_GetStringValue(item);

		if (!name)
			return reader_refuse(reader, "no name");
		for (uint32_t i = 0; i < snapshot->num_counters; i++)
			snapshot->counters[i].is_level |=
				strncmp(snapshot->counters[i].name, name, 80) == 0;
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
	if (!reader_list(reader, root, "cut", &list, &count))
		return false;
	snapshot->cut = reader_array(reader, count, sizeof(*snapshot->cut));
	if (!snapshot->cut)
		return false;
	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		if (!text)
			return reader_refuse(reader, "no sentence");
		snapshot->cut[snapshot->num_cut++] = reader_copy(reader, text);
	}
	return true;
}

static bool read_events_lost(struct reader *reader, const cJSON *root)
{
	struct snapshot *snapshot = reader->snapshot;
	uint64_t head = 0;

	if (snapshot->num_events)
		snapshot->events_head = snapshot->events[snapshot->num_events - 1].seq;
	if (!reader_u64(reader, root, "events_head", &head))
		return false;
	if (head) /* a file of 1.1 has none */
		snapshot->events_head = head;
	return reader_u64(reader, root, "events_lost", &snapshot->events_lost);
}

/* A fobj's list must be by id: snapshot_find_fobj() relies on it. */
static bool check_order(struct reader *reader)
{
	const struct snapshot *snapshot = reader->snapshot;

	reader->where = "fobjs";
	for (uint32_t i = 1; i < snapshot->num_fobjs; i++) {
		reader->item = (int)i;
		if (snapshot->fobjs[i].id < snapshot->fobjs[i - 1].id)
			return reader_refuse(reader, "not sorted by id");
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
	       reader_objects(reader, root) && read_events_lost(reader, root) &&
	       read_counters(reader, root) && read_levels(reader, root) && read_cut(reader, root) &&
	       check_order(reader);
}

/* All of the text, and nothing behind it. */
static cJSON *parse_text(const char *path, const char *text, size_t len, struct error *error)
{
	const char *end = NULL;
	cJSON *root;

	if (!error_unless_text(error, EXIT_USAGE, path, text, len))
		return NULL;
	root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (!root) {
		error_set(error, EXIT_USAGE, "%s: no JSON", path);
		return NULL;
	}
	while (end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (end == text + len)
		return root;
	error_set(error, EXIT_USAGE, "%s: there is more text behind the JSON's end", path);
	cJSON_Delete(root);
	return NULL;
}

struct snapshot *json_parse(const char *path, const char *text, size_t len, struct error *error)
{
	struct arena *arena = arena_create();
	struct reader reader = {.path = path, .arena = arena, .where = "", .error = error};
	cJSON *root = parse_text(path, text, len, error);
	bool ok = false;

	if (arena)
		reader.snapshot = arena_alloc(arena, sizeof(*reader.snapshot));
	if (!reader.snapshot)
		error_set(error, EXIT_USAGE, "out of memory");
	else if (root)
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
