#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who did it: for every story of a lost or surplus reference, `blame` names the object, the sign and
# the caller, by the target's events; some of them by a watchpoint and backwards through a recording
# too. And `trace`, whose events all that rests on. TAP on standard output.
. pagerview/tests/tap.sh

target=
at_end() {
	[ -z "$target" ] || kill -9 "$target" 2>/dev/null
}

# answers STATUS NAME ARGUMENTS... <LINES: it exits with STATUS, and its "blame:" lines begin so.
answers() {
	want=$1 name=$2
	shift 2
	cat >"$work/want"
	timeout 300 "$viewer" blame "$@" >"$work/out" 2>"$work/err"
	got=$?
	grep '^blame: ' "$work/out" >"$work/got"
	ok=0
	[ $got -eq "$want" ] && [ "$(wc -l <"$work/got")" -eq "$(wc -l <"$work/want")" ] || ok=1
	while IFS= read -r line; do
		cut -c"1-${#line}" "$work/got" | grep -qxF -- "$line" || ok=1
	done <"$work/want"
	result $ok "$name"
}

story() { # NAME <LINES
	answers 1 "$1: by its events" --run "$scenarios/$1.scn"
}

# ---- every story, by the target's events

story fault-area-without-reference <<'END'
blame: S: -1: a get that did not count, by area_add (area.c:
END
story fault-count-zero-listed <<'END'
blame: S: -1: put without a reference: by handle_drop (handle.c:
END
story fault-dying-file <<'END'
blame: file a83749710106: -1: put without a reference: by context_close (context.c:
END
story fault-extra-put <<'END'
blame: S: -1: put without a reference: by area_remove (area.c:
END
story fault-failed-load <<'END'
blame: greeter.text: +1: never put: got by loader_load (loader.c:
END
story fault-growth-per-run <<'END'
blame: A.data: +1: never put: got by area_add (area.c:
blame: A.data: +1: never put: got by area_add (area.c:
blame: A.data: +1: never put: got by area_add (area.c:
END
story fault-lost-block <<'END'
blame: S: in the heap, but in no list: not freed after its last put, by handle_drop (handle.c:
END
story fault-lost-in-panic <<'END'
blame: S: +1: never put: got by area_add (area.c:
END
story fault-page-per-read <<'END'
blame: R1: +1: never put: got by area_add (area.c:
blame: R2: +1: never put: got by area_add (area.c:
blame: R3: +1: never put: got by area_add (area.c:
END
story fault-split-leak <<'END'
blame: S: +1: never put: got by area_split (area.c:
END
answers 0 "fault-kept-session: every count agrees" --run "$scenarios/fault-kept-session.scn" </dev/null
for scenario in "$scenarios"/fault-*.scn; do
	name=$(basename "$scenario" .scn)
	grep -q "$name" "$0"
	result $? "$name is among these stories"
done
for name in share shm evict library; do
	answers 0 "$name: nobody is to blame" --run "$scenarios/$name.scn" </dev/null
done

timeout 60 "$viewer" blame --run "$scenarios/fault-lost-in-panic.scn" 2>&1 |
	grep -q '^blame: S: .*; missing is a put as by area_remove (area.c:'
result $? "the put that is missing is named by its like"

# ---- a leak with holders

timeout 60 "$viewer" check --growth --run "$scenarios/fault-kept-session.scn" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q '^growth: context greeter: 1 2 2; 2 when all is closed$' "$work/out"
result $? "fault-kept-session: sessions grow"
"$viewer" check --growth --format json --run "$scenarios/fault-kept-session.scn" \
	>"$work/growth.json" 2>"$work/err"
[ $? -eq 1 ] && python3 pagerview/tests/schema.py pagerview/export/growth.schema.json \
	"$work/growth.json" >>"$work/err" 2>&1 &&
	python3 - "$work/growth.json" "$work/out" <<'PYTHON' 2>>"$work/err"
import json, sys
lines = ["growth: %s %s: %s; %d when all is closed" % (
    row["kind"], row["names"], " ".join(map(str, row["counts"])), row["after"])
    for row in json.load(open(sys.argv[1]))["growth"]]
sys.exit(lines != open(sys.argv[2]).read().splitlines())
PYTHON
result $? "... and as JSON, the same"
"$viewer" check --growth --format json --run "$scenarios/share.scn" >"$work/growth.json" 2>"$work/err"
[ $? -eq 0 ] && python3 pagerview/tests/schema.py pagerview/export/growth.schema.json \
	"$work/growth.json" >>"$work/err" 2>&1 && grep -q '"growth": \[\]' "$work/growth.json"
result $? "... also where nothing grows"
for name in share shm whole; do
	timeout 120 "$viewer" check --growth --run "$scenarios/$name.scn" >"$work/out" 2>"$work/err"
	[ $? -eq 0 ] && [ ! -s "$work/out" ]
	result $? "$name: nothing grows"
done
# By a guard that is never free nothing is whole: no growth is made of that.
sed -e 's/"generation": .*//' -e 's/"lock": "[^"]*"/"lock": "table_total"/' \
	-e 's/"profile": "target_pager"/"profile": "never_whole"/' \
	pagerview/profile/target_pager.json >"$work/never.json"
timeout 60 "$viewer" check --growth --run "$scenarios/fault-kept-session.scn" \
	--profile "$work/never.json" >"$work/out" 2>"$work/err"
[ $? -eq 5 ] && [ ! -s "$work/out" ] && grep -q '^pagerview: 4 of 4 points are torn: ' "$work/err"
result $? "torn points are no growth"

# ---- by a watchpoint

answers 1 "fault-extra-put: by a watchpoint" S --watch --run "$scenarios/fault-extra-put.scn" <<'END'
blame: S: -1: put without a reference: by area_remove (area.c:
END
[ "$(grep -c '^ *[0-9]*   -1 -> [12]  .*vm_unmap (vm.c:' "$work/out")" -eq 2 ]
result $? "... each store with its call stack"
grep -q 'watching the 4 bytes' "$work/err"
result $? "... and what it costs is said before"
answers 1 "fault-lost-in-panic: by a watchpoint" S --watch --run "$scenarios/fault-lost-in-panic.scn" <<'END'
blame: S: +1: no get and no put was seen: a put is missing
END
grep -q 'holder gone *area H.S' "$work/out"
result $? "... and who went without it"

tag=$("$viewer" snap --run "$scenarios/fault-dying-file.scn" --until step:1 |
	sed -n 's/.*"tag": "\([0-9a-f]*\)".*/\1/p' | head -1)
answers 1 "fault-dying-file: by a watchpoint" "$tag" --watch \
	--run "$scenarios/fault-dying-file.scn" <<'END'
blame: file a83749710106: -1: put without a reference: by context_close (context.c:
END
grep -q ' file: gone, 0 references, 1 holder' "$work/out" && ! grep -q 'may be wrong' "$work/out"
result $? "... freed under its holder, seen at the safe point"
"$viewer" blame S --watch --run "$scenarios/shm.scn" >"$work/out" 2>"$work/err"
[ $? -eq 0 ] && [ "$(grep -c '^ *[0-9]*   [+-]1 -> ' "$work/out")" -eq 9 ] &&
	[ "$(tail -1 "$work/out")" = "S was freed with its last put, and nobody held it" ]
result $? "what is put and freed in good order is no finding"
"$viewer" blame S --watch --until end --run "$scenarios/fault-count-zero-listed.scn" \
	>"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q '^blame: S: -1: it was so before the watch began; freed by now$' "$work/out"
result $? "what was wrong before the watch began is said"
"$viewer" blame nobody --watch --run "$scenarios/share.scn" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q '^pagerview: nobody: no object' "$work/err"
result $? "what never comes to be cannot be watched"

# ---- backwards

answers 1 "fault-extra-put: backwards" --back --run "$scenarios/fault-extra-put.scn" <<'END'
blame: S: -1: the count is wrong from this store on: by area_remove (area.c:
END
answers 1 "fault-growth-per-run: backwards" --back --run "$scenarios/fault-growth-per-run.scn" <<'END'
blame: A.data: +1: a put is missing in context_close (context.c:
blame: A.data: +1: a put is missing in context_close (context.c:
blame: A.data: +1: a put is missing in context_close (context.c:
END
answers 1 "fault-split-leak: backwards" --back --run "$scenarios/fault-split-leak.scn" <<'END'
blame: S: +1: a put is missing in vm_protect (vm.c:
END
cat >"$work/two.scn" <<'STORY'
title One put too many, one too few
pool 32
seed 1
open A producer
open B consumer
shm S 4
map A S rw
map B S rw
fault double-put S
unmap B S
shm L 2
map A L rw
fault skip-put L
unmap A L
step
end
STORY
answers 1 "two objects: backwards to each" --back --run "$work/two.scn" <<'END'
blame: S: -1: the count is wrong from this store on: by area_remove (area.c:
blame: L: +1: a put is missing in vm_unmap (vm.c:
END
answers 0 "unpaged: nothing to go back to" --back --run "$scenarios/unpaged.scn" </dev/null

# A target of somebody else's, first one that runs, then one that replays.
start() { # QEMU ARGUMENTS...
	rm -f "$work/gdb.sock"
	"$build/run_target" --smp 1 "$scenarios/fault-extra-put.scn" -- \
		-S -gdb "unix:$work/gdb.sock,server=on,wait=off" "$@" >"$work/console" 2>&1 </dev/null &
	target=$!
	turns=0
	while [ ! -S "$work/gdb.sock" ] && [ $turns -lt 400 ]; do
		sleep 0.05
		turns=$((turns + 1))
	done
}
connected="--connect unix:$work/gdb.sock --elf $build/target_pager.elf"

start
timeout 60 "$viewer" snap $connected --until end --leave stopped -o "$work/live.json" \
	>"$work/out" 2>"$work/err"
result $? "a target that runs, led to its end"
timeout 60 "$viewer" blame S --back $connected --leave stopped >"$work/out" 2>"$work/err"
[ $? -eq 3 ] && grep -q 'does not replay a recording' "$work/err" && kill -0 "$target" 2>/dev/null
result $? "it is not asked to go backwards, and lives on"
answers 1 "its ring alone tells who" $connected --leave stopped <<'END'
blame: S: -1: put without a reference: by area_remove (area.c:
END
kill -9 "$target" 2>/dev/null
wait "$target" 2>/dev/null
target=

recording="-net none -drive file=$work/rr.qcow2,if=none,id=rr -icount shift=2,sleep=off"
qemu-img create -q -f qcow2 "$work/rr.qcow2" 64M
timeout 300 "$build/run_target" --smp 1 "$scenarios/fault-extra-put.scn" -- \
	$recording,rr=record,rrfile="$work/rr.bin",rrsnapshot=init >"$work/out" 2>"$work/err" </dev/null
start $recording,rr=replay,rrfile="$work/rr.bin",rrsnapshot=init
# A QEMU that loads its first snapshot answers nobody meanwhile.
led=1
for try in 1 2 3 4 5 6; do
	timeout 120 "$viewer" snap $connected --until end --leave stopped --timeout 100 \
		-o "$work/live.json" >"$work/out" 2>"$work/err" && led=0 && break
done
[ $led -eq 0 ]
result $? "a target that replays, led to its end"
timeout 300 "$viewer" blame --back $connected --leave stopped --timeout 100 >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ "$(grep -c '^  instruction .* -> ' "$work/out")" -ge 5 ] &&
	grep -q '^  instruction .* +1 -> 1 .* fobj_.*new (' "$work/out" &&
	grep -q '^blame: S: -1: put without a reference: by area_remove (area.c:.*) < vm_unmap' "$work/out"
result $? "a target that replays tells every change of the count, and who"
timeout 120 "$viewer" snap $connected --leave stopped -o "$work/again.json" >"$work/out" 2>"$work/err" &&
	timeout 60 "$viewer" diff "$work/live.json" "$work/again.json" >"$work/out" 2>"$work/err"
result $? "and stands where it stood"
kill -9 "$target" 2>/dev/null
wait "$target" 2>/dev/null
target=

# ---- trace, and events in a file

timeout 120 "$viewer" trace --run "$scenarios/share.scn" >"$work/out" 2>"$work/err"
[ $? -eq 0 ] && [ "$(tail -n 1 "$work/out" | awk '{ print $1 }')" -eq "$(wc -l <"$work/out")" ]
result $? "trace prints every event, from the first to the last"
awk '$1 != NR { exit 1 }' "$work/out"
result $? "... in their order"
grep -q ' get  *greeter.text  *refs 2 .*file_new (file.c:[0-9]*) < ' "$work/out"
result $? "... with names, counts and call paths"
timeout 120 "$viewer" trace --run "$scenarios/shm.scn" --until step:1 >"$work/out" 2>"$work/err"
[ $? -eq 0 ] && tail -n 1 "$work/out" | grep -q ' step .* 1 *$'
result $? "trace ends where --until says"
timeout 120 "$viewer" trace --read stub --run "$scenarios/share.scn" >"$work/two" 2>"$work/err"
[ $? -eq 0 ] && awk '$1 != NR { exit 1 }' "$work/two"
result $? "trace by the stub alone"
timeout 120 "$viewer" snap --events --run "$scenarios/fault-extra-put.scn" --until end \
	-o "$work/events.json" >"$work/out" 2>"$work/err"
result $? "a snapshot with events"
python3 pagerview/tests/schema.py pagerview/export/snapshot.schema.json "$work/events.json" \
	>"$work/out" 2>"$work/err"
result $? "... is of the published form"
answers 1 "... and tells who did it" -f "$work/events.json" <<'END'
blame: S: -1: put without a reference: by area_remove (area.c:
END

# ---- as JSON, of every way: the published form, the same exit status

as_json() { # STATUS NAME WHAT FUNCTION ARGUMENTS...
	want=$1 name=$2 what=$3 function=$4
	shift 4
	timeout 300 "$viewer" blame "$@" --format json >"$work/blame.json" 2>"$work/err"
	[ $? -eq "$want" ] &&
		python3 pagerview/tests/schema.py pagerview/export/blame.schema.json "$work/blame.json" \
			>"$work/out" 2>>"$work/err" &&
		grep -qF "\"what\": \"$what\", \"amount\": -1, \"frames\": [{ \"function\": \"$function\", \"file\": \"" \
			"$work/blame.json"
	result $? "$name: as JSON"
}
as_json 1 "by its events" "put without reference" area_remove --run "$scenarios/fault-extra-put.scn"
as_json 1 "by a watchpoint" "put without reference" area_remove S --watch \
	--run "$scenarios/fault-extra-put.scn"
as_json 1 "backwards" "wrong from this store on" area_remove --back \
	--run "$scenarios/fault-extra-put.scn"
"$viewer" blame nobody --format json --run "$scenarios/share.scn" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && [ ! -s "$work/out" ]
result $? "an error leaves no document"

sed 's/"consistency": "exact"/"consistency": "torn"/; s/"why": "[^"]*"/"why": "halfway"/' \
	"$work/events.json" >"$work/torn.json"
"$viewer" blame -f "$work/torn.json" >"$work/out" 2>"$work/err"
grep -q '^torn: halfway: what is said may be wrong$' "$work/out"
result $? "a torn moment is told before anybody is blamed"

# ---- what cannot be

"$viewer" blame nobody --run "$scenarios/share.scn" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q '^pagerview: nobody: no object' "$work/err"
result $? "blame of an object that is not there"
"$viewer" blame --watch --run "$scenarios/share.scn" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && grep -q 'see pagerview --help' "$work/err"
result $? "a watch of no object"
"$viewer" trace -f "$work/events.json" >"$work/out" 2>"$work/err"
[ $? -eq 2 ]
result $? "a trace of a file"
# ---- the recording lies where temporary files are wanted

mkdir "$work/elsewhere"
TMPDIR=$work/elsewhere "$viewer" blame --back --run "$scenarios/fault-extra-put.scn" \
	>"$work/out" 2>"$work/err" &
pid=$!
until ls "$work"/elsewhere/pagerview-rr-*/rr.qcow2 >/dev/null 2>&1 || ! kill -0 $pid 2>/dev/null; do
	sleep 0.02
done
ls "$work"/elsewhere/pagerview-rr-*/rr.qcow2 >/dev/null 2>&1
there=$?
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
[ $there -eq 0 ] && [ -z "$(ls "$work/elsewhere")" ]
result $? "TMPDIR is where the recording is made, and nothing of it stays"
for wrong in "$work/nowhere" "$work/a,b"; do
	TMPDIR=$wrong timeout 20 "$viewer" blame --back --run "$scenarios/fault-extra-put.scn" \
		>"$work/out" 2>"$work/err"
	[ $? -ge 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF "$wrong" "$work/err"
	result $? "a folder that will not do is named: ${wrong##*/}"
done

! ls -d /tmp/pagerview-rr-* >"$work/out" 2>/dev/null
result $? "no recording is left behind"
echo "1..$number"
