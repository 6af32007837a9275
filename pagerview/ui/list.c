/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ORDER is a permutation of the rows that pass the filter. Sorting takes every row's key once and
 * then compares keys only; rows with equal keys keep the target's order, so a list whose keys do
 * not change does not dance between refreshes.
 *
 * Columns: as many as fit, dropping the highest rank first; then what is left over is shared out,
 * names first. A text that is too long loses the rest of its UUIDs before it is cut, and is cut
 * before an index that it ends with; before an address, in front.
 * Two columns at the left are the gutter: the cursor, and a sign for tagged, new or changed.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "rounds.h"

#define GUTTER 2
#define WIDEST 44 /* columns of one column but the last: eyes lose the line beyond */

bool tags_have(const struct tags *tags, struct ref ref)
{
	for (unsigned i = 0; i < tags->count; i++)
		if (ref_equal(tags->refs[i], ref))
			return true;
	return false;
}

bool tags_toggle(struct tags *tags, struct ref ref)
{
	tags->version++;
	for (unsigned i = 0; i < tags->count; i++) {
		if (ref_equal(tags->refs[i], ref)) {
			tags->refs[i] = tags->refs[--tags->count];
			return true;
		}
	}
	if (tags->count == MAX_TAGS)
		return false;
	tags->refs[tags->count++] = ref;
	return true;
}

void list_init(struct list_state *list)
{
	memset(list, 0, sizeof(*list));
	list->sort = -1;
	list->per_line = list->lines = 1;
	list->moved = true;
}

void list_restart(struct list_state *list)
{
	list->cursor = list->top = 0;
	list->selected = REF_NONE;
	list->moved = true;
	list->chosen = false;
	list->astray = false;
}

void list_deinit(struct list_state *list)
{
	free(list->order);
	list->order = NULL;
	list->count = list->capacity = 0;
}

static bool row_heading(const struct list_spec *spec, const struct row *row, struct field *field)
{
	text_clear(&field->text);
	field->style = STYLE_HEADING;
	return spec->heading && spec->heading(row, field);
}

/* Whether any text of the row holds NEEDLE. */
static bool row_contains(const struct list_spec *spec, const struct row *row, const char *needle)
{
	struct field field;

	if (spec->matches && spec->matches(row, needle))
		return true;
	if (row_heading(spec, row, &field))
		return text_contains(field.text.bytes, needle);
	for (unsigned i = 0; i < spec->num_columns; i++) {
		if (!spec->columns[i].text)
			continue;
		text_clear(&field.text);
		spec->columns[i].text(row, &field);
		if (text_contains(field.text.bytes, needle))
			return true;
	}
	return false;
}

/* A group whose heading matches is shown whole; one of whose rows some match, with its heading. */
static void select_rows(struct list_state *list, const struct list_spec *spec, struct row row,
			uint32_t count)
{
	uint32_t heading = NONE;
	bool whole = false;
	struct field field;

	list->count = 0;
	for (row.index = 0; row.index < count; row.index++) {
		bool is_heading = spec->heading && row_heading(spec, &row, &field);
		bool match = !list->filter[0] || row_contains(spec, &row, list->filter);

		if (is_heading) {
			heading = row.index;
			whole = match;
		}
		if (!match && !(whole && !is_heading))
			continue;
		if (heading != NONE && heading != row.index)
			list->order[list->count++] = heading;
		heading = NONE;
		list->order[list->count++] = row.index;
	}
}

struct sorted {
	uint32_t group;
	uint8_t rank; /* 0 heading, 1 tagged, 2 others */
	uint32_t index;
	struct sort_key key;
};

static int key_compare(const struct sort_key *a, const struct sort_key *b)
{
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->text && b->text ? strcmp(a->text, b->text) : 0;
}

static int place_compare(const struct sorted *a, const struct sorted *b)
{
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (int)a->rank - (int)b->rank;
}

static int index_compare(const struct sorted *a, const struct sorted *b)
{
	return a->index < b->index ? -1 : a->index > b->index;
}

