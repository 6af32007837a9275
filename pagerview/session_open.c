/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the options to a target that stands, or runs, where it is wanted. A target that we start
 * stands before its first instruction, with no tables and no lists: it first runs to the safe point
 * once, and is looked at from there on.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "session_private.h"

#define MAX_CPUS     64
#define LIFE_WAIT_MS 20000 /* for a target just started to come to its pager */

static bool open_elf(struct session *session, const char *path, struct error *error)
{
	session->dwarf = dwarf_info_open(path, error);
	if (!session->dwarf)
		return false;
	session->profile = layout_choose(session->options->profile, session->dwarf, error);
	if (!session->profile)
		return false;
	session->layout = layout_create(session->profile, session->dwarf, NULL, error);
	return session->layout != NULL;
}

static bool start_run(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct run_config config = {
		.scenario = options->source_arg,
		.elf = options->elf,
		.loop = options->loop,
		.pace_ms = options->pace_ms,
		.rr_folder = options->rr_folder,
		.abort_fd = session->abort_fd,
	};

	session->run = run_start(&config, options->timeout_s, error);
	return session->run && open_elf(session, run_elf(session->run), error);
}

static enum source_way way_wanted(const struct options *options)
{
	switch (options->read) {
	case READ_LOCAL:
		return SOURCE_LOCAL;
	case READ_STUB:
		return SOURCE_STUB;
	case READ_EL3:
		return SOURCE_EL3;
	default:
		return SOURCE_AUTO;
	}
}

static enum rsp_leave leave_wanted(const struct session *session)
{
	if (session->run)
		return RSP_LEAVE_DYING;
	return session->options->leave == LEAVE_RUNNING   ? RSP_LEAVE_RUNNING
	       : session->options->leave == LEAVE_STOPPED ? RSP_LEAVE_STOPPED
							  : RSP_LEAVE_AS_FOUND;
}

static struct source *connect_once(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct source_config config = {
		.rsp = {.address = session->run ? run_address(session->run) : options->source_arg,
			.timeout_ms = session->run || session_wait_ms(session) > 5000
					      ? 5000
					      : session_wait_ms(session),
			.abort_fd = session->abort_fd,
			.leave = leave_wanted(session),
			.unsure = &session->unsure},
		.way = way_wanted(options),
	};

	if (options->source == FROM_CORE) {
		config.rsp.address = NULL;
		config.core_path = options->source_arg;
		config.way = SOURCE_DUMP;
	}
	return source_open(&config, error);
}

static bool is_aborted(const struct session *session)
{
	struct pollfd polled = {.fd = session->abort_fd, .events = POLLIN};

	return poll(&polled, 1, 0) > 0;
}

/* The stub's socket has a name a moment before it listens: ours is asked again. */
static bool connect_source(struct session *session, struct error *error)
{
	double deadline = session_clock() + session->options->timeout_s;

	for (;;) {
		struct error once = {0};

		session->source = connect_once(session, &once);
		if (session->source)
			break;
		if (!session->run || !run_poll(session->run, NULL) || session_clock() > deadline ||
		    is_aborted(session)) {
			*error = once;
			return false;
		}
		session_nap(2000000);
	}
	if (session->run)
		run_connected(session->run);
	return true;
}

/* ---- the proof that memory holds this ELF ---- */

/* Whoever stopped the target at a moment wants to see that one, and no later one. */
static bool may_run(struct session *session)
{
	struct rsp_client *client = source_client(session->source);

	return session->run || session->options->until != UNTIL_NOW ||
	       (client && rsp_was_running(client));
}

static bool settle(struct session *session, struct error *error)
{
	const struct options *options = session->options;
	struct proofs *proofs = &session->proofs;

	proofs_make(proofs, session->layout);
	if (!options->slide_given &&
	    !slide_find(session->layout, proofs, session->source, way_wanted(options),
			may_run(session) ? options->timeout_s : 0, &session->slide, error))
		return session_check_lost(session, error);
	for (size_t i = 0; i < proofs->count; i++)
		proofs->list[i].addr += session->slide;
	if (!source_settle(session->source, proofs->list, proofs->count, error))
		return session_check_lost(session, error);
	session->collector =
		collector_create(session->layout, source_memory(session->source), session->slide);
	if (session->layout->events.present)
		session->events = event_reader_create(
			session->layout, source_memory(session->source), session->slide);
	return (session->collector && (session->events || !session->layout->events.present)) ||
	       error_set(error, EXIT_PARTIAL, "out of memory");
}

/* ---- to where it is wanted ---- */

/* A target of our own comes to life first: to the first time that its pager is at rest. */
static bool run_to_life(struct session *session, struct error *error)
{
	unsigned int ms =
		session_wait_ms(session) < LIFE_WAIT_MS ? session_wait_ms(session) : LIFE_WAIT_MS;
	uint64_t addr;

	return session_address(session, session->layout->safe_point, &addr, error) &&
	       session_run_to(session, addr, 1, ms, "life", error);
}

