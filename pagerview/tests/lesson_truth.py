#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a lesson asks, and what the target says to it: a second reading of both, for the tests.

The script is read here once more, and every answer is counted in the JSON of `snap`, by nothing of
the viewer's own code for lessons. As a program:

    lesson_truth.py VIEWER LESSON    print the right answers, one line a question
"""
import json
import re
import subprocess
import sys
import tempfile


TORN = 5  # exit status of a snapshot that was taken while other CPUs were at work


class Step:
    """One `step`: its number, what is said on the way to it, what is asked before it is run."""

    def __init__(self, number, said, before, question, answer):
        self.number, self.narration, self.before = number, " ".join(said), before
        self.question, self.answer = question, answer


def read_lesson(path):
    """The title and the steps of the script at PATH."""
    title, steps, said, before, question, answer = "", [], [], "", "", []
    with open(path, encoding="utf-8") as file:
        for line in file:
            word, _, rest = line.strip().partition(" ")
            directive = re.match(r"#\s*(ask|answer):\s*(.*\S)", line)
            if word == "title":
                title = rest
            elif word == "say":
                said.append(rest)
            elif word == "step":
                steps.append(Step(len(steps) + 1, said, before, question, answer))
                said, before, question, answer = [], "", "", []
            elif directive and directive.group(1) == "ask":
                before, question = " ".join(said), directive.group(2)
            elif directive:
                answer = directive.group(2).split()
    return title, steps


def take_snapshot(viewer, path, step):
    """The target at that step of the script; None for step 0. SubprocessError: it did not come there."""
    if step == 0:
        return None
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([viewer, "snap", "--run", path, "--until", f"step:{step}", "-o", out.name],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, TORN):
            raise subprocess.SubprocessError(f"{path} at step {step}: {done.stderr}")
        return json.load(out)


def areas_of(snapshot, instance):
    """The areas of the context of that instance."""
    owners = {c["id"] for c in snapshot["contexts"] if c["name"].split(" ")[0] == instance}
    return [a for a in snapshot["areas"] if a["context"] in owners]


def find_object(snapshot, name):
    """The fobj or file that scripts call NAME, or None."""
    fobjs = {f["id"]: f for f in snapshot["fobjs"]}
    instance, _, section = name.partition(".")
    if not section:
        named = [f for f in fobjs.values() if f["name"] == name]
        return named[0] if named else next((fobjs[a["fobj"]] for a in snapshot["areas"] if a["name"] == name), None)
    wanted = re.sub(r"(^|\.)file$", r"\1text", section)
    fobj = next((a["fobj"] for a in areas_of(snapshot, instance) if a["name"] == wanted), None)
    if wanted == section:
        return fobjs.get(fobj)
    return next((f for f in snapshot["files"] if any(s["fobj"] == fobj for s in f["slices"])), None)


def pages_that_left(name, now, before):
    """The pages of that object that went from memory, oldest first."""
    was = find_object(before, name)
    still = {p["page"] for p in now["pmems"] if p["fobj"] == was["id"]}
    return [p["page"] for p in before["pmems"] if p["fobj"] == was["id"] and p["page"] not in still]


def count_answer(step, now, take_before):
    """The right answer to the question of STEP, or None when the target has none."""
    measure, name, *page = step.answer
    if measure == "leaves":
        return next(iter(pages_that_left(name, now, take_before())), None)
    thing = find_object(now, name)
    if not thing:
        was = find_object(take_before() or now, name)
        if not was:
            return None
        thing = next((o for o in now["fobjs"] + now["files"]
                      if o["id"] == was["id"] and o.get("name", o.get("tag")) == was.get("name", was.get("tag"))), None)
        if not thing:
            return 0
    if measure == "refs":
        return thing["refcount"]
    if measure == "resident":
        return len(thing["resident"])
    return sum(1 for a in now["areas"] if a["fobj"] == thing["id"]
               and a["fobj_page"] <= int(page[0]) < a["fobj_page"] + a["pages"])


def count_answers(viewer, path, steps):
    """{step number: right answer} of all steps with a question."""
    return {s.number: count_answer(s, take_snapshot(viewer, path, s.number),
                                   lambda step=s.number - 1: take_snapshot(viewer, path, step))
            for s in steps if s.question}


if __name__ == "__main__":
    for right in count_answers(sys.argv[1], sys.argv[2], read_lesson(sys.argv[2])[1]).values():
        print(right)
