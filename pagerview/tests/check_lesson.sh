#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Lessons: one through by keys in a real terminal (tmux) of 80x24, with what the screen says to each
# (check_lesson_keys.sh goes through all of them); a terminal that is too small; lessons whose pool,
# TAs and page counts were changed have other answers, and right ones; what is no lesson is refused.
# TAP on standard output.
. pagerview/tests/terminal.sh

lesson=fixtures/lessons/01-shared-memory.scn

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

# Nothing is hard-wired: other pools, TAs and page counts, other answers, and those of the target.
answers() { # SCRIPT
	"$viewer" handout --run "$1" | sed -n 's/.*class="answer">\([0-9]*\)<.*/\1/p' | tr '\n' ' '
}
changed() { # NUMBER WAS IS SED-ARGUMENTS...: the answers of the lesson, and of it so changed
	was=$2 is=$3 file=$(echo fixtures/lessons/"$1"-*.scn)
	name="$(basename "$file" .scn) changed: the answers are ${3% }, not ${2% }"
	shift 3
	sed "$@" -e '/^expect/d' "$file" >"$work/changed.scn"
	python3 -B pagerview/tests/lesson_truth.py "$viewer" "$work/changed.scn" >"$work/truth" 2>&1
	[ "$(answers "$file")" = "$was" ] && [ "$(answers "$work/changed.scn")" = "$is" ] &&
		[ "$(tr '\n' ' ' <"$work/truth")" = "$is" ]
	result $? "$name"
}
# An object of five pages instead of two, three TAs that map it, all of it used.
changed 01 "3 2 " "4 5 " -e 's/^pool 32/pool 48/' -e 's/^shm S 2/shm S 5/' -e 's/write S 1 1/write S 1 4/' \
	-e 's/verify S 1 1/verify S 1 4/' -e 's/^map C S rw/map C S rw\nopen X producer\nmap X S ro/'
# Three pages of bss are read, and the pool is larger.
changed 03 "1 " "3 " -e 's/^pool 12/pool 30/' -e 's/touch bss 0 1/touch bss 0 3/'
# A third TA maps half of the object; C uses three pages of it.
changed 04 "2 1 " "3 3 " -e 's/^pool 16/pool 40/' -e 's/^map C S rw/&\nopen X counter\nmap X S ro 2 2/' \
	-e 's/write S 2 1 1/write S 1 3 1/' -e 's/verify S 2 1 1/verify S 1 3 1/'
# B maps twice, a part each time.
changed 05 "3 " "4 " -e 's/^map B S ro 2 3/&\nmap B S ro 0 1/'
# So large a pool that nothing has to go.
changed 06 "0 " "1 " -e 's/^pool 12/pool 64/'
# B is another TA; a third one is of A's kind.
changed 07 "3 " "4 " -e 's/^open B greeter/&\nopen X greeter/'
# The other TA does not use the library: another one of the first kind does.
changed 08 "3 " "2 " -e 's/^open L ledger/open L counter/' -e '/^invoke L/d'
# One TA more maps it; one more is of the producer's kind.
changed 10 "2 2 " "3 3 " -e 's/^map C S rw/&\nopen X consumer\nmap X S rw/' -e 's/^open Q producer/&\nopen R producer/'
# One page more in the pool: another one is the oldest.
changed 11 "3 " "2 " -e 's/^pool 12/pool 13/'
# Only two of the three let go, and the one that is lost is not theirs.
changed 13 "3 " "4 " -e 's/^map C S rw/&\nopen X producer\nmap X S rw/'

# What the guide for teachers shows is a lesson that runs.
sed -n '/^```scn$/,/^```$/p' fixtures/lessons/README.md | sed '/^```/d' >"$work/guide.scn"
[ "$(answers "$work/guide.scn")" = "3 " ]
result $? "the guide's own lesson runs"
printf 'say x\n# ask: a\nstep\n' >"$work/bad.scn"
"$viewer" handout --run "$work/bad.scn" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q "line 3: the question before this step has no" "$work/out"
result $? "a bad directive is told by its line"
