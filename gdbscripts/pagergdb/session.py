# SPDX-License-Identifier: BSD-2-Clause
"""From gdb's present state to a snapshot: the profile that fits the ELF, the proof that memory
holds that ELF, the reading, and what it is worth.
"""
import os
import time

import gdb

from . import check, collect, elf, layout, profile, symbols
from .errors import LayoutError, PagerError, Unreadable
from .memory import Memory
from .snapshot import Capture
from .values import Values

_PROOF_BYTES = 64


class ProfileParameter(gdb.Parameter):
    """The profile of the kernel's pager: a name, a JSON file, or "auto".

A profile says which symbols, lists and members of the ELF play which role. With "auto", the first
of those installed is used whose every required name the ELF has."""

    set_doc = "Set the profile of the kernel's pager."
    show_doc = "Show the profile of the kernel's pager."

    def __init__(self):
        super().__init__("pager-profile", gdb.COMMAND_DATA, gdb.PARAM_OPTIONAL_FILENAME)
        self.value = "auto"

    def get_set_string(self):
        self.value = self.value or "auto"
        return ""

    def get_show_string(self, value):
        return f"The profile of the kernel's pager is {value}."


class _Cache:
    """The layout of the symbols that gdb has now; worked out again when those change."""

    key = found = None


def _symbols_key(wanted):
    files = []
    for objfile in gdb.objfiles():
        try:
            files.append((objfile.filename, os.stat(objfile.filename).st_mtime_ns))
        except (OSError, TypeError):
            files.append((objfile.filename, 0))
    return wanted, tuple(files)


def _find_layout(wanted):
    if wanted != "auto":
        return layout.create(profile.load(profile.find(wanted)))
    paths = profile.installed()
    first = None
    for path in paths:
        try:
            return layout.create(profile.load(path))
        except LayoutError as error:
            first = first or error
    if not paths:
        raise PagerError(f"no profiles in {' or '.join(profile.FOLDERS)}:"
                         " give one with `set pager-profile FILE`")
    if len(paths) == 1:
        raise first
    raise PagerError(f"none of {len(paths)} profiles fits; the first says: {first}")


def find_layout():
    if not gdb.objfiles():
        raise PagerError("no symbols: give the kernel's ELF with `file ELF`")
    key = _symbols_key(gdb.parameter("pager-profile") or "auto")
    found = _Cache.found
    # The ELF may have been moved (symbol-file -o) since.
    if _Cache.key != key or symbols.address(found[1]) != found[2]:
        made = _find_layout(key[0])
        anchor = next((item.split(".")[0] for item in _anchors(made)), None)
        found = made, anchor, symbols.address(anchor) if anchor else None
        _Cache.key, _Cache.found = key, found
    return found[0]


def _anchors(made):
    """Names of symbols that the layout's addresses go back to."""
    if made.safe_point:
        yield made.safe_point
    yield from (item.label for item in made.lists if item.owner is None)


class Session:
    """One command's look at the target; use it in a `with`."""

    def __init__(self):
        self.layout = find_layout()
        if gdb.selected_thread() is None:
            raise PagerError("no target: `target remote ADDRESS` first")
        if gdb.selected_thread().is_running():
            raise PagerError("the target is running: stop it first")
        path = _elf_path(self.layout)
        self._elf_path = path
        self._elf = elf.Elf(path)
        self._slide, proof = self._find_proof()
        advice = f": `break {self.layout.safe_point}`, `continue`, and ask again" \
            if self.layout.safe_point else ""
        self.memory = Memory(proof, advice)
        self.values = Values(self.layout.pointer_size, self.memory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()

    def _find_proof(self):
        """(bytes that the ELF was moved by, (address, bytes) that must be in memory)."""
        name = self.layout.safe_point
        addr = symbols.address(name) if name else None
        linked = self._elf.symbol(name) if name else None
        if addr is None or linked is None:
            return 0, None
        linked &= ~1 if self.layout.pointer_size == 4 else ~0  # Thumb
        expected = self._elf.bytes_at(linked, _PROOF_BYTES)
        return addr - linked & (1 << 64) - 1, (addr, expected) if expected else None

    def snapshot(self):
        snapshot = collect.collect(self.layout, self.values)
        snapshot.capture = self._capture(snapshot)
        check.check(snapshot)
        return snapshot

    # ---- what the reading is worth ----

    def _guard(self, place):
        try:
            return self.values.number(place[1], place[0]) if place else None
        except Unreadable:
            return None

    def _consistency(self, pc):
        generation, lock = (self._guard(self.layout.generation), self._guard(self.layout.lock))
        if pc in symbols.entry(self.layout.safe_point):
            return "exact", "stopped at the safe point"
        if generation is None and lock is None:
            return "torn", "nothing tells whether it was at rest"
        if (generation % 2 if generation is not None else lock) == 0:
            return "exact", "stopped while nothing was being changed"
        return "torn", "stopped in the middle of a change"

    def _capture(self, snapshot):
        pc = gdb.newest_frame().pc()
        consistency, why = self._consistency(pc)
        if consistency == "exact" and snapshot.cut:
            consistency, why = "partial", snapshot.cut[0]
        generation = self._guard(self.layout.generation)
        build_id = next((objfile.build_id for objfile in gdb.objfiles()
                         if objfile.filename == self._elf_path), None)
        return Capture(self._elf_path, build_id or "", self.layout.profile.name, self._slide,
                       consistency=consistency, why=why, stop_pc=pc,
                       packets=self.memory.packets, bytes=self.memory.bytes, time=time.time(),
                       generation=generation, scanned=snapshot.scanned,
                       unscanned=snapshot.unscanned)


def _elf_path(made):
    """The file that the layout's symbols come from."""
    for anchor in _anchors(made):
        symbol = gdb.lookup_global_symbol(anchor) or gdb.lookup_static_symbol(anchor)
        if symbol is not None and symbol.symtab is not None:
            return symbol.symtab.objfile.filename
    return gdb.current_progspace().filename or ""