static int ascending(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int place = place_compare(a, b), key = key_compare(&a->key, &b->key);

	return place ? place : key ? key : index_compare(a, b);
}

static int descending(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int place = place_compare(a, b), key = key_compare(&b->key, &a->key);

	return place ? place : key ? key : index_compare(a, b);
}

static void sort_rows(struct list_state *list, const struct list_spec *spec, struct row row,
		      const struct tags *tags)
{
	const struct column *column = list->sort >= 0 ? &spec->columns[list->sort] : NULL;
	struct sorted *sorted;
	struct field field;

	if (!column && !list->inverted && (!tags->count || spec->cell))
		return;
	sorted = calloc(list->count ? list->count : 1, sizeof(*sorted));
	if (!sorted)
		return; /* the target's order is an order too */
	for (uint32_t i = 0; i < list->count; i++) {
		row.index = list->order[i];
		sorted[i] = (struct sorted){.index = row.index, .rank = 2};
		if (spec->group)
			sorted[i].group = spec->group(&row);
		if (row_heading(spec, &row, &field))
			sorted[i].rank = 0;
		else if (tags->count && !spec->cell && tags_have(tags, spec->object(&row)))
			sorted[i].rank = 1;
		if (column)
			sorted[i].key = column->key(&row);
		else
			sorted[i].key.number = list->inverted ? row.index : 0;
	}
	qsort(sorted, list->count, sizeof(*sorted),
	      list->inverted != (column && column->right) ? descending : ascending);
	for (uint32_t i = 0; i < list->count; i++)
		list->order[i] = sorted[i].index;
	free(sorted);
}

/* What grows without a new scene. */
static uint64_t growth(const struct scene *scene)
{
	return (scene->log ? scene->log->version : 0) +
	       (scene->events ? scene->events->version : 0) +
	       (scene->page ? scene->page->version : 0) +
	       (scene->rounds ? scene->rounds->version : 0);
}

static bool built_already(const struct list_state *list, const struct scene *scene, uint32_t parent,
			  const struct tags *tags)
{
	return list->order && list->built.scene == scene->serial &&
	       list->built.growth == growth(scene) && list->built.parent == parent &&
	       list->built.sort == list->sort && list->built.inverted == list->inverted &&
	       list->built.tags == tags->version && !strcmp(list->built.filter, list->filter);
}

/* The position of the selected object nearest to where it was, or the clamped old position. */
static void resolve_cursor(struct list_state *list, const struct list_spec *spec, struct row row)
{
	uint32_t best = NONE;

	list->astray = false;
	if (!list->count) {
		list->cursor = 0;
		return;
	}
	if (list->cursor >= list->count)
		list->cursor = list->count - 1;
	row.index = list->order[list->cursor];
	if (list->selected.kind == OBJECT_NONE || ref_equal(spec->object(&row), list->selected))
		return;
	for (uint32_t i = 0; i < list->count; i++) {
		row.index = list->order[i];
		if (!ref_equal(spec->object(&row), list->selected))
			continue;
		if (best == NONE ||
		    llabs((int64_t)i - list->cursor) < llabs((int64_t)best - list->cursor))
			best = i;
	}
	list->astray = best == NONE;
	if (best != NONE)
		list->cursor = best;
}

static void remember_selected(struct list_state *list, const struct list_spec *spec, struct row row)
{
	if (!list->count)
		return;
	row.index = list->order[list->cursor];
	list->selected = spec->object(&row);
}

