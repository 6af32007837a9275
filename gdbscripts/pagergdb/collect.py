# SPDX-License-Identifier: BSD-2-Clause
"""The collector: a walk's objects become a snapshot, in the viewer's order, so that the same moment
gives the same JSON whoever reads it.
"""
from . import leaves, tables
from .errors import Unreadable
from .ledger import Ledger
from .scan import scan
from .snapshot import (CountedList, EXECUTE, READ, WRITE, Area, Context, File, Fobj, Owner, Pmem, Slice,
                       Snapshot)
from .walk import Walk

PAGE_SIZE = 4096
MAX_OWNERS = 2000000  # of all pages together: more is cut
MOST_COUNTED = 1 << 53  # what counts more is garbage: readers of JSON would not keep it exactly
_OTHER_HOLDERS_FROM = ("context", "area", "fobj", "pmem", "file", "slice")


def _signed(value):
    return value - (1 << 64) if value >> 63 else value


def _prot(text):
    """Rights by letters; capital ones are the core's own, and count where a TA has none."""
    letters = "rwx" if any(letter in text for letter in "rwx") else "RWX"
    return sum(bit for letter, bit in zip(letters, (READ, WRITE, EXECUTE)) if letter in text)


def _context_word(context):
    """The instance's own word: "A" of "A greeter"."""
    return context.name.split(" ")[0] if context else "?"


