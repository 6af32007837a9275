/* SPDX-License-Identifier: BSD-2-Clause */
#include "failures_ui.h"

#include "../ui/app.h"
#include "../ui/config.h"

bool failures_read_config(FILE *out, struct error *error)
{
	struct config config;
	bool ok = config_parse(&config, "a", "bind quit x\ncolour text 1\nview map\n", error);

	fprintf(out, "%d", ok ? (int)config.view : 0);
	return ok;
}

bool failures_draw_screens(struct snapshot *first, struct snapshot *second)
{
	struct canvas *canvas = canvas_create(24, 80, true);
	struct app app;
	bool ok = app_init(&app, true) && canvas;

	if (ok) {
		app_add_snapshot(&app, first);
		app_add_snapshot(&app, second);
	} else {
		snapshot_destroy(first);
		snapshot_destroy(second);
	}
	for (const char *key = "1234567890"; ok && *key; key++) {
		app_key(&app, (uint32_t)*key);
		app_draw(&app, canvas);
		app_key(&app, UI_KEY_ENTER);
		app_draw(&app, canvas);
	}
	app_deinit(&app);
	canvas_destroy(canvas);
	return ok;
}