void list_update(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		 uint32_t parent, const struct tags *tags)
{
	struct row row = {scene, parent, 0};
	uint32_t count = spec->count(scene, parent);
	bool at_end = spec->tail && !list->astray && list->cursor + 1ull >= list->count;

	if (built_already(list, scene, parent, tags))
		return;
	if (count + 1 > list->capacity) {
		uint32_t *order = realloc(list->order, ((size_t)count + 1) * sizeof(*order));

		if (!order) {
			list->count = 0;
			return;
		}
		list->order = order;
		list->capacity = count + 1;
	}
	if (list->sort >= (int)spec->num_columns)
		list->sort = -1;
	select_rows(list, spec, row, count);
	sort_rows(list, spec, row, tags);
	if (!list->chosen && !at_end)
		list_restart(list);
	if (at_end)
		list_go(list, spec, scene, parent, (int64_t)list->count - 1);
	else
		resolve_cursor(list, spec, row);
	if (list->selected.kind == OBJECT_NONE)
		remember_selected(list, spec, row);
	list->built.scene = scene->serial;
	list->built.tags = tags->version;
	list->built.growth = growth(scene);
	list->built.parent = parent;
	list->built.sort = list->sort;
	list->built.inverted = list->inverted;
	memcpy(list->built.filter, list->filter, sizeof(list->filter));
}

struct row list_row(const struct list_state *list, const struct scene *scene, uint32_t parent)
{
	return (struct row){scene, parent, list->count ? list->order[list->cursor] : NONE};
}

void list_go(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
	     uint32_t parent, int64_t position)
{
	if (!list->count)
		return;
	if (position >= list->count)
		position = (int64_t)list->count - 1;
	list->cursor = position < 0 ? 0 : (uint32_t)position;
	list->moved = true;
	list->chosen = true;
	list->astray = false;
	remember_selected(list, spec, (struct row){scene, parent, 0});
}

bool list_go_index(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		   uint32_t parent, uint32_t index)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->order[i] == index) {
			list_go(list, spec, scene, parent, i);
			return true;
		}
	}
	return false;
}

static void sort_next(struct list_state *list, const struct list_spec *spec, int step)
{
	int columns = (int)spec->num_columns;

	list->inverted = false;
	do {
		list->sort += step;
		if (list->sort >= columns)
			list->sort = -1;
		else if (list->sort < -1)
			list->sort = columns - 1;
	} while (list->sort >= 0 && !spec->columns[list->sort].key);
}

bool list_command(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		  uint32_t parent, enum command command)
{
	int64_t line = list->per_line, screen = (int64_t)list->per_line * list->lines;
	int64_t at = list->cursor;

	switch (command) {
	case COMMAND_UP:
		/* In a grid the first line stays in its column. */
		list_go(list, spec, scene, parent,
			at >= line           ? at - line
			: list->per_line > 1 ? at
					     : 0);
		return true;
	case COMMAND_DOWN:
		list_go(list, spec, scene, parent, at + line);
		return true;
	case COMMAND_PAGE_UP:
		list_go(list, spec, scene, parent, at - screen);
		return true;
	case COMMAND_PAGE_DOWN:
		list_go(list, spec, scene, parent, at + screen);
		return true;
	case COMMAND_FIRST:
		list_go(list, spec, scene, parent, 0);
		list->chosen = false;
		return true;
	case COMMAND_LAST:
		list_go(list, spec, scene, parent, (int64_t)list->count - 1);
		return true;
	case COMMAND_SORT:
		sort_next(list, spec, 1);
		return true;
	case COMMAND_SORT_PREVIOUS:
		sort_next(list, spec, -1);
		return true;
	case COMMAND_INVERT:
		list->inverted = !list->inverted;
		return true;
	default:
		return false;
	}
}

uint32_t list_at(const struct list_state *list, const struct list_spec *spec, int row, int col)
{
	int line = spec->cell ? row : row - 1; /* beneath the titles */
	int cell = spec->cell ? col - 1 - spec->label_width : 0;
	uint64_t at;

	if (line < 0 || line >= (int)list->lines || cell < 0)
		return NONE;
	if (spec->cell)
		cell /= spec->cell_width;
	if (cell >= (int)list->per_line)
		return NONE;
	at = list->top + (uint64_t)line * list->per_line + (uint64_t)cell;
	return at < list->count ? (uint32_t)at : NONE;
}

bool list_is_sortable(const struct list_spec *spec)
{
	for (unsigned i = 0; i < spec->num_columns; i++)
		if (spec->columns[i].key)
			return true;
	return false;
}

