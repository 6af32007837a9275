/* SPDX-License-Identifier: BSD-2-Clause */
#include "view.h"
static struct canvas *paint(const struct scene *scene, struct ref about, int cols, bool ascii)
{
	(void)scene;
	(void)about;
	return canvas_create(10, cols, ascii);
}
const struct view view_picture = {.name = "picture", .paint = paint};
