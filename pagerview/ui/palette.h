/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the roles of text look like, for every kind of terminal. Knows no curses: numbers are those
 * of the 256 colours that terminals agree on, of which the first 8 are the old ones.
 */
#ifndef PAGERVIEW_UI_PALETTE_H
#define PAGERVIEW_UI_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#include "canvas.h"

struct look {
	short front, back;   /* of 256; -1: the terminal's own */
	short front8, back8; /* of 8 */
	bool bold;
	bool plain_bold, plain_underline, plain_reverse; /* where there are no colours */
};

/* How a cell is to be shown; its flags are taken into account. */
struct look palette_look(const struct cell *cell);
/* The user's own colours for a style. */
void palette_set(enum style style, short front, short back, bool bold);
/* 0xRRGGBB of one of the 256 colours. */
uint32_t palette_rgb(short colour);

#endif
