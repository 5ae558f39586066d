"""Raw CPUID dumps: what a processor displays, and which of the bits that the spec knows it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.features import Feature

Registers = tuple[int, int, int, int]

_INSTLATX64 = re.compile(
    r"^CPUID ([0-9A-F]{8}): ((?:[0-9A-F]{8}-){3}[0-9A-F]{8})(?: \[SL ([0-9A-F]{2})\])?", re.MULTILINE
)
_CPUID_R = re.compile(
    r"^\s*0x([0-9a-f]{8}) 0x([0-9a-f]{2}): eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8})"
    r" ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})",
    re.MULTILINE,
)
_NAMES = ("EAX", "EBX", "ECX", "EDX")
_EXTENDED = 0x80000000
_HYPERVISOR = 1 << 31


@dataclass(frozen=True, slots=True)
class Dump:
    """What CPUID gave on one logical processor, by leaf and subleaf."""

    leaves: Mapping[tuple[int, int], Registers]

    @property
    def vendor(self) -> str:
        """Return the twelve characters of leaf 0."""
        _, b, c, d = self.leaves[0, 0]
        return b"".join(each.to_bytes(4, "little") for each in (b, d, c)).decode("ascii", "replace")

    @property
    def family(self) -> int:
        """Return the family as it is displayed, with the extended one added where the base is Fh."""
        word = self.leaves[1, 0][0]
        base = word >> 8 & 0xF
        return base + (word >> 20 & 0xFF) if base == 0xF else base

    @property
    def model(self) -> int:
        """Return the model as it is displayed, with the extended one in families 6 and Fh."""
        word = self.leaves[1, 0][0]
        extended = word >> 16 & 0xF if word >> 8 & 0xF in (6, 0xF) else 0
        return extended << 4 | (word >> 4 & 0xF)

    @property
    def guest(self) -> bool:
        """Whether a hypervisor says that it took part; the dump then tells what it lets the guest see."""
        return bool(self.leaves[1, 0][2] & _HYPERVISOR)

    def has(self, feature: Feature) -> bool:
        """Return whether a bit is set; in a leaf that the processor does not have there is none.

        What CPUID gives beyond its last leaf are on Intel the data of another, so the last is looked at first.
        """
        first = feature.leaf & _EXTENDED
        last = self.leaves.get((first, 0), (0, 0, 0, 0))[0]
        if feature.leaf > last or feature.subleaf > self._last_subleaf(feature.leaf):
            return False
        registers = self.leaves.get((feature.leaf, feature.subleaf), (0, 0, 0, 0))
        return bool(registers[_NAMES.index(feature.register)] >> feature.bit & 1)

    def _last_subleaf(self, leaf: int) -> int:
        return self.leaves.get((leaf, 0), (0, 0, 0, 0))[0] if leaf == 7 else 0


def read_dump(text: str) -> Dump | None:
    """Return what the first logical processor of a dump gave; None where the text is none, or says too little.

    Read are the text files of InstLatx64, and what ``cpuid -r`` prints.
    """
    leaves: dict[tuple[int, int], Registers] = {}
    for place, registers in (*_instlatx64(text), *_raw(text)):
        leaves.setdefault(place, registers)
    return Dump(leaves) if {(0, 0), (1, 0)} <= leaves.keys() else None


def _instlatx64(text: str) -> Iterator[tuple[tuple[int, int], Registers]]:
    for leaf, words, subleaf in _INSTLATX64.findall(text):
        yield (int(leaf, 16), int(subleaf or "0", 16)), _registers(words.split("-"))


def _raw(text: str) -> Iterator[tuple[tuple[int, int], Registers]]:
    for leaf, subleaf, *words in _CPUID_R.findall(text):
        yield (int(leaf, 16), int(subleaf, 16)), _registers(words)


def _registers(words: Iterable[str]) -> Registers:
    a, b, c, d = (int(word, 16) for word in words)
    return a, b, c, d
