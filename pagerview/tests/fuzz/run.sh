#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh TARGET [SECONDS]: fuzz packet, features or dwarf with libFuzzer under ASan and UBSan (needs
# clang). Findings are kept in BUILD/fuzz/TARGET; the exit status is not 0 if there is one.
set -eu
target=${1:?usage: run.sh TARGET [SECONDS]}
seconds=${2:-60}
cd "$(dirname "$0")/../../.."
build=${BUILD:-build}/fuzz/$target
fuzz=pagerview/tests/fuzz
mkdir -p "$build/corpus" "$build/findings"
clang -std=gnu11 -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all -iquote pagerview -o "$build/fuzz" "$fuzz/${target}_fuzz.c" \
	pagerview/error.c pagerview/rsp/*.c pagerview/dwarf/*.c -ldw -lelf
if [ "$target" = dwarf ]; then
	for version in 4 5; do
		aarch64-linux-gnu-gcc -gdwarf-$version -ffreestanding -nostdlib -static \
			-Wl,--build-id=sha1 -Wl,-z,max-page-size=4096 \
			-o "$build/corpus/seed-dwarf-$version" fixtures/elves/types*.c
	done
else
	cp "$fuzz/seeds/$target/"* "$build/corpus/"
fi
exec "$build/fuzz" -max_total_time="$seconds" -timeout=10 -max_len=65536 -print_final_stats=1 \
	-artifact_prefix="$build/findings/" "$build/corpus"
