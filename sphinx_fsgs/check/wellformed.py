"""``fsgs check --spec``: everything that can be wrong with the spec, found without a document."""

from __future__ import annotations

from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.machine.wellformed import check_operations
from sphinx_fsgs.spec.consistency import check_tables
from sphinx_fsgs.spec.errors import SpecError
from sphinx_fsgs.spec.model import Spec


def check_everything(spec: Spec) -> tuple[Diagnostic, ...]:
    """Return what is wrong with tables and Operations; Operations only once the tables can be used."""
    found = check_tables(spec.folder)
    if any(each.severity == "error" for each in found):
        return found
    try:
        return (*found, *check_operations(spec))
    except SpecError as error:
        return (*found, *error.diagnostics)
