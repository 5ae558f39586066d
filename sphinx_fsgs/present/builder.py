"""The builder ``fsgs``: reads and checks all documents, writes no page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from sphinx.builders import Builder

from sphinx_fsgs import __version__
from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.present.config import read_config
from sphinx_fsgs.present.file_ignores import unused_in_files
from sphinx_fsgs.present.formats import json
from sphinx_fsgs.present.replay import complain
from sphinx_fsgs.present.runner import SUFFIX, report_of, walking_order
from sphinx_fsgs.present.selection import select

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

    def conclude(self, judged: Mapping[str, DocumentResult]) -> None:
        """Write the report of the results by document, once all have been read.

        Not done in ``finish``, which Sphinx 5.3 leaves out when it has read nothing anew.
        """
        domain = cast("FsgsDomain", self.env.get_domain("fsgs"))
        source = Path(self.srcdir)
        settings, _ = read_config(self.config, Path(self.confdir), source)
        report = report_of(tuple(self._documents(judged)), __version__, domain.kept["spec"])
        if report.diagnostics and settings.reports(report.diagnostics[0].code):
            complain(report.diagnostics[0])  # nothing was checked
            self.app.statuscode = 1 if settings.strict else self.app.statuscode
        report = replace(report, diagnostics=(*report.diagnostics, *unused_in_files(report, settings, source)))
        Path(self.outdir, REPORT).write_text(json.render(select(report, settings)), encoding="utf-8")

    def _documents(self, judged: Mapping[str, DocumentResult]) -> Iterator[DocumentResult]:
        """Yield the results of every document that the command would find, in its order, also where nothing is said."""
        paths = {name: os.path.relpath(self.env.doc2path(name), self.srcdir) for name in self.env.all_docs}
        for name, path in sorted(paths.items(), key=lambda each: walking_order(Path(each[1]).as_posix())):
            if name in judged or path.endswith(SUFFIX):
                yield judged.get(name) or DocumentResult(Path(path).as_posix(), (), ())
