/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A canvas: a grid of cells, each a character with a style, that views draw into and that is shown
 * by curses or written out as text for the tests. Styles are roles ("a dirty page"), not colours;
 * screen.c alone knows colours. Every write is clipped to the canvas, so a view may draw without
 * looking. No text gets in but through text_next(), so no control code ever gets out.
 */
#ifndef PAGERVIEW_UI_CANVAS_H
#define PAGERVIEW_UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Roles of text; palette.c gives each its colours. The name is that of the configuration. */
#define UI_STYLES(X)                                                                               \
	X(TEXT, "text")                                                                            \
	X(DIM, "dim")                                                                              \
	X(STRONG, "strong")                                                                        \
	X(TITLE, "title")                                                                          \
	X(HEADING, "heading")                                                                      \
	X(TAB, "tab")                                                                              \
	X(TAB_ACTIVE, "tab-active")                                                                \
	X(KEY, "key")                                                                              \
	X(LINE, "line")                                                                            \
	X(LINK, "link")                                                                            \
	X(GOOD, "good")                                                                            \
	X(WARN, "warn")                                                                            \
	X(BAD, "bad")                                                                              \
	X(CHANGED, "changed")                                                                      \
	X(FREE, "page-free")                                                                       \
	X(CLEAN, "page-clean")                                                                     \
	X(DIRTY, "page-dirty")                                                                     \
	X(LOCKED, "page-locked")                                                                   \
	X(HIDDEN, "page-hidden")

enum style {
#define X(id, name) STYLE_##id,
	UI_STYLES(X)
#undef X
		NUM_STYLES
};

/* Bits over a cell's style. */
enum {
	CELL_SELECTED = 1, /* under the cursor: shown in reverse */
	CELL_WEAK = 2,     /* the cursor of the pane without focus: underlined */
	CELL_MATCH = 4,    /* found by the search */
};

struct cell {
	uint32_t glyph; /* Unicode; 0: the right half of a wide character */
	uint8_t style;  /* enum style */
	uint8_t flags;
};

struct rect {
	int row, col, rows, cols;
};

struct canvas {
	int rows, cols;
	bool ascii; /* draw with ASCII only */
	struct cell *cells;
};

/* A canvas of blanks; NULL when memory is out. ROWS and COLS 1 .. 2000. */
struct canvas *canvas_create(int rows, int cols, bool ascii);
void canvas_destroy(struct canvas *canvas); /* NULL is allowed */
void canvas_clear(struct canvas *canvas);

/* The cell, or NULL outside the canvas. */
struct cell *canvas_cell(const struct canvas *canvas, int row, int col);
void canvas_put(struct canvas *canvas, int row, int col, enum style style, uint32_t glyph);

/*
 * TEXT from (ROW, COL) on in at most WIDTH columns; what does not fit is cut and ends in an
 * ellipsis. Returns the columns used.
 */
int canvas_text(struct canvas *canvas, int row, int col, int width, enum style style,
		const char *text);
/*
 * TEXT in RECT, in lines of whole words; in its last row what does not fit is cut. Returns the rows
 * used.
 */
int canvas_wrapped(struct canvas *canvas, struct rect rect, enum style style, const char *text);
/* The same, ending at the right edge of WIDTH columns. */
void canvas_text_right(struct canvas *canvas, int row, int col, int width, enum style style,
		       const char *text);
int canvas_printf(struct canvas *canvas, int row, int col, int width, enum style style,
		  const char *format, ...) __attribute__((format(printf, 6, 7)));
/* GLYPH, WIDTH times. */
void canvas_fill(struct canvas *canvas, int row, int col, int width, enum style style,
		 uint32_t glyph);
/* Set FLAGS on WIDTH cells. */
void canvas_flag(struct canvas *canvas, int row, int col, int width, unsigned flags);
void canvas_box(struct canvas *canvas, struct rect rect, enum style style);
/* Copy what of FROM, seen from (ROW, COL) on, fits into RECT. */
void canvas_blit(struct canvas *canvas, struct rect rect, const struct canvas *from, int row,
		 int col);

/* One line per row, UTF-8, trailing blanks cut; the caller frees it. NULL when memory is out. */
char *canvas_to_text(const struct canvas *canvas);

#endif
