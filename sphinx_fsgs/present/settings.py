"""Settings: ``[tool.fsgs]`` of the nearest pyproject.toml, overridden by the command line; in Sphinx, ``fsgs_*``."""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.files import diagnostic_codes
from sphinx_fsgs.present.findings import unreadable_settings
from sphinx_fsgs.records import dataclass
from sphinx_fsgs.source import Span

KNOWN = ("where", "select", "ignore", "strict", "symbols", "per-file-ignores")
"""What can be set."""


class SettingsError(Exception):
    """Settings that cannot be used; ``diagnostics`` says everything that is wrong with them."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(each.message for each in diagnostics))


@dataclass(frozen=True, slots=True)
class SymbolSetting:
    """A constant for all documents, and where it is set."""

    name: str
    value: int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class FileIgnore:
    """Findings of a code, or of all codes with that beginning, that are not reported in the files of a pattern."""

    pattern: str
    code: str
    reason: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. ``select`` and ``ignore`` hold codes or their beginnings (``FSGS3``).

    ``root`` is the folder that the patterns of ``file_ignores`` are relative to, None for the working directory;
    ``where_at`` is the place of ``where`` when a file says it.
    """

    where: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    symbols: tuple[SymbolSetting, ...] = ()
    file_ignores: tuple[FileIgnore, ...] = ()
    root: Path | None = field(default=None, compare=False)
    where_at: Span | None = field(default=None, compare=False)

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
    """Return whether ``text`` is a code or the beginning of one: one that no finding has would select nothing."""
    return text.startswith("FSGS") and any(code.startswith(text) for code in diagnostic_codes())


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
    import tomllib  # only where there are settings

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
    from sphinx_fsgs.present.settings_reader import places_in_toml, read_table

    settings, wrong = read_table(table, Path(path).parent, places_in_toml(text, path))
    if wrong:
        raise SettingsError(wrong)
    return settings
