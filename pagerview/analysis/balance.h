/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balance of one object's references: its gets and puts by call path, matched pairs folded
 * away, what a living holder stands for set aside, and on top what has no partner. Knows the log
 * of references and one snapshot, that of the moment which is judged.
 */
#ifndef PAGERVIEW_BALANCE_H
#define PAGERVIEW_BALANCE_H

#include "../model/snapshot.h"
#include "reflog.h"

enum balance_state {
	BALANCE_CULPRIT, /* no partner, and nobody holds it: a get never put, a put too many */
	BALANCE_FALSE,   /* the count did not move as it should have */
	BALANCE_OPEN,    /* no partner, for which a holder stands */
	BALANCE_PAIRED,  /* folded away */
};

/* Events of one call path that came to the same. */
struct balance_row {
	enum balance_state state;
	int sign; /* +1 get or new, -1 put */
	bool is_new;
	const char *where, *path; /* the log's own */
	uint32_t times;
	uint64_t seq; /* of the last of them; 0: a change of the count without an event */
};

struct balance {
	uint64_t id;
	const char *name, *kind;
	int64_t refcount; /* as in the snapshot; of an object that is gone 0 */
	uint32_t num_holders;
	int64_t surplus; /* since `before` */
	bool gone;       /* freed, and yet somebody holds it */
	bool incomplete; /* the log does not reach back to the object's making */
	uint32_t num_events, num_pairs;
	struct balance_row *rows; /* by state, then the latest first */
	uint32_t num_rows;
	const char
		*partner;  /* of a get without put: where such gets are put elsewhere; "" unknown */
	const char *rival; /* of the first culprit: a get that may be it as well; "" none */
	struct arena *arena;
};

/*
 * Judge the object at ID by LOG and the holders that SNAPSHOT names; both must outlive the result.
 * BEFORE is the moment at which the log begins: what was held or wrong with it by then is not for
 * the log to explain. NULL: it reaches back to the object's making. The result is NULL where the
 * log has nothing of the object, or memory is out.
 */
struct balance *balance_create(const struct reflog *log, const struct snapshot *before,
			       const struct snapshot *snapshot, uint64_t id);
void balance_destroy(struct balance *balance); /* NULL is allowed */

#endif
