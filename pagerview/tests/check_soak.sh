#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The viewer on a target that never rests, on one CPU and on four: SOAK (500) snapshots without a
# stop, through the stub, and at the safe point. None that is called exact may break a rule or be
# unlike what the stopped target shows (soak_reader.c). TAP.
set -u

build=${BUILD:-build}
soak=$build/soak_reader
count=${SOAK:-500}
work=$(mktemp -d) || exit 2
number=0
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

result() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
	fi
	sed 's/^/# /' "$work/out" "$work/err"
}

story() { # CPUS: as long as anybody looks
	cat <<STORY
pool 20
cpus $1
seed 9
open A greeter
open B greeter
open C teller
open D ledger
shm S 8
map A S rw
map B S rw
map C S rw
map D S rw
start A churn 1000000000 1
start B churn 1000000000 2
start C churn 1000000000 3
start D churn 1000000000 4
wait A
end
STORY
}

for cpus in 1 4; do
	story $cpus >"$work/story.scn"
	while read -r way read counted every name; do
		[ "$counted" -gt 0 ] || counted=1
		"$soak" "$way" "$counted" "$every" --run "$work/story.scn" --read "$read" --timeout 60 \
			>"$work/out" 2>"$work/err" &&
			grep -q "^$counted snapshots: [1-9]" "$work/out"
		result $? "$cpus CPUs: $counted snapshots $name"
	done <<WAYS
running local $count 20 without a stop
running stub $((count / 5)) 0 through the stub
safe local $((count / 5)) 0 at the safe point
WAYS
done
echo "1..$number"
