# SPDX-License-Identifier: BSD-2-Clause
# What every check_*.sh begins with, sourced from the top folder: the programs under test, a folder
# $work that goes at the end, and TAP by result(). A script may define at_end() to end what it
# started, and evidence() to print what helps where a test fails.
set -u

build=${BUILD:-build}
viewer=$build/pagerview
scenarios=fixtures/scenarios
work=$(mktemp -d) || exit 2
number=0

at_end() {
	:
}
cleanup() {
	at_end
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

evidence() {
	cat "$work/err" "$work/out" 2>/dev/null
}

result() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		evidence | head -60 | sed 's/^/# /'
	fi
}

# A scenario in which $1 CPUs are busy for as long as anybody looks.
busy_story() {
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
