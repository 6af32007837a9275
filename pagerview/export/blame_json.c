/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two buffers: the objects told of, and the stores to the count of the one to come. Places come as
 * the words that people read, and are taken apart into function, file and line here; what has no
 * line keeps its function, or its address in the function's place.
 *
 * "definite" is what nothing speaks against; each reason that does is listed beside it.
 */
#include "blame_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

struct blame_json {
	const char *way;
	FILE *objects, *stores;
	char *objects_text, *stores_text;
	size_t objects_len, stores_len;
	uint32_t num_objects, num_stores;
};

struct blame_json *blame_json_create(const char *way)
{
	struct blame_json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->way = way;
	json->objects = open_memstream(&json->objects_text, &json->objects_len);
	json->stores = open_memstream(&json->stores_text, &json->stores_len);
	if (json->objects && json->stores)
		return json;
	blame_json_destroy(json);
	return NULL;
}

void blame_json_destroy(struct blame_json *json)
{
	if (!json)
		return;
	if (json->objects)
		fclose(json->objects);
	if (json->stores)
		fclose(json->stores);
	free(json->objects_text);
	free(json->stores_text);
	free(json);
}

/* ---- places ---- */

/* "function (file.c:12)" of LEN bytes, as an object. */
static void write_frame(const char *text, size_t len, FILE *out)
{
	char frame[256], *open, *colon, *end;

	snprintf(frame, sizeof(frame), "%.*s", (int)len, text);
	open = strstr(frame, " (");
	colon = open ? strrchr(open, ':') : NULL;
	if (!colon || colon[1] < '0' || colon[1] > '9' || colon == open + 2) {
		fputs("{ \"function\": ", out);
		json_write_string(frame, out);
		fputs(", \"file\": null, \"line\": null }", out);
		return;
	}
	*open = *colon = 0;
	fputs("{ \"function\": ", out);
	json_write_string(frame, out);
	fputs(", \"file\": ", out);
	json_write_string(open + 2, out);
	fprintf(out, ", \"line\": %lu }", strtoul(colon + 1, &end, 10) & 0xffffffff);
}

/* The innermost first. A caller "..." says that there are more, and is none. */
static void write_frames(const struct blame_site *place, FILE *out)
{
	const char *at = place->path ? place->path : "";
	uint32_t count = 0;

	fputs("\"frames\": [", out);
	if (place->where && place->where[0]) {
		write_frame(place->where, strlen(place->where), out);
		count++;
	}
	while (*at) {
		const char *end = strstr(at, " < ");
		size_t len = end ? (size_t)(end - at) : strlen(at);

		if (strncmp(at, "...", len) != 0) {
			fputs(count++ ? ", " : "", out);
			write_frame(at, len, out);
		}
		at += end ? len + 3 : len;
	}
	fputc(']', out);
}

void blame_json_store(struct blame_json *json, uint64_t instruction, int64_t delta, uint64_t count,
		      const struct blame_site *by)
{
	FILE *out = json->stores;

	fprintf(out, "%s\n        { \"instruction\": ", json->num_stores++ ? "," : "");
	if (instruction)
		fprintf(out, "%" PRIu64, instruction);
	else
		fputs("null", out);
	fprintf(out, ", \"change\": %" PRId64 ", \"count\": %" PRIu64 ", ", delta, count);
	write_frames(by, out);
	fputs(" }", out);
}

/* ---- who ---- */

static void write_culprit(const char *what, int64_t amount, const struct blame_site *by,
			  const char *partner, uint32_t index, FILE *out)
{
	fprintf(out, "%s\n        { \"what\": \"%s\", \"amount\": %" PRId64 ", ", index ? "," : "",
		what, amount);
	write_frames(by, out);
	if (partner && partner[0]) {
		fputs(", \"missing_put_as_by\": ", out);
		write_frame(partner, strlen(partner), out);
	}
	fputs(" }", out);
}

static const char *deed(const struct balance_row *row)
{
	if (row->state == BALANCE_FALSE && !row->seq)
		return "count changed";
	if (row->state == BALANCE_FALSE)
		return row->sign > 0 ? "get did not count" : "put did not count";
	return row->sign > 0 ? "never put" : "put without reference";
}

