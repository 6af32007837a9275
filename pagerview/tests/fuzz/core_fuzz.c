/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: whatever a memory dump may hold, its translation tables too. The input is opened as
 * one, read by physical address, walked from roots all over it, and searched for tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory/backends.h"
#include "memory/regimes.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define PAGES 8 /* of the dump, that serve as tables */

static void read_some(struct memory *memory, uint64_t near)
{
	static const uint64_t distances[] = {0, 1, 4095, 4096, UINT64_C(1) << 21, UINT64_MAX};
	unsigned char bytes[64];
	struct error error = {0};

	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		struct memory_request request = {
			.addr = near + distances[i], .len = sizeof(bytes), .to = bytes};

		memory_read(memory, &request, 1, &error);
		memory_read_physical(memory, &request, 1, &error);
	}
}

/* Each format, each half, from that root. */
static void walk(struct memory *memory, uint64_t root)
{
	static const enum pagewalk_format formats[] = {PAGEWALK_AARCH64, PAGEWALK_LPAE,
						       PAGEWALK_SHORT};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct pagewalk regime;

		memset(&regime, 0, sizeof(regime));
		regime.format = formats[i];
		for (int half = 0; half < 2; half++) {
			regime.half[half].root = root;
			regime.half[half].va_bits = formats[i] == PAGEWALK_AARCH64 ? 39 : 32;
		}
		memory_walk_set(memory, &regime);
		read_some(memory, 0);
		read_some(memory, UINT64_C(0xffffff8040000000));
	}
}

static void look(struct memory *memory)
{
	const struct pagewalk none = {.format = PAGEWALK_IDENTITY};
	struct regimes found = {.count = 0};
	uint64_t pa = UINT64_MAX;
	struct memory *walked = memory_walk_create(memory, &none);

	if (!walked)
		abort();
	while (regimes_search(&found, memory, &pa, UINT64_C(0xffffff8040000000), "\177ELF", 4))
		;
	pa = UINT64_MAX;
	for (int i = 0; i < PAGES && memory->ops->next_page(memory, &pa); i++) {
		read_some(walked, pa);
		walk(walked, pa);
	}
	memory_destroy(walked);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct error error = {0};
	struct memory *memory;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memory = memory_core_create(path, &error);
	if (memory)
		look(memory);
	else if (error.status != EXIT_USAGE || !error.text[0])
		abort();
	close(fd);
	return 0;
}
