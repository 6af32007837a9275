/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that sleeps until the wait is over or half a second has passed. It blocks all signals,
 * so that whoever waits is the one that they interrupt.
 */
#include "notice.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

#define PATIENCE_MS 500
#define ECHO_COLS   2

struct notice {
	char text[240];
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	bool over, told;
};

static void add_until(const struct options *options, char *text, size_t size)
{
	switch (options->until) {
	case UNTIL_END:
		snprintf(text, size, " and running it to its end");
		break;
	case UNTIL_DONE:
		snprintf(text, size, " and running it until all is closed");
		break;
	case UNTIL_STEP:
		snprintf(text, size, " and running it to step %" PRIu64, options->until_step);
		break;
	case UNTIL_EVENT:
		snprintf(text, size, " and running it to the next %.40s", options->until_event);
		break;
	case UNTIL_SECONDS:
		snprintf(text, size, " and running it for %g s", options->until_seconds);
		break;
	default:
		*text = '\0';
	}
}

static void make_text(const struct options *options, char *text, size_t size)
{
	const char *verb = options->source == FROM_RUN       ? "starting"
			   : options->source == FROM_CONNECT ? "connecting to"
							     : "reading";
	const char *slash = strrchr(options->source_arg, '/');
	const char *name = slash && slash[1] && options->source != FROM_CONNECT
				   ? slash + 1
				   : options->source_arg;
	char until[80];

	add_until(options, until, sizeof(until));
	snprintf(text, size, "pagerview: %s %.60s%s; Ctrl-C gives up", verb, name, until);
}

/* No more than fits into a line, so that it can be taken away again. */
static void fit_text(char *text)
{
	struct winsize window;
	int cols = 80;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col)
		cols = window.ws_col;
	if (cols > ECHO_COLS && strlen(text) + ECHO_COLS >= (size_t)cols)
		text[cols - ECHO_COLS - 1] = '\0';
}

static void *tell_late(void *argument)
{
	struct notice *notice = argument;
	struct timespec until;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PATIENCE_MS * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&notice->lock);
	while (!notice->over && result == 0)
		result = pthread_cond_timedwait(&notice->wake, &notice->lock, &until);
	notice->told = !notice->over;
	if (notice->told) {
		fit_text(notice->text);
		fprintf(stderr, "%s", notice->text);
	}
	pthread_mutex_unlock(&notice->lock);
	return NULL;
}

struct notice *notice_begin(const struct options *options)
{
	struct notice *notice = isatty(STDERR_FILENO) ? calloc(1, sizeof(*notice)) : NULL;
	sigset_t all, before;
	int failed;

	if (!notice)
		return NULL;
	make_text(options, notice->text, sizeof(notice->text));
	pthread_mutex_init(&notice->lock, NULL);
	pthread_cond_init(&notice->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&notice->thread, NULL, tell_late, notice);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return notice;
	free(notice);
	return NULL;
}

void notice_end(struct notice *notice)
{
	if (!notice)
		return;
	pthread_mutex_lock(&notice->lock);
	notice->over = true;
	pthread_cond_signal(&notice->wake);
	pthread_mutex_unlock(&notice->lock);
	pthread_join(notice->thread, NULL);
	if (notice->told) /* and the ^C that a terminal may have echoed behind it */
		fprintf(stderr, "\r%*s\r", (int)strlen(notice->text) + ECHO_COLS, "");
	pthread_cond_destroy(&notice->wake);
	pthread_mutex_destroy(&notice->lock);
	free(notice);
}
