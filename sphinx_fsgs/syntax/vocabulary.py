"""The words by which a text speaks of FS or GS, made from the names in the spec.

*Strong* words are names that mean nothing else: instructions, registers, features, constants, intrinsics and address
spaces whose name holds a segment that has a base of its own, operands such as ``%gs``, and the numbers of the
registers. One of them makes a file worth reading. *Weak* words also count once a file is read: ``FS`` and ``GS``
alone, which elsewhere are file systems and grams.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os.path import commonprefix

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.syntax.lexicon import Lexicon

_FIELD_WORDS = ("base", "selector", "segment", "register", "prefix")
"""What a segment has in prose."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The two sets of words, compiled: ``core`` and ``others`` find strong words in bytes, ``weak`` all of them."""

    core: re.Pattern[bytes]
    others: tuple[tuple[bytes, re.Pattern[bytes]], ...]
    weak: re.Pattern[str]

    def is_strong(self, data: bytes) -> bool:
        """Return whether a strong word is in ``data``, in capitals or not."""
        lower = data.lower()
        return self.core.search(lower) is not None or any(
            start in lower and pattern.search(lower) is not None for start, pattern in self.others
        )

    def speaks(self, text: str) -> bool:
        """Return whether ``text``, from a file that is read, speaks of FS or GS."""
        return self.weak.search(text) is not None


def vocabulary(lexicon: Lexicon) -> Vocabulary:
    """Return the words for the names of a lexicon."""
    segments = base_segments(lexicon)
    names = sorted({name.lower() for name in _names(lexicon, segments)})
    short = [name for name in names if not any(other in name for other in names if other != name)]
    named = [name for name in short if _core(segments).search(name)]
    others = [name for name in short if name not in named] + [f"{number:#x}" for number in lexicon.msrs.values()]
    return Vocabulary(_core_pattern(segments, named), tuple(_grouped(others)), _weak(segments, [*named, *others]))


def base_segments(lexicon: Lexicon) -> tuple[str, ...]:
    """Return the segments whose base is a register of its own: FS and GS."""
    cells = {lexicon.cells[name] for name in lexicon.msrs if name in lexicon.cells}
    return tuple(sorted(segment for segment in lexicon.segments if f"{segment}.base" in cells))


def _core(segments: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(str.lower, segments)))


def _names(lexicon: Lexicon, segments: tuple[str, ...]) -> Iterator[str]:
    core = _core(segments)
    yield from lexicon.msrs
    yield from (lexicon.cells[name] for name in lexicon.msrs if name in lexicon.cells)
    yield from lexicon.spaces
    for cell in lexicon.cells:
        segment, _, part = cell.partition(".")
        if segment in segments and part.islower():
            yield cell
    for segment in segments:
        yield from (f"{segment} {word}" for word in _FIELD_WORDS)
    for words in (lexicon.mnemonics, lexicon.subjects, lexicon.constants, lexicon.features, lexicon.intrinsics):
        yield from (word for word in words if core.search(word.lower()))


def _core_pattern(segments: tuple[str, ...], names: Iterable[str]) -> re.Pattern[bytes]:
    """Return a pattern that finds the last letter of a segment first: one letter is what regular expressions scan fast.

    What stands before it in a name is looked up behind it, so that each name costs nothing until then.
    """
    last, core = {segment[-1].lower() for segment in segments}, _core(segments)
    ends = {_operand(segments), rf"(?<=\b(?:{core.pattern})):(?=[^:\s]|$)"}
    for name in names:
        match = core.search(name)
        assert match is not None
        before, behind = name[: match.end()], name[match.end() :]
        plain = before == match.group()
        # "sysfs attributes" are none of ours; "%gs_base" and "user_gs.base" are.
        start = r"\b" if plain and behind[:1] == " " else ""
        ends.add((f"(?<={start}{re.escape(before)})" if start or not plain else "") + re.escape(behind))
    initials = "".join(sorted(last)) if len(last) == 1 else f"[{''.join(sorted(last))}]"
    return re.compile(rf"{initials}(?<={core.pattern})(?:{'|'.join(sorted(ends))})".encode())


def _operand(segments: tuple[str, ...]) -> str:
    return rf"(?<=%(?:{_core(segments).pattern}))\b"


def _grouped(names: Iterable[str]) -> Iterator[tuple[bytes, re.Pattern[bytes]]]:
    """Yield what names begin with alike, and a pattern for them: the beginning is found by the fastest search."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(name[:6], []).append(name)
    for members in groups.values():
        yield commonprefix(members).encode(), re.compile("|".join(map(re.escape, members)).encode())


def _weak(segments: tuple[str, ...], names: Iterable[str]) -> re.Pattern[str]:
    strong = "|".join(re.escape(name) for name in sorted(set(names)))
    capitals = rf"(?<![\w.-])(?:{'|'.join(segments)})(?!\w)"
    # A file "fs/exec.c", a folder "/sys/fs" and a file "x.fs" are none of ours.
    small = rf"(?<![\w/.-])(?:{_core(segments).pattern})(?![\w/-]|\.\w)"
    return re.compile(f"{capitals}|{small}|(?i:{strong})")
