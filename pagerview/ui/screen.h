/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal: shows canvases, reads keys. The only place that knows curses. One per process.
 */
#ifndef PAGERVIEW_UI_SCREEN_H
#define PAGERVIEW_UI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "../error.h"
#include "canvas.h"

/*
 * Whether standard input and output are a terminal on which a cursor can be placed. False with
 * ERROR, EXIT_USAGE. Writes nothing either way.
 */
bool screen_usable(struct error *error);
/*
 * Take the terminal over, and its MOUSE if that is wanted: the terminal then leaves clicks to us,
 * with whatever else it does with them. It is given back by screen_close(), at the latest when the
 * process exits. False with ERROR.
 */
bool screen_open(bool no_colour, bool mouse, struct error *error);
void screen_close(void); /* also when it is not open */

/* Whether it can show characters beyond ASCII. */
bool screen_is_wide(void);
void screen_size(int *rows, int *cols);
/* Learn the terminal's size anew; what is drawn next is drawn whole. */
void screen_resize(void);
/* Draw everything next time, whatever the terminal shows now. */
void screen_forget(void);
/* Show CANVAS, of screen_size(). Lines that did not change cost nothing. */
void screen_show(const struct canvas *canvas);
/* The next key that has arrived, KEY_NONE_YET when none has. */
uint32_t screen_key(void);
/* Where the click was that screen_key() last told of, UI_KEY_CLICK. */
void screen_clicked(int *row, int *col);
/* Give the terminal back for a while, as for job control, and take it again. */
void screen_leave(void);
void screen_return(void);

#endif
