/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slides' figure of a real moment: VM spaces with their areas, files with their slices and
 * other holders on the left, fobjs with their resident pages in the middle, physical pages with
 * their owners on the right, and every reference as a link between rows. This is the layout alone,
 * in character cells, so that one layout serves SVG, DOT, text and a terminal. Boxes never overlap:
 * links run in the gutters between the columns.
 */
#ifndef PAGERVIEW_FIGURE_H
#define PAGERVIEW_FIGURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../error.h"
#include "../model/snapshot.h"

enum figure_kind {
	FIGURE_CONTEXT, /* rows: its areas */
	FIGURE_FILE,    /* rows: its slices */
	FIGURE_HOLDER,  /* any other holder of a reference; no rows */
	FIGURE_FOBJ,    /* rows: its resident pages */
	FIGURE_PMEM,    /* rows: its owners */
	FIGURE_FREE,    /* all free pages in one; rows: the ranges of addresses that they fill */
};

struct figure_row {
	uint64_t id;      /* of the area or slice; 0 for pages and owners */
	const char *text; /* one line */
};

struct figure_box {
	enum figure_kind kind;
	uint32_t index; /* into the snapshot's array of that kind; the fobj held for a holder; NONE
			 for free pages */
	uint64_t id;
	const char *title;
	struct figure_row *rows;
	uint32_t num_rows;
	uint32_t x, y, width, height; /* cells, borders included; the title is at y + 1 */
};

/* From the right edge of a row to the left edge of a box or row. Rows count from 0; NONE: the
 * title. */
struct figure_link {
	const char *kind; /* "area", "slice", "holder", "source", "page" */
	uint32_t from, from_row, to, to_row;
};

struct figure {
	struct figure_box *boxes;
	struct figure_link *links;
	uint32_t num_boxes, num_links;
	uint32_t width, height; /* cells */
	struct arena *arena;
};

/* Of the whole snapshot. NULL with ERROR when memory is out. The snapshot must outlive it. */
struct figure *figure_create(const struct snapshot *snapshot, struct error *error);
void figure_destroy(struct figure *figure); /* NULL is allowed */

/* The line at which a row, or the title for NONE, stands. */
uint32_t figure_row_y(const struct figure_box *box, uint32_t row);
const char *figure_kind_name(enum figure_kind kind); /* "context", "file", ... */

/* Each writes the whole figure; false: a write failed. */
bool figure_write_svg(const struct figure *figure, const struct snapshot *snapshot, FILE *out);
/*
 * For a page of HTML: the SVG without its name space, its drawing in a group with the id NAME (a
 * letter, then letters, digits and '-'; the caller's, one a page). A figure too tall for a sheet of
 * paper has the class "tall" and is followed by its parts, of class "sheet", for print instead.
 */
bool figure_write_sheets(const struct figure *figure, const struct snapshot *snapshot,
			 const char *name, FILE *out);
bool figure_write_dot(const struct figure *figure, const struct snapshot *snapshot, FILE *out);
bool figure_write_text(const struct figure *figure, const struct snapshot *snapshot, FILE *out);

#endif
