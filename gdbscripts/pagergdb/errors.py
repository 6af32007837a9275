# SPDX-License-Identifier: BSD-2-Clause
"""What can go wrong: each is one line for the user, never a traceback."""


class PagerError(Exception):
    """A command cannot go on; the text says why."""


class LayoutError(PagerError):
    """A profile is malformed, or the ELF lacks a name that it needs."""


class Unreadable(PagerError):
    """The target does not let us read an address."""

    def __init__(self, addr):
        super().__init__(f"address {addr:#x} cannot be read")
        self.addr = addr
