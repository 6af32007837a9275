# SPDX-License-Identifier: BSD-2-Clause
"""A value of a target's object: follows a layout's offsets and pointers through memory and turns
the bits into a number or a word. Targets are little-endian. Every function may raise Unreadable.
"""
import uuid

from . import layout
from .errors import Unreadable

_MASK = (1 << 64) - 1


class Values:
    def __init__(self, pointer_size, memory):
        self.memory = memory
        self._pointer_size = pointer_size
        self._wrap = (1 << pointer_size * 8) - 1

    def raw(self, addr, size):
        return int.from_bytes(self.memory.virtual(addr & self._wrap, size), "little")

    def pointer(self, addr):
        return self.raw(addr, self._pointer_size)

    def place(self, field, base):
        """Address of the field of the object at BASE; a NULL pointer on the way is unreadable."""
        at = base + field.offsets[0]
        for offset in field.offsets[1:]:
            pointer = self.pointer(at)
            if pointer == 0:
                raise Unreadable(0)
            at = pointer + offset
        return at & self._wrap

    def number(self, field, base):
        """Sign-extended, masked and divided as the layout says, as a value of 64 bits."""
        if field.size > 8:
            raise Unreadable(base)
        bits = field.bit_size or field.size * 8
        value = self.raw(self.place(field, base), field.size) >> field.bit_offset & (1 << bits) - 1
        if field.signed and value >> (bits - 1):
            value |= _MASK << bits & _MASK
        if field.form == layout.MASK:
            return int(value & field.mask != 0)
        return value // field.divide

    def text(self, field, base):
        """A word, letters, characters, hex digits; "" for an unknown word."""
        if field.form in (layout.TEXT, layout.HEX, layout.UUID):
            return self._bytes_text(field, base)
        value = self.number(field, base)
        if field.form == layout.WORDS:
            return next((text for word, text in field.words if word & _MASK == value), "")
        if field.form == layout.BITS:
            return "".join(text for word, text in field.words if word and value & word == word)
        return str(value)

    def _bytes_text(self, field, base):
        size = field.size
        if field.length:  # one that cannot be is cut, not believed
            size = min(size, self.number(field.length, base))
        found = self.memory.virtual(self.place(field, base), size) if size else b""
        if field.form == layout.TEXT:
            found = found.split(b"\0")[0]
            return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in found)
        if field.form == layout.UUID and size >= 16:
            return str(uuid.UUID(bytes_le=found[:16]))
        return found.hex()
