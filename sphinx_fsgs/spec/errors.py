"""What a spec that cannot be used raises."""

from __future__ import annotations

from collections.abc import Sequence

from sphinx_fsgs.diagnostic import Diagnostic


class SpecError(Exception):
    """A file of the spec cannot be used; ``diagnostics`` says everything that is wrong with it.

    The spec is ours or that of whoever extends it, not the document's, so a caller that only reads
    documents need not expect this; ``fsgs check`` reports it and exits with status 2.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        if not diagnostics:
            raise ValueError("a SpecError says at least one thing")
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(diagnostics, key=Diagnostic.sort_key))
        super().__init__("\n".join(f"{each.span.path}:{each.span.line}: {each.message}" for each in self.diagnostics))
