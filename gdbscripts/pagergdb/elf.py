# SPDX-License-Identifier: BSD-2-Clause
"""The ELF as a file: where its symbols were linked, and the bytes that must be in memory.

gdb knows where the ELF lies; only the file tells where it was linked to lie, and what is really
there if the target runs this very ELF. A file that is no such ELF answers None to everything.
"""
import struct

_MAX_BYTES = 1 << 28
_PT_LOAD, _PF_X, _PF_W, _SHT_SYMTAB = 1, 1, 2, 2
# Of each class: header (phoff, shoff, phentsize .. shnum), program header, section header, symbol.
_FORMS = {
    2: ("<QQ", 32, ("<IIQQQQQQ", (0, 1, 2, 3, 5)), "<IIQQQQIIQQ", ("<IBBHQQ", 4)),
    1: ("<II", 28, ("<IIIIIIII", (0, 6, 1, 2, 4)), "<IIIIIIIIII", ("<IIIBBH", 1)),
}


class Elf:
    def __init__(self, path):
        self._data = b""
        self._form = None
        try:
            with open(path, "rb") as file:
                self._data = file.read(_MAX_BYTES)
            self._open()
        except (OSError, struct.error, TypeError):
            self._form = None

    def _open(self):
        if self._data[:4] != b"\x7fELF" or self._data[5] != 1:
            return
        offsets, at, self._phdr, self._shdr, self._sym = _FORMS[self._data[4]]
        self._phoff, self._shoff = struct.unpack_from(offsets, self._data, at)
        counts_at = at + struct.calcsize(offsets) + 6
        (self._phsize, self._phnum, self._shsize,
         self._shnum) = struct.unpack_from("<4H", self._data, counts_at)
        self._form = True

    def symbol(self, name):
        """Linked address of a symbol, or None."""
        try:
            return self._symbol(name.encode()) if self._form else None
        except (struct.error, ValueError):
            return None

    def _section(self, index):
        # name, type, flags, addr, offset, size, link ...
        return struct.unpack_from(self._shdr, self._data, self._shoff + index * self._shsize)

    def _symbol(self, name):
        form, value = self._sym
        for index in range(self._shnum):
            section = self._section(index)
            if section[1] != _SHT_SYMTAB:
                continue
            names = self._section(section[6])[4]
            table = self._data[section[4]:section[4] + section[5]]
            table = table[:len(table) // struct.calcsize(form) * struct.calcsize(form)]
            for symbol in struct.iter_unpack(form, table):
                at = names + symbol[0]
                if self._data[at:at + len(name) + 1] == name + b"\0":
                    return symbol[value]
        return None

    def bytes_at(self, addr, size):
        """SIZE bytes of code or constants that are loaded at linked ADDR, or None."""
        form, order = self._phdr if self._form else ("", ())
        try:
            for index in range(self._phnum if self._form else 0):
                header = struct.unpack_from(form, self._data, self._phoff + index * self._phsize)
                kind, flags, offset, vaddr, filesz = (header[i] for i in order)
                # Some kernels have one segment for all: code in it is written by nobody.
                if kind == _PT_LOAD and flags & (_PF_X | _PF_W) != _PF_W and \
                        vaddr <= addr and addr + size <= vaddr + filesz:
                    found = self._data[offset + addr - vaddr:offset + addr - vaddr + size]
                    return found if len(found) == size else None
        except struct.error:
            pass
        return None