/*
 * A target that somebody else holds before its first instruction has nothing in memory at the ELF's
 * addresses yet. Where we are to run it anyway, it may come to life before it is judged.
 */
static bool settle_alive(struct session *session, struct error *error)
{
	struct error first = {0}, late = {0};

	if (session->run)
		return run_to_life(session, error) && settle(session, error);
	if (settle(session, &first))
		return true;
	if (!session->ended && first.status == EXIT_LAYOUT &&
	    session->options->until != UNTIL_NOW && source_client(session->source) &&
	    session->layout->safe_point && run_to_life(session, &late))
		return settle(session, error);
	*error = session->ended ? late : first;
	return false;
}

/*
 * Somebody else stopped it: if any CPU stands at the safe point, the lists are whole, wherever the
 * others are.
 */
static void note_safe_point(struct session *session)
{
	struct rsp_client *client = source_client(session->source);
	char ids[MAX_CPUS][RSP_THREAD_LEN];
	struct error ignored = {0};
	uint64_t addr;
	size_t count;

	if (!session->layout->safe_point ||
	    !session_address(session, session->layout->safe_point, &addr, &ignored))
		return;
	count = rsp_threads(client, ids, MAX_CPUS, &ignored);
	for (size_t i = 0; i < count && !session->at_safe_point; i++) {
		struct rsp_register pc = {.name = "pc"};

		if (!rsp_read_registers(client, ids[i], &pc, 1, &ignored) || !pc.ok)
			continue;
		session->at_safe_point = pc.value == addr;
		if (session->at_safe_point)
			session->stop_pc = addr;
	}
}

static bool begin(struct session *session, struct error *error)
{
	struct rsp_client *client = source_client(session->source);

	if (!settle_alive(session, error))
		return false;
	if (!client || session->options->hold) {
		session->paused = session->held = true;
		session->at_safe_point = session->run != NULL; /* run_to_life() came to it */
		if (client)
			session_come_to_rest(session);
		return true;
	}
	if (session->options->until != UNTIL_NOW) {
		if (!session_run_until(session, error))
			return false;
		source_refresh(session->source);
		session->paused = true;
		return true;
	}
	if (!session->run && !rsp_was_running(client)) {
		session->paused = true;
		session_note_stop(session);
		session_note_world(session);
		note_safe_point(session);
		return true;
	}
	return rsp_resume(client, error) || session_check_lost(session, error);
}

/* One descriptor to wait at for both: the caller's ABORT_FD (-1: none) and session_hang_up(). */
static bool join_aborts(struct session *session, int abort_fd, struct error *error)
{
	struct epoll_event readable = {.events = EPOLLIN};

	session->hang_up_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	session->abort_fd = epoll_create1(EPOLL_CLOEXEC);
	return (session->hang_up_fd >= 0 && session->abort_fd >= 0 &&
		epoll_ctl(session->abort_fd, EPOLL_CTL_ADD, session->hang_up_fd, &readable) == 0 &&
		(abort_fd < 0 ||
		 epoll_ctl(session->abort_fd, EPOLL_CTL_ADD, abort_fd, &readable) == 0)) ||
	       error_set(error, EXIT_CONNECTION, "no descriptors: %s", strerror(errno));
}

struct live *session_open(const struct options *options, int abort_fd, struct error *error)
{
	struct session *session = calloc(1, sizeof(*session));
	bool ok;

	if (!session) {
		error_set(error, EXIT_CONNECTION, "out of memory");
		return NULL;
	}
	session->live.ops = &session_ops;
	session->options = options;
	session->slide = options->slide_given ? options->slide : 0;
	ok = join_aborts(session, abort_fd, error) &&
	     (options->source == FROM_RUN ? start_run(session, error)
					  : open_elf(session, options->elf, error));
	if (ok && connect_source(session, error) && begin(session, error))
		return &session->live;
	live_close(&session->live);
	return NULL;
}

bool session_print_layout(const struct options *options, struct error *error)
{
	struct dwarf_info *dwarf = dwarf_info_open(options->elf, error);
	struct profile *profile = NULL;
	struct layout *layout = NULL;

	if (dwarf)
		profile = layout_choose(options->profile, dwarf, error);
	if (profile) {
		printf("%s, build id %s\nprofile %s (%s)\n", options->elf,
		       dwarf_info_build_id(dwarf)[0] ? dwarf_info_build_id(dwarf) : "none",
		       profile->name, profile->path);
		layout = layout_create(profile, dwarf, stdout, error);
	}
	layout_destroy(layout);
	profile_free(profile);
	dwarf_info_close(dwarf);
	return error->status == EXIT_CLEAN;
}
