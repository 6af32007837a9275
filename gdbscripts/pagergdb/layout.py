# SPDX-License-Identifier: BSD-2-Clause
"""A layout: a profile worked out against what gdb knows of the ELF, by the viewer's rules.

Every name in a profile may be a list of alternatives; the first that exists counts. Two kinds of
trouble are kept apart: a profile of a wrong form is always an error; a name that the ELF does not
have is one only where the pager cannot be read without it, else that role stays absent.
"""
import gdb

from . import symbols
from .errors import LayoutError

PAGE_SIZE = 4096
MAX_HOPS = 4  # pointers crossed on the way to a value
MAX_TEXT = 64  # bytes of a name or a tag that are read
CLASSES = ("context", "area", "fobj", "pmem", "file", "slice")
REQUIRED = {
    "area": ("base", "pages", "fobj", "fobj_page"),
    "fobj": ("pages", "refcount"),
    "pmem": ("fobj", "page"),
    "file": ("refcount",),
    "slice": ("fobj", "page_offset"),
}
NUMBER, WORDS, BITS, MASK, TEXT, HEX, UUID = range(7)
CHAIN, ARRAY, POINTERS = range(3)
LIST_FORMS = {  # kind: how it is walked, the head's first member, the link's next one
    "tailq": (CHAIN, "tqh_first", "tqe_next"),
    "stailq": (CHAIN, "stqh_first", "stqe_next"),
    "slist": (CHAIN, "slh_first", "sle_next"),
    "list": (CHAIN, "lh_first", "le_next"),
    "chain": (CHAIN, "", ""),
    "array": (ARRAY, "", ""),
    "pointers": (POINTERS, "", ""),
    "single": (POINTERS, "", ""),
}


class Field:
    """Where a value lies, from an object's address or a symbol's, and how its bits are read."""

    def __init__(self):
        self.offsets = [0]  # bytes from the object, then behind each pointer
        self.size = 0
        self.bit_offset = self.bit_size = 0
        self.signed = False
        self.divide = 1
        self.mask = 0
        self.form = NUMBER
        self.words = []  # (value, text)
        self.length = None  # of bytes: the Field that says how many count
        self.type = None

    def enter(self):
        """One pointer more."""
        if len(self.offsets) > MAX_HOPS:
            return False
        self.offsets.append(0)
        return True


class Variant:
    """An object that sits inside a larger one, told by a value in it."""

    def __init__(self, name):
        self.name = name
        self.when = self.type = None
        self.inside = 0
        self.fields = {}
        self.sets = {}


class Object:
    def __init__(self, name):
        self.name = name
        self.type_name = self.type = None
        self.fields = {}
        self.variants = []

    def has(self, role):
        return role in self.fields or any(role in variant.fields or role in variant.sets
                                          for variant in self.variants)


class List:
    def __init__(self, label, of, owner):
        self.label, self.of, self.owner = label, of, owner  # names of classes; owner or None
        self.variant = None
        self.head = None
        self.head_type = None
        self.symbol = 0
        self.kind = CHAIN
        self.next = 0
        self.is_sorted = False  # areas of a context lie in it by their base
        self.length = None  # (symbol's address, Field) of the target's own count of its nodes
        self.is_double = False  # of chains: behind each link lies one backwards
        self.has_tail = False  # of chains: behind the head lies where the last link is
        self.stride = 0
        self.count = None
        self.count_symbol = 0
        self.fixed_count = 0
        self.via = None
        self.holds = self.is_static = False
        self.sets = {}


class Tables:
    """Translation tables: by a context's root (the role table_root), or leaf by leaf from its
    areas (the role leaf_tables); and the core's own ones, to look the role alias up in.
    """

    def __init__(self, form):
        self.form = form
        self.va_bits = 0  # for walks from a root; 0: no such walks
        self.leaf_table = None  # from what leaf_tables points to, the address of the entries
        self.leaf_shift = 0  # one leaf table maps 1 << leaf_shift bytes
        self.leaf_is_array = False  # leaf_tables points to pointers, one for each leaf table
        self.core = None  # a List of tables
        self.core_fields = {}  # of an element: table, base, entries


class Layout:
    def __init__(self, profile):
        self.profile = profile
        self.objects = {}  # present ones, in the order of classes
        self.lists = []  # present ones
        self.counters = {}  # name: (symbol's address, Field)
        self.levels = []  # names of those that say how much there is of something
        self.generation = self.lock = None  # (symbol's address, Field)
        self.safe_point = None  # a function's name
        self.tables = None
        self.pointer_size = gdb.lookup_type("char").pointer().sizeof

    def has(self, name, role):
        return name in self.objects and self.objects[name].has(role)


# ---- the profile's form ----

class _BadForm(Exception):
    """The profile is malformed; create() adds where."""


