/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's own keys and colours, from $XDG_CONFIG_HOME/pagerview/config, or ~/.config where that
 * is not set. One setting a line, `#` begins a comment:
 *
 *     bind COMMAND KEY...          instead of the command's own keys; the names are in `?`'s list
 *     colour STYLE FRONT [BACK] [bold]   numbers 0 to 255, or the eight names, or `default`
 *     view NAME                    the first view
 *     mouse on                     clicks select and follow, the wheel moves; else it is off
 *
 * A file that is not there is no error; a line that is wrong is, and names itself.
 */
#ifndef PAGERVIEW_UI_CONFIG_H
#define PAGERVIEW_UI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "../error.h"
#include "canvas.h"
#include "keys.h"
#include "view.h"

#define CONFIG_MAX_KEYS 60 /* bytes for the names of one command's keys */

struct config_colour {
	bool set, bold;
	short front, back; /* -1: the terminal's default */
};

struct config {
	char keys[NUM_COMMANDS][CONFIG_MAX_KEYS]; /* "": as they are */
	struct config_colour colours[NUM_STYLES];
	enum view_id view;
	bool mouse;
};

/* Read the file of the user. False with ERROR, EXIT_USAGE, that names file and line. */
bool config_load(struct config *config, struct error *error);
/* The same from TEXT; NAME is what errors call it. */
bool config_parse(struct config *config, const char *name, const char *text, struct error *error);

#endif
