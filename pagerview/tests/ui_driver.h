/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drives the application without a terminal: keys by name, snapshots by moment, the drawing as
 * text, which is compared with what is kept under screens/.
 */
#ifndef PAGERVIEW_TESTS_UI_DRIVER_H
#define PAGERVIEW_TESTS_UI_DRIVER_H

#include "../ui/app.h"

/* A fresh application in UTF-8 that shows the fixture at MOMENT. */
void driver_open(struct app *app, unsigned moment);
/* Press KEYS, names separated by blanks; returns what the last one asked for. */
enum app_request driver_press(struct app *app, const char *keys);
/* Each character of TEXT is a key. */
void driver_type(struct app *app, const char *text);
/* The screen as text; the caller frees it. */
char *driver_screen(struct app *app, int rows, int cols);
/* Fail unless the screen holds TEXT. */
void driver_expect(struct app *app, const char *text);
void driver_expect_not(struct app *app, const char *text);
/*
 * Fail unless the screen is the one in screens/NAME.COLSxROWS.txt. With UPDATE_SCREENS in the
 * environment the file is written instead, for a person to look at before it is kept.
 */
void driver_compare(struct app *app, int rows, int cols, const char *name);

#endif