def _get(item, key, kind, default=None):
    value = item.get(key, default) if isinstance(item, dict) else default
    if value is default:
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _BadForm(f'"{key}" has a wrong form')
    return value


def _alternatives(item, what):
    names = [item] if isinstance(item, str) else item
    if not isinstance(names, list) or not 1 <= len(names) <= 16 or \
            not all(isinstance(name, str) for name in names):
        raise _BadForm(f"{what}: expected a name or a list of up to 16 names")
    return names


class _Names:
    """Where paths start: inside a struct, less the place of our object in it, or at symbols."""

    def __init__(self, of=None, inside=0):
        self.of, self.inside = of, inside

    def resolve(self, paths, suffix=""):
        """(Field, type, symbol's address) of the first alternative that exists, or None."""
        for path in paths:
            full = ".".join(part for part in (path, suffix) if part)
            found = self._one(full)
            if found:
                found[0].offsets[0] -= self.inside
                return found
        return None

    def _one(self, path):
        of, symbol = self.of, 0
        parts = [part for part in path.split(".") if part]
        if of is None:
            found = symbols.variable(parts[0]) if parts else None
            if not found:
                return None
            symbol, of = found
            parts = parts[1:]
        field = Field()
        field.size = of.sizeof
        for part in parts:
            of = self._follow(field, of, part)
            if of is None:
                return None
        field.type = of
        return field, of, symbol

    @staticmethod
    def _follow(field, of, part):
        """"member:struct" says what a pointer points to where the ELF does not."""
        part, _, given = part.partition(":")
        if symbols.is_pointer(of):
            if not field.enter():
                return None
            of = symbols.target(of)
        found = symbols.member(of, part)
        if not found:
            return None
        position, field.bit_size, of = found
        field.offsets[-1] += position // 8
        field.bit_offset = position % 8
        field.size = (field.bit_offset + field.bit_size + 7) // 8 if field.bit_size else of.sizeof
        if given:
            of = symbols.struct(given) if symbols.is_pointer(of) and field.enter() else None
            field.size = of.sizeof if of is not None else 0
        return of


# ---- values ----

def _word_value(name):
    try:
        return int(name, 0)
    except ValueError:
        value = symbols.constant(name)
        return symbols.address(name) if value is None else value


def _words(item):
    if not isinstance(item, dict) or not all(isinstance(text, str) for text in item.values()):
        raise _BadForm("expected values and their words")
    words = [(_word_value(name), text) for name, text in item.items()]
    return [(value, text) for value, text in words if value is not None]


def _read_form(item, field, of):
    form = _get(item, "as", str)
    if _get(item, "unit", str) == "bytes":
        field.divide = PAGE_SIZE
    if _get(item, "values", dict):
        field.form, field.words = WORDS, _words(item["values"])
    elif _get(item, "bits", dict):
        field.form, field.words = BITS, _words(item["bits"])
    elif _get(item, "mask", str):
        mask = _word_value(item["mask"])
        if mask is None:
            raise _BadForm(f"mask {item['mask']}: no number and no constant")
        field.form, field.mask = MASK, mask
    elif form:
        if form not in ("hex", "uuid"):
            raise _BadForm('"as" is "hex" or "uuid"')
        field.form = HEX if form == "hex" else UUID
    elif symbols.is_array(of) and symbols.target(of).sizeof == 1:
        field.form = TEXT


def _check_value(field, of, name):
    if field.form in (TEXT, HEX, UUID):
        field.size = min(field.size, MAX_TEXT)
        if field.size < (16 if field.form == UUID else 1):
            raise _BadForm(f"{name}: too few bytes")
    elif symbols.is_aggregate(of) or symbols.is_array(of) or not 1 <= field.size <= 8:
        raise _BadForm(f"{name}: no number in this ELF")
    else:
        field.signed = symbols.is_signed(of)


def _number(names, paths):
    found = names.resolve(_alternatives(paths, "path"))
    if found:
        _check_value(found[0], found[1], paths)
    return found


class _Missing(Exception):
    """A name that the ELF does not have."""


