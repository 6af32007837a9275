# SPDX-License-Identifier: BSD-2-Clause
"""The walk: all objects of the pager and who lists whom, found from the lists of a layout.

Every pointer may be garbage and every list endless: nodes are counted, cycles are seen, and what
could not be followed is told in a sentence. All lists known so far are walked to their ends, then
the objects found give new ones, and so on: the viewer's order.
"""
from collections import namedtuple

from . import layout
from .errors import Unreadable

MAX_NODES = 100000  # of one list
MAX_TOTAL = 1000000  # nodes and objects of one walk
MAX_CUT = 64  # sentences kept
_POINTERS = (("fobj", "fobj"), ("source", "fobj"), ("file", "file"))

# OBJECT (of class list.of) is listed by OWNER (an object of class list.owner, or None).
Listed = namedtuple("Listed", "list owner object")


class Found:
    """One object of the target, found once however often it is listed."""

    __slots__ = ("addr", "variant", "list", "number", "is_global", "expanded")

    def __init__(self, addr, by, number):
        self.addr = addr
        self.list = by  # the first list it was found in; None: by a pointer
        self.is_global = by is not None and by.owner is None  # a list that no object owns has it
        self.variant = None
        self.expanded = False
        self.number = number  # of its class, in the order of discovery


class Walk:
    def __init__(self, of, values):
        self.layout, self.values = of, values
        self.objects = {name: [] for name in of.objects}
        self.listed = []
        self.cut = []
        self.links = set()  # addresses of pointers that a scan need not wonder at
        self._globals = {made.of for made in of.lists
                         if made.owner is None and made.of in ("fobj", "file")}
        self._index = {}
        self._cursors = [(made, None) for made in of.lists if made.owner is None]
        self._total = 0
        self._run()
        order = {id(made): i for i, made in enumerate(of.lists)}
        self.listed.sort(key=lambda entry: (order[id(entry.list)],
                                            entry.owner.number if entry.owner else 0))

    # ---- what others ask ----

    def tell(self, sentence):
        """Something is missing from the snapshot; the first few such sentences are kept."""
        if len(self.cut) < MAX_CUT:
            if len(self.cut) == MAX_CUT - 1:
                sentence = f"and more: only the first {MAX_CUT - 1} are told"
            self.cut.append(sentence)

    def find(self, name, addr):
        return self._index.get((name, addr))

    def field(self, name, found, role):
        """The Field that says ROLE of this object, or None."""
        if found.variant and role in found.variant.fields:
            return found.variant.fields[role]
        return self.layout.objects[name].fields.get(role)

    def set(self, found, role):
        """What the object's variant or list set for ROLE, or None."""
        for holder in (found.variant, found.list):
            if holder and role in holder.sets:
                return holder.sets[role]
        return None

    def is_freed(self, name, found):
        """There is a list of all such objects, and it is not in it. Known when the walk is over."""
        return name in self._globals and not found.is_global

    def _link(self, addr, double=False):
        self.links.add(addr)
        if double:
            self.links.add(addr + self.layout.pointer_size)

    # ---- the walk ----

    def _run(self):
        expanded = dict.fromkeys(self.objects, 0)  # so many from the first on are
        more = True
        while more:
            cursors, self._cursors = self._cursors, []
            for made, owner in cursors:
                self._list(made, owner)
            more = False
            for name, objects in self.objects.items():
                waiting = [found for found in objects[expanded[name]:] if not found.expanded]
                for found in waiting:
                    if not self.is_freed(name, found):
                        found.expanded = more = True
                        self._expand(name, found)
                while expanded[name] < len(objects) and objects[expanded[name]].expanded:
                    expanded[name] += 1
            more = more or bool(self._cursors)

    def _add(self, name, addr, by):
        found = self._index.get((name, addr))
        if found is None and self._total < MAX_TOTAL:
            found = Found(addr, by, len(self.objects[name]))
            self._index[name, addr] = found
            self.objects[name].append(found)
            self._total += 1
        elif found:
            if not found.list or (by and by.sets and not found.list.sets):
                found.list = by
            found.is_global = found.is_global or (by is not None and by.owner is None)
        return found

    def _expand(self, name, found):
        for variant in self.layout.objects[name].variants:
            try:
                if self.values.text(variant.when, found.addr):
                    found.variant = variant
                    break
            except Unreadable as error:
                if error.addr:
                    self.tell(f"{name} {found.addr:#x}: what it is cannot be read")
                    break
        for made in self.layout.lists:
            if made.owner == name and made.variant in (None, found.variant):
                self._cursors.append((made, found))
        for role, target in _POINTERS:
            field = self.field(name, found, role)
            try:
                pointer = self.values.number(field, found.addr) if field else 0
            except Unreadable:
                continue
            if pointer:
                self._link(self.values.place(field, found.addr))
            if pointer and target in self.layout.objects:
                self._add(target, pointer, None)

    def _list(self, made, owner):
        base = owner.addr if owner else made.symbol
        where = f"{made.label} of {base:#x}" if owner else made.label
        try:
            nodes = self._chain(made, base, where) if made.kind == layout.CHAIN else \
                self._array(made, owner, base)
            for node in nodes:
                self._visit(made, owner, node)
        except _Cut as cut:
            self.tell(f"{where}: {cut}")

    def elements(self, made):
        """Addresses of the elements of a global array that lists no objects."""
        found = []
        try:
            for node in self._array(made, None, made.symbol):
                found.append(node)
        except _Cut as cut:
            self.tell(f"{made.label}: {cut}")
        return found

    def _visit(self, made, owner, node):
        addr = node
        if made.via:
            try:
                addr = self.values.number(made.via, node)
            except Unreadable:
                self.tell(f"{made.label}: node {node:#x} cannot be read")
                return
        found = self._add(made.of, addr, made) if addr else None
        if found:
            self.listed.append(Listed(made, owner, found))

    def _step(self, done, of=""):
        self._total += 1
        if done >= MAX_NODES or self._total >= MAX_TOTAL:
            raise _Cut(f"cut after {done}{of}")

    def _behind(self, link, came_from):
        """What lies behind a link or a head, if it is not where the pointer that led here lies."""
        try:
            back = self.values.pointer(link + self.layout.pointer_size)
        except Unreadable:
            return None
        return back if back != came_from else None

    def _tail(self, made, where, head, came_from, count):
        back = self._behind(head, came_from) if made.has_tail else None
        if back is not None and (count or back):  # a list that is not made yet is all zeros
            self.tell(f"{where}: damaged: it ends at {came_from:#x} after {count} nodes, "
                      f"but its tail is {back:#x}")

    def _chain(self, made, base, where):
        if self._is_nowhere(made.head, base):
            return
        try:
            node = self.values.number(made.head, base)
        except Unreadable:
            raise _Cut("its head cannot be read") from None
        head = self.values.place(made.head, base)
        self._link(head, made.is_double)
        seen, last, came_from, whole = set(), 0, head, True
        while node:
            self._step(len(seen), " nodes")
            try:
                following = self.values.pointer(node + made.next)
            except Unreadable:
                raise _Cut(f"node {node:#x} ({len(seen)}) after {last:#x} cannot be read") from None
            if node in seen:
                raise _Cut(f"a cycle: node {node:#x} comes again after {len(seen)}")
            back = self._behind(node + made.next, came_from) if whole and made.is_double else None
            if back is not None:
                whole = False
                self.tell(f"{where}: damaged: node {node:#x} ({len(seen)}) points back to "
                          f"{back:#x}, not to {came_from:#x}")
            seen.add(node)
            self._link(node + made.next, made.is_double)
            yield node
            last, node, came_from = node, following, node + made.next
        if whole:
            self._tail(made, where, head, came_from, len(seen))

    def _array(self, made, owner, base):
        count, first = self._array_start(made, base if owner else made.count_symbol, base)
        for i in range(count):
            self._step(i, f" of {count}")
            node = first + i * made.stride
            if made.kind == layout.POINTERS:
                self._link(node)
                try:
                    node = self.values.pointer(node)
                except Unreadable:
                    raise _Cut(f"element {i} cannot be read") from None
            if node:
                yield node

    def _array_start(self, made, count_base, base):
        nowhere = self._is_nowhere(made.head, base)
        try:
            count = self.values.number(made.count, count_base) if made.count else made.fixed_count
        except Unreadable:
            if nowhere:
                return 0, 0
            raise _Cut("its length cannot be read") from None
        try:
            if nowhere or not count:
                return 0, 0
            return count, self.values.place(made.head, base)
        except Unreadable:
            raise _Cut("cannot be read") from None

    def _is_nowhere(self, head, base):
        """A list behind a NULL pointer is an empty one: not yet made."""
        at = base + head.offsets[0]
        try:
            for offset in head.offsets[1:]:
                at = self.values.pointer(at)
                if not at:
                    return True
                at += offset
        except Unreadable:
            pass
        return False


class _Cut(Exception):
    """A list cannot be followed to its end; the text says why."""
