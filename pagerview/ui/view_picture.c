/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Picture: how does it hang together? The figure for the object that was selected last: who holds
 * on the left (area_head and area, file and slice), the fobj with its pages in the middle, the
 * pages of the pool that hold some of them on the right.
 *
 * The figure is a stack of groups, one a fobj. In a group the holders stand one under the other,
 * those of one context or file together, the fobj beside them; so lines run between neighbouring
 * columns only and never cross. Lines are put as sets of directions: where two meet, the sets are
 * joined and the right corner or crossing comes out by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define MAX_GROUPS   64
#define MAX_HOLDERS  64 /* drawn per fobj */
#define MAX_ROWS     1900
#define HOLDER_ROWS  4
#define SHORT_RUN    2 /* pages not in the pool that are drawn one by one */
#define FIGURE_WIDTH 78

struct columns {
	int root, root_width, holder, holder_width, fobj, fobj_width, pmem, pmem_width;
};

struct figure {
	const struct scene *scene;
	struct canvas *canvas;
	uint8_t *lines; /* directions of the line in each cell */
	struct columns at;
	uint32_t fobjs[MAX_GROUPS];
	uint32_t num_fobjs, left_out;
	int row; /* the next free one */
};

enum { GO_UP = 1, GO_DOWN = 2, GO_LEFT = 4, GO_RIGHT = 8 };

static const uint16_t line_glyphs[16] = {
	' ',    0x2502, 0x2502, 0x2502, 0x2500, 0x2518, 0x2510, 0x2524,
	0x2500, 0x2514, 0x250c, 0x251c, 0x2500, 0x2534, 0x252c, 0x253c,
};

/* Joins the line that is there; what a cell's directions are, its glyph alone would not tell. */
static void put_line(const struct figure *figure, int row, int col, unsigned directions)
{
	uint8_t *lines;

	if (!canvas_cell(figure->canvas, row, col))
		return;
	lines = &figure->lines[(size_t)row * (size_t)figure->canvas->cols + (size_t)col];
	*lines |= (uint8_t)directions;
	canvas_put(figure->canvas, row, col, STYLE_LINE, line_glyphs[*lines]);
}

static void put_horizontal(const struct figure *figure, int row, int from, int to)
{
	for (int col = from; col <= to; col++)
		put_line(figure, row, col,
			 (col > from ? GO_LEFT : 0u) | (col < to ? GO_RIGHT : 0u) |
				 (from == to ? GO_LEFT | GO_RIGHT : 0u));
}

static void put_vertical(const struct figure *figure, int col, int from, int to)
{
	for (int row = from; from < to && row <= to; row++)
		put_line(figure, row, col, (row > from ? GO_UP : 0u) | (row < to ? GO_DOWN : 0u));
}

/* A line from the right edge of a box to an arrow head in front of another one. */
static void put_arrow(const struct figure *figure, int row, int from, int to)
{
	put_line(figure, row, from, GO_RIGHT | GO_UP | GO_DOWN);
	put_horizontal(figure, row, from + 1, to - 1);
	canvas_put(figure->canvas, row, to, STYLE_LINE, 0x25ba);
}

/* --- What is drawn ------------------------------------------------------------------------- */

static void add_fobj(struct figure *figure, uint32_t fobj)
{
	if (fobj >= figure->scene->snapshot->num_fobjs)
		return;
	for (uint32_t i = 0; i < figure->num_fobjs; i++)
		if (figure->fobjs[i] == fobj)
			return;
	if (figure->num_fobjs < MAX_GROUPS)
		figure->fobjs[figure->num_fobjs++] = fobj;
	else
		figure->left_out++;
}

/* The one that most hold: the likely reason to look. */
static uint32_t most_held(const struct snapshot *snapshot)
{
	uint32_t best = NONE;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		if (best == NONE ||
		    snapshot->fobjs[i].num_holders > snapshot->fobjs[best].num_holders)
			best = i;
	return best;
}

static void choose_fobjs(struct figure *figure, struct ref about)
{
	const struct snapshot *snapshot = figure->scene->snapshot;
	uint32_t index = scene_find(figure->scene, about);

	switch (index == NONE ? OBJECT_NONE : about.kind) {
	case OBJECT_FOBJ:
	case OBJECT_ABSENT:
		add_fobj(figure, index);
		break;
	case OBJECT_AREA:
		add_fobj(figure, snapshot->areas[index].fobj);
		break;
	case OBJECT_PMEM:
		add_fobj(figure, snapshot->pmems[index].fobj);
		break;
	case OBJECT_CONTEXT:
		for (uint32_t i = 0; i < snapshot->contexts[index].num_areas; i++)
			if (snapshot->contexts[index].areas[i] < snapshot->num_areas)
				add_fobj(figure,
					 snapshot->areas[snapshot->contexts[index].areas[i]].fobj);
		break;
	case OBJECT_FILE:
	case OBJECT_SLICE:
		for (uint32_t i = 0; i < snapshot->files[index].num_slices; i++)
			add_fobj(figure, snapshot->files[index].slices[i].fobj);
		break;
	default:
		add_fobj(figure, most_held(snapshot));
	}
}