class _Work:
    """The working out of one profile; `where` is the place in it, for messages."""

    def __init__(self, profile):
        self.layout = Layout(profile)
        self.root = profile.root
        self.where = "top level"

    def missing(self, required, what, names):
        if required:
            raise LayoutError(f"no {what} {', '.join(names)} in this ELF"
                              f" (profile {self.layout.profile.name} needs it for {self.where})")

    def field(self, names, item, required=False):
        """(Field, symbol's address), or None where this ELF does not have it."""
        paths = _alternatives(item.get("path") if isinstance(item, dict) else item, "path")
        required = _get(item, "required", bool, required)
        found = names.resolve(paths)
        if not found:
            self.missing(required, "member" if names.of else "variable", paths)
            return None
        field, of, symbol = found
        _read_form(item, field, of)
        _check_value(field, of, paths[0])
        if isinstance(item, dict) and "length" in item:
            length = _number(names, item["length"])
            field.length = length[0] if length else None
        return field, symbol

    def fields(self, names, items, name, prefix):
        found = {}
        for role, item in (items or {}).items():
            self.where = f"{prefix}.{role}"
            field = self.field(names, item, role in REQUIRED.get(name, ()))
            if field:
                found[role] = field[0]
        return found

    # ---- objects ----

    def objects(self):
        items = _get(self.root, "objects", dict, {})
        for name in CLASSES:
            if name in items:
                self.object(name, items[name])
        for name, item in items.items():
            if name not in CLASSES:
                self.object(name, item)

    def object(self, name, item):
        self.where = name
        types = _alternatives(_get(item, "type", (str, list)), "type")
        made = Object(name)
        made.type_name, made.type = next(
            ((text, found) for text in types if (found := symbols.struct(text))), (None, None))
        if made.type is None:
            self.missing(not _get(item, "optional", bool), "struct", types)
            return
        fields = _get(item, "fields", dict, {})
        for role in REQUIRED.get(name, ()):
            if role not in fields:
                raise _BadForm(f"{role}: this role must be described")
        made.fields = self.fields(_Names(made.type), fields, name, name)
        for variant in _get(item, "variants", list, []):
            self.variant(made, variant)
        self.layout.objects[name] = made

    def variant(self, made, item):
        variant = Variant(_get(item, "name", str))
        prefix = self.where = f"{made.name}<{variant.name}>"
        names = _Names(made.type)
        when = self.field(names, _get(item, "when", dict, {}))
        if _get(item, "in", list):
            variant.type, variant.inside = self.wrapper(item["in"])
            names = _Names(variant.type, variant.inside)
        if not when or not when[0].words or names.of is None:
            return
        variant.when = when[0]
        variant.fields = self.fields(names, _get(item, "fields", dict), made.name, prefix)
        variant.sets = self.sets(item)
        made.variants.append(variant)

    @staticmethod
    def wrapper(items):
        """The larger struct that the object sits in, and where."""
        for item in items:
            of = symbols.struct(_get(item, "type", str))
            found = of and _Names(of).resolve([_get(item, "member", str, "")])
            if found and len(found[0].offsets) == 1:
                return of, found[0].offsets[0]
        return None, 0

    @staticmethod
    def sets(item):
        sets = _get(item, "set", dict, {})
        if not all(isinstance(value, (str, int)) for value in sets.values()):
            raise _BadForm("set: expected a word or a number")
        return sets

    # ---- lists ----

    def lists(self):
        for entry in _get(self.root, "lists", list, []):
            choices = entry if isinstance(entry, list) else [entry]
            for item in choices:
                last = item is choices[-1]
                found = self.list(item, required=last)
                if found:
                    self.layout.lists.append(found)
                    break

    def list(self, item, required):
        heads = _alternatives(_get(item, "head", (str, list)), "head")
        owner = _get(item, "in", str)
        made = List(".".join(part for part in (owner, heads[0]) if part), _get(item, "of", str),
                    owner)
        self.where = f"list {made.label}"
        made.holds = _get(item, "holds", bool, False)
        made.is_static = _get(item, "static", bool, False)
        made.is_sorted = _get(item, "sorted", bool, False)
        if "length" in item:
            found = self.field(_Names(), item["length"])
            made.length = (found[1], found[0]) if found else None
        made.sets = self.sets(item)
        if _get(item, "kind", str) not in LIST_FORMS:
            raise _BadForm("unknown kind of list")
        try:
            self.list_names(made, item, heads)
        except _Missing:
            self.missing(required and not _get(item, "optional", bool), "list", heads)
            return None
        return made

    def list_base(self, made, item):
        if made.owner is None:
            return _Names()
        holder = self.layout.objects.get(made.owner)
        wanted = _get(item, "variant", str)
        if holder is None:
            raise _Missing
        if wanted is None:
            return _Names(holder.type)
        for variant in holder.variants:
            if variant.name == wanted:
                made.variant = variant
                return _Names(variant.type or holder.type, variant.inside)
        raise _Missing

    def list_names(self, made, item, heads):
        made.kind, first, following = LIST_FORMS[item["kind"]]
        if made.of not in self.layout.objects:
            raise _Missing
        names = self.list_base(made, item)
        found = names.resolve(heads, first)
        node = symbols.struct(_get(item, "node", str, self.layout.objects[made.of].type_name))
        if not found or node is None:
            raise _Missing
        made.head, of, made.symbol = found
        head = next(head for head in heads if names.resolve([head], first))
        made.label = ".".join(part for part in (made.owner, head) if part)
        whole = names.resolve(heads)
        made.head_type = whole[1] if whole else None
        if "via" in item:
            via = _number(_Names(node), item["via"])
            if not via or not symbols.is_pointer(via[1]):
                raise _Missing
            made.via = via[0]
        if made.kind == CHAIN:
            link = _Names(node).resolve(_alternatives(item.get("link"), "link"), following)
            if not symbols.is_pointer(of) or not link or len(link[0].offsets) > 1:
                raise _Missing
            made.next = link[0].offsets[0]
            made.is_double = item["kind"] in ("tailq", "list")
            made.has_tail = item["kind"] in ("tailq", "stailq")
        else:
            self.array(made, item, names, of)

    def array(self, made, item, names, of):
        single = item["kind"] == "single"
        if symbols.is_array(of):
            made.fixed_count = symbols.count(of)
            of = symbols.target(of)
        elif not single:
            if not symbols.is_pointer(of) or not made.head.enter():
                raise _Missing
            of = symbols.target(of)
        if single:
            made.fixed_count = 1
        made.stride = self.layout.pointer_size if single else of.sizeof
        count = item.get("count")
        if isinstance(count, int):
            made.fixed_count = count
        elif count is not None:
            found = _number(names, count)
            if found:
                made.count, _, made.count_symbol = found
        if not made.stride or not (made.count or made.fixed_count):
            raise _Missing

    # ---- the rest ----

    def globals(self):
        layout = self.layout
        for name, item in _get(self.root, "counters", dict, {}).items():
            self.where = f"counter {name}"
            found = self.field(_Names(), item)
            if found:
                layout.counters[name] = found[1], found[0]
        layout.levels = [name for name in _get(self.root, "levels", list, [])
                         if name in layout.counters]
        guard = _get(self.root, "guard", dict, {})
        for name in ("generation", "lock"):
            self.where = f"guard.{name}"
            found = self.field(_Names(), guard[name]) if name in guard else None
            setattr(layout, name, (found[1], found[0]) if found else None)
        if "safe_point" in guard:
            names = _alternatives(guard["safe_point"], "safe_point")
            layout.safe_point = next((name for name in names
                                      if symbols.function(name) is not None), None)
        self.where = "tables"
        self.tables(_get(self.root, "tables", (dict, list), []))

    # ---- translation tables ----

    def tables(self, items):
        for item in items if isinstance(items, list) else [items]:
            condition = _get(item, "if", str)
            if condition is None or symbols.address(condition) is not None:
                self.layout.tables = self.tables_of(item)
                return

    def tables_of(self, item):
        tables = Tables(_get(item, "format", str))
        if tables.form not in ("aarch64-4k", "arm-short"):
            raise _BadForm("unknown format of translation tables")
        tables.va_bits = _get(item, "va_bits", int, 0)
        if tables.va_bits and not 25 <= tables.va_bits <= 48:
            raise _BadForm("va_bits: expected 25 to 48")
        self.leaf_tables(tables, _get(item, "leaf", dict, {}))
        try:
            self.core_tables(tables, _get(item, "core", dict, {}))
        except _Missing:
            tables.core = None
        return tables

    def leaf_tables(self, tables, leaf):
        area = self.layout.objects.get("area")
        role = area.fields.get("leaf_tables") if area else None
        of = symbols.struct(_get(leaf, "type", str))
        if not role or of is None or not symbols.is_pointer(role.type):
            return
        tables.leaf_is_array = symbols.is_pointer(symbols.target(role.type))
        tables.leaf_shift = _get(leaf, "shift", int, 0)
        if not 16 <= tables.leaf_shift <= 30:
            raise _BadForm("leaf: shift: expected 16 to 30")
        found = _number(_Names(of), leaf.get("table"))
        tables.leaf_table = found[0] if found else None

    def core_tables(self, tables, core):
        if "head" not in core:
            return
        made = List("core tables", None, None)
        made.kind = ARRAY
        found = _Names().resolve(_alternatives(core["head"], "head"))
        if not found:
            return
        made.head, of, made.symbol = found
        self.array(made, {"kind": "array", "count": core.get("count")}, _Names(), of)
        element = _Names(symbols.target(of))
        for role in ("table", "base", "entries"):
            found = _number(element, core.get(role))
            if not found:
                raise _Missing
            tables.core_fields[role] = found[0]
        tables.core = made


def create(profile):
    """Work PROFILE out against the symbols that gdb has. LayoutError where that cannot be."""
    work = _Work(profile)
    try:
        work.objects()
        work.lists()
        work.globals()
    except (_BadForm, AttributeError, TypeError, KeyError) as error:
        raise LayoutError(f"profile {profile.path}: {work.where}: {error}") from None
    return work.layout
