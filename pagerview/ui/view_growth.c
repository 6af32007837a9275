/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Growth: of what is there more with every round of the same work? A row for each kind of object,
 * each pattern of names and each counter, what grows steadily on top; beneath, the objects that
 * were not there at the first point.
 */
#include <stdlib.h>
#include <string.h>

#include "rounds.h"
#include "view.h"

static struct rounds *rounds_of(const struct scene *scene)
{
	return scene->rounds;
}

static const struct growth_row *growth_of(const struct row *row)
{
	return &rounds_of(row->scene)->growth->rows[row->index];
}

static uint32_t last_point(const struct row *row)
{
	return rounds_of(row->scene)->shown - 1;
}

/* Rows are told from the first point on; which there are does not depend on the moment. */
static uint32_t count_rows(const struct scene *scene, uint32_t parent)
{
	const struct rounds *rounds = rounds_of(scene);

	(void)parent;
	return rounds && rounds->shown ? rounds->growth->num_rows : 0;
}

static struct ref row_ref(const struct row *row)
{
	return (struct ref){OBJECT_ROW, row->index + 1ull, 0};
}

static const char *why_none(const struct scene *scene)
{
	static const char *const whys[NUM_ROUND_RULES] = {
#define X(id, key, what)                                                                           \
	"no " what " yet: A says what makes a point, a makes the moment on screen one",
		ROUND_RULES(X)
#undef X
	};
	const struct rounds *rounds = rounds_of(scene);

	if (!rounds || (rounds->seen <= 1 && rounds->looked_at == rounds->look_to))
		return "nothing grows in one moment: it takes a target that runs, or a recording";
	if (rounds->looked_at < rounds->look_to)
		return "looking for points in the recording";
	if (rounds->due)
		return "no point yet: what was read so far is torn or partial";
	return whys[rounds->rule];
}

static void what_text(const struct row *row, struct field *field)
{
	const struct growth_row *growth = growth_of(row);

	/* Beside the row of all of them: those that this kernel has no names for. */
	if (growth->sort == GROWTH_OBJECTS && !*growth->pattern &&
	    strcmp(growth->kind, "file") != 0)
		text_add(&field->text, "%s without a name", growth->kind);
	else
		text_add(&field->text, "%s%s%s", growth->kind, *growth->pattern ? " " : "",
			 growth->pattern);
}

static void first_text(const struct row *row, struct field *field)
{
	text_add_count(&field->text, growth_of(row)->counts[0]);
}

static struct sort_key first_key(const struct row *row)
{
	return (struct sort_key){growth_of(row)->counts[0], NULL};
}

static void last_text(const struct row *row, struct field *field)
{
	text_add_count(&field->text, growth_of(row)->counts[last_point(row)]);
}

static struct sort_key last_key(const struct row *row)
{
	return (struct sort_key){growth_of(row)->counts[last_point(row)], NULL};
}

static int64_t gained(const struct row *row)
{
	const struct growth_row *growth = growth_of(row);

	return (int64_t)(growth->counts[last_point(row)] - growth->counts[0]);
}

/* 0 at the first point. */
static double per_round(const struct row *row)
{
	uint64_t rounds = rounds_of(row->scene)->growth->numbers[last_point(row)];

	return rounds ? (double)gained(row) / (double)rounds : 0;
}

static void round_text(const struct row *row, struct field *field)
{
	double each = per_round(row);

	if (each == 0)
		text_add(&field->text, "0");
	else if (each >= 100 || each <= -100 || each == (double)(int64_t)each)
		text_add(&field->text, "%+.0f", each);
	else
		text_add(&field->text, "%+.2f", each);
}

/* Signed order in unsigned keys, to a thousandth. */
static struct sort_key round_key(const struct row *row)
{
	return (struct sort_key){(uint64_t)(int64_t)(per_round(row) * 1000) ^ 1ull << 63, NULL};
}

static enum growth_trend trend_of(const struct row *row)
{
	return growth_trend(rounds_of(row->scene)->growth, growth_of(row), last_point(row));
}

