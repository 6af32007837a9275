# SPDX-License-Identifier: BSD-2-Clause
"""gdb's commands. Each takes one snapshot and prints it; whatever goes wrong is one line."""
import contextlib
import os

import gdb

from . import json_write, report
from .errors import PagerError
from .session import Session


@contextlib.contextmanager
def one_line_errors():
    """Trouble of the target, of a file or of the user is a sentence; anything else is our bug."""
    try:
        yield
    except gdb.GdbError:
        raise
    except PagerError as error:
        raise gdb.GdbError(str(error)) from None
    except OSError as error:
        raise gdb.GdbError(f"{error.filename}: {error.strerror}") from None
    except gdb.error as error:
        raise gdb.GdbError(" ".join(str(error).split())) from None


def take():
    """(snapshot, layout) of the target as it stands."""
    with Session() as session:
        return session.snapshot(), session.layout


def _print(lines):
    for line in lines:
        print(line)


class _Command(gdb.Command):
    name = None
    completer = gdb.COMPLETE_NONE

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA, self.completer)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        with one_line_errors():
            self.run(argument.strip())

    def run(self, argument):
        raise NotImplementedError

    def no_argument(self, argument):
        if argument:
            raise PagerError(f"{self.name} takes no argument")


class Areas(_Command):
    """List the virtual address ranges of every context.

Usage: pager-areas [CONTEXT | ADDRESS]

CONTEXT is a context's name or its first word; ADDRESS that of a context, or of a fobj: then the
areas that map it are listed, whatever their context."""

    name = "pager-areas"
    completer = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        snapshot, layout = take()
        names = [name for context in snapshot.contexts
                 for name in (context.name, context.name.split(" ")[0])]
        wanted = argument or None
        if wanted and wanted not in names:
            wanted = _address(argument)
        _print(report.areas(snapshot, layout, wanted))
        _print(report.notes(snapshot))


class Fobjs(_Command):
    """List every fobj: its pages, its references and who holds how many of them.

Usage: pager-fobjs

`pager-owners ADDRESS` of a fobj lists its holders one by one."""

    name = "pager-fobjs"

    def run(self, argument):
        self.no_argument(argument)
        snapshot, layout = take()
        _print(report.fobjs(snapshot, layout))
        _print(report.notes(snapshot))


class Pmem(_Command):
    """List the physical pages of the pool, in the order of eviction.

Usage: pager-pmem [free | clean | dirty | locked | hidden]"""

    name = "pager-pmem"
    states = ("free", "clean", "dirty", "locked", "hidden")

    def run(self, argument):
        if argument and argument not in self.states:
            raise PagerError(f"{self.name}: '{argument}' is none of {', '.join(self.states)}")
        snapshot, layout = take()
        _print(report.pmems(snapshot, layout, argument or None))
        _print(report.notes(snapshot))

    def complete(self, text, word):
        return [state for state in self.states if state.startswith(word)]


class Files(_Command):
    """List the known files with their holders and their shareable slices.

Usage: pager-files"""

    name = "pager-files"

    def run(self, argument):
        self.no_argument(argument)
        snapshot, layout = take()
        _print(report.files(snapshot, layout))
        _print(report.notes(snapshot))


class Owners(_Command):
    """Tell what an address belongs to, and who owns it.

Usage: pager-owners ADDRESS

ADDRESS is an expression: a physical address of the pool, a virtual address of any context, or the
address of a fobj, file, pmem or area. Each thing it can mean is told. An address of the core's own
that maps a page of the pool is told as that page."""

    name = "pager-owners"
    completer = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        if not argument:
            raise PagerError(f"usage: {self.name} ADDRESS")
        addr = _address(argument)
        with Session() as session:
            snapshot = session.snapshot()
            lines = list(report.owners(snapshot, addr))
            physical = None if lines else session.memory.translate(addr)
            if physical is not None:
                lines = [f"{addr:#x} is mapped to physical {physical:#x}"]
                lines += report.owners(snapshot, physical)
        _print(report.notes(snapshot))
        if not lines:
            raise PagerError(f"{addr:#x}: nothing known there")
        _print(lines)


