"""The reference names every option that there is."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from sphinx_fsgs.present.cli import parser


def options(top: argparse.ArgumentParser) -> Iterator[str]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from options(command)
        yield from (option for option in action.option_strings if option not in ("-h", "--help", "--version"))


def test_the_reference_of_the_command_is_complete(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "cli.rst").read_text(encoding="utf-8")
    assert [option for option in options(parser()) if f"``{option}" not in text] == []


def test_the_reference_of_the_extension_is_complete(repository: Path) -> None:
    code = (repository / "sphinx_fsgs" / "present" / "sphinx.py").read_text(encoding="utf-8")
    text = (repository / "docs" / "reference" / "sphinx.rst").read_text(encoding="utf-8")
    values = re.findall(r'add_config_value\("(\w+)"', code)
    assert len(values) >= 4
    assert [value for value in values if f"``{value}``" not in text] == []
