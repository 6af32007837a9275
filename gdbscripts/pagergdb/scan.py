# SPDX-License-Identifier: BSD-2-Clause
"""The conservative scan, as the viewer makes it (collect_scan.c): every word of the core's data,
stacks and heap that might be a pointer to an object whose count does not add up, and every block
of the heap that is a fobj but in no list. What the profile's "scan" names and this ELF lacks makes
it see less.
"""
import array
import bisect

import gdb

from . import symbols
from .snapshot import Lost, Pointers

PAGE = 4096
MAX_BYTES = 64 << 20  # of all ranges
MAX_PLACES = 4  # told of one object; more are counted
MAX_LOST = 256
MAX_PAGES = 1 << 20  # of a fobj: more is garbage
MAX_STACK = 1 << 20
BGET_SLACK = 64  # that a pool may end before its range does
_MASK = (1 << 64) - 1


def _number(text):
    return int(text, 0) if isinstance(text, str) and text[:1].isdigit() else None


class _Member:
    """A member of plain bytes: its offset and size."""

    def __init__(self, of, path):
        self.offset = self.size = 0
        for component in (path or "").split("."):
            found = symbols.member(of, component) if of is not None and component else None
            if not found or found[1]:
                self.offset = self.size = 0
                return
            self.offset += found[0] // 8
            of = found[2]
        self.size = of.sizeof


