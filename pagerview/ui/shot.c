/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cells that look the same are text elements of a set length, so columns stay columns whatever
 * font the reader has. Readers drop blanks at the ends and join those in between, so a text element
 * has neither. Files are made with O_EXCL: a picture never replaces another one.
 */
#include "shot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "palette.h"
#include "text.h"

#define CELL_WIDTH  9
#define CELL_HEIGHT 17
#define BASELINE    13
#define MARGIN      8
#define MAX_SHOTS   1000
#define PAPER       0x1c1c1cu
#define INK         0xd0d0d0u

static uint32_t colour_of(short colour, uint32_t own)
{
	return colour < 0 ? own : palette_rgb(colour);
}

static bool same_look(const struct cell *a, const struct cell *b)
{
	return a->style == b->style && a->flags == b->flags;
}

static void write_glyph(FILE *file, uint32_t glyph)
{
	char bytes[4];

	if (glyph == '<')
		fputs("&lt;", file);
	else if (glyph == '>')
		fputs("&gt;", file);
	else if (glyph == '&')
		fputs("&amp;", file);
	else if (glyph)
		fwrite(bytes, 1, text_encode(glyph, bytes), file);
}

static void write_back(FILE *file, struct look look, int row, int col, int length)
{
	if (look.back >= 0)
		fprintf(file, "<rect x='%d' y='%d' width='%d' height='%d' fill='#%06x'/>\n",
			MARGIN + col * CELL_WIDTH, MARGIN + row * CELL_HEIGHT, length * CELL_WIDTH,
			CELL_HEIGHT, palette_rgb(look.back));
}

static bool is_blank(const struct canvas *canvas, int row, int col)
{
	return canvas_cell(canvas, row, col)->glyph == ' ';
}

/* The end of the piece that begins at COL: two blanks end it, or END. */
static int piece_end(const struct canvas *canvas, int row, int col, int end)
{
	while (col < end &&
	       !(is_blank(canvas, row, col) && (col + 1 == end || is_blank(canvas, row, col + 1))))
		col++;
	return col;
}

static void write_piece(FILE *file, const struct canvas *canvas, struct look look, int row, int col,
			int end)
{
	fprintf(file, "<text x='%d' y='%d' textLength='%d' fill='#%06x'%s>",
		MARGIN + col * CELL_WIDTH, MARGIN + row * CELL_HEIGHT + BASELINE,
		(end - col) * CELL_WIDTH, colour_of(look.front, INK),
		look.bold ? " font-weight='bold'" : "");
	for (; col < end; col++)
		write_glyph(file, canvas_cell(canvas, row, col)->glyph);
	fputs("</text>\n", file);
}

static void write_run(FILE *file, const struct canvas *canvas, int row, int col, int end)
{
	struct look look = palette_look(canvas_cell(canvas, row, col));

	write_back(file, look, row, col, end - col);
	while (col < end) {
		int piece = piece_end(canvas, row, col, end);

		if (is_blank(canvas, row, col)) {
			col++;
			continue;
		}
		write_piece(file, canvas, look, row, col, piece);
		col = piece;
	}
}

static void write_row(FILE *file, const struct canvas *canvas, int row)
{
	for (int col = 0, end; col < canvas->cols; col = end) {
		const struct cell *first = canvas_cell(canvas, row, col);

		for (end = col + 1; end < canvas->cols; end++)
			if (!same_look(first, canvas_cell(canvas, row, end)))
				break;
		write_run(file, canvas, row, col, end);
	}
}

bool shot_write(const struct canvas *canvas, FILE *file)
{
	int width = canvas->cols * CELL_WIDTH + 2 * MARGIN;
	int height = canvas->rows * CELL_HEIGHT + 2 * MARGIN;

	fprintf(file,
		"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
		"viewBox='0 0 %d %d' font-family='DejaVu Sans Mono, Liberation Mono, monospace' "
		"font-size='15'>\n"
		"<rect width='%d' height='%d' rx='6' fill='#%06x'/>\n",
		width, height, width, height, width, height, PAPER);
	for (int row = 0; row < canvas->rows; row++)
		write_row(file, canvas, row);
	fputs("</svg>\n", file);
	return !ferror(file);
}

bool shot_save(const struct canvas *canvas, char *name, size_t size)
{
	int fd = -1;
	FILE *file;
	bool ok;

	for (int i = 1; fd < 0 && i < MAX_SHOTS; i++) {
		snprintf(name, size, "pagerview-%d.svg", i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return false;
	}
	if (fd < 0)
		return false;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return false;
	}
	ok = shot_write(canvas, file);
	return fclose(file) == 0 && ok;
}
