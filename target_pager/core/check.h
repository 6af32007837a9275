/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one checker of every invariant: rules 1 to 5 and the lists' own shape. It changes nothing,
 * and reports each breach by its rule's name. Lock held.
 */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include "types.h"

/* Called for each breach: the rule's short name, the object's name and address, and a sentence. */
typedef void (*check_report)(void *arg, const char *rule, const char *object, const void *address,
			     const char *text);

/* Number of breaches, 0 when all holds. REPORT may be NULL. */
unsigned int check_all(check_report report, void *arg);

/* Named holders of an object, counted anew: what its reference count ought to be (rule 3). Lock
 * held. */
struct fobj;
struct file;
unsigned int check_fobj_holders(const struct fobj *fobj);
unsigned int check_file_holders(const struct file *file);

#endif
