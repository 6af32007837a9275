/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 128

/* "ran waited slices", nanoseconds. */
static bool read_waited(const char *task, const char *id, uint64_t *ns)
{
	char path[PATH_ROOM + 64];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/%.20s/schedstat", task, id);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%*u %" SCNu64, ns) == 1;
	fclose(file);
	return ok;
}

/* What thread ID had waited at the last look; WAITED if it was not there, for that was no wait. */
static uint64_t waited_before(const struct progress *progress, pid_t id, uint64_t waited)
{
	for (size_t i = 0; i < progress->num_threads; i++) {
		if (progress->threads[i].id == id && progress->threads[i].waited_ns < waited)
			return progress->threads[i].waited_ns;
	}
	return waited;
}

static void note_thread(struct progress *now, const struct progress *before, const char *task,
			const char *name, uint64_t *longest)
{
	pid_t id = (pid_t)strtol(name, NULL, 10);
	uint64_t waited, since;

	if (id <= 0 || now->num_threads == PROGRESS_THREADS || !read_waited(task, name, &waited))
		return;
	now->threads[now->num_threads].id = id;
	now->threads[now->num_threads++].waited_ns = waited;
	since = waited - waited_before(before, id, waited);
	if (since > *longest)
		*longest = since;
}

/* For how long a thread of PID waited since the last look, the one that did so longest; seconds. */
static double look_at_threads(struct progress *progress, const char *proc, pid_t pid)
{
	const struct progress before = *progress;
	uint64_t longest = 0;
	char task[PATH_ROOM];
	struct dirent *entry;
	DIR *threads;

	progress->num_threads = 0;
	snprintf(task, sizeof(task), "%s/%d/task", proc, (int)pid);
	threads = opendir(task);
	if (!threads)
		return 0;
	while ((entry = readdir(threads)))
		note_thread(progress, &before, task, entry->d_name, &longest);
	closedir(threads);
	return (double)longest * 1e-9;
}

bool progress_is_held(const char *proc, pid_t pid)
{
	char path[PATH_ROOM], text[512];
	const char *name_end;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d/stat", proc, (int)pid);
	file = pid ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	name_end = strrchr(text, ')');
	return name_end && (strncmp(name_end, ") T", 3) == 0 || strncmp(name_end, ") t", 3) == 0);
}

double progress_made(struct progress *progress, const char *proc, pid_t pid, double ran_s)
{
	double since = ran_s - progress->ran_s;
	double waited = pid ? look_at_threads(progress, proc, pid) : 0;

	progress->ran_s = ran_s;
	if (since > waited && !progress_is_held(proc, pid))
		progress->made_s += since - waited;
	return progress->made_s;
}
