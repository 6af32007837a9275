# SPDX-License-Identifier: BSD-2-Clause
"""A snapshot as lines of text. What the viewer prints too (findings, owners) is in its words;
tables leave out the columns that this ELF has no names for, and show what could not be read as "?".
"""
from .snapshot import prot_text

PAGE_SIZE = 4096
UNKNOWN = "?"


def table(columns, rows):
    """Lines of a table, numbers aligned. COLUMNS: (title, is it there, text of a row)."""
    columns = [(title, text) for title, there, text in columns if there]
    cells = [[title for title, _ in columns]]
    cells += [[str(text(row)) for _, text in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    right = [all(line[i].lstrip("-").isdigit() for line in cells[1:]) and len(cells) > 1
             for i in range(len(columns))]
    for line in cells:
        yield "  ".join(cell.rjust(width) if to_right else cell.ljust(width)
                        for cell, width, to_right in zip(line, widths, right)).rstrip()


def _hex(number):
    return UNKNOWN if number is None else f"{number:#x}"


def _id(thing):
    return "-" if thing is None else f"{thing.id:#x}"


def _or_unknown(bad, value):
    return UNKNOWN if bad else value


def _signed(number):
    return f"{number:+d}" if number else "0"


def notes(snapshot, findings=False):
    """What the reader must know of the reading itself; with FINDINGS shown he knows those."""
    capture = snapshot.capture
    if capture.consistency == "torn":
        yield f"note: torn: {capture.why}"
    for sentence in snapshot.cut:
        yield f"note: {sentence}"
    for finding in [] if findings else snapshot.in_flight:
        yield ("note: in flight, or a leak if it is there again after the target ran:"
               f" {finding.object}: {finding.message}")


# ---- areas ----

def _area_rows(areas, layout):
    def end(area):
        return area.base + area.pages * PAGE_SIZE

    return table((
        ("area", True, _id),
        ("base", True, lambda area: _or_unknown(area.bad, _hex(area.base))),
        ("end", True, lambda area: _or_unknown(area.bad, _hex(end(area)))),
        ("pages", True, lambda area: area.pages),
        ("prot", layout.has("area", "prot"), lambda area: prot_text(area.prot)),
        ("type", True, lambda area: area.type),
        ("fobj", True, lambda area: _id(area.fobj)),
        ("from", True, lambda area: area.fobj_page),
        ("name", layout.has("area", "name"), lambda area: area.name),
    ), areas)


def _context_line(context, layout):
    parts = [f"context {context.id:#x}"]
    if context.name:
        parts.append(context.name)
    if layout.has("context", "asid") and context.kind == "user":
        parts.append(f"asid {context.asid}")
    if context.state:
        parts.append(context.state)
    if layout.has("context", "faults"):
        parts.append(f"{context.faults} faults")
    parts.append(f"{len(context.areas)} areas")
    return ", ".join(parts)


def areas(snapshot, layout, wanted=None):
    """Context by context. WANTED: a context's name, its first word, its id, or a fobj's id."""
    found = False
    orphans = [area for area in snapshot.areas if area.context is None]
    for context in snapshot.contexts:
        if wanted in (None, context.name, context.name.split(" ")[0], context.id):
            found = True
            yield _context_line(context, layout)
            yield from (f"  {line}" for line in _area_rows(context.areas, layout))
    if orphans and wanted is None:
        yield "in no context"
        yield from (f"  {line}" for line in _area_rows(orphans, layout))
    for fobj in snapshot.fobjs:
        if fobj.id == wanted:
            found = True
            yield f"fobj {fobj.id:#x} {fobj.name}".rstrip() + f", {len(fobj.areas)} areas"
            yield from (f"  {line}" for line in _area_rows(fobj.areas, layout))
    if wanted is not None and not found:
        yield f"no context or fobj {_hex(wanted) if isinstance(wanted, int) else wanted}"
    elif not snapshot.contexts and not orphans:
        yield "no contexts"


# ---- fobjs ----

def fobjs(snapshot, layout):
    yield from table((
        ("fobj", True, _id),
        ("kind", layout.has("fobj", "kind"), lambda fobj: fobj.kind or UNKNOWN),
        ("pages", True, lambda fobj: _or_unknown(fobj.bad, fobj.pages)),
        ("resident", True, lambda fobj: len(fobj.resident)),
        ("refs", True, lambda fobj: _or_unknown(fobj.bad, fobj.refcount)),
        ("holders", True, lambda fobj: len(fobj.holders)),
        ("surplus", True, lambda fobj: _or_unknown(fobj.bad, _signed(fobj.surplus))),
        ("evictions", layout.has("fobj", "evictions"), lambda fobj: fobj.evictions),
        ("name", layout.has("fobj", "name"), lambda fobj: fobj.name),
    ), snapshot.fobjs)


# ---- pages ----

def pmems(snapshot, layout, state=None):
    chosen = [pmem for pmem in snapshot.pmems
              if state is None or pmem.state == state or (state == "hidden" and pmem.hidden)]
    yield from table((
        ("pmem", True, _id),
        ("pa", layout.has("pmem", "pa") or layout.has("pmem", "alias"), lambda pmem: _hex(pmem.pa)),
        ("state", True, lambda pmem: _or_unknown(pmem.bad, pmem.state)),
        ("hidden", layout.has("pmem", "hidden"), lambda pmem: "hidden" if pmem.hidden else "-"),
        ("fobj", True, lambda pmem: _or_unknown(pmem.bad, _id(pmem.fobj))),
        ("page", True, lambda pmem: pmem.page if pmem.fobj else "-"),
        ("owners", True, lambda pmem: len(pmem.owners)),
        ("mapped", layout.tables is not None,
         lambda pmem: UNKNOWN if any(owner.pte is None for owner in pmem.owners)
         else sum(owner.pte_pa is not None for owner in pmem.owners)),
        ("name", layout.has("fobj", "name"), lambda pmem: pmem.fobj.name if pmem.fobj else ""),
    ), chosen)
    total = len(snapshot.pmems)
    yield f"{len(chosen)} of {total} pages" if state else f"{total} pages"


# ---- files ----

def files(snapshot, layout):
    for file in snapshot.files:
        refs = _or_unknown(file.bad, f"{file.refcount}")
        tag = f" {file.tag[:16]}" if layout.has("file", "tag") else ""
        yield (f"file {file.id:#x}{tag}, refs {refs}, {len(file.holders)} holders,"
               f" surplus {_signed(file.surplus)}")
        yield from _holders(file.holders)
        yield from (f"  {line}" for line in table((
            ("slice", True, _id),
            ("fobj", True, lambda piece: _id(piece.fobj)),
            ("from", True, lambda piece: piece.page_offset),
            ("pages", True, lambda piece: piece.pages),
            ("refs", True, lambda piece: piece.refcount),
            ("name", layout.has("fobj", "name"),
             lambda piece: piece.fobj.name if piece.fobj else ""),
        ), file.slices))
    if not snapshot.files:
        yield "no files"


# ---- owners, in the viewer's words (export/text.c) ----

def _label(kind, it):
    """Not every kernel gives its objects names: "area 0x41c03000 text", or without "text"."""
    return f"no {kind}" if it is None else f"{kind} {it.id:#x}" + (f" {it.name}" if it.name else "")


def _context_label(context):
    return context.name if context else "no context"


def _pmem(pmem):
    pa = "" if pmem.pa is None else f", physical {pmem.pa:#x}"
    of = f": page {pmem.page} of {_label('fobj', pmem.fobj)}" if pmem.fobj else ""
    yield f"pmem {pmem.id:#x}{pa}, {pmem.state}{', hidden' if pmem.hidden else ''}{of}"
    for owner in pmem.owners:
        pte = "not known" if owner.pte is None else prot_text(owner.pte)
        yield (f"  owner {_context_label(owner.context)}: {_label('area', owner.area)},"
               f" at {owner.va:#x} {pte}")


def _holders(holders):
    for holder in holders:
        yield f"  holder {holder.kind} {holder.id:#x} {holder.name}"


def _objects_at(snapshot, addr):
    for fobj in snapshot.fobjs:
        if fobj.id == addr:
            yield (f"{_label('fobj', fobj)}: {fobj.kind}, {fobj.pages} pages,"
                   f" {len(fobj.resident)} resident, refcount {fobj.refcount},"
                   f" surplus {fobj.surplus}")
            yield from _holders(fobj.holders)
    for file in snapshot.files:
        if file.id == addr:
            yield (f"file {file.id:#x} {file.tag[:16]}: {len(file.slices)} slices,"
                   f" refcount {file.refcount}, surplus {file.surplus}")
            yield from _holders(file.holders)


def covers(area, addr):
    return area.base <= addr < area.base + area.pages * PAGE_SIZE


def resident_page(snapshot, area, addr):
    """The page that holds this area's page at ADDR, or None."""
    page = area.fobj_page + (addr - area.base) // PAGE_SIZE
    return next((pmem for pmem in snapshot.pmems
                 if area.fobj and pmem.fobj is area.fobj and pmem.page == page), None)


def _areas_at(snapshot, addr):
    for area in snapshot.areas:
        inside = covers(area, addr)
        if area.id != addr and not inside:
            continue
        yield (f"{_label('area', area)} of {_context_label(area.context)}:"
               f" {area.base:#x}, {area.pages} pages of {_label('fobj', area.fobj)}"
               f" from page {area.fobj_page}")
        if inside:
            pmem = resident_page(snapshot, area, addr)
            yield from _pmem(pmem) if pmem else ("  its page is not resident",)


def holds(pmem, addr):
    """Is ADDR in the physical page?"""
    return pmem.pa is not None and pmem.pa <= addr < pmem.pa + PAGE_SIZE


def owners(snapshot, addr):
    """Everything that ADDR can mean: an object, a physical address, a virtual one of a context."""
    yield from _objects_at(snapshot, addr)
    for pmem in snapshot.pmems:
        if pmem.id == addr or holds(pmem, addr):
            yield from _pmem(pmem)
    yield from _areas_at(snapshot, addr)


def findings(snapshot):
    for finding in snapshot.findings:
        yield (f"{finding.severity} {finding.rule} {finding.object}: {finding.message}"
               f" ({finding.confidence})")
