#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A thousand random bits of the store, one at a time, on the real target: the data, the tag and the IV
# of read-write pages, the data and the hash of read-only ones. Each must be found when the page is
# loaded, must kill the TA that touched it and no other, and must be said.
# env BUILD: the build folder.
set -eu
top=$(cd -- "$(dirname -- "$0")/../.." && pwd)
build=${BUILD:-$top/build}
flips=1000
batch=200 # as many as fit into one scenario
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

make_script() { # SEED: a scenario of $batch flips
	awk -v flips="$batch" -v seed="$1" '
	function bit(bits) { return int(rand() * bits) }
	BEGIN {
		srand(seed)
		print "title Flipped bits"
		print "pool 64"
		print "open B counter"
		for (i = 0; i < flips; i++) {
			kind = i % 5
			page = bit(4)
			print "open A greeter"
			if (kind == 0) flip = "A.data " page " data " bit(32768)
			if (kind == 1) flip = "A.data " page " tag " bit(128)
			if (kind == 2) flip = "A.data " page " iv " bit(64)
			if (kind == 3) flip = "A.rodata " page " data " bit(32768)
			if (kind == 4) flip = "A.rodata " page " tag " bit(256)
			print "fault flip-bit " flip
			print "invoke A touch " (kind < 3 ? "data " : "rodata ") page " 1"
			print "expect state A dead"
			print "expect state B alive"
			print "close A"
		}
		print "invoke B churn 3 5"
		print "end"
	}'
}

found=0
status=0
for seed in $(seq 1 $((flips / batch))); do
	make_script "$seed" >"$work/flips.scn"
	timeout 600 "$build/run_target" "$work/flips.scn" >"$work/out" 2>&1 || status=$?
	now=$(grep -c 'A (greeter) died: .*corrupt' "$work/out" || true)
	found=$((found + now))
	[ "$now" = "$batch" ] && [ "$status" = 0 ] || break
done
if [ "$status" = 0 ] && [ "$found" = "$flips" ]; then
	echo "ok - $found of $flips flipped bits found, each killed the TA that touched it and no other"
else
	echo "not ok - $found of $flips flipped bits found, exit status $status"
	tail -5 "$work/out"
	exit 1
fi
