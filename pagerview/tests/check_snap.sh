#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the commands of the viewer promise, on the real target: snapshots that hold what the
# scenarios are about, the same twice at rest, and one clear line and the right exit status for
# whatever is wrong. TAP on standard output.
. pagerview/tests/tap.sh

target=
at_end() {
	[ -z "$target" ] || kill -9 "$target" 2>/dev/null
}

# refuses STATUS TEXT NAME COMMAND...: it exits with STATUS, says one line with TEXT, prints nothing.
refuses() {
	status=$1 text=$2 name=$3
	shift 3
	timeout 60 "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$status" ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -qF -- "$text" "$work/err"
	result $? "$name"
}

# holds NAME FILE PYTHON: the expression over the snapshot s, with some helpers, is true.
holds() {
	python3 - "$2" "$3" >"$work/out" 2>"$work/err" <<'PYTHON'
import json, sys
s = json.load(open(sys.argv[1]))
fobj = {f["id"]: f for f in s["fobjs"]}
area = {a["id"]: a for a in s["areas"]}
context = {c["id"]: c for c in s["contexts"]}
def contexts_of(pmem):
    return {o["context"] for o in pmem["owners"]}
def programs_of(pmem):
    return {context[o["context"]]["name"].split()[-1] for o in pmem["owners"]}
sys.exit(0 if eval("(" + sys.argv[2] + ")") else 1)
PYTHON
	result $? "$1"
}

holds_quietly() { # FILE PYTHON
	python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$1" "$2"
}

snap() { # SCENARIO OUTPUT ARGUMENTS...
	scenario=$1 output=$2
	shift 2
	timeout 120 "$viewer" snap --run "$scenarios/$scenario.scn" -o "$work/$output" "$@" \
		>"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq 0 ] && [ ! -s "$work/out" ]
	result $? "snap of $scenario ($*) exits 0 and says nothing"
}

# ---- what the scenarios are about

snap share share.json --until end
holds "it is exact" "$work/share.json" 's["capture"]["consistency"] == "exact"'
holds "a page has owners in two contexts" "$work/share.json" \
	'any(len(contexts_of(p)) >= 2 for p in s["pmems"])'
holds "a slice's fobj has references of areas of two contexts and of the file" "$work/share.json" \
	'any(len({area[h["id"]]["context"] for h in fobj[x["fobj"]]["holders"] if h["kind"] == "area"}) >= 2
	 and any(h["kind"] == "slice" for h in fobj[x["fobj"]]["holders"])
	 for f in s["files"] for x in f["slices"])'
holds "each page of a fobj is in at most one pmem" "$work/share.json" \
	'len({(p["fobj"], p["page"]) for p in s["pmems"] if p["fobj"]})
	 == sum(1 for p in s["pmems"] if p["fobj"])'
holds "counts and holders agree everywhere" "$work/share.json" \
	'all(x["surplus"] == 0 and x["refcount"] == len(x["holders"]) for x in s["fobjs"] + s["files"])
	 and not s["findings"]'
holds "list lengths and counters agree" "$work/share.json" \
	'len(s["pmems"]) == s["counters"]["pages.total"] and
	 sum(p["state"] == "free" for p in s["pmems"]) == s["counters"]["pages.free"]'
holds "every owner's table entry was read, and some map" "$work/share.json" \
	'all(o["pte"] for p in s["pmems"] for o in p["owners"]) and
	 any(o["pte"] == "r-x" for p in s["pmems"] for o in p["owners"])'

snap shm shm.json --until end
holds "a page of the shared object has owners in two different TAs" "$work/shm.json" \
	'any(len(programs_of(p)) >= 2 and any(h["kind"] == "handle" for h in fobj[p["fobj"]]["holders"])
	 for p in s["pmems"] if p["fobj"])'
snap evict evict.json --until end
holds "the pool of 8 pages is full and pages were released" "$work/evict.json" \
	'len(s["pmems"]) == 8 and s["counters"]["releases"] > 0'
snap share done.json --until done
holds "when all is closed nothing is left" "$work/done.json" \
	'not s["contexts"] and not s["areas"] and not s["fobjs"] and not s["files"]'
snap share step.json --until step:1
snap share seconds.json --loop --until 0.2

# ---- to an event

for kind in fault release put; do
	snap evict event.json --until event:$kind --events
	holds "--until event:$kind: one has just happened, and the lists are whole" "$work/event.json" \
		"s['capture']['consistency'] == 'exact' and
		 '$kind' in [e['kind'] for e in s['events']][-8:]"
done
snap evict event.json --until event:eviction --events
holds "it is the first of its kind" "$work/event.json" \
	"[e['kind'] for e in s['events']].count('release') == 1"
refuses 2 "it does for: fault load save" "an event that the profile does not know" \
	"$viewer" snap --run "$scenarios/share.scn" --until event:lunch
