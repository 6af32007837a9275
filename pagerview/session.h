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

/* Work the profile out against the ELF and print what was found and what is missing. */
bool session_print_layout(const struct options *options, struct error *error);

#endif