class Refcheck(_Command):
    """Check every reference count against its named holders, and the pager's other rules.

Usage: pager-refcheck

One line per finding, and $pager_findings is set to their number. The verdict is that of
`pagerview check` at the same stop."""

    name = "pager-refcheck"

    def run(self, argument):
        self.no_argument(argument)
        snapshot, _ = take()
        _print(report.findings(snapshot))
        _print(report.notes(snapshot, findings=True))
        counted = [thing for thing in snapshot.fobjs + snapshot.files if not thing.bad]
        number = len(snapshot.findings) - len(snapshot.in_flight)
        print(f"{len(counted)} of {len(snapshot.fobjs) + len(snapshot.files)} counts checked:"
              f" {number or 'no'} finding{'' if number == 1 else 's'}")
        gdb.set_convenience_variable("pager_findings", number)


class Snap(_Command):
    """Write a snapshot as JSON, which `pagerview -f FILE` shows.

Usage: pager-snap FILE"""

    name = "pager-snap"
    completer = gdb.COMPLETE_FILENAME

    def run(self, argument):
        names = gdb.string_to_argv(argument)
        if len(names) != 1:
            raise PagerError(f"usage: {self.name} FILE")
        snapshot, _ = take()
        path = os.path.expanduser(names[0])
        with open(path, "w", encoding="utf-8") as out:
            json_write.write(snapshot, out)
        print(f"{path}: {len(snapshot.pmems)} pages, {len(snapshot.areas)} areas,"
              f" {len(snapshot.fobjs)} fobjs; {snapshot.capture.consistency}:"
              f" {snapshot.capture.why}")


def _address(expression):
    """The number that an expression of gdb's stands for."""
    value = gdb.parse_and_eval(expression)
    try:
        return int(value) & (1 << 64) - 1
    except gdb.error:
        raise PagerError(f"'{expression}' is no address") from None


class PagerFobj(gdb.Function):
    """Return the fobj behind an address, as a pointer; 0 if there is none.

Usage: $pager_fobj (ADDRESS [, CONTEXT])

ADDRESS is a physical address of the pool, a virtual address of a context, or that of a pmem, area,
slice or fobj. Where a virtual address means different fobjs in different contexts, CONTEXT says
which: a name in quotes or the context's address."""

    def __init__(self):
        super().__init__("pager_fobj")

    def invoke(self, *arguments):
        with one_line_errors():
            if len(arguments) not in (1, 2):
                raise PagerError("usage: $pager_fobj(ADDRESS [, CONTEXT])")
            addr = int(arguments[0]) & (1 << 64) - 1
            wanted = _wanted_context(*arguments[1:])
            snapshot, layout = take()
            fobjs = _fobjs_at(snapshot, addr, wanted)
            if len(fobjs) > 1:
                raise PagerError(f"{addr:#x} is in several contexts: say which,"
                                 f' as in $pager_fobj({addr:#x}, "A")')
            pointer = layout.objects["fobj"].type.pointer()
            return gdb.Value(fobjs.pop().id if fobjs else 0).cast(pointer)


def _wanted_context(value=None):
    if value is None:
        return None
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_PTR) and \
            value.type.strip_typedefs().target().sizeof == 1:
        return value.string()
    return int(value) & (1 << 64) - 1


def _fobjs_at(snapshot, addr, wanted):
    """The set of fobjs that ADDR can mean; an object's own address means it alone."""
    pieces = [piece for file in snapshot.files for piece in file.slices]
    for thing in snapshot.fobjs + snapshot.areas + snapshot.pmems + pieces:
        if thing.id == addr:
            return {thing} if thing in snapshot.fobjs else {thing.fobj} - {None}
    for pmem in snapshot.pmems:
        if report.holds(pmem, addr):
            return {pmem.fobj} - {None}
    found = set()
    for area in snapshot.areas:
        context = area.context
        names = (None, context.name, context.name.split(" ")[0], context.id) if context else (None,)
        if report.covers(area, addr) and wanted in names:
            found.add(area.fobj)
    return found - {None}


def register():
    for command in (Areas, Fobjs, Pmem, Files, Owners, Refcheck, Snap, PagerFobj):
        command()
