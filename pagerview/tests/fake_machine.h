/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine out of an image (target_image.h), for what needs a whole target and no QEMU: its ELF,
 * variables and objects in physical memory, with translation tables that lead there. It is looked
 * at through a stub, in "QEMU's own memory", which is that of the test, or as a dump.
 */
#ifndef PAGERVIEW_TESTS_FAKE_MACHINE_H
#define PAGERVIEW_TESTS_FAKE_MACHINE_H

#include "fake_stub.h"
#include "target_image.h"

#define MACHINE_RAM  UINT64_C(0x40000000) /* physical, of the ELF */
#define MACHINE_HEAP UINT64_C(0x50000000) /* physical, of the image's objects */

struct machine {
	struct image *image;
	uint8_t *ram; /* RAM_SIZE bytes, the ELF as loaded; page 0 is at address RAM_BASE */
	uint64_t ram_base;
	size_t ram_size;
	uint64_t root;           /* of the translation tables, physical */
	uint64_t end;            /* instructions: where its replay stands when it is come to */
	unsigned int replayed;   /* times that it was asked where that is */
	struct fake_stub *stub;  /* NULL: not begun */
	struct fake_config fake; /* how it is begun; `read`, `monitor`, `target` are set */
};

/* Of what IMAGE, which outlives it, holds now. A stub is not begun by this. */
void machine_create(struct machine *machine, struct image *image);
void machine_destroy(struct machine *machine);
void machine_begin(struct machine *machine);
struct fake_seen machine_end(struct machine *machine);
/* The same as a dump, into a file that is there. */
void machine_dump(const struct machine *machine, const char *path);

#endif
