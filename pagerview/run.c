/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The starter (run_target) lies beside this executable in a build folder and in
 * ../libexec/pagerview of an installation. The socket is in a new folder of mode 0700, so nobody
 * else can reach the stub, and both are removed as soon as the connection stands: even a killed
 * viewer leaves nothing.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINES    1000
#define LINE_MAX_LEN 240
#define KILL_S       1.0 /* for a killed target to be gone */

struct run {
	pid_t pid; /* 0: reaped */
	int status;
	int abort_fd;
	int log_fd; /* -1: closed */
	char folder[64], address[96], elf[4096];
	bool has_folder;
	char lines[LOG_LINES][LINE_MAX_LEN];
	uint64_t num_lines; /* ever; line n is lines[n % LOG_LINES] */
	char partial[LINE_MAX_LEN];
	size_t partial_len;
	char complaint[LINE_MAX_LEN];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- the console ---- */

/* The line that says what went wrong names a line of the script; nothing better, the last one. */
static void note_complaint(struct run *run, const char *line)
{
	bool is_verdict = strncmp(run->complaint, "line ", 5) == 0;

	if (line[0] && (!is_verdict || strncmp(line, "line ", 5) == 0))
		snprintf(run->complaint, sizeof(run->complaint), "%s", line);
}

static void end_line(struct run *run)
{
	char *line = run->lines[run->num_lines++ % LOG_LINES];

	memcpy(line, run->partial, run->partial_len);
	line[run->partial_len] = 0;
	run->partial_len = 0;
	note_complaint(run, line);
}

static void take_bytes(struct run *run, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\n') {
			end_line(run);
			continue;
		}
		if (c == '\r')
			continue;
		if (run->partial_len < LINE_MAX_LEN - 1)
			run->partial[run->partial_len++] = c == '\t'              ? ' '
							   : c >= ' ' && c < 0x7f ? (char)c
										  : '.';
	}
}

static void drain_console(struct run *run)
{
	char bytes[4096];
	ssize_t len;

	/* Bounded: a target that never stops talking must not hold us here. */
	for (int turn = 0; run->log_fd >= 0 && turn < 64; turn++) {
		len = read(run->log_fd, bytes, sizeof(bytes));
		if (len > 0) {
			take_bytes(run, bytes, (size_t)len);
		} else if (len == 0) {
			close(run->log_fd);
			run->log_fd = -1;
		} else {
			return;
		}
	}
}

size_t run_log(const struct run *run, const char **lines, size_t max, uint64_t *first)
{
	uint64_t count = run->num_lines < LOG_LINES ? run->num_lines : LOG_LINES;

	if (count > max)
		count = max;
	if (first)
		*first = run->num_lines - count;
	for (uint64_t i = 0; i < count; i++)
		lines[i] = run->lines[(run->num_lines - count + i) % LOG_LINES];
	return (size_t)count;
}

const char *run_complaint(const struct run *run)
{
	return run->complaint;
}

/* ---- its life ---- */

bool run_poll(struct run *run, int *status)
{
	int wait_status;

	if (run->pid && waitpid(run->pid, &wait_status, WNOHANG) == run->pid) {
		run->pid = 0;
		run->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
						     : 128 + WTERMSIG(wait_status);
	}
	drain_console(run);
	if (!run->pid && run->partial_len)
		end_line(run);
	if (status)
		*status = run->status;
	return run->pid != 0;
}

/* Sleep until the console says something, it ends, the abort descriptor speaks, or MS are over. */
static bool wait_console(const struct run *run, int ms)
{
	struct pollfd fds[2] = {{.fd = run->log_fd, .events = POLLIN},
				{.fd = run->abort_fd, .events = POLLIN}};

	poll(fds, 2, ms);
	return !(fds[1].revents & POLLIN);
}

bool run_wait(struct run *run, double timeout_s, int *status)
{
	double deadline = now() + timeout_s;

	while (run_poll(run, status)) {
		if (now() > deadline || !wait_console(run, 2))
			return false;
	}
	return true;
}

static void remove_folder(struct run *run)
{
	if (!run->has_folder)
		return;
	unlink(run->address + strlen("unix:"));
	rmdir(run->folder);
	run->has_folder = false;
}

void run_connected(struct run *run)
{
	remove_folder(run);
}

void run_stop(struct run *run)
{
	if (!run)
		return;
	if (run->pid) {
		kill(-run->pid, SIGKILL);
		kill(run->pid, SIGKILL); /* should it not have had time for a group of its own */
		run->abort_fd = -1;
		run_wait(run, KILL_S, NULL); /* a busy kernel may finish it later, without us */
	}
	remove_folder(run); /* now that nothing is put there any more */
	if (run->log_fd >= 0)
		close(run->log_fd);
	free(run);
}

/* ---- its start ---- */

