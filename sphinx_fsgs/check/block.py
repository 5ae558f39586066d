"""Whether a literal block that nobody speaks of can be read; it has nothing to be compared with, so no more is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.bind import UNKNOWN_LABEL, UNKNOWN_SYMBOL
from sphinx_fsgs.machine.program import assemble
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.assembly import bytes_in
from sphinx_fsgs.syntax.language import Language, language_of, patterns, without_comments
from sphinx_fsgs.syntax.read_assembly import decoded, read_assembly

UNDERSTOOD = ""

_BY_CODE: Mapping[str, str] = {
    "FSGS140": "unknown-instruction",
    "FSGS143": "directive",
    "FSGS144": "directive",
    "FSGS145": "directive",
    "FSGS148": "bytes",
    "FSGS149": "bytes",
    UNKNOWN_SYMBOL: "unknown-symbol",
    UNKNOWN_LABEL: "unknown-symbol",
}
_IN_ORDER = (
    "pseudo-code",
    "placeholder",
    "macro",
    "unknown-instruction",
    "directive",
    "bytes",
    "unknown-symbol",
    "operands",
)


def why_not_understood(block: Fragment, named: str, spec: Spec) -> str:
    """Return in one word why a block is not understood, or nothing when each of its lines is.

    :param named: the language that the document names, or nothing.
    """
    language = language_of(block.text, named, spec.lexicon)
    read = _READERS.get(language)
    return read(block, spec) if read else language


def _assembly(block: Fragment, spec: Spec) -> str:
    read = read_assembly(block, spec.lexicon)
    run = decoded(read.tree or (), spec.lexicon, "64-bit")
    assembled = assemble(run.tree or (), spec, "64-bit", {})
    errors = _errors((*read.diagnostics, *run.diagnostics, *assembled.diagnostics))
    found = {_reason(each, block, spec) for each in errors}
    if bytes_in(run.tree or ()) is not None:
        found.add("bytes")
    return next((reason for reason in _IN_ORDER if reason in found), "syntax" if found else UNDERSTOOD)


def _c(block: Fragment, spec: Spec) -> str:
    from sphinx_fsgs.machine.c_lower import lower  # few blocks are C
    from sphinx_fsgs.syntax.read_c import read_c

    parsed = read_c(block)
    if _errors(parsed.diagnostics) or _errors(lower(parsed.tree or (), spec).diagnostics):
        return "c"
    return UNDERSTOOD


_READERS: Mapping[Language, Callable[[Fragment, Spec], str]] = {"att": _assembly, "c": _c}


def _errors(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [each for each in found if each.severity == "error"]


def _reason(found: Diagnostic, block: Fragment, spec: Spec) -> str:
    """Return why a line is not understood: by its looks, else by what the reader found wrong with it."""
    lexicon = spec.lexicon
    known = patterns(lexicon.mnemonics, frozenset(lexicon.registers))
    texts = without_comments(block.text).split("\n")
    line = next((text for each, text in zip(_rows(block), texts, strict=False) if each == found.span.line), "")
    return known.why(line) or _BY_CODE.get(found.code, "syntax" if found.code == "FSGS142" else "operands")


def _rows(block: Fragment) -> list[int]:
    return [line.line for line in block.lines if not line.glued]


def reasons_of_blocks() -> frozenset[str]:
    """Return every reason that :func:`why_not_understood` can give."""
    languages = frozenset(get_args(Language)) - frozenset(_READERS)
    return languages | frozenset(_IN_ORDER) | {"syntax", "c"}
