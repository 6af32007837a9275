#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Memory under a live view with history and events full, on a shortened clock (soak_view.c): it must
# not grow over REFRESHES (200) more. 36,000 are an hour at 10 a second. TAP.
. pagerview/tests/tap.sh

cat >"$work/story.scn" <<'STORY'
pool 20
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

count=${REFRESHES:-200}
"$build/soak_view" "$count" --run "$work/story.scn" >"$work/out" 2>"$work/err" &&
	grep -q "; $count refreshes more: " "$work/out"
result $? "memory is flat for $count refreshes with history full"
sed 's/^/# /' "$work/out"
echo "1..$number"
