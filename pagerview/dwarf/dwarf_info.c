/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file: opened, its kind checked, its segments and build id read. Symbols are read at once,
 * they are always wanted; the debug information is not touched before a type or a variable's type
 * is. All lengths and offsets in the file are checked against its size before they are used.
 */
#include "dwarf_info.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dwarf_private.h"

#define MAX_SEGMENTS 4096

bool index_init(struct index *index, size_t expected)
{
	uint32_t size = 64;

	while (size < expected && size < 1u << 30)
		size *= 2;
	index->heads = malloc(size * sizeof(*index->heads));
	index->mask = size - 1;
	if (index->heads)
		memset(index->heads, 0xff, size * sizeof(*index->heads));
	return index->heads;
}

uint32_t *index_head(const struct index *index, uint32_t hash)
{
	return &index->heads[(hash ^ hash >> 15) & index->mask];
}

uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

void *info_keep(struct dwarf_info *info, size_t size)
{
	struct keep *keep = calloc(1, sizeof(*keep) + size);

	if (!keep) {
		info->was_short = true;
		return NULL;
	}
	keep->next = info->kept;
	info->kept = keep;
	return keep->bytes;
}

static bool machine_is_known(uint16_t machine)
{
	/* x86-64: a core built for the host, read through gdbserver. */
	return machine == EM_AARCH64 || machine == EM_ARM || machine == EM_X86_64;
}

static bool header_check(struct dwarf_info *info, struct error *error)
{
	GElf_Ehdr header;

	if (elf_kind(info->elf) != ELF_K_ELF || !gelf_getehdr(info->elf, &header))
		return error_set(error, EXIT_LAYOUT, "%s is no ELF file", info->path);
	if (header.e_ident[EI_DATA] != ELFDATA2LSB)
		return error_set(error, EXIT_LAYOUT, "%s is big-endian: not supported", info->path);
	if (!machine_is_known(header.e_machine))
		return error_set(error, EXIT_LAYOUT, "%s is for machine %u, not for Arm",
				 info->path, header.e_machine);
	info->machine = header.e_machine;
	info->pointer_size = header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	return true;
}

static bool segment_fill(struct dwarf_segment *segment, const GElf_Phdr *header, const char *file,
			 size_t file_size)
{
	if (header->p_type != PT_LOAD || !header->p_memsz ||
	    header->p_vaddr + header->p_memsz < header->p_vaddr)
		return false;
	*segment = (struct dwarf_segment){.addr = header->p_vaddr,
					  .size = header->p_memsz,
					  .write = header->p_flags & PF_W,
					  .exec = header->p_flags & PF_X};
	if (file && header->p_offset < file_size) {
		uint64_t left = file_size - header->p_offset;

		segment->bytes = file + header->p_offset;
		segment->file_size = header->p_filesz < left ? header->p_filesz : left;
		if (segment->file_size > segment->size)
			segment->file_size = segment->size;
	}
	return true;
}

static bool segments_read(struct dwarf_info *info)
{
	size_t count = 0, file_size = 0;
	const char *file = elf_rawfile(info->elf, &file_size);

	if (elf_getphdrnum(info->elf, &count) || !count)
		return true;
	if (count > MAX_SEGMENTS)
		count = MAX_SEGMENTS;
	info->segments = calloc(count, sizeof(*info->segments));
	if (!info->segments)
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(info->elf, (int)i, &header) &&
		    segment_fill(&info->segments[info->num_segments], &header, file, file_size))
			info->num_segments++;
	}
	return true;
}

/* The id in one section of notes. */
static bool notes_search(struct dwarf_info *info, Elf_Data *data)
{
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while (data && at < data->d_size && (at = gelf_getnote(data, at, &note, &name, &desc))) {
		const unsigned char *bytes = (const unsigned char *)data->d_buf + desc;
		size_t len = note.n_descsz;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp((const char *)data->d_buf + name, "GNU", 4) ||
		    2 * len >= sizeof(info->build_id))
			continue;
		for (size_t i = 0; i < len; i++)
			snprintf(info->build_id + 2 * i, 3, "%02x", bytes[i]);
		return true;
	}
	return false;
}

static void build_id_read(struct dwarf_info *info)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(info->elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_NOTE &&
		    notes_search(info, elf_getdata(section, NULL)))
			return;
	}
}

static bool file_open(struct dwarf_info *info, struct error *error)
{
	struct stat status;

	info->fd = open(info->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (info->fd < 0 || fstat(info->fd, &status))
		return error_set(error, EXIT_USAGE, "cannot open %s: %s", info->path,
				 strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(error, EXIT_USAGE, "%s is no file", info->path);
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_set(error, EXIT_LAYOUT, "libelf: %s", elf_errmsg(-1));
	info->elf = elf_begin(info->fd, ELF_C_READ_MMAP, NULL);
	if (!info->elf)
		return error_set(error, EXIT_LAYOUT, "%s is no ELF file: %s", info->path,
				 elf_errmsg(-1));
	return true;
}

static bool info_read(struct dwarf_info *info, struct error *error)
{
	if (!file_open(info, error) || !header_check(info, error))
		return false;
	info->dwarf = dwarf_begin_elf(info->elf, DWARF_C_READ, NULL);
	if (!info->dwarf)
		return error_set(error, EXIT_LAYOUT,
				 "%s has no debug information (DWARF): build it with -g, and use "
				 "the file before it is stripped",
				 info->path);
	build_id_read(info);
	if (!segments_read(info) || !symbols_read(info))
		return error_set(error, EXIT_PARTIAL, "out of memory for the symbols of %s",
				 info->path);
	return true;
}

struct dwarf_info *dwarf_info_open(const char *path, struct error *error)
{
	struct dwarf_info *info = calloc(1, sizeof(*info));

	if (info) {
		info->fd = -1;
		info->path = strdup(path);
	}
	if (!info || !info->path)
		error_set(error, EXIT_PARTIAL, "out of memory");
	else if (info_read(info, error))
		return info;
	dwarf_info_close(info);
	return NULL;
}

void dwarf_info_close(struct dwarf_info *info)
{
	if (!info)
		return;
	while (info->kept) {
		struct keep *next = info->kept->next;

		free(info->kept);
		info->kept = next;
	}
	free(info->symbols);
	free(info->symbol_index.heads);
	free(info->by_addr);
	free(info->names);
	free(info->name_index.heads);
	free(info->segments);
	if (info->dwarf)
		dwarf_end(info->dwarf);
	if (info->elf)
		elf_end(info->elf);
	if (info->fd >= 0)
		close(info->fd);
	free(info->path);
	free(info);
}

unsigned int dwarf_info_pointer_size(const struct dwarf_info *info)
{
	return info->pointer_size;
}

bool dwarf_info_was_short(struct dwarf_info *info)
{
	bool was = info->was_short;

	info->was_short = false;
	return was;
}

uint16_t dwarf_info_machine(const struct dwarf_info *info)
{
	return info->machine;
}

const char *dwarf_info_build_id(const struct dwarf_info *info)
{
	return info->build_id;
}

const char *dwarf_info_path(const struct dwarf_info *info)
{
	return info->path;
}

size_t dwarf_info_segments(const struct dwarf_info *info, const struct dwarf_segment **segments)
{
	*segments = info->segments;
	return info->num_segments;
}
