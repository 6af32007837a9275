# SPDX-License-Identifier: BSD-2-Clause
"""The rules that always hold at a safe point, as the viewer checks them (analysis/check.c), in the
same order and words. Each breach is a finding.
"""
from .snapshot import EXECUTE, WRITE, Finding, prot_text

MAX_FINDINGS = 1000  # more are counted in a last one
MAX_SLICES = 256
MOST_PAGES = 1 << 20  # of one object: 4 GiB, all that a 32-bit TA can see
MAY_BE_IN_FLIGHT = ("refcount-surplus", "refcount-deficit", "area-lists", "dead-but-listed",
                    "unreachable", "dangling")
PAGE_SIZE = 4096


def _fobj_label(fobj):
    """Where a kernel gives its fobjs no names: what it is."""
    pages = f"{fobj.pages} page{'' if fobj.pages == 1 else 's'}"
    return fobj.name or (f"{fobj.kind[:20]} of {pages}" if fobj.kind else pages)


def _context_label(context):
    return context.name[:60] if context else "no context"


class _Check:
    def __init__(self, snapshot):
        self.snapshot = snapshot
        self.findings = []
        self.dropped = 0
        torn = snapshot.capture.consistency == "torn"
        self.weight = ("in-flight", "note") if torn else ("definite", "error")

    def report(self, rule, kind, thing, message, confidence=None):
        if len(self.findings) == MAX_FINDINGS:
            self.dropped += 1
            return
        sure, severity = self.weight
        if severity == "error" and confidence:
            sure = confidence
        self.findings.append(Finding(rule, f"{kind} {thing.id:#x}", message, sure, severity))

    # ---- references ----

    @staticmethod
    def sum_holders(holders):
        kinds = [holder.kind for holder in holders]
        sums = [f"{kinds.count(kind)} {kind}{'' if kinds.count(kind) == 1 else 's'}"
                for kind in dict.fromkeys(kinds)]
        return ", ".join(sums) or "none"

    def pointers(self, thing):
        """(what a scan saw pointing at it, in words; how sure a loss is by that)"""
        seen = next((item for item in self.snapshot.pointers if item.id == thing.id), None)
        if not seen:
            return "", None
        unscanned = self.snapshot.unscanned
        if not seen.count and unscanned:
            return (f"; no pointer to it was found, but {(unscanned + 1023) // 1024} KiB"
                    " could not be searched"), "possible"
        if not seen.count:
            return "; no pointer to it is left", None
        places = ", ".join(place[:60] for place in seen.places[:2])
        return (f"; {seen.count} pointer{'' if seen.count == 1 else 's'} to it: {places}"
                f"{' ...' if seen.count > 2 else ''}"), "possible"

    def count(self, kind, thing, name):
        many = thing.surplus > 0
        left, confidence = self.pointers(thing) if many else ("", None)
        number = len(thing.holders)
        self.report("refcount-surplus" if many else "refcount-deficit", kind, thing,
                    f"{name[:60]}: refcount {thing.refcount}, but {number}"
                    f" holder{'' if number == 1 else 's'} ({self.sum_holders(thing.holders)}):"
                    f" {abs(thing.surplus)} too {'many' if many else 'few'}{left}", confidence)

    def counts(self):
        for fobj in self.snapshot.fobjs:
            if fobj.surplus:
                self.count("fobj", fobj, _fobj_label(fobj))
        for file in self.snapshot.files:
            if file.surplus:
                self.count("file", file, file.tag)

    def freed(self, kind, thing):
        holders = thing.holders
        who = f"{holders[0].kind[:20]} {holders[0].name[:60]}" if holders else "something "
        more = f" and {len(holders) - 1} more hold" if len(holders) > 1 else " holds"
        self.report("dangling", kind, thing,
                    f"freed, it is in no list of {kind}s, but {who}{more} it")

    def dead(self):
        for fobj in self.snapshot.fobjs:
            if not fobj.listed:
                self.freed("fobj", fobj)
            if not fobj.bad and fobj.refcount <= 0:
                self.report("dead-but-listed", "fobj", fobj,
                            f"{_fobj_label(fobj)[:60]}: refcount {fobj.refcount}, and still reachable")
        for file in self.snapshot.files:
            if file.freed:
                self.freed("file", file)
            elif file.refcount <= 0:
                self.report("dead-but-listed", "file", file,
                            f"{file.tag[:16]}: refcount {file.refcount}, and still listed")

    def lost(self):
        """What the heap still holds, and no list leads to."""
        for lost in self.snapshot.lost:
            left, confidence = self.pointers(lost)
            self.report("unreachable", "fobj", lost,
                        f"{lost.name[:60]}{': ' if lost.name else ''}{lost.kind[:30]}, {lost.pages}"
                        f" page{'' if lost.pages == 1 else 's'}, refcount {lost.refcount}:"
                        f" in the heap, but in no list{left}", confidence)

    def sizes(self):
        for fobj in self.snapshot.fobjs:
            if not fobj.bad and fobj.pages > MOST_PAGES:
                self.report("fobj-size", "fobj", fobj,
                            f"has {fobj.pages} pages: no pager's store backs so many")

    # ---- areas ----

    def areas(self):
        for area in self.snapshot.areas:
            fobj = area.fobj
            end = area.fobj_page + area.pages
            if not area.in_context:
                self.report("area-lists", "area", area, "its fobj lists it, no context does")
            if not area.in_fobj and fobj:
                self.report("area-lists", "area", area,
                            f"maps fobj {fobj.id:#x}, which does not list it")
            if fobj and not fobj.bad and end > fobj.pages:
                self.report("area-range", "area", area, f"maps pages {area.fobj_page} to {end}"
                                                        f" of a fobj of {fobj.pages}")
            if area.prot & WRITE and area.prot & EXECUTE:
                self.report("write-and-execute", "area", area, "is writable and executable")
        self.overlap()
        self.order()

    def order(self):
        for context in self.snapshot.contexts:
            for low, high in zip(context.areas, context.areas[1:]):
                if context.sorted and high.base < low.base:
                    self.report("area-order", "area", high,
                                f"begins at {high.base:#x}, but follows area {low.id:#x} at"
                                f" {low.base:#x} in the list of {context.name[:60]}")

    def lengths(self):
        """The target's own count of a list's nodes against the nodes."""
        for made in self.snapshot.lists:
            if made.nodes != made.counted:
                self.report("list-length", "list", made,
                            f"{made.name[:60]}: {made.nodes} nodes, but its count says"
                            f" {made.counted}")

    def overlap(self):
        by_base = sorted((area for area in self.snapshot.areas if area.context),
                         key=lambda area: (area.context.number, area.base))
        for low, high in zip(by_base, by_base[1:]):
            if low.context is high.context and high.base - low.base < low.pages * PAGE_SIZE:
                self.report("areas-overlap", "area", high,
                            f"begins at {high.base:#x}, inside area {low.id:#x} of {low.pages}"
                            f" pages from {low.base:#x}")

    # ---- pages ----

    def pages(self):
        for pmem in self.snapshot.pmems:
            fobj = pmem.fobj
            if fobj and pmem.state == "free":
                self.report("free-but-used", "pmem", pmem,
                            f"is free, but holds page {pmem.page} of fobj {fobj.id:#x}")
            if not fobj and pmem.state != "free":
                self.report("used-but-empty", "pmem", pmem, f"is {pmem.state}, but of no fobj")
            if fobj and not fobj.bad and pmem.page >= fobj.pages:
                self.report("page-range", "pmem", pmem,
                            f"holds page {pmem.page} of fobj {fobj.id:#x}, which has {fobj.pages}")
            for owner in pmem.owners:
                self.owner(pmem, owner)
        self.one_pmem()

    def owner(self, pmem, owner):
        area = owner.area
        if not owner.pte_pa:
            return
        if pmem.pa is not None and owner.pte_pa != pmem.pa:
            self.report("mapped-elsewhere", "pmem", pmem,
                        f"area {area.id:#x} maps {owner.pte_pa:#x} at {owner.va:#x},"
                        f" but the page is at {pmem.pa:#x}")
            return
        place = f"at {owner.va:#x} through area {area.id:#x}"
        if pmem.hidden:
            self.report("hidden-but-mapped", "pmem", pmem, f"is hidden, but mapped {place}")
        if pmem.state == "clean" and owner.pte & WRITE:
            self.report("clean-but-writable", "pmem", pmem, f"is clean, but writable {place}")
        if owner.pte & ~area.prot:
            self.report("beyond-protection", "area", area,
                        f"{owner.va:#x} may do more than the area allows")

    def one_pmem(self):
        by_place = sorted((pmem for pmem in self.snapshot.pmems if pmem.fobj),
                          key=lambda pmem: (pmem.fobj.number, pmem.page))
        for one, two in zip(by_place, by_place[1:]):
            if one.fobj is two.fobj and one.page == two.page:
                self.report("one-pmem", "pmem", two,
                            f"holds page {two.page} of fobj {two.fobj.id:#x},"
                            f" and so does pmem {one.id:#x}")

    # ---- tables ----

    def tables(self):
        """What the tables hold, from their side: nobody may see a page but its owners."""
        for table in self.snapshot.tables:
            if table.used != table.entries:
                self.report("table-count", "table", table,
                            f"of {_context_label(table.context)}, from {table.base:#x}: says"
                            f" {table.used} entries are used, but {table.entries} are valid")
        for stray in self.snapshot.strays:
            self.report("stray-mapping", "table", stray,
                        f"{_context_label(stray.context)} maps the page at {stray.pa:#x} at"
                        f" {stray.va:#x} ({prot_text(stray.pte)}),"
                        " but no area of it covers that page there")

    # ---- files ----

    def writable_slices(self):
        """What two TAs share must not be writable by either."""
        for area in self.snapshot.areas:
            holders = area.fobj.holders if area.fobj and area.prot & WRITE else ()
            piece = next((holder for holder in holders if holder.kind == "slice"), None)
            if piece:
                self.report("writable-slice", "area", area,
                            f"may write fobj {area.fobj.id:#x}, which {piece.name} shares")

    def files(self):
        self.writable_slices()
        for file in self.snapshot.files:
            if len(file.slices) > MAX_SLICES:
                self.report("slice", "file", file, f"has {len(file.slices)} slices")
                continue
            for number, piece in enumerate(file.slices):
                self.slice(file, number, piece)

    def slice(self, file, number, piece):
        if not piece.fobj:
            self.report("slice", "file", file, f"slice {number} has no fobj")
            return
        if not piece.fobj.bad and (not piece.pages or piece.page_offset + piece.pages > 0xFFFFFFFF):
            self.report("slice-range", "file", file, f"slice {number} is pages {piece.page_offset}"
                                                     f" to {piece.page_offset + piece.pages} of it")
        for other, low in enumerate(file.slices[:number]):
            if piece.page_offset < low.page_offset + low.pages and \
                    low.page_offset < piece.page_offset + piece.pages:
                self.report("slices-overlap", "file", file,
                            f"slices {other} and {number} overlap at page {piece.page_offset}")


def check(snapshot):
    """Fill in the snapshot's findings; its capture is there already."""
    work = _Check(snapshot)
    work.counts()
    work.dead()
    work.lost()
    work.sizes()
    work.areas()
    work.pages()
    work.lengths()
    work.tables()
    work.files()
    if work.dropped:
        work.findings[-1].message += f"; and {work.dropped} more findings"
    snapshot.findings = work.findings
    if snapshot.capture.generation is None:
        _mark_in_flight(snapshot)


def _mark_in_flight(snapshot):
    """References are changed, and objects made, outside the pager's lock where there is no
    generation to tell: one look cannot know a leak from a reference that is being handed over.
    """
    for finding in snapshot.findings:
        if finding.rule in MAY_BE_IN_FLIGHT:
            finding.severity, finding.confidence = "note", "in-flight"
