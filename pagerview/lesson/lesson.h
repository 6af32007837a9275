/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lesson: a scenario's script read for what it tells a learner. The target runs the script; this
 * is the other reading of the same file: which narration goes with which step, which view shows the
 * point, what is asked before a step is run. The directives are comments to the target:
 *
 *   # look: VIEW [OBJECT [PAGE]]       what to show at the next `step`
 *   # ask: QUESTION                    asked before the target runs on to the next `step`
 *   # answer: refs OBJECT | owners OBJECT PAGE | resident OBJECT | leaves OBJECT
 *
 * No answer stands in the file: it is counted in a snapshot of the target. Knows no screen.
 */
#ifndef PAGERVIEW_LESSON_H
#define PAGERVIEW_LESSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../error.h"
#include "../model/snapshot.h"

#define LESSON_MAX_BYTES 65536u /* of a file, as the target's own reader has it */
#define LESSON_MAX_LINE  200u   /* bytes of a line, likewise */

/* An object by the name it has in scripts: "S", "A.text", "T.libbank.text", "A.file"; "": none. */
struct lesson_name {
	char text[64];
	bool has_page;
	uint32_t page; /* within the object */
};

struct lesson_look {
	char view[16]; /* one of lesson_views; "": as it was */
	struct lesson_name object;
};

enum lesson_measure {
	LESSON_REFS,     /* references of a fobj or file: its count */
	LESSON_OWNERS,   /* areas that cover a page of it */
	LESSON_RESIDENT, /* pages of it that are in memory */
	LESSON_LEAVES, /* the number of a page of it that was in memory a step ago and is not now */
};

/* Texts are the lesson's own: one line each, UTF-8 without control characters, never NULL. */
struct lesson_step {
	const char *narration; /* all that is said on the way to the step */
	const char *before;    /* what of it is said before the question; "" without a question */
	const char *question;  /* "": nothing is asked */
	enum lesson_measure measure;
	struct lesson_name object; /* of the answer */
	struct lesson_look look;
	uint32_t line; /* of the `step` in the file, from 1 */
};

struct lesson {
	const char *title; /* "" without one */
	struct lesson_step *steps;
	uint32_t num_steps;  /* 1 at least */
	struct arena *arena; /* owns everything above */
};

/* The names that `look` knows, ended by NULL: the names of the screen's views. */
extern const char *const lesson_views[];

/*
 * Read a lesson from a file, or from LEN bytes that NAME stands for in complaints. NULL with ERROR,
 * EXIT_USAGE: "NAME line 12: ..." when it is no lesson, too long or not text.
 */
struct lesson *lesson_read(const char *path, struct error *error);
struct lesson *lesson_parse(const char *text, size_t len, const char *name, struct error *error);
void lesson_destroy(struct lesson *lesson); /* NULL is allowed */

enum lesson_kind {
	LESSON_NOTHING, /* there is no such object, or none any more */
	LESSON_CONTEXT,
	LESSON_FOBJ,
	LESSON_FILE,
};

struct lesson_object {
	enum lesson_kind kind;
	uint32_t index; /* into the snapshot's array of that kind */
};

/*
 * The object of that name. BEFORE (may be NULL) is the snapshot of the step before: an object that
 * was known by the name there and lives on is found, though who gave it the name has gone.
 */
struct lesson_object lesson_find(const struct snapshot *snapshot, const struct snapshot *before,
				 const char *name);
/*
 * What the step's question asks for, counted in SNAPSHOT, into *COUNT; 0 for an object that was
 * there in BEFORE and is gone. Where several pages left it is the one that was oldest in BEFORE.
 * False: the object is in neither, or no page of it left, so there is nothing to count.
 */
bool lesson_answer(const struct lesson_step *step, const struct snapshot *snapshot,
		   const struct snapshot *before, int64_t *count);
/* Whether GUESS is a right answer: each of several pages that left is one. */
bool lesson_accepts(const struct lesson_step *step, const struct snapshot *snapshot,
		    const struct snapshot *before, int64_t guess);
/* A sentence on how that count comes about, by the names in SNAPSHOT; cut to SIZE. */
void lesson_explain(const struct lesson_step *step, const struct snapshot *snapshot,
		    const struct snapshot *before, char *text, size_t size);

#endif
