#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The README's pictures can be made anew, and show what they say: share.svg every object and page of
# its snapshot and no other, screen.svg the rows of the screen as they are today. TAP.
set -u

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

pagerview/docs/remake "$work" >"$work/err" 2>&1 || {
	echo "not ok 1 the pictures can be made anew"
	sed 's/^/# /' "$work/err"
	exit 1
}
echo "ok 1 the pictures can be made anew"
python3 - pagerview/docs "$work" fixtures/snapshots/share.json <<'PYTHON'
import collections, json, re, sys
import xml.etree.ElementTree as tree

kept, made, snapshot = sys.argv[1:]
number = 1
s = json.load(open(snapshot))
SVG = "{http://www.w3.org/2000/svg}"


def result(ok, name, *why):
    global number
    number += 1
    print("ok" if ok else "not ok", number, name)
    for text in why if not ok else ():
        print("#", text)


def objects(path):
    root = tree.parse(path).getroot()
    return collections.Counter((g.get("class"), g.get("data-id")) for g in root.iter(SVG + "g") if g.get("data-id"))


def of_kind(drawn, kind):
    return sorted(i for (k, i), n in drawn.items() for _ in range(n) if k == kind)


for where in (kept, made):
    drawn = objects(f"{where}/share.svg")
    for kind, ids in (("context", [c["id"] for c in s["contexts"]]), ("area", [a["id"] for a in s["areas"]]),
                      ("fobj", [f["id"] for f in s["fobjs"]]), ("file", [f["id"] for f in s["files"]]),
                      ("pmem", [p["id"] for p in s["pmems"] if p["state"] != "free"])):
        result(of_kind(drawn, kind) == sorted(ids), f"share.svg ({'kept' if where == kept else 'made'}): "
               f"each {kind} of the snapshot once, and no other", of_kind(drawn, kind), sorted(ids))


def rows(path):
    """Each row of the screen as words: the texts of one height, from left to right."""
    lines = collections.defaultdict(list)
    for text in tree.parse(path).getroot().iter(SVG + "text"):
        lines[int(text.get("y"))].append((int(text.get("x")), text.text))
    return [" ".join(" ".join(t for _, t in sorted(lines[y])).split()) for y in sorted(lines)]


pages = [[row for row in rows(f"{where}/screen.svg") if re.search(r"\b0x41[0-9a-f]{6} [Dc] ", row)]
         for where in (kept, made)]
result(len(pages[0]) > 10 and any("A greeter r-x, B greeter r-x" in row for row in pages[0]),
       "screen.svg has pages that two TAs share", *pages[0])
result(pages[0] == pages[1], "screen.svg shows the pages that the screen shows today: else pagerview/docs/remake",
       *(f"{a} | {b}" for a, b in zip(*pages) if a != b))
print(f"1..{number}")
PYTHON
