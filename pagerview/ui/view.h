/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A view: one screen that answers one question, as a table of callbacks; one file each. A view
 * sees the scene and nothing else. Most are a list with the references of the selected row in a
 * second list beneath; the rest paint a canvas of any size that the application scrolls.
 */
#ifndef PAGERVIEW_UI_VIEW_H
#define PAGERVIEW_UI_VIEW_H

#include "canvas.h"
#include "list.h"
#include "scene.h"

struct view {
	const char *name;
	const char *tab; /* its name where tabs are narrow; NULL: the same */
	const struct list_spec *master;
	const struct list_spec *detail; /* NULL: a list without references */
	/* Row of the master list that shows the object, or NONE. NULL: it shows none. */
	uint32_t (*find)(const struct scene *scene, struct ref ref);
	/* Detail's parent for a master row; NULL: the row's own index. */
	uint32_t (*parent)(const struct row *row);
	void (*detail_title)(const struct scene *scene, uint32_t parent, struct text *title);
	/* One line that explains the letters. May be NULL. */
	void (*legend)(struct canvas *canvas, struct rect rect);
	/* Instead of lists: the drawing for the selected object; the caller destroys it. */
	struct canvas *(*paint)(const struct scene *scene, struct ref about, int cols, bool ascii);
};

enum view_id {
	VIEW_MAP,
	VIEW_PAGES,
	VIEW_FOBJS,
	VIEW_SPACES,
	VIEW_FILES,
	VIEW_EVENTS,
	VIEW_PICTURE,
	VIEW_CONTENTS,
	VIEW_REFS,
	VIEW_GROWTH,
	VIEW_LOG,
	VIEW_HELP,
	NUM_VIEWS
};

extern const struct view view_map, view_pages, view_fobjs, view_spaces, view_files, view_events,
	view_picture, view_contents, view_refs, view_growth, view_log, view_help;
extern const struct view *const views[NUM_VIEWS];

/* The view that an object of the kind is at home in. */
enum view_id view_home(enum object_kind kind);

/* Shared parts of views. */
extern const struct list_spec page_owners; /* parent: a pmem */
void page_owners_title(const struct scene *scene, uint32_t pmem, struct text *title);

/* How a page looks: its letter and style. */
enum style page_style(const struct snap_pmem *pmem);
char page_letter(const struct snap_pmem *pmem);
void page_add_state(const struct snap_pmem *pmem, struct text *text);

/* In a few words who did what to which object; INDEX is in the log of events. */
void event_add(const struct scene *scene, uint32_t index, struct text *text);

struct legend_entry {
	const char *sign;
	enum style style;
	const char *meaning;
};
/* As many entries as fit. */
void legend_draw(struct canvas *canvas, struct rect rect, const struct legend_entry *entries,
		 unsigned count);

#endif
