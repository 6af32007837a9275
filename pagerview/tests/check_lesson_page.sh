#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The page of hand-outs of all lessons, from live runs: every figure tells the numbers of a snapshot
# of the same step, neither more nor fewer; and in a headless Chromium it opens without a complaint,
# fits windows of 1280 and 400 pixels and sheets of paper, and in no figure, nor in those of
# scenarios and of OP-TEE, does a thing lie over another or get cut. TAP on standard output.
export PYTHONPATH=pagerview/tests PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
exec python3 - "${BUILD:-build}/pagerview" <<'PYTHON'
import concurrent.futures, glob, os, re, subprocess, sys, tempfile
import xml.etree.ElementTree as tree

import lesson_truth
from browser import Browser

viewer = sys.argv[1]
lessons = sorted(glob.glob("fixtures/lessons/[0-9]*.scn"))
scenarios = ["share", "evict", "shm", "library", "unpaged", "whole"]
recorded = sorted(glob.glob("fixtures/snapshots/*.json"))
number = 0
SMALLEST = 12  # pixels: letters on the screen
SMALLEST_PRINTED = 6  # points: letters on paper
A4_POINTS = 595


def result(bad, name):
    global number
    number += 1
    print("not ok" if bad else "ok", number, name)
    for line in bad[:20]:
        print("#", line)
    sys.stdout.flush()


# ---- what a figure says, and what it has to say

def words(text):
    return " ".join(text.split())


def read_figure(svg):
    """{(class, address or title): (title, [rows])} of its boxes, and how many links there are of each kind."""
    boxes, links = {}, {}
    for path in svg.iter("path"):
        if "link" in path.get("class", ""):
            kind = path.get("class").split()[1]
            links[kind] = links.get(kind, 0) + 1
    for group in svg.iter("g"):
        if group.find("rect") is None or group.get("data-id") is None:
            continue
        title = words(group.find("text").text)
        key = (group.get("class"), title if group.get("class") == "free" else group.get("data-id"))
        boxes[key] = (title, [words(row.find("text").text) for row in group.findall("g")])
    return boxes, links


def count(number, what):
    return f"{number} {what}" + ("" if number == 1 else "s")


def tell_ranges(addresses):
    rows, addresses = [], sorted(addresses)
    for address in addresses:
        if rows and address - rows[-1][-1] == 4096:
            rows[-1].append(address)
        else:
            rows.append([address])
    return [f"{row[0]:#x}" if len(row) == 1 else f"{row[0]:#x} to {row[-1]:#x}: {len(row)}" for row in rows]


def tell_snapshot(snapshot):
    """The same from the JSON of a snapshot."""
    areas = {a["id"]: a for a in snapshot["areas"]}
    contexts = {c["id"]: c for c in snapshot["contexts"]}
    boxes, links = {}, {"area": 0, "slice": 0, "holder": 0, "source": 0, "page": 0}
    for context in snapshot["contexts"]:
        rows = [f"{a['name']} 0x{int(a['base'], 16):09x} {count(a['pages'], 'page')} {a['prot']}"
                for a in map(areas.get, context["areas"])]
        boxes["context", context["id"]] = (f"{context['name']} {context['state']}", rows)
        links["area"] += len(rows)
    for file in snapshot["files"]:
        rows = [f"slice at page {s['page_offset']}, {count(s['pages'], 'page')}" for s in file["slices"]]
        boxes["file", file["id"]] = (f"tag {file['tag'][:8]} refs {file['refcount']}", rows)
        links["slice"] += len(rows)
    for fobj in snapshot["fobjs"]:
        title = f"{fobj['name']} {fobj['kind']} {count(fobj['pages'], 'page')} refs {fobj['refcount']}"
        boxes["fobj", fobj["id"]] = (title, [f"page {p}" for p in fobj["resident"]])
        links["page"] += len(fobj["resident"])
        for holder in fobj["holders"]:
            if holder["kind"] == "fobj":
                links["source"] += 1
            elif holder["kind"] not in ("area", "slice"):
                boxes["holder", holder["id"]] = (holder["name"], [])
                links["holder"] += 1
    free = [int(p["pa"], 16) for p in snapshot["pmems"] if p["state"] == "free"]
    for pmem in snapshot["pmems"]:
        if pmem["state"] != "free":
            rows = [f"{contexts[o['context']]['name']} {areas[o['area']]['name']} {o['pte']}" for o in pmem["owners"]]
            title = f"{pmem['pa']} {pmem['state']}" + (" hidden" if pmem["hidden"] else "")
            boxes["pmem", pmem["id"]] = (title, rows)
    if free:
        title = count(len(free), "free page")
        boxes["free", title] = (title, tell_ranges(free))
    return boxes, {kind: number for kind, number in links.items() if number}


