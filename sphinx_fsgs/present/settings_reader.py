"""From a table of settings, of pyproject.toml or of conf.py, to :class:`Settings`; every mistake has its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.ignores import is_never_ignored, nearest_code
from sphinx_fsgs.present.findings import bad_setting, unknown_setting
from sphinx_fsgs.present.settings import KNOWN, FileIgnore, Settings, SymbolSetting, is_code
from sphinx_fsgs.source import Span

Place = Callable[..., Span]
"""Says where a key stands that is reached by these names, one within the other."""

_TABLE = re.compile(r"\s*\[\s*tool\s*\.\s*fsgs\b")
_SYMBOL = re.compile(r"[A-Za-z_.][A-Za-z0-9_.$]*")
_LARGEST = (1 << 64) - 1


def places_in_toml(text: str, path: str) -> Place:
    """Return what finds keys of ``[tool.fsgs]`` in the text of a pyproject.toml; tomllib keeps no lines."""
    lines = text.split("\n")
    top = next((number for number, line in enumerate(lines) if _TABLE.match(line)), 0)
    return lambda *names: _find(lines, path, top, [rf"{_key(name)}(?=\s*[=\].])" for name in names])


def places_in_python(text: str, path: str, prefix: str) -> Place:
    """Return the same for the assignments ``prefix + name`` of a Python file and the keys in their values."""
    lines = text.split("\n")

    def place(*names: str) -> Span:
        first = [rf"(?<!.){prefix}{re.escape(name.replace('-', '_'))}\b" for name in names[:1]]
        return _find(lines, path, 0, [*first, *(rf"{_key(name)}(?=\s*[:=])" for name in names[1:])])

    return place


def _key(name: str) -> str:
    return rf"(?<![\w-])[\"']?{re.escape(name)}[\"']?"


def _find(lines: list[str], path: str, row: int, patterns: list[str]) -> Span:
    """Return where the last pattern stands, each looked for behind the one before it; what is not found counts not."""
    column = end = 0
    for pattern in patterns:
        for number in range(row, len(lines)):
            match = re.compile(pattern).search(lines[number], end if number == row else 0)
            if match and not lines[number].lstrip().startswith("#"):
                row, (column, end) = number, match.span()
                break
    return Span(path, row + 1, column + 1, row + 1, end + 1)


def read_table(table: object, root: Path, place: Place) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings of a table and all that is wrong with them; what is wrong has its default.

    :param root: the folder that file names in the table are relative to.
    """
    reader = _Reader(root, place)
    return reader.settings(table), tuple(reader.wrong)


class _Reader:
    """Checks one table and remembers what is wrong."""

    def __init__(self, root: Path, place: Place) -> None:
        self._root = root
        self._place = place
        self.wrong: list[Diagnostic] = []

    def settings(self, table: object) -> Settings:
        if not isinstance(table, dict):
            self._complain(("fsgs",), "tool.fsgs is no table", "write [tool.fsgs]")
            return Settings()
        for name in table:
            if name not in KNOWN:
                self.wrong.append(unknown_setting(self._place(name), name, KNOWN))
        where = self._where(table.get("where"))
        return Settings(
            where,
            self._codes("select", table.get("select", [])),
            self._codes("ignore", table.get("ignore", [])),
            self._strict(table.get("strict", False)),
            tuple(self._symbols(table.get("symbols", {}))),
            tuple(self._file_ignores(table.get("per-file-ignores", {}))),
            root=self._root,
            where_at=self._place("where") if where else None,
        )

    def _where(self, value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        self._complain(("where",), "where is no text", 'write a scope, such as where = "LKGS"')
        return None

    def _codes(self, name: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
            self._complain(
                (name,), f"{name} is no list of codes", f'write {name} = ["FSGS301"] or a beginning, "FSGS3"'
            )
            return ()
        for code in value:
            if not is_code(code):
                self._complain((name,), f'{name}: no code is, or begins with, "{code}"', near_code(code))
        return tuple(code for code in value if is_code(code))

    def _strict(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        self._complain(("strict",), "strict is neither true nor false", "write strict = true")
        return False

    def _symbols(self, value: object) -> Iterator[SymbolSetting]:
        for name, number in self._entries(("symbols",), value, "NAME = NUMBER"):
            if not _SYMBOL.fullmatch(name):
                self._complain(("symbols", name), f'"{name}" is no name of a symbol', "letters, digits, _ . and $")
            elif isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _LARGEST:
                message = f"the symbol {name} is no number of up to 64 bits, from 0 on"
                self._complain(("symbols", name), message, f"write {name} = 0x10")
            else:
                yield SymbolSetting(name, number, self._place("symbols", name))

    def _file_ignores(self, value: object) -> Iterator[FileIgnore]:
        top = "per-file-ignores"
        for pattern, codes in self._entries((top,), value, '"FILE" = { FSGS301 = "REASON" }'):
            for code, reason in self._entries((top, pattern), codes, 'FSGS301 = "REASON"'):
                at = (top, pattern, code)
                if not is_code(code):
                    self._complain(at, f'no code is, or begins with, "{code}"', near_code(code))
                elif is_never_ignored(code):
                    message = f"{code} cannot be ignored: it is not about what a document says"
                    self._complain(at, message, "correct what it complains of")
                elif not isinstance(reason, str) or not any(map(str.isalpha, reason)):
                    help = f'write {code} = "why it may stay"'
                    self._complain(at, f"{code} is ignored in {pattern} without a reason", help)
                else:
                    yield FileIgnore(pattern, code, " ".join(reason.split()), self._place(*at))

    def _entries(self, names: tuple[str, ...], value: object, form: str) -> Iterator[tuple[str, object]]:
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return iter(value.items())
        self._complain(names, f"{names[-1]} is no table", f"its entries are {form}")
        return iter(())

    def _complain(self, names: tuple[str, ...], message: str, help: str) -> None:
        self.wrong.append(bad_setting(self._place(*names), message, help))


def near_code(code: str) -> str:
    """Return the way out of a code that is none."""
    near = nearest_code(code)
    return f'did you mean "{near}"?' if near else "write a code such as FSGS301, or its beginning, FSGS3"
