/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A target out of nothing, for tests of the collector: memory that holds objects with the layouts
 * of the built target's ELF, put there role by role. Tests then know every byte and may break any.
 */
#ifndef PAGERVIEW_TARGET_IMAGE_H
#define PAGERVIEW_TARGET_IMAGE_H

#include "memory/memory.h"
#include "profile/layout.h"

#define IMAGE_BASE UINT64_C(0xffffff8050000000) /* of the objects */
#define IMAGE_SIZE (256u << 10)
#define IMAGE_PHYS UINT64_C(0x60000000) /* of the translation tables */

struct image {
	struct memory memory;
	struct dwarf_info *dwarf;
	struct profile *profile;
	struct layout *layout;
	uint64_t data_base; /* of the ELF's variables */
	size_t data_size;
	uint8_t *data, *heap, *tables;
	uint64_t next; /* free byte of the heap */
	uint64_t next_table;
	unsigned int reads; /* calls of read and read_physical */
};

/* ELF is a built target's, the profile the project's. False: not there (build the target first). */
bool image_open(struct image *image, const char *elf);
void image_close(struct image *image);
/* All bytes 0, nothing placed. */
void image_clear(struct image *image);

const char *image_elf(void); /* path of the built target */
uint64_t image_symbol(const struct image *image, const char *name);
void image_write(struct image *image, uint64_t addr, const void *bytes, size_t len);
void image_write_number(struct image *image, uint64_t addr, uint64_t value, size_t size);
uint64_t image_read_number(const struct image *image, uint64_t addr, size_t size);

/* An object of CLASS in the heap, all 0. */
uint64_t image_add(struct image *image, unsigned int class);
/* Its field of that role; a role behind a pointer gets an object to point at. */
void image_set(struct image *image, unsigned int class, uint64_t object, enum role role,
	       uint64_t value);
void image_set_text(struct image *image, unsigned int class, uint64_t object, enum role role,
		    const char *text);
/* Set a field to the value that its profile shows as WORD. */
void image_set_word(struct image *image, unsigned int class, uint64_t object, enum role role,
		    const char *word);
/* The list labelled LABEL, which must be there. */
const struct layout_list *image_list(const struct image *image, const char *label);
/* Append OBJECT to the list labelled LABEL, of OWNER (0: a global list). */
void image_append(struct image *image, const char *label, uint64_t owner, uint64_t object);
/* VA of the space with root table ROOT translates to PA; DESCRIPTOR_BITS as in the Arm ARM. */
void image_map(struct image *image, uint64_t root, uint64_t va, uint64_t pa,
	       uint64_t descriptor_bits);
uint64_t image_new_table(struct image *image);

#endif
