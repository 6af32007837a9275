/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A view of an AArch64 ELF in memory: its loadable segments, dynamic section, symbols and
 * relocations. Every byte is hostile: nothing is read before its bounds are checked, and a file
 * that passes elf_image_parse() has segments that are page aligned, ordered and apart. Allocates
 * nothing; borrows the bytes. Knows no fobj and no context.
 */
#ifndef CORE_ELF_IMAGE_H
#define CORE_ELF_IMAGE_H

#include "types.h"

#define ELF_MAX_SEGMENTS 8u
#define ELF_MAX_PAGES    4096u /* of all segments together */
#define ELF_MAX_NAME     256u  /* bytes of a string, its terminating zero included */

struct elf_segment {
	uint64_t vaddr;         /* within the file's own address space, page aligned */
	uint64_t file_size;     /* bytes that come from the file */
	const uint8_t *bytes;   /* file_size of them */
	unsigned int num_pages; /* in memory, rounded up */
	unsigned int prot;      /* enum prot bits as the file asks */
	bool relro;             /* writable only until it is relocated (PT_GNU_RELRO) */
};

struct elf_image {
	const uint8_t *bytes;
	size_t len;
	struct elf_segment segments[ELF_MAX_SEGMENTS]; /* by vaddr */
	unsigned int num_segments;
	unsigned int num_pages; /* from address 0 to the end of the last segment */
	uint64_t entry;         /* file address; 0 in a library */
	/* From the dynamic section; file addresses, sizes in bytes, 0 where absent. */
	uint64_t rela, rela_size, jmprel, jmprel_size, symtab, strtab, strtab_size, hash;
	uint64_t needed; /* offset into the string table of the one library's name */
	bool has_needed;
};

/* Fill IMAGE from LEN bytes. ERR_BAD_ELF with a sentence in *WHY (a constant). */
enum status elf_image_parse(const void *bytes, size_t len, struct elf_image *image,
			    const char **why);
/* LEN bytes at file address VADDR as the file has them; NULL if they are not all in one segment. */
const void *elf_image_at(const struct elf_image *image, uint64_t vaddr, uint64_t len);
/* The string at OFFSET of the string table; NULL: it is not ended there, or too long. */
const char *elf_image_string(const struct elf_image *image, uint64_t offset);
/* The segment that covers VADDR, or NULL. */
const struct elf_segment *elf_image_segment(const struct elf_image *image, uint64_t vaddr);

/* Relocations of both tables, in the order of the file. */
struct elf_reloc {
	uint64_t offset; /* file address of the word */
	uint64_t addend;
	uint32_t type;   /* R_AARCH64_* */
	uint32_t symbol; /* index into the symbol table, 0 none */
};
size_t elf_image_num_relocs(const struct elf_image *image);
/* False: INDEX or the table is out of bounds. */
bool elf_image_reloc(const struct elf_image *image, size_t index, struct elf_reloc *reloc);

/* Name of symbol INDEX and, if it is defined here, its file address; NULL if out of bounds. */
const char *elf_image_symbol(const struct elf_image *image, uint32_t index, bool *defined,
			     uint64_t *vaddr);
/* How many symbols its hash table speaks of; there need not be as many. 0 without one. */
uint32_t elf_image_num_symbols(const struct elf_image *image);
/* File address of the defined global symbol NAME; false if there is none. Looks at every symbol. */
bool elf_image_lookup(const struct elf_image *image, const char *name, uint64_t *vaddr);

#endif