/* --- The left: who holds ------------------------------------------------------------------- */

struct holder_box {
	uint64_t root;         /* equal for those of one context or file */
	struct text root_name; /* "" when there is nothing behind the holder */
	struct text name, about;
	uint32_t area; /* or NONE */
};

static void describe_area(const struct scene *scene, uint32_t index, struct holder_box *box)
{
	const struct snap_area *area = &scene->snapshot->areas[index];

	box->root = area->context;
	scene_add_context(scene, area->context, &box->root_name);
	scene_add_area(scene, index, &box->name);
	text_add(&box->about, "0x%llx ", (unsigned long long)area->base);
	text_add_prot(&box->about, area->prot);
	box->area = index;
}

static void describe_slice(const struct scene *scene, uint32_t fobj, uint32_t file_index,
			   struct holder_box *box)
{
	const struct snap_file *file = &scene->snapshot->files[file_index];

	box->root = 1ull << 32 | file_index;
	text_add(&box->root_name, "file %.6s", file->tag);
	text_add(&box->name, "slice");
	for (uint32_t i = 0; i < file->num_slices; i++)
		if (file->slices[i].fobj == fobj)
			text_add(&box->about, "from page %u", file->slices[i].page_offset);
}

static void describe_holder(const struct scene *scene, uint32_t fobj, uint32_t nth,
			    struct holder_box *box)
{
	const struct snap_holder *holder = &scene->snapshot->fobjs[fobj].holders[nth];
	struct ref ref = scene_holder_ref(scene, holder);
	uint32_t index = scene_find(scene, ref);

	memset(box, 0, sizeof(*box));
	box->area = NONE;
	box->root = 2ull << 32 | nth;
	if (index != NONE && ref.kind == OBJECT_AREA) {
		describe_area(scene, index, box);
	} else if (index != NONE && ref.kind == OBJECT_FILE) {
		describe_slice(scene, fobj, index, box);
	} else {
		text_add(&box->name, "%s", *holder->kind ? holder->kind : "holder");
		text_add(&box->about, "%.40s", holder->name);
	}
}

static int box_compare(const void *left, const void *right)
{
	const struct holder_box *a = left, *b = right;

	return a->root < b->root ? -1 : a->root > b->root;
}

static void draw_root(const struct figure *figure, int row, const struct text *name)
{
	struct rect box = {row, figure->at.root, 3, figure->at.root_width};

	canvas_box(figure->canvas, box, STYLE_LINE);
	canvas_text(figure->canvas, row + 1, box.col + 1, box.cols - 2, STYLE_STRONG, name->bytes);
}

static void draw_holder(const struct figure *figure, int row, const struct holder_box *box)
{
	struct rect rect = {row, figure->at.holder, HOLDER_ROWS, figure->at.holder_width};

	canvas_box(figure->canvas, rect, STYLE_LINE);
	canvas_text(figure->canvas, row + 1, rect.col + 1, rect.cols - 2, STYLE_LINK,
		    box->name.bytes);
	canvas_text(figure->canvas, row + 2, rect.col + 1, rect.cols - 2, STYLE_TEXT,
		    box->about.bytes);
}

