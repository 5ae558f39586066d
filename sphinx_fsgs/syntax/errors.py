"""From a parser's exception to a finding: where, what stood there, what was expected, and the way out."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import TYPE_CHECKING, Any

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.files import data_dir
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Fragment
from sphinx_fsgs.syntax.parsed import MAX_CHARACTERS, MAX_DEPTH, MAX_PARENTHESES
from sphinx_fsgs.syntax.reader import grammar

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

_WORD = re.compile(r"%?[^\W\d][\w.]*|\d\w*|[!<>]=|<<|>>|\S")
_LISTED = 6  # more than this many expectations do not help a reader


@dataclass(frozen=True, slots=True)
class Language:
    """One start rule of one grammar, and how findings about it are signed."""

    grammar: str
    start: str
    code: str
    authority: str
    starts: tuple[str, ...] = ()

    def parser(self) -> Lark:
        """Return the parser; built at the first call."""
        return grammar(self.grammar, *(self.starts or (self.start,)))


def parse(language: Language, fragment: Fragment) -> Tree[Token] | Diagnostic:
    """Return the tree of a statement, or the one finding that says why there is none."""
    from lark.exceptions import UnexpectedInput

    if problem := _beyond_bounds(fragment, language.authority):
        return problem
    try:
        tree = language.parser().parse(fragment.text, start=language.start)
    except UnexpectedInput as error:
        return _explain(error, language, fragment)
    for each in tree.iter_subtrees():  # a rule imported from "state" is called "state__rule"
        each.data = str(each.data).rpartition("__")[2].lstrip("_") if "__" in str(each.data) else str(each.data)
    return _too_deep(fragment, language.authority, MAX_DEPTH) if _depth(tree) > MAX_DEPTH else tree


def reads(language: Language, fragment: Fragment) -> bool:
    """Return whether a statement can be read; why not is not looked for, which is what takes time."""
    from lark.exceptions import UnexpectedInput

    if _beyond_bounds(fragment, language.authority):
        return False
    try:
        language.parser().parse(fragment.text, start=language.start)
    except UnexpectedInput:
        return False
    return True


def _beyond_bounds(fragment: Fragment, authority: str) -> Diagnostic | None:
    if len(fragment.text) > MAX_CHARACTERS:
        message = f"a statement of {len(fragment.text)} characters; at most {MAX_CHARACTERS} are read"
        return Diagnostic("FSGS106", "error", fragment.span(0, 1), message, authority, "split the statement")
    depth = 0
    for character in fragment.text:
        depth += (character in "([") - (character in ")]")
        if depth > MAX_PARENTHESES:
            return _too_deep(fragment, authority, MAX_PARENTHESES)
    return None


def _too_deep(fragment: Fragment, authority: str, levels: int) -> Diagnostic:
    message = f"an expression nested more than {levels} levels deep"
    return Diagnostic("FSGS106", "error", fragment.span(0, 1), message, authority, "split the expression")


def _depth(tree: Tree[Token]) -> int:
    """Return how deep the tree is, without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for each in level for child in each.children if not isinstance(child, str) and child is not None]
    return deepest


def _explain(error: UnexpectedInput, language: Language, fragment: Fragment) -> Diagnostic:
    start = _offset(error, fragment.text)
    found = _WORD.match(fragment.text, start)
    end = found.end() if found else start
    message, _, help = _by_example(error, language).partition(" | ")
    expected = _expected(error)
    if not message:
        message = f'"{found.group()}" is not expected here' if found else "something is missing at the end"
    return Diagnostic(
        language.code,
        "error",
        fragment.span(start, end),
        message,
        language.authority,
        help or (f"expected {expected}" if expected else "leave it out"),
    )


def _offset(error: UnexpectedInput, text: str) -> int:
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return len(text)
    position: int | None = getattr(error, "pos_in_stream", None)
    return len(text) if position is None else position


def _by_example(error: UnexpectedInput, language: Language) -> str:
    examples = _examples(language)
    if not examples:
        return ""
    parser = language.parser()
    matched = error.match_examples(lambda text: parser.parse(text, start=language.start), examples, use_accepts=False)
    return matched or ""


def _expected(error: UnexpectedInput) -> str:
    names = {str(each) for each in (getattr(error, "accepts", None) or getattr(error, "allowed", None) or ())}
    names = {name.rpartition("__")[2].strip("_") for name in names}
    words = []
    for members, called in _GROUPS:
        if members <= names:
            names -= _VALUE | members
            words.append(called)
    words += sorted({_english(name) for name in names})
    if not words:
        return ""
    if len(words) > _LISTED:
        return ", ".join(words[: _LISTED - 1]) + " or the like"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _english(terminal: str) -> str:
    keyword = terminal.lower().replace("_", " ")
    return _words().get(terminal) or _PUNCTUATION.get(terminal) or f'"{keyword}"'


_VALUE = frozenset({"NUMBER", "NAME", "FREE", "SIZE", "MSR", "THE", "LPAR", "MINUS", "PLUS", "TILDE"})
_OPERATORS = frozenset({"PLUS", "MINUS", "STAR", "SHL", "SHR", "VBAR", "CIRCUMFLEX", "AMPERSAND"})
_GROUPS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"REGISTER", "DOLLAR"}), "an operand"),
    (frozenset({"NUMBER", "NAME"}), "a value"),
    (_OPERATORS, "an operator"),
)
_PUNCTUATION = {
    "COMMA": '","',
    "COLON": '":"',
    "SEMICOLON": '";"',
    "LPAR": '"("',
    "RPAR": '")"',
    "LSQB": '"["',
    "RSQB": '"]"',
    "EQUAL": '"="',
    "PLUS": '"+"',
    "MINUS": '"-"',
    "STAR": '"*"',
    "DOLLAR": '"$"',
    "TILDE": '"~"',
    "VBAR": '"|"',
    "CIRCUMFLEX": '"^"',
    "AMPERSAND": '"&"',
    "LESSTHAN": '"<"',
    "MORETHAN": '">"',
    "SHL": '"<<"',
    "SHR": '">>"',
    "NE": '"!="',
    "LE": '"<="',
    "GE": '">="',
    "DOTS": '".."',
}


def _words() -> dict[str, str]:
    words: dict[str, str] = _file()["words"]
    return words


def _examples(language: Language) -> dict[str, list[str]]:
    found: dict[str, list[str]] = _file().get(f"{language.grammar}.{language.start}", {})
    return found


@functools.cache
def _file() -> dict[str, Any]:
    path = data_dir("grammar") / "syntax_errors.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
