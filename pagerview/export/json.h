/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot as JSON (snapshot.schema.json is its published form) and back. Writing keeps the
 * snapshot's order, so two snapshots of one state differ in their capture alone. Reading takes
 * any bytes: what is no snapshot is refused with the place that says so.
 */
#ifndef PAGERVIEW_JSON_H
#define PAGERVIEW_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "../analysis/diff.h"
#include "../error.h"
#include "../model/snapshot.h"

#define JSON_SCHEMA        "1.0"
#define JSON_SCHEMA_EVENTS "1.2" /* of a snapshot with events */
#define JSON_SCHEMA_SCAN   "1.3" /* of one with what a scan for pointers saw */
#define JSON_SCHEMA_LEVELS "1.4" /* of one with levels, or with what was not scanned */
#define JSON_SCHEMA_LAST   JSON_SCHEMA_LEVELS
#define JSON_MAX_BYTES     (256u << 20)

/* False: a write failed (errno says why). */
bool json_write(const struct snapshot *snapshot, FILE *out);
/* TEXT as a string of JSON, quotes and all. */
void json_write_string(const char *text, FILE *out);
/* The objects alone: what the target's state was, not how it was read. Text, no document. */
bool json_write_state(const struct snapshot *snapshot, FILE *out);
/* The same as a string, which the caller frees: equal ones, equal states. NULL: out of memory. */
char *json_state_text(const struct snapshot *snapshot);
/* The findings alone: {"schema", "findings"}. */
bool json_write_findings(const struct snapshot *snapshot, FILE *out);
/* {"schema", "changes": [{"change": "new|gone|changed", "kind", "id", "name", "what"}]}. */
bool json_write_diff(const struct diff *diff, FILE *out);

/* The snapshot in PATH; `capture.source` is "file". NULL with ERROR (EXIT_USAGE). */
struct snapshot *json_read(const char *path, struct error *error);
/* The same from LEN bytes of TEXT; PATH is for messages. */
struct snapshot *json_parse(const char *path, const char *text, size_t len, struct error *error);

#endif
