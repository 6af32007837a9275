#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# However it ends, nothing stays behind: the viewer ended by a signal at any moment, killed outright,
# its target killed under it, another's target left running. ROUNDS (15) of each, at random moments
# that ENDS_SEED repeats; TAP on standard output.
exec python3 - "${BUILD:-build}" "${ROUNDS:-15}" "${ENDS_SEED:-1}" <<'PYTHON'
import glob, os, random, shutil, signal, subprocess, sys, tempfile, time

build, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
LIMIT = 2.0  # seconds that an end may take
scenario = "fixtures/scenarios/share.scn"
work = tempfile.mkdtemp()
env = dict(os.environ, XDG_RUNTIME_DIR=work)
random.seed(seed)
number = 0
other = None


def result(bad, name):
    global number
    number += 1
    print("not ok" if bad else "ok", number, name)
    for line in bad:
        print("#", line)
    sys.stdout.flush()


def default_signals():
    for number_ in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number_, signal.SIG_DFL)


def start(*arguments):
    return subprocess.Popen([build + "/pagerview", "snap", *arguments], env=env, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, preexec_fn=default_signals)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition, seconds=LIMIT):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def end_of(viewer, bad, what):
    """Wait for it; what it said."""
    try:
        return viewer.communicate(timeout=LIMIT)[1]
    except subprocess.TimeoutExpired:
        bad.append(f"{what}: still there after {LIMIT} s")
        viewer.kill()
        return viewer.communicate()[1]


def own_target(kill, what):
    """One round: `kill` is given the viewer and its target, if it has one by then."""
    bad = []
    viewer = start("--run", scenario, "--loop", "--until", "60")
    time.sleep(random.uniform(0, 0.8))
    targets = children(viewer.pid)
    kill(viewer, targets)
    said = end_of(viewer, bad, what)
    if not wait_until(lambda: not any(is_alive(pid) for pid in targets)):
        bad.append(f"{what}: the target is still there")
    return bad, viewer.returncode, said, targets


try:
    for name in ("TERM", "INT", "HUP", "KILL"):
        bad = []
        for _ in range(rounds):
            bad += own_target(lambda v, t: v.send_signal(getattr(signal, "SIG" + name)), name)[0]
        result(bad, f"SIG{name} at any moment: viewer and target are gone within {LIMIT:g} s")
        left = glob.glob(work + "/pagerview-*")
        if name != "KILL":
            result(left, "... and so is their folder")
        for folder in left:
            shutil.rmtree(folder)

    bad = []
    for _ in range(rounds):
        def kill_target(viewer, targets):
            for pid in targets:
                os.kill(pid, signal.SIGKILL)
            if not targets:
                viewer.terminate()
        more, status, said, targets = own_target(kill_target, "target killed")
        bad += more
        if targets and (status != 3 or len(said.splitlines()) != 1):
            bad.append(f"exit {status}: {said}")
    result(bad, "the target killed at any moment: exit 3 and one line")

    # A target of somebody else's goes on as if nobody had been there.
    socket, console = work + "/gdb.sock", work + "/console"
    with open(console, "wb") as out:
        other = subprocess.Popen([build + "/run_target", "--loop", scenario, "--", "-gdb",
                                  f"unix:{socket},server=on,wait=off"], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out)
    connected = ("--connect", "unix:" + socket, "--elf", build + "/target_pager.elf")
    if not wait_until(lambda: os.path.getsize(console) > 0, 20):
        result(["it does not start"], "a target of another's")
    for way in ("local", "stub"):
        bad = []
        for _ in range(rounds):
            viewer = start(*connected, "--read", way, "--until", "60")
            time.sleep(random.uniform(0, 0.5))
            viewer.terminate()
            end_of(viewer, bad, way)
            size = os.path.getsize(console)
            if not wait_until(lambda: os.path.getsize(console) > size, 5):
                bad.append("the target stands still")
                break
        result(bad, f"connected ({way}), SIGTERM at any moment: the target runs on")
    check = subprocess.run([build + "/pagerview", "check", *connected], text=True, timeout=60,
                           capture_output=True)
    result([] if check.returncode == 0 else [check.stdout + check.stderr], "and its lists are whole")
finally:
    if other:
        other.kill()
        other.wait()
    shutil.rmtree(work)
print(f"1..{number}")
PYTHON
