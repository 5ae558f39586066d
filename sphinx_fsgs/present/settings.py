"""Settings: ``[tool.fsgs]`` of the nearest pyproject.toml, overridden by the command line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.findings import bad_setting, unknown_setting, unreadable_settings

_CODE = re.compile(r"FSGS[0-9]{0,3}")
_KNOWN = ("where", "select", "ignore", "strict")
_TABLE = re.compile(r"\s*\[\s*tool\s*\.\s*fsgs\b")


class SettingsError(Exception):
    """Settings that cannot be used; ``diagnostics`` says everything that is wrong with them."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(each.message for each in diagnostics))


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. ``select`` and ``ignore`` hold codes or their beginnings (``FSGS3``)."""

    where: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False

    def reports(self, code: str) -> bool:
        """Return whether findings of that code are reported: the longest beginning that names it decides.

        A tool that cannot do its work (FSGS9xx) is never silent.
        """
        if code.startswith("FSGS9"):
            return True
        selected = max((len(each) for each in self.select if code.startswith(each)), default=-1 if self.select else 0)
        ignored = max((len(each) for each in self.ignore if code.startswith(each)), default=-1)
        return selected > ignored


def is_code(text: str) -> bool:
    """Return whether ``text`` is a code or the beginning of one."""
    return _CODE.fullmatch(text) is not None


def find_settings(start: Path) -> Settings:
    """Return the settings of the nearest pyproject.toml at or above ``start`` that has ``[tool.fsgs]``, or defaults.

    :raises SettingsError: when that file cannot be used.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file() and (text := _read(path)) is not None and (settings := parse_settings(text, str(path))):
            return settings
    return Settings()


def _read(path: Path) -> str | None:
    """Return the text of the file if it speaks of us; a broken file that does not is nobody's concern here."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError((unreadable_settings(str(path), error.strerror or str(error)),)) from None
    if b"fsgs" not in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError((unreadable_settings(str(path), f"not UTF-8: {error.reason}"),)) from None


def parse_settings(text: str, path: str) -> Settings | None:
    """Return the settings in the text of a pyproject.toml, or None when it has no ``[tool.fsgs]``.

    :raises SettingsError: with everything that is wrong with them.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        at = (int(place[1]), int(place[2])) if place else (1, 1)
        raise SettingsError((unreadable_settings(path, str(error), at),)) from None
    tool = data.get("tool")
    table = tool.get("fsgs") if isinstance(tool, dict) else None
    if table is None:
        return None
    return _Reader(text, path).settings(table)


class _Reader:
    """Checks one table and remembers what is wrong."""

    def __init__(self, text: str, path: str) -> None:
        self._lines = text.split("\n")
        self._path = path
        self._wrong: list[Diagnostic] = []

    def settings(self, table: object) -> Settings:
        if not isinstance(table, dict):
            self._complain("fsgs", "tool.fsgs is no table", "write [tool.fsgs]")
            table = {}
        for name in table:
            if name not in _KNOWN:
                self._wrong.append(unknown_setting(self._path, self._line(name), name, _KNOWN))
        settings = Settings(
            self._where(table.get("where")),
            self._codes("select", table.get("select", [])),
            self._codes("ignore", table.get("ignore", [])),
            self._strict(table.get("strict", False)),
        )
        if self._wrong:
            raise SettingsError(tuple(self._wrong))
        return settings

    def _where(self, value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        self._complain("where", "where is no text", 'write a scope, such as where = "LKGS"')
        return None

    def _codes(self, name: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(each, str) and is_code(each) for each in value):
            return tuple(value)
        self._complain(name, f"{name} is no list of codes", f'write {name} = ["FSGS301"] or a beginning, "FSGS3"')
        return ()

    def _strict(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        self._complain("strict", "strict is neither true nor false", "write strict = true")
        return False

    def _complain(self, name: str, message: str, help: str) -> None:
        self._wrong.append(bad_setting(self._path, self._line(name), message, help))

    def _line(self, name: str) -> int:
        """Return the first line below ``[tool.fsgs`` that begins with the name; tomllib keeps no lines."""
        tables = [number for number, line in enumerate(self._lines, 1) if _TABLE.match(line)] or [1]
        pattern = re.compile(rf"\s*(\[.*\b)?[\"']?{re.escape(name)}\b")
        below = range(tables[0], len(self._lines) + 1)
        return next((number for number in below if pattern.match(self._lines[number - 1])), tables[0])
