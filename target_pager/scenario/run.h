/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: a parsed script, where it is, and what its names stand for in the core. Private to
 * scenario/. One run at a time, in one thread; what it points to in the core is guarded there.
 */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

#include "../core/context.h"
#include "../core/handle.h"
#include "../core/inject.h"
#include "parse.h"
#include "scenario.h"

#define RUN_MAX_SECTIONS 24u /* areas remembered of an instance: its own and its library's */

/*
 * An object's address to ask after it by, kept as its complement: it is no pointer, and whoever
 * looks through memory for pointers that were left behind shall not find the judge's. 0: none.
 */
typedef uintptr_t object_key;
static inline object_key object_to_key(const void *object)
{
	return object ? ~(uintptr_t)object : 0;
}
static inline const void *object_of_key(object_key key)
{
	return key ? (const void *)~key : NULL;
}

/*
 * What an instance had when it was loaded. The pointers may dangle once it is closed or dead:
 * object_find() believes one only while the core still lists an object of that address and name,
 * so that a script can ask after what was, or was not, left behind.
 */
struct run_instance {
	struct context *context; /* NULL: not open, or its load failed */
	object_key file;
	unsigned int num_sections;
	struct {
		char area[NAME_LEN]; /* "text", "libbank.text" */
		char name[NAME_LEN]; /* the fobj's own */
		object_key fobj;
	} sections[RUN_MAX_SECTIONS];
	bool started;           /* a command was started and not waited for */
	bool kept;              /* `fault keep-session`: its `close` will not close */
	unsigned int last_line; /* of its last command */
	bool death_seen;
	unsigned int death_line; /* it died there, and no later `expect` says so; 0: none */
};

struct run_shared {
	struct handle *handle; /* NULL: not made, or freed */
	object_key fobj;       /* of what it was, as above */
};

/* What must be as it was, once all is closed. */
struct run_baseline {
	size_t heap_bytes;
	unsigned int free_pages, free_tables, store_pages, secure_pages, bad_puts;
};

struct run {
	struct script *script;
	const struct scenario_options *options;
	const struct script_line *line; /* the one that is running */
	unsigned int index;             /* of it in the script */
	unsigned int steps;
	bool begun; /* the pager is up */
	bool failed;
	unsigned int alloc_fault_line; /* of a `fault fail-alloc` not yet met; 0: none */
	bool faulty;                   /* reference counts are wrong on purpose */
	unsigned int armed_line;       /* of the last `fault skip-put` and so on; 0: none */
	uint64_t pool, cpus, seed;
	struct run_baseline baseline;
	struct run_instance instances[SCRIPT_MAX_INSTANCES];
	struct run_shared shared[SCRIPT_MAX_SHARED];
};

/* Print "line N: ..." and fail the run; false, so that a caller can return it. */
bool run_fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "A.text" or "S", into TEXT of LEN bytes; returns TEXT. */
const char *object_name(const struct run *run, const struct script_object *object, char *text,
			size_t len);
/* The fobj that OBJECT names, or NULL: there is none (any more). Lock held. */
struct fobj *object_find(const struct run *run, const struct script_object *object);
/* For `A.file`: the file, or NULL. Lock held. */
struct file *object_find_file(const struct run *run, const struct script_object *object);
bool object_is_file(const struct script_object *object);
/* Note what INSTANCE, just loaded, is made of. Lock held. */
void object_remember(struct run_instance *instance);

/* Does the `expect` at the run's line hold? Otherwise the run fails. Takes the pager lock. */
bool expect_line(struct run *run);

/* What must be so again at the end. No lock held. */
void baseline_take(struct run_baseline *baseline);
/* Everything is closed: name what is left over, compare with the baseline; how many complaints. */
unsigned int baseline_compare(const struct run_baseline *baseline);
/* Check every invariant now, print each breach; how many. Takes the pager lock. */
unsigned int findings_print(void);
/* "faults 12 (loaded 7 ...), loads ..." */
void counters_print(const char *verdict);

#endif
