"""Which lines of the spec make a counterexample what it is, and what they cite.

Compiled code is stamped with the lines of the spec, so while the concrete machine replays a model,
Python itself tells which line raised the fault, caused the event or changed a cell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from sphinx_fsgs.records import dataclass
from sphinx_fsgs.spec.model import Spec
from sphinx_fsgs.syntax.operation import Block, If, Procedure

SUFFIXES = (".insn", ".op")


@dataclass(frozen=True, slots=True)
class SpecLine:
    """A line of a file of the spec."""

    path: str
    line: int

    def shown(self, spec: Spec) -> str:
        """Return the line as a reader finds it: below the folder of the spec."""
        path = Path(self.path)
        inside = path.relative_to(spec.folder) if path.is_relative_to(spec.folder) else path
        return f"spec/{inside.as_posix()}:{self.line}"


class Watch:
    """Notes each line of the spec behind which something that is looked at has become different.

    :param look: what is looked at; it is compared from line to line.
    """

    def __init__(self, look: Callable[[], object]) -> None:
        self.look = look
        self.lines: dict[SpecLine, None] = {}
        self._current: SpecLine | None = None
        self._before: object = None
        self._saved = sys.gettrace()

    def __enter__(self) -> Watch:
        self._saved = sys.gettrace()
        self._before = self.look()
        sys.settrace(self._trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        sys.settrace(self._saved)
        if kind is not None and self._current is not None:
            self.lines[self._current] = None

    def _trace(self, frame: FrameType, event: str, argument: object) -> Callable[[FrameType, str, object], Any] | None:
        if not frame.f_code.co_filename.endswith(SUFFIXES):
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, argument: object) -> Callable[[FrameType, str, object], Any]:
        now = self.look()
        if now != self._before and self._current is not None:
            self.lines[self._current] = None
        self._before = now
        if event in ("line", "exception"):
            self._current = SpecLine(frame.f_code.co_filename, frame.f_lineno)
        return self._line


def cites_at(spec: Spec, place: SpecLine, stems: Iterable[str]) -> tuple[str, ...]:
    """Return what the statements at a line cite, the innermost first, else what their procedure cites."""
    found: list[str] = []
    for block, own in _blocks(spec, place, stems):
        found.extend(_cites(block, place.line) or own)
    return tuple(dict.fromkeys(found))


def _blocks(spec: Spec, place: SpecLine, stems: Iterable[str]) -> Iterator[tuple[Block, tuple[str, ...]]]:
    for stem in (each for each in stems if each not in spec.index.services):
        entry = spec.instruction(stem)
        if entry.path == place.path:
            yield entry.operation, entry.cites
    for name, path in spec.index.definitions.items():
        if str(path) == place.path:
            definition = spec.definition(name)
            if isinstance(definition, Procedure):
                if definition.span.line <= place.line <= definition.span.end_line:
                    yield definition.body, definition.cites


def _cites(block: Sequence[object], line: int) -> list[str]:
    for statement in block:
        span = getattr(statement, "span", None)
        if span is None or not span.line <= line <= span.end_line:
            continue
        inner: list[str] = []
        if isinstance(statement, If):
            for _, branch in statement.branches:
                inner += _cites(branch, line)
            inner += _cites(statement.otherwise, line)
        return inner + list(getattr(statement, "cites", ()))
    return []
