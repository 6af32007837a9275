#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The way from reset to the MMU, seen by a debugger: what the core writes with its caches off must be
# in none of them when they come on, or a table walk could find an older line of it. QEMU has no
# caches, so it is looked at where and when start.S drops their lines.
. pagerview/tests/tap.sh

at_end() {
	[ -z "${qemu:-}" ] || kill "$qemu" 2>/dev/null
}

printf 'title empty\nend\n' >"$work/empty.scn"
cat >"$work/script" <<'END'
set pagination off
set confirm off
set $linear = 0xffffff8000000000
define told
	printf "drop %d: start %d end %d mmu %d table %d\n", $arg0, $x0 == (long)&bss_start - $linear, \
		$x1 == (long)&stacks_end - $linear, $SCTLR & 1, \
		*(long *)((long)&core_root - $linear) != 0
end
hbreak *((long)&drop_lines - $linear)
hbreak *((long)&mmu_on - $linear)
continue
told 1
continue
told 2
continue
printf "mmu_on: end %d mmu %d written %d\n", $x0 == (long)&stacks_end - $linear, $SCTLR & 1, \
	(long)&boot_level >= (long)&bss_start && (long)&core_root >= (long)&bss_start
disconnect
END

"$build/run_target" --smp 1 "$work/empty.scn" -- -S -gdb "unix:$work/gdb,server=on,wait=off" \
	>"$work/err" 2>&1 &
qemu=$!
until [ -S "$work/gdb" ] || ! kill -0 $qemu 2>/dev/null; do
	sleep 0.02
done
timeout 60 gdb-multiarch -nx -batch -iex "set auto-load no" -ex "target remote $work/gdb" \
	-x "$work/script" "$build/target_pager.elf" >"$work/out" 2>&1 </dev/null

told() { # LINE NAME
	grep -qx -- "$1" "$work/out"
	result $? "$2"
}
told 'drop 1: start 1 end 1 mmu 0 table 0' "no line is left to fall on what is to be written"
told 'drop 2: start 1 end 1 mmu 0 table 1' "what was written is in no line, tables included"
told 'mmu_on: end 1 mmu 0 written 1' "then the MMU comes on"
