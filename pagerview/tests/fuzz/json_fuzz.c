/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a file may hold that is said to be a snapshot. It is refused in one line
 * that steers no terminal; or it is written and read again to the same bytes, it is no different
 * from itself, and all that the viewer makes of a snapshot is made of it: findings, the log of
 * references and its balances, growth, text, pictures, and every view.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/balance.h"
#include "analysis/check.h"
#include "analysis/growth.h"
#include "export/balance_text.h"
#include "export/figure.h"
#include "export/json.h"
#include "export/text.h"
#include "ui/app.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static char *write_json(const struct snapshot *snapshot, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out || !json_write(snapshot, out) || fclose(out))
		abort();
	return text;
}

/* What was written is read again, and written to the same bytes. */
static struct snapshot *again(const struct snapshot *snapshot)
{
	size_t len, second_len;
	char *text = write_json(snapshot, &len), *second;
	struct error error = {0};
	struct snapshot *copy = json_parse("again", text, len, &error);

	if (!copy) {
		fprintf(stderr, "%s\n%s\n", error.text, text);
		abort();
	}
	second = write_json(copy, &second_len);
	if (len != second_len || memcmp(text, second, len)) {
		fprintf(stderr, "%s\n%s\n", text, second);
		abort();
	}
	free(text);
	free(second);
	return copy;
}

static const char *some_name(void *arg, uint64_t id)
{
	(void)arg;
	return id % 2 ? "a name" : "";
}

static void write_out(const struct snapshot *snapshot, FILE *out)
{
	struct error error = {0};
	struct figure *figure = figure_create(snapshot, &error);
	bool found;

	if (!figure)
		abort();
	figure_write_svg(figure, snapshot, out);
	figure_write_dot(figure, snapshot, out);
	figure_write_text(figure, snapshot, out);
	figure_destroy(figure);
	text_write_findings(snapshot, out);
	json_write_findings(snapshot, out);
	json_write_state(snapshot, out);
	for (uint32_t i = 0; i < snapshot->num_areas && i < 8; i++)
		text_write_owners(snapshot, snapshot->areas[i].base, out, &found);
	for (uint32_t i = 0; i < snapshot->num_pmems && i < 8; i++)
		text_write_owners(snapshot, snapshot->pmems[i].pa, out, &found);
	for (uint32_t i = 0; i < snapshot->num_events && i < 8; i++)
		text_write_event(&snapshot->events[i], some_name, NULL, out);
}

static void analyse(const struct snapshot *snapshot, const struct snapshot *copy, FILE *out)
{
	struct diff *diff = diff_create(snapshot, copy);
	struct growth *growth = growth_create();
	struct reflog *log = reflog_create();

	if (!diff || !growth || !log)
		abort();
	text_write_diff(diff, out);
	json_write_diff(diff, out);
	growth_add(growth, snapshot, 0);
	growth_add(growth, copy, 1);
	growth_add_after(growth, snapshot);
	reflog_add(log, snapshot, snapshot);
	for (uint32_t i = 0; i < log->num_lives && i < 8; i++) {
		struct balance *balance = balance_create(log, NULL, snapshot, log->lives[i].id);

		if (balance)
			text_write_balance(balance, out);
		balance_destroy(balance);
	}
	reflog_destroy(log);
	growth_destroy(growth);
	diff_destroy(diff);
}

/* Every view, its references, sorted, at two sizes. Takes both over. */
static void show(struct snapshot *snapshot, struct snapshot *copy)
{
	static const char keys[] = "1234567890";
	struct canvas *large = canvas_create(24, 80, false), *small = canvas_create(10, 40, true);
	struct app app;

	if (!large || !small || !app_init(&app, false))
		abort();
	app_add_snapshot(&app, snapshot);
	app_add_snapshot(&app, copy);
	for (size_t i = 0; keys[i]; i++) {
		app_key(&app, (uint32_t)keys[i]);
		app_draw(&app, large);
		app_key(&app, 'G');
		app_key(&app, '>');
		app_draw(&app, small);
		app_key(&app, UI_KEY_ENTER);
		app_draw(&app, large);
		app_key(&app, UI_KEY_ENTER);
		app_draw(&app, large);
	}
	app_key(&app, '[');
	app_draw(&app, large);
	app_deinit(&app);
	canvas_destroy(large);
	canvas_destroy(small);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct error error = {0};
	struct snapshot *snapshot = json_parse("fuzz", (const char *)data, size, &error), *copy;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!snapshot) {
		if (error.status != EXIT_USAGE || !error.text[0])
			abort();
		for (const char *c = error.text; *c; c++)
			assert(!iscntrl((unsigned char)*c));
		return 0;
	}
	copy = again(snapshot);
	out = open_memstream(&text, &len);
	if (!out || !check_fill(snapshot) || !check_fill(copy))
		abort();
	write_out(snapshot, out);
	analyse(snapshot, copy, out);
	fclose(out);
	free(text);
	show(snapshot, copy);
	return 0;
}
