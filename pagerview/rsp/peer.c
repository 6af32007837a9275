/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end. A Unix socket tells. For TCP on this host, /proc/net/tcp has a line for
 * the other end of our connection with the inode of its socket, and the process is the one that has
 * this inode among its descriptors; other users' descriptors are only visible to root.
 */
#include "dial.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

/* As /proc/net/tcp{,6} prints it: the address as words of this host's order, then the port. */
static void address_print(const union address *address, char *text, size_t room)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;
	uint32_t word[4];

	if (address->any.sa_family == AF_INET) {
		snprintf(text, room, "%08" PRIX32 ":%04X", (uint32_t)address->v4.sin_addr.s_addr,
			 ntohs(address->v4.sin_port));
		return;
	}
	memcpy(word, v6, sizeof(word));
	snprintf(text, room, "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 ":%04X", word[0],
		 word[1], word[2], word[3], ntohs(address->v6.sin6_port));
}

/* Inode of the socket whose local address is LOCAL and whose remote one is REMOTE; 0: none. */
static unsigned long inode_find(const char *table, const char *local, const char *remote)
{
	FILE *file = fopen(table, "re");
	unsigned long inode, found = 0;
	char line[512], from[64], to[64];

	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*[^:]: %63s %63s %*s %*s %*s %*s %*s %*s %lu", from, to,
			   &inode) == 3 &&
		    !strcmp(from, local) && !strcmp(to, remote))
			found = inode;
	fclose(file);
	return found;
}

static bool process_has_link(const char *pid, const char *wanted)
{
	char path[300], link[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		ssize_t len;

		len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (len <= 0)
			continue;
		link[len] = '\0';
		found = !strcmp(link, wanted);
	}
	closedir(dir);
	return found;
}

static pid_t process_with_socket(unsigned long inode)
{
	char wanted[64];
	struct dirent *entry;
	pid_t pid = 0;
	DIR *proc = opendir("/proc");

	if (!proc)
		return 0;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	while (!pid && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    process_has_link(entry->d_name, wanted))
			pid = (pid_t)atol(entry->d_name);
	closedir(proc);
	return pid;
}

static pid_t peer_of_tcp(const union address *ours, const union address *theirs)
{
	char local[64], remote[64];
	const char *table = ours->any.sa_family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6";
	unsigned long inode;

	address_print(theirs, local, sizeof(local));
	address_print(ours, remote, sizeof(remote));
	inode = inode_find(table, local, remote);
	if (!inode && ours->any.sa_family == AF_INET) {
		/* A stub that listens on IPv6 as well has our IPv4 address in its mapped form. */
		char mapped_local[96], mapped_remote[96];

		snprintf(mapped_local, sizeof(mapped_local), "0000000000000000FFFF0000%s", local);
		snprintf(mapped_remote, sizeof(mapped_remote), "0000000000000000FFFF0000%s",
			 remote);
		inode = inode_find("/proc/net/tcp6", mapped_local, mapped_remote);
	}
	return inode ? process_with_socket(inode) : 0;
}

pid_t rsp_dial_peer(int fd)
{
	struct ucred peer;
	union address ours, theirs;
	socklen_t len = sizeof(peer);

	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.pid > 0)
		return peer.pid;
	len = sizeof(ours);
	if (getsockname(fd, &ours.any, &len))
		return 0;
	len = sizeof(theirs);
	if (getpeername(fd, &theirs.any, &len))
		return 0;
	if (ours.any.sa_family != AF_INET && ours.any.sa_family != AF_INET6)
		return 0;
	return peer_of_tcp(&ours, &theirs);
}
