# SPDX-License-Identifier: BSD-2-Clause
"""What Arm translation tables say of a virtual address: stage 1; AArch64's with the 4 KiB granule
(Arm ARM D8.2, D8.3), of which AArch32's long descriptors are the last levels, and AArch32's short
descriptors (G5.4). Knows descriptors and a way to read physical memory; no object.
"""
import struct

_PAGE_SHIFT, _LEVEL_BITS = 12, 9
_VALID, _TABLE, _AP_EL0, _AP_RO, _PXN, _UXN = 1, 2, 1 << 6, 1 << 7, 1 << 53, 1 << 54
_SHORT_PAGE, _SHORT_XN, _SHORT_AP1, _SHORT_RO = 2, 1, 1 << 5, 1 << 9
_ADDRESS = 0x0000FFFFFFFFF000
READ, WRITE, EXECUTE = 1, 2, 4


def _leaf_prot(descriptor):
    """What EL0 may do."""
    if not descriptor & _AP_EL0:
        return 0
    return READ | (0 if descriptor & _AP_RO else WRITE) | (0 if descriptor & _UXN else EXECUTE)


def _leaf_core_prot(descriptor):
    """What EL1 may do."""
    return READ | (0 if descriptor & _AP_RO else WRITE) | (0 if descriptor & _PXN else EXECUTE)


def entry_size(form):
    return 4 if form == "arm-short" else 8


def leaf(form, descriptor, core):
    """Rights of the core, or of EL0, by the last table's entry."""
    if form == "arm-short":
        if not descriptor & _SHORT_PAGE or not (core or descriptor & _SHORT_AP1):
            return 0
        execute = 0 if descriptor & _SHORT_XN else EXECUTE
        return READ | execute | (0 if descriptor & _SHORT_RO else WRITE)
    if not descriptor & _VALID or not descriptor & _TABLE:
        return 0
    return _leaf_core_prot(descriptor) if core else _leaf_prot(descriptor)


def leaf_address(form, descriptor):
    """The physical address in the last table's entry, valid or not; None for none."""
    return descriptor & (0xFFFFF000 if form == "arm-short" else _ADDRESS) or None


def lookup(read, root, va_bits, va):
    """(EL0's rights, physical address of VA's page) below the table at ROOT; (0, None) where
    nothing is mapped. READ(pa, size) gives bytes and may raise, which passes through.
    """
    table = root & _ADDRESS
    levels = (va_bits - _PAGE_SHIFT + _LEVEL_BITS - 1) // _LEVEL_BITS
    for below in reversed(range(levels)):
        shift = _PAGE_SHIFT + _LEVEL_BITS * below
        index = va >> shift & ((1 << _LEVEL_BITS) - 1)
        descriptor, = struct.unpack("<Q", read(table + index * 8, 8))
        if not descriptor & _VALID or (below == 0 and not descriptor & _TABLE):
            return 0, None
        if below and descriptor & _TABLE:
            table = descriptor & _ADDRESS
            continue
        inside = (1 << shift) - 1
        return _leaf_prot(descriptor), (descriptor & _ADDRESS & ~inside) | (va & inside & ~0xFFF)
    return 0, None


class Regime:
    """The tables a CPU uses, from its registers."""

    def __init__(self, tcr, ttbr0, ttbr1):
        # Size and granule of the low and of the high half (TCR_EL1.T0SZ, TG0, T1SZ, TG1).
        self._halves = (
            (64 - (tcr & 0x3F), ttbr0, tcr >> 14 & 3 == 0),
            (64 - (tcr >> 16 & 0x3F), ttbr1, tcr >> 30 & 3 == 2),
        )

    def translate(self, read, va):
        """Physical address of VA, or None where it is not mapped or the granule is another."""
        va_bits, root, known = self._halves[va >> 63]
        outside = va >> va_bits
        if not known or va_bits > 48 or outside != (1 << (64 - va_bits)) - 1 and outside != 0:
            return None
        page = lookup(read, root, va_bits, va)[1]
        return None if page is None else page | va & 0xFFF
