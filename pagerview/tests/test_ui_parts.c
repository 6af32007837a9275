/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the screen one by one: text from hostile bytes, canvas, columns, layout, history,
 * keys, the scene's look-ups.
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

#include "../ui/canvas.h"
#include "../ui/config.h"
#include "../ui/history.h"
#include "../ui/keys.h"
#include "../ui/layout.h"
#include "../ui/list.h"
#include "../ui/scene.h"
#include "../ui/text.h"
#include "../ui/view.h"
#include "ui_fixture.h"

static void expect_canvas(struct canvas *canvas, const char *expected)
{
	char *text = canvas_to_text(canvas);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	canvas_destroy(canvas);
}

static void expect_shown(const char *bytes, bool ascii, const char *expected)
{
	struct canvas *canvas = canvas_create(1, 24, ascii);
	char line[120];

	assert_non_null(canvas);
	canvas_text(canvas, 0, 0, 24, STYLE_TEXT, bytes);
	snprintf(line, sizeof(line), "%s\n", expected);
	expect_canvas(canvas, line);
}

static void hostile_text_is_defused(void **state)
{
	(void)state;
	expect_shown("plain", false, "plain");
	expect_shown("\033[31mred\007", false, "\ufffd[31mred\ufffd");
	expect_shown("a\nb\tc\177d", false, "a\ufffdb\ufffdc\ufffdd");
	expect_shown("\xc2\x9b"
		     "2J",
		     false, "\ufffd2J"); /* CSI as one C1 character */
	expect_shown("\xff\xc3(\xe2\x82", false, "\ufffd\ufffd(\ufffd\ufffd");
	expect_shown("\xc0\xaf\xed\xa0\x80!", false, "\ufffd\ufffd\ufffd!");
	expect_shown("ab\u202e"
		     "cd",
		     false, "ab\ufffdcd");           /* turns the direction */
	expect_shown("e\u0301x", false, "e\ufffdx"); /* a mark of no width */
	expect_shown("\u65e5\u672c|", false, "\u65e5\u672c|");
	expect_shown("\u65e5\u2500\u2502\u250c\u2026", true, "?\?-|+~");
}

/* Where the C library knows no character beyond ASCII, those that we draw with still have one. */
static void text_is_the_same_in_the_c_locale(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C");
	expect_shown("a \u00b7 b \u00b1 \u2026", true, "a - b ~ ~");
	setlocale(LC_ALL, "C.UTF-8");
}

static void wide_characters_are_whole_or_absent(void **state)
{
	struct canvas *canvas = canvas_create(3, 4, false);

	(void)state;
	canvas_text(canvas, 0, 0, 4, STYLE_TEXT, "a\u65e5\u672c"); /* the second does not fit */
	canvas_text(canvas, 1, 0, 4, STYLE_TEXT, "\u65e5\u672c");
	canvas_put(canvas, 1, 1, STYLE_TEXT, '|'); /* over the right half of the first */
	canvas_text(canvas, 2, 3, 4, STYLE_TEXT, "\u65e5");
	expect_canvas(canvas, "a\u65e5\u2026\n |\u672c\n   \u2026\n");
}

static void drawing_is_clipped(void **state)
{
	struct canvas *canvas = canvas_create(2, 3, false);

	(void)state;
	canvas_text(canvas, -1, 0, 9, STYLE_TEXT, "above");
	canvas_text(canvas, 2, 0, 9, STYLE_TEXT, "below");
	canvas_text(canvas, 0, -2, 9, STYLE_TEXT, "left");
	canvas_text_right(canvas, 1, 0, 3, STYLE_TEXT, "toolong");
	canvas_box(canvas, (struct rect){5, 5, 3, 3}, STYLE_LINE);
	canvas_flag(canvas, 0, 2, 500, CELL_SELECTED);
	assert_null(canvas_create(0, 5, false));
	assert_null(canvas_create(5, 1 << 20, false));
	expect_canvas(canvas, "ft\nto\u2026\n");
}

