/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of the GDB remote protocol: one connection to one stub (QEMU's, gdbserver's, OpenOCD's).
 * It knows packets, threads, registers, breakpoints and who is at the other end; it knows no
 * symbol, no page table and no pager. One thread at a time may use a client. Every wait is bounded
 * by the time-out and ends early when the abort descriptor becomes readable. Functions that fail
 * return false (or NULL) and set ERROR; once the connection is lost, every later call fails at once
 * with the sentence that told of the loss. No call raises SIGPIPE.
 */
#ifndef PAGERVIEW_RSP_CLIENT_H
#define PAGERVIEW_RSP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../error.h"

struct rsp_client;

/* What becomes of the target when we go. */
enum rsp_leave {
	RSP_LEAVE_AS_FOUND, /* running, unless it was known to be stopped before we came */
	RSP_LEAVE_RUNNING,
	RSP_LEAVE_STOPPED,
	RSP_LEAVE_DYING, /* it is killed next: nothing is asked of it, and no answer awaited */
};

struct rsp_config {
	const char *address;     /* "HOST:PORT", ":PORT", "[V6]:PORT" or "unix:PATH"; only read by
				    connect */
	unsigned int timeout_ms; /* longest silence of the other side; 0: 5000 */
	int abort_fd;            /* readable: give up all waiting (SIGINT, SIGTERM); -1: none */
	enum rsp_leave leave;    /* what rsp_close() does */
	bool *unsure;    /* NULL, or set where rsp_connect() fails and the target may stand still */
	size_t max_read; /* bytes in one `m` packet; 0: 2048, or less when the stub says so */
};

#define RSP_THREAD_LEN 40 /* room for a thread id with its zero byte, "p1.2" */

/* Why the target stands still. */
struct rsp_stop {
	enum {
		RSP_STOP_SIGNAL,     /* interrupted or a signal: `signal` */
		RSP_STOP_BREAKPOINT, /* SIGTRAP: a breakpoint or the end of a step */
		RSP_STOP_WATCHPOINT, /* `watch_addr` was accessed */
		RSP_STOP_EXITED,     /* it has ended: `signal` is its status */
	} reason;
	int signal;
	uint64_t watch_addr;
	char thread[RSP_THREAD_LEN]; /* the CPU that stopped; "" unknown */
	bool has_pc, has_sp;         /* told with the stop: rsp_stop() asks QEMU for them along */
	uint64_t pc, sp;             /* of that CPU */
};

enum rsp_wait {
	RSP_WAIT_STOPPED, /* STOP is filled in */
	RSP_WAIT_TIMEOUT, /* still running */
	RSP_WAIT_ABORTED, /* the abort descriptor became readable; still running */
	RSP_WAIT_LOST,    /* connection gone or the target ended; ERROR is set */
};

/*
 * Connect and shake hands. The target stands still afterwards, whatever it did before: QEMU stops
 * when anyone connects. NULL with ERROR (EXIT_CONNECTION, or EXIT_USAGE for a bad address).
 */
struct rsp_client *rsp_connect(const struct rsp_config *config, struct error *error);
/* The same over a connected socket, which becomes the client's; the address is only a name then. */
struct rsp_client *rsp_adopt(int fd, const struct rsp_config *config, struct error *error);
/*
 * Take all breakpoints out, switch physical reading off, leave the target running or stopped as
 * LEAVE asks, and end the connection; the client lives on only to be closed. Not ended early by
 * the abort descriptor, but never longer than the time-out. False: the target could not be told,
 * unless (a QEMU that hung up on us, or whose connection was cut) a second connection did it.
 */
bool rsp_detach(struct rsp_client *client, enum rsp_leave leave, struct error *error);
/* rsp_detach() as configured, unless done already: as soon as the connection is known to be lost.
 */
void rsp_part(struct rsp_client *client);
/*
 * rsp_part(), then free. NULL is allowed. False: the other side is there but did not answer, and a
 * target that should run may stand still now.
 */
bool rsp_close(struct rsp_client *client);

bool rsp_is_lost(const struct rsp_client *client);
bool rsp_is_running(const struct rsp_client *client);
/* How long it ran since we connected, microseconds, as far as we know. */
uint64_t rsp_ran_us(const struct rsp_client *client);
bool rsp_is_qemu(const struct rsp_client *client);
/* Whether the target ran before we connected, as far as the stub lets us know (true if unknown). */
bool rsp_was_running(const struct rsp_client *client);
const char *rsp_address(const struct rsp_client *client);
int rsp_fd(const struct rsp_client *client); /* to poll while it runs; -1: lost */
/* Process of the stub when it is on this host and can be told (socket owner); 0 otherwise. */
pid_t rsp_peer_pid(const struct rsp_client *client);
size_t rsp_max_read(const struct rsp_client *client); /* bytes per `m`, as negotiated */

/* Interrupt a running target and wait for it; no-op when it stands still. STOP may be NULL. */
bool rsp_stop(struct rsp_client *client, struct rsp_stop *stop, struct error *error);
/*
 * Let it run, all CPUs. When it stands on one of our breakpoints or was stopped by one of our
 * watchpoints, that one is first stepped over. No-op when it runs.
 */
bool rsp_resume(struct rsp_client *client, struct error *error);
/* One instruction of THREAD (NULL: the one that stopped) while the others stand still; waits. */
bool rsp_step(struct rsp_client *client, const char *thread, struct rsp_stop *stop,
	      struct error *error);
/*
 * Let all CPUs run but the one that stopped, until one of them stops (told in OTHER), TIMEOUT_MS at
 * most; then all stand, and the last stop is again that of the first one, which has not moved.
 * RSP_WAIT_TIMEOUT at once where there is no other CPU, or no way to run it alone.
 */
enum rsp_wait rsp_run_others(struct rsp_client *client, int timeout_ms, struct rsp_stop *other,
			     struct error *error);
/* The stub replays a recording and can go backwards. The target must stand still. */
bool rsp_can_reverse(struct rsp_client *client);
/*
 * Run backwards to the last breakpoint or watchpoint, or to the beginning; rsp_wait_for_stop()
 * tells. False with ERROR when the stub cannot.
 */
bool rsp_reverse_continue(struct rsp_client *client, struct error *error);
/*
 * Wait until a running target stops by itself. TIMEOUT_MS -1: for ever, 0: just look. A target that
 * stands still already gives its last stop.
 */
enum rsp_wait rsp_wait_for_stop(struct rsp_client *client, int timeout_ms, struct rsp_stop *stop,
				struct error *error);
/* The last stop; valid while the target stands still. */
const struct rsp_stop *rsp_last_stop(struct rsp_client *client);

/* One range of the target's memory. */
struct rsp_read {
	uint64_t addr; /* virtual, or physical where physical reading is on */
	size_t len;    /* bytes, any number: cut into packets here */
	void *to;      /* the caller's LEN bytes */
	bool ok;       /* set: all LEN bytes are there */
};
/*
 * Read all ranges in one pipelined burst; the target must stand still. An address the stub refuses
 * is `ok` false, not an error. Virtual addresses are those of the thread that stopped, or of
 * rsp_view()'s.
 */
bool rsp_read_memory(struct rsp_client *client, struct rsp_read *reads, size_t count, bool physical,
		     struct error *error);
/*
 * The same with register NAME of the CPU that is looked through set to VALUE before the burst and
 * put back behind it, in one go that nothing ends half-way. False with ERROR also where the stub
 * has no such register; one that cannot be set makes all reads fail.
 */
bool rsp_read_memory_as(struct rsp_client *client, struct rsp_read *reads, size_t count,
			const char *name, uint64_t value, struct error *error);
bool rsp_can_read_physical(const struct rsp_client *client); /* QEMU's PhyMemMode is there */

/*
 * Virtual addresses are THREAD's (NULL: those of the one that stopped) until the target runs again:
 * another CPU may see a kernel that the one that stopped does not.
 */
void rsp_view(struct rsp_client *client, const char *thread);

/* One register by its name in the stub's description ("pc", "TTBR1_EL1"), case ignored. */
struct rsp_register {
	const char *name;
	uint64_t value; /* the low 64 bits */
	bool ok;        /* set: the stub knows and told it */
};
/* Registers of THREAD (NULL: the one that stopped), in one burst; the target must stand still. */
bool rsp_read_registers(struct rsp_client *client, const char *thread,
			struct rsp_register *registers, size_t count, struct error *error);
/* One register of the thread that stopped; false also when the stub has none of that name. */
bool rsp_read_register(struct rsp_client *client, const char *name, uint64_t *value,
		       struct error *error);
/* Ids of all threads (CPUs) into IDS, at most MAX; number found, 0 with ERROR on failure. */
size_t rsp_threads(struct rsp_client *client, char (*ids)[RSP_THREAD_LEN], size_t max,
		   struct error *error);

enum rsp_breakpoint {
	RSP_BREAK_SOFTWARE = 0,
	RSP_BREAK_HARDWARE = 1,
	RSP_WATCH_WRITE = 2,
	RSP_WATCH_READ = 3,
	RSP_WATCH_ACCESS = 4,
};
/*
 * Put in, take out. KIND is the length of the instruction (4; 2 for Thumb) or of the watched
 * range. The target must stand still. Taken out by rsp_detach() whatever happens before.
 */
bool rsp_breakpoint_insert(struct rsp_client *client, enum rsp_breakpoint type, uint64_t addr,
			   unsigned int kind, struct error *error);
bool rsp_breakpoint_remove(struct rsp_client *client, enum rsp_breakpoint type, uint64_t addr,
			   unsigned int kind, struct error *error);
/* Is one of ours, for execution, at ADDR? */
bool rsp_breakpoint_at(const struct rsp_client *client, uint64_t addr);

/*
 * A command of the stub's monitor ("gpa2hva 0x40000000"); its output, cut to LEN - 1 bytes, into
 * OUTPUT, zero-terminated. The target must stand still.
 */
bool rsp_monitor(struct rsp_client *client, const char *command, char *output, size_t len,
		 struct error *error);

/* What went over the wire since rsp_stats_reset(). */
struct rsp_stats {
	uint64_t packets;    /* sent */
	uint64_t trips;      /* times we waited for an answer */
	uint64_t bytes;      /* both directions */
	uint64_t stops;      /* times we stopped the target */
	uint64_t intrusions; /* times it turned out to have run during a burst: that is torn */
};
const struct rsp_stats *rsp_stats(const struct rsp_client *client);
void rsp_stats_reset(struct rsp_client *client);

#endif
