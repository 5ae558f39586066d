"""What of C is read and not run: how a statement is refused, and the way out that a document has."""

from __future__ import annotations

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.source import Span

NOT_RUN = "FSGS171"
AUTHORITY = "the statements of C that are run"
WAY_OUT = 'write "...." for it, or keep the block out of the checks with `.. fsgs: skip REASON`'


class Refused(Exception):
    """A statement cannot be lowered; ``diagnostic`` says why."""

    def __init__(self, span: Span, message: str, help_text: str = WAY_OUT) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(NOT_RUN, "error", span, message, AUTHORITY, help_text)
