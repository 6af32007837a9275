#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Recordings in a real terminal (tmux): a run of evict.scn is recorded while it is watched, and its
# replay shows the same screens backwards as forwards, in every view; it plays by a key; what is cut
# or no recording is told. Waits for what it expects to see. TAP on standard output.
. pagerview/tests/terminal.sh

cat >"$work/under" <<'UNDER'
#!/bin/sh
work=$1
shift
cd "$work" || exit 2
"$@" 2>"$work/err"
echo $? >"$work/status"
exec cat >/dev/null # hold the terminal, for a look at it
UNDER
chmod +x "$work/under"
case $viewer in
/*) ;;
*) viewer=$PWD/$viewer ;;
esac

open() { # COLS ROWS ARGUMENTS...
	cols=$1 rows=$2
	shift 2
	t kill-session -t v
	rm -f "$work/status"
	t new-session -d -s v -x "$cols" -y "$rows" "$work/under" "$work" "$viewer" "$@"
}

# ---- a recording, while one watches

tape=$work/evict.jsonl
open 80 24 tui --run "$PWD/$scenarios/evict.scn" --until step:1 --record "$tape" -d 1
until_true matches "paused . rec 1 "
result $? "the status line says what is recorded"
moments=1
while [ $moments -lt 6 ]; do
	moments=$((moments + 1))
	press s
	until_true matches "paused . rec $moments "
done
result $? "a moment for each step"
press q
until_true over
[ "$(cat "$work/status")" = 0 ] && [ "$(grep -c '^{"schema"' "$tape")" = 6 ]
result $? "six moments, a line each"
python3 pagerview/tests/schema.py --lines pagerview/export/recording.schema.json \
	pagerview/export/snapshot.schema.json "$tape" >"$work/out" 2>"$work/err"
result $? "every line is of the published form"
sed 's/"state": "clean"/"state": "spotless"/' "$tape" >"$work/bad.jsonl"
! python3 pagerview/tests/schema.py --lines pagerview/export/recording.schema.json \
	pagerview/export/snapshot.schema.json "$work/bad.jsonl" >"$work/out" 2>"$work/err"
result $? "... and one that is not is told apart"

# ---- its replay, forwards and backwards

at() { # N: moment N is on the screen, and has been drawn whole
	matches "replay $1 of 6 " || return 1
	screen >"$work/one"
	screen | cmp -s - "$work/one"
}
keep() { # NAME N: what moment N looks like
	until_true at "$2" && cp "$work/one" "$work/$1.$2"
}

# The views with the most in them at the larger size, too.
for size in 80x24:'1 2 3 4 5 6 7 9 0' 200x60:'2 4 7'; do
	views=${size#*:} size=${size%%:*}
	open "${size%x*}" "${size#*x}" replay "$tape"
	until_true at 1
	result $? "replay begins at the first moment, $size"
	for view in $views; do
		press '{' "$view" g
		sleep 0.1 # the first moment may be on the screen in the view before
		keep "forth" 1
		for n in 2 3 4 5 6; do
			press ]
			keep forth $n
		done
		same=0
		for n in 5 4 3 2 1; do
			press [
			keep back $n && cmp -s "$work/forth.$n" "$work/back.$n" || {
				same=1
				diff "$work/forth.$n" "$work/back.$n" | sed 's/^/# /'
			}
		done
		result $same "view $view at $size: the same screens both ways"
		grep -v ' replay ' "$work/forth.1" >"$work/one"
		grep -v ' replay ' "$work/forth.6" >"$work/six"
		! cmp -s "$work/one" "$work/six"
		result $? "... which are not all one"
		rm -f "$work"/forth.* "$work"/back.*
	done
	press q
	until_true over
done

open 80 24 -f "$tape"
until_true at 1
result $? "-f shows a recording, too"
press 2 ]
until_true matches '^>?[ >]?~ +[0-9]+ 0x.* (clean|dirty|hidden) '
result $? "what changed is marked"
press '{' p
until_true matches "replay 6 of 6 "
result $? "p plays it to its end"
press p
until_true matches "(▶ replay|replay [1-5] of 6)"
result $? "... and again from its beginning"
press q
until_true over
[ "$(cat "$work/status")" = 0 ]
result $? "q ends it"

# ---- a live target's screens, as text, are those of its recording: every view, and along the
# references from a page to its file and back. The first and the last lines tell how it was read.

body() {
	screen | sed '1d' | grep -vE '^ (●|‖|■) |^ \? help|^ there is|^ this is'
}
look() { # FILE: what is on the screen, once it stays
	body >"$1"
	until_true stays "$1"
}
stays() {
	sleep 0.05
	body >"$1.now"
	cmp -s "$1" "$1.now" && return 0
	mv "$1.now" "$1"
	return 1
}
has_changed() { # since $before: each key of a journey does something
	[ "$(screen)" != "$before" ]
}
journey() { # PREFIX
	for view in 1 2 3 4 5 6 7 9; do
		press "$view"
		until_true showing_view "$view" || echo "$1 $view" >>"$work/unseen"
		look "$work/$1.view$view"
	done
	press 2 g / g r e e t e r . t e x t Enter Escape Enter
	until_true matches '^>.*area text' || echo "$1 owners" >>"$work/unseen"
	look "$work/$1.to1"
	n=1
	for key in Enter Enter Enter Enter Down Down Enter BSpace BSpace BSpace BSpace BSpace BSpace; do
		n=$((n + 1))
		before=$(screen)
		press "$key"
		until_true has_changed || echo "$1 to$n" >>"$work/unseen"
		look "$work/$1.to$n"
	done
}
showing_view() { # by a heading that no other view has
	case $1 in
	1) shows "the same, hidden" ;;
	2) shows "ORDER ADDRESS" ;;
	3) shows "PAGES IN THE POOL" ;;
	4) shows "A CELL A PAGE" ;;
	5) matches "REFS +SLICES +PAGES" ;;
	6) matches "SEQ +CPU +EVENT" ;;
	7) matches "area_head, file +area, slice" ;;
	9) matches "NAMED .*VERDICT" ;;
	esac
}
for size in 80x24 200x60; do
	rm -f "$work/live.jsonl" "$work/unseen"
	open "${size%x*}" "${size#*x}" tui --run "$PWD/$scenarios/share.scn" --until step:6 \
		--record "$work/live.jsonl" -d 600
	until_true matches "paused . rec 1 "
	journey live
	press q
	until_true over
	open "${size%x*}" "${size#*x}" replay "$work/live.jsonl"
	until_true matches "replay 1 of 1 "
	journey file
	press q
	until_true over
	same=0
	[ ! -e "$work/unseen" ] || {
		same=1
		sed 's/^/# never seen: /' "$work/unseen"
	}
	for of in "$work"/live.view? "$work"/live.to*; do
		case $of in *.now) continue ;; esac
		cmp -s "$of" "$work/file.${of##*.}" && [ "$(wc -l <"$of")" -gt 10 ] || {
			same=1
			diff "$of" "$work/file.${of##*.}" | head -5 | sed "s|^|# ${of##*.}: |"
		}
	done
	result $same "live as of file at $size: eight views, and from a page to its file and back"
	grep -q '^>.*[0-9a-f]\{16\}' "$work/live.to7" && cmp -s "$work/live.to13" "$work/live.to1"
	result $? "... the way leads to the file, and back to where it began"
	rm -f "$work"/live.* "$work"/file.*
done

# ---- a recording goes on, is cut, is none

before=$(wc -l <"$tape")
open 80 24 tui --run "$PWD/$scenarios/share.scn" --until end --record "$tape" -d 1
until_true matches "rec 1 "
press q
until_true over
[ "$(wc -l <"$tape")" -gt "$before" ] && [ "$(grep -c '^{ "recording"' "$tape")" = 2 ]
result $? "a recording goes on where it ended"
last=$(grep -b '^{"schema"' "$tape" | tail -1 | cut -d: -f1)
head -c $((last + 1000)) "$tape" >"$work/cut.jsonl"
open 80 24 replay "$work/cut.jsonl"
until_true shows "its last line is cut" && shows "of 6 "
result $? "a last line that is cut is told, the rest is shown"
press q
until_true over
cp "$work/cut.jsonl" "$work/more.jsonl"
open 80 24 tui --run "$PWD/$scenarios/share.scn" --until end --record "$work/more.jsonl" -d 1
until_true matches "rec 1 "
press q
until_true over
open 80 24 replay "$work/more.jsonl"
until_true matches "replay 1 of [78] "
result $? "what follows on one that is cut can be read"
press }
until_true matches "A greeter .*B greeter"
result $? "... to its last moment"
press q
until_true over

echo "mine" >"$work/mine"
open 80 24 tui --run "$PWD/$scenarios/share.scn" --record "$work/mine"
until_true over
[ "$(cat "$work/status")" = 2 ] && [ "$(cat "$work/mine")" = mine ] &&
	grep -q "is no recording; it is left as it is" "$work/err"
result $? "a file that is no recording is not written to"
open 80 24 replay "$work/mine"
until_true over
[ "$(cat "$work/status")" = 2 ] && [ "$(wc -l <"$work/err")" = 1 ]
result $? "... nor shown, in one line"

# ---- by a key

open 80 24 tui --run "$PWD/$scenarios/share.scn" --loop -d 1
until_true shows "live"
press R
until_true shows "rec "
result $? "R begins a recording"
until_true matches "rec ([3-9]|[0-9][0-9])"
press R
gone() {
	! matches " rec [0-9]"
}
until_true gone && [ "$(grep -c '^{"schema"' "$work/pagerview-1.jsonl")" -ge 3 ]
result $? "... and ends it"
press q
until_true over

# ---- of a recording, other commands take a moment

"$viewer" snap -f "$tape" --moment 2 >"$work/two.json" 2>"$work/err" &&
	"$viewer" snap -f "$tape" --moment 3 >"$work/three.json" 2>>"$work/err"
"$viewer" diff "$work/two.json" "$work/three.json" >"$work/out" 2>>"$work/err"
[ $? -eq 1 ] && [ -s "$work/out" ]
result $? "snap takes a moment of it"
"$viewer" check -f "$tape" >"$work/out" 2>"$work/err"
result $? "check judges its last moment"
"$viewer" snap -f "$tape" --moment 99 >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q "no moment 99, there are" "$work/err"
result $? "a moment that is not there is refused"
echo "1..$number"
