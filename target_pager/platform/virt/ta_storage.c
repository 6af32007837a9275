/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TA storage: the files of TAs and libraries as the untrusted world keeps them, read once at boot
 * into a region that the core maps read-only. What is in them is the loader's to judge.
 */
#include <string.h>

#include "core/arch.h"
#include "core/loader.h"
#include "memory_map.h"
#include "platform.h"

#define TA_PREFIX "opt/pagerview/ta/"
#define MAX_TAS   32u

struct stored_ta {
	char name[NAME_LEN];
	const void *bytes;
	size_t len;
};

/* Written at boot only. */
static struct stored_ta tas[MAX_TAS];
static unsigned int num_tas;
static uint32_t storage_used;

const void *ta_storage_add(const struct fw_cfg_file *file)
{
	paddr_t pa = TA_STORAGE_BASE + storage_used;

	if (file->len > TA_STORAGE_SIZE - storage_used)
		platform_refuse("%s: %u bytes do not fit into the %u left of TA storage",
				file->name, file->len, TA_STORAGE_SIZE - storage_used);
	fw_cfg_read(file, pa, file->len);
	storage_used += (file->len + (uint32_t)PAGE_MASK) & ~(uint32_t)PAGE_MASK;
	if (storage_used > TA_STORAGE_SIZE)
		storage_used = TA_STORAGE_SIZE;
	return phys_to_virt(pa);
}

static void add_ta(const struct fw_cfg_file *file)
{
	const char *name = file->name + strlen(TA_PREFIX);

	if (num_tas == MAX_TAS)
		platform_refuse("%s: there is room for %u TAs", file->name, MAX_TAS);
	if (*name == 0 || strlen(name) >= NAME_LEN)
		platform_refuse("%s: a TA's name has 1 to %d letters", file->name, NAME_LEN - 1);
	strcpy(tas[num_tas].name, name);
	tas[num_tas].bytes = ta_storage_add(file);
	tas[num_tas].len = file->len;
	num_tas++;
}

void ta_storage_init(void)
{
	unsigned int count = fw_cfg_count();
	struct fw_cfg_file file;

	for (unsigned int i = 0; i < count; i++) {
		fw_cfg_entry(i, &file);
		if (strncmp(file.name, TA_PREFIX, strlen(TA_PREFIX)) == 0)
			add_ta(&file);
	}
}

const void *ta_storage_find(const char *name, size_t *len)
{
	for (unsigned int i = 0; i < num_tas; i++) {
		if (strcmp(tas[i].name, name) == 0) {
			*len = tas[i].len;
			return tas[i].bytes;
		}
	}
	return NULL;
}
