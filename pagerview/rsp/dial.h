/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the text of an address to a connected, non-blocking socket, and from a connected socket to
 * the process at its other end. Knows no protocol.
 */
#ifndef PAGERVIEW_RSP_DIAL_H
#define PAGERVIEW_RSP_DIAL_H

#include <sys/types.h>

#include "../error.h"

/*
 * Connect to "HOST:PORT", ":PORT" (this host), "[V6]:PORT" or "unix:PATH" within TIMEOUT_MS; given
 * up when ABORT_FD (-1: none) is readable. At a Unix socket that refuses somebody may be about to
 * listen: it is tried for a tenth of that time. A socket the caller closes; TCP without Nagle's
 * delay. -1 with ERROR: EXIT_USAGE for an address of another form, else EXIT_CONNECTION.
 */
int rsp_dial(const char *address, unsigned int timeout_ms, int abort_fd, struct error *error);

/*
 * The process that owns the other end of FD: a Unix socket's peer, or the owner of the TCP port on
 * this host as /proc tells. 0: on another host, or not to be told (rights, another namespace).
 */
pid_t rsp_dial_peer(int fd);

#endif
