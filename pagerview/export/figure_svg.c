/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figure as SVG that stands alone: no script, no font or style from elsewhere. Colours are from
 * the palette of Okabe and Ito, safe for colour-blind readers, and never the only sign: each box
 * says in words what it is. Every object carries its kind as a class and its address as an id.
 */
#include <string.h>

#include "figure.h"

#define CELL_W   8u /* pixels; the font below is a little narrower */
#define CELL_H   18u
#define BASELINE 13u /* of a line of text, below its top */
#define FONT     "13"
#define INK      "#1a1a1a"

#define SHEET_PERCENT 125u /* height of a sheet to its width: A4 and Letter, less a heading */

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c >= ' ' && c != 0x7f)
			fputc(c, out);
		else
			fputc('?', out);
	}
}

static const char *box_fill(const struct figure_box *box, const struct snapshot *snapshot)
{
	static const char *const states[] = {"#ffffff", "#cfe8f7", "#f9d9a8", "#e3cfe0"};

	switch (box->kind) {
	case FIGURE_CONTEXT:
		return "#eef3ff";
	case FIGURE_FILE:
	case FIGURE_HOLDER:
		return "#f2f2f2";
	case FIGURE_FOBJ:
		return "#d5efe6";
	case FIGURE_FREE:
		return "#ffffff";
	default:
		return states[snapshot->pmems[box->index].state & 3];
	}
}

static const char *link_colour(const struct figure_link *link)
{
	if (!strcmp(link->kind, "area"))
		return "#0072b2";
	if (!strcmp(link->kind, "slice"))
		return "#d55e00";
	if (!strcmp(link->kind, "page"))
		return "#009e73";
	return "#6b6b6b";
}

static void write_text(FILE *out, uint32_t x, uint32_t y, const char *weight, const char *text)
{
	fprintf(out, "<text x=\"%u\" y=\"%u\" xml:space=\"preserve\"%s>", x * CELL_W,
		y * CELL_H + BASELINE, weight);
	write_escaped(out, text);
	fputs("</text>\n", out);
}

static void write_row(FILE *out, const struct figure_box *box, uint32_t row)
{
	static const char *const names[] = {"area", "slice", "", "page", "owner", "range"};

	fprintf(out, "<g class=\"%s\"", names[box->kind]);
	if (box->rows[row].id)
		fprintf(out, " data-id=\"0x%llx\"", (unsigned long long)box->rows[row].id);
	fputs(">", out);
	write_text(out, box->x + 2, figure_row_y(box, row), "", box->rows[row].text);
	fputs("</g>\n", out);
}

static void write_box(FILE *out, const struct figure_box *box, const struct snapshot *snapshot)
{
	bool hidden = box->kind == FIGURE_PMEM && snapshot->pmems[box->index].hidden;

	fprintf(out, "<g class=\"%s\" data-id=\"0x%llx\">\n", figure_kind_name(box->kind),
		(unsigned long long)box->id);
	fprintf(out,
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\" fill=\"%s\" "
		"stroke=\"" INK "\"%s/>\n",
		box->x * CELL_W, box->y * CELL_H + CELL_H / 2, box->width * CELL_W,
		(box->height - 1) * CELL_H, box_fill(box, snapshot),
		hidden ? " stroke-dasharray=\"5 3\"" : "");
	write_text(out, box->x + 2, figure_row_y(box, NONE), " font-weight=\"bold\"", box->title);
	for (uint32_t i = 0; i < box->num_rows; i++)
		write_row(out, box, i);
	fputs("</g>\n", out);
}

static uint32_t line_of(const struct figure_box *box, uint32_t row)
{
	return figure_row_y(box, row) * CELL_H + CELL_H / 2;
}

