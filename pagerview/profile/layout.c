/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Working a profile out against an ELF. Each name in a profile may be a list of alternatives; the
 * first that exists in the DWARF counts, so releases are told apart by what they have and never by
 * their number. Two kinds of trouble are kept apart: a profile of a wrong form is always an error;
 * a name that the ELF does not have is one only where the pager cannot be read without it.
 */
#include "layout_work.h"

#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_COUNTERS 128

static bool resolve_counters(struct work *work, const cJSON *counters)
{
	struct layout *layout = work->layout;
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "counters");
	if (!counters)
		return true;
	if (!cJSON_IsObject(counters) || cJSON_GetArraySize(counters) > MAX_COUNTERS)
		return work_bad_form(work, "expected up to %d counters", MAX_COUNTERS);
	layout->counters = arena_alloc_array(
		layout->arena, (size_t)cJSON_GetArraySize(counters) + 1, sizeof(*layout->counters));
	if (!layout->counters)
		return error_set(work->error, EXIT_PARTIAL, "out of memory");
	cJSON_ArrayForEach (item, counters) {
		struct layout_counter *counter = &layout->counters[layout->num_counters];

		if (!layout_counter_resolve(work, item, item->string, counter))
			return false;
		layout->num_counters += counter->field.present;
	}
	return true;
}

/* Which of the counters say how much there is, and not how often something was done. */
static bool resolve_levels(struct work *work, const cJSON *levels)
{
	struct layout *layout = work->layout;
	const cJSON *item;

	snprintf(work->where, sizeof(work->where), "levels");
	if (levels && !cJSON_IsArray(levels))
		return work_bad_form(work, "expected a list of counters");
	cJSON_ArrayForEach (item, levels) {
		const char *name = cJSON_GetStringValue(item);

		if (!name || !get(get(layout->profile->root, "counters"), name))
			return work_bad_form(work, "%.60s is no counter",
					     name ?: "what has no name");
		for (unsigned int i = 0; i < layout->num_counters; i++)
			layout->counters[i].is_level |= !strcmp(layout->counters[i].name, name);
	}
	return true;
}

static bool resolve_guard(struct work *work, const cJSON *guard)
{
	static const char *const keys[] = {"generation", "lock", "safe_point", NULL};
	struct layout *layout = work->layout;
	const cJSON *safe_point = get(guard, "safe_point");
	const char *name;

	snprintf(work->where, sizeof(work->where), "guard");
	if (guard && !work_check_keys(work, guard, keys))
		return false;
	if (get(guard, "generation") &&
	    !layout_counter_resolve(work, get(guard, "generation"), "guard.generation",
				    &layout->generation))
		return false;
	if (get(guard, "lock") &&
	    !layout_counter_resolve(work, get(guard, "lock"), "guard.lock", &layout->lock))
		return false;
	for (int i = 0; safe_point && (name = work_alternative(safe_point, i)) != NULL; i++) {
		const struct dwarf_symbol *symbol = dwarf_info_symbol(work->dwarf, name);

		if (!layout->safe_point && symbol && symbol->is_function)
			layout->safe_point = symbol->name;
	}
	if (safe_point)
		work_tell(work, "%-26s %s", "guard.safe_point",
			  layout->safe_point ? layout->safe_point : "missing, optional");
	return true;
}

/* The events that one can run on to; what they stop at is looked up when it is asked for. */
static bool tell_stops(struct work *work)
{
	const char *kinds[LAYOUT_MAX_EVENT_KINDS];
	unsigned int count = layout_event_kinds(work->layout, kinds);
	const cJSON *stops = get(work->layout->profile->root, "stops");
	char found[300] = "";

	snprintf(work->where, sizeof(work->where), "stops");
	if (stops && !cJSON_IsObject(stops))
		return work_bad_form(work, "no object");
	if (!get(stops, "event"))
		return true;
	for (unsigned int i = 0; i < count; i++)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s", i ? " " : "",
			 kinds[i]);
	work_tell(work, "%-26s %s", "stops.event", count ? found : "missing, optional");
	return true;
}

/* ---- all of it ---- */

