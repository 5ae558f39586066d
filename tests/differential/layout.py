"""Where code, data and tables of random programs lie: what both machines are set up with."""

from __future__ import annotations

import struct

PHYSICAL = 1 << 24
"""Bytes of memory; what of it is mapped, is mapped to itself."""
DATA, REGION = 0x300000, 0x4000
"""Data, the stack, and the two descriptor tables: all that instructions may write."""
STACK = DATA + 0x2000
GDT, LDT = DATA + 0x3000, DATA + 0x3800
CODE, SLOT, MAX_SLOTS = 0x400000, 16, 0x8000
PAGE_TABLES = 0x10000
POINTERS = "RBX RBP RSI RDI R12 R13"
"""Registers that hold addresses of data when a program begins."""

DESCRIPTORS = (
    0,
    0x00AF9B000000FFFF,  # 08: code, 64 bits, level 0
    0x00CF93000000FFFF,  # 10: data, level 0
    0x00CFFB000000FFFF,  # 18: code, 32 bits, level 3
    0x00CFF3000000FFFF,  # 20: data, level 3
    0x00AFFB000000FFFF,  # 28: code, 64 bits, level 3
    0x0000893000000067,  # 30: a task state segment
    0,
    0x0000823038000017,  # 40: the LDT
    0,
    0x12CFF2345678FFFF,  # 50: data with a base
    0x00CF73001000FFFF,  # 58: not present
    0x00AF99000000FFFF,  # 60: code that cannot be read, level 0
    0x30CFF30002000FFF,  # 68: data whose base is the region's
    0x00AFFF300000FFFF,  # 70: conforming code
    0xFFCFF2FFFFF0FFFF,  # 78: data with the highest base
)
"""The GDT: each kind that a load can meet."""

LOCAL = (0xCACFF3FE0000FFFF, 0x00CF93123000FFFF, 0x0040F00010000FFF)


def tables() -> bytes:
    """Return the descriptor tables as they lie in memory, from GDT to the end of LDT."""
    first = b"".join(struct.pack("<Q", each) for each in DESCRIPTORS)
    return first.ljust(LDT - GDT, b"\0") + b"".join(struct.pack("<Q", each) for each in LOCAL)