static void numbers_read_well(void **state)
{
	struct text text;

	(void)state;
	text_clear(&text);
	text_add_count(&text, 12345678);
	text_add(&text, "|");
	text_add_counted(&text, 1, "page");
	text_add(&text, "|");
	text_add_counted(&text, 1000, "page");
	text_add(&text, "|");
	text_add_bytes(&text, 999);
	text_add(&text, "|");
	text_add_bytes(&text, 31234);
	text_add(&text, "|");
	text_add_time(&text, 210);
	text_add(&text, "|");
	text_add_time(&text, 1400);
	text_add(&text, "|");
	text_add_prot(&text, PROT_R | PROT_X);
	assert_string_equal(text.bytes, "12,345,678|1 page|1,000 pages|999 B|30.5 KiB|210 us|"
					"1.4 ms|r-x");
}

static void text_never_overflows(void **state)
{
	struct text text;

	(void)state;
	text_clear(&text);
	for (int i = 0; i < 100; i++)
		text_add(&text, "%s", "0123456789");
	assert_int_equal(text.length, sizeof(text.bytes) - 1);
	assert_int_equal(strlen(text.bytes), text.length);
}

static void addresses_parse(void **state)
{
	uint64_t address = 0;

	(void)state;
	assert_true(text_parse_address("0x4000_1000", &address));
	assert_int_equal(address, 0x40001000);
	assert_true(text_parse_address("ffffffffffffffff", &address));
	assert_int_equal(address, UINT64_MAX);
	assert_false(text_parse_address("", &address));
	assert_false(text_parse_address("0x", &address));
	assert_false(text_parse_address("12345678901234567", &address));
	assert_false(text_parse_address("40 00", &address));
	assert_false(text_parse_address("greeter", &address));
}

static void every_size_has_a_sound_layout(void **state)
{
	struct layout layout;

	(void)state;
	for (int rows = 1; rows < 90; rows++) {
		for (int variant = 0; variant < 8; variant++) {
			bool detail = variant & 1, in_detail = detail && variant & 2;
			int end;

			layout_compute(&layout, rows, 80, detail, in_detail, variant & 4, 30);
			assert_int_equal(layout.too_small, rows < LAYOUT_MIN_ROWS);
			if (layout.too_small)
				continue;
			assert_true(layout.pool >= 0 && layout.tabs > layout.pool);
			assert_int_equal(layout.status, rows - 2);
			assert_int_equal(layout.footer, rows - 1);
			assert_int_equal(layout.master.row, layout.tabs + 1);
			end = layout.master.row + layout.master.rows + (layout.legend >= 0) +
			      (layout.divider >= 0) + layout.detail.rows;
			assert_int_equal(end, layout.status);
			/* The list with the focus can always show titles and some rows. */
			assert_true((in_detail ? layout.detail : layout.master).rows >= 3);
		}
	}
	layout_compute(&layout, 10, 39, false, false, false, 0);
	assert_true(layout.too_small);
}

static void names_are_shortened_where_it_costs_least(void **state)
{
	struct text text;

	(void)state;
	text_clear(&text);
	text_add(&text, "cb3e5ba0-adf1-11e0-998b-0002a5d5c51b r-x, core rw-");
	text_shorten_uuids(&text);
	assert_string_equal(text.bytes, "cb3e5ba0\u2026 r-x, core rw-");
	text_clear(&text);
	text_add(&text,
		 "cb3e5ba0-adf1-11e0-998b-0002a5d5c51b0 7cb3e5ba0-adf1-11e0-998b-0002a5d5c51b");
	text_shorten_uuids(&text);
	assert_int_equal(text_width(text.bytes), 75); /* neither is one */
	assert_int_equal(text_index_width("fobj 0xa56fedf0[12]"), 4);
	assert_int_equal(text_index_width("fobj[1] x"), 0);
	assert_int_equal(text_index_width("a[]"), 0);
	assert_int_equal(text_index_width("a[7"), 0);
	assert_int_equal(text_index_width(""), 0);
	assert_true(text_is_of_address("fobj 0xa56fedf0[12]"));
	assert_false(text_is_of_address("fobj 0xa56fedf0"));
	assert_false(text_is_of_address("fobj 0x[12]"));
	assert_false(text_is_of_address("a56fedf0[12]"));
	assert_false(text_is_of_address("[12]"));
}

