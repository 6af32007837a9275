/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Those of the Okabe-Ito palette, which people with any form of colour blindness tell apart, in
 * the nearest of 256; with 8 colours, blue, cyan, yellow and magenta rather than red against green.
 * Every role that has a colour also has a letter or a word on the screen.
 */
#include "palette.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, OWN = -1 };

static struct look looks[NUM_STYLES] = {
	[STYLE_TEXT] = {OWN, OWN, OWN, OWN, false, false, false, false},
	[STYLE_DIM] = {244, OWN, OWN, OWN, false, false, false, false},
	[STYLE_STRONG] = {OWN, OWN, OWN, OWN, true, true, false, false},
	[STYLE_TITLE] = {75, OWN, CYAN, OWN, true, true, false, false},
	[STYLE_HEADING] = {254, 238, BLACK, CYAN, false, false, true, false},
	[STYLE_TAB] = {OWN, OWN, OWN, OWN, false, false, false, false},
	[STYLE_TAB_ACTIVE] = {16, 75, BLACK, CYAN, true, true, false, true},
	[STYLE_KEY] = {75, OWN, CYAN, OWN, true, true, false, false},
	[STYLE_LINE] = {240, OWN, OWN, OWN, false, false, false, false},
	[STYLE_LINK] = {75, OWN, CYAN, OWN, false, false, false, false},
	[STYLE_GOOD] = {79, OWN, CYAN, OWN, false, false, false, false},
	[STYLE_WARN] = {221, OWN, YELLOW, OWN, true, true, false, false},
	[STYLE_BAD] = {202, OWN, RED, OWN, true, true, true, false},
	[STYLE_CHANGED] = {221, OWN, YELLOW, OWN, true, true, false, false},
	[STYLE_FREE] = {242, OWN, OWN, OWN, false, false, false, false},
	[STYLE_CLEAN] = {75, OWN, CYAN, OWN, false, false, false, false},
	[STYLE_DIRTY] = {214, OWN, YELLOW, OWN, false, true, false, false},
	[STYLE_LOCKED] = {175, OWN, MAGENTA, OWN, false, true, false, false},
	[STYLE_HIDDEN] = {36, OWN, GREEN, OWN, false, false, false, false},
};
static const struct look selected = {255, 25, WHITE, BLUE, true, false, false, true};
static const struct look weak = {252, 237, OWN, OWN, false, false, true, false};

struct look palette_look(const struct cell *cell)
{
	struct look look = looks[cell->style];

	if (cell->flags & CELL_SELECTED)
		look = selected;
	else if (cell->flags & CELL_WEAK)
		look = weak;
	if (cell->flags & CELL_MATCH) {
		look.bold = look.plain_bold = look.plain_underline = true;
		if (!(cell->flags & CELL_SELECTED))
			look.front = 221;
	}
	return look;
}

void palette_set(enum style style, short front, short back, bool bold)
{
	looks[style].front = front;
	looks[style].back = back;
	looks[style].front8 = front > 7 ? OWN : front;
	looks[style].back8 = back > 7 ? OWN : back;
	looks[style].bold = bold;
}

uint32_t palette_rgb(short colour)
{
	static const uint32_t first[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	static const uint32_t steps[6] = {0, 95, 135, 175, 215, 255};
	uint32_t index = colour < 0 ? 7 : (uint32_t)colour;

	if (index < 16)
		return first[index];
	if (index >= 232)
		return (8 + (index - 232) * 10) * 0x10101;
	index -= 16;
	return steps[index / 36] << 16 | steps[index / 6 % 6] << 8 | steps[index % 6];
}
