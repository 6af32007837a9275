/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_first PAGES WHAT ROUNDS COMMAND...: how long a user waits for COMMAND, from before its
 * process is made, in a terminal of its own (80x24, xterm-256color). Of a viewer, which draws and
 * stays, to the first whole screen: the pool, the target's state, the consistency of the snapshot
 * and the keys are all there; `q` ends it then. Of any other command to its end. The median of
 * ROUNDS and the worst, one line: what, pages, figure, unit, worst. bench_first.sh runs it, and
 * judges. The exit status is 2 when the screen does not come or the command fails.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 1000
#define MAX_OUTPUT (1u << 20)
#define WAIT_MS    20000

/* What COMMAND wrote, without what only places a cursor or sets a colour. */
struct output {
	char text[MAX_OUTPUT + 1];
	size_t length;
	bool in_escape, is_csi;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void add_byte(struct output *output, char byte)
{
	if (byte == '\033') {
		output->in_escape = true;
		output->is_csi = false;
	} else if (output->in_escape && !output->is_csi && byte == '[') {
		output->is_csi = true;
	} else if (output->in_escape) {
		output->in_escape = output->is_csi && (byte < '@' || byte > '~');
	} else if (output->length < MAX_OUTPUT) {
		output->text[output->length++] = byte;
		output->text[output->length] = '\0';
	}
}

/* Each of them is on another line of the screen; the keys are the last one. */
static bool is_whole(const struct output *output)
{
	static const char *const parts[] = {"pool ", " dirty", "2pages", "quit"};
	bool told = strstr(output->text, "exact") || strstr(output->text, "torn") ||
		    strstr(output->text, "partial");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		told = told && strstr(output->text, parts[i]);
	return told;
}

static pid_t start(char **command, int *terminal)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	pid_t pid = forkpty(terminal, NULL, NULL, &size);

	if (pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		execvp(command[0], command);
		_exit(127);
	}
	return pid;
}

/* False at the command's end, or when it says nothing for too long. */
static bool take_output(int terminal, struct output *output)
{
	struct pollfd polled = {.fd = terminal, .events = POLLIN};
	char bytes[8192];
	ssize_t length;

	if (poll(&polled, 1, WAIT_MS) < 1)
		return false;
	length = read(terminal, bytes, sizeof(bytes)); /* EIO: nobody has it open any more */
	for (ssize_t i = 0; i < length; i++)
		add_byte(output, bytes[i]);
	return length > 0;
}

/* Milliseconds that one run took; negative: it failed. */
static double measure(char **command, bool stays)
{
	static struct output output;
	double begin = now_ms(), whole = -1;
	int terminal, status;
	pid_t pid;

	memset(&output, 0, sizeof(output));
	pid = start(command, &terminal);
	if (pid < 0)
		return -1;
	while (take_output(terminal, &output)) {
		if (!stays || whole >= 0 || !is_whole(&output))
			continue;
		whole = now_ms() - begin;
		if (write(terminal, "q", 1) != 1)
			break;
	}
	if (stays && whole < 0)
		kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "bench_first: it failed: %s\n", output.text);
		whole = -1;
	} else if (!stays) {
		whole = now_ms() - begin;
	}
	close(terminal);
	return whole;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static double took[MAX_ROUNDS];
	unsigned long rounds = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;

	if (argc < 6 || !rounds || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: %s PAGES WHAT ROUNDS COMMAND ARGUMENT...\n", argv[0]);
		return 2;
	}
	for (unsigned long i = 0; i < rounds; i++) {
		took[i] = measure(argv + 4, strcmp(argv[5], "tui") == 0);
		if (took[i] < 0)
			return 2;
	}
	qsort(took, rounds, sizeof(took[0]), compare);
	printf("%-28s %6s %10.3f ms, worst of %lu %.3f\n", argv[2], argv[1], took[rounds / 2],
	       rounds, took[rounds - 1]);
	return 0;
}
