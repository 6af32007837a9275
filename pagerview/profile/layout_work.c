/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints about a profile, what is told of it, and the JSON forms that all of its parts share.
 */
#include "layout_work.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

bool work_bad_form(struct work *work, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(work->error, EXIT_LAYOUT, "profile %s: %s: %s",
			 work->layout->profile->path, work->where, text);
}

void work_tell(struct work *work, const char *format, ...)
{
	va_list args;

	if (!work->report)
		return;
	va_start(args, format);
	vfprintf(work->report, format, args);
	va_end(args);
	fputc('\n', work->report);
}

bool work_missing(struct work *work, bool required, const char *what, const char *tried)
{
	work_tell(work, "%-26s missing%s: %s", work->where, required ? "" : ", optional", tried);
	if (!required)
		return true;
	error_set(work->error, EXIT_LAYOUT, "%s: no %s %s (profile %s needs it for %s)",
		  dwarf_info_path(work->dwarf), what, tried, work->layout->profile->name,
		  work->where);
	return work->report != NULL;
}

/* ---- JSON helpers ---- */

bool work_check_keys(struct work *work, const cJSON *object, const char *const *known)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		size_t i = 0;

		if (!item->string)
			return work_bad_form(work, "expected an object, not a list");
		while (known[i] && strcmp(known[i], item->string) != 0)
			i++;
		if (!known[i])
			return work_bad_form(work, "unknown key \"%.60s\"", item->string);
	}
	return true;
}

const char *work_alternative(const cJSON *item, int index)
{
	if (cJSON_IsArray(item))
		return cJSON_GetStringValue(cJSON_GetArrayItem(item, index));
	return index == 0 ? cJSON_GetStringValue(item) : NULL;
}

bool work_check_alternatives(struct work *work, const cJSON *item, const char *what)
{
	const char *text;
	int count = 0;

	while (count < 16 && (text = work_alternative(item, count)) != NULL) {
		if (!text[0] || strlen(text) >= WORK_MAX_PATH)
			return work_bad_form(work, "%s: empty or too long", what);
		count++;
	}
	if (count == 0 || (cJSON_IsArray(item) && cJSON_GetArraySize(item) != count))
		return work_bad_form(work, "%s: expected a name or a list of up to 16 names", what);
	return true;
}

const char *work_tried(struct work *work, const cJSON *item)
{
	char text[200] = "";
	const char *name;

	for (int i = 0; (name = work_alternative(item, i)) != NULL && strlen(text) < 120; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ", " : "",
			 name);
	return arena_strndup(work->layout->arena, text, sizeof(text));
}

bool work_parse_number(const char *text, uint64_t *value)
{
	char *end;

	if (!text || !strchr("0123456789", text[0]) || !text[0])
		return false;
	*value = strtoull(text, &end, 0);
	return *end == 0;
}