/*
 * How much a row looks like a leak: what grows at every point before what never shrinks, objects
 * before levels, of which less may be the leak's trace (free pages). Tallies only ever grow.
 */
static unsigned suspicion(const struct row *row)
{
	bool level = growth_of(row)->sort == GROWTH_LEVEL;

	if (growth_of(row)->sort == GROWTH_TALLY)
		return gained(row) ? 1 : 0;
	switch (trend_of(row)) {
	case GROWTH_EVERY_MORE:
		return level ? 7 : 9;
	case GROWTH_MORE:
		return level ? 5 : 8;
	case GROWTH_EVERY_LESS:
		return level ? 6 : 3;
	case GROWTH_LESS:
		return level ? 4 : 2;
	case GROWTH_SWINGS_UP:
		return 3;
	case GROWTH_SWINGS_DOWN:
	case GROWTH_SWINGS:
		return 1;
	default:
		return 0;
	}
}

static void trend_text(const struct row *row, struct field *field)
{
	static const char *const names[] = {
		[GROWTH_ONE_POINT] = "-",
		[GROWTH_EVERY_MORE] = "every round",
		[GROWTH_MORE] = "never less",
		[GROWTH_SWINGS_UP] = "up and down",
		[GROWTH_SAME] = "same",
		[GROWTH_SWINGS] = "up and down",
		[GROWTH_SWINGS_DOWN] = "up and down",
		[GROWTH_LESS] = "never more",
		[GROWTH_EVERY_LESS] = "always less",
	};
	unsigned how = suspicion(row);

	field->style = how >= 8 ? STYLE_BAD : how >= 4 ? STYLE_WARN : how ? STYLE_TEXT : STYLE_DIM;
	text_add(&field->text, "%s", names[trend_of(row)]);
}

static struct sort_key trend_key(const struct row *row)
{
	int64_t by = llabs(gained(row)), most = INT64_C(1) << 48;

	return (struct sort_key){(uint64_t)suspicion(row) << 52 | (uint64_t)(by < most ? by : most),
				 NULL};
}

/* As many of the last counts as there is room for, the newest at the right. */
static void draw_counts(const struct row *row, struct canvas *canvas, struct rect rect)
{
	const struct growth_row *growth = growth_of(row);
	uint32_t from = last_point(row);
	struct text text;
	int left = rect.cols - 2, at;

	for (;; from--) {
		text_clear(&text);
		text_add(&text, "%llu ", (unsigned long long)growth->counts[from]);
		left -= text_width(text.bytes);
		if (left < 0 || !from)
			break;
	}
	from += left < 0 && from < last_point(row);
	at = rect.col +
	     canvas_text(canvas, rect.row, rect.col, 2, STYLE_DIM, from ? "\u2026 " : "");
	for (; from <= last_point(row); from++) {
		text_clear(&text);
		text_add(&text, "%llu ", (unsigned long long)growth->counts[from]);
		at += canvas_text(canvas, rect.row, at, rect.col + rect.cols - at, STYLE_TEXT,
				  text.bytes);
	}
}

static const struct column growth_columns[] = {
	{.title = "WHAT", .width = 18, .grow = 2, .text = what_text},
	{.title = "FIRST",
	 .width = 6,
	 .fit = true,
	 .rank = 3,
	 .right = true,
	 .text = first_text,
	 .key = first_key},
	{.title = "LAST",
	 .width = 6,
	 .fit = true,
	 .right = true,
	 .text = last_text,
	 .key = last_key},
	{.title = "A ROUND",
	 .width = 7,
	 .fit = true,
	 .rank = 2,
	 .right = true,
	 .text = round_text,
	 .key = round_key},
	{.title = "TREND", .width = 11, .text = trend_text, .key = trend_key},
	{.title = "AT EACH POINT", .width = 16, .grow = 3, .rank = 4, .draw = draw_counts},
};