static void columns_fit(void **state)
{
	int starts[LIST_MAX_COLUMNS], widths[LIST_MAX_COLUMNS], wants[LIST_MAX_COLUMNS];

	(void)state;
	for (int id = 0; id < NUM_VIEWS; id++) {
		const struct list_spec *specs[] = {views[id]->master, views[id]->detail};

		for (int i = 0; i < 2; i++) {
			for (int width = 40; specs[i] && width < 300; width++) {
				int end = 0;

				for (unsigned j = 0; j < specs[i]->num_columns; j++)
					wants[j] = (widths[j] = specs[i]->columns[j].width) +
						   (width % 3) * 10;
				list_layout(specs[i], width, wants, starts, widths);
				for (unsigned j = 0; j < specs[i]->num_columns; j++) {
					if (!widths[j])
						continue;
					assert_true(starts[j] > end);
					end = starts[j] + widths[j];
				}
				assert_true(end <= width);
			}
		}
	}
}

static struct snapshot *numbered(uint64_t generation)
{
	struct snapshot *snapshot = fixture_snapshot(0);

	snapshot->capture.generation = generation;
	return snapshot;
}

static void history_is_bounded(void **state)
{
	static struct history history;
	struct moment *held;

	(void)state;
	history_init(&history, 200000);
	assert_true(history_add(&history, numbered(1)));
	held = moment_get(history_newest(&history));
	for (uint64_t i = 2; i < 100; i++) {
		assert_true(history_add(&history, numbered(i)));
		assert_true(history.bytes <= 200000 || history.count == 1);
	}
	assert_true(history.count > 1 && history.count < 20);
	assert_int_equal(history_newest(&history)->snapshot->capture.generation, 99);
	assert_int_equal(history_position(&history, history_newest(&history)), history.count - 1);
	assert_int_equal(history_position(&history, history_at(&history, 0)), 0);
	assert_int_equal(history_position(&history, held), NONE);
	assert_int_equal(held->snapshot->capture.generation, 1);
	moment_put(held);
	history_deinit(&history);
}

static void history_keeps_one_of_equal_moments(void **state)
{
	static struct history history;

	(void)state;
	history_init(&history, HISTORY_BYTES);
	history_add(&history, numbered(1));
	history_add(&history, numbered(2));
	history_add(&history, numbered(2));
	assert_int_equal(history.count, 2);
	assert_int_equal(history.added, 3);
	history_add(&history, numbered(3));
	assert_int_equal(history.count, 3);
	history_deinit(&history);
}

static void history_wraps(void **state)
{
	static struct history history;

	(void)state;
	history_init(&history, SIZE_MAX);
	for (uint64_t i = 0; i < HISTORY_MOMENTS + 10; i++) {
		struct snapshot *snapshot = fixture_large(1);

		snapshot->capture.time = (double)i;
		assert_true(history_add(&history, snapshot));
	}
	assert_int_equal(history.count, HISTORY_MOMENTS);
	for (uint32_t i = 0; i < history.count; i++)
		assert_int_equal(history_position(&history, history_at(&history, i)), i);
	assert_true(history_at(&history, 0)->snapshot->capture.time == 10);
	history_deinit(&history);
}

static void every_key_means_one_thing(void **state)
{
	(void)state;
	for (int i = COMMAND_NONE + 1; i < NUM_COMMANDS; i++) {
		const char *keys = command_infos[i].keys;
		size_t length;

		assert_true(*keys && *command_infos[i].help && *command_infos[i].name);
		while (*keys) {
			uint32_t key = keys_parse(keys, &length);

			assert_int_not_equal(key, 0);
			assert_int_equal(keys_command(key), i);
			keys += length;
			keys += strspn(keys, " ");
		}
	}
	assert_int_equal(keys_command('Z'), COMMAND_NONE);
	assert_int_equal(keys_command(KEY_NONE_YET), COMMAND_NONE);
}

static void expect_config_error(const char *text, const char *expected)
{
	static struct config config;
	struct error error = {.status = EXIT_CLEAN};

	assert_false(config_parse(&config, "file", text, &error));
	assert_int_equal(error.status, EXIT_USAGE);
	assert_string_equal(error.text, expected);
}

