#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The screen in a real terminal (tmux): against a live target driven by its keys, against kept
# screens of a file; resized, suspended, signalled, its terminal closed, its target killed; slow to
# begin; and refused where there is no terminal. Waits for what it expects to see. TAP on standard
# output.
. pagerview/tests/terminal.sh

screens=pagerview/tests/screens

expect() { # TEXT NAME
	until_true shows "$1"
	result $? "$2"
}
expect_match() { # REGEX NAME
	until_true matches "$1"
	result $? "$2"
}

# The program under the terminal: what its modes were before and after, and how it ended.
cat >"$work/under" <<'UNDER'
#!/bin/sh
work=$1
shift
rm -f "$work/status" "$work/after"
stty -g >"$work/before"
"$@" 2>"$work/err"
status=$?
stty -g >"$work/after"
echo $status >"$work/status"
exec cat >/dev/null # hold the terminal, for a look at it
UNDER
chmod +x "$work/under"

open() { # COLS ROWS COMMAND...
	cols=$1 rows=$2
	shift 2
	t kill-session -t v
	rm -f "$work/status"
	t new-session -d -s v -x "$cols" -y "$rows" "$work/under" "$work" "$@"
}

# The viewer's own process, under the shell of the pane.
viewer_pid() {
	pgrep -P "$(t list-panes -t v -F '#{pane_pid}')" -x pagerview
}
has_viewer() {
	[ -n "$(viewer_pid)" ]
}

# ended STATUS NAME: it has ended so, and the terminal is as it was.
ended() {
	until_true over
	[ "$(cat "$work/status" 2>/dev/null)" = "$1" ] && cmp -s "$work/before" "$work/after" &&
		[ "$(t display -p -t v '#{alternate_on}#{cursor_flag}#{keypad_flag}')" = 010 ]
	result $? "$2"
}

# no target is left of those that were started
no_target() {
	! pgrep -f "qemu-system-aarch64.*$work" >/dev/null
}

# ---- a file: the screens are those that are kept