void list_add_line(const struct list_spec *spec, const struct row *row, struct text *text)
{
	struct field field = {.style = STYLE_TEXT};

	if (spec->num_columns && !row_heading(spec, row, &field))
		spec->columns[spec->num_columns - 1].text(row, &field);
	text_add(text, "%s", field.text.bytes);
}

bool list_search(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		 uint32_t parent, const char *needle, int direction, bool here)
{
	for (uint32_t i = here ? 0 : 1; list->count && i <= list->count; i++) {
		int64_t at = ((int64_t)list->cursor + direction * (int64_t)i) % list->count;
		struct row row = {scene, parent, 0};

		if (at < 0)
			at += list->count;
		row.index = list->order[at];
		if (row_contains(spec, &row, needle)) {
			list_go(list, spec, scene, parent, at);
			return true;
		}
	}
	return false;
}

/* Names get what they need of SPARE, from the left; what is left of it. */
static int give_room(const struct list_spec *spec, int limit, int spare, const int *wants,
		     int *widths)
{
	for (unsigned i = 0; i < spec->num_columns; i++) {
		int most = wants[i] < WIDEST ? wants[i] : WIDEST;
		int extra = most - widths[i] < spare ? most - widths[i] : spare;

		if (!spec->columns[i].roomy || spec->columns[i].rank > limit || extra <= 0)
			continue;
		widths[i] += extra;
		spare -= extra;
	}
	return spare;
}

void list_layout(const struct list_spec *spec, int width, const int wants[LIST_MAX_COLUMNS],
		 int starts[LIST_MAX_COLUMNS], int widths[LIST_MAX_COLUMNS])
{
	int used, grow, spare, at = GUTTER, limit = 255;

	for (;;) {
		int highest = 0;

		used = GUTTER - 1;
		grow = 0;
		for (unsigned i = 0; i < spec->num_columns; i++) {
			const struct column *column = &spec->columns[i];

			if (column->rank > limit)
				continue;
			used += widths[i] + 1;
			grow += column->grow;
			if (column->rank > highest)
				highest = column->rank;
		}
		if (used <= width || highest == 0)
			break;
		limit = highest - 1;
	}
	spare = give_room(spec, limit, used < width ? width - used : 0, wants, widths);
	for (unsigned i = 0; i < spec->num_columns; i++) {
		const struct column *column = &spec->columns[i];
		int extra = grow ? spare * column->grow / grow : 0;
		bool last = i + 1 == spec->num_columns;

		if (!last && widths[i] + extra > WIDEST)
			extra = widths[i] < WIDEST ? WIDEST - widths[i] : 0;

		starts[i] = at;
		widths[i] = column->rank > limit ? 0 : widths[i] + extra;
		if (widths[i]) {
			/* The last ones get what rounding left; shares are taken one by one. */
			spare -= extra;
			grow -= column->grow;
			if (at + widths[i] > width && at < width)
				widths[i] = width - at;
			at += widths[i] + 1;
		}
	}
}

/* Columns that a cell's text takes where it is not to be cut. */
static int needed(const struct column *column, const struct row *row)
{
	struct field field;

	text_clear(&field.text);
	column->text(row, &field);
	if (column->roomy)
		text_shorten_uuids(&field.text);
	return text_width(field.text.bytes);
}

/* What each column needs, and what a roomy one would need, for the rows in the window. */
static void measure_columns(const struct list_state *list, const struct list_spec *spec,
			    struct row row, uint32_t lines, int *widths, int *wants)
{
	for (unsigned i = 0; i < spec->num_columns; i++) {
		const struct column *column = &spec->columns[i];
		bool measured = column->fit || column->roomy;
		int least = column->width;

		if (list->sort == (int)i && text_width(column->title) >= least)
			least = text_width(column->title) + 1; /* and its arrow */
		wants[i] = least;
		for (uint32_t j = 0; measured && j < lines && list->top + j < list->count; j++) {
			struct field field;
			int width;

			row.index = list->order[list->top + j];
			if (row_heading(spec, &row, &field))
				continue;
			width = needed(column, &row);
			wants[i] = width > wants[i] ? width : wants[i];
		}
		widths[i] = column->fit ? wants[i] : least;
	}
}