static void configuration_is_read(void **state)
{
	static struct config config;
	struct error error = {.status = EXIT_CLEAN};

	(void)state;
	assert_true(config_parse(&config, "file",
				 "# mine\n\nbind quit x C-q # both\nbind pause Space\n"
				 "bind tag #\ncolour page-dirty 208 default bold\n"
				 "color bad red\nview map\nmouse on",
				 &error));
	assert_string_equal(config.keys[COMMAND_QUIT], "x C-q");
	assert_string_equal(config.keys[COMMAND_TAG], "#");
	assert_string_equal(config.keys[COMMAND_HELP], "");
	assert_int_equal(config.view, VIEW_MAP);
	assert_true(config.mouse);
	assert_true(config.colours[STYLE_DIRTY].set && config.colours[STYLE_DIRTY].bold);
	assert_int_equal(config.colours[STYLE_DIRTY].front, 208);
	assert_int_equal(config.colours[STYLE_DIRTY].back, -1);
	assert_int_equal(config.colours[STYLE_BAD].front, 1);
	assert_false(config.colours[STYLE_CLEAN].set);
	assert_true(config_parse(&config, "file", "", &error));
	assert_int_equal(config.view, VIEW_PAGES);
	assert_false(config.mouse);
	expect_config_error("mouse left", "file:1: mouse is on or off");
	expect_config_error("\nfrob x", "file:2: no such setting: frob");
	expect_config_error("bind frob x", "file:1: no such command: frob");
	expect_config_error("bind quit", "file:1: bind needs a command and its keys");
	expect_config_error("bind quit xx", "file:1: no such key: xx");
	expect_config_error(
		"bind quit F1 F2 F3 F4 F5 F6 F7 PgUp PgDn Backspace Backspace Backspace",
		"file:1: too many keys for quit");
	expect_config_error("colour nobody red", "file:1: no such style: nobody");
	expect_config_error("colour bad 256", "file:1: no such colour: 256");
	expect_config_error("colour bad red blue bold more", "file:1: unexpected word: more");
	expect_config_error("view nowhere", "file:1: view needs the name of a view");
	expect_config_error("bind a b c d e f g h i j k l m n o p q", "file:1: too many words");
}

static void keys_can_be_bound(void **state)
{
	(void)state;
	keys_bind(COMMAND_QUIT, "x p");
	assert_int_equal(keys_command('x'), COMMAND_QUIT);
	assert_int_equal(keys_command('p'), COMMAND_QUIT); /* before those that nobody bound */
	assert_int_equal(keys_command('q'), COMMAND_NONE);
	assert_string_equal(keys_of(COMMAND_QUIT), "x p");
	keys_bind(COMMAND_QUIT, NULL);
	assert_int_equal(keys_command('p'), COMMAND_PAUSE);
	assert_int_equal(keys_command('q'), COMMAND_QUIT);
}

static void scene_finds_everything(void **state)
{
	struct snapshot *snapshot = fixture_snapshot(3);
	struct scene *scene = scene_create(snapshot, NULL);
	struct pool_counts *pool = &scene->pool;

	(void)state;
	assert_non_null(scene);
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];

		assert_int_equal(scene_find(scene, scene_ref(scene, OBJECT_PMEM, i)), i);
		if (pmem->fobj != NONE)
			assert_int_equal(scene_page(scene, pmem->fobj, pmem->page), i);
		for (uint32_t j = 0; j < pmem->num_owners; j++)
			assert_ptr_equal(scene_owner(scene, pmem->owners[j].area, i),
					 &pmem->owners[j]);
	}
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		struct ref ref = scene_ref(scene, OBJECT_AREA, i);

		assert_int_equal(scene->spaces[scene_space_row(scene, ref)].area, i);
	}
	assert_int_equal(scene->num_spaces, snapshot->num_areas + snapshot->num_contexts);
	assert_int_equal(pool->total, 32);
	assert_int_equal(pool->free + pool->clean + pool->dirty + pool->locked + pool->hidden,
			 pool->total);
	assert_int_equal(scene_find(scene, (struct ref){OBJECT_FOBJ, 12345, 0}), NONE);
	assert_int_equal(scene_page(scene, NONE, 0), NONE);
	scene_destroy(scene);
	snapshot_destroy(snapshot);
}

