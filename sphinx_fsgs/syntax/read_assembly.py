"""Reading assembly in either syntax: comments, statements, directives, then the grammar, one statement at a time.

A directive of the assembler that has no meaning here is read without effect (engine.md 16). The dot words
of environment lines come from the spec; they are no directives of the assembler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Fragment, Line, Span
from sphinx_fsgs.syntax.assembly import AsmStatement, Bytes, Instruction, Label, TheBlock, bytes_in
from sphinx_fsgs.syntax.errors import Language, parse
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.parsed import MAX_FINDINGS, Findings, Parsed
from sphinx_fsgs.syntax.pieces import cut, one_line
from sphinx_fsgs.syntax.read_environment import line_words, read_environment

if TYPE_CHECKING:
    from lark.lexer import Token

    from sphinx_fsgs.syntax.build_assembly import Assembly
    from sphinx_fsgs.syntax.example import Mode

AUTHORITY = "AT&T assembly, as GNU as reads it"
_NOT_CODE = 'annotate the block with "skip" if it is not code'
THE_BLOCK = re.compile(r"the[ \t]+block", re.IGNORECASE)

INTEL_AUTHORITY = "Intel syntax, as GNU as reads it without prefixes"
ATT, INTEL = "att", "intel"
_STATEMENTS: dict[str, Language] = {
    ATT: Language("assembly_att", "statement", "FSGS142", AUTHORITY),
    INTEL: Language("assembly_intel", "statement", "FSGS142", INTEL_AUTHORITY),
}
_SECOND_WORD = re.compile(r"[ \t]+([A-Za-z]\w*)")
_FIRST_WORD = re.compile(r"(?:(?:[A-Za-z_.$][\w.$]*|\d+)[ \t]*:\s*)*([A-Za-z_.][\w.]*)(?![\w.]|[ \t]*:)")

# What GNU as and the kernel's sources use around code, and what has no meaning for a run of it.
WITHOUT_EFFECT: frozenset[str] = frozenset(
    ".globl .global .local .weak .hidden .type .size .text .section .pushsection .popsection .previous .subsection "
    ".align .p2align .balign .file .loc .ident .code64".split()
)
_MOVES = frozenset(
    ".text .section .pushsection .popsection .previous .subsection .align .p2align .balign .code64".split()
)
"""Those of them behind which code need not go on where it was."""
CODE = ".byte"
"""What bytes of code stand behind; they are an :class:`Bytes` until ``read_bytes`` decodes them."""
DATA: frozenset[str] = frozenset(
    ".word .short .value .long .int .quad .octa .ascii .asciz .string .zero .skip .space .fill".split()
)


def read_assembly(
    fragment: Fragment, lexicon: Lexicon, *, the_block: bool = False, syntax: str = ATT
) -> Parsed[tuple[AsmStatement, ...]]:
    """Read assembly; statements that cannot be read are missing from the tree and stand in the findings.

    With ``the_block``, a line ``the block`` is read as :class:`TheBlock`. ``syntax`` is ATT or INTEL.
    """
    findings = Findings(_STATEMENTS[syntax].authority)
    statements: list[AsmStatement] = []
    goes_on = False
    for piece in _statements(fragment, findings):
        if len(findings.found) >= MAX_FINDINGS:
            findings.error("FSGS114", piece.span(), "too much of this cannot be read; the rest is left out", _NOT_CODE)
            break
        if the_block and THE_BLOCK.fullmatch(piece.text):
            read: tuple[AsmStatement, ...] = (TheBlock(piece.span()),)
        else:
            read = _read(piece, lexicon, findings, syntax)
        for each in read:
            statements.append(replace(each, joined=True) if goes_on and isinstance(each, Bytes) else each)
            goes_on = isinstance(each, Bytes) or goes_on and isinstance(each, Label)
        goes_on = goes_on and not _moves(piece)
    return Parsed(tuple(statements), findings.done())


def decoded(run: tuple[AsmStatement, ...], lexicon: Lexicon, mode: Mode) -> Parsed[tuple[AsmStatement, ...]]:
    """Return a run with instructions for its bytes; those that are none are missing and stand in the findings.

    Where nothing is installed that decodes, the bytes stay.
    """
    if bytes_in(run) is None:
        return Parsed(run)
    from sphinx_fsgs.syntax.read_bytes import decode

    return decode(run, lexicon, mode)


def _moves(piece: Fragment) -> bool:
    first = _FIRST_WORD.match(piece.text)
    return first is not None and first[1].lower() in _MOVES


def _read(piece: Fragment, lexicon: Lexicon, findings: Findings, syntax: str) -> tuple[AsmStatement, ...]:
    first = _FIRST_WORD.match(piece.text)
    if first is not None and first.group(1) in line_words(lexicon):
        labels = _read(cut(piece, 0, first.start(1)), lexicon, findings, syntax) if first.start(1) else ()
        line = read_environment(cut(piece, first.start(1), len(piece.text)), lexicon, findings)
        return labels if line is None else (*labels, line)
    second = _SECOND_WORD.match(piece.text, first.end(1)) if first is not None else None
    if first is not None and second is not None and f"{first[1]} {second[1]}".lower() in lexicon.mnemonics:
        return _of_two_words(piece, first, second, lexicon, findings, syntax)
    tree = parse(_STATEMENTS[syntax], piece)
    if isinstance(tree, Diagnostic):
        return _unreadable(piece, tree, lexicon, findings, syntax)
    before = len(findings.found)
    parts = cast("tuple[AsmStatement | Token, ...]", _builder(syntax)(piece, lexicon, findings).transform(tree))
    for each in parts:
        if isinstance(each, str):
            _line_word(each, piece, lexicon, findings)
    good = len(findings.found) == before
    unknown = [each for each in findings.found[before:] if each.code == "FSGS140"]
    findings.found[before:] = unknown or findings.found[before:]  # what is no instruction has no operands
    return tuple(each for each in parts if not isinstance(each, str) and (good or isinstance(each, Label)))


def _of_two_words(
    piece: Fragment, first: re.Match[str], second: re.Match[str], lexicon: Lexicon, findings: Findings, syntax: str
) -> tuple[AsmStatement, ...]:
    """Read a statement whose mnemonic is a prefix and a word: as if the prefix were not there, and then with it."""
    kept = list(piece.text)
    _blank(kept, *first.span(1))
    mnemonic = f"{first[1]} {second[1]}".lower()
    written = one_line(piece.text[first.start(1) :].strip())
    span = piece.span(first.start(1), len(piece.text.rstrip()))
    return tuple(
        replace(each, mnemonic=mnemonic, text=written, span=span) if isinstance(each, Instruction) else each
        for each in _read(_with_text(piece, "".join(kept)), lexicon, findings, syntax)
    )


def _builder(syntax: str) -> type[Assembly]:
    """Return what makes trees; imported late, since that imports Lark."""
    if syntax == INTEL:
        from sphinx_fsgs.syntax.build_intel import IntelAssembly

        return IntelAssembly
    from sphinx_fsgs.syntax.build_assembly import Assembly

    return Assembly


def _unreadable(
    piece: Fragment, problem: Diagnostic, lexicon: Lexicon, findings: Findings, syntax: str
) -> tuple[AsmStatement, ...]:
    """Report why a statement cannot be read, first of all that its first word is no instruction; keep its labels."""
    from sphinx_fsgs.syntax.build_assembly import UNKNOWN

    first = _FIRST_WORD.match(piece.text)
    word = first.group(1) if first else ""
    if first is None or word.startswith(".") or word.lower() in lexicon.mnemonics:
        findings.found.append(problem)
    else:
        where = piece.span(*first.span(1))
        findings.unknown("FSGS140", where, "instruction", word, set(lexicon.mnemonics), UNKNOWN)
    if first is None or not first.start(1):
        return ()
    return _read(cut(piece, 0, first.start(1)), lexicon, findings, syntax)


def _line_word(token: Token, piece: Fragment, lexicon: Lexicon, findings: Findings) -> None:
    """Judge a statement that is read as a whole: a directive of the assembler, or an instruction with a prefix."""
    text = str(token)
    word = text.split()[0].lower()
    start = token.start_pos or 0
    where = piece.span(start, start + len(word))
    if token.type == "PREFIXED":
        help = 'leave the prefix out, or annotate the block with "skip"'
        findings.error("FSGS145", where, f'the prefix "{word}" is not part of the language', help)
    elif word in DATA:
        help = "write the instruction, or its bytes behind .byte"
        findings.error("FSGS144", where, f"{word} puts data into the code", help)
    elif word not in WITHOUT_EFFECT and not word.startswith(".cfi_"):
        known = {*WITHOUT_EFFECT, *DATA, CODE, *line_words(lexicon)}
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
