/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events and contents: what the pager did, and what a page holds. A snapshot carries neither.
 */
#include "view.h"

static uint32_t count_none(const struct scene *scene, uint32_t parent)
{
	(void)scene;
	(void)parent;
	return 0;
}

static struct ref no_ref(const struct row *row)
{
	(void)row;
	return REF_NONE;
}

static const struct list_spec events = {
	.empty = "this source delivers no events",
	.count = count_none,
	.object = no_ref,
};

static const struct list_spec contents = {
	.empty = "this source delivers no contents of pages",
	.count = count_none,
	.object = no_ref,
};

const struct view view_events = {.name = "events", .master = &events};
const struct view view_contents = {.name = "contents", .master = &contents};
