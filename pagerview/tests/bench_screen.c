/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a screen takes at 10,000 pages and 10,000 areas: drawing as such, and what a new
 * snapshot costs before. One line a view; the exit status is 1 when drawing takes longer than the
 * 5 ms that the project promises. An argument says how many pages and areas instead.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../ui/app.h"
#include "ui_fixture.h"

#define LIMIT_MS 5.0
#define ROUNDS   20

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The best of some rounds: what the code takes, not what else the machine does. */
static double draw_time(struct app *app, struct canvas *canvas)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms(), took;

		app_key(app, i % 2 ? UI_KEY_UP : UI_KEY_DOWN);
		app_draw(app, canvas);
		took = now_ms() - start;
		best = took < best ? took : best;
	}
	return best;
}

static double refresh_time(struct app *app, struct canvas *canvas, uint32_t count)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS / 4; i++) {
		struct snapshot *snapshot = fixture_large(count);
		double start = now_ms(), took;

		app_add_snapshot(app, snapshot);
		app_draw(app, canvas);
		took = now_ms() - start;
		best = took < best ? took : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	static struct app app;
	static const char keys[] = "1234567890+";
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	struct canvas *canvas = canvas_create(60, 200, false);
	int status = 0;

	setlocale(LC_ALL, "C.UTF-8");
	if (!canvas || !count || !app_init(&app, false))
		return 2;
	app_add_snapshot(&app, fixture_large(count));
	app_key(&app, 'A'); /* each refresh is a point of the growth */
	app_key(&app, 'r');
	for (int i = 0; keys[i]; i++) {
		double draw, refresh;

		app_key(&app, (uint32_t)keys[i]);
		draw = draw_time(&app, canvas);
		refresh = refresh_time(&app, canvas, count);
		printf("%-9s %7.3f ms a screen, %7.3f ms with a new snapshot of %u pages\n",
		       views[app.view]->name, draw, refresh, count);
		if (draw > LIMIT_MS)
			status = 1;
	}
	app_key(&app, '2');
	app_key(&app, '>');
	printf("%-9s %7.3f ms a screen, %7.3f ms with a new snapshot: sorted by a column\n",
	       "pages", draw_time(&app, canvas), refresh_time(&app, canvas, count));
	app_deinit(&app);
	canvas_destroy(canvas);
	return status;
}
