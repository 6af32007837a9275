#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Signals at random moments to a viewer on a live target in a real terminal (tmux): resizes, stops
# and continuations while it draws; then an end by a signal or by its terminal closing. After each
# the terminal is as it was and the target is gone. SIGNALS says how many, 100 unless it is set.
# First, ends while the target does not answer: nobody waits for it longer than two seconds.
# TAP on standard output.
. pagerview/tests/terminal.sh

count=${SIGNALS:-100}

cat >"$work/under" <<'UNDER'
#!/bin/sh
work=$1
shift
stty -g >"$work/before"
"$@" 2>"$work/err"
stty -g >"$work/after"
echo over >"$work/status"
exec cat >/dev/null
UNDER
chmod +x "$work/under"

live() {
	shows live
}
gone() {
	! kill -0 "$viewer_pid" 2>/dev/null && ! kill -0 "$target_pid" 2>/dev/null
}
whole() {
	cmp -s "$work/before" "$work/after" &&
		[ "$(t display -p -t v '#{alternate_on}#{cursor_flag}#{keypad_flag}')" = 010 ]
}

# Sets r to a random number below $1, in this very shell. The seed is told, to repeat a run with.
seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	r=$((seed / 65536 % $1))
}
nap() { # up to a tenth of a second
	random 100
	sleep "0.0$((r / 10))$((r % 10))"
}

# open [OPTIONS]: a viewer on the screen, on a live target, its own unless OPTIONS name another.
open() {
	t kill-session -t v
	rm -f "$work/status"
	[ $# -gt 0 ] || set -- --run fixtures/scenarios/evict.scn --loop
	t new-session -d -s v -x 80 -y 24 "$work/under" "$work" "$viewer" tui "$@" -d 1
	until_true live || return 1
	viewer_pid=$(pgrep -P "$(t list-panes -t v -F '#{pane_pid}')" -x pagerview)
	target_pid=$(pgrep -P "$viewer_pid" qemu) || true # another's is no child of it
}

# A signal in the instant before the screen takes signals over: whoever takes them is slow here.
cat >"$work/late.c" <<'LATE'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	int (*real)(int, const sigset_t *, sigset_t *) = dlsym(RTLD_NEXT, "pthread_sigmask");
	if (how == SIG_BLOCK && sigismember(set, SIGWINCH) && !sigismember(set, SIGUSR1))
		raise(SIGTERM);
	return real(how, set, old);
}
LATE
${CC:-gcc} -shared -fPIC -o "$work/late.so" "$work/late.c" -ldl
t new-session -d -s v -x 80 -y 24 "$work/under" "$work" env LD_PRELOAD="$work/late.so" "$viewer" \
	-f fixtures/snapshots/share.json
until_true over && whole
result $? "a signal just before the screen is there ends it"

# held MS END [OPTIONS]: END ends a viewer that waits for a target that is held, within MS.
held() {
	most=$1 end=$2
	shift 2
	open "$@" || return 1
	held_pid=${target_pid:-$other_pid}
	kill -STOP "$held_pid"
	# A reader that does not need the stub may not even notice; the others wait by then.
	turns=0
	until shows "no answer for" || [ $turns -eq 20 ]; do
		turns=$((turns + 1))
		sleep 0.05
	done
	since=$(date +%s%N)
	if [ "$end" = q ]; then
		press q
	else
		kill -"$end" "$viewer_pid"
	fi
	until_true over
	took=$((($(date +%s%N) - since) / 1000000))
	kill -CONT "$held_pid" 2>/dev/null
	[ $took -lt "$most" ] || echo "# it took $took ms"
	[ $took -lt "$most" ] && until_true whole
}

for end in q TERM INT QUIT; do
	held 1000 $end && until_true gone
	result $? "$end: a target of its own that does not answer is not waited for"
done
# Paused, it is not read any more, nor asked for anything: that it is gone has to be noticed.
open && press p && until_true shows paused && kill -KILL "$target_pid" && until_true over &&
	until_true whole && grep -q "killed by signal 9" "$work/err"
result $? "a target that is killed while it is paused ends the screen, which says so"

"$build/run_target" --loop fixtures/scenarios/evict.scn -- \
	-gdb "unix:$work/gdb.sock,server=on,wait=off" >"$work/console" 2>&1 </dev/null &
other_pid=$!
until_true [ -s "$work/console" ]
for end in q TERM; do
	for way in local stub; do
		# 1.7 s by itself, for a goodbye that is not heard; the rest is the screen's and our own.
		held 3000 $end --connect "unix:$work/gdb.sock" --elf "$build/target_pager.elf" --read $way
		status=$?
		size=$(wc -c <"$work/console")
		# It may have been held too long to be let go on: what to do is told.
		grep -q "lets it go on" "$work/err" &&
			"$viewer" snap --connect "unix:$work/gdb.sock" --leave running \
				--elf "$build/target_pager.elf" -o /dev/null
		grows() {
			[ "$(wc -c <"$work/console")" -gt "$size" ]
		}
		[ $status -eq 0 ] && until_true grows
		result $? "$end: neither is another's, read by $way, and it runs on"
	done
done
kill "$other_pid"

sent=0
failed=0
while [ $sent -lt "$count" ]; do
	number=$((number + 1))
	why=
	open || why="it does not come up"
	random 12
	turns=$((3 + r))
	while [ -z "$why" ] && [ $turns -gt 0 ]; do
		turns=$((turns - 1))
		sent=$((sent + 1))
		nap
		random 5
		case $r in
		0)
			random 150
			cols=$((r + 1))
			random 50
			t resize-window -t v -x "$cols" -y $((r + 1))
			;;
		1) kill -WINCH "$viewer_pid" ;;
		2) kill -STOP "$viewer_pid" && kill -CONT "$viewer_pid" ;;
		3) kill -TSTP "$viewer_pid" && kill -CONT "$viewer_pid" ;;
		4)
			random 10
			t send-keys -t v "$r"
			;;
		esac
	done
	t resize-window -t v -x 80 -y 24
	[ -n "$why" ] || until_true live || why="nothing is shown after the signals"
	random 4
	how=$r
	sent=$((sent + 1))
	nap
	case $how in
	0) kill -TERM "$viewer_pid" ;;
	1) kill -HUP "$viewer_pid" ;;
	2) kill -INT "$viewer_pid" ;;
	3) t kill-session -t v ;;
	esac
	[ -n "$why" ] || until_true gone || why="something is left running"
	if [ -z "$why" ] && [ "$how" -ne 3 ]; then
		until_true over
		whole || why="the terminal is not as it was"
	fi
	if [ -z "$why" ]; then
		echo "ok $number $sent signals so far"
	else
		echo "not ok $number $why (end $how)"
		t capture-pane -p -t v | sed 's/^/# /'
		failed=$((failed + 1))
		[ $failed -lt 3 ] || break
	fi
done
echo "1..$number"
