/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * curses finds out itself what changed within a line; lines that are the same as in the canvas
 * shown before are not even handed to it. Raw mode: Ctrl-C and Ctrl-Z are keys like others, so
 * leaving and suspending happen in one place whether they come as a key or as a signal.
 *
 * Colours: those of the Okabe-Ito palette, which people with any form of colour blindness tell
 * apart, in the nearest of 256; with 16 or 8 colours, blue, cyan, yellow and magenta rather than
 * red against green. Every role that has a colour also has a letter or a word on the screen.
 */
#include "screen.h"

#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "keys.h"

struct look {
	short colour256, back256, colour8, back8;
	attr_t attributes; /* with colours */
	attr_t plain;      /* without */
};

#define NO_BACK -1

static struct look looks[NUM_STYLES] = {
	[STYLE_TEXT] = {-1, NO_BACK, -1, NO_BACK, 0, 0},
	[STYLE_DIM] = {244, NO_BACK, -1, NO_BACK, 0, 0},
	[STYLE_STRONG] = {-1, NO_BACK, -1, NO_BACK, A_BOLD, A_BOLD},
	[STYLE_TITLE] = {75, NO_BACK, COLOR_CYAN, NO_BACK, A_BOLD, A_BOLD},
	[STYLE_HEADING] = {254, 238, COLOR_BLACK, COLOR_CYAN, 0, A_UNDERLINE},
	[STYLE_TAB] = {-1, NO_BACK, -1, NO_BACK, 0, 0},
	[STYLE_TAB_ACTIVE] = {16, 75, COLOR_BLACK, COLOR_CYAN, A_BOLD, A_REVERSE | A_BOLD},
	[STYLE_KEY] = {75, NO_BACK, COLOR_CYAN, NO_BACK, A_BOLD, A_BOLD},
	[STYLE_LINE] = {240, NO_BACK, -1, NO_BACK, 0, 0},
	[STYLE_LINK] = {75, NO_BACK, COLOR_CYAN, NO_BACK, 0, 0},
	[STYLE_GOOD] = {79, NO_BACK, COLOR_CYAN, NO_BACK, 0, 0},
	[STYLE_WARN] = {221, NO_BACK, COLOR_YELLOW, NO_BACK, A_BOLD, A_BOLD},
	[STYLE_BAD] = {202, NO_BACK, COLOR_RED, NO_BACK, A_BOLD, A_BOLD | A_UNDERLINE},
	[STYLE_CHANGED] = {221, NO_BACK, COLOR_YELLOW, NO_BACK, A_BOLD, A_BOLD},
	[STYLE_FREE] = {242, NO_BACK, -1, NO_BACK, 0, 0},
	[STYLE_CLEAN] = {75, NO_BACK, COLOR_CYAN, NO_BACK, 0, 0},
	[STYLE_DIRTY] = {214, NO_BACK, COLOR_YELLOW, NO_BACK, 0, A_BOLD},
	[STYLE_LOCKED] = {175, NO_BACK, COLOR_MAGENTA, NO_BACK, 0, A_BOLD},
	[STYLE_HIDDEN] = {36, NO_BACK, COLOR_GREEN, NO_BACK, 0, 0},
};
#define PAIR_SELECTED (NUM_STYLES + 1)
#define PAIR_WEAK     (NUM_STYLES + 2)

static struct {
	SCREEN *terminal;
	struct canvas *shown; /* what curses was given last */
	bool open, colours;
} screen;

void screen_set_style(enum style style, short front, short back, bool bold)
{
	looks[style] = (struct look){.colour256 = front,
				     .back256 = back,
				     .colour8 = front > 15 ? -1 : front,
				     .back8 = back > 15 ? -1 : back,
				     .attributes = bold ? A_BOLD : 0,
				     .plain = looks[style].plain};
}

bool screen_usable(struct error *error)
{
	const char *term = getenv("TERM");
	char *move;
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(
			error, EXIT_USAGE,
			"the viewer needs a terminal; `pagerview snap` prints without one");
	if (!term || !*term || setupterm(term, STDOUT_FILENO, &status) != OK)
		return error_set(error, EXIT_USAGE,
				 "TERM=%.40s is no terminal that is known here; "
				 "`pagerview snap` prints without one",
				 term ? term : "");
	move = tigetstr("cup");
	if (!move || move == (char *)-1)
		return error_set(error, EXIT_USAGE,
				 "TERM=%.40s cannot place a cursor; "
				 "`pagerview snap` prints without one",
				 term);
	return true;
}

bool screen_is_wide(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static void start_colours(bool no_colour)
{
	bool many;

	screen.colours = !no_colour && has_colors() && start_color() == OK && COLORS >= 8 &&
			 COLOR_PAIRS > PAIR_WEAK;
	if (!screen.colours)
		return;
	use_default_colors();
	many = COLORS >= 256;
	for (int i = 0; i < NUM_STYLES; i++)
		init_pair((short)(i + 1), many ? looks[i].colour256 : looks[i].colour8,
			  many ? looks[i].back256 : looks[i].back8);
	init_pair(PAIR_SELECTED, many ? 255 : COLOR_WHITE, many ? 25 : COLOR_BLUE);
	init_pair(PAIR_WEAK, many ? 252 : -1, many ? 237 : -1);
}

bool screen_open(bool no_colour, struct error *error)
{
	static bool registered;

	set_escdelay(25);
	screen.terminal = newterm(NULL, stdout, stdin);
	if (!screen.terminal)
		return error_set(error, EXIT_USAGE, "the terminal cannot be set up");
	screen.open = true;
	if (!registered)
		atexit(screen_close);
	registered = true;
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	start_colours(no_colour);
	return true;
}

void screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = false;
	endwin();
	delscreen(screen.terminal);
	canvas_destroy(screen.shown);
	memset(&screen, 0, sizeof(screen));
}

