#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every lesson by keys in a real terminal (tmux) of 80x24: forwards to its end with every prediction
# right, back with `[` to its beginning and forth again, then once more with every prediction wrong.
# What is right is counted in snapshots of the target (lesson_truth.py). LESSONS (a shell pattern,
# all unless it is set) says which. TAP on standard output.
export PYTHONPATH=pagerview/tests PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
exec python3 - "${BUILD:-build}/pagerview" "fixtures/lessons/${LESSONS:-[0-9]*}.scn" <<'PYTHON'
import concurrent.futures, glob, os, shutil, subprocess, sys, tempfile, threading, time

import lesson_truth

viewer, lessons = sys.argv[1], sorted(glob.glob(sys.argv[2]))
LIMIT = 30  # seconds until something must be on the screen
work = tempfile.mkdtemp()
env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TMUX")}
env["XDG_CONFIG_HOME"] = work
lock, number = threading.Lock(), 0


def result(bad, name):
    global number
    with lock:
        number += 1
        print("not ok" if bad else "ok", number, name)
        for line in bad:
            print("#", line)
        sys.stdout.flush()


def tmux(*arguments):
    done = subprocess.run(["tmux", "-S", work + "/tmux", "-f", work + "/conf", *arguments], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout


class Wrong(Exception):
    pass


class Lesson:
    """One lesson in a terminal of its own."""

    def __init__(self, path, name):
        self.name = name
        self.title, self.steps = lesson_truth.read_lesson(path)
        tmux("new-session", "-d", "-s", name, "-x", "80", "-y", "24", viewer, "tui", "--run", path, "--lesson")

    def press(self, *keys):
        tmux("send-keys", "-t", self.name, *keys)

    def expect(self, number, *texts):
        """Wait until the screen is of that step and has all TEXTS, whatever the lines' ends."""
        wanted = [f" step {number} of {len(self.steps)} ", *texts]
        end = time.monotonic() + LIMIT
        while True:
            screen = tmux("capture-pane", "-p", "-t", self.name)
            text = " ".join(screen.split())
            missing = [want for want in wanted if " ".join(want.split()) not in text]
            if not missing:
                return
            if time.monotonic() > end:
                raise Wrong(f"at step {number}, not on the screen: {missing}\n{screen}")
            time.sleep(0.02)

    def end(self):
        tmux("kill-session", "-t", self.name)


def verdict(step, rights, guess):
    """What the viewer must say of GUESS once the step is shown."""
    right = rights[step.number]
    if guess == right:
        return f"Right, {right}: "
    return f"Not quite: you said {guess}, in the target it is {right}: "


def walk(lesson, rights, off):
    """To the end, each prediction OFF by so much."""
    said = {}
    lesson.expect(0, "Space begins", "exact")
    for step in lesson.steps:
        lesson.press("Space")
        texts = [step.narration]
        if step.question:
            lesson.expect(step.number - 1, step.before, step.question, "Your answer:")
            guess = rights[step.number] + off
            lesson.press(*str(guess), "Enter")
            said[step.number] = verdict(step, rights, guess)
            texts.append(said[step.number])
        lesson.expect(step.number, *texts)
    asked = sum(bool(s.question) for s in lesson.steps)
    lesson.expect(len(lesson.steps), f"The end of the lesson. Foreseen: {asked if off == 0 else 0} of {asked}.")
    return said


def walk_back(lesson, said):
    """To the beginning and to the end again: everything as it was, nothing asked once more."""
    for step in reversed(lesson.steps[:-1]):
        lesson.press("[")
        lesson.expect(step.number, step.narration, said.get(step.number, ""), "As it was.")
    lesson.press("[")
    lesson.expect(0, "before anything is opened")
    for step in lesson.steps:
        lesson.press("Space")
        lesson.expect(step.number, step.narration, said.get(step.number, ""))


def check(path):
    name = os.path.basename(path)[:-4]
    try:
        steps = lesson_truth.read_lesson(path)[1]
        rights = lesson_truth.count_answers(viewer, path, steps)
        if not rights or None in rights.values():
            raise Wrong(f"nothing is asked, or has no answer: {rights}")
        lesson = Lesson(path, "r" + name)
        walk_back(lesson, walk(lesson, rights, 0))
        lesson.end()
        result([], f"{name}: {len(steps)} steps forwards and backwards, {len(rights)} predictions right")
        lesson = Lesson(path, "w" + name)
        walk(lesson, rights, 1)
        lesson.end()
        result([], f"{name}: {len(rights)} predictions wrong")
    except (Wrong, subprocess.SubprocessError) as error:
        result(str(error).splitlines(), name)


with open(work + "/conf", "w", encoding="ascii") as conf:
    conf.write("set -g escape-time 0\nset -g status off\n")
try:
    # A server without a session ends, and the next one may come while it does: one always stays.
    tmux("new-session", "-d", "-s", "stays", "exec cat")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(check, lessons))
finally:
    tmux("kill-server")
    shutil.rmtree(work)
PYTHON
