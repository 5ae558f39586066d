"""What words mean something, as the spec says: the only way in which ``syntax`` knows names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sphinx_fsgs.records import dataclass


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A function that compilers turn into one instruction: the stem of its file, a mnemonic, the operand's width."""

    instruction: str
    mnemonic: str
    bits: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The closed vocabulary that the spec hands in.

    Mappings go from every accepted spelling to the canonical one. Spellings of cells, constants and
    profiles are case-sensitive; mnemonics and subjects of sentences are looked up in lower case.
    """

    cells: Mapping[str, str]  # "IA32_KERNEL_GS_BASE" -> "GS_SHADOW"; views too: "EAX" -> "EAX"
    segments: frozenset[str]  # "FS", "GS", …: the records that have fields
    registers: Mapping[str, str]  # assembler names without %: "eax" -> "EAX", "gs" -> "GS"
    mnemonics: frozenset[str]  # every spelling that an instruction file accepts, lower case
    subjects: Mapping[str, str]  # how sentences name instructions, lower case: "mov gs" -> "MOV_LOAD"
    msrs: Mapping[str, int]  # "MSR_GS_BASE" -> 0xC0000101
    constants: Mapping[str, int]  # kernel constants, MSR numbers included
    functions: frozenset[str]  # usable in conditions: canonical, null, loadable, …
    faults: frozenset[str]  # "#GP", "#UD", …
    features: Mapping[str, str]  # CPUID features and their aliases -> canonical
    profiles: frozenset[str]
    families: frozenset[str]  # "intel", "amd"
    platforms: frozenset[str]  # "bare", …
    titles: Mapping[str, str] = field(default_factory=dict)  # profiles -> what they are called: "AMD Zen 4"
    markets: frozenset[str] = frozenset()  # "server", …: for whom processors are made
    intrinsics: Mapping[str, Intrinsic] = field(default_factory=dict)  # "_readgsbase_u64" -> RDGSBASE, 64 bits
    spaces: frozenset[str] = frozenset()  # named address spaces of compilers: "__seg_gs", "address_space(256)"
    vectors: Mapping[str, int] = field(default_factory=dict)  # "#GP" -> 13
    signals: frozenset[str] = frozenset()  # "SIGILL", …: what exceptions become on platforms
    families_of_platforms: frozenset[str] = frozenset()  # "linux", which may stand before a version
    environment: Mapping[str, str] = field(default_factory=dict)  # operation of a platform -> word of its line
    generations: frozenset[str] = frozenset()  # of processors, in lower case: "ivy bridge"
    branches: frozenset[str] = frozenset()  # mnemonics whose operand is a place to go to
    intel: Mapping[str, str] = field(default_factory=dict)  # Intel's name -> what AT&T puts two suffixes behind
    widths: Mapping[str, int] = field(default_factory=dict)  # of registers, in bits
    suffixed: Mapping[str, tuple[str, str]] = field(
        default_factory=dict
    )  # "movq" -> "mov", "q"; "movzbl" -> "movzx", "b"
    entries: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    # ("SYSCALL", "user") -> lines of "before"; ("called", "") for a function that is called
    locked: str = ""  # the mnemonic of what an instruction is behind a LOCK prefix that it does not take

    def processor(self, title: str) -> str:
        """Return the profile that is called so, with its maker or without it, or an empty text."""
        wanted = " ".join(title.split()).casefold()
        for name, full in self.titles.items():
            if wanted in (full.casefold(), full.partition(" ")[2].casefold()):
                return name
        return ""
