/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a small screen gives up, in this order: the summary of contexts, both lists at once, the
 * legend, the title. Pool, tabs, status and keys stay down to 40x10.
 */
#include "layout.h"

#define ROWS_FOR_CONTEXTS 20
#define ROWS_FOR_DETAIL   16
#define ROWS_FOR_LEGEND   14
#define ROWS_FOR_TITLE    13

static int take(int *at, bool wanted)
{
	return wanted ? (*at)++ : -1;
}

void layout_compute(struct layout *layout, int rows, int cols, bool detail, bool in_detail,
		    bool legend, uint32_t lines)
{
	struct rect body;
	int at = 0;

	*layout = (struct layout){.too_small = rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS};
	if (layout->too_small)
		return;
	layout->title = take(&at, rows >= ROWS_FOR_TITLE);
	layout->pool = take(&at, true);
	layout->contexts = take(&at, rows >= ROWS_FOR_CONTEXTS);
	layout->tabs = take(&at, true);
	layout->status = rows - 2;
	layout->footer = rows - 1;
	layout->legend = layout->divider = -1;
	body = (struct rect){at, 0, rows - 2 - at, cols};
	layout->master = body;
	if (detail && rows >= ROWS_FOR_DETAIL) {
		int upper = body.rows - body.rows * 2 / 5, least = upper < 5 ? upper : 5;

		lines += legend;
		layout->master.rows = lines >= (uint32_t)upper ? upper
				      : (int)lines < least     ? least
							       : (int)lines;
		layout->divider = body.row + layout->master.rows;
		layout->detail = (struct rect){layout->divider + 1, 0,
					       body.rows - layout->master.rows - 1, cols};
	} else if (detail && in_detail) {
		layout->divider = body.row;
		layout->detail = (struct rect){body.row + 1, 0, body.rows - 1, cols};
		layout->master.rows = 0;
	}
	if (legend && rows >= ROWS_FOR_LEGEND && layout->master.rows > 0) {
		layout->master.rows--;
		layout->legend = layout->master.row + layout->master.rows;
	}
}
