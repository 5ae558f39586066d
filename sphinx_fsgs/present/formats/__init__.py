"""The formats of a report. Each module has one pure function of a :class:`~sphinx_fsgs.check.result.Report`."""

from __future__ import annotations

from typing import Literal

Format = Literal["text", "concise", "json"]

FORMATS: tuple[Format, ...] = ("text", "concise", "json")