/* Returns the rows that were taken. */
static int draw_holders(const struct figure *figure, uint32_t fobj)
{
	const struct snap_fobj *object = &figure->scene->snapshot->fobjs[fobj];
	uint32_t count = object->num_holders < MAX_HOLDERS ? object->num_holders : MAX_HOLDERS;
	struct holder_box *boxes = calloc(count ? count : 1, sizeof(*boxes));
	int root_edge = figure->at.root + figure->at.root_width - 1;
	int edge = figure->at.holder + figure->at.holder_width - 1;
	int row = figure->row, trunk = edge + 2, root_row = row;

	for (uint32_t i = 0; boxes && i < count; i++)
		describe_holder(figure->scene, fobj, i, &boxes[i]);
	if (boxes)
		qsort(boxes, count, sizeof(*boxes), box_compare);
	for (uint32_t i = 0; boxes && i < count; i++, row += HOLDER_ROWS) {
		bool same = i && boxes[i].root == boxes[i - 1].root;

		draw_holder(figure, row, &boxes[i]);
		if (boxes[i].root_name.length && !same) {
			draw_root(figure, row, &boxes[i].root_name);
			root_row = row;
		}
		if (boxes[i].root_name.length && same) {
			put_vertical(figure, root_edge + 1, root_row + 1, row + 1);
			put_horizontal(figure, row + 1, root_edge + 1, figure->at.holder - 2);
			canvas_put(figure->canvas, row + 1, figure->at.holder - 1, STYLE_LINE,
				   0x25ba);
		} else if (boxes[i].root_name.length) {
			put_arrow(figure, row + 1, root_edge, figure->at.holder - 1);
		}
		put_line(figure, row + 1, edge, GO_UP | GO_DOWN | GO_RIGHT);
		put_horizontal(figure, row + 1, edge + 1, trunk);
		put_vertical(figure, trunk, figure->row + 1, row + 1);
	}
	if (boxes && count) {
		put_horizontal(figure, figure->row + 1, trunk, figure->at.fobj - 2);
		canvas_put(figure->canvas, figure->row + 1, figure->at.fobj - 1, STYLE_LINE,
			   0x25ba);
	}
	if (count < object->num_holders)
		canvas_printf(figure->canvas, row++, figure->at.holder, figure->at.holder_width,
			      STYLE_WARN, "%u of %u drawn", count, object->num_holders);
	free(boxes);
	return row - figure->row;
}

/* --- The middle and the right: pages ------------------------------------------------------- */

static void draw_pmem(const struct figure *figure, int row, uint32_t index)
{
	const struct snap_pmem *pmem = &figure->scene->snapshot->pmems[index];
	int edge = figure->at.fobj + figure->at.fobj_width - 1;
	struct text text;

	put_arrow(figure, row, edge, figure->at.pmem - 1);
	text_clear(&text);
	if (pmem->pa_known)
		text_add(&text, "0x%llx ", (unsigned long long)pmem->pa);
	text_add(&text, "%c ", page_letter(pmem));
	page_add_state(pmem, &text);
	canvas_text(figure->canvas, row, figure->at.pmem + 1, figure->at.pmem_width - 1,
		    page_style(pmem), text.bytes);
}

/* Pages from FIRST on that are not in the pool. */
static uint32_t absent_run(const struct figure *figure, uint32_t fobj, uint32_t first)
{
	uint32_t pages = figure->scene->snapshot->fobjs[fobj].pages, page = first;

	/* Resident pages are in order, so a run ends at the next of them. */
	const struct snap_fobj *object = &figure->scene->snapshot->fobjs[fobj];

	if (scene_page(figure->scene, fobj, first) != NONE)
		return 0;
	page = pages;
	for (uint32_t i = 0; i < object->num_resident; i++)
		if (object->resident[i] > first && object->resident[i] < page &&
		    scene_page(figure->scene, fobj, object->resident[i]) != NONE)
			page = object->resident[i];
	return page - first;
}

static int draw_page(const struct figure *figure, int row, uint32_t fobj, uint32_t page)
{
	uint32_t pmem = scene_page(figure->scene, fobj, page);

	canvas_printf(figure->canvas, row, figure->at.fobj + 1, figure->at.fobj_width - 2,
		      pmem == NONE ? STYLE_DIM : STYLE_TEXT, pmem == NONE ? "%3u  not in" : "%3u",
		      page);
	if (pmem != NONE)
		draw_pmem(figure, row, pmem);
	return row + 1;
}

/* Returns the row after the last page. */
static int draw_pages(const struct figure *figure, int row, uint32_t fobj)
{
	uint32_t pages = figure->scene->snapshot->fobjs[fobj].pages;

	for (uint32_t page = 0; page < pages && row < MAX_ROWS - 4;) {
		uint32_t absent = absent_run(figure, fobj, page);

		if (absent > SHORT_RUN) {
			canvas_printf(figure->canvas, row++, figure->at.fobj + 1,
				      figure->at.fobj_width - 2, STYLE_DIM, "%3u-%u  not in", page,
				      page + absent - 1);
			page += absent;
		} else {
			row = draw_page(figure, row, fobj, page++);
		}
	}
	return row;
}

