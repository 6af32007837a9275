/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * curses finds out itself what changed within a line; lines that are the same as in the canvas
 * shown before are not even handed to it. Raw mode: Ctrl-C and Ctrl-Z are keys like others, so
 * leaving and suspending happen in one place whether they come as a key or as a signal.
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
#include "palette.h"

#define MAX_PAIRS 60 /* terminals of 8 colours have 64 */

static struct {
	SCREEN *terminal;
	struct canvas *shown; /* what curses was given last */
	bool open, colours;
	int click_row, click_col;
	short num_pairs;
	struct {
		short front, back;
	} pairs[MAX_PAIRS];
} screen;

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

/* The pair of these two colours, made when it is first wanted; there are few different ones. */
static short pair_of(short front, short back)
{
	for (short i = 0; i < screen.num_pairs; i++)
		if (screen.pairs[i].front == front && screen.pairs[i].back == back)
			return (short)(i + 1);
	if (screen.num_pairs == MAX_PAIRS || screen.num_pairs + 1 >= COLOR_PAIRS ||
	    init_pair((short)(screen.num_pairs + 1), front, back) != OK)
		return 0;
	screen.pairs[screen.num_pairs].front = front;
	screen.pairs[screen.num_pairs].back = back;
	return ++screen.num_pairs;
}

bool screen_open(bool no_colour, bool mouse, struct error *error)
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
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0); /* a click is one at once, not when no second one came */
	}
	screen.colours = !no_colour && has_colors() && start_color() == OK && COLORS >= 8;
	if (screen.colours)
		use_default_colors();
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
	struct look look = palette_look(cell);
	bool many = screen.colours && COLORS >= 256;

	*attributes = 0;
	*pair = 0;
	if (screen.colours)
		*pair = pair_of(many ? look.front : look.front8, many ? look.back : look.back8);
	if (screen.colours ? look.bold : look.plain_bold)
		*attributes |= A_BOLD;
	if (!screen.colours && look.plain_underline)
		*attributes |= A_UNDERLINE;
	if (!screen.colours && look.plain_reverse)
		*attributes |= A_REVERSE;
	if (screen.colours && !many && cell->flags & (CELL_WEAK | CELL_MATCH))
		*attributes |= A_UNDERLINE; /* its background is too much like the others */
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
	return UI_KEY_NOTHING;
}

/* The wheel moves the cursor, as it does in what a pager shows. */
static uint32_t mouse_key(void)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return UI_KEY_NOTHING;
	if (event.bstate & BUTTON4_PRESSED)
		return UI_KEY_UP;
	if (event.bstate & BUTTON5_PRESSED)
		return UI_KEY_DOWN;
	screen.click_row = event.y;
	screen.click_col = event.x;
	return event.bstate & BUTTON1_PRESSED ? UI_KEY_CLICK : UI_KEY_NOTHING;
}

void screen_clicked(int *row, int *col)
{
	*row = screen.click_row;
	*col = screen.click_col;
}

uint32_t screen_key(void)
{
	wint_t character;
	int result = get_wch(&character);

	if (result == ERR)
		return KEY_NONE_YET;
	if (result == KEY_CODE_YES && character == KEY_MOUSE)
		return mouse_key();
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
