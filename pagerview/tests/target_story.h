/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small moment of a pager in an image, in which every count has its holders.
 */
#ifndef PAGERVIEW_TARGET_STORY_H
#define PAGERVIEW_TARGET_STORY_H

#include "target_image.h"

#define AP_EL0 (UINT64_C(1) << 6)
#define AP_RO  (UINT64_C(1) << 7)
#define UXN    (UINT64_C(1) << 54)

/* Two instances of a TA share the text and each have a stack; one page of each is resident. */
struct story {
	uint64_t contexts[2], text, stacks[2], text_areas[2], stack_areas[2];
	uint64_t text_page, stack_page, free_page, file, slice, handle;
	uint64_t roots[2];
};

/* All of it but for the slice, whose reference of the text is counted already. */
void story_tell(struct image *image, struct story *story);
/* The file's slice: an array of one, and the reference that it holds. */
void story_add_slice(struct image *image, struct story *story);
/* One more physical page, at the end of that list. */
uint64_t story_add_pmem(struct image *image, const char *list, uint64_t fobj, unsigned int page,
			uint64_t pa, const char *state);

#endif