class _Builder:
    def __init__(self, layout, values):
        self.layout, self.values = layout, values
        self.walk = Walk(layout, values)
        self.snapshot = Snapshot(cut=self.walk.cut)
        self.made = {}  # the walk's object: the snapshot's
        self.budget = MAX_OWNERS
        self._core_tables = None
        self._told = None  # the object of which was told last that something cannot be read

    # ---- reading members ----

    def _tell_unread(self, name, found, role, error):
        """One sentence an object; behind a NULL pointer there is nothing to be read."""
        if error.addr and self._told is not found:
            self._told = found
            self.walk.tell(f"{name} {found.addr:#x}: its {role} cannot be read")

    def number(self, name, found, role):
        """The number, or None: this ELF has none, or it cannot be read, which is told."""
        given = self.walk.set(found, role)
        if given is not None:
            return given if isinstance(given, int) else 0
        field = self.walk.field(name, found, role)
        try:
            return self.values.number(field, found.addr) if field else None
        except Unreadable as error:
            self._tell_unread(name, found, role, error)
            return None

    def number32(self, name, found, role, most=(1 << 32) - 2):
        """A number that must fit 32 bits: what does not is garbage, and is told."""
        number = self.number(name, found, role)
        if number is None:
            return 0
        if number <= most:
            return number
        self.walk.tell(f"{name} {found.addr:#x}: its {role} cannot be {number:#x}")
        return 0

    def text(self, name, found, role):
        given = self.walk.set(found, role)
        if isinstance(given, str):
            return given
        field = self.walk.field(name, found, role)
        try:
            return self.values.text(field, found.addr) if field else ""
        except Unreadable as error:
            self._tell_unread(name, found, role, error)
            return ""

    def target(self, name, found, role, of):
        """The snapshot's object that a member points to, or None."""
        addr = self.number(name, found, role)
        other = self.walk.find(of, addr) if addr else None
        return self.made.get(other)

    def objects(self, name):
        return self.walk.objects.get(name, [])

    def by_address(self, name):
        return sorted(self.objects(name), key=lambda found: found.addr)

    # ---- contexts and areas ----

    def contexts(self):
        for entry in self.walk.listed:
            if entry.list.of == "context" and not entry.list.owner and \
                    entry.object not in self.made:
                self.context(entry.object)
        for made in self.layout.lists:
            if made.is_static:  # areas that belong to no object: the core's own space
                context = Context(made.symbol, len(self.snapshot.contexts),
                                  str(made.sets.get("name", "core")), "core")
                self.made[id(made)] = context
                self.snapshot.contexts.append(context)

    def context(self, found):
        name, program = (self.text("context", found, role) for role in ("name", "program"))
        kind = self.text("context", found, "kind")
        context = Context(found.addr, len(self.snapshot.contexts),
                          f"{name} {program}" if program else name,
                          kind if kind in ("core", "pseudo") else "user",
                          self.number32("context", found, "asid"),
                          self.text("context", found, "state"),
                          self.number32("context", found, "faults", MOST_COUNTED))
        context.table_root = self.number("context", found, "table_root")
        self.made[found] = context
        self.snapshot.contexts.append(context)

    def listing_context(self, made, owner):
        if made.is_static:
            return self.made[id(made)]
        return self.made.get(owner) if made.owner == "context" else None

    def areas(self):
        """Context by context in their lists' order; then those that only a fobj lists, by address."""
        listed = {context: [] for context in self.snapshot.contexts}
        for made, owner, found in self.walk.listed:
            context = self.listing_context(made, owner) if made.of == "area" else None
            if context:
                listed[context].append(found)
                context.sorted = made.is_sorted
        for context, objects in listed.items():
            for found in objects:
                if found not in self.made:
                    context.areas.append(self.area(found, context))
        for found in sorted(self.objects("area"), key=lambda found: found.addr):
            if found not in self.made:
                self.area(found, None)

    def area(self, found, context):
        base = self.number("area", found, "base")
        area = Area(found.addr, self.text("area", found, "name"), context, base or 0,
                    self.number32("area", found, "pages"), None,
                    self.number32("area", found, "fobj_page"), self.text("area", found, "type"),
                    _prot(self.text("area", found, "prot")), context is not None,
                    bad=base is None)
        area.leaf_tables = self.number("area", found, "leaf_tables")
        self.made[found] = area
        self.snapshot.areas.append(area)
        return area

    # ---- fobjs ----

    def fobjs(self):
        for found in self.by_address("fobj"):
            fobj = Fobj(found.addr, len(self.snapshot.fobjs), "", "freed")
            fobj.listed = not self.walk.is_freed("fobj", found)
            self.made[found] = fobj
            self.snapshot.fobjs.append(fobj)
            if not fobj.listed:
                fobj.bad = True
                continue
            fobj.name, fobj.kind = (self.text("fobj", found, role) for role in ("name", "kind"))
            refcount, pages = (self.number("fobj", found, role) for role in ("refcount", "pages"))
            if refcount is None or pages is None:
                fobj.bad = True
                continue
            fobj.refcount = _signed(refcount)
            fobj.pages = self.number32("fobj", found, "pages")
            fobj.evictions = self.number32("fobj", found, "evictions", MOST_COUNTED)

    def link_areas(self):
        """Which areas map which fobj, and which of them the fobj itself lists."""
        for found in self.objects("area"):
            self.made[found].fobj = self.target("area", found, "fobj", "fobj")
        for area in self.snapshot.areas:
            if area.fobj:
                area.fobj.areas.append(area)
        for made, owner, found in self.walk.listed:
            if made.of == "area" and made.owner == "fobj":
                area = self.made[found]
                area.in_fobj = area.in_fobj or area.fobj is self.made[owner]

    def name_types(self):
        """Where a profile does not tell an area's type, its fobj and its protection do."""
        for area in self.snapshot.areas:
            if not area.type:
                locked = area.fobj and area.fobj.kind == "locked"
                area.type = "lock" if locked else "rw" if area.prot & WRITE else "ro"

    # ---- pages ----

    def page_state(self, found, holds):
        state = self.text("pmem", found, "state")
        if state in ("locked", "dirty"):
            return state
        if state == "free" or not state and not holds:
            return "free"
        return "dirty" if self.number("pmem", found, "dirty") else "clean"

    def pmems(self):
        """List by list as the profile orders them: that is the order of eviction."""
        for entry in self.walk.listed:
            if entry.list.of == "pmem" and entry.object not in self.made:
                self.pmem(entry.object)
        for pmem in self.snapshot.pmems:
            if pmem.fobj:
                pmem.fobj.resident.append(pmem.page)
        for fobj in self.snapshot.fobjs:
            fobj.resident.sort()

    def pmem(self, found):
        fobj = self.number("pmem", found, "fobj")
        pmem = Pmem(found.addr, self.physical(found),
                    self.page_state(found, bool(fobj)),
                    bool(self.number("pmem", found, "hidden")), bad=fobj is None)
        pmem.fobj = self.made.get(self.walk.find("fobj", fobj)) if fobj else None
        self.made[found] = pmem
        self.snapshot.pmems.append(pmem)
        if pmem.fobj:
            pmem.page = self.number32("pmem", found, "page")
            self.owners(pmem)

    def owners(self, pmem):
        if len(pmem.fobj.areas) > self.budget:
            self.walk.tell(f"page {pmem.id:#x}: too many owners")
            return
        for area in pmem.fobj.areas:
            if area.fobj_page <= pmem.page < area.fobj_page + area.pages:
                va = area.base + (pmem.page - area.fobj_page) * PAGE_SIZE & (1 << 64) - 1
                pmem.owners.append(Owner(area, va))
        self.budget -= len(pmem.owners)

    def look_up_owners(self):
        """What the tables say of every owner."""
        owners = [owner for pmem in self.snapshot.pmems for owner in pmem.owners]
        for owner in owners if self.layout.tables else ():
            try:
                owner.pte, owner.pte_pa = self.look_up(owner) or (None, None)
            except Unreadable:
                pass
        unknown = sum(owner.pte is None for owner in owners)
        if unknown and self.layout.tables:
            self.walk.tell(f"the translation tables of {unknown} of {len(owners)} owners"
                           " cannot be read")

    def look_up(self, owner):
        """(rights, physical address) at an owner's address, or None where no table is known."""
        made = self.layout.tables
        if made.leaf_table:
            return self.look_up_leaf(owner, owner.area.leaf_tables)
        root = owner.context.table_root if owner.context else None
        if root is None or not made.va_bits or owner.va >> made.va_bits:
            return None
        return tables.lookup(self.values.memory.physical, root, made.va_bits, owner.va)

    def look_up_leaf(self, owner, leaf):
        made = self.layout.tables
        if leaf and made.leaf_is_array:
            index = (owner.va >> made.leaf_shift) - (owner.area.base >> made.leaf_shift)
            leaf = self.values.pointer(leaf + index * self.layout.pointer_size)
        entries = self.values.number(made.leaf_table, leaf) if leaf else 0
        if not entries:
            return 0, None
        index = (owner.va & (1 << made.leaf_shift) - 1) // PAGE_SIZE
        descriptor = self.descriptor(entries, index)
        core = owner.context is not None and owner.context.kind == "core"
        prot = tables.leaf(made.form, descriptor, core)
        return prot, tables.leaf_address(made.form, descriptor) if prot else None

    def descriptor(self, table, index):
        size = tables.entry_size(self.layout.tables.form)
        return self.values.raw(table + index * size, size)

    def physical(self, found):
        """A page's physical address: its own member, or what the core's tables say of its alias."""
        alias = self.number("pmem", found, "alias")
        if alias is None or not self.layout.tables or not self.layout.tables.core:
            return self.number("pmem", found, "pa")
        for base, end, entries in self.core_tables():
            if base <= alias < end:
                try:
                    entry = self.descriptor(entries, (alias - base) // PAGE_SIZE)
                except Unreadable:
                    return None
                return tables.leaf_address(self.layout.tables.form, entry)
        return None

    def core_tables(self):
        """(first address, end, address of the entries) of each of the core's own tables."""
        made = self.layout.tables
        if self._core_tables is None:
            self._core_tables = []
            for element in self.walk.elements(made.core) if made and made.core else ():
                try:
                    table, base, count = (self.values.number(made.core_fields[role], element)
                                          for role in ("table", "base", "entries"))
                except Unreadable:
                    continue
                self._core_tables.append((base, base + count * PAGE_SIZE, table))
        return self._core_tables

    # ---- files ----

    def files(self):
        for found in self.by_address("file"):
            if self.walk.is_freed("file", found):
                self.made[found] = File(found.addr, "", freed=True)
                self.snapshot.files.append(self.made[found])
                continue
            refcount = self.number("file", found, "refcount")
            file = File(found.addr, self.text("file", found, "tag"), _signed(refcount or 0),
                        refcount is None)
            self.made[found] = file
            self.snapshot.files.append(file)
        for made, owner, found in self.walk.listed:
            if made.of == "slice" and made.owner == "file":
                offset = self.number32("slice", found, "page_offset")
                self.made[owner].slices.append(
                    Slice(found.addr, self.target("slice", found, "fobj", "fobj"), offset))

    def counter(self, name, symbol, field):
        """A number of the target's own; None, and told: it cannot be read, or cannot be."""
        try:
            value = self.values.number(field, symbol)
        except Unreadable:
            self.walk.tell(f"counter {name} cannot be read")
            return None
        if value <= MOST_COUNTED:
            return value
        self.walk.tell(f"counter {name} cannot be {value:#x}")
        return None

    def lists(self):
        """Lists whose nodes the target counts, too."""
        for made in self.layout.lists:
            counted = made.length and self.counter(made.label, made.length[0], made.length[1])
            if counted is not None and made.length:
                nodes = sum(entry.list is made for entry in self.walk.listed)
                self.snapshot.lists.append(CountedList(made.symbol, made.label, nodes, counted))

    def counters(self):
        for name, (symbol, field) in self.layout.counters.items():
            value = self.counter(name, symbol, field)
            if value is not None:
                self.snapshot.counters[name] = value
        self.snapshot.levels = [name for name in self.snapshot.counters
                                if name in self.layout.levels]

    # ---- holders ----

    def holders(self, ledger):
        for area in self.snapshot.areas:
            context = _context_word(area.context)
            label = f"{context}.{area.name}" if area.name else f"{context} {area.base:#x}"
            ledger.enter(area.fobj, "area", area.id, label)
        for file in self.snapshot.files:
            for piece in file.slices:
                ledger.enter(piece.fobj, "slice", piece.id, f"file {file.tag[:8]}")
        self.other_holders(ledger)
        for made, owner, found in self.walk.listed:
            context = self.made.get(owner)
            if made.holds and made.owner == "context" and context and made.of in ("file", "fobj"):
                ledger.enter(self.made[found], "context", context.id, context.name)

    def listed_by(self):
        """Which context lists each object, for those that a context lists; of several the first."""
        contexts = {}
        for made, owner, found in self.walk.listed:
            context = self.made.get(owner) if made.owner == "context" else None
            if context and (found not in contexts or context.number < contexts[found].number):
                contexts[found] = context
        return contexts

    def other_holders(self, ledger):
        """Holders that the profile describes: handles, mappings; and fobjs that hold fobjs."""
        contexts = self.listed_by()
        for name in self.layout.objects:
            if name in _OTHER_HOLDERS_FROM:
                continue
            for found in self.by_address(name):
                own = self.text(name, found, "name")
                if not own and found in contexts:  # it goes by its context's name
                    own = _context_word(contexts[found])
                label = " ".join(filter(None, (self.text(name, found, "kind"), own)))
                ledger.enter(self.target(name, found, "fobj", "fobj"), name, found.addr, label)
                ledger.enter(self.target(name, found, "file", "file"), name, found.addr, label)
        for found in self.by_address("fobj"):
            fobj = self.made[found]
            ledger.enter(self.target("fobj", found, "source", "fobj"), "fobj", fobj.id, fobj.name)

    def build(self):
        self.contexts()
        self.areas()
        self.fobjs()
        self.link_areas()
        self.pmems()
        self.files()
        self.counters()
        self.lists()
        ledger = Ledger(self.snapshot)
        self.holders(ledger)
        ledger.close()
        self.name_types()
        self.look_up_owners()
        leaves.fill(self.layout, self.walk, lambda found, role: self.number("table", found, role),
                    self.values.memory, self.snapshot)
        self.snapshot.scanned = scan(self.layout, self.values, self.walk, self.snapshot)
        return self.snapshot


def collect(layout, values):
    """Read everything. Its capture and its findings are for the caller to fill in."""
    return _Builder(layout, values).build()
