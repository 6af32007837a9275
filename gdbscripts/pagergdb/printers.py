# SPDX-License-Identifier: BSD-2-Clause
"""Pretty-printers: one line of meaning before the members of the pager's objects, and list heads as
their nodes. `print /r` shows the bare struct. They serve the types of the layout in use, so another
program's `struct file` stays as it is.
"""
import gdb
import gdb.printing

from . import layout as layouts
from . import session, symbols
from .errors import PagerError, Unreadable
from .memory import Memory
from .values import Values

MAX_NODES = 200  # of a list head that is printed
_SHOWN = {  # by class: roles in the order of the line
    "context": ("name", "program", "state", "asid"),
    "area": ("name", "base", "pages", "prot", "fobj", "fobj_page"),
    "fobj": ("name", "kind", "pages", "refcount"),
    "pmem": ("pa", "state", "fobj", "page"),
    "file": ("tag", "refcount"),
    "slice": ("fobj", "page_offset"),
}
_OTHERS = ("kind", "name", "fobj", "file")
_HEX = ("base", "pa", "fobj", "file")


class ObjectPrinter:
    """`pmem 0x41c00000 clean, fobj 0x..., page 3 = {...}`"""

    def __init__(self, value, described, layout):
        self._value, self._described, self._layout = value, described, layout

    def to_string(self):
        addr = int(self._value.address) & (1 << 64) - 1
        with Memory() as memory:
            parts = list(self._parts(Values(self._layout.pointer_size, memory), addr))
        return f"{self._described.name} {', '.join(parts)}"

    def _parts(self, values, addr):
        for role in _SHOWN.get(self._described.name, _OTHERS):
            field = self._described.fields.get(role)
            try:
                text = field and values.text(field, addr)
            except Unreadable:
                text = "?"
            if text and role in _HEX and text != "?":
                text = f"{int(text):#x}"
            if text:
                yield f"{role} {text}"

    def children(self):
        for field in self._value.type.strip_typedefs().fields():
            if field.name:
                yield field.name, self._value[field]


class ListPrinter:
    """`12 of pmem = {0x..., ...}`"""

    def __init__(self, value, made, layout):
        self._made = made
        self._type = layout.objects[made.of].type.pointer()
        with Memory() as memory:
            values = Values(layout.pointer_size, memory)
            self._nodes, self._cut = self._walk(values, int(value.address) & (1 << 64) - 1)

    def _walk(self, values, addr):
        nodes = {}
        try:
            node = values.pointer(addr)
            while node and node not in nodes and len(nodes) < MAX_NODES:
                nodes[node] = True
                node = values.pointer(node + self._made.next)
        except Unreadable as error:
            return list(nodes), f", then {error}"
        if node:
            return list(nodes), ", a cycle" if node in nodes else " or more"
        return list(nodes), ""

    def to_string(self):
        return f"{len(self._nodes)}{self._cut} of {self._made.of}"

    def children(self):
        for i, node in enumerate(self._nodes):
            yield str(i), gdb.Value(node).cast(self._type)

    @staticmethod
    def display_hint():
        return "array"


def _described(layout, tag):
    return next((item for item in layout.objects.values() if item.type.tag == tag), None)


def _head(layout, tag):
    """The list whose head is of that type; one whose links differ from list to list is none."""
    found = [made for made in layout.lists if made.kind == layouts.CHAIN and not made.via
             and made.head_type is not None and symbols.is_aggregate(made.head_type)
             and made.head_type.tag == tag]
    return found[0] if len({(made.of, made.next) for made in found}) == 1 else None


class Printers(gdb.printing.PrettyPrinter):
    def __init__(self):
        super().__init__("pager")

    def __call__(self, value):
        of = value.type.strip_typedefs()
        if not symbols.is_aggregate(of) or not of.tag or value.address is None:
            return None
        try:
            layout = session.find_layout()
            described = _described(layout, of.tag)
            if described:
                return ObjectPrinter(value, described, layout)
            made = _head(layout, of.tag)
            return ListPrinter(value, made, layout) if made else None
        except (PagerError, gdb.error):
            return None


def register():
    gdb.printing.register_pretty_printer(None, Printers(), replace=True)
