/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fails by cmocka's own means. The screens are found from this file's place in the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_driver.h"
#include "ui_fixture.h"

#define EXPECT_ROWS 24
#define EXPECT_COLS 80

void driver_open(struct app *app, unsigned moment)
{
	struct live_status status = {.state = LIVE_RUNNING,
				     .source = "share.scn",
				     .method = "no stop",
				     .note = "at step 3",
				     .pause_last_us = 210,
				     .pause_median_us = 200,
				     .packets = 12,
				     .bytes = 31234};

	setlocale(LC_ALL, "C.UTF-8");
	assert_true(app_init(app, false));
	app_set_status(app, &status);
	app_add_snapshot(app, fixture_snapshot(moment));
}

enum app_request driver_press(struct app *app, const char *keys)
{
	enum app_request request = APP_NOTHING;
	size_t length;

	while (*keys) {
		uint32_t key = keys_parse(keys, &length);

		assert_int_not_equal(key, 0);
		request = app_key(app, key);
		keys += length;
		keys += strspn(keys, " ");
	}
	return request;
}

void driver_type(struct app *app, const char *text)
{
	int width;
	uint32_t key;

	while ((key = text_next(&text, &width)))
		app_key(app, key);
}

char *driver_screen(struct app *app, int rows, int cols)
{
	struct canvas *canvas = canvas_create(rows, cols, app->ascii);
	char *text;

	assert_non_null(canvas);
	app_draw(app, canvas);
	text = canvas_to_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	return text;
}

static void expect(struct app *app, const char *text, bool wanted)
{
	char *screen = driver_screen(app, EXPECT_ROWS, EXPECT_COLS);
	bool found = strstr(screen, text) != NULL;

	if (found != wanted)
		fprintf(stderr, "%s \"%s\" on the screen:\n%s", wanted ? "no" : "there is", text,
			screen);
	free(screen);
	assert_int_equal(found, wanted);
}

void driver_expect(struct app *app, const char *text)
{
	expect(app, text, true);
}

void driver_expect_not(struct app *app, const char *text)
{
	expect(app, text, false);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (!file) {
		fprintf(stderr, "%s: missing\n", path);
		free(text);
		return NULL;
	}
	text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void driver_compare(struct app *app, int rows, int cols, const char *name)
{
	char *screen = driver_screen(app, rows, cols), *expected;
	char path[600];
	const char *slash = strrchr(__FILE__, '/');
	bool same;

	snprintf(path, sizeof(path), "%.*s/screens/%s.%dx%d.txt",
		 slash ? (int)(slash - __FILE__) : 1, slash ? __FILE__ : ".", name, cols, rows);
	if (getenv("UPDATE_SCREENS"))
		write_text(path, screen);
	expected = read_text(path);
	same = expected && !strcmp(screen, expected);
	if (!same)
		fprintf(stderr, "%s is not:\n%s", path, screen);
	free(expected);
	free(screen);
	assert_true(same);
}
