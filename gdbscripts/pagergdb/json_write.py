# SPDX-License-Identifier: BSD-2-Clause
"""A snapshot as JSON, in the form of the viewer's own writer: one object a line, ids as hex
strings, what points at nothing as null. So two files of one moment differ in their capture alone.
"""
import json

from .snapshot import prot_text

SCHEMA = "1.0"
SCHEMA_SCAN = "1.3"  # of a snapshot with what a scan for pointers saw
SCHEMA_LEVELS = "1.4"  # of one that tells levels from other counters


def _hex(number):
    return None if number is None else f"{number:#x}"


def _id(thing):
    return None if thing is None else f"{thing.id:#x}"


def _value(value):
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return _object(value)
    return json.dumps(value, ensure_ascii=False)


def _object(pairs):
    return "{ " + ", ".join(f"{json.dumps(key)}: {_value(value)}"
                            for key, value in pairs.items()) + " }"


def _capture(capture):
    pairs = {"elf": capture.elf, "build_id": capture.build_id, "profile": capture.profile,
            "slide": _hex(capture.slide), "source": capture.source,
            "consistency": capture.consistency, "why": capture.why,
            "stop_pc": _hex(capture.stop_pc or None), "pause_us": 0, "packets": capture.packets,
            "bytes": capture.bytes, "time": round(capture.time, 6),
            "generation": capture.generation}
    if capture.scanned:
        pairs["scanned"] = capture.scanned
    if capture.unscanned:
        pairs["unscanned"] = capture.unscanned
    return pairs


def _context(context):
    pairs = {"id": _id(context), "name": context.name, "kind": context.kind, "asid": context.asid,
             "state": context.state, "faults": context.faults}
    if context.sorted:
        pairs["sorted"] = True
    pairs["areas"] = [_id(area) for area in context.areas]
    return pairs


def _area(area):
    pairs = {"id": _id(area), "name": area.name, "context": _id(area.context),
             "base": _hex(area.base), "pages": area.pages, "fobj": _id(area.fobj),
             "fobj_page": area.fobj_page, "type": area.type, "prot": prot_text(area.prot)}
    if not area.in_context:
        pairs["not_in_context"] = True
    if not area.in_fobj:
        pairs["not_in_fobj"] = True
    return pairs


def _holder(holder):
    return {"kind": holder.kind, "id": _id(holder), "name": holder.name}


def _fobj(fobj):
    pairs = {"id": _id(fobj), "name": fobj.name, "kind": fobj.kind, "pages": fobj.pages,
             "refcount": fobj.refcount, "resident": fobj.resident,
             "holders": [_holder(holder) for holder in fobj.holders], "surplus": fobj.surplus,
             "evictions": fobj.evictions}
    if not fobj.listed:
        pairs["unlisted"] = True
    if fobj.bad:
        pairs["unreadable"] = True
    return pairs


def _owner(owner):
    pairs = {"area": _id(owner.area), "context": _id(owner.context), "va": _hex(owner.va),
             "pte": None if owner.pte is None else prot_text(owner.pte)}
    if owner.pte_pa:
        pairs["pte_pa"] = _hex(owner.pte_pa)
    return pairs


def _pmem(pmem):
    return {"id": _id(pmem), "pa": _hex(pmem.pa), "fobj": _id(pmem.fobj), "page": pmem.page,
            "state": pmem.state, "hidden": pmem.hidden,
            "owners": [_owner(owner) for owner in pmem.owners]}


def _file(file):
    pairs = {"id": _id(file), "tag": file.tag, "refcount": file.refcount,
            "holders": [_holder(holder) for holder in file.holders], "surplus": file.surplus,
            "slices": [{"id": _id(piece), "fobj": _id(piece.fobj),
                        "page_offset": piece.page_offset, "pages": piece.pages,
                        "refcount": piece.refcount} for piece in file.slices]}
    if file.freed:
        pairs["unlisted"] = True
    return pairs


def _counted(counted):
    return {"id": _id(counted), "name": counted.name, "nodes": counted.nodes,
            "counted": counted.counted}


def _table(table):
    return {"id": _id(table), "context": _id(table.context), "base": _hex(table.base),
            "used": table.used, "entries": table.entries}


def _stray(stray):
    return {"id": _id(stray), "context": _id(stray.context), "va": _hex(stray.va),
            "pa": _hex(stray.pa), "pte": prot_text(stray.pte)}


def _pointers(pointers):
    return {"id": _id(pointers), "count": pointers.count, "places": pointers.places}


def _lost(lost):
    return {"id": _id(lost), "name": lost.name, "kind": lost.kind, "pages": lost.pages,
            "refcount": lost.refcount}


def _finding(finding):
    return {"rule": finding.rule, "severity": finding.severity, "object": finding.object,
            "message": finding.message, "confidence": finding.confidence}


def _list(name, items):
    lines = ",".join(f"\n    {_value(item)}" for item in items)
    return f',\n  "{name}": [{lines}' + ("\n  ]" if items else "]")


def write(snapshot, out):
    schema = SCHEMA_SCAN if snapshot.scanned or snapshot.tables or snapshot.lists else SCHEMA
    if snapshot.levels or snapshot.unscanned:
        schema = SCHEMA_LEVELS
    out.write(f'{{\n  "schema": "{schema}",\n  "capture": {_object(_capture(snapshot.capture))}')
    for name, form in (("contexts", _context), ("areas", _area), ("fobjs", _fobj),
                       ("pmems", _pmem), ("files", _file)):
        out.write(_list(name, [form(item) for item in getattr(snapshot, name)]))
    out.write(f',\n  "counters": {_object(snapshot.counters)}')
    if snapshot.levels:
        out.write(f',\n  "levels": {json.dumps(snapshot.levels)}')
    if snapshot.lists:
        out.write(_list("lists", [_counted(item) for item in snapshot.lists]))
    if snapshot.tables:
        out.write(_list("tables", [_table(item) for item in snapshot.tables]))
        out.write(_list("strays", [_stray(item) for item in snapshot.strays]))
    if snapshot.scanned:
        out.write(_list("pointers", [_pointers(item) for item in snapshot.pointers]))
        out.write(_list("lost", [_lost(item) for item in snapshot.lost]))
    out.write(_list("findings", [_finding(finding) for finding in snapshot.findings]))
    if snapshot.cut:
        out.write(_list("cut", snapshot.cut))
    out.write("\n}\n")