/* A curve from the right edge of one column to the left edge of the next: never over a box. */
static void write_link(FILE *out, const struct figure *figure, const struct figure_link *link)
{
	const struct figure_box *from = &figure->boxes[link->from], *to = &figure->boxes[link->to];
	uint32_t y1 = line_of(from, link->from_row), y2 = line_of(to, link->to_row);
	uint32_t x2 = to->x * CELL_W, x1, bend;

	fprintf(out, "<path class=\"link %s\" fill=\"none\" stroke=\"%s\" ", link->kind,
		link_colour(link));
	if (from->x == to->x) {
		/* Within the column of fobjs: out and back in on the left. */
		x1 = from->x * CELL_W;
		fprintf(out, "stroke-dasharray=\"4 3\" d=\"M%u %u C%u %u %u %u %u %u\"/>\n", x1, y1,
			x1 - 5 * CELL_W, y1, x2 - 5 * CELL_W, y2, x2, y2);
		return;
	}
	x1 = (from->x + from->width) * CELL_W;
	bend = (x2 - x1) / 2;
	fprintf(out, "marker-end=\"url(#tip)\" d=\"M%u %u C%u %u %u %u %u %u\"/>\n", x1, y1,
		x1 + bend, y1, x2 - bend, y2, x2 - 2, y2);
}

static void write_content(FILE *out, const struct figure *figure, const struct snapshot *snapshot)
{
	fprintf(out, "<rect width=\"%u\" height=\"%u\" fill=\"#ffffff\"/>\n",
		figure->width * CELL_W, figure->height * CELL_H);
	if (snapshot->capture.consistency != CONSISTENCY_EXACT)
		fprintf(out,
			"<text class=\"note\" x=\"%u\" y=\"%u\">%s: not of one moment</text>\n",
			2 * CELL_W, BASELINE, consistency_name(snapshot->capture.consistency));
	for (uint32_t i = 0; i < figure->num_links; i++)
		write_link(out, figure, &figure->links[i]);
	for (uint32_t i = 0; i < figure->num_boxes; i++)
		write_box(out, &figure->boxes[i], snapshot);
}

/* The beginning of an <svg> that shows HEIGHT of the figure from Y on, and MORE attributes. */
static void write_begin(FILE *out, const struct figure *figure, uint32_t y, uint32_t height,
			const char *more)
{
	fprintf(out,
		"<svg%s viewBox=\"0 %u %u %u\" width=\"%u\" height=\"%u\" "
		"font-family=\"monospace\" font-size=\"" FONT "\" fill=\"" INK "\">\n",
		more, y, figure->width * CELL_W, height, figure->width * CELL_W, height);
}

static const char arrow_tip[] =
	"<defs><marker id=\"tip\" markerWidth=\"7\" markerHeight=\"6\" refX=\"6\" refY=\"3\" "
	"orient=\"auto\"><path d=\"M0 0L7 3L0 6z\" fill=\"#444444\"/></marker></defs>\n";

bool figure_write_svg(const struct figure *figure, const struct snapshot *snapshot, FILE *out)
{
	write_begin(out, figure, 0, figure->height * CELL_H,
		    " xmlns=\"http://www.w3.org/2000/svg\"");
	fputs(arrow_tip, out);
	write_content(out, figure, snapshot);
	fputs("</svg>\n", out);
	return !ferror(out) && fflush(out) == 0;
}

/*
 * A sheet is cut between two lines of text, all of which stand on a grid of CELL_H. Sheets show the
 * one drawing again, so nothing is written twice.
 */
bool figure_write_sheets(const struct figure *figure, const struct snapshot *snapshot,
			 const char *name, FILE *out)
{
	uint32_t width = figure->width * CELL_W, height = figure->height * CELL_H;
	uint32_t tallest = width * SHEET_PERCENT / 100, sheets = (height + tallest - 1) / tallest;
	uint32_t sheet = (figure->height + sheets - 1) / sheets * CELL_H;

	write_begin(out, figure, 0, height, sheets > 1 ? " class=\"tall\"" : "");
	fprintf(out, "%s<g id=\"%s\">\n", arrow_tip, name);
	write_content(out, figure, snapshot);
	fputs("</g>\n</svg>\n", out);
	for (uint32_t y = 0; sheets > 1 && y < height; y += sheet) {
		write_begin(out, figure, y, height - y < sheet ? height - y : sheet,
			    " class=\"sheet\"");
		fprintf(out, "<use href=\"#%s\"/>\n</svg>\n", name);
	}
	return !ferror(out) && fflush(out) == 0;
}