snap evict stub-event.json --until event:save --events --read stub
holds "... through the stub alone" "$work/stub-event.json" \
	"s['capture']['consistency'] == 'exact' and 'save' in [e['kind'] for e in s['events']][-8:]"
rm -f "$work"/*event.json

# ---- one way of reading and the other

snap share stub.json --until end --read stub
holds "the stub reads it, in packets" "$work/stub.json" \
	's["capture"]["source"] == "stub" and s["capture"]["packets"] > 0 and not s["findings"]'

# ---- the published form

schema="python3 pagerview/tests/schema.py pagerview/export/snapshot.schema.json"
$schema "$work"/*.json fixtures/snapshots/*.json >"$work/out" 2>"$work/err"
result $? "every snapshot is of the published form"
sed 's/"state": "clean"/"state": "spotless"/' "$work/share.json" >"$work/bad.json"
! $schema "$work/bad.json" >"$work/out" 2>"$work/err"
result $? "... and a state that is none is not"
sed 's/"surplus": 0, //' "$work/share.json" >"$work/bad.json"
! $schema "$work/bad.json" >"$work/out" 2>"$work/err"
result $? "... nor is one without a required member"
rm -f "$work/bad.json"

# ---- a file

"$viewer" snap -f "$work/share.json" >"$work/again.json" 2>"$work/err"
grep -v '"capture"' "$work/share.json" >"$work/one"
grep -v '"capture"' "$work/again.json" >"$work/two"
cmp -s "$work/one" "$work/two"
result $? "a snapshot read from its file and written again is the same"
"$viewer" diff "$work/share.json" "$work/again.json" >"$work/out" 2>"$work/err" && [ ! -s "$work/out" ]
result $? "diff of equal snapshots is empty and exits 0"
"$viewer" diff "$work/step.json" "$work/done.json" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q '^- context' "$work/out"
result $? "diff tells what has gone and exits 1"
pa=$(python3 -c 'import json,sys; print([p["pa"] for p in json.load(open(sys.argv[1]))["pmems"] if len(p["owners"]) > 1][0])' "$work/share.json")
"$viewer" owners "$pa" -f "$work/share.json" >"$work/out" 2>"$work/err" &&
	[ "$(grep -c '^  owner' "$work/out")" -ge 2 ]
result $? "owners names every owner of a page"

# ---- check

for name in share shm evict library; do
	timeout 120 "$viewer" check --run "$scenarios/$name.scn" --until end >"$work/out" 2>"$work/err"
	[ $? -eq 0 ] && [ ! -s "$work/out" ]
	result $? "check of $name finds nothing"
done
for name in fault-extra-put fault-split-leak; do
	timeout 120 "$viewer" check --run "$scenarios/$name.scn" --until end >"$work/out" 2>"$work/err"
	[ $? -eq 1 ] && grep -q '^error refcount-' "$work/out"
	result $? "check of $name finds the count"
done

# ---- a stop at a step while other CPUs are in the middle of their changes

{
	printf '# three TAs fault all the time; the script comes to its steps\npool 16\ncpus 4\nseed 3\n'
	for ta in A B C; do printf 'open %s greeter\n' $ta; done
	printf 'open T teller\n'
	for ta in A B C; do printf 'start %s churn 1000000000 1\n' $ta; done
	for n in 1 2 3 4 5 6 7 8; do printf 'invoke T touch text 0 4\nstep\n'; done
	printf 'wait A\nend\n'
} >"$work/busy.scn"
for n in 2 4 6 8; do
	timeout 120 "$viewer" snap --run "$work/busy.scn" --until step:$n -o "$work/busy.json" \
		>"$work/out" 2>"$work/err" &&
		holds_quietly "$work/busy.json" 's["capture"]["consistency"] == "exact" and not s["findings"]'
	result $? "at step $n other CPUs have come to the safe point: $(sed -n 's/.*"why": "\([^"]*\)".*/\1/p' \
		"$work/busy.json")"
done

{
	printf '# the same, with one TA more at every step: each step is seen once\npool 20\ncpus 4\nseed 3\n'
	for ta in A B C; do printf 'open %s greeter\n' $ta; done
	for ta in A B C; do printf 'start %s churn 4000 1\n' $ta; done
	for ta in T U V W X; do
		printf 'open %s teller\nfault keep-session %s\nclose %s\nstep\n' $ta $ta $ta
	done
	for ta in A B C; do printf 'wait %s\n' $ta; done
	printf 'end\n'
} >"$work/grow.scn"
timeout 120 "$viewer" check --growth --run "$work/grow.scn" >"$work/out" 2>"$work/err"
grep -qF 'context teller: 1 2 3 4 5;' "$work/out"
result $? "from there the script goes on, and no step is missed or seen twice"

# ---- a target that somebody else runs

socket=$work/gdb.sock
"$build/run_target" "$scenarios/share.scn" -- -S -gdb "unix:$socket,server=on,wait=off" \
	>"$work/console" 2>&1 </dev/null &
