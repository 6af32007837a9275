#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# However it ends, nothing stays behind: the viewer ended by a signal at any moment, killed outright,
# its target killed under it, another's target left running. ROUNDS (15) of each, at random moments
# that ENDS_SEED repeats; then ENDS (60) ends of all kinds in turn, the cut connection too, of viewers
# that read, stop and set breakpoints in another's target, and SLOW_ENDS (20) signals while that one's
# QEMU stands still for up to a second, as on a busy machine. TAP on standard output.
exec python3 - "${BUILD:-build}" "${ROUNDS:-15}" "${ENDS_SEED:-1}" "${ENDS:-60}" "${SLOW_ENDS:-20}" <<'PYTHON'
import glob, os, random, select, shutil, signal, socket, subprocess, sys, tempfile, threading, time

build, rounds, seed, ends, slow_ends = sys.argv[1], *map(int, sys.argv[2:])
LIMIT = 2.0  # seconds that an end may take
SLOWEST = 1.0  # seconds that QEMU may stand still meanwhile
scenario = "fixtures/scenarios/share.scn"
work = tempfile.mkdtemp()
env = dict(os.environ, XDG_RUNTIME_DIR=work, TMPDIR=work)
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
    for number_ in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number_, signal.SIG_DFL)


def start(*arguments, command="snap"):
    return subprocess.Popen([build + "/pagerview", command, *arguments], env=env, text=True,
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


def state_of(pid):
    words = [str(pid)]
    for name in ("comm", "wchan", "stat", "syscall"):
        try:
            with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as file:
                words.append(f"{name} {file.read().strip()}")
        except OSError as error:
            words.append(f"{name}: {error.strerror}")
    return "; ".join(words)


def wait_until(condition, seconds=LIMIT):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def end_of(viewer, bad, what, limit=LIMIT):
    """Wait for it; what it said."""
    try:
        return viewer.communicate(timeout=limit)[1]
    except subprocess.TimeoutExpired:
        bad.append(f"{what}: still there after {limit:g} s")
        bad += [state_of(pid) for pid in (viewer.pid, *children(viewer.pid))]
        viewer.kill()
        return viewer.communicate()[1]


def own_target(kill, what, doing=("snap", "--loop", "--until", "60"), latest=0.8, limit=LIMIT):
    """One round: `kill` is given the viewer and its target, if it has one by then."""
    bad = []
    viewer = start("--run", scenario, *doing[1:], command=doing[0])
    time.sleep(random.uniform(0, latest))
    targets = children(viewer.pid)
    kill(viewer, targets)
    said = end_of(viewer, bad, what, limit)
    if not wait_until(lambda: not any(is_alive(pid) for pid in targets)):
        bad.append(f"{what}: the target is still there")
    return bad, viewer.returncode, said, targets


# ---- a target of somebody else's ----

gdb, console = work + "/gdb.sock", work + "/console"
connected = ("--connect", "unix:" + gdb, "--elf", build + "/target_pager.elf")


def start_other():
    """It runs; True once it says something."""
    global other
    if os.path.exists(gdb):
        os.unlink(gdb)
    with open(console, "wb") as out:
        other = subprocess.Popen([build + "/run_target", "--loop", scenario, "--", "-gdb",
                                  f"unix:{gdb},server=on,wait=off"], stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=out)
    return wait_until(lambda: os.path.getsize(console) > 0, 20)


def stop_other():
    if other:
        other.kill()
        other.wait()


def runs_on():
    """It gets on with its script, line by line: it would not pass a breakpoint that is left."""
    size = os.path.getsize(console)
    return wait_until(lambda: os.path.getsize(console) > size + 400, 20)


def check_lists():
    check = subprocess.run([build + "/pagerview", "check", *connected], text=True, timeout=60,
                           capture_output=True)
    result([] if check.returncode == 0 else [check.stdout + check.stderr], "and its lists are whole")


class Cutter:
    """A connection on the way to the stub that can be cut; it can be dialled again at once."""

    def __init__(self, path, to):
        self.to, self.pairs, self.lock = to, [], threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            near = self.listener.accept()[0]
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.to)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
            threading.Thread(target=self.pump, args=(near, far), daemon=True).start()

    def pump(self, near, far):
        try:
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            self.close(near, far)

    @staticmethod
    def close(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def cut(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self.close(*pair)


# What a viewer does to a target; it would go on for ever, or nearly.
DOINGS = {
    "snap, waiting": ("snap", "--until", "60"),
    "snap, local": ("snap", "--read", "local", "--until", "60"),
    "snap, at once": ("snap", "--read", "stub"),
    "snap, breakpoint": ("snap", "--read", "stub", "--until", "step:100000"),
    "trace": ("trace",),
    "trace, stopping": ("trace", "--read", "stub"),
    "blame, watchpoint": ("blame", "greeter.text", "--watch", "--until", "60"),
}


def one_slow_end(end, what, bad):
    """The same while QEMU does not get to run, for a while that ends before our patience does."""
    command, *arguments = DOINGS[what]
    viewer = start(*connected, *arguments, command=command)
    stall = random.uniform(0.2, SLOWEST)
    time.sleep(random.uniform(0, 0.6))
    other.send_signal(signal.SIGSTOP)
    time.sleep(random.choice((0, 0.02, 0.1)))
    before = time.monotonic()
    viewer.send_signal(getattr(signal, end))
    time.sleep(stall)
    other.send_signal(signal.SIGCONT)
    end_of(viewer, bad, f"{end} ({what}), {stall:.2f} s slow")
    if not runs_on():
        bad.append(f"{end} ({what}), {stall:.2f} s slow: the target stands still")
    return time.monotonic() - before


def one_end(end, what, cutter, bad):
    """Seconds that it took from the end to the viewer's being gone."""
    if (not other or other.poll() is not None) and not start_other():
        bad.append("the target does not start")
        return 0
    command, *arguments = DOINGS[what]
    through = gdb if end != "cut" else cutter.listener.getsockname()
    if end == "cut" and "local" in arguments:
        arguments = ["--until", "60"]
    cutter.cut()  # what is left of the last goodbye is no viewer
    viewer = start("--connect", "unix:" + through, "--elf", build + "/target_pager.elf",
                   *arguments, command=command)
    if end == "cut":  # there has to be something to cut
        wait_until(lambda: cutter.pairs or viewer.poll() is not None, 20)
    time.sleep(random.uniform(0, 0.4))
    before = time.monotonic()
    if end == "cut":
        cutter.cut()
    elif end == "QEMU killed":
        stop_other()
    else:
        viewer.send_signal(getattr(signal, end))
    end_of(viewer, bad, f"{end} ({what})")
    took = time.monotonic() - before
    if end != "QEMU killed" and not runs_on():
        bad.append(f"{end} ({what}): the target stands still")
    return took


try:
    for name in ("TERM", "INT", "HUP", "QUIT", "KILL"):
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

    bad = []
    for turn in range(rounds):
        def hold_target(viewer, targets):
            for pid in targets:
                try:
                    os.kill(pid, signal.SIGSTOP)
                except ProcessLookupError:
                    pass
            viewer.send_signal(random.choice((signal.SIGINT, signal.SIGTERM)))
        doing = (("snap",), ("trace",), ("blame", "greeter.text", "--back"))[turn % 3]
        # As it comes to life, it is asked most; who goes to kill it waits for no answer.
        bad += own_target(hold_target, "target held", doing, latest=0.25, limit=1)[0]
    bad += glob.glob(work + "/pagerview-*")
    result(bad, "its target does not answer, SIGINT or SIGTERM: both are gone within 1 s")

    # A target of somebody else's goes on as if nobody had been there.
    if not start_other():
        result(["it does not start"], "a target of another's")
    for way in ("local", "stub"):
        bad = []
        for _ in range(rounds):
            viewer = start(*connected, "--read", way, "--until", "60")
            time.sleep(random.uniform(0, 0.5))
            viewer.terminate()
            end_of(viewer, bad, way)
            if not runs_on():
                bad.append("the target stands still")
                break
        result(bad, f"connected ({way}), SIGTERM at any moment: the target runs on")
    check_lists()

    # All ends, all that a viewer does to a target, in turn.
    cutter = Cutter(work + "/cut.sock", gdb)
    slowest, tally = 0.0, {}
    bad = []
    for turn in range(ends):
        end = random.choice(("SIGTERM", "SIGINT", "cut", "QEMU killed"))
        what = random.choice(list(DOINGS))
        bad_before = len(bad)
        slowest = max(slowest, one_end(end, what, cutter, bad))
        tally[end] = tally.get(end, 0) + 1
        if len(bad) > bad_before:
            print(f"# round {turn}: {what}, {end}: {bad[bad_before:]}")
            if other.poll() is None and not runs_on():
                stop_other()
        if len(bad) > 20:
            break
    counts = ", ".join(f"{n} {end}" for end, n in sorted(tally.items()))
    print(f"# {counts}; the slowest end took {slowest:.2f} s")
    result(bad, f"{ends} ends at any moment: within {LIMIT:g} s, and a target that is there runs on")
    bad = []
    for turn in range(slow_ends):
        if other.poll() is not None and not start_other():
            bad.append("the target does not start")
            break
        bad_before = len(bad)
        what = random.choice(list(DOINGS))
        one_slow_end(random.choice(("SIGTERM", "SIGINT")), what, bad)
        if len(bad) > bad_before:
            print(f"# round {turn}: {bad[bad_before:]}")
            stop_other()
    result(bad, f"{slow_ends} ends while QEMU is slow: the same")
    # Held for longer than we have patience: nobody can let the target go on, but that is said, and how;
    # also when it was held before it was called, and stops for us when we have long been gone.
    for when in ("is", "was already"):
        bad = []
        if other.poll() is not None:
            start_other()
        if when != "is":
            other.send_signal(signal.SIGSTOP)
        viewer = start(*connected, "--read", "stub", "--until", "step:100000")
        time.sleep(0.5)
        other.send_signal(signal.SIGSTOP)
        viewer.terminate()
        said = viewer.communicate(timeout=20)[1]
        other.send_signal(signal.SIGCONT)
        if said.count("\n") != 1 or "may stand still; `pagerview snap --connect unix:" not in said:
            bad.append(f"it said: {said}")
        else:
            words = said.split("`")[1].split()
            subprocess.run([build + "/pagerview", *words[1:]], env=env, timeout=20, check=False)
        if not runs_on():
            bad.append("the target stands still")
            stop_other()
        result(bad, f"an end while QEMU {when} held: one line says what to do, and that does it")
    if other.poll() is None or start_other():
        check_lists()
finally:
    stop_other()
    shutil.rmtree(work)
print(f"1..{number}")
PYTHON