for size in 80x24 200x60 40x10; do
	open "${size%x*}" "${size#*x}" "$viewer" -f "$screens/share.json"
	until_true shows "file"
	for view in 1:map 2:pages 3:fobjs 4:spaces 5:files 7:picture 9:refs '?:help'; do
		press "${view%%:*}"
		kept=$screens/terminal-${view#*:}.$size.txt
		if [ -n "${UPDATE_SCREENS:-}" ]; then
			sleep 0.3
			screen >"$kept"
		fi
		same_screen() {
			[ -s "$kept" ] && screen | cmp -s - "$kept"
		}
		until_true same_screen
		result $? "view ${view#*:} at $size"
	done
	press q
	ended 0 "q ends it at $size and the terminal is as it was"
done

# ---- colours and characters

open 80 24 "$viewer" -f "$screens/share.json"
until_true shows "file"
t capture-pane -e -p -t v | grep -q '38;5;'
result $? "256 colours where there are"
press q
for how in "env NO_COLOR=1 $viewer" "$viewer -C"; do
	# shellcheck disable=SC2086
	open 80 24 $how -f "$screens/share.json"
	until_true shows "file"
	! t capture-pane -e -p -t v | grep -qE '\[[0-9;]*(3[0-7]|4[0-7]|38|48)[;m]'
	result $? "no colours: $how"
	press q
done
for how in "env LC_ALL=C $viewer" "$viewer -U"; do
	# shellcheck disable=SC2086
	open 80 24 $how -f "$screens/share.json"
	until_true shows "file"
	press 7
	until_true shows "+-->" && ! screen | LC_ALL=C grep -q '[^ -~]'
	result $? "ASCII only: $how"
	press q
done
for term in screen xterm vt100 linux; do
	open 80 24 env TERM=$term "$viewer" -f "$screens/share.json"
	expect "greeter" "on TERM=$term"
	press q
	ended 0 "... and the terminal is as it was"
done

# ---- a configuration of the user

mkdir -p "$XDG_CONFIG_HOME/pagerview"
printf 'bind quit x\nview map\n' >"$XDG_CONFIG_HOME/pagerview/config"
open 80 24 "$viewer" -f "$screens/share.json"
expect "the same, hidden" "the configuration chooses the first view"
press q x
ended 0 "... and the keys"
echo 'bind quit nokey' >"$XDG_CONFIG_HOME/pagerview/config"
open 80 24 "$viewer" -f "$screens/share.json"
until_true over
[ "$(cat "$work/status")" = 2 ] && grep -q 'config:1: no such key: nokey' "$work/err"
result $? "a bad line is named"
printf 'view map\n\0bind quit x\n' >"$XDG_CONFIG_HOME/pagerview/config"
open 80 24 "$viewer" -f "$screens/share.json"
until_true over
[ "$(cat "$work/status")" = 2 ] && grep -q 'config: line 2: byte 0x00 is no text' "$work/err"
result $? "what lies behind a zero byte is not dropped in silence"
rm "$XDG_CONFIG_HOME/pagerview/config"

# ---- the mouse, off unless it is asked for

has_mouse() { # 0 or 1
	[ "$(t display -p -t v '#{mouse_any_flag}')" = "$1" ]
}
open 80 24 "$viewer" -f "$screens/share.json"
until_true shows "file" && has_mouse 0
result $? "the mouse is the terminal's own"
press q
ended 0 "... q ends it"
echo 'mouse on' >"$XDG_CONFIG_HOME/pagerview/config"
open 80 24 "$viewer" -f "$screens/share.json"
until_true shows "file" && has_mouse 1
result $? "the configuration asks for it"
t send-keys -t v -H 1b 5b 4d 20 30 24 # a press of the first button at column 16, line 4: 3fobjs
t send-keys -t v -H 1b 5b 4d 23 30 24 # and its release
expect "PAGES IN THE POOL" "a click on a tab"
t send-keys -t v -H 1b 5b 4d 20 2c 28 # line 8
expect_match "^> greeter.rodata" "a click on a row"
t send-keys -t v -H 1b 5b 4d 61 2c 28 # the wheel, down
expect_match "^> greeter.relro" "the wheel"
press q
ended 0 "... q ends it"
until_true has_mouse 0
result $? "... and the mouse is the terminal's own again"
rm "$XDG_CONFIG_HOME/pagerview/config"

# ---- a live target, by its keys

open 80 24 "$viewer" tui --run "$scenarios/share.scn" --until end -d 2
expect_match "(live|paused) . exact" "the target is up and read"
expect "A greeter" "its contexts are named"
press 2
expect "ORDER ADDRESS" "2: the pages"
press / g r e e t e r . t e x t Enter
expect_match "^> .*greeter.text" "/ finds a page by its object's name"
press Enter
expect_match "^> area text" "Enter: its owners"
press Enter
expect_match "^> text .*r-x" "Enter: the area of the owner"
press Enter Enter
expect_match "^> greeter.text +ro " "Enter: the area's fobj"
press Enter Down Down
expect_match "^> slice" "Enter: the holders of the fobj"
press Enter
expect_match "^> [0-9a-f]{16}" "Enter: the file that the slice is of"
press BSpace
expect_match "^> slice" "Backspace: the holders again"
press BSpace BSpace BSpace BSpace
expect_match "^> area text" "Backspace: back at the owners"
press 0
expect "target_pager" "0: the target's log"
press '?'
expect "WHAT THEY DO" "?: the keys"
press '?' 2
t resize-window -t v -x 40 -y 10
until_true shows "owner" && until_true matches "^ pool [0-9]+ \["
result $? "40x10 shows the list with the focus"
press BSpace
until_true shows "ADDRESS" && until_true shows "quit"
result $? "... and the other one when it has it"
t resize-window -t v -x 39 -y 9
expect "is too small" "39x9 says that it is too small"
[ "$(screen | grep -c .)" -eq 1 ]
result $? "... in one line"
t resize-window -t v -x 200 -y 60
expect "MAPPED IN" "200x60 shows more"
t resize-window -t v -x 80 -y 24
until_true shows "ORDER ADDRESS"
result $? "80x24 again"
press q
ended 0 "q ends it"
until_true no_target
result $? "... and the target that it started"

# ---- what the store has of a page: sealed if it is read-write, the same if it is read-only

bytes_shown() { # without their addresses
	screen | sed -n '7,20p' | cut -c14-60
}
contents_of() { # SECTION HEADING
	press 2 Home /
	t send-keys -t v -l "$1"
	press Enter Escape 8
	until_true matches "^> $2page 0x[0-9a-f]+ .* $1\["
}
open 80 24 "$viewer" tui --run "$scenarios/evict.scn" --until step:3 -d 2
until_true shows "paused"
contents_of A.bss "" && until_true matches "0x41c[0-9a-f]{5}  ?([0-9a-f]{2} ){16}"
plain=$(bytes_shown)
press x
until_true matches "^> the store's copy, for page .* A.bss" &&
	until_true matches "^  0x10 +([0-9a-f]{2} ){16}" && [ "$(bytes_shown)" != "$plain" ]
result $? "x: the sealed copy of a read-write page is not the page"
contents_of greeter.text "the store's copy, for " && until_true matches "^  0x10 +([0-9a-f]{2} ){16}"
stored=$(bytes_shown)
press x
until_true matches "^> page .* greeter.text" &&
	until_true matches "^  0x41c[0-9a-f]{5} +([0-9a-f]{2} ){16}" &&
	[ "$(bytes_shown)" = "$stored" ] && [ -n "$stored" ]
result $? "... that of a read-only page is"
press 4 Home /
t send-keys -t v -l "bss"
press Enter Escape Right Down
until_true matches "^> 0x[0-9a-f]+ --- not in the pool"
press 8
expect "A.bss[0] is not in the pool; x shows the store's copy of it" "a page that was released is told"
press x
until_true matches "^> the store's copy, for A.bss\[0\]" &&
	until_true matches "^  0x10 +([0-9a-f]{2} ){16}"
result $? "... and its sealed copy is shown"
press q
ended 0 "q ends it"

# ---- what grows with every round: live, then from its recording; as `check --growth` says

keep="$scenarios/fault-kept-session.scn"
"$viewer" check --growth --run "$keep" >"$work/growth"
open 110 30 "$viewer" tui --run "$keep" --until step:1 -d 2 --record "$work/growth.jsonl"
until_true shows "at a step"
press + A s
for points in 2 3; do
	press s
	expect "$points points: each step" "step $points is a point of the growth"
done
counts=$(sed -n 's/^growth: context greeter: \(.*\); .*/\1/p' "$work/growth")
[ -n "$counts" ]
result $? "check --growth counts the contexts that nobody closes"
expect_match "context greeter .*never less  $counts " "... and the screen says the same"
press / c o n t e x t Space g Enter Enter
expect "> context A greeter" "the session that was kept is new since the first point"
press Enter
expect_match "^>[ +~]*A greeter" "... and Enter leads to it"
press q
ended 0 "q leaves it"
open 110 30 "$viewer" replay "$work/growth.jsonl"
until_true shows "replay 1 of"
press + A s '}'
expect_match "context greeter .*never less  $counts " "the recording has grown alike"
press q
ended 0 "q leaves the recording"

# ---- to the next event

open 80 24 "$viewer" tui --run "$scenarios/evict.scn" --until step:1 -d 2
until_true shows "n event"
press n
expect "r release" "n asks for the kind of event"
press r
expect "after a release" "... and says when it has come"
press 6
expect_match "paused . exact" "the target is paused there"
until_true matches " release +[A-Za-z.]+\["
result $? "... and the event is among the last ones"
press n Enter
expect "after a release" "Enter: the next of the same kind"
press q
ended 0 "q ends it"
until_true no_target
result $? "... and the target"

# ---- pause and resume, and moving while the TAs run

open 100 30 "$viewer" tui --run "$scenarios/share.scn" --loop -d 1
expect "live" "live on a scenario in a loop"
first=$(screen)
moved() {
	[ "$(screen)" != "$first" ]
}
until_true moved
result $? "the screen moves by itself"
press p
expect "paused" "p pauses the target"
still() {
	first=$(screen)
	sleep 0.5
	[ "$(screen)" = "$first" ]
}
until_true still
result $? "... which stands still"
press p
expect "live" "p lets it run"
until_true moved
result $? "... and it moves again"
press [ [
expect "replay" "[ goes back in time"
press }
expect "live" "} is live again"

# ---- signals, job control, a terminal that goes away

kill -STOP "$(viewer_pid)"
kill -CONT "$(viewer_pid)"
expect "live" "SIGSTOP and SIGCONT"
press q
ended 0 "q ends it"

# A shell with job control: Ctrl-Z gives it the terminal, Enter makes it say `fg`.
cat >"$work/jobs" <<'JOBS'
#!/bin/sh
work=$1
shift
set -m
rm -f "$work/status" "$work/after"
stty -g >"$work/before"
"$@" 2>"$work/err"
stty -g >"$work/after"
echo suspended >"$work/status"
read -r line
fg >/dev/null
stty -g >"$work/after"
echo back >"$work/status"
exec cat >/dev/null
JOBS
chmod +x "$work/jobs"
t kill-session -t v
t new-session -d -s v -x 100 -y 30 "$work/jobs" "$work" "$viewer" tui \
	--run "$scenarios/share.scn" --loop -d 1
until_true shows "live"
press C-z
ended suspended "Ctrl-Z gives the terminal to the shell"
rm -f "$work/status"
press Enter
expect "live" "fg brings it back"
press q
ended back "q ends it"
open 100 30 "$viewer" tui --run "$scenarios/share.scn" --loop -d 1
for signal in TERM INT HUP; do
	until_true shows "live"
	kill -$signal "$(viewer_pid)"
	until_true over
	cmp -s "$work/before" "$work/after" && [ "$(t display -p -t v '#{alternate_on}')" = 0 ]
	result $? "SIG$signal ends it and the terminal is as it was"
	until_true no_target
	result $? "... and so has the target"
	open 100 30 "$viewer" tui --run "$scenarios/share.scn" --loop -d 1
done
until_true shows "live"
pid=$(viewer_pid)
t kill-session -t v
gone() {
	! kill -0 "$pid" 2>/dev/null
}
until_true gone
result $? "a closed terminal ends it"
until_true no_target
result $? "... and the target"

# ---- the target dies

for size in 80x24 40x10; do
	open "${size%x*}" "${size#*x}" "$viewer" tui --run "$scenarios/share.scn" --loop -d 1
	until_true shows "live"
	kill -9 "$(pgrep -P "$(viewer_pid)" qemu)"
	ended 3 "a target killed at $size: exit 3, the terminal as it was"
	[ "$(wc -l <"$work/err")" -eq 1 ] && [ "$(wc -c <"$work/err")" -gt 20 ]
	result $? "... and one line says so"
done

# ---- the scenario fails: what was seen stays, until it is left

open 80 24 "$viewer" tui --run "$scenarios/fault-kept-session.scn" --until step:1 -d 1
until_true shows "paused"
for step in 1 2 3 4 5 6; do
	shows "the scenario failed: verdict" && break
	press s
	until_true shows "step:" || until_true shows "the scenario failed: verdict"
done
until_true shows "the scenario failed: verdict" && until_true shows "ended"
result $? "a verdict that is bad is told on the screen"
press s
until_true shows "the target has ended"
result $? "... which stays, and what cannot be says so"
press '['
until_true shows "replay"
result $? "... with the past"
press q
ended 3 "... and is the exit status"
[ "$(wc -l <"$work/err")" -eq 1 ] && grep -q "the scenario failed: verdict" "$work/err"
result $? "... and one line"

# ---- what takes long says what it is, can be given up, and leaves nothing behind

cat >"$work/plain" <<'PLAIN'
#!/bin/sh
work=$1
shift
trap : INT # which is the command's
rm -f "$work/status"
"$@"
echo $? >"$work/status"
exec cat >/dev/null
PLAIN
chmod +x "$work/plain"
plain() {
	t kill-session -t v
	rm -f "$work/status"
	t new-session -d -s v -x 80 -y 24 "$work/plain" "$work" "$@"
}
is_blank() {
	[ -z "$(screen | tr -d ' \n')" ]
}

# It may be a stub that takes the call when we are gone.
is_told() {
	screen | tr -d ' \n' | grep -q 'letsitgoon$' && ! shows "connecting to"
}

python3 - "$work/silent" <<'SILENT' &
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(8)
time.sleep(600)
SILENT
silent=$!
until_true [ -S "$work/silent" ]
for command in tui snap; do
	plain "$viewer" $command --connect "unix:$work/silent" --elf "$build/target_pager.elf" --timeout 60
	until_true shows "pagerview: connecting to unix:" && until_true shows "Ctrl-C gives up"
	result $? "$command says that it connects"
	press C-c
	until_true over && [ "$(cat "$work/status")" != 0 ] && until_true is_told
	result $? "... Ctrl-C gives it up, the line is gone, and the target may stand"
done
kill "$silent"
# The program below the viewer is told to take its time.
printf '#!/bin/sh\nsleep 2\nexec qemu-system-aarch64 "$@"\n' >"$work/slow-qemu"
chmod +x "$work/slow-qemu"
plain env "QEMU=$work/slow-qemu" "$viewer" tui --run "$scenarios/share.scn" --until step:2
expect "pagerview: starting share.scn and running it to step 2; Ctrl-C gives up" "a slow start is told"
expect "paused" "... and the screen comes"
press q
until_true over && is_blank
result $? "... and no word of it stays"

# ---- no terminal

refuses() { # NAME COMMAND...
	name=$1
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got -eq 2 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		! LC_ALL=C grep -q "$(printf '\033')" "$work/err"
	result $? "$name"
}
refuses "no terminal at all" "$viewer" -f "$screens/share.json"
for term in dumb unknown-terminal ''; do
	open 80 24 env TERM=$term "$viewer" -f "$screens/share.json"
	until_true over
	[ "$(cat "$work/status")" = 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		[ -z "$(screen | tr -d ' \n')" ]
	result $? "TERM=$term is refused in one line"
done

echo "1..$number"
