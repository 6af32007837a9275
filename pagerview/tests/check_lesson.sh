#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Lessons: one through by keys in a real terminal (tmux) of 80x24, forwards and backwards, with a
# right and a wrong prediction; a terminal that is too small; the page of hand-outs, whose numbers
# are those of the target even where the lesson was changed. TAP on standard output.
set -u

build=${BUILD:-build}
viewer=$build/pagerview
lesson=fixtures/lessons/01-shared-memory.scn
work=$(mktemp -d) || exit 2
number=0
unset NO_COLOR TMUX
export LC_ALL=C.UTF-8
export XDG_CONFIG_HOME="$work/config"

t() {
	tmux -S "$work/tmux" -f "$work/tmux.conf" "$@" 2>>"$work/tmux.err"
}
cat >"$work/tmux.conf" <<'CONF'
set -g escape-time 0
set -g status off
CONF
cleanup() {
	t kill-server
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

result() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		screen | sed 's/^/# /'
	fi
}
screen() {
	t capture-pane -p -t v
}
shows() { # TEXT...: all of them, whatever the lines' ends
	screen | tr '\n' ' ' | tr -s ' ' >"$work/screen"
	for text; do
		grep -qF -- "$text" "$work/screen" || return 1
	done
}
expect() { # NAME TEXT...
	name=$1
	shift
	turns=0
	until shows "$@"; do
		turns=$((turns + 1))
		[ $turns -lt 600 ] || break
		sleep 0.05
	done
	[ $turns -lt 600 ]
	result $? "$name"
}
press() {
	for key; do
		t send-keys -t v "$key"
	done
}
open() { # COLS ROWS
	t kill-session -t v
	t new-session -d -s v -x "$1" -y "$2" "$viewer tui --run $lesson --lesson; echo status \$?; exec cat"
}

open 80 24
expect "it begins before the first step" "step 0 of 6" "Space begins" "32 free"
press Space
expect "step 1: its narration, its view" "step 1 of 6" "own tables" "P producer"
press Space
expect "step 2: the object is chosen" "step 2 of 6" "So far only the script" "S · count 1"
press Space
expect "a question is put before the step is run" "step 2 of 6" "How many references has S" "Your answer:"
press 2 Enter
expect "a wrong answer is told kindly" "step 3 of 6" \
	"Not quite: you said 2, in the target it is 3: held by area P.S, area C.S, handle shm S."
press '['
expect "back: the step before, with its narration" "step 2 of 6" "So far only the script" "As it was." "S · count 1"
press '[' '['
expect "back to the beginning" "step 0 of 6" "32 free"
press Space Space Space
expect "forth again: the verdict is kept" "step 3 of 6" "Not quite: you said 2"
press Space
expect "step 4" "step 4 of 6" "Nothing was sent" "dirty"
press Space
expect "the second question" "How many physical pages does S take now?"
press 7 BSpace 2 Enter
expect "a right answer is praised" "step 5 of 6" "Right, 2: of 2 pages, in memory: 0, 1."
press Space
expect "the last step, and the score" "step 6 of 6" "The end of the lesson. Foreseen: 1 of 2."
press Space
expect "there is no step after it" "this was the last step" "step 6 of 6"
t resize-window -t v -x 50 -y 15
expect "a small terminal: what to do" "50x15 is too small" "a lesson needs 60x18" "enlarge the window"
t resize-window -t v -x 80 -y 24
expect "enlarged again" "step 6 of 6"
press q
expect "q leaves" "status 0"

# The page: every step of every lesson, nothing from elsewhere.
fixtures/lessons/make-page "$viewer" "$work/all.html" >"$work/said" 2>&1
result $? "all lessons as one page"
[ "$(grep -c '^<section>$' "$work/all.html")" -eq "$(cat fixtures/lessons/[0-9]*.scn | grep -c '^step')" ]
result $? "every step is in it"
[ "$(grep -c '<details>' "$work/all.html")" -eq "$(cat fixtures/lessons/[0-9]*.scn | grep -c '^# *ask:')" ] &&
	! grep -q "There is no answer" "$work/all.html"
result $? "every question has its answer"
! grep -Eiq '<script|<link|src=|href=|@import' "$work/all.html"
result $? "no script, nothing from elsewhere"
python3 - "$work/all.html" <<'PY'
import re, sys, xml.dom.minidom
page = open(sys.argv[1], encoding="utf-8").read()
for figure in re.findall(r"<svg.*?</svg>", page, re.S):
    xml.dom.minidom.parseString(figure)
PY
result $? "its figures are well-formed"

# Nothing is hard-wired: other counts in the script, other answers.
answers() { # SCRIPT
	"$viewer" handout --run "$1" | sed -n 's/.*class="answer">\([0-9]*\)<.*/\1/p' | tr '\n' ' '
}
sed -e 's/^pool 32/pool 48/' -e 's/^shm S 2/shm S 5/' -e 's/^invoke C write S 1 1/invoke C write S 1 4/' \
	-e 's/^invoke P verify S 1 1/invoke P verify S 1 4/' -e '/^expect/d' \
	-e 's/^map C S rw/map C S rw\nopen X producer\nmap X S ro/' $lesson >"$work/changed.scn"
[ "$(answers $lesson)" = "3 2 " ] && [ "$(answers "$work/changed.scn")" = "4 5 " ]
result $? "a changed lesson has other answers, and right ones"

# What the guide for teachers shows is a lesson that runs.
sed -n '/^```scn$/,/^```$/p' fixtures/lessons/README.md | sed '/^```/d' >"$work/guide.scn"
[ "$(answers "$work/guide.scn")" = "3 " ]
result $? "the guide's own lesson runs"
printf 'say x\n# ask: a\nstep\n' >"$work/bad.scn"
"$viewer" handout --run "$work/bad.scn" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q "line 3: the question before this step has no" "$work/out"
result $? "a bad directive is told by its line"
