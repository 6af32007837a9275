/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario's text as an array of checked lines. Knows the language, no object of the core; runs
 * on the host as it does on the target. The text is hostile: every name, number and length is
 * bounded, and the first error is reported with its line.
 */
#ifndef SCENARIO_PARSE_H
#define SCENARIO_PARSE_H

#include "../core/types.h"

#define SCRIPT_MAX_TEXT      65536u /* bytes of a script */
#define SCRIPT_MAX_LINE      200u   /* bytes of a line */
#define SCRIPT_MAX_INSTANCES 32u    /* names of instances in one script */
#define SCRIPT_MAX_SHARED    32u    /* names of shared objects in one script */
#define SCRIPT_MIN_POOL      8u     /* pages: one instruction may need four, and two CPUs fault */
#define SCRIPT_MAX_POOL      8192u
#define SCRIPT_NUMBERS       4u /* the most numbers in one line */

/*
 * The language, once: the enum's name, the words that begin a line, and its arguments. A word of
 * the arguments says what is taken: TEXT the rest of the line; A an instance; S a shared object;
 * OBJ either `S` or `A.section`; TA a TA's name; CMD a TA command of TA_COMMANDS; words with `|`
 * one of these; anything else a number. Arguments in brackets may be left out.
 */
#define SCRIPT_COMMANDS(X)                                                                         \
	X(TITLE, "title", "TEXT")                                                                  \
	X(SAY, "say", "TEXT")                                                                      \
	X(STEP, "step", "")                                                                        \
	X(POOL, "pool", "N")                                                                       \
	X(CPUS, "cpus", "N")                                                                       \
	X(SEED, "seed", "N")                                                                       \
	X(OPEN, "open", "A TA")                                                                    \
	X(CLOSE, "close", "A")                                                                     \
	X(INVOKE, "invoke", "A CMD")                                                               \
	X(START, "start", "A CMD")                                                                 \
	X(WAIT, "wait", "A")                                                                       \
	X(SHM, "shm", "S N [paged|unpaged|locked]")                                                \
	X(FREE, "free", "S")                                                                       \
	X(MAP, "map", "A S [ro|rw] [FIRST] [COUNT]")                                               \
	X(UNMAP, "unmap", "A S")                                                                   \
	X(PROTECT, "protect", "A S ro|rw [FIRST] [COUNT]")                                         \
	X(SKIP_PUT, "fault skip-put", "OBJ")                                                       \
	X(DOUBLE_PUT, "fault double-put", "OBJ")                                                   \
	X(SKIP_GET, "fault skip-get", "OBJ")                                                       \
	X(SKIP_FREE, "fault skip-free", "OBJ")                                                     \
	X(KEEP_SESSION, "fault keep-session", "A")                                                 \
	X(FLIP_BIT, "fault flip-bit", "OBJ PAGE [data|tag|iv] [BIT]")                              \
	X(FAIL_ALLOC, "fault fail-alloc", "N")                                                     \
	X(EXPECT_REFS, "expect refs", "OBJ N")                                                     \
	X(EXPECT_OWNERS, "expect owners", "OBJ PAGE N")                                            \
	X(EXPECT_RESIDENT, "expect resident", "OBJ N")                                             \
	X(EXPECT_FAULTS, "expect faults", "A N")                                                   \
	X(EXPECT_STATE, "expect state", "A alive|dead|closed")                                     \
	X(EXPECT_SAME, "expect same", "OBJ OBJ")                                                   \
	X(EXPECT_FREE_PAGES, "expect free-pages", "N")                                             \
	X(END, "end", "")

enum script_command {
#define X(name, words, arguments) COMMAND_##name,
	SCRIPT_COMMANDS(X)
#undef X
};

/* What the TAs understand; with a TA's name where only that one does. SECTION may be a mapped S. */
#define TA_COMMANDS(X)                                                                             \
	X("touch", "SECTION FIRST COUNT", NULL)                                                    \
	X("write", "SECTION FIRST COUNT SEED", NULL)                                               \
	X("verify", "SECTION FIRST COUNT SEED", NULL)                                              \
	X("sweep", "SECTION STEP", NULL)                                                           \
	X("exec", "FIRST COUNT", NULL)                                                             \
	X("churn", "ROUNDS SEED", NULL)                                                            \
	X("greet", "", "greeter")                                                                  \
	X("count", "N", "counter")                                                                 \
	X("deposit", "AMOUNT", "teller")                                                           \
	X("audit", "ROUNDS", "ledger")                                                             \
	X("wild", "ADDR", "hostile")                                                               \
	X("write-text", "", "hostile")                                                             \
	X("exec-data", "", "hostile")                                                              \
	X("overrun-stack", "", "hostile")                                                          \
	X("bad-syscall", "N", "hostile")                                                           \
	X("fuzz-syscalls", "ROUNDS SEED", "hostile")                                               \
	X("panic", "", "hostile")

/* A `|` choice is kept as the number of the word chosen, 0 for the first; this if left out. */
#define CHOICE_NONE (-1)

/* What OBJ names. */
struct script_object {
	int instance;           /* index into instances, or -1: a shared object */
	int shared;             /* index into shared, or -1 */
	char section[NAME_LEN]; /* of the instance: "text", "libbank.text", "file" ...; or "" */
};

struct script_line {
	unsigned int number; /* of the line in the text, from 1 */
	enum script_command command;
	const char *text;                /* TEXT, or the words of CMD as written; else NULL */
	int instance, shared;            /* of A and S, or -1 */
	struct script_object objects[2]; /* of OBJ; of CMD's SECTION the first */
	char ta[NAME_LEN];               /* of TA */
	const char *ta_command;          /* the first word of CMD, or NULL */
	int choice;                      /* of the one `|` word, or CHOICE_NONE */
	unsigned int num_numbers;        /* how many of `numbers` were given, in their order */
	uint64_t numbers[SCRIPT_NUMBERS];
};

struct script {
	struct script_line *lines; /* num_lines of them, comments and blank lines left out; owned */
	unsigned int num_lines;
	char *text; /* the words that lines point to; owned */
	char instances[SCRIPT_MAX_INSTANCES][NAME_LEN];
	char shared[SCRIPT_MAX_SHARED][NAME_LEN];
	unsigned int num_instances, num_shared;
	unsigned int error_line; /* 0: no error */
	char error[120];         /* what is wrong in that line */
};

/*
 * Parse TEXT (LEN bytes, not changed, not kept) and check all that can be known before a run. On
 * an error false: `error_line` and `error` say what. The caller ends with script_deinit() in
 * either case.
 */
bool script_parse(struct script *script, const char *text, size_t len,
		  bool (*ta_exists)(const char *name));
void script_deinit(struct script *script);

/* Record the first error; false, so that a caller can return it. */
bool script_error(struct script *script, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The words that begin COMMAND's line: "expect refs". */
const char *script_command_words(enum script_command command);

/*
 * The rules about the order of lines (rules.c): what must be open, mapped or running at each, what
 * comes first and last. Called by script_parse().
 */
bool script_check_order(struct script *script);

/* Is there an `expect state` of CHOICE for INSTANCE after line FROM (an index) and before the next
 * `open` of it? */
bool script_expects_state(const struct script *script, unsigned int from, int instance, int choice);
enum { STATE_ALIVE, STATE_DEAD, STATE_CLOSED }; /* the order in SCRIPT_COMMANDS */

#endif
