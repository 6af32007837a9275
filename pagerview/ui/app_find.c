/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding: search, filter and tags, and the line in which a search or a filter is typed.
 */
#include "app_private.h"

#include <stdio.h>
#include <string.h>

static bool search_here(struct app *app, int direction, bool here_too)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	return list &&
	       list_search(list, spec, app->scene, parent, app->needle, direction, here_too);
}

/* In this view, else in the first other one that has it. */
void app_search(struct app *app, int direction, bool here_too)
{
	enum view_id start = app->view;

	if (!app->needle[0]) {
		app_say(app, false, "nothing to search for yet: / asks");
		return;
	}
	if (search_here(app, direction, here_too)) {
		app_update_lists(app);
		return;
	}
	for (int id = 0; id < VIEW_LOG; id++) {
		if (id == (int)start || !views[id]->master)
			continue;
		app->view = (enum view_id)id;
		app->states[id].in_detail = false;
		app_update_lists(app);
		if (search_here(app, 1, true)) {
			app_update_lists(app);
			app_say(app, false, "not in %s; found in %s", views[start]->name,
				views[id]->name);
			return;
		}
	}
	app->view = start;
	app_update_lists(app);
	app_say(app, true, "%s: not found", app->needle);
}

void app_set_filter(struct app *app, const char *filter)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list)
		return;
	snprintf(list->filter, sizeof(list->filter), "%s", filter);
	app_update_lists(app);
}

void app_open_prompt(struct app *app, enum prompt prompt)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (!list) {
		app_say(app, false, "there is no list here");
		return;
	}
	app->prompt = prompt;
	snprintf(app->input, sizeof(app->input), "%s", prompt == PROMPT_FILTER ? list->filter : "");
}

static void erase_character(char *text)
{
	size_t length = strlen(text);

	while (length && ((unsigned char)text[--length] & 0xc0) == 0x80)
		;
	text[length] = '\0';
}

static void add_character(char *text, size_t size, uint32_t key)
{
	char bytes[4];
	size_t length = strlen(text), more = text_encode(key, bytes);

	if (key < 0x20 || key == 0x7f || key >= KEY_NONE_YET || length + more >= size)
		return;
	memcpy(text + length, bytes, more);
	text[length + more] = '\0';
}

void app_prompt_key(struct app *app, uint32_t key)
{
	enum prompt prompt = app->prompt;

	switch (key) {
	case UI_KEY_ENTER:
		app->prompt = PROMPT_NONE;
		if (prompt == PROMPT_SEARCH) {
			memcpy(app->needle, app->input, sizeof(app->needle));
			app_search(app, 1, true);
		}
		return;
	case UI_KEY_ESCAPE:
	case UI_CTRL('c'):
	case UI_CTRL('g'):
		app->prompt = PROMPT_NONE;
		if (prompt == PROMPT_FILTER)
			app_set_filter(app, "");
		else
			app->needle[0] = '\0';
		return;
	case UI_KEY_BACKSPACE:
	case UI_KEY_DELETE:
		erase_character(app->input);
		break;
	case UI_CTRL('u'):
	case UI_CTRL('w'):
		app->input[0] = '\0';
		break;
	case UI_KEY_SPACE:
		add_character(app->input, sizeof(app->input), ' ');
		break;
	default:
		add_character(app->input, sizeof(app->input), key);
		break;
	}
	if (prompt == PROMPT_FILTER)
		app_set_filter(app, app->input);
	memcpy(app->needle, prompt == PROMPT_SEARCH ? app->input : app->needle,
	       sizeof(app->needle));
	if (prompt == PROMPT_SEARCH && app->needle[0])
		search_here(app, 1, true);
}

void app_toggle_tag(struct app *app)
{
	struct ref ref = app_focused_ref(app);
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);
	uint32_t below;

	if (ref.kind == OBJECT_NONE)
		return;
	below = list->cursor + 1 < list->count ? list->order[list->cursor + 1] : NONE;
	if (!tags_toggle(&app->tags, ref)) {
		app_say(app, true, "no more than %d tags", MAX_TAGS);
		return;
	}
	app_update_lists(app);
	if (below != NONE)
		list_go_index(list, spec, app->scene, parent, below);
}

void app_cancel(struct app *app)
{
	const struct list_spec *spec;
	uint32_t parent;
	struct list_state *list = app_focus(app, &spec, &parent);

	if (list && list->filter[0])
		app_set_filter(app, "");
	else if (app->needle[0])
		app->needle[0] = '\0';
	else if (app->states[app->view].in_detail)
		app->states[app->view].in_detail = false;
	else if (app->view == VIEW_HELP)
		app_switch_view(app, app->before_help);
}
