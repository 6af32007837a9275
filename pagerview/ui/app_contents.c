/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents: which page they are of, and what is known of it. Bytes are read of one page only, while
 * somebody looks; app_wants_page() says of which, app_set_page() brings them.
 */
#include "app_private.h"

#include <stdio.h>
#include <string.h>

#define WIDE_COLS 152 /* an address, 32 bytes as numbers and as text */

static bool has_ended(const struct app *app)
{
	return app->status.state == LIVE_ENDED;
}

/* Bytes read now are none of another moment's. */
static void contents_are_gone(struct app *app)
{
	struct scene_page *page = &app->page;
	const char *why = app_is_recording(app)
				  ? "a recording keeps the lists, not the contents of pages"
			  : has_ended(app) && app->newest
				  ? "the target has ended, and with it the contents of its pages"
				  : "of the past the lists are kept, not the contents of pages";

	if (page->wanted && !page->known && strcmp(page->why, why) == 0)
		return;
	page->wanted = true;
	page->known = false;
	snprintf(page->why, sizeof(page->why), "%s", why);
	page->version++;
}

/* There is nothing of it to look at in the pool. */
static void add_absent(const struct app *app, struct text *why)
{
	if (app->about.kind != OBJECT_ABSENT)
		text_add(why, "no page of ");
	scene_add_ref(app->scene, app->about, why);
	text_add(why, app->about.kind == OBJECT_ABSENT
			      ? " is not in the pool; x shows the store's copy of it"
			      : " is in the pool");
}

/* The page that contents are about: what was selected before, or the first page of it. */
void app_choose_page(struct app *app)
{
	struct scene_page *page = &app->page;
	struct page_place place = {.stored = page->place.stored};
	uint32_t index, fobj;
	const struct snap_pmem *pmem;
	struct text why;
	bool wanted;

	if (app->view != VIEW_CONTENTS || !app->scene)
		return;
	if (!app->newest || app_is_recording(app) || (has_ended(app) && !page->known)) {
		contents_are_gone(app);
		return;
	}
	index = scene_first_page(app->scene, app->about, &fobj);
	pmem = index == NONE ? NULL : &app->scene->snapshot->pmems[index];
	if (pmem) {
		place.pa = pmem->pa;
		place.fobj = pmem->fobj == NONE ? 0 : app->scene->snapshot->fobjs[pmem->fobj].id;
		place.page = pmem->page;
	}
	if (!pmem && app->about.kind == OBJECT_ABSENT && fobj != NONE) {
		place.fobj = app->about.id;
		place.page = app->about.sub;
	}
	wanted = pmem ? pmem->pa_known : place.fobj && place.stored;
	if (wanted && page->wanted && page_place_equal(&page->place, &place))
		return;
	text_clear(&why);
	if (!wanted && fobj != NONE)
		add_absent(app, &why);
	if (!wanted && !page->wanted && !strcmp(page->why, why.bytes))
		return;
	page->wanted = wanted;
	page->place = place;
	page->known = false;
	snprintf(page->why, sizeof(page->why), "%.190s", why.bytes);
	page->version++;
	if (wanted && has_ended(app))
		contents_are_gone(app);
}

/* The cursor stays on the bytes that it is on. */
void app_fit_contents(struct app *app, int cols)
{
	struct list_state *list = &app->states[VIEW_CONTENTS].master;
	bool wide = cols >= WIDE_COLS;
	uint32_t row = list->cursor;

	if (app->view != VIEW_CONTENTS || !app->scene || app->page.wide == wide)
		return;
	app->page.wide = wide;
	app->page.version++;
	app_update_lists(app);
	if (row && list->count)
		list_go(list, views[VIEW_CONTENTS]->master, app->scene, NONE,
			wide ? (row - 1) / 2 + 1 : (row - 1) * 2 + 1);
}

bool app_wants_page(struct app *app, struct page_place *place)
{
	app_choose_page(app);
	*place = app->page.place;
	return app->view == VIEW_CONTENTS && app->page.wanted && app->newest;
}

void app_set_page(struct app *app, const struct page_place *place, const uint8_t *bytes,
		  const char *why)
{
	struct scene_page *page = &app->page;

	if (!page->wanted || !page_place_equal(&page->place, place))
		return;
	page->known = bytes != NULL;
	if (bytes)
		memcpy(page->bytes, bytes, sizeof(page->bytes));
	snprintf(page->why, sizeof(page->why), "%s", why);
	page->version++;
	app_update_lists(app);
}

/* From the page to the store's copy of it, and back. */
void app_toggle_stored(struct app *app)
{
	if (app->view != VIEW_CONTENTS) {
		app_say(app, false,
			"in the contents of a page (8) this shows the store's copy of it");
		return;
	}
	app->page.place.stored = !app->page.place.stored;
	app->page.wanted = false; /* app_choose_page() asks for it anew */
	app->page.known = false;
	app_choose_page(app);
	app_update_lists(app);
}