static void draw_titles(const struct list_state *list, const struct list_spec *spec,
			const int *starts, const int *widths, struct canvas *canvas,
			struct rect rect)
{
	canvas_fill(canvas, rect.row, rect.col, rect.cols, STYLE_HEADING, ' ');
	for (unsigned i = 0; i < spec->num_columns; i++) {
		const struct column *column = &spec->columns[i];
		struct text title;

		if (!widths[i])
			continue;
		text_clear(&title);
		if (list->sort == (int)i)
			text_add(&title, "%s",
				 list->inverted != column->right ? "\u25bc" : "\u25b2");
		text_add(&title, "%s",
			 column->wide && widths[i] > column->width ? column->wide : column->title);
		if (column->right)
			canvas_text_right(canvas, rect.row, rect.col + starts[i], widths[i],
					  STYLE_HEADING, title.bytes);
		else
			canvas_text(canvas, rect.row, rect.col + starts[i], widths[i],
				    STYLE_HEADING, title.bytes);
	}
}

static void draw_gutter(const struct row *row, const struct list_spec *spec,
			const struct list_look *look, bool selected, struct canvas *canvas,
			struct rect rect)
{
	struct ref ref = spec->object(row);
	enum change change = scene_change(row->scene, ref);
	uint32_t sign = change == CHANGE_NEW ? '+' : change == CHANGE_MODIFIED ? '~' : ' ';

	if (ref.kind != OBJECT_NONE && tags_have(look->tags, ref))
		sign = '*';
	canvas_put(canvas, rect.row, rect.col, STYLE_STRONG, selected && look->focus ? '>' : ' ');
	canvas_put(canvas, rect.row, rect.col + 1, change ? STYLE_CHANGED : STYLE_STRONG, sign);
}

/* TEXT without its first COLUMNS. */
static const char *text_after(const char *text, unsigned columns)
{
	int width;

	while (*text && columns > 0) {
		text_next(&text, &width);
		columns -= (unsigned)width > columns ? columns : (unsigned)width;
	}
	return text;
}

/* As much of the end of TEXT as there is room for, behind an ellipsis. */
static void draw_end(const char *text, enum style style, struct canvas *canvas, struct rect rect)
{
	const char *end = text_after(text, (unsigned)(text_width(text) - rect.cols + 1));

	canvas_put(canvas, rect.row, rect.col, style, 0x2026);
	end += *end == 'x'; /* of 0x, and half of that is nothing */
	canvas_text(canvas, rect.row, rect.col + 1, rect.cols - 1, style, end);
}

/*
 * In as few columns as there are: UUIDs are shortened first, and an index at its end stays. So do
 * the last digits of an address, for the first ones are those of its neighbours, too.
 */
static void draw_text(struct text *text, enum style style, struct canvas *canvas, struct rect rect)
{
	int tail = text_index_width(text->bytes), width = text_width(text->bytes);

	if (width > rect.cols) {
		text_shorten_uuids(text);
		width = text_width(text->bytes);
	}
	if (width <= rect.cols || !tail || tail + 2 > rect.cols) {
		canvas_text(canvas, rect.row, rect.col, rect.cols, style, text->bytes);
		return;
	}
	if (text_is_of_address(text->bytes)) {
		draw_end(text->bytes, style, canvas, rect);
		return;
	}
	canvas_text(canvas, rect.row, rect.col, rect.cols - tail, style, text->bytes);
	canvas_text(canvas, rect.row, rect.col + rect.cols - tail, tail, style,
		    text_after(text->bytes, (unsigned)(width - tail)));
}

static void draw_columns(const struct row *row, const struct list_spec *spec, unsigned shift,
			 const int *starts, const int *widths, struct canvas *canvas,
			 struct rect rect)
{
	unsigned last = 0; /* of those that are shown */

