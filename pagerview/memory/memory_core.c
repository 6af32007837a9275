/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF core dump as `dump-guest-memory` writes it: LOAD segments, whose p_paddr says where the
 * bytes lay in physical memory. The file is mapped, not read, so that a dump of gigabytes costs
 * nothing; a segment that reaches beyond the file's end is cut there.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends.h"

#define MAX_LOADS 1024

struct memory_core {
	struct memory memory;
	const char *file;
	size_t file_size;
	struct memory_block *loads; /* hva: into the file */
	size_t num_loads;
};

static const char *load_find(const struct memory_core *core, uint64_t pa, size_t len)
{
	for (size_t i = 0; i < core->num_loads; i++) {
		const struct memory_block *load = &core->loads[i];

		if (pa >= load->pa && pa - load->pa < load->size &&
		    len <= load->size - (pa - load->pa))
			return (const char *)(uintptr_t)(load->hva + (pa - load->pa));
	}
	return NULL;
}

static bool core_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			       struct error *error)
{
	struct memory_core *core = (struct memory_core *)memory;

	(void)error;
	for (size_t i = 0; i < count; i++) {
		const char *from = load_find(core, requests[i].addr, requests[i].len);

		requests[i].ok = from;
		if (from)
			memcpy(requests[i].to, from, requests[i].len);
		core->memory.stats.bytes += from ? requests[i].len : 0;
	}
	return true;
}

static bool core_read(struct memory *memory, struct memory_request *requests, size_t count,
		      struct error *error)
{
	(void)memory;
	(void)requests;
	(void)count;
	(void)error;
	return true;
}

static bool core_next_page(const struct memory *memory, uint64_t *pa)
{
	const struct memory_core *core = (const struct memory_core *)memory;

	return memory_block_next_page(core->loads, core->num_loads, pa);
}

static void core_destroy(struct memory *memory)
{
	struct memory_core *core = (struct memory_core *)memory;

	if (core->file)
		munmap((void *)core->file, core->file_size);
	free(core->loads);
	free(core);
}

static bool core_map(struct memory_core *core, const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *file = MAP_FAILED;

	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size > 0)
		file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	else if (fd >= 0)
		errno = EINVAL;
	if (file == MAP_FAILED)
		error_set(error, EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (file == MAP_FAILED)
		return false;
	core->file = file;
	core->file_size = (size_t)status.st_size;
	return true;
}

static void core_add(struct memory_core *core, const GElf_Phdr *header)
{
	uint64_t left;

	if (header->p_type != PT_LOAD || header->p_offset >= core->file_size || !header->p_filesz ||
	    header->p_paddr + header->p_filesz < header->p_paddr)
		return;
	left = core->file_size - header->p_offset;
	core->loads[core->num_loads++] =
		(struct memory_block){.pa = header->p_paddr,
				      .size = header->p_filesz < left ? header->p_filesz : left,
				      .hva = (uint64_t)(uintptr_t)(core->file + header->p_offset)};
}

static bool core_index(struct memory_core *core, const char *path, struct error *error)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE
			   ? NULL
			   : elf_memory((char *)core->file, core->file_size);
	GElf_Ehdr header;
	GElf_Phdr segment;
	size_t count = 0;

	if (elf && gelf_getehdr(elf, &header) && header.e_type == ET_CORE &&
	    !elf_getphdrnum(elf, &count)) {
		count = count < MAX_LOADS ? count : MAX_LOADS;
		core->loads = calloc(count ? count : 1, sizeof(*core->loads));
		for (size_t i = 0; core->loads && i < count; i++)
			if (gelf_getphdr(elf, (int)i, &segment))
				core_add(core, &segment);
	}
	if (elf)
		elf_end(elf);
	return core->num_loads ||
	       error_set(error, EXIT_USAGE, "%s is no ELF core dump with memory in it", path);
}

struct memory *memory_core_create(const char *path, struct error *error)
{
	static const struct memory_ops ops = {.read = core_read,
					      .read_physical = core_read_physical,
					      .destroy = core_destroy,
					      .next_page = core_next_page};
	struct memory_core *core = calloc(1, sizeof(*core));

	if (!core) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	core->memory.ops = &ops;
	if (core_map(core, path, error) && core_index(core, path, error))
		return &core->memory;
	core_destroy(&core->memory);
	return NULL;
}
