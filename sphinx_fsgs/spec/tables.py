"""Reading one TOML table of the spec: strict, typed, and with every problem of the file noted at once.

A :class:`Sheet` is a file, a :class:`Record` a table in it. Asking a record for a key that is missing or
of the wrong kind notes the problem and gives a neutral value, so that the reader can go on and find the
next; :meth:`Sheet.finish` then raises them all. tomllib gives no positions, so where a key stands is found
by looking for it in the text, and only when there is something to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from sphinx_fsgs.diagnostic import Diagnostic, suggestion
from sphinx_fsgs.source import Span
from sphinx_fsgs.spec.errors import SpecError

# The diagnostics of the tables of the spec; a number is never used again for something else.
UNREADABLE = "FSGS910"
NOT_TOML = "FSGS911"
UNKNOWN_KEY = "FSGS912"
MISSING_KEY = "FSGS913"
WRONG_VALUE = "FSGS914"
UNKNOWN_CITATION = "FSGS915"
UNKNOWN_FEATURE = "FSGS916"
UNKNOWN_PROFILE = "FSGS917"
ANSWERED_TWICE = "FSGS918"
NOT_ANSWERED = "FSGS919"
UNKNOWN_WORD = "FSGS920"
SAME_NAME = "FSGS921"
OVERLAP = "FSGS922"
CONTRADICTION = "FSGS923"

VARIES = "varies"
"""What a table says of a bit in which the processors of one profile differ."""

AUTHORITY = "the form of the tables, spec/README.md"
_HEADER = re.compile(r"^\[\[?([^\[\]]+)\]\]?", re.MULTILINE)
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)$")

_T = TypeVar("_T")


def header_names(path: Path) -> tuple[str, ...]:
    """Return the names of the tables of a file without parsing it: a fifth of a millisecond instead of several.

    Names within a table (``[a.b]``) are left out. The file may be broken; who loads it will say so.
    :raises SpecError: when the file cannot be read.
    """
    found = (match[1].strip() for match in _HEADER.finditer(_text(path)))
    return tuple(dict.fromkeys(_bare(name) for name in found if name[0] in "\"'" or "." not in name))


class Sheet:
    """One TOML file while it is being read.

    :raises SpecError: when the file cannot be read or is not TOML.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = _text(path)
        self.problems: list[Diagnostic] = []
        try:
            self.data: Mapping[str, object] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise SpecError([_not_toml(path, self.text, str(error))]) from None

    @property
    def root(self) -> Record:
        """The file as one record."""
        return Record(self, self.data)

    def tables(self) -> Iterable[tuple[str, Record]]:
        """Yield each top-level table with its name; whatever else stands at the top level is a problem."""
        for name, value in self.data.items():
            if isinstance(value, dict):
                yield name, Record(self, value, self.root, name)
            else:
                self.root.complain(UNKNOWN_KEY, f"{name!r} belongs to no table", name, help="put it below a [table]")

    def finish(self) -> None:
        """Raise all problems noted so far as one :class:`SpecError`, or do nothing if there are none."""
        if self.problems:
            raise SpecError(self.problems)


