/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: a stub's description of its registers, which includes itself. */
#include <stdlib.h>
#include <string.h>

#include "rsp/features.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct input {
	const unsigned char *data;
	size_t size;
};

static char *fetch(void *context, const char *name, size_t *len)
{
	const struct input *input = context;
	char *copy = malloc(input->size ? input->size : 1);

	(void)name;
	if (copy)
		memcpy(copy, input->data, input->size);
	*len = input->size;
	return copy;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input input = {data, size};
	struct features features = {0};

	features_read(&features, "target.xml", fetch, &input);
	features_finish(&features);
	if (features.count > FEATURES_MAX_REGISTERS)
		abort();
	features_find(&features, "TTBR1_EL1");
	features_free(&features);
	return 0;
}
