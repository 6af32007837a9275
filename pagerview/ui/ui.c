/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: one poll() over the terminal, a signalfd and the feed. Signals are blocked and read as
 * data, so nothing runs in a handler and no moment is a bad one for a signal to come. Whatever ends
 * the loop, the terminal is given back first; then the feed is waited for.
 */
#include "ui.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../export/recorder.h"
#include "../export/recording.h"
#include "app.h"
#include "config.h"
#include "feed.h"
#include "palette.h"
#include "screen.h"
#include "shot.h"
#include "tutor.h"

#define DEFAULT_TENTHS 5
#define MAX_TENTHS     600
#define PATIENCE_MS    500
#define MAX_RECORDINGS 1000

struct ui {
	const struct ui_options *options;
	struct app app;
	struct canvas *canvas;
	struct feed *feed;
	int signals;
	sigset_t before; /* the caller's signal mask */
	bool leave, dirty;
	double heard;   /* when there was news last, seconds */
	double play_at; /* when the next moment of what is played is due; 0: not known */
	int ended_by;   /* the signal that ended it, or 0 */
	struct error *error;
};

static const int own_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};

static bool ui_block_signals(struct ui *ui, struct error *error)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(own_signals) / sizeof(own_signals[0]); i++)
		sigaddset(&set, own_signals[i]);
	pthread_sigmask(SIG_BLOCK, &set, &ui->before);
	ui->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ui->signals < 0)
		return error_set(error, EXIT_USAGE, "no signals can be received: %s",
				 strerror(errno));
	return true;
}

static bool ui_fit_canvas(struct ui *ui)
{
	int rows, cols;

	screen_size(&rows, &cols);
	if (ui->canvas && ui->canvas->rows == rows && ui->canvas->cols == cols)
		return true;
	canvas_destroy(ui->canvas);
	ui->canvas = canvas_create(rows, cols, ui->options->ascii || !screen_is_wide());
	return ui->canvas != NULL;
}

static void ui_draw(struct ui *ui)
{
	ui->dirty = false;
	if (!ui_fit_canvas(ui))
		return;
	app_draw(&ui->app, ui->canvas);
	screen_show(ui->canvas);
}

/* The default action stops us here, until SIGCONT; a caller that ignores SIGTSTP goes on. */
static void ui_suspend(struct ui *ui)
{
	sigset_t stop;

	screen_leave();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	raise(SIGTSTP);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	screen_return();
	ui->dirty = true;
}

static void ui_signal(struct ui *ui, int number)
{
	switch (number) {
	case SIGWINCH:
		screen_resize();
		ui->dirty = true;
		break;
	case SIGCONT: /* whoever had the terminal meanwhile may have changed its modes */
		screen_leave();
		screen_return();
		ui->dirty = true;
		break;
	case SIGTSTP:
		ui_suspend(ui);
		break;
	default:
		ui->ended_by = number;
		ui->leave = true;
	}
}

static void ui_take_signals(struct ui *ui)
{
	struct signalfd_siginfo info;

	while (!ui->leave && read(ui->signals, &info, sizeof(info)) == sizeof(info))
		ui_signal(ui, (int)info.ssi_signo);
}

/* What is on the screen now, not what the key that asked for it would change. */
static void ui_shoot(struct ui *ui)
{
	char name[64];

	if (ui->canvas && shot_save(ui->canvas, name, sizeof(name)))
		app_say(&ui->app, false, "the screen is in %s", name);
	else
		app_say(&ui->app, true, "no picture of the screen: %s", strerror(errno));
}

/* A file of its own, that nothing is in yet. */
static struct recorder *new_recorder(struct ui *ui, struct error *error)
{
	char name[64];

	for (int i = 1; i < MAX_RECORDINGS; i++) {
		snprintf(name, sizeof(name), "pagerview-%d.jsonl", i);
		if (access(name, F_OK) != 0)
			return recorder_open(name, ui->app.status.source, error);
	}
	error_set(error, EXIT_USAGE, "pagerview-1.jsonl to %s are all there", name);
	return NULL;
}