class Record:
    """One table of a sheet; it knows its place, and which of its keys have been asked for."""

    __slots__ = ("sheet", "_data", "_parent", "_name", "_index", "_asked")

    def __init__(
        self, sheet: Sheet, data: Mapping[str, object], parent: Record | None = None, name: str = "", index: int = 0
    ) -> None:
        self.sheet = sheet
        self._data = data
        self._parent = parent
        self._name = name
        self._index = index
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def keys(self) -> tuple[str, ...]:
        """Return the keys as written, and count them as asked for."""
        self._asked.update(self._data)
        return tuple(self._data)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string that is not empty; without ``default`` the key must be there."""
        value = self._get(key, _is_text, "a text", "" if default is None else default, default is not None)
        return " ".join(value.split())

    def number(self, key: str, least: int = 0, most: int | None = None) -> int:
        """Return an integer from ``least`` to ``most``, both included."""
        value = self._get(key, _is_number, "a number", least)
        if value < least or (most is not None and value > most):
            bounds = f"at least {least}" if most is None else f"from {least} to {most}"
            self.complain(WRONG_VALUE, f"{key} = {value} is out of range", key, help=f"it is {bounds}")
            return least
        return value

    def maybe(self, key: str) -> bool | None:
        """Return true, false, or None where the file says "varies"."""
        value = self.bit(key, (VARIES,))
        return value if isinstance(value, bool) else None

    def bit(self, key: str, words: Sequence[str]) -> bool | str:
        """Return true, false, or one of ``words``, which say why it is neither."""
        quoted = [f'"{word}"' for word in words]
        kind = f"{', '.join(('true', 'false', *quoted[:-1]))} or {quoted[-1]}"
        neutral: bool | str = words[0]
        return self._get(key, lambda value: _is_bit(value, words), kind, neutral)

    def texts(self, key: str, optional: bool = False) -> tuple[str, ...]:
        """Return a list of strings, in order; unless it is optional it is there and not empty."""
        neutral: list[str] = []
        values = self._get(key, _is_texts, "a list of texts", neutral, optional)
        if key in self._data and not values and not optional:
            self.complain(WRONG_VALUE, f"{key} is empty", key, help="name at least one")
        for value in dict.fromkeys(each for each in values if values.count(each) > 1):
            self.complain(WRONG_VALUE, f"{key} lists {value!r} twice", key, value, help="name it once")
        return tuple(dict.fromkeys(values))

    def rows(self, key: str, length: int) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of strings, each of that length."""
        neutral: list[list[str]] = []
        values = self._get(key, _is_rows, "a list of lists of texts", neutral)
        for number, row in enumerate(values, 1):
            if len(row) != length:
                message = f"row {number} of {key} has {len(row)} texts"
                self.complain(WRONG_VALUE, message, key, help=f"give {length}")
        return tuple(tuple(row) for row in values)

    def ends(self, key: str) -> tuple[str, str]:
        """Return a list of two texts, each of which may be empty."""
        neutral: list[str] = ["", ""]
        one, other = self._get(key, _is_pair, "a list of two texts", neutral)
        return one, other

    def choice(self, key: str, known: Collection[str], what: str) -> str:
        """Return a string that is one of ``known``; ``what`` says in a message what these are."""
        value = self.text(key)
        if value and value not in known:
            self.unknown(UNKNOWN_WORD, what, value, known, key)
        return value

    def cites(self, known: Collection[str], key: str = "cites", optional: bool = False) -> tuple[str, ...]:
        """Return citation keys, each of which must stand in ``spec/citations.toml``."""
        values = self.texts(key, optional)
        for value in values:
            if value not in known:
                self.unknown(UNKNOWN_CITATION, "citation", value, known, key)
        return values

    def records(self, key: str, optional: bool = False) -> tuple[Record, ...]:
        """Return an array of tables, in order."""
        neutral: list[Mapping[str, object]] = []
        values = self._get(key, _is_tables, "a list of tables", neutral, optional)
        if key in self._data and not values:
            self.complain(WRONG_VALUE, f"{key} is empty", key, help="give at least one")
        return tuple(Record(self.sheet, value, self, key, index) for index, value in enumerate(values))

    def record(self, key: str) -> Record:
        """Return the one table of that name."""
        return Record(self.sheet, self._get(key, _is_table, "a table", {}), self, key)

    def done(self) -> None:
        """Note each key that nobody asked for: a misspelt key must not pass for an absent one."""
        for key in self._data:
            if key not in self._asked:
                self.unknown(UNKNOWN_KEY, "key", key, self._asked)

    def unknown(self, code: str, what: str, word: str, known: Iterable[str], *place: str) -> None:
        """Note that ``word`` is no ``what``, with the nearest of the ``known`` ones."""
        words = sorted(known)
        listed = f"known: {', '.join(words)}" if len(words) <= 12 else f"there are {len(words)} known ones"
        self.complain(code, f"unknown {what} {word!r}", *place, word, help=suggestion(word, words) or listed)

    def complain(self, code: str, message: str, *words: str, help: str = "") -> None:
        """Note a problem at the place where ``words`` stand, one behind the other, in this table."""
        self.sheet.problems.append(Diagnostic(code, "error", self.span(*words), message, AUTHORITY, help))

    def span(self, *words: str) -> Span:
        """Return where the last of ``words``, looked for one behind the other, stands; else the table itself."""
        text = self.sheet.text
        start, end = self._bounds()
        first = text.find("\n", start, end)
        found = (start, first if first >= 0 else end)
        position = start
        for number, word in enumerate(words):
            place = _find(text, word, position, end, is_key=number == 0)
            if place is None:
                break
            found, position = place, place[1]
        return _span(str(self.sheet.path), text, *found)

    def _bounds(self) -> tuple[int, int]:
        """Return from where to where the table goes in the text."""
        if self._parent is None:
            return 0, len(self.sheet.text)
        start, end = self._parent._bounds()
        full = self._full()
        headers = [(match.start(), _bare(match[1])) for match in _HEADER.finditer(self.sheet.text, start, end)]
        own = [number for number, (_, name) in enumerate(headers) if name == full]
        if self._index >= len(own):
            place = _find(self.sheet.text, self._name, start, end, is_key=True)
            return (place[0] if place else start), end
        behind = headers[own[self._index] + 1 :]
        inner = f"{full}."
        return headers[own[self._index]][0], next((at for at, name in behind if not name.startswith(inner)), end)

    def _full(self) -> str:
        outer = self._parent._full() if self._parent is not None else ""
        return f"{outer}.{self._name}" if outer else self._name

    def _get(self, key: str, fits: Callable[[object], _T | None], kind: str, neutral: _T, optional: bool = False) -> _T:
        self._asked.add(key)
        if key not in self._data:
            if not optional:
                self.complain(MISSING_KEY, f"{key!r} is missing", help=f"give {key} as {kind}")
            return neutral
        value = fits(self._data[key])
        if value is None:
            self.complain(WRONG_VALUE, f"{key!r} is not {kind}", key, help=f"write it as {kind}")
            return neutral
        return value


