/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and what they do: the one list from which the dispatcher, the help screen, the footer, the
 * manual page and the tests of the keys are made.
 *
 * X(identifier, name, default keys, group, hint, help)
 * A key is a character or one of the names in UI_KEY_NAMES; keys are separated by blanks. The hint
 * is the word in the footer, "" for none; the footer shows as many as fit, first ones first.
 */
#ifndef PAGERVIEW_UI_KEYS_H
#define PAGERVIEW_UI_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define UI_COMMANDS(X)                                                                             \
	X(HELP, "help", "? F1 h", "Views", "help", "this list of keys, and back")                  \
	X(QUIT, "quit", "q F10 C-c", "Program", "quit",                                            \
	  "leave; the target is left as it was found")                                             \
	X(FOLLOW, "follow", "Enter", "Objects", "follow",                                          \
	  "into the references; there: where one leads; of a line: all")                           \
	X(POINTS, "points", "A", "Time", "points",                                                 \
	  "growth: say what makes a point: each close, step, event ...")                           \
	X(NEWEST, "newest", "}", "Time", "live", "live again")                                     \
	X(PAUSE, "pause", "p", "Target", "pause",                                                  \
	  "pause the target; again: let it run on; in the past: play it")                          \
	X(BACK, "back", "Backspace", "Objects", "back", "back to where Enter was pressed")         \
	X(SEARCH, "search", "/ F3", "Objects", "search",                                           \
	  "search for an address, a name, a UUID or a tag")                                        \
	X(FILTER, "filter", "\\ F4", "Objects", "filter", "show only rows that hold a text")       \
	X(STORED, "stored", "x", "Objects", "store's copy",                                        \
	  "contents: the page, or its copy in the store (sealed if r/w)")                          \
	X(SORT, "sort", "> F6", "Objects", "sort",                                                 \
	  "sort by the next column, after the last: in the target's order")                        \
	X(SORT_PREVIOUS, "sort-previous", "<", "Objects", "", "sort by the previous column")       \
	X(INVERT, "invert", "I", "Objects", "", "turn the order round")                            \
	X(NEXT, "next", "n", "Objects", "event",                                                   \
	  "next match of the search; where none is on: as E")                                      \
	X(PREVIOUS, "previous-match", "N", "Objects", "", "previous match of the search")          \
	X(OLDER, "older", "[", "Time", "past", "one snapshot back in time")                        \
	X(NEWER, "newer", "]", "Time", "forth",                                                    \
	  "one snapshot forward; from the last one: live again")                                   \
	X(STEP, "step", "s", "Target", "step", "run on to the next `step` of the scenario")        \
	X(NEXT_EVENT, "next-event", "E", "Target", "",                                             \
	  "run on to the next fault, release (eviction), put: asks which")                         \
	X(EVENTS_OF, "events-of", "e", "Objects", "events",                                        \
	  "what the pager did with the selected object")                                           \
	X(TAG, "tag", "Space", "Objects", "tag",                                                   \
	  "tag the object: it stays at the top, however the list moves")                           \
	X(UNTAG, "untag-all", "U", "Objects", "", "remove all tags")                               \
	X(OLDEST, "oldest", "{", "Time", "", "the oldest snapshot that is kept")                   \
	X(RECORD, "record", "R", "Time", "record",                                                 \
	  "record into pagerview-1.jsonl and so on, here; again: no more")                         \
	X(MARK, "mark", "m", "Time", "mark", "mark this moment, to compare with later")            \
	X(DIFF, "diff", "d", "Time", "diff",                                                       \
	  "mark changes since that moment, or since the last refresh")                             \
	X(POINT, "point", "a", "Time", "",                                                         \
	  "growth: make the moment on screen a point; again: no longer")                           \
	X(UP, "up", "Up k", "Move", "", "one row up")                                              \
	X(DOWN, "down", "Down j", "Move", "", "one row down")                                      \
	X(PAGE_UP, "page-up", "PgUp C-b", "Move", "", "one screen up")                             \
	X(PAGE_DOWN, "page-down", "PgDn C-f", "Move", "", "one screen down")                       \
	X(FIRST, "first", "Home g", "Move", "", "first row")                                       \
	X(LAST, "last", "End G", "Move", "", "last row")                                           \
	X(RIGHT, "right", "Right l", "Move", "",                                                   \
	  "into the references; there, or where none are: to the right")                           \
	X(LEFT, "left", "Left H", "Move", "", "to the left; from there: out of the references")    \
	X(VIEW_MAP, "map", "1", "Views", "", "map: the pool, a cell a page")                       \
	X(VIEW_PAGES, "pages", "2", "Views", "",                                                   \
	  "pages in eviction order, the owners of the selected one")                               \
	X(VIEW_FOBJS, "fobjs", "3", "Views", "", "fobjs, the holders of the selected one")         \
	X(VIEW_SPACES, "spaces", "4", "Views", "",                                                 \
	  "address spaces: each context's areas, a cell a page")                                   \
	X(VIEW_FILES, "files", "5", "Views", "", "files, their slices and who holds them")         \
	X(VIEW_EVENTS, "events", "6", "Views", "", "events: what the pager did")                   \
	X(VIEW_PICTURE, "picture", "7", "Views", "",                                               \
	  "picture: area_head, areas, fobj and pages of the selection")                            \
	X(VIEW_CONTENTS, "contents", "8", "Views", "", "contents of the selected page")            \
	X(VIEW_REFS, "refs", "9", "Views", "",                                                     \
	  "references: counts against named holders, and findings")                                \
	X(VIEW_GROWTH, "growth", "+", "Views", "",                                                 \
	  "growth: what there is more of with each round of the same work")                        \
	X(VIEW_LOG, "log", "0", "Views", "", "log: the target's own console")                      \
	X(STATUS, "status", "w", "Program", "status",                                              \
	  "the status in full: how it was read, and why not better")                               \
	X(NEXT_VIEW, "next-view", "Tab", "Views", "", "next view")                                 \
	X(PREVIOUS_VIEW, "previous-view", "S-Tab", "Views", "", "previous view")                   \
	X(REDRAW, "redraw", "C-l", "Program", "", "draw the whole screen anew")                    \
	X(SHOT, "shot", "P", "Program", "",                                                        \
	  "a picture of the screen: pagerview-1.svg and so on, here")                              \
	X(SUSPEND, "suspend", "C-z", "Program", "", "suspend; the shell's `fg` comes back")        \
	X(CANCEL, "cancel", "Esc", "Program", "",                                                  \
	  "leave a prompt, the references, a filter or a search")