static int draw_fobj(const struct figure *figure, uint32_t fobj)
{
	const struct snap_fobj *object = &figure->scene->snapshot->fobjs[fobj];
	int top = figure->row, col = figure->at.fobj, width = figure->at.fobj_width, row;
	struct text text;

	text_clear(&text);
	scene_add_fobj(figure->scene, fobj, &text);
	canvas_text(figure->canvas, top + 1, col + 1, width - 2, STYLE_LINK, text.bytes);
	text_clear(&text);
	text_add(&text, "%s count %lld", object->kind, (long long)object->refcount);
	if (object->surplus)
		text_add(&text, " (%+lld)", (long long)object->surplus);
	canvas_text(figure->canvas, top + 2, col + 1, width - 2,
		    object->surplus ? STYLE_BAD : STYLE_TEXT, text.bytes);
	row = draw_pages(figure, top + 4, fobj);
	/* The frame last, joined to the arrows that leave through it. */
	put_horizontal(figure, top, col, col + width - 1);
	put_horizontal(figure, top + 3, col, col + width - 1);
	put_horizontal(figure, row, col, col + width - 1);
	put_vertical(figure, col, top, row);
	put_vertical(figure, col + width - 1, top, row);
	return row + 1 - top;
}

/* --- The whole ----------------------------------------------------------------------------- */

static struct columns choose_columns(int cols)
{
	int more = cols > FIGURE_WIDTH ? cols - FIGURE_WIDTH : 0;
	struct columns at;

	more = more > 48 ? 48 : more;
	at.root = 1;
	at.root_width = 13 + more / 6;
	at.holder = at.root + at.root_width + 3;
	at.holder_width = 17 + more / 4;
	at.fobj = at.holder + at.holder_width + 4;
	at.fobj_width = 18 + more / 6;
	at.pmem = at.fobj + at.fobj_width + 3;
	at.pmem_width = FIGURE_WIDTH + more - at.pmem;
	return at;
}

/* Rows that the figure will need at most. */
static int figure_rows(const struct figure *figure)
{
	uint64_t rows = 3;

	for (uint32_t i = 0; i < figure->num_fobjs; i++) {
		const struct snap_fobj *fobj = &figure->scene->snapshot->fobjs[figure->fobjs[i]];
		uint64_t left = (uint64_t)HOLDER_ROWS * fobj->num_holders + 1;
		uint64_t right = 6 + (SHORT_RUN + 1) * ((uint64_t)fobj->num_resident + 1);

		rows += (left > right ? left : right) + 1;
	}
	return rows > MAX_ROWS ? MAX_ROWS : (int)rows;
}

static void draw_heading(const struct figure *figure)
{
	struct canvas *canvas = figure->canvas;

	canvas_text(canvas, 0, figure->at.root, figure->at.root_width + 3, STYLE_DIM,
		    "area_head, file");
	canvas_text(canvas, 0, figure->at.holder + 1, figure->at.holder_width, STYLE_DIM,
		    "area, slice");
	canvas_text(canvas, 0, figure->at.fobj, figure->at.fobj_width, STYLE_DIM, "fobj");
	canvas_text(canvas, 0, figure->at.pmem + 1, figure->at.pmem_width, STYLE_DIM, "pmem");
}

static struct canvas *paint(const struct scene *scene, struct ref about, int cols, bool ascii)
{
	struct figure figure = {.scene = scene, .at = choose_columns(cols), .row = 1};
	int width = cols > FIGURE_WIDTH ? cols : FIGURE_WIDTH;

	choose_fobjs(&figure, about);
	figure.canvas = canvas_create(figure_rows(&figure), width, ascii);
	if (!figure.canvas)
		return NULL;
	figure.lines = calloc((size_t)figure.canvas->rows, (size_t)figure.canvas->cols);
	if (!figure.lines || !figure.num_fobjs) {
		canvas_text(figure.canvas, 1, 2, width - 2, STYLE_DIM,
			    scene_find(scene, about) != NONE
				    ? "nothing hangs on this object: the page is free"
				    : "there is no object to draw yet");
		free(figure.lines);
		return figure.canvas;
	}
	draw_heading(&figure);
	for (uint32_t i = 0; i < figure.num_fobjs && figure.row < MAX_ROWS - 8; i++) {
		int left = draw_holders(&figure, figure.fobjs[i]);
		int right = draw_fobj(&figure, figure.fobjs[i]);

		figure.row += (left > right ? left : right) + 1;
	}
	if (figure.left_out)
		canvas_printf(figure.canvas, figure.canvas->rows - 1, 1, width - 1, STYLE_WARN,
			      "%u of %u fobjs drawn", figure.num_fobjs,
			      figure.num_fobjs + figure.left_out);
	free(figure.lines);
	return figure.canvas;
}

const struct view view_picture = {.name = "picture", .paint = paint};
