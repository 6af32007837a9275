#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The machine layer on the machine (tests/machine), with gcc's image; its refusals and its exit
# statuses; the command line of run_target.
set -u

BUILD=${BUILD:-build}
run=$BUILD/run_target
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

result() { # STATUS NAME
	if [ "$1" -eq 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		sed 's/^/# /' "$tmp/out"
		failed=1
	fi
}

# expect NAME STATUS PATTERN COMMAND...: it exits so, and a line of its output matches.
expect() {
	name=$1 status=$2 pattern=$3
	shift 3
	timeout 60 "$@" >"$tmp/out" 2>&1 </dev/null
	got=$?
	echo "(exit status $got)" >>"$tmp/out"
	[ "$got" -eq "$status" ] && grep -q -- "$pattern" "$tmp/out"
	result $? "$name"
}

printf 'title empty\nend\n' >"$tmp/empty.scn"
for word in all load text user simd free deep; do
	echo $word >"$tmp/$word"
done

timeout 100 "$run" --elf "$BUILD/tests/machine.elf" "$tmp/all" >"$tmp/out" 2>&1 </dev/null
status=$?
grep -E '^(not )?ok' "$tmp/out"
[ $status -eq 0 ] && grep -q '^1\.\.' "$tmp/out"
result $? "all of the machine's tests ran and passed"

panics() { # NAME WORD PATTERN
	expect "$1" 3 "$3" "$run" --elf "$BUILD/tests/machine.elf" "$tmp/$2"
}
panics "the core reads no TA's address" load 'core panic: core exception: ESR 0x9600000.*FAR 0x600000'
panics "the core's text is not writable" text 'core panic: core exception: ESR 0x9600004f'
panics "the core executes no memory of TAs" user 'core panic: core exception: ESR 0x8600000e'
panics "the core uses no SIMD register unasked" simd 'core panic: core exception: ESR 0x1fe00000'
panics "a wrong free is noticed" free 'core panic: heap block'
panics "an overrun stack is noticed" deep 'core panic: stack canary: thread scenario'

empty=$tmp/empty.scn
expect "one CPU" 0 '1 CPU, 512 MiB' "$run" --smp 1 "$empty"
expect "more CPUs than are used" 0 '4 CPUs' "$run" --smp 8 "$empty"
expect "a start at EL2" 0 'verdict: passed' "$run" "$empty" -- -machine virtualization=on
expect "too little RAM" 2 '256 MiB of RAM' "$run" "$empty" -- -m 256M
expect "another interrupt controller" 2 'no GICv3' "$run" "$empty" -- -machine gic-version=2
expect "a CPU without random numbers" 3 'no RNDR' "$run" "$empty" -- -cpu cortex-a72
expect "a TA without a name" 2 '1 to 23 letters' "$run" "$empty" -- \
	-fw_cfg name=opt/pagerview/ta/,string=x
expect "a TA with a name too long" 2 '1 to 23 letters' "$run" "$empty" -- \
	-fw_cfg name=opt/pagerview/ta/a23456789012345678901234,string=x
truncate -s 40M "$tmp/large"
expect "a TA too large" 2 'do not fit' "$run" "$empty" -- \
	-fw_cfg "name=opt/pagerview/ta/large,file=$tmp/large"
expect "a scenario too large" 2 'more than 1048576' "$run" "$tmp/large"
: >"$tmp/none"
expect "an empty scenario" 2 'line 1' "$run" "$tmp/none"

expect "no scenario" 2 '^run_target: usage' "$run"
expect "a scenario that is not there" 2 'no such scenario' "$run" "$tmp/absent"
expect "an ELF that is not there" 2 "make target" "$run" --elf "$tmp/absent" "$empty"
expect "no QEMU" 2 'not found' env QEMU=no-such-qemu "$run" "$empty"
expect "a pace that is no number" 2 "'1s' is not" "$run" --pace 1s "$empty"
expect "a pace too long" 2 'pace: not a number up to' "$run" --pace 99999999 "$empty"
expect "no CPU" 2 "'0' is not" "$run" --smp 0 "$empty"
exit $failed