void screen_size(int *rows, int *cols)
{
	getmaxyx(stdscr, *rows, *cols);
}

void screen_forget(void)
{
	canvas_destroy(screen.shown);
	screen.shown = NULL;
	clearok(stdscr, TRUE);
}

void screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	screen_forget();
}

void screen_leave(void)
{
	endwin();
}

void screen_return(void)
{
	refresh(); /* after endwin() this takes the terminal again */
	screen_resize();
}

static void cell_look(const struct cell *cell, attr_t *attributes, short *pair)
{
	const struct look *look = &looks[cell->style];

	*attributes = screen.colours ? look->attributes : look->plain;
	*pair = screen.colours ? (short)(cell->style + 1) : 0;
	if (cell->flags & CELL_SELECTED) {
		*pair = screen.colours ? PAIR_SELECTED : 0;
		*attributes = screen.colours ? A_BOLD : A_REVERSE;
	} else if (cell->flags & CELL_WEAK) {
		*pair = screen.colours ? PAIR_WEAK : 0;
		*attributes |= screen.colours && COLORS >= 256 ? 0 : A_UNDERLINE;
	}
	if (cell->flags & CELL_MATCH)
		*attributes |= A_UNDERLINE | A_BOLD;
}

/* One run of cells that look the same; returns the column after it. */
static int show_run(const struct canvas *canvas, int row, int col)
{
	const struct cell *first = canvas_cell(canvas, row, col);
	wchar_t run[256];
	attr_t attributes;
	short pair;
	int length = 0, at = col;

	while (at < canvas->cols && length < 255) {
		const struct cell *cell = canvas_cell(canvas, row, at);

		if (cell->style != first->style || cell->flags != first->flags)
			break;
		if (cell->glyph)
			run[length++] = (wchar_t)cell->glyph;
		at++;
	}
	cell_look(first, &attributes, &pair);
	attr_set(attributes, pair, NULL);
	mvaddnwstr(row, col, run, length);
	return at;
}

static bool row_same(const struct canvas *canvas, int row)
{
	return screen.shown && screen.shown->rows == canvas->rows &&
	       screen.shown->cols == canvas->cols &&
	       !memcmp(canvas_cell(canvas, row, 0), canvas_cell(screen.shown, row, 0),
		       sizeof(struct cell) * (size_t)canvas->cols);
}

static void remember(const struct canvas *canvas)
{
	if (!screen.shown || screen.shown->rows != canvas->rows ||
	    screen.shown->cols != canvas->cols) {
		canvas_destroy(screen.shown);
		screen.shown = canvas_create(canvas->rows, canvas->cols, canvas->ascii);
	}
	if (screen.shown)
		memcpy(screen.shown->cells, canvas->cells,
		       sizeof(struct cell) * (size_t)canvas->rows * (size_t)canvas->cols);
}

void screen_show(const struct canvas *canvas)
{
	for (int row = 0; row < canvas->rows; row++)
		for (int col = row_same(canvas, row) ? canvas->cols : 0; col < canvas->cols;)
			col = show_run(canvas, row, col);
	remember(canvas);
	refresh();
}

static const struct {
	int curses;
	uint32_t key;
} curses_keys[] = {
	{KEY_UP, UI_KEY_UP},
	{KEY_DOWN, UI_KEY_DOWN},
	{KEY_LEFT, UI_KEY_LEFT},
	{KEY_RIGHT, UI_KEY_RIGHT},
	{KEY_PPAGE, UI_KEY_PAGE_UP},
	{KEY_NPAGE, UI_KEY_PAGE_DOWN},
	{KEY_HOME, UI_KEY_HOME},
	{KEY_END, UI_KEY_END},
	{KEY_ENTER, UI_KEY_ENTER},
	{KEY_BTAB, UI_KEY_SHIFT_TAB},
	{KEY_BACKSPACE, UI_KEY_BACKSPACE},
	{KEY_DC, UI_KEY_DELETE},
};

static uint32_t function_key(int code)
{
	for (size_t i = 0; i < sizeof(curses_keys) / sizeof(curses_keys[0]); i++)
		if (curses_keys[i].curses == code)
			return curses_keys[i].key;
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return UI_KEY_F1 + (uint32_t)(code - KEY_F(1));
	return KEY_NONE_YET + 0x1000; /* a key that means nothing */
}

uint32_t screen_key(void)
{
	wint_t character;
	int result = get_wch(&character);

	if (result == ERR)
		return KEY_NONE_YET;
	if (result == KEY_CODE_YES)
		return function_key((int)character);
	switch (character) {
	case '\r':
	case '\n':
		return UI_KEY_ENTER;
	case '\t':
		return UI_KEY_TAB;
	case ' ':
		return UI_KEY_SPACE;
	case 27:
		return UI_KEY_ESCAPE;
	case 8:
	case 127:
		return UI_KEY_BACKSPACE;
	default:
		return character;
	}
}
