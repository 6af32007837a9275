#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench_hunt.sh BUILD: what finding a leak costs. What a watchpoint on one count costs the target
# (bench_watch.c); how long `blame` takes for a leak MINUTE (60) seconds into a run, by the target's
# events, against the two minutes that are promised, and by a watchpoint; and backwards, for a leak
# SHORT (6) seconds into a run, in lengths of that run. How far a run gets in a second is measured
# first, by a short one. The exit status is 1 if the promise is not kept.
set -u
build=$1
minute=${MINUTE:-60} short=${SHORT:-6}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

row() { # WHAT FIGURE UNIT
	printf '%-28s %10.2f %s\n' "$1" "$2" "$3"
}

now() {
	date +%s.%N
}

since() { # TIME
	echo "$1 $(now)" | awk '{ print $2 - $1 }'
}

# ---- what a watch costs

cat >"$work/busy.scn" <<'STORY'
pool 20
seed 9
open A greeter
open B teller
shm S 8
map A S rw
start A churn 1000000000 1
start B churn 1000000000 2
step
wait A
end
STORY
{
	printf 'pool 20\nopen A greeter\nshm S 2\nstep\n'
	for i in $(seq 150); do
		printf 'map A S rw\nunmap A S\n'
	done
	echo end
} >"$work/hits.scn"
"$build/bench_watch" pages --run "$work/busy.scn" --until step:1 --read local --timeout 60 || exit 2
"$build/bench_watch" hits --run "$work/hits.scn" --until step:1 --timeout 60 || exit 2

# ---- how long blame takes

leak_after() { # ROUNDS: of churn, before a reference is not put
	cat <<STORY
pool 20
seed 5
open A greeter
open P consumer
shm S 4
step
invoke A churn $1 1
map P S rw
invoke P write S 0 4 1
fault skip-put S
unmap P S
free S
end
STORY
}

# Rounds of churn that take about SECONDS here and now.
rounds_in() { # SECONDS
	echo "$per_second $1" | awk '{ print int($1 * $2) + 1 }'
}
leak_after 30000 >"$work/short.scn"
start=$(now)
"$build/run_target" "$work/short.scn" >/dev/null 2>&1
per_second=$(since "$start" | awk '{ print 30000 / $1 }')

blame() { # FILE ARGUMENTS...: the seconds it takes, in $took
	story=$1
	shift
	start=$(now)
	"$build/pagerview" blame --run "$story" --timeout 900 "$@" >"$work/out" 2>"$work/err"
	if [ $? -ne 1 ] || ! grep -q "^blame: S: +1: " "$work/out"; then
		cat "$work/out" "$work/err" >&2
		exit 2
	fi
	took=$(since "$start")
}
run_only() { # FILE: the seconds it takes by itself, in $alone
	start=$(now)
	"$build/run_target" "$1" >/dev/null 2>&1
	alone=$(since "$start")
}

leak_after "$(rounds_in "$minute")" >"$work/minute.scn"
run_only "$work/minute.scn"
row "run up to the leak" "$alone" s
blame "$work/minute.scn"
by_events=$took
row "blame, by its events" "$by_events" s
blame "$work/minute.scn" S --watch
row "blame, by a watchpoint" "$took" s
leak_after "$(rounds_in "$short")" >"$work/short.scn"
run_only "$work/short.scn"
blame "$work/short.scn" --back
row "blame, backwards" "$(echo "$took $alone" | awk '{ print $1 / $2 }')" "times the run of $alone s"

echo
echo "$by_events $minute" | awk '{
	kept = $1 < 120
	printf "blame of a leak %s s into a run (120) %23.1f s  %s\n", $2, $1, kept ? "kept" : "NOT KEPT"
	exit !kept
}'