def without_pages(said):
    """What does not depend on how several CPUs happened to run."""
    boxes, links = said
    return ({key: (title, [] if key[0] == "fobj" else rows) for key, (title, rows) in boxes.items()
             if key[0] not in ("pmem", "free")}, {k: n for k, n in links.items() if k != "page"})


def compare_step(path, number, svg):
    told, truth = read_figure(svg), tell_snapshot(lesson_truth.take_snapshot(viewer, path, number))
    if re.search(r"^cpus [2-9]", open(path, encoding="utf-8").read(), re.M):
        told, truth = without_pages(told), without_pages(truth)
    bad = [f"{os.path.basename(path)} step {number}: {key}: {told[0].get(key)}, the target: {truth[0].get(key)}"
           for key in told[0].keys() | truth[0].keys() if told[0].get(key) != truth[0].get(key)]
    if told[1] != truth[1]:
        bad.append(f"{os.path.basename(path)} step {number}: links {told[1]}, the target: {truth[1]}")
    return bad if truth[0] else bad + ["the snapshot is empty"]


def check_numbers(page):
    jobs = []
    for path, article in zip(lessons, re.findall(r"<article .*?</article>", page, re.S)):
        drawn = [tree.fromstring(svg) for svg in re.findall(r"<svg(?! class=.sheet).*?</svg>", article, re.S)]
        steps = lesson_truth.read_lesson(path)[1]
        if len(drawn) != len(steps):
            jobs.append((path, f"{len(drawn)} figures for {len(steps)}", None))
        jobs += [(path, step.number, svg) for step, svg in zip(steps, drawn)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for bad in pool.map(lambda job: compare_step(*job) if job[2] is not None else [str(job)], jobs):
            yield from bad
    if len(jobs) < 40:
        yield f"only {len(jobs)} figures"


# ---- in the browser

# Boxes apart, letters within their box and all within the figure; links meet no box but at their ends.
LOOK = """(() => {
  const bad = [], eps = 0.5;
  const inside = (a, b) => a.x >= b.x - eps && a.y >= b.y - eps && a.x + a.width <= b.x + b.width + eps
    && a.y + a.height <= b.y + b.height + eps;
  const apart = (a, b) => a.x + a.width <= b.x + eps || b.x + b.width <= a.x + eps
    || a.y + a.height <= b.y + eps || b.y + b.height <= a.y + eps;
  let boxes = 0, texts = 0;
  document.querySelectorAll("svg:not(.sheet)").forEach((svg, n) => {
    const view = svg.viewBox.baseVal, rects = [];
    svg.querySelectorAll("g > rect").forEach(rect => {
      const group = rect.parentNode, box = rect.getBBox();
      if (!group.dataset.id) return;
      const name = n + ": " + group.querySelector("text").textContent;
      if (!inside(box, view)) bad.push(name + " is cut");
      group.querySelectorAll("text").forEach(text => {
        texts++;
        if (!inside(text.getBBox(), box)) bad.push(name + ": outside its box: " + text.textContent);
      });
      for (const other of rects)
        if (!apart(box, other)) bad.push(name + " lies over another");
      rects.push(box);
      boxes++;
    });
    svg.querySelectorAll("path.link").forEach(path => {
      if (!inside(path.getBBox(), view)) bad.push(n + ": a link is cut");
      const length = path.getTotalLength();
      for (let i = 1; i < 20; i++) {
        const p = path.getPointAtLength(length * i / 20);
        for (const r of rects)
          if (p.x > r.x + 1 && p.x < r.x + r.width - 1 && p.y > r.y + 1 && p.y < r.y + r.height - 1) {
            bad.push(n + ": a link runs through a box"); return;
          }
      }
    });
  });
  return {bad, boxes, texts};
})()"""

# The smallest letters, as they are on the screen.
SMALL = """Math.min(...Array.from(document.querySelectorAll("h1,h2,h3,p,summary,svg:not(.sheet) text"), e => {
  const scale = e.ownerSVGElement ? e.ownerSVGElement.getBoundingClientRect().width / e.ownerSVGElement.viewBox.baseVal.width : 1;
  return parseFloat(getComputedStyle(e).fontSize) * scale; }))"""


def look(browser, least):
    seen = browser.run(LOOK)
    return seen["bad"] + ([f"only {seen['boxes']} boxes"] if seen["boxes"] < least else [])


def check_page(browser, path):
    for width in (1280, 400):
        browser.open(path, width)
        wide, letters = browser.run("document.documentElement.scrollWidth"), browser.run(SMALL)
        result([f"{wide} pixels wide"] * (wide > width) + [f"letters of {letters} pixels"] * (letters < SMALLEST),
               f"{width} pixels wide: nothing sticks out, letters of {letters:.0f} pixels")
    result(look(browser, len(lessons) * 40), "in its figures nothing overlaps, nothing is cut")
    widest = browser.run("Math.max(...Array.from(document.querySelectorAll('svg'), s => s.viewBox.baseVal.width))")
    printed = 13 * (A4_POINTS - 16 / 25.4 * 72) / widest
    sheets = len(re.findall(rb"/Type\s*/Page\b", browser.print()))
    steps = sum(len(lesson_truth.read_lesson(lesson)[1]) for lesson in lessons)
    result([f"{sheets} sheets"] * (not steps <= sheets <= 2 * steps)
           + [f"letters of {printed:.1f} points"] * (printed < SMALLEST_PRINTED),
           f"printed: {sheets} sheets, letters of {printed:.1f} points in the widest figure")
    tall = browser.run("Array.from(document.querySelectorAll('svg')).filter(s => s.viewBox.baseVal.height > "
                       "1.3 * s.viewBox.baseVal.width && !s.classList.contains('tall')).length")
    cut = browser.run("Array.from(document.querySelectorAll('svg.sheet')).filter(s => s.viewBox.baseVal.y % 18 || "
                      "!document.querySelector(s.querySelector('use').getAttribute('href'))).length")
    result([f"{tall} too tall, {cut} cut in a line"] * (tall + cut > 0), "what is too tall is cut between lines")


with tempfile.TemporaryDirectory() as work:
    path = work + "/all.html"
    done = subprocess.run(["fixtures/lessons/make-page", viewer, path], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    result([done.stdout] * (done.returncode != 0), "all lessons as one page")
    page = open(path, encoding="utf-8").read()
    script = "".join(open(lesson, encoding="utf-8").read() for lesson in lessons)
    result([] if page.count("<section>") == len(re.findall(r"^step", script, re.M)) > 0 else ["too few or too many"],
           "every step is in it")
    result([] if page.count("<details>") == len(re.findall(r"^# *ask:", script, re.M)) > 0
           and "There is no answer" not in page else ["not so"], "every question has its answer")
    result(re.findall(r'<script|<link|src=|href="[^#]|@import|url\([^#]', page, re.I),
           "no script, nothing from elsewhere")
    result(list(check_numbers(page)), "every figure has the numbers of the snapshot of its step")
    with Browser() as browser:
        check_page(browser, path)
        result(browser.troubles, "the browser has no complaint about the page")
        drawn = [(name, ["--run", f"fixtures/scenarios/{name}.scn", "--until", "step:2"]) for name in scenarios]
        drawn += [(os.path.basename(name), ["-f", name]) for name in recorded]
        for name, source in drawn:
            svg = f"{work}/{name}.svg"
            subprocess.run([viewer, "graph", "--format", "svg", "-o", svg, *source], stdin=subprocess.DEVNULL, check=True)
            browser.open(svg, 1280)
            result(look(browser, 10) + browser.troubles, f"graph of {name}: nothing overlaps, nothing is cut")
            browser.troubles.clear()
PYTHON
