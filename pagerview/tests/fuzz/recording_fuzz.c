/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a file may hold that is said to be a recording. It is refused in one line;
 * or each of its moments is a snapshot, the same one however often it is asked for, or is refused
 * in one line, and the console's lines steer no terminal.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/json.h"
#include "export/recording.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define MOMENTS 16u /* of a file, that are looked at */

static void check_line(const char *text)
{
	for (const char *c = text; *c; c++)
		assert(!iscntrl((unsigned char)*c));
}

static void check_refused(const struct error *error)
{
	assert(error->status == EXIT_USAGE && error->text[0]);
	check_line(error->text);
}

static void read_moment(const struct recording *recording, uint32_t at)
{
	struct error error = {0}, second = {0};
	struct snapshot *one = recording_read(recording, at, &error);
	struct snapshot *two = recording_read(recording, at, &second);

	assert(!one == !two);
	if (one) {
		char *a = json_state_text(one), *b = json_state_text(two);

		assert(a && b && !strcmp(a, b));
		free(a);
		free(b);
	} else {
		check_refused(&error);
	}
	snapshot_destroy(one);
	snapshot_destroy(two);
}

static void read_log(const struct recording *recording)
{
	const char *const *lines;
	uint64_t first;
	size_t count = recording_log(recording, &lines, &first);

	assert(count <= RECORDING_LOG);
	for (size_t i = 0; i < count; i++)
		check_line(lines[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct recording *recording;
	struct error error = {0};
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	recording_is(path);
	recording = recording_open(path, &error);
	if (recording) {
		assert(recording_count(recording));
		check_line(recording_note(recording));
		for (uint32_t i = 0; i < recording_count(recording) && i < MOMENTS; i++)
			read_moment(recording, i);
		read_log(recording);
	} else {
		check_refused(&error);
	}
	recording_close(recording);
	close(fd);
	return 0;
}