/* How many there are. */
static uint32_t write_culprits(const struct balance *balance, FILE *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < balance->num_rows; i++) {
		const struct balance_row *row = &balance->rows[i];
		/* A get that counts for nothing is one too few, a put that does not one too many.
		 */
		int sign = row->state == BALANCE_FALSE && row->seq ? -row->sign : row->sign;
		bool never_put = row->state == BALANCE_CULPRIT && row->sign > 0;

		if (row->state > BALANCE_FALSE)
			continue;
		write_culprit(deed(row), (int64_t)sign * row->times,
			      &(struct blame_site){row->where, row->path},
			      never_put ? balance->partner : NULL, count++, out);
	}
	return count;
}

static void write_blames(const struct blame_verdict *verdict, FILE *out)
{
	uint32_t count = 0;

	fputs(",\n      \"blames\": [", out);
	if (verdict->balance)
		count = write_culprits(verdict->balance, out);
	else if (verdict->what)
		write_culprit(verdict->what, verdict->surplus, &verdict->by, NULL, count++, out);
	if (verdict->balance && !count && verdict->balance->surplus)
		write_culprit("unknown", verdict->balance->surplus, &(struct blame_site){"", ""},
			      NULL, 0, out);
	fputc(']', out);
}

/* ---- how sure ---- */

static void add_reason(uint32_t *count, const char *text, FILE *out)
{
	fputs((*count)++ ? ", " : "", out);
	json_write_string(text, out);
}

/* Another get or put by the same function, by another way, that somebody answers for. */
static bool has_double(const struct balance *balance, const struct balance_row *culprit)
{
	for (uint32_t i = 0; i < balance->num_rows; i++) {
		const struct balance_row *row = &balance->rows[i];

		if (row->state == BALANCE_OPEN && row->sign == culprit->sign &&
		    strcmp(row->where, culprit->where) == 0 && strcmp(row->path, culprit->path))
			return true;
	}
	return false;
}

static void add_balance_reasons(const struct balance *balance, uint32_t *count, FILE *out)
{
	bool unknown = false, twice = false, answered = false;

	for (uint32_t i = 0; i < balance->num_rows; i++) {
		const struct balance_row *row = &balance->rows[i];

		if (row->state > BALANCE_FALSE)
			continue;
		answered = true;
		unknown = unknown || !row->where[0];
		twice = twice || has_double(balance, row);
	}
	if (balance->incomplete)
		add_reason(count, "its beginning is not among the events", out);
	if (!answered && balance->surplus)
		add_reason(count, "its events do not tell who", out);
	if (unknown)
		add_reason(count, "the caller is unknown", out);
	if (twice)
		add_reason(count,
			   "the same function took another one, which is held: by which of "
			   "its callers is not told apart",
			   out);
}

static void write_sureness(const struct blame_verdict *verdict, FILE *out)
{
	uint32_t count = 0;
	char text[80];

	fputs(",\n      \"reasons\": [", out);
	if (verdict->lost) {
		snprintf(text, sizeof(text), "%" PRIu64 " events were lost", verdict->lost);
		add_reason(&count, text, out);
	}
	if (verdict->torn)
		add_reason(&count, verdict->torn[0] ? verdict->torn : "the moment is torn", out);
	if (verdict->balance)
		add_balance_reasons(verdict->balance, &count, out);
	else if (verdict->what && !verdict->by.where[0])
		add_reason(&count, "no get and no put of it was seen", out);
	fprintf(out, "],\n      \"confidence\": \"%s\"", count ? "possible" : "definite");
}

/* ---- the account ---- */

static void write_row(const struct balance_row *row, uint32_t index, FILE *out)
{
	static const char *const states[] = {
		[BALANCE_CULPRIT] = "no partner",
		[BALANCE_FALSE] = "did not count",
		[BALANCE_OPEN] = "held",
		[BALANCE_PAIRED] = "paired",
	};
	const char *state =
		row->state == BALANCE_OPEN && row->sign < 0 ? "got earlier" : states[row->state];

	fprintf(out,
		"%s\n        { \"state\": \"%s\", \"event\": \"%s\", \"sign\": %d, \"times\": "
		"%" PRIu32 ", ",
		index ? "," : "", state,
		row->is_new     ? "new"
		: row->sign > 0 ? "get"
				: "put",
		row->sign, row->times);
	write_frames(&(struct blame_site){row->where, row->path}, out);
	fputs(" }", out);
}

