"""The Sphinx extension: checks in the read phase, reports in every build, shows results on the pages."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from sphinx_fsgs import __version__
from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.diagnostic import Diagnostic
from sphinx_fsgs.document.collect import collect
from sphinx_fsgs.document.model import Document
from sphinx_fsgs.document.project import project_of
from sphinx_fsgs.present.attach import attach, settle
from sphinx_fsgs.present.builder import CheckBuilder
from sphinx_fsgs.present.config import read_config
from sphinx_fsgs.present.domain import FsgsDomain
from sphinx_fsgs.present.file_ignores import ignore_in_files
from sphinx_fsgs.present.findings import internal, top_of
from sphinx_fsgs.present.highlight import LEXERS
from sphinx_fsgs.present.nodes import fsgs_result, standard_nodes
from sphinx_fsgs.present.pages import add_style, depart_nothing, style_folder, visit_result
from sphinx_fsgs.present.reference import the_spec
from sphinx_fsgs.present.replay import complain, replay
from sphinx_fsgs.present.settings import Settings
from sphinx_fsgs.present.uses import fsgs_examples, listing, uses
from sphinx_fsgs.spec.errors import SpecError

if TYPE_CHECKING:
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from sphinx_fsgs.check.session import Session

_WARNING = 2

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set the extension up; Sphinx calls this."""
    app.add_config_value("fsgs_fail", "error", "", [str])
    app.add_config_value("fsgs_where", None, "env", [str, type(None)])
    app.add_config_value("fsgs_select", [], "", [list, tuple])
    app.add_config_value("fsgs_ignore", [], "", [list, tuple])
    app.add_config_value("fsgs_strict", False, "", [bool])
    app.add_config_value("fsgs_symbols", {}, "env", [dict])
    app.add_config_value("fsgs_per_file_ignores", {}, "env", [dict])
    app.add_config_value("fsgs_max_errors", 0, "", [int])
    app.add_config_value("fsgs_show", "notes", "html", [str])
    app.add_config_value("fsgs_pages", "", "", [str])
    app.add_domain(FsgsDomain)
    app.add_builder(CheckBuilder)
    app.add_node(fsgs_result, html=(visit_result, depart_nothing))
    for name, lexer in LEXERS.items():
        app.add_lexer(name, lexer)
    extension = _Extension()
    app.connect("config-inited", extension.check_config)
    app.connect("builder-inited", extension.open)
    app.connect("env-get-outdated", extension.outdated)
    app.connect("doctree-read", extension.check)
    app.connect("env-updated", extension.report)
    app.connect("doctree-resolved", replace_results)
    app.connect("html-page-context", add_style)
    return {
        "version": __version__,
        "env_version": 2,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


class _Extension:
    """What lives as long as one application: the session, which no environment may pickle."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._broken: tuple[Diagnostic, ...] = ()
        self._settings = Settings()

    def check_config(self, app: Sphinx, config: Config) -> None:
        """Refuse values that mean nothing, and let html builders copy the style."""
        for name, known in (("fsgs_fail", ("error", "warning", "off")), ("fsgs_show", ("notes", "none"))):
            if config[name] not in known:
                logger.error(
                    "%s is one of %s, not %r", name, ", ".join(known), config[name], type="fsgs", subtype="config"
                )
                app.statuscode = 1
                config[name] = known[0]
        self._settings, wrong = read_config(config, Path(app.confdir), Path(app.srcdir))
        for each in wrong:
            complain(each)
            app.statuscode = 1
        folders = cast("list[str]", config["html_static_path"])
        folders.append(str(style_folder()))

    def open(self, app: Sphinx) -> None:
        """Open the session before Sphinx forks, so that its processes share what has been read."""
        from sphinx_fsgs.present.opening import open_session

        try:
            self._session = open_session(self._settings)
            self._make_pages(app)
        except SpecError as error:
            self._session, self._broken = None, error.diagnostics

    def _make_pages(self, app: Sphinx) -> None:
        """Write the pages of the spec where the project wants them, before Sphinx looks for what there is to read."""
        if app.config["fsgs_pages"]:
            from sphinx_fsgs.present.made_pages import make_pages

            for each in make_pages(the_spec(), Path(app.srcdir), app.config["fsgs_pages"]):
                complain(each)
                app.statuscode = 1

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> Sequence[str]:
        """Return the documents to read again because spec, tool or scope are not what their results were made with."""
        domain = _domain(env)
        digest = self._digest()
        if domain.kept["digest"] == digest:
            return ()
        domain.kept["digest"] = digest
        domain.kept["spec"] = self._session.spec_digest if self._session else ""
        return [docname for docname in domain.made_with_spec() if docname not in removed]

    def _symbols(self) -> Iterator[str]:
        return (f"{each.name} = {each.value}" for each in self._settings.symbols)

    def _digest(self) -> str:
        session = self._session
        parts = (session.spec_digest, session.tool_version) if session else ("broken", *map(repr, self._broken))
        return hashlib.sha256(
            "\0".join((*parts, __version__, repr(self._settings.where), *self._symbols())).encode()
        ).hexdigest()

    def check(self, app: Sphinx, doctree: nodes.document) -> None:
        """Check a document that has just been read, keep the results, and put them into its doctree."""
        env = app.env
        docname = env.docname
        path = Path(env.doc2path(docname))
        shown_as = Path(os.path.relpath(path, app.srcdir)).as_posix()
        try:
            words = self._session.words if self._session else None
            document = collect(doctree, path, shown_as=shown_as, words=words)
            judged = ignore_in_files(self._judged(document), self._settings, Path(app.srcdir))
            attach(doctree, document, judged)
        except Exception as error:
            document = Document(shown_as, (), (), ())
            judged = DocumentResult(shown_as, (), (internal(top_of(shown_as), error),))
        if loses_text(doctree) or leaves_project(path, document):
            _domain(env).kept["doubtful"].append(docname)
        settle(doctree)
        for dependency in _files((*map(str, document.dependencies), *judged.dependencies)):
            env.note_dependency(dependency)
        if document.blocks or document.annotations or document.passages or judged.results or judged.diagnostics:
            _domain(env).store(docname, judged)
        if found := uses(doctree, document, judged):
            _domain(env).kept["uses"][docname] = found

    def _judged(self, document: Document) -> DocumentResult:
        """Return the results for a document; without a spec nothing is judged, and ``report`` says why."""
        if self._session is None:
            return DocumentResult(document.path, (), document.diagnostics)
        from sphinx_fsgs.present.pipeline import check_document

        return check_document(self._session, document)

    def _as_command(self, env: BuildEnvironment, docname: str) -> DocumentResult:
        """Return the results for a document that Sphinx could not read whole, as the command has them.

        Builders of pages leave such findings to Sphinx, which has already warned of the same.
        """
        path = Path(env.doc2path(docname))
        shown_as = Path(os.path.relpath(path, env.srcdir)).as_posix()
        if self._session is None:
            return DocumentResult(shown_as, (), ())
        from sphinx_fsgs.present.pipeline import check_file

        return ignore_in_files(check_file(self._session, path, shown_as), self._settings, Path(env.srcdir))

    def report(self, app: Sphinx, env: BuildEnvironment) -> Sequence[str]:
        """Report the findings of all documents, those that were not read in this build included."""
        documents = dict(_domain(env).all())
        if isinstance(app.builder, CheckBuilder):
            documents |= {name: self._as_command(env, name) for name in _domain(env).kept["doubtful"]}
        replay(app, [documents[name] for name in sorted(documents)], self._settings, self._broken)
        if isinstance(app.builder, CheckBuilder):
            app.builder.conclude(documents)
            return ()
        return _domain(env).listing_anew(f"{app.builder.name} {app.outdir}")


def _domain(env: BuildEnvironment) -> FsgsDomain:
    return cast(FsgsDomain, env.get_domain("fsgs"))


def loses_text(doctree: nodes.document) -> bool:
    """Return whether docutils complains of something that may have cost text, such as an include of nothing."""
    return any(int(message["level"]) >= _WARNING for message in doctree.findall(nodes.system_message))


def leaves_project(path: Path, document: Document) -> bool:
    """Return whether the document includes a file from outside of its project, which the command refuses to read."""
    return bool(document.dependencies) and not all(
        each.is_relative_to(project_of(path).resolve()) for each in document.dependencies
    )


def _files(paths: Sequence[str]) -> Iterator[str]:
    return (path for path in dict.fromkeys(paths) if os.path.isabs(path))


def replace_results(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace our nodes by standard ones for a builder that does not write html; catalogues get nothing of ours.

    Lists of examples are filled in for every builder.
    """
    for place in list(doctree.findall(fsgs_examples)):
        kept = _domain(app.env).kept["uses"]
        in_catalogue = app.builder.name == "gettext"
        _replace(place, [] if in_catalogue else listing(kept, place["stem"], app.builder, docname))
    if app.builder.format == "html":
        return
    for node in list(doctree.findall(fsgs_result)):
        shown = [] if app.builder.name == "gettext" else standard_nodes(node)
        _replace(node, shown)


def _replace(node: nodes.Element, new: list[Any]) -> None:
    at = node.parent.index(node)
    node.parent[at : at + 1] = new
