/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASCII is decided here, per character as it is put, so that no view needs two forms of a drawing.
 */
#include "canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define MAX_SIDE 2000

struct canvas *canvas_create(int rows, int cols, bool ascii)
{
	struct canvas *canvas;

	if (rows < 1 || cols < 1 || rows > MAX_SIDE || cols > MAX_SIDE)
		return NULL;
	canvas = calloc(1, sizeof(*canvas));
	if (!canvas)
		return NULL;
	*canvas = (struct canvas){.rows = rows, .cols = cols, .ascii = ascii};
	canvas->cells = calloc((size_t)rows * (size_t)cols, sizeof(*canvas->cells));
	if (!canvas->cells) {
		free(canvas);
		return NULL;
	}
	canvas_clear(canvas);
	return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
	if (!canvas)
		return;
	free(canvas->cells);
	free(canvas);
}

void canvas_clear(struct canvas *canvas)
{
	size_t count = (size_t)canvas->rows * (size_t)canvas->cols;

	for (size_t i = 0; i < count; i++)
		canvas->cells[i] = (struct cell){.glyph = ' '};
}

struct cell *canvas_cell(const struct canvas *canvas, int row, int col)
{
	if (row < 0 || col < 0 || row >= canvas->rows || col >= canvas->cols)
		return NULL;
	return &canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col];
}

static const struct {
	uint32_t glyph;
	char ascii;
} fallbacks[] = {
	{0x2500, '-'}, {0x2502, '|'}, {0x2550, '='}, {0x2026, '~'}, {0x00b7, '-'}, {0x25cf, '*'},
	{0x25cb, 'o'}, {0x25b6, '>'}, {0x25ba, '>'}, {0x25c0, '<'}, {0x2192, '>'}, {0x2190, '<'},
	{0x2191, '^'}, {0x2193, 'v'}, {0x25b2, '^'}, {0x25bc, 'v'}, {0x2016, '"'}, {0x2588, '#'},
	{0x2591, '.'}, {0x2592, ':'}, {0x2593, '%'}, {0x2713, 'v'}, {0x2212, '-'}, {0x00b1, '~'},
	{0x25a0, '#'}, {0x2503, '|'}, {0x2504, '-'}, {0x2506, '|'}, {0x25c6, '*'}, {0x2261, '='},
};

static uint32_t ascii_of(uint32_t glyph)
{
	if (glyph < 0x80)
		return glyph;
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
		if (fallbacks[i].glyph == glyph)
			return (uint32_t)fallbacks[i].ascii;
	return glyph > 0x2502 && glyph < 0x2580 ? '+' : '?'; /* the rest of the box drawings */
}

/* Writing over half of a wide character leaves no other half behind. */
static void clear_wide(struct canvas *canvas, int row, int col)
{
	struct cell *cell = canvas_cell(canvas, row, col);
	struct cell *left = canvas_cell(canvas, row, col - 1);
	struct cell *right = canvas_cell(canvas, row, col + 1);

	if (cell->glyph == 0 && left)
		left->glyph = ' ';
	if (cell->glyph != 0 && right && right->glyph == 0)
		right->glyph = ' ';
}

void canvas_put(struct canvas *canvas, int row, int col, enum style style, uint32_t glyph)
{
	struct cell *cell = canvas_cell(canvas, row, col);

	if (!cell)
		return;
	clear_wide(canvas, row, col);
	cell->glyph = canvas->ascii ? ascii_of(glyph) : glyph;
	cell->style = (uint8_t)style;
}

static void put_wide(struct canvas *canvas, int row, int col, enum style style, uint32_t glyph)
{
	canvas_put(canvas, row, col, style, canvas->ascii ? '?' : glyph);
	canvas_put(canvas, row, col + 1, style, canvas->ascii ? '?' : ' ');
	if (!canvas->ascii && canvas_cell(canvas, row, col + 1))
		canvas_cell(canvas, row, col + 1)->glyph = 0;
}

int canvas_text(struct canvas *canvas, int row, int col, int width, enum style style,
		const char *text)
{
	int used = 0, wide;

	if (width > canvas->cols - col)
		width = canvas->cols - col;
	while (*text && used < width) {
		const char *rest = text;
		uint32_t glyph = text_next(&rest, &wide);
		bool fits = used + wide <= width && (!*rest || used + wide < width);

		if (!fits) {
			canvas_put(canvas, row, col + used++, style, 0x2026);
			break;
		}
		if (wide == 2)
			put_wide(canvas, row, col + used, style, glyph);
		else
			canvas_put(canvas, row, col + used, style, glyph);
		used += wide;
		text = rest;
	}
	return used;
}