static void scene_sees_what_changed(void **state)
{
	struct snapshot *before = fixture_snapshot(3), *after = fixture_snapshot(3);
	struct scene *scene;
	struct ref page, fobj;

	(void)state;
	after->pmems[5].hidden = !after->pmems[5].hidden;
	after->fobjs[4].refcount++;
	before->fobjs[7].id++; /* one gone, one new */
	before->contexts[0].state = "dead";
	scene = scene_create(after, before);
	assert_non_null(scene);
	page = scene_ref(scene, OBJECT_PMEM, 5);
	fobj = scene_ref(scene, OBJECT_FOBJ, 4);
	assert_int_equal(scene_change(scene, page), CHANGE_MODIFIED);
	assert_int_equal(scene_change(scene, fobj), CHANGE_MODIFIED);
	assert_int_equal(scene_change(scene, scene_ref(scene, OBJECT_FOBJ, 7)), CHANGE_NEW);
	assert_int_equal(scene_change(scene, scene_ref(scene, OBJECT_FOBJ, 3)), CHANGE_NONE);
	assert_int_equal(scene_change(scene, scene_ref(scene, OBJECT_CONTEXT, 0)), CHANGE_MODIFIED);
	assert_int_equal(scene->changed.gone, 1);
	scene_destroy(scene);
	snapshot_destroy(before);
	snapshot_destroy(after);
}

static void bad_indices_are_survived(void **state)
{
	struct snapshot *snapshot = fixture_snapshot(0);
	struct scene *scene;
	struct canvas *canvas;

	(void)state;
	snapshot->pmems[0].fobj = 5000;
	snapshot->pmems[1].owners[0].area = 5000;
	snapshot->pmems[1].owners[0].context = 5000;
	snapshot->areas[2].fobj = NONE;
	snapshot->areas[3].context = 77;
	snapshot->contexts[1].areas[0] = 5000;
	snapshot->files[0].slices[0].fobj = NONE;
	snapshot->fobjs[0].holders[0].id = 1;
	snapshot->fobjs[0].holders[0].index = 5000;
	snapshot->fobjs[1].resident[0] = 5000;
	scene = scene_create(snapshot, NULL);
	canvas = canvas_create(24, 80, false);
	for (int id = 0; id < NUM_VIEWS; id++) {
		const struct list_spec *specs[] = {views[id]->master, views[id]->detail};
		uint32_t rows = specs[0] ? specs[0]->count(scene, NONE) : 0;
		struct tags tags = {.count = 0};
		struct list_look look = {&tags, "x", true, 3};

		for (uint32_t parent = 0; specs[1] && parent < rows; parent++) {
			struct list_state list;

			list_init(&list);
			list_update(&list, specs[1], scene, parent, &tags);
			list_draw(&list, specs[1], scene, parent, &look, canvas,
				  (struct rect){0, 0, 24, 80});
			list_deinit(&list);
		}
	}
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		canvas_destroy(
			view_picture.paint(scene, scene_ref(scene, OBJECT_PMEM, i), 80, false));
	canvas_destroy(canvas);
	scene_destroy(scene);
	snapshot_destroy(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_defused),
		cmocka_unit_test(text_is_the_same_in_the_c_locale),
		cmocka_unit_test(wide_characters_are_whole_or_absent),
		cmocka_unit_test(drawing_is_clipped),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(text_never_overflows),
		cmocka_unit_test(addresses_parse),
		cmocka_unit_test(every_size_has_a_sound_layout),
		cmocka_unit_test(names_are_shortened_where_it_costs_least),
		cmocka_unit_test(columns_fit),
		cmocka_unit_test(history_is_bounded),
		cmocka_unit_test(history_keeps_one_of_equal_moments),
		cmocka_unit_test(history_wraps),
		cmocka_unit_test(every_key_means_one_thing),
		cmocka_unit_test(configuration_is_read),
		cmocka_unit_test(keys_can_be_bound),
		cmocka_unit_test(scene_finds_everything),
		cmocka_unit_test(scene_sees_what_changed),
		cmocka_unit_test(bad_indices_are_survived),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