static bool find_beside(const char *name, char *path, size_t len)
{
	static const char *const places[] = {"", "/../libexec/pagerview"};
	char self[2048];
	ssize_t got = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (got <= 0)
		return false;
	self[got] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int printed = snprintf(path, len, "%s%s/%s", self, places[i], name);

		if (printed > 0 && (size_t)printed < len && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

static bool make_folder(struct run *run, struct error *error)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct stat stat_buf;

	/* A socket's path has room for 107 bytes; a folder that is not there or too long is no use.
	 */
	if (!base || strlen(base) > 30 || stat(base, &stat_buf) != 0 || access(base, W_OK) != 0)
		base = "/tmp";
	snprintf(run->folder, sizeof(run->folder), "%s/pagerview-XXXXXX", base);
	if (!mkdtemp(run->folder))
		return error_set(error, EXIT_CONNECTION, "%s: %s", run->folder, strerror(errno));
	run->has_folder = true;
	snprintf(run->address, sizeof(run->address), "unix:%s/gdb.sock", run->folder);
	return true;
}

/* In the child: nothing but system calls that are safe after fork(). */
static void become_target(const char *starter, char *const *argv, int console, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_IGN); /* a Ctrl-C is ours: we end it */
	if (null < 0 || dup2(null, 0) < 0 || dup2(console, 1) < 0 || dup2(console, 2) < 0)
		_exit(127);
	execv(starter, argv);
	_exit(127);
}

static bool start_child(struct run *run, const struct run_config *config, const char *starter,
			struct error *error)
{
	char gdb[160], pace[16], icount[192], drive[192];
	const char *argv[24] = {starter};
	pid_t parent = getpid();
	int count = 1, fds[2];

	snprintf(gdb, sizeof(gdb), "%s,server=on,wait=off", run->address);
	snprintf(pace, sizeof(pace), "%u", config->pace_ms);
	if (config->loop)
		argv[count++] = "--loop";
	if (config->pace_ms) {
		argv[count++] = "--pace";
		argv[count++] = pace;
	}
	if (config->rr_folder) {
		argv[count++] = "--smp";
		argv[count++] = "1";
	}
	argv[count++] = "--elf";
	argv[count++] = run->elf;
	argv[count++] = config->scenario;
	argv[count++] = "--";
	if (config->rr_folder) {
		snprintf(icount, sizeof(icount),
			 "shift=2,sleep=off,rr=%s,rrfile=%s/rr.bin,rrsnapshot=" RUN_RR_SNAPSHOT,
			 config->rr_record ? "record" : "replay", config->rr_folder);
		snprintf(drive, sizeof(drive), "file=%s/rr.qcow2,if=none,id=rr", config->rr_folder);
		argv[count++] = "-icount";
		argv[count++] = icount;
		argv[count++] = "-net";
		argv[count++] = "none";
		argv[count++] = "-drive";
		argv[count++] = drive;
	}
	if (!config->rr_folder || !config->rr_record) {
		argv[count++] = "-S";
		argv[count++] = "-gdb";
		argv[count++] = gdb;
	}
	argv[count] = NULL;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_set(error, EXIT_CONNECTION, "no pipe: %s", strerror(errno));
	run->pid = fork();
	if (run->pid == 0)
		become_target(starter, (char *const *)argv, fds[1], parent);
	close(fds[1]);
	run->log_fd = fds[0];
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if (run->pid < 0) {
		run->pid = 0;
		return error_set(error, EXIT_CONNECTION, "no process: %s", strerror(errno));
	}
	setpgid(run->pid, run->pid); /* here too, so that it is done whoever comes first */
	return true;
}

static bool await_socket(struct run *run, double timeout_s, struct error *error)
{
	double deadline = now() + timeout_s;
	struct stat stat_buf;

	while (stat(run->address + strlen("unix:"), &stat_buf) != 0) {
		if (!run_poll(run, NULL))
			return error_set(error, run->status == 2 ? EXIT_USAGE : EXIT_CONNECTION,
					 "the target did not start: %s",
					 run->complaint[0] ? run->complaint : "it said nothing");
		if (now() > deadline)
			return error_set(error, EXIT_CONNECTION,
					 "the target did not open its stub within %.3g s",
					 timeout_s);
		if (!wait_console(run, 2))
			return error_set(error, EXIT_CONNECTION, "interrupted");
	}
	return true;
}

struct run *run_start(const struct run_config *config, double timeout_s, struct error *error)
{
	struct run *run = calloc(1, sizeof(*run));
	char starter[4096];
	struct stat stat_buf;

	if (!run) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	run->log_fd = -1;
	run->abort_fd = config->abort_fd;
	if (stat(config->scenario, &stat_buf) != 0)
		error_set(error, EXIT_USAGE, "scenario %s: %s", config->scenario, strerror(errno));
	else if (!S_ISREG(stat_buf.st_mode))
		error_set(error, EXIT_USAGE, "scenario %s: no file", config->scenario);
	else if (!find_beside("run_target", starter, sizeof(starter)))
		error_set(error, EXIT_USAGE, "run_target is not beside this program: make target");
	else if (!config->elf && !find_beside("target_pager.elf", run->elf, sizeof(run->elf)))
		error_set(error, EXIT_USAGE,
			  "target_pager.elf is not beside this program: make target");
	if (config->elf)
		snprintf(run->elf, sizeof(run->elf), "%s", config->elf);
	if (error->status != EXIT_CLEAN || !make_folder(run, error) ||
	    !start_child(run, config, starter, error) ||
	    (!(config->rr_folder && config->rr_record) && !await_socket(run, timeout_s, error))) {
		run_stop(run);
		return NULL;
	}
	return run;
}

const char *run_address(const struct run *run)
{
	return run->address;
}

const char *run_elf(const struct run *run)
{
	return run->elf;
}
