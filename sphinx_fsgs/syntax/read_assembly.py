"""Reading assembly in AT&T syntax: comments, statements, directives, then the grammar, one statement at a time.

A directive of the assembler that has no meaning here is read without effect (engine.md 16).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.assembly import AsmStatement, TheBlock
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import Findings, Parsed
from sphinx_fsgs.syntax.pieces import cut

if TYPE_CHECKING:
    from lark.lexer import Token

AUTHORITY = "AT&T assembly, as GNU as reads it"
THE_BLOCK = re.compile(r"the[ \t]+block", re.IGNORECASE)

_STATEMENT = Language("assembly_att", "statement", "FSGS142", AUTHORITY)
_FIRST_WORD = re.compile(r"(?:(?:[A-Za-z_.$][\w.$]*|\d+)[ \t]*:\s*)*([A-Za-z_.][\w.]*)")

# What GNU as and the kernel's sources use around code, and what has no meaning for a run of it.
WITHOUT_EFFECT: frozenset[str] = frozenset(
    ".globl .global .local .weak .hidden .type .size .text .section .pushsection .popsection .previous .subsection "
    ".align .p2align .balign .file .loc .ident .code64".split()
)
DATA: frozenset[str] = frozenset(
    ".byte .word .short .value .long .int .quad .octa .ascii .asciz .string .zero .skip .space .fill".split()
)


def read_assembly(fragment: Fragment, lexicon: Lexicon, *, the_block: bool = False) -> Parsed[tuple[AsmStatement, ...]]:
    """Read assembly; statements that cannot be read are missing from the tree and stand in the findings.

    With ``the_block``, a line ``the block`` is read as :class:`TheBlock`.
    """
    findings = Findings(AUTHORITY)
    statements: list[AsmStatement] = []
    for piece in _statements(fragment, findings):
        if the_block and THE_BLOCK.fullmatch(piece.text):
            statements.append(TheBlock(piece.span()))
        else:
            statements.extend(_read(piece, lexicon, findings))
    return Parsed(tuple(statements), findings.done())


def _read(piece: Fragment, lexicon: Lexicon, findings: Findings) -> tuple[AsmStatement, ...]:
    tree = parse(_STATEMENT, piece)
    if isinstance(tree, Diagnostic):
        if not _misspelt(piece, lexicon, findings):
            findings.found.append(tree)
        return ()
    from sphinx_fsgs.syntax.build_assembly import Assembly

    before = len(findings.found)
    parts = cast("tuple[AsmStatement | Token, ...]", Assembly(piece, lexicon, findings).transform(tree))
    for each in parts:
        if isinstance(each, str):
            _directive(each, piece, findings)
    good = len(findings.found) == before
    return tuple(each for each in parts if not isinstance(each, str) and (good or _is_label(each)))


def _is_label(statement: AsmStatement) -> bool:
    return type(statement).__name__ == "Label"


def _misspelt(piece: Fragment, lexicon: Lexicon, findings: Findings) -> bool:
    """Say that the first word is no instruction, which explains all that follows it; return whether it is so."""
    first = _FIRST_WORD.match(piece.text)
    word = first.group(1) if first else ""
    if not first or word.startswith(".") or word.lower() in lexicon.mnemonics:
        return False
    where = piece.span(first.start(1), first.end(1))
    if _prefix().match(word):
        findings.error("FSGS145", where, f'the prefix "{word}" is not part of the language', PREFIX_REFUSED)
        return True
    findings.unknown("FSGS140", where, "instruction", word, set(lexicon.mnemonics), _NO_SUCH_INSTRUCTION)
    return True


PREFIX_REFUSED = 'leave the prefix out, or annotate the block with "skip"'
_NO_SUCH_INSTRUCTION = 'the spec has no such instruction; annotate the block with "skip" if it is not code'


def _prefix() -> re.Pattern[str]:
    """Return what the grammar calls a prefix."""
    found = next(each for each in _STATEMENT.parser().terminals if each.name == "PREFIX")
    return re.compile(found.pattern.to_regexp())


def _directive(token: Token, piece: Fragment, findings: Findings) -> None:
    text = str(token)
    word = text.split()[0].lower()
    start = piece.text.index(text)
    where = piece.span(start, start + len(word))
    if word in WITHOUT_EFFECT or word.startswith(".cfi_"):
        return
    if word in DATA:
        findings.error(
            "FSGS144", where, f"{word} puts bytes into the code", "write the instruction; bytes are not decoded"
        )
    else:
        known = set(WITHOUT_EFFECT | DATA)
        findings.unknown("FSGS143", where, "directive", word, known, "leave the line out")


# ---- comments and statements --------------------------------------------------------------------


def _statements(fragment: Fragment, findings: Findings) -> Iterator[Fragment]:
    """Yield the statements without comments and without empty ones."""
    masked, ends = _mask(fragment, findings)
    start = 0
    for end in ends:
        if masked.text[start:end].strip():
            yield cut(masked, start, end)
        start = end + 1


def _mask(fragment: Fragment, findings: Findings) -> tuple[Fragment, list[int]]:
    """Blank the comments; return the text that is left and the offsets where statements end."""
    text = fragment.text
    kept, ends, at = list(text), [], 0
    while at < len(text):
        if text.startswith("/*", at):
            at = _blank(kept, at, _comment_end(fragment, at, findings))
        elif text[at] == "#" or text.startswith("//", at):
            stop = text.find("\n", at)
            at = _blank(kept, at, len(text) if stop < 0 else stop)
        elif text[at] == '"':
            at = _string_end(text, at)
        else:
            if text[at] in ";\n":
                ends.append(at)
            at += 1
    return _with_text(fragment, "".join(kept)), [*ends, len(text)]


def _comment_end(fragment: Fragment, start: int, findings: Findings) -> int:
    stop = fragment.text.find("*/", start + 2)
    if stop >= 0:
        return stop + 2
    where: Span = fragment.span(start, start + 2)
    findings.error("FSGS142", where, "this comment is not closed", 'close it with "*/"')
    return len(fragment.text)


def _string_end(text: str, start: int) -> int:
    closing = re.compile(r'"(?:\\.|[^"\\\n])*"?').match(text, start)
    return closing.end() if closing else start + 1


def _blank(kept: list[str], start: int, end: int) -> int:
    for at in range(start, end):
        if kept[at] != "\n":
            kept[at] = " "
    return end


def _with_text(fragment: Fragment, text: str) -> Fragment:
    lines = zip(fragment.lines, text.split("\n"), strict=True)
    return Fragment(tuple(Line(kept, line.path, line.line, line.column, line.indent) for line, kept in lines))
