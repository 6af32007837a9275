/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stub's description of its registers (`qXfer:features`): names, numbers, sizes. A reader of just
 * the two kinds of tags that matter, `<reg ...>` and `<xi:include ...>`; all else is skipped, and
 * nothing in the text can make it read beyond its end. Internal to rsp/.
 */
#ifndef PAGERVIEW_RSP_FEATURES_H
#define PAGERVIEW_RSP_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEATURES_MAX_REGISTERS 4096
#define FEATURES_MAX_DOCUMENTS 32
#define FEATURES_NAME_LEN      48

struct features_register {
	char name[FEATURES_NAME_LEN];
	uint32_t number; /* as `p` wants it */
	uint32_t bytes;  /* size */
	uint32_t offset; /* in the answer to `g`, bytes; set by features_finish() */
};

struct features {
	struct features_register *registers;
	size_t count;
	uint32_t next_number; /* of a register that does not say its own */
	unsigned int documents;
	bool no_memory; /* there are more than these */
};

/* Whole text of document NAME, malloc'ed, its length to LEN; NULL: there is none. */
typedef char *(*features_fetch)(void *context, const char *name, size_t *len);

/* Read document NAME and all that it includes. False when NAME cannot be fetched or memory is out.
 */
bool features_read(struct features *features, const char *name, features_fetch fetch,
		   void *context);
/* Lay the registers out as `g` sends them, in the order of their numbers. */
void features_finish(struct features *features);
void features_free(struct features *features);
/* By name, case ignored; NULL: none. "X_EL1" finds "X" where there is no such. */
const struct features_register *features_find(const struct features *features, const char *name);

#endif
