#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh TARGET [SECONDS]: fuzz packet, features, dwarf, core, json, recording, text, profile, memory
# (which needs the target to be built) or the target's scenario with libFuzzer under ASan and UBSan
# (needs clang). Findings are kept in BUILD/fuzz/TARGET; the exit status is not 0 if there is one.
# COVERAGE=1: no fuzzing, what the corpus that is there reaches (llvm-cov).
set -eu
target=${1:?usage: run.sh TARGET [SECONDS]}
seconds=${2:-60}
cd "$(dirname "$0")/../../.."
build=${BUILD:-build}/fuzz/$target
fuzz=pagerview/tests/fuzz program=pagerview
mkdir -p "$build/corpus" "$build/findings"

sources='pagerview/error.c pagerview/rsp/*.c pagerview/dwarf/*.c' libs='-ldw -lelf'
case $target in
json | recording | text)
	sources='pagerview/error.c pagerview/model/*.c pagerview/analysis/*.c pagerview/export/*.c
		 pagerview/lesson/*.c pagerview/ui/*.c'
	libs='-lcjson -lncursesw'
	;;
profile)
	sources='pagerview/error.c pagerview/model/arena.c pagerview/dwarf/*.c pagerview/profile/*.c'
	libs='-lcjson -ldw -lelf'
	;;
core) sources="$sources pagerview/memory/*.c" ;;
scenario)
	program=target_pager
	sources='target_pager/scenario/parse.c target_pager/scenario/rules.c'
	libs=
	;;
memory)
	sources="pagerview/error.c pagerview/memory/memory.c pagerview/dwarf/*.c pagerview/profile/*.c
		 pagerview/model/*.c pagerview/analysis/*.c pagerview/export/json*.c pagerview/collect*.c
		 pagerview/tests/hostile_*.c pagerview/tests/snapshot_rules.c
		 pagerview/tests/second_reading.c pagerview/tests/target_*.c"
	libs='-lcjson -ldw -lelf'
	;;
esac
checks='-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all'
[ -z "${COVERAGE:-}" ] || checks='-fsanitize=fuzzer -fprofile-instr-generate -fcoverage-mapping'
# shellcheck disable=SC2086 # lists of words and patterns
clang -std=gnu11 -g -O1 -D_GNU_SOURCE $checks -iquote $program -o "$build/fuzz" \
	"$program/tests/fuzz/${target}_fuzz.c" $sources $libs

compile() # OUT SOURCES AND OPTIONS
{
	out=$1
	shift
	aarch64-linux-gnu-gcc -ffreestanding -nostdlib -static -Wl,--build-id=sha1 \
		-Wl,-z,max-page-size=4096 -o "$out" "$@"
}
case $target in
dwarf)
	for version in 4 5; do
		compile "$build/corpus/seed-dwarf-$version" -gdwarf-$version \
			-fno-asynchronous-unwind-tables -fno-unwind-tables fixtures/elves/types*.c
	done
	;;
json)
	cp "$fuzz/seeds/$target/"* fixtures/snapshots/share.json "$build/corpus/"
	;;
text)
	cp "$fuzz/seeds/$target/"* fixtures/lessons/*.scn "$build/corpus/"
	;;
profile)
	compile "$build/target.elf" -g -O1 -DFORM=1 fixtures/optee/standin.c
	cp "$fuzz/seeds/$target/"* pagerview/profile/*.json "$build/corpus/"
	export FUZZ_ELF="$build/target.elf"
	;;
scenario)
	cp fixtures/scenarios/*.scn "$build/corpus/"
	;;
memory)
	cp "$fuzz/seeds/$target/"* "$build/corpus/"
	FUZZ_ELF=$("$fuzz/stand_ins.sh" "$build"):${BUILD:-build}/target_pager.elf
	export FUZZ_ELF
	;;
*)
	cp "$fuzz/seeds/$target/"* "$build/corpus/"
	;;
esac
if [ -n "${COVERAGE:-}" ]; then
	export LLVM_PROFILE_FILE="$build/raw"
	"$build/fuzz" -runs=0 "$build/corpus" 2>"$build/log"
	llvm-profdata merge -o "$build/profile" "$build/raw"
	exec llvm-cov report "$build/fuzz" -instr-profile="$build/profile"
fi
# The time-out is wall time: on a busy machine an input may well wait for longer than it takes.
exec "$build/fuzz" -max_total_time="$seconds" -timeout=60 -max_len=65536 -print_final_stats=1 \
	-artifact_prefix="$build/findings/" "$build/corpus"
