#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# OP-TEE's profile on stand-ins with the names and shapes of its releases (fixtures/optee), each run
# on QEMU with lists that are known: every object, owner, page and holder is found as it is, by both
# ways of reading; a stand-in with one member renamed is refused with the line that names it. TAP.
. pagerview/tests/terminal.sh

compiler=${TARGET_CC:-aarch64-linux-gnu-gcc}
qemu=
at_end() {
	[ -z "$qemu" ] || kill -9 "$qemu" 2>/dev/null
	t kill-server
}
evidence() {
	cat "$work/err"
}

compile() { # OUTPUT ARGUMENTS...
	output=$1
	shift
	$compiler "$@" -ffreestanding -nostdlib -static -fno-pic -no-pie \
		-Wl,-Ttext=0x40200000 -o "$work/$output" fixtures/optee/standin.c 2>"$work/err"
}

compile32() { # the same for 32 bit, in Thumb code
	output=$1
	shift
	clang --target=armv7a-none-eabi -mthumb "$@" -ffreestanding -nostdlib -static -fno-pic \
		-fuse-ld=lld -Wl,--image-base=0x401f0000,-Ttext=0x40200000 \
		-o "$work/$output" fixtures/optee/standin.c 2>"$work/err"
}

listens() { # SOCKET: it is there before anybody may connect to it
	grep -q "^[^ ]* [^ ]* [^ ]* 00010000 .* $1\$" /proc/net/unix
}

run() { # ELF [CPU [CPUS [ARGUMENT]]]: on QEMU, its stub on a socket
	rm -f "$work/gdb.sock"
	qemu-system-aarch64 -M virt -cpu "${2:-cortex-a57}" -smp "${3:-1}" -m 64M -display none -nodefaults \
		-serial "${serial:-none}" \
		-kernel "$1" -gdb "unix:$work/gdb.sock,server=on,wait=off" ${4:-} </dev/null >"$work/qemu" 2>&1 &
	qemu=$!
	turns=0
	while ! listens "$work/gdb.sock" && [ $turns -lt 500 ]; do
		sleep 0.02
		turns=$((turns + 1))
	done
}

end() {
	kill -9 "$qemu" 2>/dev/null
	wait "$qemu" 2>/dev/null
	qemu=
}

expected() { # FILE FORM: the story of the stand-in
	python3 - "$1" "$2" >"$work/err" 2>&1 <<'PYTHON'
import json, sys
s = json.load(open(sys.argv[1]))
form = int(sys.argv[2])
TA = "000000a0-0001-0002-0300-000000000000"
fobj = {f["id"]: f for f in s["fobjs"]}
name = {c["id"]: (c["kind"], c["asid"]) for c in s["contexts"]}

def check(what, found, wanted):
    if found != wanted:
        print(f"{what}: found {found}, wanted {wanted}")
        sys.exit(1)

check("profile", s["capture"]["profile"], "optee")
check("consistency", s["capture"]["consistency"], "exact")
check("contexts", [(c["kind"], c["asid"], c["state"], len(c["areas"])) for c in s["contexts"]],
      [("user", 2, "busy", 2), ("user", 4, "idle", 2), ("pseudo", 0, "idle", 0), ("core", 0, "", 1)])
check("name", s["contexts"][0]["name"], "000000a0-0001-0002-0300-000000000000")
check("areas", sorted((name[a["context"]][1], a["type"], a["prot"], a["pages"]) for a in s["areas"]),
      [(0, "lock", "rw-", 1), (2, "ro", "r-x", 4), (2, "rw", "rw-", 2),
       (4, "ro", "r-x", 4), (4, "rw", "rw-", 2)])
check("fobjs", sorted((f["kind"], f["refcount"], f["surplus"], sorted(h["kind"] for h in f["holders"]))
                      for f in s["fobjs"]),
      [("locked", 1, 0, ["area"]),
       ("ro", 5, 0, ["area", "area", "mapping", "mapping", "slice"]),
       ("rw", 2, 0, ["area", "mapping"]), ("rw", 2, 0, ["area", "mapping"])])
check("files", [(f["tag"][:6], f["refcount"], f["surplus"], len(f["slices"]),
                 [h["kind"] for h in f["holders"]]) for f in s["files"]],
      [("c0ffee", 3, 0, 1, ["mapping", "mapping", "handle"])] if form <= 2 else
      [("c0ffee", 2, 0, 1, ["segment", "segment"])])
check("names of holders", sorted((h["kind"], h["name"]) for f in s["fobjs"] for h in f["holders"]),
      [("area", f"{TA} 0x40000000")] * 2 + [("area", f"{TA} 0x40010000")] * 2
      + [("area", "core 0x50000000")] + [("mapping", TA)] * 4 + [("slice", "file c0ffee00")])
check("names of a file's", [h["name"] for h in s["files"][0]["holders"]],
      [TA, TA, "binary"] if form <= 2 else [TA, TA])
pages = [(p["pa"], p["state"], fobj[p["fobj"]]["kind"] if p["fobj"] else None,
          [(name[o["context"]][1], o["va"], o["pte"]) for o in p["owners"]]) for p in s["pmems"]]
check("pages", pages,
      [("0x41000000", "clean", "ro", [(2, "0x40000000", "r-x"), (4, "0x40000000", "r-x")]),
       ("0x41001000", "dirty", "rw", [(2, "0x40010000", "rw-")]),
       ("0x41002000", "locked", "locked", [(0, "0x50000000", "rw-")])]
      + ([("0x41003000", "free", None, [])] if form == 1 else []))
check("findings", s["findings"], [])
PYTHON
}

