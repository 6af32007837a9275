/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix sockets that have their name before, or after, somebody listens at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "rsp/dial.h"

static char folder[32], address[128];
static int listener;

static int bind_it(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	(void)state;
	strcpy(folder, "/tmp/test_dial.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/gdb", folder);
	snprintf(address, sizeof(address), "unix:%s", to.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(listener, (struct sockaddr *)&to, sizeof(to));
}

static int remove_it(void **state)
{
	(void)state;
	close(listener);
	unlink(address + strlen("unix:"));
	return rmdir(folder);
}

static void begin_to_listen(int signal)
{
	(void)signal;
	(void)!listen(listener, 1);
}

static void one_that_is_about_to_listen_is_waited_for(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 30000}};
	struct sigaction action = {.sa_handler = begin_to_listen};
	struct error error = {0};
	int fd;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	fd = rsp_dial(address, 60000, -1, &error);
	if (fd < 0)
		fail_msg("%s", error.text);
	close(fd);
}

static void one_that_is_dead_is_told(void **state)
{
	struct error error = {0};

	(void)state;
	assert_int_equal(rsp_dial(address, 500, -1, &error), -1);
	assert_int_equal(error.status, EXIT_CONNECTION);
	assert_non_null(strstr(error.text, "Connection refused"));
}

static void the_wait_can_be_given_up(void **state)
{
	struct error error = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "", 1), 1);
	assert_int_equal(rsp_dial(address, 3600000, ends[0], &error), -1);
	assert_non_null(strstr(error.text, "interrupted"));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_is_about_to_listen_is_waited_for, bind_it,
						remove_it),
		cmocka_unit_test_setup_teardown(one_that_is_dead_is_told, bind_it, remove_it),
		cmocka_unit_test_setup_teardown(the_wait_can_be_given_up, bind_it, remove_it),
	};

	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
