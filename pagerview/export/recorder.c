/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line is made in memory first and then written in one piece behind what is there. A recording
 * that was cut short and goes on begins on a new line, so only the line that was cut is lost.
 */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "recording.h"

struct recorder {
	int fd;
	char *path;
	char *last; /* line of the moment before; NULL: none */
	uint64_t moments;
	uint64_t log_number; /* of the last line written; it may have been half a line */
	char *log_line;      /* NULL: none yet */
};

/* A new file, or a recording to go on with. False with ERROR. */
static bool is_ours_to_write(int fd, const char *path, bool *cut, struct error *error)
{
	struct stat stat;
	char last = '\n';

	*cut = false;
	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		return error_set(error, EXIT_USAGE, "%s: no regular file", path);
	if (stat.st_size == 0)
		return true;
	if (!recording_is(path))
		return error_set(error, EXIT_USAGE,
				 "%s: is there and is no recording; it is left as it is", path);
	if (pread(fd, &last, 1, stat.st_size - 1) != 1)
		return error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
	*cut = last != '\n';
	return true;
}

static bool write_bytes(struct recorder *recorder, const char *text, size_t len,
			struct error *error)
{
	while (len) {
		ssize_t done = write(recorder->fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_set(error, EXIT_USAGE, "%s: %s", recorder->path,
					 done ? strerror(errno) : "not written");
		text += done;
		len -= (size_t)done;
	}
	return true;
}

/* JSON has line breaks and indents between its tokens only: within a string they are escaped. */
static size_t squeeze(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from != '\n') {
			*to++ = *from;
			continue;
		}
		from += strspn(from + 1, " ");
	}
	*to++ = '\n';
	*to = '\0';
	return (size_t)(to - text);
}

/* The line that WRITE makes of WHAT; the caller frees it. NULL: out of memory. */
static char *make_line(bool (*write)(const void *what, FILE *out), const void *what, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool ok = out && write(what, out);

	if (out && ok)
		fputc('\n', out); /* room for the one that squeeze() adds */
	if (out && fclose(out) == 0 && ok) {
		*len = squeeze(text);
		return text;
	}
	free(text);
	return NULL;
}

static bool write_header(const void *what, FILE *out)
{
	fputs("{ \"recording\": \"" RECORDING_SCHEMA "\", \"schema\": \"" JSON_SCHEMA_LAST
	      "\", \"source\": ",
	      out);
	json_write_string(what, out);
	fprintf(out, ", \"time\": %lld }", (long long)time(NULL));
	return !ferror(out);
}

static bool write_moment(const void *what, FILE *out)
{
	return json_write(what, out);
}

static bool add_line(struct recorder *recorder, char *line, size_t len, struct error *error)
{
	return line ? write_bytes(recorder, line, len, error)
		    : error_set(error, EXIT_USAGE, "%s: out of memory", recorder->path);
}

static bool begin(struct recorder *recorder, const char *source, struct error *error)
{
	size_t len = 0;
	bool cut, ok;
	char *line;

	if (recorder->fd < 0)
		return error_set(error, EXIT_USAGE, "%s: %s", recorder->path, strerror(errno));
	if (!is_ours_to_write(recorder->fd, recorder->path, &cut, error))
		return false;
	line = make_line(write_header, source, &len);
	ok = (!cut || write_bytes(recorder, "\n", 1, error)) &&
	     add_line(recorder, line, len, error);
	free(line);
	return ok;
}

struct recorder *recorder_open(const char *path, const char *source, struct error *error)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (recorder)
		recorder->path = strdup(path);
	if (!recorder || !recorder->path) {
		free(recorder);
		error_set(error, EXIT_USAGE, "out of memory");
		return NULL;
	}
	/* Never a wait for the other end of a pipe. */
	recorder->fd =
		open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
	if (begin(recorder, source, error))
		return recorder;
	recorder_close(recorder);
	return NULL;
}

/* What a line says of the target: all between how it was taken and what happened before. */
static const char *state_of(const char *line, size_t *len)
{
	const char *state = strstr(line, "\"contexts\": ["), *end;

	state = state ? state : line;
	end = strstr(state, ",\"events_head\": ");
	*len = end ? (size_t)(end - state) : strlen(state);
	return state;
}

static bool is_same_state(const char *one, const char *two)
{
	size_t len_one, len_two;
	const char *a = state_of(one, &len_one), *b = state_of(two, &len_two);

	return len_one == len_two && memcmp(a, b, len_one) == 0;
}

bool recorder_add(struct recorder *recorder, const struct snapshot *snapshot, struct error *error)
{
	size_t len = 0;
	char *line = make_line(write_moment, snapshot, &len);

	if (line && recorder->last && !snapshot->num_events && !snapshot->events_lost &&
	    is_same_state(line, recorder->last)) {
		free(line);
		return true;
	}
	if (!add_line(recorder, line, len, error)) {
		free(line);
		return false;
	}
	free(recorder->last);
	recorder->last = line;
	recorder->moments++;
	return true;
}

struct log_part {
	char *const *lines;
	size_t count;
	uint64_t first;
};

static bool write_log(const void *what, FILE *out)
{
	const struct log_part *part = what;

	fputs("{ \"log\": [", out);
	for (size_t i = 0; i < part->count; i++) {
		fputs(i ? ", " : "", out);
		json_write_string(part->lines[i], out);
	}
	fprintf(out, "], \"first\": %" PRIu64 " }", part->first);
	return !ferror(out);
}

bool recorder_add_log(struct recorder *recorder, char *const *lines, size_t count, uint64_t first,
		      struct error *error)
{
	struct log_part part = {lines, count, first};
	size_t skip = 0, len = 0;
	char *line;
	bool ok;

	if (recorder->log_line && recorder->log_number >= first)
		skip = (size_t)(recorder->log_number - first);
	/* The last line is written again if there is more of it now. */
	if (recorder->log_line && skip < count && recorder->log_number >= first &&
	    strcmp(lines[skip], recorder->log_line) == 0)
		skip++;
	if (skip >= count)
		return true;
	part = (struct log_part){lines + skip, count - skip, first + skip};
	line = make_line(write_log, &part, &len);
	ok = add_line(recorder, line, len, error);
	free(line);
	free(recorder->log_line);
	recorder->log_line = strdup(lines[count - 1]);
	recorder->log_number = first + count - 1;
	return ok;
}

const char *recorder_path(const struct recorder *recorder)
{
	return recorder->path;
}

uint64_t recorder_moments(const struct recorder *recorder)
{
	return recorder->moments;
}

void recorder_close(struct recorder *recorder)
{
	if (!recorder)
		return;
	if (recorder->fd >= 0)
		close(recorder->fd);
	free(recorder->path);
	free(recorder->last);
	free(recorder->log_line);
	free(recorder);
}
