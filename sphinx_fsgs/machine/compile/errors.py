"""What is wrong with an Operation."""

from __future__ import annotations

from sphinx_fsgs.source import Span


class CompileError(Exception):
    """An Operation is not well formed: an unknown name, a width that does not fit. ``help`` is the way out."""

    def __init__(self, message: str, span: Span, help: str = "") -> None:
        super().__init__(f"{span.path}:{span.line}: {message}{'; ' + help if help else ''}")
        self.message = message
        self.span = span
        self.help = help