def _is_text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _is_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_bit(value: object, words: Sequence[str]) -> bool | str | None:
    return value if isinstance(value, bool) or (isinstance(value, str) and value in words) else None


def _is_texts(value: object) -> list[str] | None:
    return value if isinstance(value, list) and all(_is_text(each) is not None for each in value) else None


def _is_rows(value: object) -> list[list[str]] | None:
    return value if isinstance(value, list) and all(_is_texts(each) is not None for each in value) else None


def _is_pair(value: object) -> list[str] | None:
    fits = isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)
    return cast("list[str]", value) if fits else None


def _is_table(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, dict) else None


def _is_tables(value: object) -> list[Mapping[str, object]] | None:
    return value if isinstance(value, list) and all(isinstance(each, dict) for each in value) else None


def _bare(name: str) -> str:
    return name.strip().replace('"', "").replace("'", "")


def _find(text: str, word: str, start: int, end: int, is_key: bool) -> tuple[int, int] | None:
    """Return where ``word`` stands whole: as a key or in a header if it may be one, else anywhere."""
    name = re.escape(word)
    whole = rf"(?<![\w.:-]){name}(?![\w:-])"
    keys = [rf"""^[ \t]*["']?({whole})["']?[ \t]*=""", rf"""^\[\[?(?:[^\]\n]*\.)?["']?({name})["']?\]"""]
    for pattern in [*keys, f"({whole})"] if is_key else [f"({whole})"]:
        match = re.compile(pattern, re.MULTILINE).search(text, start, end)
        if match:
            return match.span(1)
    return None


def _span(path: str, text: str, start: int, end: int) -> Span:
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    stop = text.find("\n", start, end)
    return Span(path, line, column, line, column + (stop if stop >= 0 else end) - start)


def _text(path: Path) -> str:
    start = Span(str(path), 1, 1, 1, 1)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message, way_out = f"cannot be read: {error.strerror or error}", "restore the file"
    except UnicodeDecodeError as error:
        message, way_out = f"is not UTF-8: byte {error.start} cannot be read", "save it as UTF-8"
    raise SpecError([Diagnostic(UNREADABLE, "error", start, f"{path.name} {message}", AUTHORITY, way_out)])


def _not_toml(path: Path, text: str, message: str) -> Diagnostic:
    where = _POSITION.search(message)
    last = text.count("\n") + 1
    line, column = (int(where[1]), int(where[2])) if where else (last, 1)
    reason = _POSITION.sub("", message).rstrip()
    span = Span(str(path), line, column, line, column + 1)
    return Diagnostic(NOT_TOML, "error", span, f"not TOML: {reason}", "https://toml.io/en/v1.0.0", "correct this line")
