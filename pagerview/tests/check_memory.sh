#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Memory under a live view with history and events full, on a shortened clock (soak_view.c): it must
# not grow over REFRESHES (200) more. 36,000 are an hour at 10 a second. TAP.
. pagerview/tests/tap.sh

busy_story 1 >"$work/story.scn"

count=${REFRESHES:-200}
"$build/soak_view" "$count" --run "$work/story.scn" >"$work/out" 2>"$work/err" &&
	grep -q "; $count refreshes more: " "$work/out"
result $? "memory is flat for $count refreshes with history full"
sed 's/^/# /' "$work/out"
echo "1..$number"
