/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF core dump as `dump-guest-memory` writes it: LOAD segments, whose p_paddr says where the
 * bytes lay in physical memory; one that reaches beyond the file's end is cut there. The file is
 * read where it is asked for, in windows, so that a dump of gigabytes costs nothing, and one that
 * is cut while it is looked at costs an error: mapped, it would cost the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends.h"

#define MAX_LOADS 1024
#define WINDOW    16384u
#define WINDOWS   64u /* a search goes through the tables that each page would be */

struct window {
	uint64_t number; /* of the file, from 1; 0: none */
	size_t len;      /* less than WINDOW at the file's end */
	unsigned char bytes[WINDOW];
};

struct memory_core {
	struct memory memory;
	char *path;
	int fd;
	uint64_t file_size;
	struct memory_block *loads; /* hva: the place in the file */
	size_t num_loads;
	struct window *windows; /* by number */
};

/* Where PA .. PA + LEN lies in the file. False: nowhere. */
static bool load_find(const struct memory_core *core, uint64_t pa, size_t len, uint64_t *place)
{
	for (size_t i = 0; i < core->num_loads; i++) {
		const struct memory_block *load = &core->loads[i];

		if (pa >= load->pa && pa - load->pa < load->size &&
		    len <= load->size - (pa - load->pa)) {
			*place = load->hva + (pa - load->pa);
			return true;
		}
	}
	return false;
}

/* As many of LEN bytes as there are. */
static size_t read_file(const struct memory_core *core, uint64_t place, void *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(core->fd, (char *)to + done, len - done, (off_t)(place + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static const struct window *window_get(struct memory_core *core, uint64_t place)
{
	uint64_t number = place / WINDOW + 1;
	struct window *window = &core->windows[number % WINDOWS];

	if (window->number != number) {
		window->number = number;
		window->len = read_file(core, place - place % WINDOW, window->bytes, WINDOW);
	}
	return window;
}

/* False: the file is shorter than it was. */
static bool read_bytes(struct memory_core *core, uint64_t place, char *to, size_t len)
{
	if (len >= WINDOW)
		return read_file(core, place, to, len) == len;
	for (size_t done = 0; done < len;) {
		const struct window *window = window_get(core, place + done);
		size_t in = (place + done) % WINDOW;
		size_t part = len - done < WINDOW - in ? len - done : WINDOW - in;

		if (in + part > window->len)
			return false;
		memcpy(to + done, window->bytes + in, part);
		done += part;
	}
	return true;
}

static bool core_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			       struct error *error)
{
	struct memory_core *core = (struct memory_core *)memory;
	uint64_t place;

	for (size_t i = 0; i < count; i++) {
		if (!load_find(core, requests[i].addr, requests[i].len, &place))
			continue;
		requests[i].ok = read_bytes(core, place, requests[i].to, requests[i].len);
		if (!requests[i].ok)
			return error_set(error, EXIT_CONNECTION,
					 "%s has become shorter while it was looked at",
					 core->path);
		core->memory.stats.bytes += requests[i].len;
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

	if (core->fd >= 0)
		close(core->fd);
	free(core->windows);
	free(core->loads);
	free(core->path);
	free(core);
}

static bool core_open(struct memory_core *core, const char *path, struct error *error)
{
	struct stat status;

	core->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (core->fd >= 0 && fstat(core->fd, &status) == 0) {
		core->file_size = (uint64_t)status.st_size;
		if (S_ISREG(status.st_mode) && status.st_size > 0)
			return true;
		errno = EINVAL;
	}
	return error_set(error, EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
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
				      .hva = header->p_offset};
}

static bool core_index(struct memory_core *core, Elf *elf, struct error *error)
{
	GElf_Ehdr header;
	GElf_Phdr segment;
	size_t count = 0;

	if (elf && gelf_getehdr(elf, &header) && header.e_type == ET_CORE &&
	    !elf_getphdrnum(elf, &count) && count) {
		count = count < MAX_LOADS ? count : MAX_LOADS;
		core->loads = calloc(count, sizeof(*core->loads));
		if (!core->loads)
			return error_set(error, EXIT_CONNECTION, "out of memory");
		for (size_t i = 0; i < count; i++)
			if (gelf_getphdr(elf, (int)i, &segment))
				core_add(core, &segment);
	}
	return core->num_loads ||
	       error_set(error, EXIT_USAGE, "%s is no ELF core dump with memory in it", core->path);
}

static bool core_read_index(struct memory_core *core, struct error *error)
{
	Elf *elf =
		elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(core->fd, ELF_C_READ, NULL);
	bool done = core_index(core, elf, error);

	if (elf)
		elf_end(elf);
	return done;
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
	core->fd = -1;
	core->path = strdup(path);
	core->windows = calloc(WINDOWS, sizeof(*core->windows));
	if (!core->path || !core->windows)
		error_set(error, EXIT_CONNECTION, "out of memory");
	else if (core_open(core, path, error) && core_read_index(core, error))
		return &core->memory;
	core_destroy(&core->memory);
	return NULL;
}
