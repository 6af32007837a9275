#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The core as a program of this host, under gdbserver (host/world.c): its lists are read as a
# kernel's are, through another stub than QEMU's, on another architecture, with a profile of one's
# own; and the program goes on afterwards. TAP.
set -u

build=${BUILD:-build}
world=$build/tests/host_world
work=$(mktemp -d) || exit 2
number=0
program=
server=

end_world() {
	for pid in $server $program; do
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	program= server=
}
cleanup() {
	end_world
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

result() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		cat "$work/err" "$work/server" | sed 's/^/# /'
	fi
}

await() { # FILE PATTERN: a line that some process is to write
	turns=0
	while ! grep -q "$2" "$1" 2>/dev/null; do
		turns=$((turns + 1))
		[ $turns -lt 500 ] || return 1
		sleep 0.02
	done
}

serve() { # ARGUMENTS...: gdbserver, its port in $port
	: >"$work/server"
	gdbserver --once "$@" >"$work/server" 2>&1 </dev/null &
	server=$!
	await "$work/server" 'Listening on port' || return 1
	port=$(sed -n 's/^Listening on port //p' "$work/server")
}

viewer() { # STATUS COMMAND...
	status=$1
	shift
	timeout 60 "$build/pagerview" "$@" --connect ":$port" --elf "$world" \
		--profile "$work/host.json" >"$work/out" 2>"$work/err"
	[ $? -eq "$status" ]
}

# Memory behind this world's tables is no memory of the host's: its own profile without them.
python3 -c 'import json, sys
profile = json.load(open(sys.argv[1]))
del profile["tables"]
profile["profile"] = "host"
json.dump(profile, open(sys.argv[2], "w"))' pagerview/profile/target_pager.json "$work/host.json"
result $? "a profile of its own"

expected() { # FILE
	python3 - "$1" >"$work/err" 2>&1 <<'PYTHON'
import json, sys
s = json.load(open(sys.argv[1]))
assert s["capture"]["consistency"] == "exact", s["capture"]
assert s["capture"]["source"] == "stub" and s["capture"]["profile"] == "host", s["capture"]
assert [(c["name"], c["asid"]) for c in s["contexts"]] == [("A", 1), ("B", 2)], s["contexts"]
shared = next(f for f in s["fobjs"] if f["name"] == "S")
assert (shared["kind"], shared["pages"], shared["refcount"], shared["resident"]) == \
    ("rw", 4, 2, [0, 1]), shared
assert [h["name"] for h in shared["holders"]] == ["A.S", "B.S"], shared
pages = {p["page"]: (p["state"], len(p["owners"])) for p in s["pmems"] if p["fobj"] == shared["id"]}
assert pages == {0: ("dirty", 2), 1: ("clean", 2)}, pages
assert len(s["pmems"]) == 16 and not s["findings"], (len(s["pmems"]), s["findings"])
PYTHON
}

# Started by gdbserver: it stands before its first instruction, and is let run first.
serve localhost:0 "$world" && viewer 0 snap --until 1 -o "$work/snap.json" &&
	expected "$work/snap.json"
result $? "started by gdbserver: all of it is found"
end_world

# Attached to while it runs. (gdbserver interrupts a group of processes: let it be one.)
setsid "$world" >"$work/ready" 2>&1 &
program=$!
await "$work/ready" ready
serve --attach localhost:0 "$program" && viewer 0 snap -o "$work/snap.json" &&
	expected "$work/snap.json"
result $? "attached to: all of it is found"
await "/proc/$program/status" 'TracerPid:[[:space:]]*0$' &&
	! grep -q '^State:.*stopped' "/proc/$program/status"
result $? "and it runs on"

for way in running safe; do
	serve --attach localhost:0 "$program" &&
		"$build/soak_reader" $way 50 5 --connect ":$port" --elf "$world" \
			--profile "$work/host.json" >"$work/out" 2>"$work/err" &&
		grep -q '^50 snapshots: 50 exact' "$work/out"
	result $? "50 snapshots of it, $way"
	await "/proc/$program/status" 'TracerPid:[[:space:]]*0$'
done
end_world
echo "1..$number"
