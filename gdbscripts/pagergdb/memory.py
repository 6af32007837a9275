# SPDX-License-Identifier: BSD-2-Clause
"""The target's memory, read in bulk: whoever asks for a few bytes brings their neighbourhood along,
so a list costs a packet for each 2 KiB of heap and not one for each member.

Virtual addresses are read as the stopped CPU sees them. Where it cannot see the kernel (at EL0,
say) they are translated here, with the tables that its registers name, and read by physical
address, which QEMU's stub can. No way is believed before it has shown the kernel's own code: QEMU
reads physical addresses that it does not have as zeros.

A Memory lives for one command; close() leaves the stub as it was found.
"""
import gdb

from . import tables
from .errors import PagerError, Unreadable

BLOCK = 256
NEIGHBOURHOOD = 2048  # what one packet of QEMU's stub carries
MAX_BLOCKS = 1 << 18


class _Physical:
    """QEMU's physical memory mode, on only while something is read, then as it was found."""

    def __init__(self):
        self._connection = gdb.selected_inferior().connection
        found = self._ask("qqemu.PhyMemMode")
        self.there = found in ("0", "1")
        self._found = self._on = found == "1"

    def _ask(self, packet):
        send = getattr(self._connection, "send_packet", None)
        try:
            answer = send(packet) if send else b""
        except gdb.error:
            return ""
        return answer.decode("ascii", "replace")

    def set(self, on):
        if self._on != on:
            self._on = on
            if self._ask(f"Qqemu.PhyMemMode:{int(on)}") != "OK" and on:
                self._on = self.there = False

    def restore(self):
        self.set(self._found)


class Memory:
    """PROOF: (address, bytes) that must be in memory, or None to believe what gdb reads."""

    def __init__(self, proof=None, advice=""):
        self._blocks = {}
        self._physical = _Physical()
        self._regime = None
        self.packets = self.bytes = 0
        if proof:
            try:
                self._prove(*proof, advice)
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Leave the stub as it was."""
        self._physical.restore()

    # ---- which way ----

    def _prove(self, addr, expected, advice):
        found = self._fetch(False, addr, len(expected))
        if found == expected:
            return
        if found is not None:
            raise PagerError(f"memory at {addr:#x} is not what the ELF has there: it is another"
                             " build, or it was loaded elsewhere (symbol-file -o OFFSET), or this"
                             f" CPU sees other memory{advice}")
        self._regime = self._registers()
        try:
            if self._regime and self.virtual(addr, len(expected)) == expected:
                return
        except Unreadable:
            pass
        raise PagerError("the kernel's memory cannot be read from where this CPU stands" + advice)

    @staticmethod
    def _registers():
        try:
            frame = gdb.newest_frame()
            return tables.Regime(*(int(frame.read_register(name)) & ((1 << 64) - 1)
                                   for name in ("TCR_EL1", "TTBR0_EL1", "TTBR1_EL1")))
        except (gdb.error, ValueError):
            return None

    @property
    def way(self):
        return "physical addresses and the tables" if self._regime else "virtual addresses"

    # ---- bytes ----

    def virtual(self, addr, size):
        """SIZE bytes at a virtual address; Unreadable."""
        if not self._regime:
            return self._read(False, addr, size)
        found = b""
        while len(found) < size:
            at = addr + len(found)
            pa = self._regime.translate(self.physical, at)
            if pa is None:
                raise Unreadable(at)
            found += self.physical(pa, min(size - len(found), 0x1000 - (at & 0xFFF)))
        return found

    def bulk(self, addr, size, page):
        """(SIZE bytes at a virtual address, the numbers of those pages of it, counted from ADDR,
        that cannot be read and are zeros).
        """
        found, missing = bytearray(), set()
        while len(found) < size:
            at, part = addr + len(found), min(size - len(found), 16 * page)
            got = None if self._regime else self._fetch(False, at, part)
            if got is None:
                part = min(part, page)
                try:
                    got = self.virtual(at, part)
                except Unreadable:
                    missing.add(len(found) // page)
                    got = bytes(part)
            found += got
        return bytes(found), missing

    def physical(self, addr, size):
        """SIZE bytes at a physical address; Unreadable, also where the stub has no such reads."""
        return self._read(True, addr, size)

    def translate(self, va):
        """Physical address of VA for the stopped CPU, or None."""
        regime = self._regime or self._registers()
        try:
            return regime and regime.translate(self.physical, va)
        except Unreadable:
            return None

    def _read(self, physical, addr, size):
        first, last = addr // BLOCK, (addr + size - 1) // BLOCK
        found = b"".join(self._block(physical, block) for block in range(first, last + 1))
        return found[addr - first * BLOCK:][:size]

    def _block(self, physical, block):
        key = physical, block
        if key not in self._blocks:
            self._bring(physical, block)
        found = self._blocks[key]
        if found is None:
            raise Unreadable(block * BLOCK)
        return found

    def _bring(self, physical, block):
        """The block with its neighbours in one read; where that fails, the block alone."""
        if len(self._blocks) >= MAX_BLOCKS:
            raise PagerError(f"more than {MAX_BLOCKS * BLOCK >> 20} MiB read: that is no pager")
        first = block * BLOCK // NEIGHBOURHOOD * NEIGHBOURHOOD // BLOCK
        found = self._fetch(physical, first * BLOCK, NEIGHBOURHOOD)
        if found is None:
            self._blocks[physical, block] = self._fetch(physical, block * BLOCK, BLOCK)
            return
        for i in range(NEIGHBOURHOOD // BLOCK):
            self._blocks[physical, first + i] = found[i * BLOCK:(i + 1) * BLOCK]

    def _fetch(self, physical, addr, size):
        if physical and not self._physical.there:
            return None
        self._physical.set(physical)
        self.packets += 1
        try:
            found = gdb.selected_inferior().read_memory(addr, size).tobytes()
        except (gdb.MemoryError, OverflowError):
            return None
        self.bytes += len(found)
        return found