void canvas_text_right(struct canvas *canvas, int row, int col, int width, enum style style,
		       const char *text)
{
	int wanted = text_width(text);

	if (wanted < width) {
		col += width - wanted;
		width = wanted;
	}
	canvas_text(canvas, row, col, width, style, text);
}

int canvas_printf(struct canvas *canvas, int row, int col, int width, enum style style,
		  const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_text(canvas, row, col, width, style, text);
}

void canvas_fill(struct canvas *canvas, int row, int col, int width, enum style style,
		 uint32_t glyph)
{
	for (int i = 0; i < width; i++)
		canvas_put(canvas, row, col + i, style, glyph);
}

void canvas_flag(struct canvas *canvas, int row, int col, int width, unsigned flags)
{
	for (int i = 0; i < width; i++) {
		struct cell *cell = canvas_cell(canvas, row, col + i);

		if (cell)
			cell->flags |= (uint8_t)flags;
	}
}

void canvas_box(struct canvas *canvas, struct rect rect, enum style style)
{
	int right = rect.col + rect.cols - 1, bottom = rect.row + rect.rows - 1;

	canvas_fill(canvas, rect.row, rect.col, rect.cols, style, 0x2500);
	canvas_fill(canvas, bottom, rect.col, rect.cols, style, 0x2500);
	for (int row = rect.row + 1; row < bottom; row++) {
		canvas_put(canvas, row, rect.col, style, 0x2502);
		canvas_put(canvas, row, right, style, 0x2502);
	}
	canvas_put(canvas, rect.row, rect.col, style, 0x250c);
	canvas_put(canvas, rect.row, right, style, 0x2510);
	canvas_put(canvas, bottom, rect.col, style, 0x2514);
	canvas_put(canvas, bottom, right, style, 0x2518);
}

void canvas_blit(struct canvas *canvas, struct rect rect, const struct canvas *from, int row,
		 int col)
{
	for (int y = 0; y < rect.rows; y++) {
		for (int x = 0; x < rect.cols; x++) {
			const struct cell *source = canvas_cell(from, row + y, col + x);
			struct cell *target = canvas_cell(canvas, rect.row + y, rect.col + x);

			if (source && target)
				*target = *source;
		}
	}
}

char *canvas_to_text(const struct canvas *canvas)
{
	char *text = malloc((size_t)canvas->rows * ((size_t)canvas->cols * 4 + 1) + 1);
	char *end = text;

	if (!text)
		return NULL;
	for (int row = 0; row < canvas->rows; row++) {
		char *line_end = end;

		for (int col = 0; col < canvas->cols; col++) {
			uint32_t glyph = canvas_cell(canvas, row, col)->glyph;

			if (glyph == 0)
				continue;
			end += text_encode(glyph, end);
			if (glyph != ' ')
				line_end = end;
		}
		end = line_end;
		*end++ = '\n';
	}
	*end = '\0';
	return text;
}

/* Bytes of TEXT that go into a line of WIDTH columns: whole words, but for a word too wide. */
static size_t line_bytes(const char *text, int width)
{
	const char *at = text, *end = text;
	int used = 0, columns;

	while (*at) {
		const char *next = at;

		text_next(&next, &columns);
		if (used + columns > width)
			return end > text ? (size_t)(end - text) : (size_t)(at - text);
		used += columns;
		if (*at == ' ')
			end = at;
		at = next;
	}
	return (size_t)(at - text);
}

int canvas_wrapped(struct canvas *canvas, struct rect rect, enum style style, const char *text)
{
	int row = 0;

	for (; *text && row < rect.rows; row++) {
		char line[1024];
		size_t bytes = line_bytes(text, rect.cols);

		if (row + 1 == rect.rows || bytes == 0)
			bytes = strlen(text);
		snprintf(line, sizeof(line), "%.*s", (int)bytes, text);
		canvas_text(canvas, rect.row + row, rect.col, rect.cols, style, line);
		text += bytes;
		text += strspn(text, " ");
	}
	return row;
}
