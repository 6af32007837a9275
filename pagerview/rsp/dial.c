/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets are non-blocking from the start, so that a host that drops our SYN or a Unix socket with
 * a full backlog costs no more than the time-out.
 */
#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 20 /* between tries of a Unix socket that is not ready */

struct dial {
	const char *address;
	int64_t deadline, refused_until; /* ms, monotonic */
	int abort_fd;
	struct error *error;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int dial_fail(const struct dial *dial, const char *reason)
{
	error_set(dial->error, EXIT_CONNECTION, "cannot connect to %s: %s", dial->address, reason);
	return -1;
}

/* Wait for FD to be writable (-1: just for MS); false with an error on abort or when time is up. */
static bool dial_wait(const struct dial *dial, int fd, int64_t ms)
{
	struct pollfd polled[2] = {{.fd = fd, .events = POLLOUT},
				   {.fd = dial->abort_fd, .events = POLLIN}};
	int64_t left = dial->deadline - now_ms();

	if (left <= 0)
		return dial_fail(dial, "no answer in time (is the address right?)") == 0;
	poll(polled, 2, (int)(ms < left ? ms : left));
	if (polled[1].revents)
		return dial_fail(dial, "interrupted") == 0;
	return true;
}

static int socket_error(int fd)
{
	int code = 0;
	socklen_t len = sizeof(code);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) ? errno : code;
}

static bool is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return !getpeername(fd, (struct sockaddr *)&peer, &len);
}

/* 0, or the errno of the attempt, or -1 with an error set (time, abort). */
static int connect_one(const struct dial *dial, int fd, const struct sockaddr *to, socklen_t len)
{
	while (connect(fd, to, len)) {
		if (errno == EAGAIN) {
			if (!dial_wait(dial, -1, RETRY_MS))
				return -1;
			continue;
		}
		if (errno != EINPROGRESS && errno != EINTR)
			return errno;
		while (!is_connected(fd)) {
			int code = socket_error(fd);

			if (code)
				return code;
			if (!dial_wait(dial, fd, RETRY_MS * 10))
				return -1;
		}
		return 0;
	}
	return 0;
}

/* A socket has its name for a moment before QEMU listens at it. */
static int connect_unix(const struct dial *dial, int fd, const struct sockaddr_un *to)
{
	int code;

	while ((code = connect_one(dial, fd, (const struct sockaddr *)to, sizeof(*to))) ==
		       ECONNREFUSED &&
	       now_ms() < dial->refused_until) {
		if (!dial_wait(dial, -1, RETRY_MS))
			return -1;
	}
	return code;
}

static int dial_unix(const struct dial *dial, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, code;

	if (!*path || strlen(path) >= sizeof(to.sun_path)) {
		error_set(dial->error, EXIT_USAGE, "bad address '%s': a path of 1 to %zu bytes",
			  dial->address, sizeof(to.sun_path) - 1);
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return dial_fail(dial, strerror(errno));
	code = connect_unix(dial, fd, &to);
	if (!code)
		return fd;
	close(fd);
	return code < 0 ? -1 : dial_fail(dial, strerror(code));
}

static int dial_addresses(const struct dial *dial, const struct addrinfo *list)
{
	int code = ENOENT;

	for (const struct addrinfo *to = list; to; to = to->ai_next) {
		int one = 1, fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
					 to->ai_protocol);

		if (fd < 0) {
			code = errno;
			continue;
		}
		code = connect_one(dial, fd, to->ai_addr, to->ai_addrlen);
		if (!code) {
			/* Without this, a round trip takes 44 ms. */
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			return fd;
		}
		close(fd);
		if (code < 0)
			return -1;
	}
	return dial_fail(dial, strerror(code));
}

/* Split "HOST:PORT"; HOST becomes "localhost" when it is left out. */
static bool address_split(const char *address, char *host, size_t room, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len;
	char *end;
	long number;

	if (!colon)
		return false;
	*port = colon + 1;
	number = strtol(*port, &end, 10);
	if (**port < '0' || **port > '9' || *end || number < 1 || number > 65535)
		return false;
	len = (size_t)(colon - address);
	if (len >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	} else if (memchr(address, ':', len)) {
		return false;
	}
	if (len >= room)
		return false;
	snprintf(host, room, "%.*s", (int)(len ? len : 9), len ? address : "localhost");
	return true;
}

static int dial_tcp(const struct dial *dial)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	const char *port;
	char host[256];
	int code, fd;

	if (!address_split(dial->address, host, sizeof(host), &port)) {
		error_set(dial->error, EXIT_USAGE,
			  "bad address '%s': want HOST:PORT, :PORT or unix:PATH", dial->address);
		return -1;
	}
	/* localhost is the loopback even where nothing resolves that name (a bare chroot). */
	code = getaddrinfo(strcmp(host, "localhost") == 0 ? NULL : host, port, &hints, &list);
	if (code)
		return dial_fail(dial, gai_strerror(code));
	fd = dial_addresses(dial, list);
	freeaddrinfo(list);
	return fd;
}

int rsp_dial(const char *address, unsigned int timeout_ms, int abort_fd, struct error *error)
{
	const struct dial dial = {.address = address,
				  .deadline = now_ms() + timeout_ms,
				  .refused_until = now_ms() + timeout_ms / 10,
				  .abort_fd = abort_fd,
				  .error = error};

	if (!strncmp(address, "unix:", 5))
		return dial_unix(&dial, address + 5);
	return dial_tcp(&dial);
}
