/* SPDX-License-Identifier: BSD-2-Clause */
#include "live_qemu.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_WORDS 40
#define START_S   20

const char *live_qemu_build(void)
{
	const char *build = getenv("BUILD");

	return build ? build : "build";
}

/* The kernel's list tells; trying to connect would stop the guest. */
static bool somebody_listens(const char *path)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	char line[512];
	bool found = false;

	assert_non_null(sockets);
	while (!found && fgets(line, sizeof(line), sockets))
		found = strstr(line, path) && strstr(line, " 00010000 ");
	fclose(sockets);
	return found;
}

static void wait_for_socket(struct live_qemu *qemu)
{
	time_t end = time(NULL) + START_S;

	while (!somebody_listens(qemu->address + strlen("unix:"))) {
		assert_true(time(NULL) < end);
		assert_true(live_qemu_lives(qemu));
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

void live_qemu_wait(struct live_qemu *qemu)
{
	time_t end = time(NULL) + START_S;

	while (live_qemu_lives(qemu)) {
		assert_true(time(NULL) < end);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

static void become(const char *const *argv, const char *gdb)
{
	const char *words[MAX_WORDS];
	int null = open("/dev/null", O_RDWR), count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	for (; argv[count] && count < MAX_WORDS - 1; count++)
		words[count] = strcmp(argv[count], "GDB") ? argv[count] : gdb;
	words[count] = NULL;
	execvp(words[0], (char *const *)words);
	_exit(127);
}

void live_qemu_begin(struct live_qemu *qemu, const char *const *argv)
{
	char gdb[160];

	strcpy(qemu->folder, P_tmpdir "/live_qemu.XXXXXX");
	assert_non_null(mkdtemp(qemu->folder));
	snprintf(qemu->address, sizeof(qemu->address), "unix:%s/gdb", qemu->folder);
	snprintf(gdb, sizeof(gdb), "%s,server=on,wait=off", qemu->address);
	qemu->pid = fork();
	if (!qemu->pid)
		become(argv, gdb);
	assert_true(qemu->pid > 0);
	wait_for_socket(qemu);
}

bool live_qemu_lives(struct live_qemu *qemu)
{
	if (qemu->pid && waitpid(qemu->pid, NULL, WNOHANG) == qemu->pid)
		qemu->pid = 0;
	return qemu->pid != 0;
}

void live_qemu_end(struct live_qemu *qemu)
{
	DIR *folder = opendir(qemu->folder);
	struct dirent *entry;
	char path[400];

	if (live_qemu_lives(qemu)) {
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, NULL, 0);
	}
	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", qemu->folder, entry->d_name);
		unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(qemu->folder);
}
