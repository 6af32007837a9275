/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list on the screen: rows of a table that a view describes (struct list_spec), with a cursor, a
 * window, an order and a filter (struct list_state). The cursor stays on its object, by the
 * object's address, when a new snapshot moves the row. The order is worked out once per snapshot
 * and setting; drawing formats the rows in the window and no others. A grid is a list with several
 * rows to a line. Knows no pager: what a row is, the view says.
 */
#ifndef PAGERVIEW_UI_LIST_H
#define PAGERVIEW_UI_LIST_H

#include "canvas.h"
#include "keys.h"
#include "scene.h"

/* One row, as callbacks see it. */
struct row {
	const struct scene *scene;
	uint32_t parent; /* for details: the selected row of the list above */
	uint32_t index;  /* in the target's order */
};

struct field {
	struct text text;
	enum style style;
};

/* Sorted by number, then by text (may be NULL). */
struct sort_key {
	uint64_t number;
	const char *text;
};

struct column {
	const char *title;
	const char *wide; /* its title where it has more than WIDTH; NULL: the same */
	uint8_t width;    /* columns it has at least */
	uint8_t grow;     /* its share of what is left over; 0: none */
	uint8_t rank;     /* where it is narrow, high ranks go first; 0 stays */
	bool fit;         /* as wide as the rows in the window need: addresses, never cut */
	bool roomy;       /* the same as far as there is room, before others grow: names */
	bool right;       /* aligned to the right; such columns sort largest first */
	void (*text)(const struct row *row, struct field *field);
	/* Instead of text: a drawing in one line of the canvas. */
	void (*draw)(const struct row *row, struct canvas *canvas, struct rect rect);
	struct sort_key (*key)(const struct row *row); /* NULL: not sorted by this */
};

#define LIST_MAX_COLUMNS 12
struct list_spec {
	const char *empty;                             /* a sentence for when there are no rows */
	const char *(*why)(const struct scene *scene); /* the same, where it depends */
	bool tail;  /* grows at its end, where the cursor stays while it is there */
	bool lines; /* rows are lines to read: Enter shows one whole, list_add_line() */
	uint32_t (*count)(const struct scene *scene, uint32_t parent);
	struct ref (*object)(const struct row *row); /* what the row stands for or leads to */
	const struct column *columns;
	unsigned num_columns;
	/* Rows of one group stay together, under the one that has a heading. NULL: no groups. */
	uint32_t (*group)(const struct row *row);
	/* True, and FIELD is set: the row is one text across all columns. NULL: none is. */
	bool (*heading)(const struct row *row, struct field *field);
	/* A grid: every row is a cell CELL_WIDTH wide, and a line begins with a label. */
	void (*cell)(const struct row *row, struct field *field);
	void (*label)(const struct row *row, struct field *field);
	int cell_width, label_width;
	/* Further texts that search and filter look at. May be NULL. */
	bool (*matches)(const struct row *row, const char *needle);
	int worst_first; /* column that it is sorted by at first, largest on top; 0: none is */
};

/* Objects that stay at the top of every list. */
#define MAX_TAGS 64
struct tags {
	struct ref refs[MAX_TAGS];
	unsigned count;
	uint64_t version; /* counts changes */
};
bool tags_have(const struct tags *tags, struct ref ref);
/* False when there is no room for one more. */
bool tags_toggle(struct tags *tags, struct ref ref);

struct list_state {
	uint32_t *order; /* row indices as shown; owned */
	uint32_t count, capacity;
	uint32_t cursor, top; /* positions in ORDER */
	struct ref selected;  /* what the cursor was put on; it may be gone, and come back */
	uint32_t anchor;      /* line of the window that the cursor was put on */
	bool astray;          /* SELECTED is not there: the cursor is where it was */
	bool chosen; /* by the user; until then, and after Home, the cursor is at the top */
	bool moved;  /* by the user since it was drawn */
	int sort;    /* column, -1: the target's order */
	bool inverted;
	char filter[64];
	unsigned shift;           /* columns of the last text that are out of sight at the left */
	unsigned per_line, lines; /* of the window when last drawn */
	struct {
		uint64_t scene, tags, growth;
		uint32_t parent;
		int sort;
		bool inverted;
		char filter[64];
	} built; /* what ORDER was made for */
};

void list_init(struct list_state *list);
void list_deinit(struct list_state *list);
/* To the top: the list is about another object from now on. */
void list_restart(struct list_state *list);
/* Bring order and cursor up to date. Call before any of the following. */
void list_update(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		 uint32_t parent, const struct tags *tags);
/* The row under the cursor; index NONE when the list is empty. */
struct row list_row(const struct list_state *list, const struct scene *scene, uint32_t parent);
/* Move to position, clamped. */
void list_go(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
	     uint32_t parent, int64_t position);
/* Move to the row of INDEX (in the target's order); false when the filter hides it. */
bool list_go_index(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		   uint32_t parent, uint32_t index);
/* Movement, sort and order; false when COMMAND is none of these. */
bool list_command(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		  uint32_t parent, enum command command);
/* The position in ORDER that is drawn there, in the place of the list_draw() before; NONE. */
uint32_t list_at(const struct list_state *list, const struct list_spec *spec, int row, int col);
/* Whether there is a column to sort by. */
bool list_is_sortable(const struct list_spec *spec);
/* The row's last column, or its heading, whole. */
void list_add_line(const struct list_spec *spec, const struct row *row, struct text *text);
/* The next row that holds NEEDLE, after the cursor (or at it, with HERE), round once. */
bool list_search(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
		 uint32_t parent, const char *needle, int direction, bool here);

struct list_look {
	const struct tags *tags;
	const char *needle; /* rows that hold it are shown as matches; "" for none */
	bool focus;         /* the cursor is here */
	unsigned shift;     /* the list's own */
};
void list_draw(struct list_state *list, const struct list_spec *spec, const struct scene *scene,
	       uint32_t parent, const struct list_look *look, struct canvas *canvas,
	       struct rect rect);

/*
 * The columns that fit into WIDTH, and the place of each. WIDTHS goes in with what each column
 * needs at least and comes out with what it gets, 0 for a column left out. WANTS is what a roomy
 * one would need.
 */
void list_layout(const struct list_spec *spec, int width, const int wants[LIST_MAX_COLUMNS],
		 int starts[LIST_MAX_COLUMNS], int widths[LIST_MAX_COLUMNS]);
/* Lines that the list would fill in COLS columns, its titles among them. */
uint32_t list_lines(const struct list_state *list, const struct list_spec *spec, int cols);

#endif
