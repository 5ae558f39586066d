"""Recorded vectors as further items: what a processor was seen to do has to come out on the profile of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.machine.program import Program
from tests.strength.items import Refused, Signature, Sort, quick_session
from tests.strength.shared import Shared
from tests.vectors import cpu, verdicts
from tests.vectors.state import Vector


@dataclass(frozen=True)
class VectorItem:
    """One vector on the profile of each processor that it was recorded on; it notices another end on one of them."""

    file: str
    vector: Vector = field(repr=False)
    code: Program
    recorded: tuple[tuple[str, Mapping[str, Any]], ...] = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)
    uses: frozenset[str] = frozenset()
    normal: Signature = ()
    kind: Sort = "vector"

    @property
    def name(self) -> str:
        """As :class:`~tests.strength.items.Item`."""
        return "; ".join(self.vector["asm_att"])

    @property
    def place(self) -> str:
        """As :class:`~tests.strength.items.Item`."""
        return f"{self.file} {self.vector['id']}"

    def signature(self, session: Session) -> Signature:
        """As :class:`~tests.strength.items.Item`."""
        try:
            with patch.object(cpu, "compiler", lambda symbolic: session.judge.concrete):
                return tuple(
                    (profile, "; ".join(verdicts.compare(self.vector, self.code, profile, wanted, self.meta)))
                    for profile, wanted in self.recorded
                )
        except CompileError as error:
            raise Refused(str(error)) from error


def vector_items(path: Path, shared: Shared) -> Iterator[VectorItem]:
    """Yield every vector of a file that can be run here."""
    recorded, session = json.loads(path.read_text(encoding="utf-8")), quick_session(shared.spec, shared)
    table = verdicts.table()
    for vector in recorded["vectors"]:
        program = "" if verdicts.left_out(vector) else cpu.assembled(vector)
        if isinstance(program, str):
            continue
        ends = ((profile, cpu.expected(vector, oracle, table.reference)) for oracle, profile in table.profiles.items())
        wanted = tuple((profile, end) for profile, end in ends if end is not None)
        item = VectorItem(path.name, vector, program, wanted, recorded["meta"])
        with shared.watched() as uses:
            normal = item.signature(session)
        yield VectorItem(path.name, vector, program, wanted, recorded["meta"], frozenset(uses), normal)
