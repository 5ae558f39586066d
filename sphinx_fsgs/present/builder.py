"""The builder ``fsgs``: reads and checks all documents, writes no page."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from sphinx.builders import Builder

from sphinx_fsgs import __version__
from sphinx_fsgs.check.result import Report
from sphinx_fsgs.present.formats import json

if TYPE_CHECKING:
    from sphinx_fsgs.present.domain import FsgsDomain

REPORT = "fsgs-report.json"


class CheckBuilder(Builder):
    """Only checks; leaves the report of all documents as ``fsgs-report.json`` in the output folder."""

    name = "fsgs"
    epilog = f"The report is in %(outdir)s/{REPORT}."
    allow_parallel = True
    """Documents may be read in several processes; none is written."""
    supported_image_types: ClassVar[list[str]] = []

    def get_outdated_docs(self) -> Iterator[str]:
        """Return nothing: no page is ever out of date."""
        return iter(())

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return an empty address: there are no pages to link to."""
        return ""

    def write_documents(self, _docnames: Set[str]) -> None:
        """Write no page, and resolve no doctree for it. (Sphinx before 7.4 resolves and calls ``write_doc``.)"""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Prepare nothing."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write no page."""

    def finish(self) -> None:
        """Write the report, in every build."""
        domain = cast("FsgsDomain", self.env.get_domain("fsgs"))
        report = Report(__version__, domain.kept["spec"], tuple(judged for _, judged in domain.all()))
        Path(self.outdir, REPORT).write_text(json.render(report), encoding="utf-8")
