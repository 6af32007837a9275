# SPDX-License-Identifier: BSD-2-Clause
"""What gdb knows of names: variables, functions, constants, structs and their members.

Addresses are gdb's, so they are where the ELF really lies. A name that is not there is None: the
caller knows what it needs. Names come from profiles; what is no plain identifier is never given to
gdb, whose expressions could call functions of the target.
"""
import re

import gdb

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
_COMPONENT = re.compile(r"([A-Za-z_]\w*)((?:\[\d{1,6}\])*)\Z")
_AGGREGATES = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
# A variable that gdb first met in a declaration is "unresolved", and found when it is asked for.
_VARIABLE = (gdb.SYMBOL_LOC_STATIC, gdb.SYMBOL_LOC_UNRESOLVED)
_ADDRESS_MASK = (1 << 64) - 1


def _lookup(name, domain):
    if not _IDENTIFIER.match(name):
        return None
    return gdb.lookup_global_symbol(name, domain) or gdb.lookup_static_symbol(name, domain)


def _linker_symbol(name):
    """A symbol without debug information, by gdb's minimal symbols."""
    try:
        return int(gdb.parse_and_eval(f"(char *)&{name}")) & _ADDRESS_MASK
    except gdb.error:
        return None


def _place(symbol):
    """(address, type) of a variable or function that has a place in memory, or None."""
    try:
        value = symbol.value()
        return int(value.address) & _ADDRESS_MASK, value.type.strip_typedefs()
    except (gdb.error, TypeError):
        return None


def variable(name):
    """(address, type) of a variable with debug information, or None."""
    symbol = _lookup(name, gdb.SYMBOL_VAR_DOMAIN)
    if symbol is None or symbol.addr_class not in _VARIABLE:
        return None
    return _place(symbol)


def function(name):
    """Address of a function, or None."""
    symbol = _lookup(name, gdb.SYMBOL_VAR_DOMAIN)
    if symbol is None or symbol.addr_class != gdb.SYMBOL_LOC_BLOCK:
        return None
    found = _place(symbol)
    return found and found[0]


def entry(name):
    """Where a CPU stops for `break NAME`: the function's first address, or past its prologue."""
    symbol = _lookup(name, gdb.SYMBOL_VAR_DOMAIN) if name else None
    start = function(name) if symbol is not None else None
    if start is None:
        return ()
    lines = [line.pc for line in symbol.symtab.linetable() or ()]
    return start, min((pc for pc in lines if pc > start), default=start)


def address(name):
    """Address of a function, a variable or a symbol of the linker's, or None."""
    found = variable(name)
    if found:
        return found[0]
    return function(name) or (_linker_symbol(name) if _IDENTIFIER.match(name) else None)


def constant(name):
    """Value of an enumerator, or None."""
    symbol = _lookup(name, gdb.SYMBOL_VAR_DOMAIN)
    if symbol is None or symbol.addr_class != gdb.SYMBOL_LOC_CONST:
        return None
    return int(symbol.value())


def struct(name):
    """The complete struct, union or typedef of that name, or None."""
    if not isinstance(name, str) or not _IDENTIFIER.match(name):
        return None
    for text in (f"struct {name}", f"union {name}", name):
        try:
            found = gdb.lookup_type(text).strip_typedefs()
        except gdb.error:
            continue
        if found.code in _AGGREGATES and found.sizeof:
            return found
    return None


def is_pointer(of):
    return of is not None and of.code == gdb.TYPE_CODE_PTR


def is_array(of):
    return of is not None and of.code == gdb.TYPE_CODE_ARRAY


def is_aggregate(of):
    return of is not None and of.code in _AGGREGATES


def is_signed(of):
    return of.code != gdb.TYPE_CODE_PTR and of.is_scalar and of.is_signed


def target(of):
    """What a pointer points to, or an array's element."""
    return of.target().strip_typedefs()


def count(of):
    """Elements of an array; 0 for a flexible one."""
    low, high = of.range()
    return max(0, high - low + 1)


def _field(of, name):
    """(bit position, bits of a bit-field or 0, type); members of anonymous ones are the outer's."""
    for field in of.fields():
        if not hasattr(field, "bitpos"):
            continue
        if field.name == name:
            return field.bitpos, field.bitsize, field.type.strip_typedefs()
        inner = field.type.strip_typedefs()
        if not field.name and is_aggregate(inner):
            found = _field(inner, name)
            if found:
                return field.bitpos + found[0], found[1], found[2]
    return None


def member(of, component):
    """(bit position, bits of a bit-field or 0, type) of `name` or `name[2]` in OF, or None."""
    match = _COMPONENT.match(component)
    if not match or not is_aggregate(of):
        return None
    found = _field(of, match.group(1))
    for index in re.findall(r"\d+", match.group(2)):
        if not found or not is_array(found[2]) or int(index) >= count(found[2]):
            return None
        element = target(found[2])
        found = found[0] + int(index) * element.sizeof * 8, 0, element
    return found