class _Range:
    def __init__(self, name, base, memory, size, heap=False, thread=None):
        self.name, self.base, self.heap, self.thread = name, base, heap, thread
        self.bytes, self.missing = memory.bulk(base, size, PAGE)

    def has(self, at, size):
        return 0 <= at and at + size <= len(self.bytes) and not (
            self.missing and (at // PAGE in self.missing or (at + size - 1) // PAGE in self.missing))

    def is_readable(self):
        return len(self.missing) * PAGE < len(self.bytes)


class Scan:
    def __init__(self, layout, values, walk):
        self.layout, self.values, self.walk = layout, values, walk
        self.pointer = layout.pointer_size
        self.profile = layout.profile.root.get("scan") or {}
        self.ranges = []
        self.blocks = []  # (address, size) of those in use, by address
        self.left = MAX_BYTES
        self.unscanned = 0  # bytes behind that bound, or of no block that is known
        self.sp = self._sp()

    @staticmethod
    def _sp():
        try:
            return int(gdb.newest_frame().read_register("sp")) & _MASK
        except (gdb.error, ValueError):
            return 0

    # ---- copying ----

    def add(self, name, base, size, heap=False, thread=None):
        if size > self.left:
            self.walk.tell(f"only {MAX_BYTES >> 20} MiB of the core's memory were scanned")
            self.unscanned += size - self.left
            size = self.left
        self.left -= size
        self.ranges.append(_Range(name, base, self.values.memory, size, heap, thread))

    def read(self):
        """Copy the ranges; False: the profile names none that this ELF has."""
        for item in self.profile.get("ranges", ()):
            start, end = symbols.address(item["from"]), symbols.address(item["to"])
            if start is None or end is None or end <= start:
                continue
            length = end - start
            if "length" in item:
                used = symbols.variable(item["length"])
                if used is None:
                    continue
                length = min(length, self.values.raw(used[0], used[1].sizeof))
            self.add(item["name"], start, length, item.get("heap", False))
        if not self.ranges:
            return False
        self._stacks()
        self._find_blocks()
        return True

    def peek(self, addr, size):
        """A number of the copy, or None."""
        for one in self.ranges:
            at = addr - one.base
            if 0 <= at < len(one.bytes) and at + size <= len(one.bytes):
                return int.from_bytes(one.bytes[at:at + size], "little") \
                    if one.has(at, size) else None
        return None

    def _stacks(self):
        item = self.profile.get("stacks", {})
        names = item.get("threads", [])
        found = next(filter(None, map(symbols.variable, [names] if isinstance(names, str)
                                      else names)), None)
        size = _number(item.get("bytes")) or 0
        if not found or not symbols.is_array(found[1]) or not 0 < size <= MAX_STACK:
            return
        element = symbols.target(found[1])
        top, state = (_Member(element, item.get(role)) for role in ("top", "state"))
        free = symbols.constant(item.get("free", ""))
        for i in range(min(symbols.count(found[1]), 64)):
            thread = found[0] + i * element.sizeof
            end = self.peek(thread + top.offset, top.size) if top.size else None
            if not end or end < size or (state.size and free is not None and
                                         self.peek(thread + state.offset, state.size) == free):
                continue
            self.add("stack", (end & ~15) - size, size, thread=i)

    # ---- blocks of the heap ----

    def _find_blocks(self):
        item = self.profile.get("blocks", {})
        header = symbols.struct(item.get("type"))
        size, mark = (_Member(header, item.get(role)) for role in ("size", "mark"))
        self.form = item.get("form") if header is not None and size.size else None
        if self.form == "marked" and not mark.size:
            self.form = None
        for one in self.ranges:
            if one.heap and self.form == "marked":
                self._marked(one, header.sizeof, size, mark, _number(item.get("used")))
            elif one.heap and self.form == "bget":
                self._bget(one, header.sizeof, size)
        self.blocks.sort()
        self._starts = [addr for addr, _ in self.blocks]

    def _marked(self, one, header, size, mark, used):
        align = self.pointer  # a small malloc() gives no more
        at, end = one.base + -one.base % align, one.base + len(one.bytes)
        wanted = used.to_bytes(mark.size, "little")
        while at + header <= end:
            place = one.bytes.find(wanted, at - one.base + mark.offset)
            if place < 0:
                return
            at = max(at, one.base + place - mark.offset)
            at += -at % align
            bytes_in_use = self.peek(at + size.offset, size.size)
            if self.peek(at + mark.offset, mark.size) != used or bytes_in_use is None or \
                    bytes_in_use > end - at - header:
                at += align
                continue
            self.blocks.append((at + header, bytes_in_use))
            at += header + bytes_in_use
            at += -at % align

    def _bget(self, one, header, size):
        align, bits = 2 * self.pointer, size.size * 8
        at, end = one.base + -one.base % align, one.base + len(one.bytes)
        while (word := self.peek(at + size.offset, size.size)) is not None:
            used = word >> (bits - 1)
            length = -word % (1 << bits) if used else word
            if length < header or length > end - at:
                break
            if used:
                self.blocks.append((at + header, length - header))
            at += length
        # The last one is only a header, at the end: a chain that ends before is broken.
        if one.is_readable() and end - at > header + BGET_SLACK:
            self.unscanned += end - at

    def block_at(self, addr):
        i = bisect.bisect_right(self._starts, addr) - 1
        if i < 0 or addr - self.blocks[i][0] >= self.blocks[i][1]:
            return None
        return self.blocks[i]

    def is_stack(self, block):
        canary = _number(self.profile.get("stacks", {}).get("canary"))
        return canary is not None and self.peek(block[0], self.pointer) == canary

    def thread_of(self, stack):
        item = self.profile.get("stacks", {})
        of = symbols.struct(item.get("type"))
        member = _Member(of, item.get("stack"))
        if not member.size:
            return None
        return next((addr for addr, size in self.blocks if size == of.sizeof and
                     self.peek(addr + member.offset, member.size) == stack[0]), None)

    def _thread_member(self, role):
        item = self.profile.get("stacks", {})
        return _Member(symbols.struct(item.get("type")), item.get(role))

    def is_below_sp(self, addr):
        """Below the stack pointer lies what functions that have returned left behind."""
        block = self.block_at(addr)
        if not block or not self.is_stack(block):
            return False
        if 0 <= self.sp - block[0] < block[1]:
            return addr < self.sp
        saved, thread = self._thread_member("sp"), self.thread_of(block)
        sp = self.peek(thread + saved.offset, saved.size) if saved.size and thread else None
        return bool(sp) and 0 <= sp - block[0] < block[1] and addr < sp

    # ---- fobjs that no list leads to ----

    def lost(self):
        item = self.profile.get("fobj", {})
        tables = {symbols.address(name): kind for name, kind in item.get("kinds", {}).items()}
        tables.pop(None, None)
        of = self.layout.objects["fobj"].type
        ops = _Member(of, item.get("ops"))
        found = []
        if not tables or ops.size != self.pointer:
            return found
        for at, kind in self._words(tables):
            at -= ops.offset
            block = self.block_at(at) if self.form else None
            if self.form and (not block or self.is_stack(block) or
                              at + of.sizeof > block[0] + block[1]):
                continue
            one = self._read_lost(at, kind)
            if one:
                found.append(one)
        return sorted(found, key=lambda one: one.id)[:MAX_LOST]

    def _words(self, tables):
        """(address, kind) of every aligned word of the heap that is one of the tables' addresses."""
        for one in self.ranges:
            for table, kind in tables.items():
                wanted = table.to_bytes(self.pointer, "little")
                at = one.bytes.find(wanted) if one.heap else -1
                while at >= 0:
                    if (one.base + at) % self.pointer == 0 and one.has(at, self.pointer):
                        yield one.base + at, kind
                    at = one.bytes.find(wanted, at + 1)

    def _field(self, role, addr):
        field = self.layout.objects["fobj"].fields.get(role)
        if not field or len(field.offsets) > 1 or field.bit_size or field.size > 8:
            return None
        return self.peek(addr + field.offsets[0], field.size)

    def _read_lost(self, addr, kind):
        pages, refcount = self._field("pages", addr), self._field("refcount", addr)
        if self.walk.find("fobj", addr) or not pages or pages > MAX_PAGES or refcount is None or \
                (not self.form and not refcount) or not self._heads_are_sane(addr):
            return None
        return Lost(addr, self._name(addr), kind, pages, refcount)

    def _heads_are_sane(self, addr):
        for made in self.layout.lists:
            if made.owner != "fobj" or not made.is_double or len(made.head.offsets) > 1 or \
                    made.variant:
                continue
            head = addr + made.head.offsets[0]
            first, last = (self.peek(head + i * self.pointer, self.pointer) for i in (0, 1))
            if first is None or not last or (not first and last != head) or first & 3 or last & 3:
                return False
        return True

    def _name(self, addr):
        field = self.layout.objects["fobj"].fields.get("name")
        if not field or len(field.offsets) > 1:
            return ""
        return self._text(addr + field.offsets[0], min(field.size, 64), 0x20)

    def _text(self, addr, size, least):
        text = ""
        for i in range(size):
            letter = self.peek(addr + i, 1)
            if not letter:
                break
            text += chr(letter) if least <= letter < 0x7F else "."
        return text

    # ---- pointers ----

    def targets(self, snapshot):
        things = [(fobj.id, "fobj") for fobj in snapshot.fobjs if fobj.surplus]
        things += [(file.id, "file") for file in snapshot.files if file.surplus]
        things += [(lost.id, "fobj") for lost in snapshot.lost]
        for addr, name in things:
            block = self.block_at(addr)
            low, size = block or (addr, self.layout.objects[name].type.sizeof)
            yield low, low + size, Pointers(addr)

    def pointers(self, snapshot):
        """Fill in the snapshot's pointers."""
        targets = sorted(self.targets(snapshot), key=lambda target: target[0])
        if targets:
            low, high = targets[0][0], max(target[1] for target in targets)
            for one in self.ranges:
                self._look_through(one, targets, low, high)
        snapshot.pointers = sorted((target[2] for target in targets), key=lambda made: made.id)

    def _look_through(self, one, targets, low, high):
        skip = -one.base % self.pointer
        usable = (len(one.bytes) - skip) // self.pointer * self.pointer
        words = array.array("Q" if self.pointer == 8 else "I", one.bytes[skip:skip + usable])
        starts = [target[0] for target in targets]
        for i, word in enumerate(words):
            if not low <= word < high:
                continue
            at = skip + i * self.pointer
            target = targets[bisect.bisect_right(starts, word) - 1]
            if word < target[1] and one.has(at, self.pointer) and \
                    not self._is_explained(one, target, one.base + at):
                target[2].count += 1
                if len(target[2].places) < MAX_PLACES:
                    target[2].places.append(self._describe(one, one.base + at))

    def _is_explained(self, one, target, addr):
        ring = symbols.variable((self.layout.profile.root.get("events") or {}).get("ring", ""))
        return target[0] <= addr < target[1] or addr in self.walk.links or \
            (ring is not None and 0 <= addr - ring[0] < ring[1].sizeof) or \
            (one.heap and self.blocks and not self.block_at(addr)) or \
            (one.heap and self.is_below_sp(addr))

    def _describe(self, one, addr):
        block = self.block_at(addr) if one.heap else None
        if block:
            return self._describe_in_block(block, addr)
        if one.thread is not None:
            return f"stack of thread {one.thread}+{addr - one.base:#x}"
        if not one.heap:
            words = gdb.execute(f"info symbol {addr:#x}", to_string=True).split(" in section")[0]
            name, _, offset = words.partition(" + ")
            if not words.startswith("No symbol"):
                return f"{name}+{int(offset or 0):#x}"
        return f"{one.name}+{addr - one.base:#x}"

    def _describe_in_block(self, block, addr):
        if self.is_stack(block):
            thread, name = self.thread_of(block), self._thread_member("name")
            who = f"thread {self._text(thread + name.offset, min(name.size, 64), 0x21)}" \
                if thread else "no thread"
            return f"stack of {who}+{addr - block[0]:#x}"
        for name in self.layout.objects:
            for found in self.walk.objects.get(name, ()):
                if block[0] <= found.addr < block[0] + block[1]:
                    sign = "-" if addr < found.addr else "+"
                    return f"{name} {found.addr:#x}{sign}{abs(addr - found.addr):#x}"
        return f"heap block {block[0]:#x}+{addr - block[0]:#x}"


def scan(layout, values, walk, snapshot):
    """Fill in the snapshot's pointers, lost and unscanned; how many bytes were copied."""
    made = Scan(layout, values, walk)
    if not made.read():
        return 0
    # A page that the kernel does not map holds nothing; what cannot be read at all may.
    snapshot.unscanned = made.unscanned + sum(
        len(one.bytes) for one in made.ranges if not one.is_readable())
    snapshot.lost = made.lost()
    made.pointers(snapshot)
    if not any(one.owner is None and one.of == "fobj" for one in layout.lists):
        # Where no list holds all fobjs, one that something still points at is no loss.
        counts = {pointers.id: pointers.count for pointers in snapshot.pointers}
        snapshot.lost = [lost for lost in snapshot.lost if not counts[lost.id]]
    return MAX_BYTES - made.left
