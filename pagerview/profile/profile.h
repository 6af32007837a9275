/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A profile: a JSON file that says which symbols, lists and members of a kernel play which role in
 * its pager (pagerview/DESIGN.md describes the form). This finds and reads profiles; it knows their
 * outer form only, and no ELF. What they mean for one ELF is worked out in layout.h. A profile is
 * bytes from others: size and nesting are bounded, and every complaint names the file.
 */
#ifndef PAGERVIEW_PROFILE_H
#define PAGERVIEW_PROFILE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "../error.h"

#define PROFILE_MAX_BYTES (1u << 20)

struct profile {
	char *path;
	char *name;  /* the profile's own name, not its file's */
	cJSON *root; /* an object */
};

/* Read the profile in PATH. NULL with ERROR (EXIT_USAGE: no such file; EXIT_LAYOUT: bad content).
 */
struct profile *profile_load(const char *path, struct error *error);
/* The same from LEN bytes of TEXT; PATH is for messages. */
struct profile *profile_parse(const char *path, const char *text, size_t len, struct error *error);
void profile_free(struct profile *profile); /* NULL is allowed */

/*
 * The file of profile NAME_OR_FILE: itself if it contains a '/' or ends in ".json", else NAME.json
 * in the first of the profile folders that has it. The caller frees it. NULL with ERROR
 * (EXIT_USAGE): none has it, or memory is out.
 */
char *profile_find(const char *name_or_file, struct error *error);

/* Called for each installed profile's file; true ends the search. */
typedef bool (*profile_visit)(void *arg, const char *path);
/* Visit all profiles of the folders below, each name once, in the order of their names. */
void profile_each(profile_visit visit, void *arg);

/*
 * Where data files lie, best first: beside the executable, in the source tree it was built in, in
 * the share folder of the prefix it is installed in. At most MAX, returns how many; the strings
 * stay for the life of the process.
 */
size_t profile_folders(const char **folders, size_t max);

#endif
