"""``ignore CODE REASON``: which findings on the next construct are not reported, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sphinx_fsgs.diagnostic import Diagnostic, Fix, did_you_mean
from sphinx_fsgs.document.model import Annotation
from sphinx_fsgs.files import diagnostic_codes
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment, Span

NO_REASON, NO_CODE, UNUSED = "FSGS701", "FSGS702", "FSGS703"
NEVER_IGNORED = ("FSGS7", "FSGS9")
"""What the tool says of suppression, settings, the spec and itself is not the document's to silence."""

_AUTHORITY = "the annotation rules: ignore CODE REASON"
_LOOK_ALIKE = str.maketrans("OIL", "011")
_WORD = re.compile(r"\S+")
_FORM = "write .. fsgs: ignore FSGS301 and then, in words, why it may stay"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ``ignore`` that can be used; ``region`` are the lines of which it speaks, None when nothing follows."""

    code: str
    reason: str
    span: Span
    region: Span | None


def read_ignores(notes: Sequence[Annotation]) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
    """Return the ignores among the annotations of a document, and what is wrong with the others."""
    read = [_read(note, note.argument) for note in notes if note.head == "ignore" and note.argument]
    good = tuple(each for each in read if isinstance(each, Ignore))
    return good, tuple(each for each in read if isinstance(each, Diagnostic))


def nearest_code(word: str) -> str:
    """Return the code, or the beginning of codes, that was probably meant, or an empty string."""
    typed = word.upper().translate(_LOOK_ALIKE)
    beginnings = (typed[:length] for length in range(len(typed), len("FSGS"), -1))
    near = next((each for each in beginnings if any(code.startswith(each) for code in diagnostic_codes())), "")
    return near if near.startswith("FSGS") else did_you_mean(typed, diagnostic_codes())


def is_never_ignored(code: str) -> bool:
    """Whether findings of that code are always reported."""
    return code.startswith(NEVER_IGNORED)


def unused(ignore: Ignore) -> Diagnostic:
    """FSGS703: no finding of that code is there to be ignored."""
    if ignore.region is None:
        message = f"ignore {ignore.code}: nothing follows it here that it could speak of"
        help = "put it above the paragraph, block, table or comment that it is about, indented like that, in no cell"
    else:
        first, last = ignore.region.line, ignore.region.end_line
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        message = f"there is no finding {ignore.code} on what follows ({where})"
        help = "remove this comment, or put it directly above what it is about"
    return Diagnostic(UNUSED, "error", ignore.span, message, _AUTHORITY, help)


def _read(note: Annotation, argument: Fragment) -> Ignore | Diagnostic:
    word = _WORD.search(argument.text)
    assert word is not None, "an argument is not blank"
    code, place = word[0], argument.span(*word.span())
    if code not in diagnostic_codes():
        return _no_code(code, place)
    if is_never_ignored(code):
        message = f"{code} cannot be ignored: it is not about what the document says"
        return Diagnostic(NO_CODE, "error", place, message, _AUTHORITY, "correct what it complains of")
    reason = " ".join(argument.text[word.end() :].split())
    if not any(character.isalpha() for character in reason):
        return Diagnostic(
            NO_REASON,
            "error",
            place,
            f"ignore {code} says no reason",
            _AUTHORITY,
            f"write behind {code} why it may stay",
        )
    return Ignore(code, reason, note.span, note.region)


def _no_code(word: str, place: Span) -> Diagnostic:
    bare = word.strip(",:;.").upper()
    longer = [code for code in diagnostic_codes() if code.startswith(bare)] if bare.startswith("FSGS") else []
    if longer and longer != [bare]:
        help = f"write one whole code, such as {longer[0]}"
        return Diagnostic(NO_CODE, "error", place, f'"{word}" is the beginning of several codes', _AUTHORITY, help)
    near = nearest_code(bare)
    near = near if near in diagnostic_codes() else ""
    return Diagnostic(
        NO_CODE,
        "error",
        place,
        f'"{word}" is no code of a finding',
        _AUTHORITY,
        f'did you mean "{near}"?' if near else _FORM,
        fix=Fix(f'write "{near}"', place, near) if near else None,
    )
