# SPDX-License-Identifier: BSD-2-Clause
"""The ledger: every counted reference of a fobj or file against the holder that is known by name.
What is left over is the surplus (a leak) or, below 0, the deficit (a put too many).
"""
from .snapshot import Holder


class Ledger:
    def __init__(self, snapshot):
        self._snapshot = snapshot

    @staticmethod
    def enter(of, kind, addr, name):
        """A reference of OF, a fobj or a file, that the object at ADDR holds; OF may be None."""
        if of is not None:
            of.holders.append(Holder(kind, addr, name))

    def close(self):
        """Everyone has entered: work out what is left."""
        for fobj in self._snapshot.fobjs:
            fobj.surplus = 0 if fobj.bad else fobj.refcount - len(fobj.holders)
        for file in self._snapshot.files:
            file.surplus = 0 if file.freed else file.refcount - len(file.holders)
