/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figure as an outline, for a terminal, a mail or a diff: each box with its rows, and behind
 * each row what it refers to.
 */
#include "figure.h"

static void write_target(FILE *out, const struct figure *figure, uint32_t box, uint32_t row)
{
	for (uint32_t i = 0; i < figure->num_links; i++) {
		const struct figure_link *link = &figure->links[i];

		if (link->from == box && link->from_row == row)
			fprintf(out, "  -> %s", figure->boxes[link->to].title);
	}
	fputc('\n', out);
}

bool figure_write_text(const struct figure *figure, const struct snapshot *snapshot, FILE *out)
{
	fprintf(out, "# %s\n", consistency_name(snapshot->capture.consistency));
	for (uint32_t i = 0; i < figure->num_boxes; i++) {
		const struct figure_box *box = &figure->boxes[i];

		fprintf(out, "%s %s", figure_kind_name(box->kind), box->title);
		write_target(out, figure, i, NONE);
		for (uint32_t row = 0; row < box->num_rows; row++) {
			fprintf(out, "  %s", box->rows[row].text);
			write_target(out, figure, i, row);
		}
	}
	return !ferror(out) && fflush(out) == 0;
}
