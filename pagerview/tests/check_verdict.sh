#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `check` on every scenario at its end: what is wrong there stands in it as comments,
#   # check: RULE KIND MESSAGE (CONFIDENCE)
# one for each finding, and nothing else may be found; without such a line it is clean. The exit
# status says the same, JSON says the same as text, and so does a snapshot that is judged again.
# With CHECK_CPUS=4 each runs on so many CPUs. TAP.
. pagerview/tests/tap.sh

evidence() {
	cat "$work/err" "$work/out" "$work/diff" 2>/dev/null
}

# Text and JSON of one verdict: the same findings, word for word.
agree() { # TEXT JSON
	python3 - "$1" "$2" >"$work/diff" 2>&1 <<'PYTHON'
import json, sys
findings = json.load(open(sys.argv[2]))["findings"]
lines = ["%(severity)s %(rule)s %(object)s: %(message)s (%(confidence)s)" % f for f in findings]
text = open(sys.argv[1]).read().splitlines()
print(*lines, sep="\n")
sys.exit(0 if lines == text else 1)
PYTHON
}

# A faulty one is also judged again from a snapshot.
verdict() { # SCENARIO
	name=$(basename -- "$1" .scn)
	sed -n 's/^# check: //p' "$1" >"$work/wanted"
	cp "$1" "$work/run.scn"
	[ -z "${CHECK_CPUS:-}" ] ||
		sed -e 's/^[[:blank:]]*cpus[[:blank:]].*/#/' -e "1s/.*/cpus $CHECK_CPUS/" "$1" >"$work/run.scn"
	timeout 120 "$viewer" check --run "$work/run.scn" --until end --timeout 100 >"$work/out" \
		2>"$work/err"
	status=$?
	sed -E 's/^error ([a-z-]+) ([a-z]+) 0x[0-9a-f]+: /\1 \2 /' "$work/out" |
		diff "$work/wanted" - >"$work/diff" &&
		[ $status -eq $([ -s "$work/wanted" ] && echo 1 || echo 0) ]
	result $? "check of $name: $(wc -l <"$work/wanted") findings, exit $status"
	[ -s "$work/wanted" ] || return
	timeout 120 "$viewer" snap --run "$work/run.scn" --until end -o "$work/snap.json" \
		2>"$work/err" &&
		agree "$work/out" "$work/snap.json"
	result $? "a snapshot of $name has the same findings"
	timeout 60 "$viewer" check -f "$work/snap.json" --format json >"$work/again.json" 2>"$work/err"
	[ $? -eq 1 ] && agree "$work/out" "$work/again.json"
	result $? "and again from the snapshot's file, in JSON"
}

count=0
for scenario in "$scenarios"/*.scn; do
	[ "$(basename -- "$scenario")" != bad-line.scn ] || continue
	verdict "$scenario"
	count=$((count + 1))
done
[ $count -ge 30 ] && [ "$(cat "$scenarios"/fault-*.scn | grep -c '^# check: ')" -ge 12 ]
result $? "there were scenarios and faults to judge"

# JSON straight from the target, of one that is faulty and one that is not.
for name in fault-lost-block share; do
	timeout 120 "$viewer" check --run "$scenarios/$name.scn" --until end --format json \
		>"$work/live.json" 2>"$work/err"
	status=$?
	timeout 120 "$viewer" check --run "$scenarios/$name.scn" --until end >"$work/out" 2>>"$work/err"
	[ $? -eq $status ] && agree "$work/out" "$work/live.json"
	result $? "check --format json of $name says what its text says"
done

# On other CPUs the heap is laid out otherwise: not every block begins where two words do.
{
	echo "cpus 4"
	cat "$scenarios/fault-lost-block.scn"
} >"$work/four.scn"
timeout 120 "$viewer" check --run "$work/four.scn" --until end >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q '^error unreachable fobj .*: S: rw, 3 pages, refcount 0: ' "$work/out"
result $? "what no list leads to is found on four CPUs"
echo "1..$number"
