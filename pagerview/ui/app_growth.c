/* SPDX-License-Identifier: BSD-2-Clause */
/* Growth: which moments are its points, and when they are looked at. */
#include "app_private.h"
#include "text.h"

/* What happened before in one that it took the place of was counted with that one. */
void app_count_moment(struct app *app, struct moment *moment, uint32_t kinds)
{
	uint32_t before = moment->happened;

	moment->happened = kinds;
	rounds_add(&app->rounds, moment);
	moment->happened |= before;
}

bool app_work(struct app *app)
{
	if (app->view != VIEW_GROWTH || app->rounds.looked_at == app->rounds.look_to)
		return false;
	rounds_look(&app->rounds, &app->history);
	rounds_show(&app->rounds, app->shown);
	app_update_lists(app);
	return true;
}

void app_recount(struct app *app)
{
	rounds_rebuild(&app->rounds, &app->history);
	rounds_show(&app->rounds, app->shown);
	app_update_lists(app);
}

void app_toggle_point(struct app *app)
{
	if (!app->shown)
		return;
	if (!rounds_mark(&app->rounds, app->shown)) {
		app_say(app, true, "no more than %d moments can be marked", ROUND_MARKS);
		return;
	}
	app_recount(app);
	app_say(app, false, "%s",
		!rounds_is_marked(&app->rounds, app->shown)
			? "this moment is no marked point any more"
		: app->shown->snapshot->capture.consistency == CONSISTENCY_EXACT
			? "this moment is a point of the growth (+)"
			: "this moment is not exact: the next one that is will be a point");
}

/* Any other key takes the menu away. */
void app_points_key(struct app *app, uint32_t key)
{
	app->prompt = PROMPT_NONE;
	for (int i = 0; i < NUM_ROUND_RULES; i++) {
		if ((uint32_t)round_rules[i].key != key)
			continue;
		if (i == ROUND_EVENT && !app->rounds.num_kinds) {
			app_say(app, false, "no event has been seen here: n runs to one");
		} else if (i == ROUND_EVENT) {
			app_open_event_menu(app, true);
		} else {
			app->rounds.rule = (enum round_rule)i;
			app_recount(app);
		}
	}
}
