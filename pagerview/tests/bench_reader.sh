#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench_reader.sh BUILD: what reading a running target costs it, on QEMU, at 64, 1,000 and 10,000
# pages and as many areas and fobjs (PAGES is another list), against what is promised. Ratios are of
# medians of one run; how long it stands still its own clock tells, except beside gdb. The exit status is 1 if a promise is not kept; a busy host keeps none.
set -u
build=$1
work=$(mktemp -d) || exit 2
qemu=
end() {
	[ -z "$qemu" ] || { kill "$qemu" 2>/dev/null; wait "$qemu" 2>/dev/null; }
	qemu=
}
trap 'end; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/walk.py" <<'PYTHON'
# The lists by gdb.Value, node by node: how long the target stands still for it.
import time
def nodes(head, link):
    node = head["tqh_first"]
    while int(node):
        yield node
        node = node[link]["tqe_next"]
start = time.monotonic()
seen = 0
for name in ("tee_pager_pmem_head", "tee_pager_lock_pmem_head"):
    for pmem in nodes(gdb.parse_and_eval(name), "link"):
        seen += int(pmem["flags"]) >= 0 and int(pmem["fobj_pgidx"]) >= 0 and int(pmem["va_alias"]) > 0
user = gdb.parse_and_eval("contexts")
for i in range(user.type.range()[1] + 1):
    for area in nodes(user[i]["uctx"]["regions"].dereference(), "link"):
        fobj = area["fobj"]
        seen += int(area["base"]) > 0 and int(area["size"]) > 0 and int(fobj["num_pages"]) > 0 \
            and int(fobj["refc"]["val"]) > 0
print("nodes", seen, "us", (time.monotonic() - start) * 1e6)
PYTHON

measure() { # PAGES
	elf=$work/large-$1.elf socket=$work/gdb-$1
	${TARGET_CC:-aarch64-linux-gnu-gcc} -DCOUNT="$1" -g -O2 -mstrict-align -ffreestanding -nostdlib \
		-static -fno-pic -no-pie -Wl,-Ttext=0x40200000 -o "$elf" fixtures/optee/large.c || exit 2
	qemu-system-aarch64 -M virt -cpu cortex-a57 -m 256M -display none -nodefaults -serial none \
		-kernel "$elf" -gdb "unix:$socket,server=on,wait=off" </dev/null >"$work/qemu" 2>&1 &
	qemu=$!
	turns=0
	while [ ! -S "$socket" ] && [ $turns -lt 500 ]; do
		sleep 0.02
		turns=$((turns + 1))
	done
	sleep 0.5
	for way in stub local; do
		PAGES=$1 "$build/bench_reader" --connect "unix:$socket" --elf "$elf" --read $way || exit 2
	done
	timeout 120 gdb-multiarch -nx -batch -ex "target remote $socket" -ex "source $work/walk.py" \
		-ex detach "$elf" 2>/dev/null | awk -v pages="$1" '
		$1 == "nodes" && $2 >= 2 * pages {
			printf "%-28s %6s %10.3f us\n", "told pause, gdb.Value", pages, $4
		}'
	end
}

for pages in ${PAGES:-64 1000 10000}; do
	measure "$pages"
done >"$work/rows" || exit
cat "$work/rows"
awk '
function judge(what, pages, figure, unit, kept) {
	printf "%-46s %6d pages %9.2f%-3s %s\n", what, pages, figure, unit, kept ? "kept" : "NOT KEPT"
	if (!kept) failed = 1
}
{ name = substr($0, 1, 28); sub(/ +$/, "", name); pages = substr($0, 29, 7) + 0
  value[name, pages] = substr($0, 36) + 0; sizes[pages] = 1 }
name == "pause, empty" { empty[pages] = value[name, pages] } # the last one is beside "stop and copy"
END {
	print ""
	n = split("64 1000 10000", order, " ")
	for (i = 1; i <= n; i++) {
		p = order[i]
		if (!(p in sizes)) continue
		r = value["pause, stop and copy", p] / empty[p]
		judge("stop and copy: pause, to an empty stop (2)", p, r, "x", r <= 2)
		r = value["pause, stub", p] / value["pause, bulk read", p]
		judge("stub: pause, to a read of as many bytes (1.25)", p, r, "x", r <= 1.25)
		r = value["trips, stub", p]
		judge("stub: round trips for memory (3)", p, r, "", r <= 3)
		if ((r = value["told pause, gdb.Value", p] / value["told pause, stub", p]))
			judge("gdb by gdb.Value: pause, to the stub (50)", p, r, "x", r >= 50)
		if (p == 64) {
			r = value["guest clock, local", p]
			judge("guest clock at 30 refreshes/s, local (99)", p, r, "%", r >= 99)
			r = value["guest clock, stub", p]
			judge("guest clock at 30 refreshes/s, stub (97)", p, r, "%", r >= 97)
			r = value["reader" "\047" "s CPU, local", p]
			judge("CPU at 10 refreshes/s (3)", p, r, "%", r < 3)
		}
	}
	exit failed
}' "$work/rows"
