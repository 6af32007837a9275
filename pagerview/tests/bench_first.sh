#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench_first.sh BUILD: how long a user waits for the first whole screen on a target that runs, ours
# and one of 64, 1,000 and 10,000 pages, without a stop and through the stub; and for a `snap` of a
# stopped target whose ELF has 10 MB. From before the viewer's process is made; medians of ROUNDS
# (25). The exit status is 1 if a promise is not kept; a busy host keeps none.
set -u
build=$1
rounds=${ROUNDS:-25}
work=$(mktemp -d) || exit 2
socket=$work/gdb
qemu=
end() {
	[ -z "$qemu" ] || { kill "$qemu" 2>/dev/null; wait "$qemu" 2>/dev/null; }
	qemu=
	rm -f "$socket"
}
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The program that was started in the background has its stub on the socket, and its lists made.
await() {
	qemu=$!
	turns=0
	while [ ! -S "$socket" ] && [ $turns -lt 500 ]; do
		sleep 0.02
		turns=$((turns + 1))
	done
	turns=0
	until "$build/pagerview" snap --connect "unix:$socket" --elf "$1" -o "$work/snap.json" 2>"$work/err"; do
		turns=$((turns + 1))
		[ $turns -lt 50 ] || { cat "$work/err" >&2; exit 2; }
		sleep 0.1
	done
}

compile() { # PAGES ELF OBJECTS...
	pages=$1 elf=$2
	shift 2
	${TARGET_CC:-aarch64-linux-gnu-gcc} -DCOUNT="$pages" -g -O2 -mstrict-align -ffreestanding -nostdlib \
		-static -fno-pic -no-pie -Wl,-Ttext=0x40200000 -o "$elf" fixtures/optee/large.c "$@" || exit 2
}

start() { # ELF
	qemu-system-aarch64 -M virt -cpu cortex-a57 -m 256M -display none -nodefaults -serial none \
		-kernel "$1" -gdb "unix:$socket,server=on,wait=off" </dev/null >"$work/qemu" 2>&1 &
	await "$1"
}

screens() { # PAGES ELF NAME
	for way in local stub; do
		"$build/bench_first" "$1" "$3, $way" "$rounds" "$build/pagerview" tui \
			--connect "unix:$socket" --elf "$2" --read $way || exit 2
	done
}

# As much debug information as a kernel of fifty units has, one of them fifty times.
filler() {
	awk 'BEGIN {
		for (i = 0; i < 420; i++) {
			printf "struct part_%d {\n", i
			for (m = 0; m < 12; m++)
				printf "\t%s member_%d_%d;\n", m % 3 ? "unsigned int" : i ? \
					"struct part_" int(i * m / 12) " *" : "void *", i, m
			printf "};\nenum kind_%d { KIND_%d_FIRST, KIND_%d_SECOND };\n", i, i, i
			printf "static __attribute__((used)) unsigned int count_%d(struct part_%d *part, int step)\n", i, i
			printf "{\n\tfor (int n = 0; n < step; n++)\n\t\tpart->member_%d_1 += n;\n", i
			printf "\treturn part->member_%d_2;\n}\n", i
		}
	}' >"$work/filler.c"
	${TARGET_CC:-aarch64-linux-gnu-gcc} -g -O1 -ffreestanding -fno-pic -fno-eliminate-unused-debug-types \
		-c -o "$work/filler.o" "$work/filler.c" || exit 2
	for i in $(seq 50); do
		cp "$work/filler.o" "$work/filler-$i.o"
	done
}

for pages in ${PAGES:-64 1000 10000}; do
	compile "$pages" "$work/large.elf"
	start "$work/large.elf"
	screens "$pages" "$work/large.elf" "first screen"
	end
done >"$work/rows" || exit

"$build/run_target" --loop fixtures/scenarios/evict.scn -- -gdb "unix:$socket,server=on,wait=off" \
	</dev/null >"$work/qemu" 2>&1 &
await "$build/target_pager.elf"
screens 8 "$build/target_pager.elf" "first screen, ours" >>"$work/rows" || exit
end

filler
compile 64 "$work/large.elf" "$work"/filler-*.o
size=$(stat -c %s "$work/large.elf")
[ "$size" -ge 10000000 ] || { echo "bench_first.sh: the large ELF has $size bytes only" >&2; exit 2; }
start "$work/large.elf"
"$build/pagerview" snap --connect "unix:$socket" --elf "$work/large.elf" --leave stopped >"$work/snap.json" || exit 2
for way in local stub; do
	"$build/bench_first" 64 "snap, ELF of 10 MB, $way" "$rounds" "$build/pagerview" snap \
		--connect "unix:$socket" --elf "$work/large.elf" --read $way -o "$work/snap.json" || exit 2
done >>"$work/rows"
end

awk '{ print; figure = substr($0, 36) + 0; name = substr($0, 1, 28); sub(/ +$/, "", name)
       rows[NR] = sprintf("%-46s %6d pages %9.2fms  %s", "to " name " (150)", substr($0, 29, 7), figure, \
                          figure <= 150 ? "kept" : "NOT KEPT")
       failed = failed || figure > 150 }
     END { print ""; for (i = 1; i <= NR; i++) print rows[i]; exit failed }' "$work/rows"
