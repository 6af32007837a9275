/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of all views, and how pages look in every one of them.
 */
#include "view.h"

const struct view *const views[NUM_VIEWS] = {
	[VIEW_MAP] = &view_map,         [VIEW_PAGES] = &view_pages,
	[VIEW_FOBJS] = &view_fobjs,     [VIEW_SPACES] = &view_spaces,
	[VIEW_FILES] = &view_files,     [VIEW_EVENTS] = &view_events,
	[VIEW_PICTURE] = &view_picture, [VIEW_CONTENTS] = &view_contents,
	[VIEW_REFS] = &view_refs,       [VIEW_GROWTH] = &view_growth,
	[VIEW_LOG] = &view_log,         [VIEW_HELP] = &view_help,
};

enum view_id view_home(enum object_kind kind)
{
	switch (kind) {
	case OBJECT_CONTEXT:
	case OBJECT_AREA:
		return VIEW_SPACES;
	case OBJECT_FOBJ:
	case OBJECT_ABSENT:
		return VIEW_FOBJS;
	case OBJECT_FILE:
	case OBJECT_SLICE:
		return VIEW_FILES;
	default:
		return VIEW_PAGES;
	}
}

enum style page_style(const struct snap_pmem *pmem)
{
	if (pmem->state == PMEM_STATE_FREE)
		return STYLE_FREE;
	if (pmem->state == PMEM_STATE_LOCKED)
		return STYLE_LOCKED;
	if (pmem->hidden)
		return STYLE_HIDDEN;
	return pmem->state == PMEM_STATE_DIRTY ? STYLE_DIRTY : STYLE_CLEAN;
}

char page_letter(const struct snap_pmem *pmem)
{
	switch (pmem->state) {
	case PMEM_STATE_FREE:
		return '.';
	case PMEM_STATE_LOCKED:
		return 'L';
	case PMEM_STATE_DIRTY:
		return pmem->hidden ? 'H' : 'D';
	default:
		return pmem->hidden ? 'h' : 'c';
	}
}

void page_add_state(const struct snap_pmem *pmem, struct text *text)
{
	bool dirty = pmem->state == PMEM_STATE_DIRTY;

	if (pmem->hidden)
		text_add(text, "hidden%s", dirty ? ", dirty" : "");
	else
		text_add(text, "%s", pmem_state_name(pmem->state));
}

void legend_draw(struct canvas *canvas, struct rect rect, const struct legend_entry *entries,
		 unsigned count)
{
	int at = 2;

	for (unsigned i = 0; i < count; i++) {
		int width = text_width(entries[i].sign) + 1 + text_width(entries[i].meaning);

		if (at + width > rect.cols)
			return;
		at += canvas_text(canvas, rect.row, rect.col + at, rect.cols - at, entries[i].style,
				  entries[i].sign);
		at += 1 + canvas_text(canvas, rect.row, rect.col + at + 1, rect.cols - at - 1,
				      STYLE_DIM, entries[i].meaning);
		at += 2;
	}
}
