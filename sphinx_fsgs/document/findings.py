"""What can be wrong with files and markup: one function for each code, FSGS603 to FSGS619.

(FSGS601, 602 and 606 concern the bytes of a file and stand in :mod:`sphinx_fsgs.document.text`.)
"""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.diagnostic import Diagnostic, Fix, did_you_mean
from sphinx_fsgs.document.model import HEADS, OPTIONS
from sphinx_fsgs.source import Line, Span

RULES = "the annotation rules"
PARAGRAPH = "docutils: explicit markup begins after a blank line"
SWALLOWED = "docutils: a comment goes on for as long as lines are indented more than its two dots"
_FORM = 'write ".. fsgs: HEAD ..." with HEAD one of ' + ", ".join(HEADS)


def span_of(line: Line, start: int = 0, end: int | None = None) -> Span:
    """Return the place of characters ``start`` to ``end`` of the text of ``line``."""
    stop = len(line.text) if end is None else end
    return Span(line.path, line.line, line.column + start, line.line, line.column + stop)


def include_failed(code: str, span: Span, message: str, way_out: str) -> Diagnostic:
    """FSGS603 missing, FSGS604 a cycle, FSGS608 outside of the project."""
    return Diagnostic(code, "error", span, message, "docutils: the include directive", way_out)


def lost_text(span: Span, message: str) -> Diagnostic:
    """FSGS605: markup so broken that docutils drops the text, and what it says with it."""
    return Diagnostic(
        "FSGS605",
        "warning",
        span,
        f"docutils drops text here: {message}",
        f"docutils: {message}",
        "correct the markup; nothing in the dropped text is checked",
    )


def too_deep(span: Span) -> Diagnostic:
    """FSGS607: nested too deep for docutils' recursive parser."""
    return Diagnostic(
        "FSGS607",
        "error",
        span,
        "the document is nested too deep for docutils to parse, and is not checked",
        "docutils: nested bodies are parsed recursively",
        "flatten the lists, quotes or tables",
    )


def unknown_head(word: str, span: Span, markup: str, known: Sequence[str] = HEADS) -> Diagnostic:
    """FSGS610: the word after ``fsgs:`` is none of ours; ``markup`` shows it as written."""
    near = did_you_mean(word, known)
    return Diagnostic(
        "FSGS610",
        "error",
        span,
        f'unknown word "{word}" in "{markup}"' if word else f'no word follows "{markup}"',
        RULES,
        f'did you mean "{near}"?' if near else f"known are {', '.join(known)}",
        fix=Fix(f'write "{near}"', span, near) if near and word else None,
    )


def not_ours(line: Line, replacement: tuple[Span, str] | None) -> Diagnostic:
    """FSGS611: a comment begins with ``fsgs`` and is not ``fsgs:``."""
    fix = Fix(f'write "{replacement[1]}"', *replacement) if replacement else None
    return Diagnostic(
        "FSGS611",
        "error",
        span_of(line),
        'this comment begins with "fsgs" but not with "fsgs:", so it is read by nobody',
        RULES,
        _FORM,
        fix=fix,
    )


def neither_form(line: Line, word: str, start: int) -> Diagnostic:
    """FSGS612: ``.. fsgs:claim`` is neither the comment (a blank is missing) nor the directive (a second colon is)."""
    near = word if word in HEADS else did_you_mean(word, HEADS)
    gap = span_of(line, start, start)
    return Diagnostic(
        "FSGS612",
        "error",
        span_of(line),
        f'".. fsgs:{word}" is neither a comment of ours nor a directive; docutils drops it silently',
        "docutils: a directive ends in two colons; " + RULES,
        f'write ".. fsgs: {near or word}" (a comment) or ".. fsgs:{near or word}::" (a directive)',
        fix=Fix("insert the blank", gap, " ") if near == word else None,
    )


def bare_directive(line: Line, start: int, end: int) -> Diagnostic:
    """FSGS612 too: ``.. fsgs:: claim`` is an unknown directive."""
    return Diagnostic(
        "FSGS612",
        "error",
        span_of(line),
        '".. fsgs::" is no directive, and docutils drops its text',
        RULES,
        'write ".. fsgs: claim ..." (a comment) or ".. fsgs:claim:: ..." (a directive)',
        fix=Fix("write one colon", span_of(line, start, end), "fsgs:"),
    )