while read -r form how cpu dwarf optimise name; do
	$how "form$form.elf" -DFORM="$form" "$dwarf" $(echo "$optimise" | tr , ' ')
	result $? "$name: compiled ($dwarf $optimise)"
	run "$work/form$form.elf" "$cpu"
	for way in local stub; do
		timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/form$form.elf" \
			--read $way -o "$work/snap.json" >"$work/out" 2>"$work/err" &&
			expected "$work/snap.json" "$form"
		result $? "$name: all of it is found ($way)"
	done
	end
done <<'FORMS'
1 compile cortex-a57 -gdwarf-5 -O2 today's names
1 compile cortex-a57 -gdwarf-4 -O0 today's names, DWARF 4
2 compile cortex-a57 -gdwarf-5 -O2 3.8
3 compile cortex-a57 -gdwarf-5 -Os 3.6
4 compile cortex-a57 -gdwarf-4 -O2 the form of the slides
1 compile32 cortex-a15 -gdwarf-5 -O2 32 bit, short descriptors
1 compile32 cortex-a15 -gdwarf-4 -Os,-DLPAE 32 bit, LPAE
2 compile32 cortex-a15 -gdwarf-5 -O2 32 bit, 3.8
FORMS

compile32 form32.elf -DFORM=1 -g -O2
run "$work/form32.elf" cortex-a15
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/form32.elf" --read el3 \
	-o "$work/snap.json" >"$work/out" 2>"$work/err"
