/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file is gone through once, in pieces: of each line its place and its first bytes, which say
 * what it is. Only the console's lines are read then, and the last moment if its line has no end.
 */
#include "recording.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../analysis/check.h"
#include "json.h"

#define PIECE        (1u << 18)
#define HEAD_BYTES   32u
#define LOG_MAX_LINE (8u << 20) /* bytes of a line with lines of the console */

struct place {
	uint64_t offset;
	uint32_t len, line; /* bytes without the newline; from 1 */
};

struct recording {
	char *path;
	int fd;
	struct place *places;
	uint32_t count, room;
	uint64_t beyond;  /* moments that are not kept */
	uint64_t strange; /* lines that are nothing known */
	bool cut, no_memory;
	char *log[RECORDING_LOG];
	uint32_t log_count;
	uint64_t log_first;
	char note[160];
};

enum line_kind { LINE_EMPTY, LINE_HEADER, LINE_MOMENT, LINE_LOG, LINE_STRANGE };

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r");
}

/* The first member of the object tells; HEAD ends with a zero. */
static enum line_kind kind_of(const char *head)
{
	const char *at = skip_blanks(head);

	if (!*at)
		return LINE_EMPTY;
	if (*at != '{')
		return LINE_STRANGE;
	at = skip_blanks(at + 1);
	if (strncmp(at, "\"recording\"", 11) == 0)
		return LINE_HEADER;
	if (strncmp(at, "\"schema\"", 8) == 0)
		return LINE_MOMENT;
	return strncmp(at, "\"log\"", 5) == 0 ? LINE_LOG : LINE_STRANGE;
}

bool recording_is(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[HEAD_BYTES + 1] = "";
	struct stat stat;
	bool is = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
		  pread(fd, head, HEAD_BYTES, 0) > 0 && kind_of(head) == LINE_HEADER;

	if (fd >= 0)
		close(fd);
	return is;
}

/* ---- lines ---- */

/* NULL: not in the file any more, or *NO_MEMORY. */
static char *read_line(const struct recording *recording, const struct place *place,
		       bool *no_memory)
{
	char *text = malloc((size_t)place->len + 1);
	size_t done = 0;

	*no_memory = !text;
	while (text && done < place->len) {
		ssize_t got = pread(recording->fd, text + done, place->len - done,
				    (off_t)(place->offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			free(text);
			return NULL;
		}
		done += (size_t)got;
	}
	if (text)
		text[done] = '\0';
	return text;
}

static struct snapshot *read_place(const struct recording *recording, const struct place *place,
				   struct error *error)
{
	bool no_memory;
	char name[300], *text = read_line(recording, place, &no_memory);
	struct snapshot *snapshot = NULL;

	snprintf(name, sizeof(name), "%.200s: line %u", recording->path, place->line);
	if (text)
		snapshot = json_parse(name, text, place->len, error);
	else
		error_set(error, EXIT_USAGE, "%s: %s", name,
			  no_memory ? "out of memory" : "cannot be read");
	free(text);
	if (snapshot && !check_refill(snapshot)) {
		snapshot_destroy(snapshot);
		snapshot = NULL;
		error_set(error, EXIT_USAGE, "out of memory");
	}
	return snapshot;
}

static void log_drop_first(struct recording *recording)
{
	free(recording->log[0]);
	memmove(recording->log, recording->log + 1,
		(--recording->log_count) * sizeof(recording->log[0]));
	recording->log_first++;
}

/* A line that is there already is replaced: it was half a line. Numbers that jump begin anew. */
static void log_put(struct recording *recording, uint64_t number, const char *text)
{
	uint64_t end = recording->log_first + recording->log_count;
	char *copy = strdup(text);

	recording->no_memory |= !copy;
	if (!copy)
		return;
	for (char *c = copy; *c; c++) /* what is shown on a terminal must not steer it */
		*c = (unsigned char)*c < ' ' || *c == 0x7f ? '.' : *c;
	if (number + 1 == end && recording->log_count) {
		free(recording->log[recording->log_count - 1]);
		recording->log[recording->log_count - 1] = copy;
		return;
	}
	if (number != end) {
		while (recording->log_count)
			log_drop_first(recording);
		recording->log_first = number;
	}
	if (recording->log_count == RECORDING_LOG)
		log_drop_first(recording);
	recording->log[recording->log_count++] = copy;
}

static bool add_log(struct recording *recording, const struct place *place)
{
	bool no_memory = false;
	char *text = place->len <= LOG_MAX_LINE ? read_line(recording, place, &no_memory) : NULL;
	bool is_text = text && !memchr(text, '\0', place->len);
	cJSON *root = is_text ? cJSON_ParseWithLength(text, place->len) : NULL;
	const cJSON *lines = cJSON_GetObjectItemCaseSensitive(root, "log"), *line;
	double first = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "first"));
	uint64_t number = first >= 0 && first < 1e15 ? (uint64_t)first : 0;
	bool ok = cJSON_IsArray(lines);

	recording->no_memory |= no_memory;
	cJSON_ArrayForEach (line, lines)
		if (cJSON_IsString(line))
			log_put(recording, number++, line->valuestring);
	cJSON_Delete(root);
	free(text);
	return ok;
}

static bool add_moment(struct recording *recording, const struct place *place)
{
	uint32_t room = recording->room ? 2 * recording->room : 256;
	struct place *places;

	if (recording->count == RECORDING_MOMENTS || place->len > JSON_MAX_BYTES) {
		recording->beyond++;
		return true;
	}
	if (recording->count == recording->room) {
		places = realloc(recording->places, room * sizeof(*places));
		if (!places)
			return false;
		recording->places = places;
		recording->room = room;
	}
	recording->places[recording->count++] = *place;
	return true;
}

