/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figure of a recorded moment of share.scn: every area, fobj, page, slice and link of the
 * snapshot is drawn, no other is, and no box lies over another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../export/figure.h"
#include "../export/json.h"

#define SNAPSHOT "fixtures/snapshots/share.json"

static struct snapshot *snapshot;
static struct figure *figure;

static int open_figure(void **state)
{
	struct error error = {0};

	(void)state;
	snapshot = json_read(SNAPSHOT, &error);
	if (snapshot)
		figure = figure_create(snapshot, &error);
	if (!figure)
		print_error("%s\n", error.text);
	return figure ? 0 : -1;
}

static int close_figure(void **state)
{
	(void)state;
	figure_destroy(figure);
	snapshot_destroy(snapshot);
	return 0;
}

/* What WRITE writes, zero-terminated; the caller frees it. */
static char *written(bool (*write)(const struct figure *, const struct snapshot *, FILE *))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_true(write(figure, snapshot, out));
	fclose(out);
	return text;
}

static unsigned int count(const char *text, const char *wanted)
{
	unsigned int found = 0;

	while ((text = strstr(text, wanted))) {
		found++;
		text += strlen(wanted);
	}
	return found;
}

static unsigned int count_holders(bool own_box)
{
	unsigned int found = 0;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		for (uint32_t j = 0; j < snapshot->fobjs[i].num_holders; j++) {
			const char *kind = snapshot->fobjs[i].holders[j].kind;
			bool drawn_elsewhere = !strcmp(kind, "area") || !strcmp(kind, "slice");

			found += own_box ? !drawn_elsewhere && strcmp(kind, "fobj")
					 : !strcmp(kind, "fobj");
		}
	return found;
}

static unsigned int count_resident(void)
{
	unsigned int found = 0;

	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		found += snapshot->pmems[i].fobj != NONE;
	return found;
}

static unsigned int count_slices(void)
{
	unsigned int found = 0;

	for (uint32_t i = 0; i < snapshot->num_files; i++)
		found += snapshot->files[i].num_slices;
	return found;
}

static void svg_holds_all_and_no_more(void **state)
{
	char *svg = written(figure_write_svg);
	unsigned int owners = 0;

	(void)state;
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		owners += snapshot->pmems[i].num_owners;
	assert_true(snapshot->num_areas > 10 && count_resident() > 20 && count_slices() == 6);
	assert_int_equal(count(svg, "<g class=\"context\""), snapshot->num_contexts);
	assert_int_equal(count(svg, "<g class=\"area\""), snapshot->num_areas);
	assert_int_equal(count(svg, "<g class=\"file\""), snapshot->num_files);
	assert_int_equal(count(svg, "<g class=\"slice\""), count_slices());
	assert_int_equal(count(svg, "<g class=\"fobj\""), snapshot->num_fobjs);
	assert_int_equal(count(svg, "<g class=\"page\""), count_resident());
	assert_int_equal(count(svg, "<g class=\"pmem\""), count_resident());
	assert_int_equal(count(svg, "<g class=\"free\""), 1);
	assert_int_equal(count(svg, "<g class=\"owner\""), owners);
	assert_int_equal(count(svg, "<g class=\"holder\""), count_holders(true));
	assert_int_equal(count(svg, "class=\"link area\""), snapshot->num_areas);
	assert_int_equal(count(svg, "class=\"link slice\""), count_slices());
	assert_int_equal(count(svg, "class=\"link page\""), count_resident());
	assert_int_equal(count(svg, "class=\"link source\""), count_holders(false));
	assert_int_equal(count(svg, "class=\"link "), figure->num_links);
	free(svg);
}

static void dot_holds_all_and_no_more(void **state)
{
	char *dot = written(figure_write_dot);

	(void)state;
	assert_int_equal(count(dot, " [class=\"fobj\""), snapshot->num_fobjs);
	assert_int_equal(count(dot, " [class=\"pmem\""), count_resident());
	assert_int_equal(count(dot, " [class=\"free\""), 1);
	assert_int_equal(count(dot, " [class=\"context\""), snapshot->num_contexts);
	assert_int_equal(count(dot, " [class=\"file\""), snapshot->num_files);
	assert_int_equal(count(dot, " [class=\"area\"]"), snapshot->num_areas);
	assert_int_equal(count(dot, " [class=\"slice\"]"), count_slices());
	assert_int_equal(count(dot, " [class=\"page\"]"), count_resident());
	assert_int_equal(count(dot, " -> "), figure->num_links);
	free(dot);
}

static void text_names_every_link(void **state)
{
	char *text = written(figure_write_text);

	(void)state;
	assert_int_equal(count(text, "  -> "), figure->num_links);
	assert_int_equal(count(text, "\npmem "), count_resident());
	assert_int_equal(count(text, "\nfree "), 1);
	free(text);
}

static bool boxes_overlap(const struct figure_box *a, const struct figure_box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y + 1 < b->y + b->height &&
	       b->y + 1 < a->y + a->height;
}