target=$!
turns=0
while [ ! -S "$socket" ] && [ $turns -lt 200 ]; do
	sleep 0.05
	turns=$((turns + 1))
done
connected="--connect unix:$socket --elf $build/target_pager.elf"
timeout 60 "$viewer" snap $connected --until end --leave stopped -o "$work/live.json" \
	>"$work/out" 2>"$work/err"
result $? "connect, run to the end, leave it stopped"
for turn in 1 2; do
	timeout 60 "$viewer" snap $connected --leave stopped -o "$work/rest$turn.json" \
		>"$work/out" 2>"$work/err"
	result $? "snapshot $turn at rest"
done
grep -v '"capture"' "$work/rest1.json" >"$work/one"
grep -v '"capture"' "$work/rest2.json" >"$work/two"
[ -s "$work/one" ] && cmp -s "$work/one" "$work/two"
result $? "two snapshots at rest are the same but for their capture"
kill -0 "$target" 2>/dev/null
result $? "the target is still there"
kill -9 "$target" 2>/dev/null
wait "$target" 2>/dev/null
target=

# ---- what is wrong, and the line that says so

cat >"$work/expect.scn" <<'SCENARIO'
title an expect that does not hold
open A greeter
expect refs A.text 77
end
SCENARIO
printf 'title a bad line\nbogus 3\nend\n' >"$work/line.scn"
elf=$build/target_pager.elf
run="$viewer snap --run"
refuses 3 "line 3: expected refs A.text 77" "an expect that fails before the end" \
	$run "$work/expect.scn" --until end
refuses 3 "line 3: expected refs A.text 77" "... before the verdict" \
	$run "$work/expect.scn" --until done
refuses 2 "line 2" "a bad line in the script" $run "$work/line.scn" --until end
refuses 2 "No such file" "no such scenario" $run "$work/none.scn" --until end
refuses 2 "see pagerview --help" "an unknown command" "$viewer" frob
refuses 2 "see pagerview --help" "an unknown option" "$viewer" snap --frob
refuses 2 "see pagerview --help" "no source" "$viewer" snap
refuses 2 "see pagerview --help" "two sources" "$viewer" snap -f x --run y
refuses 2 "needs --elf" "connect without ELF" "$viewer" snap --connect :1
refuses 3 "refused" "a port where nobody listens" \
	"$viewer" snap --connect 127.0.0.1:1 --elf "$elf"
refuses 3 "" "no such socket" "$viewer" snap --connect "unix:$work/none" --elf "$elf"
refuses 4 "DWARF" "an ELF without DWARF" "$viewer" snap --connect :1 --elf /bin/true
refuses 4 "fits none of" "an ELF of something else" \
	"$viewer" layout --elf "$build/apps/greeter.debug"
refuses 4 "no struct context" "... by one profile" \
	"$viewer" snap --connect :1 --elf "$build/apps/greeter.debug" --profile target_pager
refuses 2 "No such file" "no such snapshot" "$viewer" snap -f "$work/none.json"
printf '{"schema": "2.0"}' >"$work/two.json"
refuses 2 "schema 2.0" "a snapshot of another schema" "$viewer" snap -f "$work/two.json"
printf '{"schema": "1.0", "capture": {"consistency": "exact"}, "areas": [{"id": "0x1", "fobj": "0x2"}]}' \
	>"$work/dangling.json"
refuses 2 "areas[0]" "a snapshot with an id that nobody has" "$viewer" snap -f "$work/dangling.json"
refuses 2 "no profile" "no such profile" "$viewer" layout --elf "$elf" --profile none
sed 's/"pager_unlock"/"nobody"/; s/"page": "page"/"page": "leaf"/' \
	pagerview/profile/target_pager.json >"$work/other.json"
refuses 4 "no member leaf" "a profile that does not fit" \
	"$viewer" snap --connect :1 --elf "$elf" --profile "$work/other.json"
"$viewer" layout --elf "$elf" >"$work/out" 2>"$work/err" && grep -q '^fobj.refcount.*refc.val' "$work/out"
result $? "layout prints what was found"
"$viewer" --help >"$work/out" 2>"$work/err" && grep -q 'snap' "$work/out"
result $? "--help prints the commands"

# ---- nothing is left behind

"$viewer" snap --run "$scenarios/share.scn" --loop --until 30 >"$work/out" 2>"$work/err" &
viewer_pid=$!
turns=0
qemu=
while [ -z "$qemu" ] && [ $turns -lt 200 ]; do
	sleep 0.05
	turns=$((turns + 1))
	qemu=$(pgrep -P "$viewer_pid" 2>/dev/null)
done
kill -TERM "$viewer_pid"
wait "$viewer_pid" 2>/dev/null
[ -n "$qemu" ] && ! kill -0 "$qemu" 2>/dev/null
result $? "SIGTERM ends the target that was started"
echo "1..$number"
