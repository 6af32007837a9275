/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads go through two doors only: elf_image_at() for what is found by file address, and
 * file_range() for what is found by file offset. Both check before they hand out a pointer.
 * (ELF-64 object file format; ELF for the Arm 64-bit Architecture, IHI 0056.)
 */
#include "elf_image.h"

#include <elf.h>
#include <string.h>

#ifndef EM_AARCH64
#define EM_AARCH64 183
#endif

static const void *file_range(const struct elf_image *image, uint64_t offset, uint64_t len)
{
	if (offset > image->len || len > image->len - offset)
		return NULL;
	return image->bytes + offset;
}

const struct elf_segment *elf_image_segment(const struct elf_image *image, uint64_t vaddr)
{
	for (unsigned int i = 0; i < image->num_segments; i++) {
		const struct elf_segment *segment = &image->segments[i];

		if (vaddr >= segment->vaddr &&
		    vaddr - segment->vaddr < segment->num_pages * PAGE_SIZE)
			return segment;
	}
	return NULL;
}

const void *elf_image_at(const struct elf_image *image, uint64_t vaddr, uint64_t len)
{
	const struct elf_segment *segment = elf_image_segment(image, vaddr);
	uint64_t offset;

	if (!segment)
		return NULL;
	offset = vaddr - segment->vaddr;
	if (offset > segment->file_size || len > segment->file_size - offset)
		return NULL;
	return segment->bytes + offset;
}

const char *elf_image_string(const struct elf_image *image, uint64_t offset)
{
	const char *table = elf_image_at(image, image->strtab, image->strtab_size);

	uint64_t room = image->strtab_size - offset;

	if (!table || offset >= image->strtab_size ||
	    !memchr(table + offset, '\0', room < ELF_MAX_NAME ? room : ELF_MAX_NAME))
		return NULL;
	return table + offset;
}

/* ---- program headers ---- */

static const char *check_header(const struct elf_image *image)
{
	const Elf64_Ehdr *header = file_range(image, 0, sizeof(*header));

	if (!header || memcmp(header->e_ident, "\177ELF", 4))
		return "no ELF";
	if (header->e_ident[EI_CLASS] != 2 || header->e_ident[EI_DATA] != 1 ||
	    header->e_machine != EM_AARCH64)
		return "not a little-endian AArch64 ELF";
	if (header->e_type != ET_DYN)
		return "not position independent";
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff % 8 ||
	    !file_range(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr)))
		return "program headers out of bounds";
	return NULL;
}

static unsigned int prot_of(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static const char *add_segment(struct elf_image *image, const Elf64_Phdr *header)
{
	struct elf_segment *segment = &image->segments[image->num_segments];
	uint64_t end, limit = ELF_MAX_PAGES * PAGE_SIZE;

	if (image->num_segments == ELF_MAX_SEGMENTS)
		return "too many segments";
	if (header->p_vaddr & PAGE_MASK || header->p_filesz > header->p_memsz || !header->p_memsz)
		return "segment misaligned or malformed";
	if (header->p_vaddr > limit || header->p_memsz > limit - header->p_vaddr)
		return "segment too large";
	if (header->p_vaddr < image->num_pages * PAGE_SIZE)
		return "segments overlap or are out of order";
	segment->bytes = file_range(image, header->p_offset, header->p_filesz);
	if (!segment->bytes)
		return "segment beyond the end of the file";
	end = (header->p_vaddr + header->p_memsz + PAGE_MASK) & ~PAGE_MASK;
	segment->vaddr = header->p_vaddr;
	segment->file_size = header->p_filesz;
	segment->num_pages = (unsigned int)((end - header->p_vaddr) >> PAGE_SHIFT);
	segment->prot = prot_of(header->p_flags);
	if (!prot_is_possible(segment->prot))
		return "a segment is both writable and executable, or not readable";
	image->num_pages = (unsigned int)(end >> PAGE_SHIFT);
	image->num_segments++;
	return NULL;
}

/* The segment that PT_GNU_RELRO names is read-only at run time; it must be a whole segment. */
static const char *mark_relro(struct elf_image *image, const Elf64_Phdr *header)
{
	for (unsigned int i = 0; i < image->num_segments; i++) {
		struct elf_segment *segment = &image->segments[i];

		if (segment->vaddr != header->p_vaddr)
			continue;
		if ((header->p_memsz + PAGE_MASK) >> PAGE_SHIFT != segment->num_pages)
			return "its relocated section is no whole segment";
		segment->relro = true;
		segment->prot = PROT_READ;
		return NULL;
	}
	return "its relocated section is no segment";
}

/* ---- the dynamic section ---- */

static void note_dynamic(struct elf_image *image, int64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_NEEDED:
		image->needed = value;
		image->has_needed = true;
		break;
	case DT_RELA:
		image->rela = value;
		break;
	case DT_RELASZ:
		image->rela_size = value;
		break;
	case DT_JMPREL:
		image->jmprel = value;
		break;
	case DT_PLTRELSZ:
		image->jmprel_size = value;
		break;
	case DT_SYMTAB:
		image->symtab = value;
		break;
	case DT_STRTAB:
		image->strtab = value;
		break;
	case DT_STRSZ:
		image->strtab_size = value;
		break;
	case DT_HASH:
		image->hash = value;
		break;
	}
}

