/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds: which of the moments seen are the same point of a workload, and what there was at each of
 * them (analysis/growth.h). A rule says which: the moment after every close of a context, every
 * step, every event of a kind, every refresh, or those that the user marks. What is torn or partial
 * is no point: the next whole moment stands for it. Knows no screen.
 */
#ifndef PAGERVIEW_UI_ROUNDS_H
#define PAGERVIEW_UI_ROUNDS_H

#include "../analysis/growth.h"
#include "history.h"
#include "scene.h"

/* X(identifier, key in the menu, what makes a point) */
#define ROUND_RULES(X)                                                                             \
	X(CLOSE, 'c', "close of a context")                                                        \
	X(OPEN, 'o', "open of a context")                                                          \
	X(STEP, 's', "step")                                                                       \
	X(EVENT, 'e', "event of a kind ...")                                                       \
	X(REFRESH, 'r', "refresh that shows a change")                                             \
	X(MARK, 'm', "moment that `a` marks")

enum round_rule {
#define X(id, key, what) ROUND_##id,
	ROUND_RULES(X)
#undef X
		NUM_ROUND_RULES
};
struct round_rule_info {
	char key;
	const char *what;
};
extern const struct round_rule_info round_rules[NUM_ROUND_RULES];

#define ROUND_KINDS 32 /* kinds of events that are told apart */
#define ROUND_MARKS 64 /* moments that are marked by hand */

struct rounds {
	enum round_rule rule;
	char event[24];        /* of ROUND_EVENT: the kind */
	struct growth *growth; /* a point's label is its moment's number */
	struct moment *first;  /* the first point's, held; NULL: there is no point yet */
	uint32_t shown;        /* points up to the moment on screen */
	uint64_t marks[ROUND_MARKS];
	unsigned num_marks;
	bool due;                    /* a point was in a moment that is not exact */
	bool short_past;             /* points may be missing: their moments are kept no longer */
	uint64_t seen;               /* moments that were added */
	uint32_t looked_at, look_to; /* of a recording: moments; all, when they are the same */
	uint64_t version;
	struct moment *before;       /* the last one that was added, held */
	char kinds[ROUND_KINDS][24]; /* kinds of events seen so far, by their bit */
	unsigned num_kinds;
	uint32_t pending;       /* kinds that happened where the target has no ring */
	struct round_key *keys; /* what there was at the first point, sorted; owned */
	uint32_t num_keys;
	struct round_news *news; /* of the scene NEWS_OF at version NEWS_AT; owned */
	uint32_t num_news;
	uint64_t news_of, news_at;
};

bool rounds_init(struct rounds *rounds); /* false: out of memory */
void rounds_deinit(struct rounds *rounds);

/* The bits of the kinds of events in SNAPSHOT, and of those told by rounds_happened(). */
uint32_t rounds_kinds(struct rounds *rounds, const struct snapshot *snapshot);
/* An event of the kind led to the next snapshot, whose events need not say so. */
void rounds_happened(struct rounds *rounds, const char *kind);
/* The next moment, in order; what happened up to it is in MOMENT->happened. */
void rounds_add(struct rounds *rounds, struct moment *moment);
/*
 * Count everything anew by the rule that holds now, from the moments that HISTORY has: at once, but
 * of a recording step by step, by rounds_look().
 */
void rounds_rebuild(struct rounds *rounds, const struct history *history);
/* Look at the next few moments of a recording. */
void rounds_look(struct rounds *rounds, const struct history *history);
/* The points up to MOMENT are those that are shown. */
void rounds_show(struct rounds *rounds, const struct moment *moment);
/* Mark the moment by hand, or no longer, for the next rounds_rebuild(). False: there is no room. */
bool rounds_mark(struct rounds *rounds, const struct moment *moment);
bool rounds_is_marked(const struct rounds *rounds, const struct moment *moment);

/* What is in a snapshot and was not there at the first point, or not so. */
struct round_news {
	uint32_t row; /* of the growth's, that it counts in */
	struct ref ref;
	const char *name; /* the snapshot's; "" it has none */
};
/* Work out `news` for SCENE, unless that is done already: by row, in the target's order. */
void rounds_find_news(struct rounds *rounds, const struct scene *scene);

#endif
