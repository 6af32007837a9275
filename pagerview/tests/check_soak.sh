#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The viewer on a target that never rests, on one CPU and on four: SOAK (500) snapshots without a
# stop, through the stub, and at the safe point. None that is called exact may break a rule or be
# unlike what the stopped target shows (soak_reader.c). TAP.
. pagerview/tests/tap.sh

soak=$build/soak_reader
count=${SOAK:-500}
evidence() { # the figures are printed of every run
	:
}

for cpus in 1 4; do
	busy_story $cpus >"$work/story.scn"
	while read -r way read counted every name; do
		[ "$counted" -gt 0 ] || counted=1
		"$soak" "$way" "$counted" "$every" --run "$work/story.scn" --read "$read" --timeout 60 \
			>"$work/out" 2>"$work/err" &&
			grep -q "^$counted snapshots: [1-9]" "$work/out"
		result $? "$cpus CPUs: $counted snapshots $name"
		sed 's/^/# /' "$work/out" "$work/err"
	done <<WAYS
running local $count 20 without a stop
running stub $((count / 5)) 0 through the stub
safe local $((count / 5)) 0 at the safe point
WAYS
done
echo "1..$number"
