/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session: everything between the command line and snapshots of one target. It opens the source
 * that the options name, finds the profile that fits, proves that memory holds that very ELF, runs
 * to where `--until` says and then delivers snapshots through `struct live`. All that it started or
 * stopped is undone by live_close().
 */
#ifndef PAGERVIEW_SESSION_H
#define PAGERVIEW_SESSION_H

#include "error.h"
#include "model/live.h"
#include "options.h"

/*
 * OPTIONS must outlive the session. ABORT_FD becomes readable when all waiting must end. NULL with
 * ERROR: nothing is left behind then.
 */
struct live *session_open(const struct options *options, int abort_fd, struct error *error);
/*
 * What the last session to be closed leaves to be said, one line without its end, "" nothing: that
 * the target may stand still, and what to do. Whoever closes says it once the terminal is his
 * again.
 */
const char *session_last_words(void);

/*
 * Given the events that are new: BATCH has nothing but `events`, `events_lost` and `events_head`.
 * Where objects were made, NAMES is a snapshot on trust to look their names up in; else NULL. Both
 * are gone afterwards.
 */
typedef void session_watcher(void *arg, const struct snapshot *batch, const struct snapshot *names);
/*
 * Let a session that was opened with `hold` run on: to STOP ("end", "done", "step"), or with NULL
 * to where `--until` says, or without that until it ends. WATCHER (may be NULL) is told of the
 * target's events meanwhile, the last of them included. It stands still then. False with ERROR: the
 * target ended, did not come there in time, or has no ring while there is a WATCHER.
 */
bool session_run(struct live *live, const char *stop, session_watcher *watcher, void *arg,
		 struct error *error);
/* The same, to STOP or OTHER, whichever comes first; *REACHED is the one. */
bool session_run_either(struct live *live, const char *stop, const char *other,
			const char **reached, struct error *error);
/* The profile knows a function for session_run()'s STOP, and the ELF has it. */
bool session_has_stop(struct live *live, const char *stop);

/* What a command needs that goes beyond snapshots; all of it the session's own. */
struct session_parts {
	struct rsp_client *client; /* NULL: a dump */
	struct source *source;
	struct layout *layout;
	struct dwarf_info *dwarf;
	uint64_t slide;
};
void session_parts(struct live *live, struct session_parts *parts);
/*
 * Whoever moves a standing target by its client says so where it stands again, and whether that is
 * the safe point, at which the lists are whole.
 */
void session_stands(struct live *live, bool at_safe_point);

/* Work the profile out against the ELF and print what was found and what is missing. */
bool session_print_layout(const struct options *options, struct error *error);

#endif
