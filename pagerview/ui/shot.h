/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A picture of the screen as an SVG, with the colours of a terminal of 256.
 */
#ifndef PAGERVIEW_UI_SHOT_H
#define PAGERVIEW_UI_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "canvas.h"

/* Write CANVAS to FILE. False when writing failed; errno says why. */
bool shot_write(const struct canvas *canvas, FILE *file);
/* Write CANVAS to a new file in the current folder; its name goes to NAME. Likewise. */
bool shot_save(const struct canvas *canvas, char *name, size_t size);

#endif
