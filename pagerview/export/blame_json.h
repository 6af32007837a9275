/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `blame` found as one JSON document (blame.schema.json is its published form). It is gathered
 * object by object while the target is looked at, and written whole at the end or not at all: half
 * an answer is none. Knows balances and holders, not how they were come by.
 */
#ifndef PAGERVIEW_BLAME_JSON_H
#define PAGERVIEW_BLAME_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "../analysis/balance.h"
#include "../model/snapshot.h"

#define BLAME_JSON_SCHEMA "1.0"

/* A place in the target's code: "function (file.c:12)", and its callers joined by " < ". */
struct blame_site {
	const char *where, *path; /* "" unknown */
};

/* What is said of one object. All texts are the caller's, needed during the call alone. */
struct blame_verdict {
	uint64_t id;
	const char *name;              /* "" unknown */
	int64_t surplus;               /* references more (+) or fewer (-) than there are holders */
	const struct balance *balance; /* NULL: `what` says all */
	const char *what;              /* without a balance: as in the schema; NULL: nobody */
	struct blame_site by;          /* of `what` */
	const struct snap_holder *const *gone, *const *come; /* while a count was watched */
	uint32_t num_gone, num_come;
	uint64_t lost;    /* events that were overwritten before they were read */
	const char *torn; /* why the moment that is judged is less than exact; NULL: it is exact */
	bool has_moments; /* the four below are known; instructions since the recording's start */
	uint64_t right_until, wrong_from, store;
	struct blame_site at, store_by; /* the first wrong moment; the last store to the count */
};

struct blame_json;

/* WAY: "events", "watch", "back" or "replay"; constant. NULL: out of memory. */
struct blame_json *blame_json_create(const char *way);
void blame_json_destroy(struct blame_json *json); /* NULL is allowed */
/*
 * A store to the count of the object that is told of next: it changed it by DELTA to COUNT.
 * INSTRUCTION: of the recording; 0: there is none.
 */
void blame_json_store(struct blame_json *json, uint64_t instruction, int64_t delta, uint64_t count,
		      const struct blame_site *by);
void blame_json_object(struct blame_json *json, const struct blame_verdict *verdict);
/* The whole document. False: a write failed, or memory was out on the way. */
bool blame_json_write(struct blame_json *json, FILE *out);

#endif