static const char *parse_dynamic(struct elf_image *image, const Elf64_Phdr *header)
{
	const uint8_t *bytes = file_range(image, header->p_offset, header->p_filesz);
	Elf64_Dyn entry;

	if (!bytes)
		return "dynamic section beyond the end of the file";
	for (uint64_t i = 0; i < header->p_filesz / sizeof(entry); i++) {
		memcpy(&entry, bytes + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		note_dynamic(image, entry.d_tag, entry.d_un.d_val);
	}
	return NULL;
}

static const char *parse_headers(struct elf_image *image, uint32_t type,
				 const char *(*parse)(struct elf_image *, const Elf64_Phdr *))
{
	const Elf64_Ehdr *header = (const void *)image->bytes;
	const char *why = NULL;
	Elf64_Phdr segment;

	for (unsigned int i = 0; !why && i < header->e_phnum; i++) {
		memcpy(&segment, image->bytes + header->e_phoff + i * sizeof(segment),
		       sizeof(segment));
		if (segment.p_type == type)
			why = parse(image, &segment);
	}
	return why;
}

enum status elf_image_parse(const void *bytes, size_t len, struct elf_image *image,
			    const char **why)
{
	*image = (struct elf_image){.bytes = bytes, .len = len};
	*why = check_header(image);
	if (!*why)
		*why = parse_headers(image, PT_LOAD, add_segment);
	if (!*why)
		*why = parse_headers(image, PT_GNU_RELRO, mark_relro);
	if (!*why)
		*why = parse_headers(image, PT_DYNAMIC, parse_dynamic);
	if (!*why && !image->num_segments)
		*why = "no loadable segment";
	if (*why)
		return ERR_BAD_ELF;
	image->entry = ((const Elf64_Ehdr *)bytes)->e_entry;
	return OK;
}

/* ---- relocations and symbols ---- */

size_t elf_image_num_relocs(const struct elf_image *image)
{
	return image->rela_size / sizeof(Elf64_Rela) + image->jmprel_size / sizeof(Elf64_Rela);
}

bool elf_image_reloc(const struct elf_image *image, size_t index, struct elf_reloc *reloc)
{
	size_t first = image->rela_size / sizeof(Elf64_Rela);
	uint64_t table = index < first ? image->rela : image->jmprel;
	const void *bytes;
	Elf64_Rela rela;

	if (index >= elf_image_num_relocs(image) || table > UINT64_MAX / 2 ||
	    index > image->len / sizeof(rela))
		return false;
	bytes = elf_image_at(image, table + (index < first ? index : index - first) * sizeof(rela),
			     sizeof(rela));
	if (!bytes)
		return false;
	memcpy(&rela, bytes, sizeof(rela));
	reloc->offset = rela.r_offset;
	reloc->addend = (uint64_t)rela.r_addend;
	reloc->type = (uint32_t)rela.r_info;
	reloc->symbol = (uint32_t)(rela.r_info >> 32);
	return true;
}

const char *elf_image_symbol(const struct elf_image *image, uint32_t index, bool *defined,
			     uint64_t *vaddr)
{
	const void *bytes;
	Elf64_Sym symbol;

	if (image->symtab > UINT64_MAX / 2)
		return NULL;
	bytes = elf_image_at(image, image->symtab + (uint64_t)index * sizeof(symbol),
			     sizeof(symbol));
	if (!bytes)
		return NULL;
	memcpy(&symbol, bytes, sizeof(symbol));
	*defined = symbol.st_shndx != 0;
	*vaddr = symbol.st_value;
	return elf_image_string(image, symbol.st_name);
}

uint32_t elf_image_num_symbols(const struct elf_image *image)
{
	const uint8_t *hash = elf_image_at(image, image->hash, 8);
	uint32_t count = 0; /* nchain */

	if (hash)
		memcpy(&count, hash + 4, sizeof(count));
	return count;
}

bool elf_image_lookup(const struct elf_image *image, const char *name, uint64_t *vaddr)
{
	uint32_t count = elf_image_num_symbols(image);

	for (uint32_t i = 1; i < count; i++) {
		bool defined;
		const char *found = elf_image_symbol(image, i, &defined, vaddr);

		if (!found)
			return false;
		if (defined && !strcmp(found, name))
			return true;
	}
	return false;
}