def stuck_below(line: Line) -> Diagnostic:
    """FSGS613: no blank line between a paragraph and the comment, which is then part of the paragraph."""
    at = Span(line.path, line.line, 1, line.line, 1)
    return Diagnostic(
        "FSGS613",
        "error",
        span_of(line),
        "no blank line before this comment: docutils prints it as part of the paragraph",
        PARAGRAPH,
        "put a blank line before it",
        fix=Fix("insert a blank line", at, "\n"),
    )


def stuck_above(line: Line) -> Diagnostic:
    """FSGS613 too: no blank line between the comment and the text below it, which perhaps was meant to be in it."""
    at = Span(line.path, line.line, 1, line.line, 1)
    return Diagnostic(
        "FSGS613",
        "error",
        span_of(line),
        "no blank line between the comment and this line, which is no part of it",
        "docutils: explicit markup ends with a blank line",
        "put a blank line before this line, or indent it if it belongs to the comment",
        fix=Fix("insert a blank line", at, "\n"),
    )


def no_comment(line: Line) -> Diagnostic:
    """FSGS618: ``..fsgs:`` (no blank after the dots) is ordinary text."""
    at = span_of(line, 2, 2)
    return Diagnostic(
        "FSGS618",
        "error",
        span_of(line),
        'no blank after "..": this is text that is printed, not a comment',
        "docutils: explicit markup is two dots and a blank",
        'write ".. fsgs: ..."',
        fix=Fix("insert the blank", at, " "),
    )


def swallowed(line: Line, what: str) -> Diagnostic:
    """FSGS614: text that a reader was to see is part of the comment, since it is indented."""
    return Diagnostic(
        "FSGS614",
        "error",
        span_of(line),
        f"this line is part of the {what} above and is not printed",
        SWALLOWED,
        f"indent the {what} like the text around it, or indent this line like the rest of the {what}",
    )


def no_block(span: Span, name: str, wanted: int, there: int) -> Diagnostic:
    """FSGS615: the section ends before the literal blocks that the annotation speaks of."""
    count = f"only {there} of {wanted} literal blocks follow" if there else "no literal block follows"
    return Diagnostic(
        "FSGS615",
        "error",
        span,
        f"{name}: {count} in this section",
        RULES + ": an example without a run of its own runs the next literal block of its section",
        'end the sentence before the code with "::" and indent the code, or give the example a "run" section',
    )


def before_its_block(line: Line) -> Diagnostic:
    """FSGS616: the comment stands between ``::`` and the block that ``::`` announces."""
    return Diagnostic(
        "FSGS616",
        "error",
        span_of(line),
        'this comment stands between "::" and its literal block, which is then none',
        "docutils: a literal block follows its paragraph at once",
        'move the comment above the paragraph that ends in "::"',
    )


def bad_option(span: Span, message: str, way_out: str, fix: Fix | None = None) -> Diagnostic:
    """FSGS617: an option that is unknown, malformed, repeated or in the wrong place."""
    return Diagnostic("FSGS617", "error", span, message, RULES, way_out, fix=fix)


def unknown_option(name: str, head: str, span: Span) -> Diagnostic:
    """FSGS617: this head takes no such option."""
    known = OPTIONS[head]
    near = did_you_mean(name, known)
    there = f"{head} takes {', '.join(f':{other}:' for other in known)}" if known else f"{head} takes no options"
    return bad_option(
        span,
        f'unknown option ":{name}:"',
        f'did you mean ":{near}:"?' if near else there,
        Fix(f'write ":{near}:"', span, f":{near}:") if near else None,
    )


def empty(head: str, span: Span) -> Diagnostic:
    """FSGS619: an annotation that says nothing, and so would check nothing."""
    wanted = {"skip": "a reason", "ignore": "a code and a reason", "page": "options or a before section"}
    wanted |= dict.fromkeys(("operation", "instruction"), "the instruction to show")
    wanted |= dict.fromkeys(("answers", "behaviour"), "the question to show")
    wanted |= {"profile": "the processor to show", "index": "what to list"}
    return Diagnostic(
        "FSGS619",
        "error",
        span,
        f'nothing follows "{head}"',
        RULES,
        f"give {wanted.get(head, 'the sentence that is claimed')}, or remove it",
    )
