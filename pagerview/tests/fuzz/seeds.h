/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test programs that run a fuzz target without libFuzzer: its seeds as they are, then a number
 * of mutations of each from a fixed seed, so that `make check` repeats what it found.
 */
#ifndef PAGERVIEW_FUZZ_SEEDS_H
#define PAGERVIEW_FUZZ_SEEDS_H

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*fuzz_target)(const unsigned char *data, size_t size);

#define FUZZ_MAX_SEED (1u << 17)

/* Flip, overwrite, cut or repeat a few bytes; the new size. */
static inline size_t fuzz_mutate(unsigned char *data, size_t size)
{
	for (int n = 1 + rand() % 4; n && size; n--) {
		size_t at = (size_t)rand() % size, len = (size_t)rand() % (size - at) % 64;

		switch (rand() % 5) {
		case 0:
			data[at] ^= (unsigned char)(1 << rand() % 8);
			break;
		case 1:
			data[at] = (unsigned char)rand();
			break;
		case 2:
			memset(data + at, rand() & 1 ? 0xff : 0, len);
			break;
		case 3:
			memmove(data + at, data + at + len, size - at - len);
			size -= len;
			break;
		default:
			if (size + len > FUZZ_MAX_SEED)
				break;
			memmove(data + at + len, data + at, size - at);
			size += len;
		}
	}
	return size;
}

/* The file at PATH, then COUNT mutations of it; inputs run. */
static inline size_t fuzz_run_file(fuzz_target target, const char *path, unsigned int count)
{
	static unsigned char seed[FUZZ_MAX_SEED], mutated[FUZZ_MAX_SEED];
	FILE *file = fopen(path, "rb");
	size_t size;

	assert(file);
	size = fread(seed, 1, sizeof(seed), file);
	fclose(file);
	target(seed, size);
	for (unsigned int i = 0; i < count; i++) {
		size_t len;
		unsigned char *exact;

		memcpy(mutated, seed, size);
		len = fuzz_mutate(mutated, size);
		/* On the heap, so that a read beyond the end is seen. */
		exact = malloc(len ? len : 1);
		assert(exact);
		memcpy(exact, mutated, len);
		target(exact, len);
		free(exact);
	}
	return 1 + count;
}

/* All files of FOLDER. */
static inline size_t fuzz_run_folder(fuzz_target target, const char *folder, unsigned int count)
{
	struct dirent **list;
	int n = scandir(folder, &list, NULL, alphasort);
	size_t inputs = 0;

	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			inputs += fuzz_run_file(target, path, count);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return inputs;
}

#endif