[ $? -eq 3 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q 'cannot be read at EL3: its CPU' "$work/err"
result $? "a CPU without AArch64 is not read at EL3: one line, exit 3"
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/form32.elf" \
	-o "$work/snap.json" >"$work/out" 2>"$work/err" && expected "$work/snap.json" 1
result $? "... but read otherwise"
end

# Its objects have no names: their addresses and those of who owns them tell them apart.
compile named.elf -DFORM=1 -g -O2
run "$work/named.elf"
for address in 0x41000000 0x50000000; do
	timeout 60 "$viewer" owners $address --connect "unix:$work/gdb.sock" --elf "$work/named.elf" \
		>>"$work/owners" 2>"$work/err"
done
end
sed 's/0x402[0-9a-f]*/OBJECT/g' "$work/owners" >"$work/err"
cmp -s - "$work/err" <<'TEXT'
pmem OBJECT, physical 0x41000000, clean: page 0 of fobj OBJECT
  owner 000000a0-0001-0002-0300-000000000000: area OBJECT, at 0x40000000 r-x
  owner 000000a0-0001-0002-0300-000000000000: area OBJECT, at 0x40000000 r-x
area OBJECT of core: 0x50000000, 1 pages of fobj OBJECT from page 0
pmem OBJECT, physical 0x41002000, locked: page 0 of fobj OBJECT
  owner core: area OBJECT, at 0x50000000 rw-
TEXT
result $? "owners of objects without names"

# The copy of A's stack in the store, of which a table of all pages says whether it was ever made.
stored() { # ELF REGEX: what the contents of the dirty page show of its copy
	run "$work/$1"
	t new-session -d -s v -x 100 -y 30 "$viewer tui --connect unix:$work/gdb.sock --elf $work/$1"
	until_true matches '^> .*0x41000000' && press 2 j 8 && until_true matches '^> page 0x41001000' &&
		press x && until_true matches "$2"
	found=$?
	screen >"$work/err"
	press q
	end
	return $found
}
stored named.elf 'this page was never saved'
result $? "a page that was never saved has no copy in the store"
compile saved.elf -DFORM=1 -DSAVED -g -O2
stored saved.elf '^  0x0 .* sealed in form 1'
result $? "... and one that was has the one at its index"

# Other code at the safe point's address, in an address space where the CPU is most of the time: a
# stop there is none at the safe point. The lists are whole where 2 pages are told, not 999.
compile worlds.elf -DFORM=1 -DWORLDS -g -O2
result $? "two worlds: compiled"
run "$work/worlds.elf"
for way in local stub; do
	for turn in $(seq 40); do # a slow host does not come there in time: that is torn, and said
		timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/worlds.elf" \
			--read $way -o "$work/snap.json" >"$work/out" 2>"$work/err" && break
	done
	grep -q '"why": "stopped at the safe point"' "$work/snap.json" &&
		grep -q '"pages.total": 2\b' "$work/snap.json"
	result $? "two worlds: the safe point is the kernel's own ($way)"
done
end

# Somebody stopped it where no CPU sees the kernel: it is not let run to where one does.
stands_at() { # ADDRESS
	python3 - "$work/gdb.sock" "$1" >"$work/err" 2>&1 <<'PYTHON'
import socket, sys
stub = socket.socket(socket.AF_UNIX)
stub.connect(sys.argv[1])

def ask(text):
    stub.sendall(b"+$%s#%02x" % (text, sum(text) & 0xFF))
    answer = b""
    while answer.count(b"#") == 0 or len(answer.split(b"#")[-1]) < 2:
        answer += stub.recv(65536)
    return answer.split(b"$")[-1].split(b"#")[0]

ask(b"?")
pc = int.from_bytes(bytes.fromhex(ask(b"g").decode())[32 * 8 : 33 * 8], "little")
print(hex(pc))
sys.exit(pc != int(sys.argv[2], 16))
PYTHON
}
run "$work/worlds.elf" cortex-a57 1 -S
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/worlds.elf" --read stub \
	--timeout 5 >"$work/out" 2>"$work/err"
[ $? -eq 4 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q 'stands still with no CPU in this kernel' "$work/err"
result $? "a stopped target, seen from nowhere: one line, exit 4"
stands_at 0x40200000
result $? "... and it stands where it stood"
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/worlds.elf" --read stub \
	--until 0.3 --timeout 20 -o "$work/snap.json" >"$work/out" 2>"$work/err"
[ -s "$work/snap.json" ]
result $? "... but where it may run, it is"
end

# The CPU that a stop is told of never sees the kernel, the other one does.
compile second.elf -DFORM=1 -DWORLDS -DSECOND -g -O2
result $? "a second CPU: compiled"
run "$work/second.elf" cortex-a57 2
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/second.elf" --read stub \
	--timeout 10 -o "$work/snap.json" >"$work/out" 2>"$work/err" &&
	expected "$work/snap.json" 1
result $? "a second CPU: the kernel is seen through it"
end

# No CPU ever sees the kernel: its table is where the ELF says, and none that only looks like it.
compile monitor.elf -DFORM=3 -DWORLDS -DMONITOR -g -O2
result $? "a firmware's flat map: compiled"
serial=file:$work/serial
run "$work/monitor.elf"
serial=
turns=0
while [ ! -s "$work/serial" ] && [ $turns -lt 500 ]; do
	sleep 0.02
	turns=$((turns + 1))
done
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/monitor.elf" \
	--read local -o "$work/snap.json" >"$work/out" 2>"$work/err" &&
	expected "$work/snap.json" 3
result $? "a firmware's flat map: the core is read by its own table"
end

told() { # LINE: layout says so, with whatever blanks
	tr -s ' ' <"$work/out" | grep -qx "$1" || echo "not told: $1" >>"$work/err"
}
compile form3.elf -DFORM=3 -g -O2
timeout 60 "$viewer" layout --elf "$work/form3.elf" >"$work/out" 2>"$work/err"
told 'list tee_pager_area_head tailq of area'
told 'list context<user>.areas tailq of area'
told 'list context<user>.segs slist of segment'
told 'list file.slice_head slist of slice'
told 'tables.format aarch64-4k'
told 'slide.root missing, optional: boot_mmu_config:core_mmu_config.ttbr0_el1_base, l1_xlation_table, base_xlation_table'
told 'slide.vectors thread_excp_vect'
told 'stops.event missing, optional'
told 'fobj.kind missing, optional: value ops_ro_reloc_paged'
grep 'value PA\|value ops_rw' "$work/out" >>"$work/err" # the words have other names here
[ ! -s "$work/err" ]
result $? "layout tells the names that were found, and as missing only what has none"

compile renamed.elf -DFORM=1 -DRENAMED -g -O2
timeout 60 "$viewer" layout --elf "$work/renamed.elf" --profile optee >"$work/out" 2>"$work/err"
[ $? -eq 4 ] && grep -q "renamed.elf: no member refc.val (profile optee needs it for fobj.refcount)" "$work/err"
result $? "a member renamed: the line that names it"
compile form1.elf -DFORM=1 -g -O2
compile form2.elf -DFORM=2 -g -O2
run "$work/form2.elf"
timeout 60 "$viewer" snap --connect "unix:$work/gdb.sock" --elf "$work/form1.elf" --timeout 2 \
	>"$work/out" 2>"$work/err"
[ $? -eq 4 ] && [ "$(wc -l <"$work/err")" -eq 1 ]
result $? "an ELF of another build: one line, exit 4"
end
echo "1..$number"