/* What letters and signs in the views mean: X(signs, meaning). */
#define UI_SIGNS(X)                                                                                \
	X("> *", "the cursor; a tagged object")                                                    \
	X("+ ~", "new, changed: since the refresh before, or since the mark")                      \
	X(". c D L", "a page of the pool: free, clean, dirty, locked")                             \
	X("h H", "clean, dirty, and hidden: in the pool, mapped nowhere")                          \
	X("2 to 9", "map: so many areas own the page; from ten on a +")                            \
	X("r w x", "spaces: the page is mapped so")                                                \
	X("o", "spaces: the page is in the pool, not mapped here")                                 \
	X("?", "spaces: the table entry cannot be read")

enum command {
	COMMAND_NONE,
#define X(id, name, keys, group, hint, help) COMMAND_##id,
	UI_COMMANDS(X)
#undef X
		NUM_COMMANDS
};

/* Keys that are no character have codes above Unicode. */
#define UI_KEY_NAMES(X)                                                                            \
	X(UP, "Up")                                                                                \
	X(DOWN, "Down")                                                                            \
	X(LEFT, "Left")                                                                            \
	X(RIGHT, "Right")                                                                          \
	X(PAGE_UP, "PgUp")                                                                         \
	X(PAGE_DOWN, "PgDn")                                                                       \
	X(HOME, "Home")                                                                            \
	X(END, "End")                                                                              \
	X(ENTER, "Enter")                                                                          \
	X(TAB, "Tab")                                                                              \
	X(SHIFT_TAB, "S-Tab")                                                                      \
	X(BACKSPACE, "Backspace")                                                                  \
	X(DELETE, "Delete")                                                                        \
	X(ESCAPE, "Esc")                                                                           \
	X(SPACE, "Space")                                                                          \
	X(F1, "F1")                                                                                \
	X(F2, "F2")                                                                                \
	X(F3, "F3")                                                                                \
	X(F4, "F4")                                                                                \
	X(F5, "F5")                                                                                \
	X(F6, "F6") X(F7, "F7") X(F8, "F8") X(F9, "F9") X(F10, "F10") X(F11, "F11") X(F12, "F12")

enum key {
	KEY_NONE_YET = 0x110000, /* no whole key has arrived */
#define X(id, name) UI_KEY_##id,
	UI_KEY_NAMES(X)
#undef X
};
/* What comes as keys do, but cannot be bound: a click, and what means nothing. */
#define UI_KEY_CLICK    (KEY_NONE_YET + 0x1000u)
#define UI_KEY_NOTHING  (KEY_NONE_YET + 0x1001u)
#define UI_CTRL(letter) ((letter)&0x1f)

struct command_info {
	const char *name, *keys, *group, *hint, *help;
};
extern const struct command_info command_infos[NUM_COMMANDS];

/*
 * Give COMMAND the keys named in KEYS instead of its own; they come before those of all commands
 * that have not been given any. KEYS stays the caller's; NULL gives the command its own back.
 */
void keys_bind(enum command command, const char *keys);
/* The names of the keys that COMMAND has now. */
const char *keys_of(enum command command);
/* What KEY does; COMMAND_NONE when nothing. */
enum command keys_command(uint32_t key);
/* The key whose name KEYS begins with, up to a blank, and the name's length; 0 for no key. */
uint32_t keys_parse(const char *keys, size_t *length);

#endif
