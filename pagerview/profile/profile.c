/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles are looked for where this executable is: a build folder keeps them in `profiles` beside
 * it, an installation in `../share/pagerview/profiles`. So neither needs a path compiled in, and a
 * moved installation still works.
 */
#include "profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROFILES 64 /* files looked at per folder */

static const char *const folder_suffixes[] = {
	"/profiles",
	"/../share/pagerview/profiles",
};
#define NUM_FOLDERS (sizeof(folder_suffixes) / sizeof(folder_suffixes[0]))

size_t profile_folders(const char **folders, size_t max)
{
	static char paths[NUM_FOLDERS][4096];
	char self[2048];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t count = 0;
	char *slash;

	if (len <= 0)
		return 0;
	self[len] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	for (size_t i = 0; i < NUM_FOLDERS && count < max; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s%s", self, folder_suffixes[i]);
		folders[count++] = paths[i];
	}
	return count;
}

static bool read_file(const char *path, char **text, size_t *len, struct error *error)
{
	FILE *file = fopen(path, "re");
	struct stat stat;

	if (!file)
		return error_set(error, EXIT_USAGE, "profile %s: %s", path, strerror(errno));
	*text = malloc(PROFILE_MAX_BYTES + 1);
	if (!*text || fstat(fileno(file), &stat) != 0 || !S_ISREG(stat.st_mode)) {
		error_set(error, *text ? EXIT_USAGE : EXIT_PARTIAL,
			  *text ? "profile %s: no regular file" : "profile %s: out of memory",
			  path);
		fclose(file);
		free(*text);
		return false;
	}
	*len = fread(*text, 1, PROFILE_MAX_BYTES + 1, file);
	fclose(file);
	if (*len > PROFILE_MAX_BYTES) {
		free(*text);
		return error_set(error, EXIT_LAYOUT, "profile %s: more than %u bytes", path,
				 PROFILE_MAX_BYTES);
	}
	return true;
}

static unsigned int line_of(const char *text, const char *at)
{
	unsigned int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

static cJSON *parse_object(const char *path, const char *text, size_t len, struct error *error)
{
	const char *end = NULL;
	cJSON *root;

	if (!error_unless_text(error, EXIT_LAYOUT, path, text, len))
		return NULL;
	root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (!root) {
		error_set(error, EXIT_LAYOUT, "profile %s: no JSON at line %u", path,
			  end ? line_of(text, end) : 1);
		return NULL;
	}
	for (; end < text + len; end++) {
		if (!strchr(" \t\r\n", *end)) {
			error_set(error, EXIT_LAYOUT, "profile %s: text after its end, line %u",
				  path, line_of(text, end));
			cJSON_Delete(root);
			return NULL;
		}
	}
	return root;
}

/* What a profile names is shown on terminals, which it must not steer. */
static void make_printable(char *text)
{
	for (char *c = text; c && *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '.';
	}
}

/* As deep as cJSON lets a tree get (CJSON_NESTING_LIMIT). */
static void make_tree_printable(cJSON *item)
{
	for (; item; item = item->next) {
		make_printable(item->string);
		make_printable(item->valuestring);
		make_tree_printable(item->child);
	}
}

struct profile *profile_parse(const char *path, const char *text, size_t len, struct error *error)
{
	cJSON *root = parse_object(path, text, len, error);
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(root, "profile");
	struct profile *profile;

	if (!root)
		return NULL;
	make_tree_printable(root);
	if (!cJSON_IsString(name) || !name->valuestring[0] || strlen(name->valuestring) > 63) {
		error_set(error, EXIT_LAYOUT, "profile %s: no name (\"profile\": \"NAME\")", path);
		cJSON_Delete(root);
		return NULL;
	}
	profile = calloc(1, sizeof(*profile));
	if (profile) {
		profile->path = strdup(path);
		profile->name = strdup(name->valuestring);
		profile->root = root;
	}
	if (!profile || !profile->path || !profile->name) {
		error_set(error, EXIT_PARTIAL, "out of memory");
		if (!profile)
			cJSON_Delete(root);
		profile_free(profile);
		return NULL;
	}
	return profile;
}

struct profile *profile_load(const char *path, struct error *error)
{
	struct profile *profile;
	char *text = NULL;
	size_t len = 0;

	if (!read_file(path, &text, &len, error))
		return NULL;
	profile = profile_parse(path, text, len, error);
	free(text);
	return profile;
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	cJSON_Delete(profile->root);
	free(profile->path);
	free(profile->name);
	free(profile);
}

char *profile_find(const char *name_or_file, struct error *error)
{
	const char *folders[NUM_FOLDERS];
	size_t count = profile_folders(folders, NUM_FOLDERS), len = strlen(name_or_file);

	if (strchr(name_or_file, '/') ||
	    (len > 5 && strcmp(name_or_file + len - 5, ".json") == 0)) {
		char *path = strdup(name_or_file);

		if (!path)
			error_set(error, EXIT_USAGE, "out of memory");
		return path;
	}
	for (size_t i = 0; i < count; i++) {
		char *path = NULL;

		if (asprintf(&path, "%s/%s.json", folders[i], name_or_file) < 0)
			break;
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	error_set(error, EXIT_USAGE, "no profile '%s' in %s", name_or_file,
		  count ? folders[0] : "any folder");
	return NULL;
}

static int is_profile(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* The first folder with any profile is the one: an installation does not mix with a build. */
void profile_each(profile_visit visit, void *arg)
{
	const char *folders[NUM_FOLDERS];
	size_t count = profile_folders(folders, NUM_FOLDERS);
	bool found = false, done = false;

	for (size_t i = 0; i < count && !found; i++) {
		struct dirent **entries;
		int num = scandir(folders[i], &entries, is_profile, alphasort);

		found = num > 0;
		for (int n = 0; n < num; n++) {
			char *path = NULL;

			if (!done && n < MAX_PROFILES &&
			    asprintf(&path, "%s/%s", folders[i], entries[n]->d_name) >= 0)
				done = visit(arg, path);
			free(path);
			free(entries[n]);
		}
		if (num >= 0)
			free(entries);
	}
}