static bool resolve_all(struct work *work)
{
	static const char *const keys[] = {"profile", "about",   "notes",    "guard",  "stops",
					   "tables",  "objects", "counters", "lists",  "slide",
					   "events",  "scan",    "store",    "levels", NULL};
	const cJSON *root = work->layout->profile->root;

	snprintf(work->where, sizeof(work->where), "top level");
	if (!cJSON_IsObject(root) || !work_check_keys(work, root, keys))
		return work_bad_form(work, "no profile");
	return layout_objects_resolve(work, get(root, "objects")) &&
	       layout_lists_resolve(work, get(root, "lists")) &&
	       resolve_guard(work, get(root, "guard")) &&
	       layout_tables_resolve(work, get(root, "tables")) &&
	       layout_slide_resolve(work, get(root, "slide")) &&
	       resolve_counters(work, get(root, "counters")) &&
	       resolve_levels(work, get(root, "levels")) &&
	       layout_events_resolve(work, get(root, "events")) &&
	       layout_stores_resolve(work, get(root, "store"), get(get(root, "objects"), "fobj")) &&
	       layout_scan_resolve(work, get(root, "scan")) && tell_stops(work);
}

/* Functions to stop at are looked up once here, where it is minded if memory is out for one. */
static void look_up_stops(struct layout *layout)
{
	const char *kinds[LAYOUT_MAX_EVENT_KINDS];
	const cJSON *stop;

	if (layout->safe_point)
		dwarf_info_symbol(layout->dwarf, layout->safe_point);
	cJSON_ArrayForEach (stop, get(layout->profile->root, "stops"))
		layout_stop(layout, stop->string);
	layout_event_kinds(layout, kinds);
}

struct layout *layout_create(const struct profile *profile, struct dwarf_info *dwarf, FILE *report,
			     struct error *error)
{
	struct arena *arena = arena_create();
	struct layout *layout = arena ? arena_alloc(arena, sizeof(*layout)) : NULL;
	struct work work = {.layout = layout, .dwarf = dwarf, .report = report, .error = error};
	bool resolved;

	if (!layout) {
		arena_destroy(arena);
		error_set(error, EXIT_PARTIAL, "out of memory");
		return NULL;
	}
	layout->arena = arena;
	layout->profile = profile;
	layout->dwarf = dwarf;
	layout->pointer_size = dwarf_info_pointer_size(dwarf);
	layout->page_size = 4096;
	dwarf_info_was_short(dwarf);
	resolved = resolve_all(&work);
	if (resolved)
		look_up_stops(layout);
	if (dwarf_info_was_short(dwarf)) {
		*error = (struct error){0}; /* what was missed may be there */
		error_set(error, EXIT_PARTIAL, "out of memory");
	}
	if (!resolved || error->status != EXIT_CLEAN) {
		/* Whoever refuses says why; a refusal without a word would pass for success. */
		work_bad_form(&work, "of a form that is not understood");
		layout_destroy(layout);
		return NULL;
	}
	return layout;
}

void layout_destroy(struct layout *layout)
{
	if (layout)
		arena_destroy(layout->arena);
}

const char *layout_stop(const struct layout *layout, const char *which)
{
	const char *name = cJSON_GetStringValue(get(get(layout->profile->root, "stops"), which));

	return name && dwarf_info_symbol(layout->dwarf, name) ? name : NULL;
}

/* ---- choosing ---- */

struct choice {
	struct dwarf_info *dwarf;
	struct profile *chosen;
	/* Why the first one did not fit: all there is to say of a lone profile. EXIT_PARTIAL: why
	 * it cannot be told whether one does. */
	struct error first;
	unsigned int seen;
};

static bool try_profile(void *arg, const char *path)
{
	struct choice *choice = arg;
	struct error error = {0};
	struct profile *profile = profile_load(path, &error);
	struct layout *layout =
		profile ? layout_create(profile, choice->dwarf, NULL, &error) : NULL;

	if (choice->seen++ == 0 || error.status == EXIT_PARTIAL)
		choice->first = error;
	if (layout)
		choice->chosen = profile;
	else
		profile_free(profile);
	layout_destroy(layout);
	return layout || error.status == EXIT_PARTIAL;
}

struct profile *layout_choose(const char *wanted, struct dwarf_info *dwarf, struct error *error)
{
	struct choice choice = {.dwarf = dwarf};
	struct profile *profile;
	char *path;

	if (wanted) {
		path = profile_find(wanted, error);
		profile = path ? profile_load(path, error) : NULL;
		free(path);
		return profile;
	}
	profile_each(try_profile, &choice);
	if (choice.chosen)
		return choice.chosen;
	if (choice.seen == 0)
		error_set(error, EXIT_LAYOUT, "no profiles found: give one with --profile FILE");
	else if (choice.seen == 1 || choice.first.status == EXIT_PARTIAL)
		error_set(error, choice.first.status, "%s", choice.first.text);
	else
		error_set(error, EXIT_LAYOUT, "%s fits none of %u profiles; the first says: %s",
			  dwarf_info_path(dwarf), choice.seen, choice.first.text);
	return NULL;
}
