"""Highlighting: assembly in either dialect, and the text of an example."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from sphinx_fsgs.document.model import SECTIONS

# pygments' tables are dictionaries from a state to its rules, which are tuples of several shapes.
_Rules = list[object]

_SHARED: _Rules = [
    (r"[ \t]+", Text),
    (r"/\*(?:.|\n)*?\*/", Comment.Multiline),
    (r"(?://|/\*).*$", Comment.Single),
    (r"#(?=\s|$).*$", Comment.Single),
    (r"#[A-Z]{2}\b", Name.Exception),
    (r'"(?:\\.|[^"\\\n])*"', String),
    (r"%\w+(?:\(\d\))?", Name.Variable),
    (r"\$?-?0[xX][0-9a-fA-F]+", Number.Hex),
    (r"\d+[bf]\b", Name.Label),
    (r"\$?-?\d+", Number.Integer),
    (r"[-+*/=<>!&|^~:.?@$%\\]", Operator),
    (r"[][(){},]", Punctuation),
]


class FsgsAsmLexer(RegexLexer):
    """x86 assembly as documents print it, AT&T or Intel, with kernel macros; whatever stands there is shown."""

    name = "x86 assembly of sphinx_fsgs"
    aliases: ClassVar[list[str]] = ["fsgs-asm"]
    filenames: ClassVar[list[str]] = []
    tokens: ClassVar[dict[str, list[object]]] = {
        # The start of a statement: labels, then a mnemonic or a directive, behind which operands follow.
        "root": [
            (r"[\s;]+", Text),
            (r"[\w.$@]+(?=[ \t]*:)", Name.Label),
            (r"\.\w+", Keyword.Pseudo, "operands"),
            (r"[A-Za-z_]\w*", Name.Function, "operands"),
            *_SHARED,
            (r".", Text),
        ],
        "operands": [
            (r"[\n;]", Text, "#pop"),
            *_SHARED,
            (r"#.*$", Comment.Single),
            (r"[A-Za-z_][\w.]*", Name),
            (r".", Text),
        ],
    }


class FsgsExampleLexer(RegexLexer):
    """The text of an example: sections, cells, names that stand for any value, faults, and its assembly."""

    name = "examples of sphinx_fsgs"
    aliases: ClassVar[list[str]] = ["fsgs"]
    filenames: ClassVar[list[str]] = []
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (rf"^({'|'.join(SECTIONS)})(?=[ \t]*$)", Keyword.Namespace),
            (r"\?\w+", Name.Variable.Magic),
            (
                words(
                    ("and", "or", "not", "when", "at", "from", "to", "except", "but", "assume", "let", "unchanged"),
                    prefix=r"\b",
                    suffix=r"\b",
                ),
                Keyword,
            ),
            *_SHARED,
            (r"[A-Za-z_][\w.]*", Name),
            (r"\n|.", Text),
        ]
    }


LEXERS: dict[str, type[RegexLexer]] = {"fsgs-asm": FsgsAsmLexer, "fsgs": FsgsExampleLexer}
"""The lexers by the language that a block names."""