	for (unsigned i = 0; i < spec->num_columns; i++)
		last = widths[i] ? i : last;
	for (unsigned i = 0; i < spec->num_columns; i++) {
		const struct column *column = &spec->columns[i];
		struct rect place = {rect.row, rect.col + starts[i], 1, widths[i]};
		struct field field = {.style = STYLE_TEXT};

		if (!widths[i])
			continue;
		if (column->draw) {
			column->draw(row, canvas, place);
			continue;
		}
		text_clear(&field.text);
		column->text(row, &field);
		if (column->right)
			canvas_text_right(canvas, place.row, place.col, place.cols, field.style,
					  field.text.bytes);
		else if (i == last && shift)
			canvas_text(canvas, place.row, place.col, place.cols, field.style,
				    text_after(field.text.bytes, shift));
		else
			draw_text(&field.text, field.style, canvas, place);
	}
}

static void draw_row(const struct row *row, const struct list_spec *spec,
		     const struct list_look *look, bool selected, const int *starts,
		     const int *widths, struct canvas *canvas, struct rect rect)
{
	struct field field;

	draw_gutter(row, spec, look, selected, canvas, rect);
	if (row_heading(spec, row, &field))
		draw_text(&field.text, field.style, canvas,
			  (struct rect){rect.row, rect.col + GUTTER, 1, rect.cols - GUTTER});
	else
		draw_columns(row, spec, look->shift, starts, widths, canvas, rect);
	if (look->needle[0] && row_contains(spec, row, look->needle))
		canvas_flag(canvas, rect.row, rect.col + GUTTER, rect.cols - GUTTER, CELL_MATCH);
	if (selected)
		canvas_flag(canvas, rect.row, rect.col, rect.cols,
			    look->focus ? CELL_SELECTED : CELL_WEAK);
}

static void draw_cell(const struct row *row, const struct list_spec *spec,
		      const struct list_look *look, bool selected, struct canvas *canvas,
		      int at_row, int at_col)
{
	struct field field = {.style = STYLE_TEXT};
	struct ref ref = spec->object(row);

	text_clear(&field.text);
	spec->cell(row, &field);
	canvas_text(canvas, at_row, at_col, spec->cell_width, field.style, field.text.bytes);
	if (tags_have(look->tags, ref))
		canvas_put(canvas, at_row, at_col + spec->cell_width - 2, STYLE_STRONG, '*');
	else if (scene_change(row->scene, ref))
		canvas_put(canvas, at_row, at_col + spec->cell_width - 2, STYLE_CHANGED,
			   scene_change(row->scene, ref) == CHANGE_NEW ? '+' : '~');
	if (look->needle[0] && row_contains(spec, row, look->needle))
		canvas_flag(canvas, at_row, at_col, spec->cell_width - 2, CELL_MATCH);
	if (selected)
		canvas_flag(canvas, at_row, at_col, spec->cell_width - 1,
			    look->focus ? CELL_SELECTED : CELL_WEAK);
}

/*
 * After a move by the user the window moves as little as possible. When it is the rows that moved,
 * the cursor keeps its line on the screen as far as the ends of the list allow: which rows are
 * shown then depends on the snapshot alone, not on the way by which it was reached.
 */
static void scroll_to_cursor(struct list_state *list)
{
	uint32_t line = list->cursor / list->per_line, top = list->top / list->per_line;
	uint32_t lines = (list->count + list->per_line - 1) / list->per_line;

	if (!list->moved)
		top = line > list->anchor ? line - list->anchor : 0;
	if (line < top)
		top = line;
	if (line >= top + list->lines)
		top = line - list->lines + 1;
	if (top && top + list->lines > lines)
		top = lines > list->lines ? lines - list->lines : 0;
	list->top = top * list->per_line;
	if (list->moved)
		list->anchor = line - top;
	list->moved = false;
}

static void draw_bar(const struct list_state *list, struct canvas *canvas, struct rect rect)
{
	uint64_t all = (list->count + list->per_line - 1) / list->per_line;
	uint64_t rows = (uint64_t)rect.rows, size = rows * rows / all;
	uint64_t top = list->top / list->per_line, at;

	size = size ? size : 1;
	at = all > rows ? top * (rows - size) / (all - rows) : 0;
	for (uint64_t i = 0; i < rows; i++)
		canvas_put(canvas, rect.row + (int)i, rect.col + rect.cols - 1, STYLE_LINE,
			   i >= at && i < at + size ? 0x2503 : 0x2502);
}

