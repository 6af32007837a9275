/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three stretches of physical memory: the ELF with its variables, the heap, the tables. Virtual
 * addresses that the stub is asked for are those of the same stretches.
 */
#include "fake_machine.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE        4096u
#define TABLE_BYTES (64u * PAGE)
#define STRETCHES   3

struct stretch {
	uint64_t va, pa; /* va 0: none */
	uint8_t *bytes;
	size_t size;
};

static struct stretch stretch_at(const struct machine *machine, size_t i)
{
	const struct image *image = machine->image;

	switch (i) {
	case 0:
		return (struct stretch){machine->ram_base, MACHINE_RAM, machine->ram,
					machine->ram_size};
	case 1:
		return (struct stretch){IMAGE_BASE, MACHINE_HEAP, image->heap, IMAGE_SIZE};
	default:
		return (struct stretch){0, IMAGE_PHYS, image->tables, TABLE_BYTES};
	}
}

static bool machine_read(void *target, uint64_t addr, bool physical, void *to, size_t len)
{
	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(target, i);
		uint64_t base = physical ? stretch.pa : stretch.va;

		if (base && addr >= base && addr - base < stretch.size &&
		    len <= stretch.size - (addr - base)) {
			memcpy(to, stretch.bytes + (addr - base), len);
			return true;
		}
	}
	return false;
}

static void tell_map(const struct machine *machine, char *answer, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(machine, i);

		done += (size_t)snprintf(answer + done, len - done,
					 "  %016" PRIx64 "-%016" PRIx64
					 " (prio 0, ram): ram%zu\r\n",
					 stretch.pa, stretch.pa + stretch.size - 1, i);
	}
}

static void tell_place(const struct machine *machine, uint64_t pa, char *answer, size_t len)
{
	snprintf(answer, len, "No memory is mapped at address 0x%" PRIx64 "\r\n", pa);
	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(machine, i);

		if (pa >= stretch.pa && pa - stretch.pa < stretch.size)
			snprintf(answer, len,
				 "Host virtual address for 0x%" PRIx64 " (ram) is %p\r\n", pa,
				 (void *)(stretch.bytes + (pa - stretch.pa)));
	}
}

/* Once it was put to its beginning, it goes half the way with each stop. */
static void tell_replay(struct machine *machine, char *answer, size_t len)
{
	uint64_t at = machine->replayed++ ? machine->replayed * machine->end / 4 : machine->end;

	snprintf(answer, len, "Replaying execution 'rr.bin': instruction count = %" PRIu64 "\r\n",
		 at < machine->end ? at : machine->end);
}

static bool machine_monitor(void *target, const char *command, char *answer, size_t len)
{
	struct machine *machine = target;

	if (strcmp(command, "info mtree -f") == 0)
		tell_map(machine, answer, len);
	else if (strncmp(command, "gpa2hva ", 8) == 0)
		tell_place(machine, strtoull(command + 8, NULL, 16), answer, len);
	else if (strcmp(command, "info replay") == 0)
		tell_replay(machine, answer, len);
	else if (strcmp(command, "info snapshots") == 0)
		snprintf(answer, len, "ID TAG VM SIZE ICOUNT\r\n1 init 1 MiB 0\r\n");
	else if (strncmp(command, "loadvm ", 7) && strncmp(command, "replay_break ", 13))
		return false;
	return true;
}

/* ---- its making ---- */

static void load_elf(struct machine *machine)
{
	const struct image *image = machine->image;
	const struct dwarf_segment *segments;
	size_t count = dwarf_info_segments(image->dwarf, &segments);
	uint64_t end = image->data_base + image->data_size;

	machine->ram_base = image->data_base;
	for (size_t i = 0; i < count; i++)
		if (segments[i].addr < machine->ram_base)
			machine->ram_base = segments[i].addr & ~(uint64_t)(PAGE - 1);
	machine->ram_size = (size_t)(end - machine->ram_base);
	machine->ram = calloc(1, machine->ram_size);
	if (!machine->ram)
		abort();
	for (size_t i = 0; i < count; i++)
		memcpy(machine->ram + (segments[i].addr - machine->ram_base), segments[i].bytes,
		       segments[i].file_size);
	memcpy(machine->ram + (image->data_base - machine->ram_base), image->data,
	       image->data_size);
}

void machine_create(struct machine *machine, struct image *image)
{
	memset(machine, 0, sizeof(*machine));
	machine->image = image;
	machine->end = 4000000;
	machine->root = image_new_table(image);
	load_elf(machine);
	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(machine, i);

		for (size_t at = 0; stretch.va && at < stretch.size; at += PAGE)
			image_map(image, machine->root, stretch.va + at, stretch.pa + at, 0x400);
	}
	machine->fake = (struct fake_config){.qemu = true,
					     .was_running = true,
					     .packet_size = 4096,
					     .read = machine_read,
					     .monitor = machine_monitor,
					     .target = machine,
					     .tables = machine->root};
}

void machine_destroy(struct machine *machine)
{
	free(machine->ram);
}

void machine_begin(struct machine *machine)
{
	machine->replayed = 0;
	machine->stub = fake_stub_begin(&machine->fake);
}

struct fake_seen machine_end(struct machine *machine)
{
	struct fake_seen seen = fake_stub_end(machine->stub);

	machine->stub = NULL;
	return seen;
}

/* ---- a dump ---- */

void machine_dump(const struct machine *machine, const char *path)
{
	Elf64_Ehdr header = {.e_type = ET_CORE,
			     .e_machine = EM_AARCH64,
			     .e_version = EV_CURRENT,
			     .e_phoff = sizeof(header),
			     .e_ehsize = sizeof(header),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = STRETCHES};
	uint64_t offset = sizeof(header) + STRETCHES * sizeof(Elf64_Phdr);
	FILE *file = fopen(path, "w");

	if (!file)
		abort();
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_ident[EI_VERSION] = EV_CURRENT;
	fwrite(&header, sizeof(header), 1, file);
	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(machine, i);
		Elf64_Phdr load = {.p_type = PT_LOAD,
				   .p_offset = offset,
				   .p_paddr = stretch.pa,
				   .p_filesz = stretch.size,
				   .p_memsz = stretch.size};

		fwrite(&load, sizeof(load), 1, file);
		offset += stretch.size;
	}
	for (size_t i = 0; i < STRETCHES; i++) {
		struct stretch stretch = stretch_at(machine, i);

		fwrite(stretch.bytes, stretch.size, 1, file);
	}
	if (fclose(file) != 0)
		abort();
}
