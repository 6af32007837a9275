# SPDX-License-Identifier: BSD-2-Clause
"""Runs within gdb for check_gdb: works off the steps in the JSON file $GDB_STEPS and puts what came
of each to $GDB_RESULTS. It knows nothing of the commands under test; its own walk of the target's
lists goes member by member through gdb.Value, on purpose another way than theirs.
"""
import json
import os
import random

import gdb


def execute(command):
    try:
        return [True, gdb.execute(command, to_string=True)]
    except gdb.error as error:
        return [False, str(error)]


def tailq(head, link):
    node = head["tqh_first"]
    while int(node):
        yield node.dereference()
        node = node[link]["tqe_next"]


def number(value):
    return int(value) & (1 << 64) - 1


def addr(value):
    return f"{number(value.address):#x}"


def pointer(value):
    return f"{number(value):#x}" if int(value) else None


def variable(name):
    return gdb.parse_and_eval(name)


def walk_area(area):
    prot = int(area["prot"])
    return {"id": addr(area), "base": hex(number(area["base"])), "pages": int(area["num_pages"]),
            "fobj": pointer(area["fobj"]), "fobj_page": int(area["fobj_page"]),
            "prot": "".join(letter if prot & bit else "-"
                            for letter, bit in (("r", 1), ("w", 2), ("x", 4)))}


def walk(_):
    """The target's lists, by members: what a snapshot must hold, in its names."""
    contexts = [context for context in tailq(variable("context_list"), "link")]
    areas = [area for context in contexts for area in tailq(context["vm"]["areas"], "head_link")]
    fobjs = [fobj for fobj in tailq(variable("fobj_list"), "link")]
    pmems = [pmem for name in ("hidden", "shown", "locked", "free")
             for pmem in tailq(variable(f"pmem_{name}"), "link")]
    return {
        "contexts": [{"id": addr(context), "asid": int(context["vm"]["mmu"]["asid"]),
                      "areas": [addr(area) for area in tailq(context["vm"]["areas"], "head_link")]}
                     for context in contexts],
        "areas": [walk_area(area) for area in areas],
        "fobjs": sorted(({"id": addr(fobj), "pages": int(fobj["num_pages"]),
                          "refcount": int(fobj["refc"]["val"]),
                          "evictions": int(fobj["evictions"])} for fobj in fobjs),
                        key=lambda fobj: int(fobj["id"], 0)),
        "pmems": [{"id": addr(pmem), "pa": hex(number(pmem["pa"])), "fobj": pointer(pmem["fobj"]),
                   "state": str(pmem["state"]).replace("PMEM_", "").lower(),
                   "hidden": bool(pmem["hidden"])} for pmem in pmems],
        "files": sorted(({"id": addr(file), "refcount": int(file["refc"]["val"]),
                          "slices": [pointer(file["slices"][i]["fobj"])
                                     for i in range(int(file["num_slices"]))]}
                         for file in tailq(variable("file_list"), "link")),
                        key=lambda file: int(file["id"], 0)),
    }


def spoil(argument):
    """Write NUMBER as a word of SIZE bytes at EXPRESSION."""
    expression, value, size = argument
    place = number(variable(expression))
    gdb.selected_inferior().write_memory(place, value.to_bytes(size, "little"))


def storm(argument):
    """For each seed: spoil words of the pager's objects, run the commands, put it right again."""
    commands, seeds, count = argument
    inferior = gdb.selected_inferior()
    places = [int(thing["id"], 0) for of in ("fobjs", "pmems", "areas", "files", "contexts")
              for thing in walk(None)[of]]
    answers = []
    for seed in seeds:
        dice = random.Random(seed)
        saved = []
        for _ in range(count):
            place = dice.choice(places) + 8 * dice.randrange(10)
            saved.append((place, inferior.read_memory(place, 8).tobytes()))
            value = dice.choice((0, 1, dice.choice(places), dice.getrandbits(64), (1 << 64) - 1))
            inferior.write_memory(place, value.to_bytes(8, "little"))
        answers += [[seed] + execute(command) for command in commands]
        for place, value in reversed(saved):
            inferior.write_memory(place, value)
    return answers


STEPS = {"do": execute, "walk": walk, "spoil": spoil, "storm": storm}

with open(os.environ["GDB_STEPS"], encoding="utf-8") as steps:
    results = [STEPS[kind](argument) for kind, argument in json.load(steps)]
with open(os.environ["GDB_RESULTS"], "w", encoding="utf-8") as out:
    json.dump(results, out)