static void ui_record(struct ui *ui)
{
	struct error error = {0};
	struct recorder *recorder;

	if (app_is_recording(&ui->app) || ui->options->file) {
		app_say(&ui->app, false, "this is a file already");
	} else if (ui->app.record.on) {
		feed_record(ui->feed, NULL);
		app_say(&ui->app, false, "no longer recorded; moments in the file: %llu",
			(unsigned long long)ui->app.record.moments);
	} else if ((recorder = new_recorder(ui, &error))) {
		app_say(&ui->app, false, "recording into %s; R ends it", recorder_path(recorder));
		feed_record(ui->feed, recorder);
	} else {
		app_say(&ui->app, true, "%s", error.text);
	}
}

static void ui_take_keys(struct ui *ui)
{
	char where[40];
	int row, col;
	uint32_t key;

	while (!ui->leave && (key = screen_key()) != KEY_NONE_YET) {
		ui->dirty = true;
		if (key == UI_KEY_CLICK) {
			screen_clicked(&row, &col);
			app_click(&ui->app, row, col);
			continue;
		}
		switch (app_key(&ui->app, key)) {
		case APP_QUIT:
			ui->leave = true;
			break;
		case APP_PAUSE:
			feed_ask(ui->feed, FEED_PAUSE);
			break;
		case APP_STEP:
			app_set_busy(&ui->app, "its next step");
			feed_ask(ui->feed, FEED_STEP);
			break;
		case APP_EVENT:
			snprintf(where, sizeof(where), "the next %s", ui->app.event);
			app_set_busy(&ui->app, where);
			feed_ask_event(ui->feed, ui->app.event);
			break;
		case APP_GIVE_UP:
			feed_give_up(ui->feed);
			break;
		case APP_REDRAW:
			screen_resize();
			break;
		case APP_SUSPEND:
			ui_suspend(ui);
			break;
		case APP_SHOT:
			ui_shoot(ui);
			break;
		case APP_RECORD:
			ui_record(ui);
			break;
		case APP_NOTHING:
			break;
		}
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void ui_take_news(struct ui *ui)
{
	struct feed_news news;

	if (!feed_take(ui->feed, &news))
		return;
	ui->dirty = true;
	ui->heard = now();
	app_set_status(&ui->app, &news.status);
	if (news.arrived)
		app_set_busy(&ui->app, "");
	if (news.arrived && news.error.status == EXIT_CLEAN)
		app_count_event(&ui->app);
	ui->app.record = (struct app_record){news.recording, news.recorded};
	if (news.log)
		app_set_log(&ui->app, news.log, news.num_log, news.first_log);
	for (unsigned i = 0; i < news.num_snapshots; i++)
		app_add_snapshot(&ui->app, news.snapshots[i]);
	news.num_snapshots = 0; /* they are the application's now */
	if (news.arrived && news.error.status == EXIT_CLEAN && !ui->options->lesson)
		app_arrived(&ui->app);
	if (news.has_page)
		app_set_page(&ui->app, &news.page_place,
			     news.page_error.status == EXIT_CLEAN ? news.page : NULL,
			     news.page_error.text);
	if (news.over && (!news.status.finished || !ui->app.scene)) {
		*ui->error = news.error;
		ui->leave = true;
	} else if (news.over) { /* there is still the past */
		app_set_busy(&ui->app, "");
		if (news.status.failed)
			*ui->error = news.error; /* for when the user leaves */
		app_say(&ui->app, news.status.failed, "%s", news.error.text);
	} else if (news.error.status != EXIT_CLEAN) {
		tutor_failed(&ui->app);
		app_say(&ui->app, true, "%s", news.error.text);
	}
	feed_news_free(&news);
}

static unsigned tenths_of(const struct ui_options *options)
{
	if (!options->refresh_tenths)
		return DEFAULT_TENTHS;
	return options->refresh_tenths > MAX_TENTHS ? MAX_TENTHS : options->refresh_tenths;
}

/* Say so when the source is late by more than half a second. */
static void ui_mind_silence(struct ui *ui)
{
	double late = now() - ui->heard - tenths_of(ui->options) / 10.0;

	if (late > PATIENCE_MS / 1000.0 && app_set_waiting(&ui->app, (unsigned)late + 1))
		ui->dirty = true;
}

/* When the next moment of what is played is due, from when the one before was shown. */
static int ui_patience(struct ui *ui)
{
	double left;

	if (!ui->app.playing) {
		ui->play_at = 0;
		return PATIENCE_MS;
	}
	if (ui->play_at == 0)
		ui->play_at = now() + app_play_wait(&ui->app) / 1000.0;
	left = (ui->play_at - now()) * 1000;
	return left <= 0 ? 0 : left < PATIENCE_MS ? (int)left + 1 : PATIENCE_MS;
}

static void ui_play(struct ui *ui)
{
	if (!ui->app.playing || ui->play_at == 0 || now() < ui->play_at)
		return;
	ui->play_at = 0;
	app_play(&ui->app);
	ui->dirty = true;
}

static void ui_loop(struct ui *ui)
{
	struct pollfd polled[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = ui->signals, .events = POLLIN},
		{.fd = feed_fd(ui->feed), .events = POLLIN},
		{.fd = ui->options->abort_fd, .events = POLLIN},
	};
	struct page_place place;
	bool more;

	while (!ui->leave) {
		bool wanted = app_wants_page(&ui->app, &place);

		feed_want_page(ui->feed, wanted, &place);
		if (ui->dirty)
			ui_draw(ui);
		more = app_work(&ui->app);
		ui->dirty |= more;
		if (poll(polled, 4, more ? 0 : ui_patience(ui)) < 0 && errno != EINTR)
			break;
		ui_play(ui);
		ui_mind_silence(ui);
		if (polled[1].revents)
			ui_take_signals(ui);
		if (polled[0].revents & POLLIN)
			ui_take_keys(ui);
		if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			break; /* the terminal is gone */
		if (polled[3].revents)
			break;
		if (polled[2].revents)
			ui_take_news(ui);
	}
}

static struct snapshot *load_moment(void *arg, uint32_t at, struct error *error)
{
	return recording_read(arg, at, error);
}

static bool ui_open_recording(struct ui *ui)
{
	const struct recording *recording = ui->options->recording;
	struct history_source source = {
		.count = recording_count(recording),
		.load = load_moment,
		.arg = (void *)(uintptr_t)recording, /* only read */
	};

	return app_open_recording(&ui->app, &source, recording_note(recording));
}

static void apply(const struct config *config)
{
	for (int i = COMMAND_NONE + 1; i < NUM_COMMANDS; i++)
		keys_bind((enum command)i, config->keys[i][0] ? config->keys[i] : NULL);
	for (int i = 0; i < NUM_STYLES; i++)
		if (config->colours[i].set)
			palette_set((enum style)i, config->colours[i].front,
				    config->colours[i].back, config->colours[i].bold);
}

int ui_run(struct live *live, const struct ui_options *options, struct error *error)
{
	static struct config config; /* the keys point into it */
	const char *no_colour = getenv("NO_COLOR");
	struct live_status status;
	struct ui ui = {
		.options = options, .signals = -1, .dirty = true, .heard = now(), .error = error};

	if (!screen_usable(error) || !config_load(&config, error)) {
		recorder_close(options->recorder);
		return (int)error->status;
	}
	apply(&config);
	if (options->lesson)
		tutor_bind_keys();
	if (!app_init(&ui.app, options->ascii || !screen_is_wide()) ||
	    (options->lesson && !(ui.app.tutor = tutor_create(options->lesson))) ||
	    (options->recording && !ui_open_recording(&ui))) {
		recorder_close(options->recorder);
		app_deinit(&ui.app);
		error_set(error, EXIT_USAGE, "out of memory");
		return (int)error->status;
	}
	ui.app.view = ui.app.before_help = config.view;
	live_status(live, &status); /* the feed's, from its first news on */
	app_set_status(&ui.app, &status);
	if (!ui_block_signals(&ui, error)) {
		recorder_close(options->recorder);
		goto out;
	}
	ui.feed = feed_start(live, tenths_of(options), options->file, options->recorder, error);
	if (ui.feed &&
	    screen_open(options->no_colour || (no_colour && *no_colour), config.mouse, error)) {
		ui_loop(&ui);
		screen_close();
	}
	feed_stop(ui.feed);
out:
	if (ui.signals >= 0) {
		struct signalfd_siginfo info;

		/* What came while leaving is answered by having left. */
		while (read(ui.signals, &info, sizeof(info)) == sizeof(info))
			;
		close(ui.signals);
	}
	if (ui.ended_by)
		raise(ui.ended_by); /* blocked still: delivered by the next line */
	pthread_sigmask(SIG_SETMASK, &ui.before, NULL);
	canvas_destroy(ui.canvas);
	tutor_destroy(ui.app.tutor);
	app_deinit(&ui.app);
	return (int)error->status;
}
