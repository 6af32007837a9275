/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of failures do with the screen: apart, since layouts and screens both have an
 * OBJECT_FOBJ.
 */
#ifndef PAGERVIEW_TESTS_FAILURES_UI_H
#define PAGERVIEW_TESTS_FAILURES_UI_H

#include <stdbool.h>
#include <stdio.h>

#include "../error.h"
#include "../model/snapshot.h"

/* False with ERROR, or true with what came of it written to OUT. */
bool failures_read_config(FILE *out, struct error *error);
/*
 * Every view of the two, and what Enter shows of it; takes them over. A screen without memory shows
 * less, but does not end for it: false only where it could not even begin.
 */
bool failures_draw_screens(struct snapshot *first, struct snapshot *second);
/*
 * A feed and its recorder into the file at PATH: what a screen and a reader of the file get of
 * three refreshes.
 */
bool failures_feed(const char *path, FILE *out, struct error *error);
/* The first lesson through its first steps; as failures_draw_screens(). */
bool failures_teach(struct error *error);

#endif