static const struct list_spec growing = {
	.why = why_none,
	.worst_first = 4,
	.count = count_rows,
	.object = row_ref,
	.columns = growth_columns,
	.num_columns = sizeof(growth_columns) / sizeof(growth_columns[0]),
};

/* Beneath: what is new. */

/* Index of the first news of ROW or a later one. */
static uint32_t news_from(const struct rounds *rounds, uint32_t row)
{
	uint32_t low = 0, high = rounds->num_news;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (rounds->news[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t count_news(const struct scene *scene, uint32_t parent)
{
	struct rounds *rounds = rounds_of(scene);

	if (!rounds || parent >= count_rows(scene, NONE))
		return 0;
	rounds_find_news(rounds, scene);
	return news_from(rounds, parent + 1) - news_from(rounds, parent);
}

static const struct round_news *news_of(const struct row *row)
{
	const struct rounds *rounds = rounds_of(row->scene);

	return &rounds->news[news_from(rounds, row->parent) + row->index];
}

static struct ref news_ref(const struct row *row)
{
	return news_of(row)->ref;
}

static void news_kind(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "%s", object_kind_name(news_of(row)->ref.kind));
}

static void news_text(const struct row *row, struct field *field)
{
	const struct round_news *news = news_of(row);

	field->style = news->ref.kind == OBJECT_NONE ? STYLE_TEXT : STYLE_LINK;
	if (*news->name)
		text_add(&field->text, "%.64s", news->name);
	else
		scene_add_ref(row->scene, news->ref, &field->text);
}

static void news_where(const struct row *row, struct field *field)
{
	struct ref ref = news_of(row)->ref;
	uint32_t index = scene_find(row->scene, ref);

	if (index != NONE && ref.kind == OBJECT_AREA)
		scene_add_context(row->scene, row->scene->snapshot->areas[index].context,
				  &field->text);
	else if (index != NONE && ref.kind == OBJECT_FOBJ)
		text_add_counted(&field->text, row->scene->snapshot->fobjs[index].pages, "page");
}

static void news_address(const struct row *row, struct field *field)
{
	field->style = STYLE_DIM;
	text_add(&field->text, "0x%llx", (unsigned long long)news_of(row)->ref.id);
}

static const struct column news_columns[] = {
	{.title = "", .width = 7, .text = news_kind},
	{.title = "NEW SINCE THE FIRST POINT", .width = 14, .grow = 2, .text = news_text},
	{.title = "WHERE", .width = 12, .grow = 1, .rank = 2, .text = news_where},
	{.title = "ADDRESS", .width = 10, .fit = true, .rank = 1, .text = news_address},
};

static const struct list_spec news = {
	.empty = "nothing of it is new since the first point",
	.count = count_news,
	.object = news_ref,
	.columns = news_columns,
	.num_columns = sizeof(news_columns) / sizeof(news_columns[0]),
};

static void news_title(const struct scene *scene, uint32_t parent, struct text *title)
{
	const struct rounds *rounds = rounds_of(scene);

	if (parent >= count_rows(scene, NONE))
		return;
	text_add_counted(title, rounds->growth->numbers[rounds->shown - 1] + 1, "point");
	if (rounds->rule == ROUND_EVENT)
		text_add(title, ": each %s", rounds->event);
	else
		text_add(title, ": each %s", round_rules[rounds->rule].what);
	if (rounds->looked_at < rounds->look_to)
		text_add(title, " \u00b7 %u of %u moments looked at", rounds->looked_at,
			 rounds->look_to);
	if (rounds->short_past)
		text_add(title, " \u00b7 older moments are kept no longer");
	text_add(title, " \u00b7 %u new here", count_news(scene, parent));
}

static uint32_t find_row(const struct scene *scene, struct ref ref)
{
	return ref.kind == OBJECT_ROW && ref.id && ref.id <= count_rows(scene, NONE)
		       ? (uint32_t)(ref.id - 1)
		       : NONE;
}

const struct view view_growth = {
	.name = "growth",
	.master = &growing,
	.detail = &news,
	.find = find_row,
	.detail_title = news_title,
};