static void write_balance(const struct balance *balance, FILE *out)
{
	fputs(",\n      \"kind\": ", out);
	json_write_string(balance->kind, out);
	fprintf(out,
		", \"refcount\": %" PRId64 ", \"holders\": %" PRIu32 ", \"gone\": %s"
		", \"events\": %" PRIu32 ", \"pairs\": %" PRIu32 ",\n      \"rows\": [",
		balance->refcount, balance->num_holders, balance->gone ? "true" : "false",
		balance->num_events, balance->num_pairs);
	for (uint32_t i = 0; i < balance->num_rows; i++)
		write_row(&balance->rows[i], i, out);
	fputc(']', out);
}

static void write_holders(const char *key, const struct snap_holder *const *holders, uint32_t count,
			  FILE *out)
{
	fprintf(out, ",\n      \"%s\": [", key);
	for (uint32_t i = 0; i < count; i++) {
		fprintf(out, "%s{ \"kind\": ", i ? ", " : "");
		json_write_string(holders[i]->kind, out);
		fprintf(out, ", \"id\": \"0x%" PRIx64 "\", \"name\": ", holders[i]->id);
		json_write_string(holders[i]->name, out);
		fputs(" }", out);
	}
	fputc(']', out);
}

static void write_moments(const struct blame_verdict *verdict, FILE *out)
{
	fprintf(out,
		",\n      \"right_until\": %" PRIu64
		",\n      \"wrong_from\": { \"instruction\": %" PRIu64 ", ",
		verdict->right_until, verdict->wrong_from);
	write_frames(&verdict->at, out);
	fprintf(out, " },\n      \"last_store\": { \"instruction\": %" PRIu64 ", ", verdict->store);
	write_frames(&verdict->store_by, out);
	fputs(" }", out);
}

static void write_stores(struct blame_json *json, FILE *out)
{
	fflush(json->stores);
	fprintf(out, ",\n      \"stores\": [%.*s]", (int)json->stores_len, json->stores_text);
	rewind(json->stores);
	json->num_stores = 0;
}

void blame_json_object(struct blame_json *json, const struct blame_verdict *verdict)
{
	FILE *out = json->objects;

	fprintf(out, "%s\n    { \"object\": { \"id\": \"0x%" PRIx64 "\", \"name\": ",
		json->num_objects++ ? "," : "", verdict->id);
	json_write_string(verdict->name, out);
	fprintf(out, " }, \"surplus\": %" PRId64 ", \"sign\": %d, \"amount\": %" PRIu64,
		verdict->surplus, (verdict->surplus > 0) - (verdict->surplus < 0),
		(uint64_t)llabs(verdict->surplus));
	write_blames(verdict, out);
	write_sureness(verdict, out);
	if (verdict->balance)
		write_balance(verdict->balance, out);
	if (json->num_stores)
		write_stores(json, out);
	if (verdict->num_gone)
		write_holders("holders_gone", verdict->gone, verdict->num_gone, out);
	if (verdict->num_come)
		write_holders("holders_new", verdict->come, verdict->num_come, out);
	if (verdict->has_moments)
		write_moments(verdict, out);
	fputs(" }", out);
}

bool blame_json_write(struct blame_json *json, FILE *out)
{
	if (fflush(json->objects) || ferror(json->objects) || ferror(json->stores))
		return false;
	fprintf(out, "{\n  \"schema\": \"%s\",\n  \"way\": \"%s\",\n  \"objects\": [",
		BLAME_JSON_SCHEMA, json->way);
	fwrite(json->objects_text, 1, json->objects_len, out);
	fprintf(out, "%s]\n}\n", json->num_objects ? "\n  " : "");
	return fflush(out) == 0 && !ferror(out);
}
