"""The settings of a Sphinx project: ``fsgs_*`` in conf.py, read and checked as those of pyproject.toml are."""

from __future__ import annotations

import os
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.present.findings import unknown_setting
from sphinx_fsgs.present.settings import KNOWN, Settings
from sphinx_fsgs.present.settings_reader import Place, places_in_python, read_table

if TYPE_CHECKING:
    from sphinx.config import Config

PREFIX = "fsgs_"
OF_SPHINX = ("fail", "show", "max_errors", "pages")
"""What can be set only here."""


def read_config(config: Config, confdir: Path, srcdir: Path) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings of a project, file names in them below ``srcdir``, and all that is wrong with them."""
    place = _places(confdir)
    table = {name: config[_value(name)] for name in KNOWN}
    settings, wrong = read_table(table, srcdir, place)
    return settings, (*_unknown(config, place), *wrong)


def _value(name: str) -> str:
    return PREFIX + name.replace("-", "_")


def _places(confdir: Path) -> Place:
    path = confdir / "conf.py"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return places_in_python(text, os.path.relpath(path), PREFIX)


def _unknown(config: Config, place: Place) -> Iterator[Diagnostic]:
    """Yield a finding for each variable of conf.py that is called like a setting of ours and is none of any extension.

    Sphinx itself passes such names over.
    """
    for name, value in config._raw_config.items():
        ours = name.startswith(PREFIX) and not callable(value) and not isinstance(value, types.ModuleType)
        if ours and name not in config:
            known = (*map(_value, KNOWN), *(PREFIX + each for each in OF_SPHINX))
            yield unknown_setting(place(name.removeprefix(PREFIX)), name, known)
