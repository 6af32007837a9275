# SPDX-License-Identifier: BSD-2-Clause
"""gdb commands on the memory pager of a trusted kernel: `source` this file, or let gdb load it with
the target's ELF (README.md). `help pager-areas`, `help function pager_fobj` and so on tell more.

It may be sourced again after a change: everything is loaded and registered anew.
"""
import os
import sys

import gdb


def _load():
    # Not __file__: gdb leaves that of an outer script in place.
    folder = os.path.dirname(os.path.abspath(_load.__code__.co_filename))
    for name in [name for name in sys.modules if name.split(".")[0] == "pagergdb"]:
        del sys.modules[name]
    keep, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the tree stays clean
    sys.path.insert(0, folder)
    try:
        from pagergdb import commands, printers, session
    finally:
        sys.path.remove(folder)
        sys.dont_write_bytecode = keep
    session.ProfileParameter()
    commands.register()
    printers.register()


if sys.version_info < (3, 8) or not hasattr(gdb.Type, "is_scalar"):
    raise gdb.GdbError("pager.py needs gdb 12 or later")
_load()