/* One whole line, or what is left at the end of the file. False: out of memory. */
static bool add_line(struct recording *recording, const struct place *place, const char *head,
		     bool whole)
{
	struct snapshot *snapshot;
	struct error ignored = {0};

	switch (kind_of(head)) {
	case LINE_MOMENT:
		if (whole)
			return add_moment(recording, place);
		snapshot = read_place(recording, place, &ignored);
		recording->cut = !snapshot;
		snapshot_destroy(snapshot);
		return recording->cut || add_moment(recording, place);
	case LINE_LOG:
		if (add_log(recording, place))
			return true;
		/* fall through */
	case LINE_STRANGE:
		recording->cut = !whole;
		recording->strange += whole;
		return true;
	default:
		return true;
	}
}

struct scan {
	struct place place; /* of the line under way */
	uint64_t len;       /* and its bytes so far */
	char head[HEAD_BYTES + 1];
};

static void scan_bytes(struct scan *scan, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && scan->len + i < HEAD_BYTES; i++)
		scan->head[scan->len + i] = bytes[i] ? bytes[i] : '?';
	scan->len += len;
}

static bool scan_end_line(struct recording *recording, struct scan *scan, bool whole)
{
	bool ok;

	scan->head[scan->len < HEAD_BYTES ? scan->len : HEAD_BYTES] = '\0';
	scan->place.len = scan->len > UINT32_MAX ? UINT32_MAX : (uint32_t)scan->len;
	ok = add_line(recording, &scan->place, scan->head, whole);
	scan->place.offset += scan->len + 1;
	scan->place.line++;
	scan->len = 0;
	return ok;
}

static bool scan_file(struct recording *recording, struct error *error)
{
	struct scan scan = {.place.line = 1};
	char *piece = malloc(PIECE);
	uint64_t at = 0;
	bool ok = piece != NULL;
	ssize_t got;

	while (ok && (got = pread(recording->fd, piece, PIECE, (off_t)at)) != 0) {
		const char *from = piece, *end = piece + got, *newline;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(piece);
			return error_set(error, EXIT_USAGE, "%s: %s", recording->path,
					 strerror(errno));
		}
		while (ok && (newline = memchr(from, '\n', (size_t)(end - from)))) {
			scan_bytes(&scan, from, (size_t)(newline - from));
			ok = scan_end_line(recording, &scan, true);
			from = newline + 1;
		}
		scan_bytes(&scan, from, (size_t)(end - from));
		at += (uint64_t)got;
	}
	if (ok && scan.len)
		ok = scan_end_line(recording, &scan, false);
	free(piece);
	return (ok && !recording->no_memory) || error_set(error, EXIT_USAGE, "out of memory");
}

static void make_note(struct recording *recording)
{
	size_t len = 0;

	if (recording->cut)
		len += (size_t)snprintf(recording->note, sizeof(recording->note),
					"its last line is cut");
	if (recording->strange)
		len += (size_t)snprintf(recording->note + len, sizeof(recording->note) - len,
					"%s%llu line%s of no known kind", len ? ", " : "",
					(unsigned long long)recording->strange,
					recording->strange == 1 ? "" : "s");
	if (recording->beyond)
		snprintf(recording->note + len, sizeof(recording->note) - len,
			 "%s%u of %llu moments, the rest is too much", len ? ", " : "",
			 recording->count,
			 (unsigned long long)(recording->count + recording->beyond));
}

static bool open_file(struct recording *recording, struct error *error)
{
	struct stat stat;

	recording->fd = open(recording->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (recording->fd < 0)
		return error_set(error, EXIT_USAGE, "%s: %s", recording->path, strerror(errno));
	if (fstat(recording->fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		return error_set(error, EXIT_USAGE, "%s: no regular file", recording->path);
	if (!recording_is(recording->path))
		return error_set(error, EXIT_USAGE, "%s: no recording", recording->path);
	if (!scan_file(recording, error))
		return false;
	if (recording->count == 0)
		return error_set(error, EXIT_USAGE, "%s: a recording without a moment%s%s",
				 recording->path, recording->cut ? "; " : "",
				 recording->cut ? "its last line is cut" : "");
	make_note(recording);
	return true;
}

struct recording *recording_open(const char *path, struct error *error)
{
	struct recording *recording = calloc(1, sizeof(*recording));

	if (recording) {
		recording->fd = -1;
		recording->path = strdup(path);
	}
	if (!recording || !recording->path)
		error_set(error, EXIT_USAGE, "out of memory");
	else if (open_file(recording, error))
		return recording;
	recording_close(recording);
	return NULL;
}

void recording_close(struct recording *recording)
{
	if (!recording)
		return;
	if (recording->fd >= 0)
		close(recording->fd);
	for (uint32_t i = 0; i < recording->log_count; i++)
		free(recording->log[i]);
	free(recording->places);
	free(recording->path);
	free(recording);
}

uint32_t recording_count(const struct recording *recording)
{
	return recording->count;
}

const char *recording_note(const struct recording *recording)
{
	return recording->note;
}

struct snapshot *recording_read(const struct recording *recording, uint32_t at, struct error *error)
{
	if (at >= recording->count) {
		error_set(error, EXIT_USAGE, "%s: no moment %u, there are %u", recording->path,
			  at + 1, recording->count);
		return NULL;
	}
	return read_place(recording, &recording->places[at], error);
}

size_t recording_log(const struct recording *recording, const char *const **lines, uint64_t *first)
{
	*lines = (const char *const *)recording->log;
	*first = recording->log_first;
	return recording->log_count;
}
