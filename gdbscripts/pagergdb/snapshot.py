# SPDX-License-Identifier: BSD-2-Clause
"""A snapshot: what the pager's lists held at one moment, as objects that refer to each other. The
names are the JSON's; a reference to nothing is None. `bad` tells that something of the object could
not be read: its number is 0 then, and is shown as unknown.
"""
from dataclasses import dataclass, field
from typing import Optional

READ, WRITE, EXECUTE = 1, 2, 4


def prot_text(prot):
    return "".join(letter if prot & bit else "-"
                   for letter, bit in zip("rwx", (READ, WRITE, EXECUTE)))


@dataclass(eq=False)
class Holder:
    kind: str
    id: int
    name: str


@dataclass(eq=False)
class Context:
    id: int
    number: int  # in the snapshot's order
    name: str
    kind: str = "user"
    asid: int = 0
    state: str = ""
    faults: int = 0
    areas: list = field(default_factory=list)
    sorted: bool = False  # the target keeps its areas by their base
    table_root: Optional[int] = None  # physical address


@dataclass(eq=False)
class Area:
    id: int
    name: str
    context: Optional[Context]
    base: int
    pages: int
    fobj: Optional["Fobj"]
    fobj_page: int
    type: str
    prot: int
    in_context: bool
    in_fobj: bool = False
    bad: bool = False
    leaf_tables: Optional[int] = None  # address of its last table, or of pointers to those


@dataclass(eq=False)
class Fobj:
    id: int
    number: int
    name: str
    kind: str
    pages: int = 0
    refcount: int = 0
    evictions: int = 0
    listed: bool = True
    bad: bool = False
    surplus: int = 0
    areas: list = field(default_factory=list)
    resident: list = field(default_factory=list)
    holders: list = field(default_factory=list)


@dataclass(eq=False)
class Owner:
    area: Area
    va: int
    pte: Optional[int] = None  # None: the tables could not be read
    pte_pa: Optional[int] = None

    @property
    def context(self):
        return self.area.context


@dataclass(eq=False)
class Pmem:
    id: int
    pa: Optional[int]
    state: str
    hidden: bool
    fobj: Optional[Fobj] = None
    page: int = 0
    bad: bool = False
    owners: list = field(default_factory=list)


@dataclass(eq=False)
class Slice:
    id: int
    fobj: Optional[Fobj]
    page_offset: int

    @property
    def pages(self):
        return self.fobj.pages if self.fobj else 0

    @property
    def refcount(self):
        return self.fobj.refcount if self.fobj else 0


@dataclass(eq=False)
class File:
    id: int
    tag: str
    refcount: int = 0
    bad: bool = False
    freed: bool = False  # there is a list of all files, and it is not in it
    surplus: int = 0
    holders: list = field(default_factory=list)
    slices: list = field(default_factory=list)


@dataclass(eq=False)
class CountedList:
    """A list whose nodes the target counts."""
    id: int  # address of its head
    name: str
    nodes: int
    counted: int


@dataclass(eq=False)
class Table:
    """A translation table, and how many of its entries are valid."""
    id: int
    context: Optional[Context]
    base: int
    used: int  # as the target counts them
    entries: int = 0  # as they are


@dataclass(eq=False)
class Stray:
    """An entry that maps a page of the pool for which no area is an owner there."""
    id: int  # the table's
    context: Optional[Context]
    va: int
    pa: int
    pte: int


@dataclass(eq=False)
class Pointers:
    """What the scan saw pointing at an object whose count does not add up, or that is lost."""
    id: int
    count: int = 0
    places: list = field(default_factory=list)  # the first few


@dataclass(eq=False)
class Lost:
    """A fobj in the heap that no list leads to."""
    id: int
    name: str
    kind: str
    pages: int
    refcount: int


@dataclass(eq=False)
class Finding:
    rule: str
    object: str
    message: str
    confidence: str
    severity: str = "error"


@dataclass(eq=False)
class Capture:
    elf: str
    build_id: str
    profile: str
    slide: int
    source: str = "stub"
    consistency: str = "exact"
    why: str = ""
    stop_pc: int = 0
    packets: int = 0
    bytes: int = 0
    time: float = 0.0
    generation: Optional[int] = None
    scanned: int = 0  # bytes that were scanned for pointers
    unscanned: int = 0  # bytes that should have been, and could not be


@dataclass(eq=False)
class Snapshot:
    contexts: list = field(default_factory=list)
    areas: list = field(default_factory=list)
    fobjs: list = field(default_factory=list)
    pmems: list = field(default_factory=list)
    files: list = field(default_factory=list)
    counters: dict = field(default_factory=dict)
    levels: list = field(default_factory=list)  # which of them
    lists: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    strays: list = field(default_factory=list)
    pointers: list = field(default_factory=list)
    lost: list = field(default_factory=list)
    scanned: int = 0
    unscanned: int = 0
    findings: list = field(default_factory=list)
    cut: list = field(default_factory=list)
    capture: Optional[Capture] = None

    @property
    def in_flight(self):
        """What would be findings if they were there again."""
        return [item for item in self.findings if item.confidence == "in-flight"]
