/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source: the target we look at, and the best way to its memory. It owns the connection to the
 * stub and the memory above it, chooses the way, and says in a sentence which one and why no
 * better. Ways, best first: local (QEMU's own memory on this host, the guest runs on), stub by
 * physical address with a page-table walk of our own (readable at any exception level), stub by
 * virtual address. No way is believed before it has read something known (struct source_proof).
 *
 * Usual order: source_open (the target stands still now), registers for the slide through
 * source_client(), source_settle with proofs, then per snapshot
 *     source_pause_begin - memory_read ... - source_pause_end
 * or, where source_is_live(), memory_read alone after source_refresh.
 */
#ifndef PAGERVIEW_SOURCE_H
#define PAGERVIEW_SOURCE_H

#include "../error.h"
#include "../rsp/client.h"
#include "memory.h"

enum source_way {
	SOURCE_AUTO,  /* wanted: the best there is */
	SOURCE_LOCAL, /* QEMU's memory read on this host */
	SOURCE_STUB,  /* `m` packets */
	SOURCE_EL3,   /* the same, of a CPU that is moved to EL3 for each of them */
	SOURCE_DUMP,  /* an ELF core dump */
};

struct source_config {
	struct rsp_config rsp; /* address NULL with CORE_PATH */
	enum source_way
		way; /* wanted: `--read`; a way that is asked for by name and fails is an error */
	const char *core_path; /* an ELF core dump instead of a connection; NULL: none */
};

/* LEN bytes that must be found at virtual ADDR (slide included), or the way is not believed. */
struct source_proof {
	uint64_t addr;
	const void *bytes;
	size_t len;
};

struct source;

/* Connect (or open the dump). NULL with ERROR. The config is copied but for its strings. */
struct source *source_open(const struct source_config *config, struct error *error);
/*
 * Choose and prove the way. The target must stand still; it does after source_open(). False with
 * ERROR (EXIT_LAYOUT when memory is readable but is not what the proofs say: other ELF or slide).
 * May be called again with other proofs.
 */
bool source_settle(struct source *source, const struct source_proof *proofs, size_t count,
		   struct error *error);
/*
 * Physical addresses of translation tables to try besides those in the CPUs' registers, for a core
 * whose tables no CPU has in its registers now. Before source_settle().
 */
bool source_add_table(struct source *source, uint64_t root_pa);
/*
 * End: the target is left as configured (rsp.leave). NULL is allowed. False: as rsp_close() says,
 * it may stand still.
 */
bool source_close(struct source *source);

struct memory *source_memory(struct source *source);     /* NULL before source_settle() */
struct rsp_client *source_client(struct source *source); /* NULL for a dump */
enum source_way source_way(const struct source *source); /* the one in use */
const char *source_name(const struct source *source);    /* "local", "stub", "core": the JSON's */
/* "local: QEMU's memory (process 123), the guest is not stopped"; "stub: ...; not local: ...". */
const char *source_sentence(const struct source *source);
/* True: memory can be read while the target runs; pausing is only for exactness. */
bool source_is_live(const struct source *source);

/* True: what is read does not hang on what the stopped CPU may see. */
bool source_sees_always(const struct source *source);

/* Forget cached translations and registers; before each reading of a target that runs. */
void source_refresh(struct source *source);
/*
 * Stop the target if it runs (and remember that it did), start the clock, forget what was cached.
 * May not be nested.
 */
bool source_pause_begin(struct source *source, struct error *error);
/*
 * Resume it if pause_begin stopped it, and leave the CPU to who may wait for it to do so.
 * PAUSE_US: from our wish to stop it to our word to go on, which is about as long as it stood still
 * (each takes a while to get there); 0 if it stood anyway.
 */
bool source_pause_end(struct source *source, uint64_t *pause_us, struct error *error);

#endif
