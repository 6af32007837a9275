/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things go on a screen of a given size. Pure arithmetic: it draws nothing.
 */
#ifndef PAGERVIEW_UI_LAYOUT_H
#define PAGERVIEW_UI_LAYOUT_H

#include <stdbool.h>

#include "canvas.h"

#define LAYOUT_MIN_ROWS 10
#define LAYOUT_MIN_COLS 40

/* Rows that are left out are -1; rectangles that are left out have no rows. */
struct layout {
	bool too_small; /* nothing else is set */
	int title, pool, contexts, tabs, legend, divider, status, footer;
	struct rect master, detail;
};

/*
 * DETAIL: the view has a list of references. Where there is no room for both lists, the one with
 * the focus (IN_DETAIL) gets all of it. LEGEND: the view explains its letters. LINES: what the
 * upper list would fill; where it is short, the lower one gets the rest.
 */
void layout_compute(struct layout *layout, int rows, int cols, bool detail, bool in_detail,
		    bool legend, uint32_t lines);

#endif