static void draw_grid(struct list_state *list, const struct list_spec *spec,
		      const struct scene *scene, uint32_t parent, const struct list_look *look,
		      struct canvas *canvas, struct rect rect)
{
	for (int line = 0; line < rect.rows; line++) {
		uint32_t first = list->top + (uint32_t)line * list->per_line;
		struct row row = {scene, parent, 0};
		struct field label = {.style = STYLE_DIM};

		if (first >= list->count)
			break;
		row.index = list->order[first];
		text_clear(&label.text);
		spec->label(&row, &label);
		canvas_text(canvas, rect.row + line, rect.col + 1, spec->label_width - 1,
			    label.style, label.text.bytes);
		for (uint32_t i = 0; i < list->per_line && first + i < list->count; i++) {
			row.index = list->order[first + i];
			draw_cell(&row, spec, look, first + i == list->cursor, canvas,
				  rect.row + line,
				  rect.col + 1 + spec->label_width + (int)i * spec->cell_width);
		}
	}
}

/* Cells to a line: as many as fit, in round numbers so that the labels are easy to read. */
static unsigned grid_columns(const struct list_spec *spec, int cols)
{
	unsigned fit = (unsigned)(cols - spec->label_width - 2) / (unsigned)spec->cell_width;
	unsigned step = fit >= 16 ? 16 : fit >= 8 ? 8 : fit >= 4 ? 4 : 1;

	return fit < 1 ? 1 : fit / step * step;
}

uint32_t list_lines(const struct list_state *list, const struct list_spec *spec, int cols)
{
	uint32_t per_line = spec->cell ? grid_columns(spec, cols) : 1;

	return (list->count + per_line - 1) / per_line + (spec->cell ? 0 : 1);
}

static void draw_empty(const struct list_state *list, const struct list_spec *spec,
		       const struct scene *scene, struct canvas *canvas, struct rect rect)
{
	const char *why = list->filter[0] ? "nothing matches the filter; Esc clears it"
			  : spec->why     ? spec->why(scene)
					  : spec->empty;

	rect.col += GUTTER;
	rect.cols -= GUTTER;
	canvas_wrapped(canvas, rect, STYLE_DIM, why);
}

void list_draw(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
	       uint32_t parent, const struct list_look *look, struct canvas *canvas,
	       struct rect rect)
{
	int starts[LIST_MAX_COLUMNS], widths[LIST_MAX_COLUMNS], wants[LIST_MAX_COLUMNS];
	struct rect inside = rect;
	bool bar;

	list->per_line = spec->cell ? grid_columns(spec, rect.cols) : 1;
	if (!spec->cell) {
		inside.row++;
		inside.rows--;
	}
	list->lines = inside.rows > 0 ? (unsigned)inside.rows : 1;
	scroll_to_cursor(list);
	bar = list->count > list->lines * list->per_line;
	if (bar)
		inside.cols--;
	if (!spec->cell) {
		measure_columns(list, spec, (struct row){scene, parent, 0}, list->lines, widths,
				wants);
		list_layout(spec, inside.cols, wants, starts, widths);
		draw_titles(list, spec, starts, widths, canvas, rect);
	}
	if (!list->count)
		draw_empty(list, spec, scene, canvas, inside);
	else if (spec->cell)
		draw_grid(list, spec, scene, parent, look, canvas, inside);
	else
		for (int i = 0; i < inside.rows && list->top + (uint32_t)i < list->count; i++) {
			struct row row = {scene, parent, list->order[list->top + (uint32_t)i]};
			struct rect line = {inside.row + i, inside.col, 1, inside.cols};

			draw_row(&row, spec, look, list->top + (uint32_t)i == list->cursor, starts,
				 widths, canvas, line);
		}
	if (bar && inside.rows > 0)
		draw_bar(list, canvas,
			 (struct rect){inside.row, inside.col, inside.rows, rect.cols});
}
