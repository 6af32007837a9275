# SPDX-License-Identifier: BSD-2-Clause
"""Translation tables from the other side: what every entry of every table maps, whoever made it, as
the viewer looks (collect_leaves.c). Only where a profile lists the tables.
"""
import struct

from . import tables
from .errors import Unreadable
from .snapshot import Stray, Table

ENTRIES = 512
PAGE = 4096
MAX_TABLES = 4096
MAX_STRAYS = 256


def _context_at(snapshot, space, size):
    return next((context for context in snapshot.contexts
                 if space and 0 <= space - context.id < size), None)


def _look_through(table, entries, pages, snapshot):
    for i, entry in enumerate(entries):
        if not entry & 1:
            continue
        table.entries += 1
        pa, va = tables.leaf_address("aarch64-4k", entry), table.base + i * PAGE
        pmem = pages.get(pa)
        if pmem and not any(owner.context is table.context and owner.va == va
                            for owner in pmem.owners):
            yield Stray(table.id, table.context, va, pa, tables.leaf("aarch64-4k", entry, False))


def fill(layout, walk, number, memory, snapshot):
    """Fill in the snapshot's tables and strays. NUMBER(found, role) reads a member of a table."""
    made = layout.objects.get("table")
    if made is None or "pa" not in made.fields or not layout.tables or \
            layout.tables.form != "aarch64-4k":
        return
    size = layout.objects["context"].type.sizeof
    pages = {pmem.pa: pmem for pmem in snapshot.pmems if pmem.pa is not None}
    unread = 0
    for found in walk.objects["table"][:MAX_TABLES]:
        try:
            entries = struct.unpack(f"<{ENTRIES}Q",
                                    memory.physical(number(found, "pa") or 0, ENTRIES * 8))
        except Unreadable:
            unread += 1
            continue
        table = Table(found.addr, _context_at(snapshot, number(found, "space"), size),
                      number(found, "base") or 0, (number(found, "used") or 0) & 0xFFFFFFFF)
        snapshot.tables.append(table)
        snapshot.strays += _look_through(table, entries, pages, snapshot)
    del snapshot.strays[MAX_STRAYS:]
    snapshot.tables.sort(key=lambda table: table.id)
    snapshot.strays.sort(key=lambda stray: (stray.id, stray.va))
    if unread:
        walk.tell(f"{unread} of {len(walk.objects['table'])} translation tables cannot be read")