static void nothing_overlaps_or_is_cut(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < figure->num_boxes; i++) {
		const struct figure_box *box = &figure->boxes[i];

		assert_true(box->x + box->width <= figure->width);
		assert_true(box->y + box->height <= figure->height);
		assert_true(strlen(box->title) + 2 <= box->width);
		for (uint32_t j = 0; j < box->num_rows; j++)
			assert_true(strlen(box->rows[j].text) + 2 <= box->width);
		for (uint32_t j = 0; j < i; j++)
			if (boxes_overlap(box, &figure->boxes[j]))
				fail_msg("%s lies over %s", box->title, figure->boxes[j].title);
	}
}

/* The figure of a pool made by hand, as text; the caller frees it. */
static char *draw_pool(struct snap_pmem *pmems, uint32_t num_pmems)
{
	struct snapshot pool = {.pmems = pmems, .num_pmems = num_pmems};
	struct figure *whole = figure;
	struct error error = {0};
	char *text;

	figure = figure_create(&pool, &error);
	assert_non_null(figure);
	text = written(figure_write_text);
	figure_destroy(figure);
	figure = whole;
	return text;
}

static void free_pages_are_one_run(void **state)
{
	struct snap_pmem pmems[64] = {{0}};
	char *text;

	(void)state;
	for (uint32_t i = 0; i < 64; i++)
		pmems[i] = (struct snap_pmem){.pa = (uint64_t)(63 - i) << 12,
					      .pa_known = true,
					      .fobj = NONE,
					      .state = PMEM_STATE_FREE};
	text = draw_pool(pmems, 64);
	assert_non_null(strstr(text, "free 64 free pages\n  0x0 to 0x3f000: 64\n"));
	free(text);
	pmems[63].state = pmems[61].state = PMEM_STATE_DIRTY;
	pmems[0].pa_known = false;
	text = draw_pool(pmems, 64);
	assert_non_null(strstr(text, "free 62 free pages\n  0x1000\n  0x3000 to 0x3e000: 60\n"));
	free(text);
	for (uint32_t i = 0; i < 64; i++)
		pmems[i].state = i % 2 ? PMEM_STATE_FREE : PMEM_STATE_CLEAN;
	text = draw_pool(pmems, 64);
	assert_non_null(strstr(text, "free 32 free pages\n  0x0\n  0x2000\n"));
	assert_non_null(strstr(text, "\n  0x14000\n  and 21 elsewhere\n"));
	free(text);
	for (uint32_t i = 0; i < 64; i++)
		pmems[i].state = PMEM_STATE_CLEAN;
	text = draw_pool(pmems, 64);
	assert_null(strstr(text, "free"));
	free(text);
}

static void hostile_names_are_escaped(void **state)
{
	const char *name = snapshot->contexts[0].name;
	struct figure *whole = figure;
	struct error error = {0};
	char *svg, *dot;

	(void)state;
	snapshot->contexts[0].name = "<b>&\"|{}\\ \033[2J";
	figure = figure_create(snapshot, &error);
	assert_non_null(figure);
	svg = written(figure_write_svg);
	dot = written(figure_write_dot);
	assert_null(strstr(svg, "<b>"));
	assert_null(strchr(svg, '\033'));
	assert_non_null(strstr(svg, "&lt;b&gt;&amp;&quot;"));
	assert_non_null(strstr(dot, "\\<b\\>&\\\"\\|\\{\\}\\\\"));
	free(svg);
	free(dot);
	figure_destroy(figure);
	figure = whole;
	snapshot->contexts[0].name = name;
}

/* OP-TEE's mappings have no name, and go by their TA's: a bare UUID would be anything. */
static void holders_say_what_they_are(void **state)
{
	struct error error = {0};
	struct snapshot *optee = json_read("fixtures/snapshots/optee-4.10.json", &error);
	struct figure *drawn = optee ? figure_create(optee, &error) : NULL;
	unsigned int mappings = 0;

	(void)state;
	assert_non_null(drawn);
	for (uint32_t i = 0; i < drawn->num_boxes; i++) {
		const char *title = drawn->boxes[i].title;

		if (drawn->boxes[i].kind != FIGURE_HOLDER)
			continue;
		for (uint32_t n = 0; n < optee->num_contexts; n++)
			assert_string_not_equal(title, optee->contexts[n].name);
		mappings += strncmp(title, "mapping of ", 11) == 0;
	}
	assert_true(mappings > 0);
	figure_destroy(drawn);
	snapshot_destroy(optee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(svg_holds_all_and_no_more),
		cmocka_unit_test(dot_holds_all_and_no_more),
		cmocka_unit_test(text_names_every_link),
		cmocka_unit_test(nothing_overlaps_or_is_cut),
		cmocka_unit_test(free_pages_are_one_run),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(holders_say_what_they_are),
	};

	return cmocka_run_group_tests(tests, open_figure, close_figure);
}
