/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line as data: from these two tables come the parser, --help, the manual page and the
 * shells' completions.
 */
#ifndef PAGERVIEW_OPTIONS_TABLE_H
#define PAGERVIEW_OPTIONS_TABLE_H

/* name, command, arguments, what it does */
#define COMMAND_TABLE(X)                                                                           \
	X("tui", COMMAND_TUI, 0, "", "show it on the screen, live (the default)")                  \
	X("snap", COMMAND_SNAP, 0, "", "write one snapshot as JSON")                               \
	X("check", COMMAND_CHECK, 0, "", "print what breaks a rule, one line each; exit 1 if any") \
	X("diff", COMMAND_DIFF, 2, "A B", "what changed from snapshot file A to B; exit 1 if any") \
	X("owners", COMMAND_OWNERS, 1, "ADDR",                                                     \
	  "who owns a page, area or object, by virtual or physical address")                       \
	X("graph", COMMAND_GRAPH, 0, "", "draw the objects and their references")                  \
	X("trace", COMMAND_TRACE, 0, "", "print what the pager does as it does it")                \
	X("blame", COMMAND_BLAME, -1, "[OBJ]",                                                     \
	  "who took a reference and never put it, or put one too many; exit 1 if any")             \
	X("replay", COMMAND_REPLAY, 1, "FILE", "show a recording on the screen, as tui -f does")   \
	X("handout", COMMAND_HANDOUT, 0, "", "run a lesson and write it as a page of HTML")        \
	X("layout", COMMAND_LAYOUT, 0, "",                                                         \
	  "what the profile finds in --elf FILE, and what is missing")                             \
	X("manual", COMMAND_MANUAL, 1, "KIND", "print the man page or completions: man, bash, zsh")

/* long name, short letter or number, argument, what it does */
#define OPTION_TABLE(X)                                                                            \
	X("connect", 'c', "HOST:PORT", "a running gdbstub; unix:PATH for a Unix socket")           \
	X("run", 'r', "SCENARIO", "start our own target with that scenario; it ends with us")      \
	X("file", 'f', "FILE", "a snapshot or a recording in JSON")                                \
	X("core", 1000, "DUMP", "a memory dump of QEMU's dump-guest-memory")                       \
	X("elf", 'e', "FILE", "the kernel with its DWARF")                                         \
	X("profile", 'p', "NAME|FILE", "how that kernel names things; without it, all are tried")  \
	X("slide", 1001, "N|auto", "bytes added to the ELF's addresses (auto)")                    \
	X("until", 1002, "WHEN",                                                                   \
	  "first run to: end, done, step:N, event:NAME, or so many seconds")                       \
	X("output", 'o', "FILE", "write there instead of standard output")                         \
	X("format", 1003, "json|text|svg|dot", "of what is written")                               \
	X("delay", 'd', "TENTHS", "tenths of a second between refreshes (5)")                      \
	X("read", 1004, "auto|local|stub|el3", "how memory is read (auto: the best there is)")     \
	X("leave", 1005, "running|stopped|as-found", "what becomes of a target we connected to")   \
	X("timeout", 1006, "SECONDS", "longest wait for --until (30); for an answer, 5 at most")   \
	X("loop", 1007, "", "start the scenario again when it is over")                            \
	X("pace", 1008, "MS", "the target pauses so long at each line it says")                    \
	X("events", 1009, "", "snap: with the events of the target's ring")                        \
	X("watch", 1012, "", "blame OBJ: by a watchpoint on its count, from here on")              \
	X("back", 1013, "", "blame: record the run, and find the store by going backwards")        \
	X("growth", 1014, "", "check: what there is more of from one step to the next")            \
	X("lesson", 1015, "", "tui --run: step by step, with narration and questions")             \
	X("record", 1016, "FILE", "tui: write all that is seen into a recording")                  \
	X("moment", 1017, "N", "-f of a recording: its N-th moment (the last)")                    \
	X("no-color", 'C', "", "no colours")                                                       \
	X("ascii", 'U', "", "plain ASCII, no line drawing")                                        \
	X("help", 'h', "", "this text")                                                            \
	X("version", 'V', "", "the version")

#endif
