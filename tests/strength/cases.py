"""The cases of instructions and services as further items: what no document looks at, a case has to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

from sphinx_fsgs.check.session import Session
from sphinx_fsgs.machine.compile import CompileError
from sphinx_fsgs.machine.program import Program
from tests.spec import cases
from tests.strength.items import Refused, Signature, Sort, quick_session
from tests.strength.shared import Shared


@dataclass(frozen=True)
class CaseItem:
    """One case, run over integers; it notices whatever makes it end otherwise than it says."""

    case: cases.Case
    code: Program
    uses: frozenset[str] = frozenset()
    normal: Signature = ()
    kind: Sort = "case"

    @property
    def name(self) -> str:
        """As :class:`~tests.strength.items.Item`."""
        return self.case.where.partition(": ")[2]

    @property
    def place(self) -> str:
        """As :class:`~tests.strength.items.Item`."""
        return f"{self.case.where.partition(':')[0]}.toml"

    def signature(self, session: Session) -> Signature:
        """As :class:`~tests.strength.items.Item`."""
        try:
            with patch.object(cases, "compiler", lambda symbolic: session.judge.concrete):
                return tuple(self._ends())
        except CompileError as error:
            raise Refused(str(error)) from error

    def _ends(self) -> Iterator[tuple[str, str]]:
        given = cases.facts(self.case)
        for answers in cases.ways_to_answer(self.case, self.code):
            end = cases.run_concrete(self.case, self.code, given, answers)
            yield answers.profile, "; ".join(cases.problems(self.case, end, given))


def case_items(shared: Shared) -> Iterator[CaseItem]:
    """Yield every case of every instruction and every service."""
    session = quick_session(shared.spec, shared)
    for path in (*sorted(cases.FOLDER.glob("*.toml")), *sorted(cases.SERVICES.glob("*.toml"))):
        for case in cases.cases(path.stem):
            item = CaseItem(case, cases.assembled(case))
            with shared.watched() as uses:
                normal = item.signature(session)
            yield CaseItem(case, item.code, frozenset(uses), normal)
