"""The Sphinx domain ``fsgs``: its directives and role, and the results of all documents between builds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, ClassVar, TypedDict, cast

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.domains import Domain

from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.document.markup import DIRECTIVES, ROLES, directive_class
from sphinx_fsgs.present.reference import REFERENCE_DIRECTIVES

if TYPE_CHECKING:
    from sphinx.roles import XRefRole
    from sphinx.util.typing import RoleFunction


class Data(TypedDict):
    """What is kept with the environment: results by document, and what they were computed with.

    ``doubtful`` are the documents of which Sphinx has lost text, or that go beyond their project: the command says so.
    """

    version: int
    digest: str
    spec: str
    documents: dict[str, DocumentResult]
    doubtful: list[str]


class FsgsDomain(Domain):
    """Examples and claims about FS and GS."""

    name = "fsgs"
    label = "FS and GS"
    data_version = 2
    directives: ClassVar[dict[str, type[Directive]]] = {**DIRECTIVES, **REFERENCE_DIRECTIVES}
    roles: ClassVar[dict[str, RoleFunction | XRefRole]] = dict(ROLES)
    initial_data: ClassVar[dict[str, object]] = {"digest": "", "spec": "", "documents": {}, "doubtful": []}

    @property
    def kept(self) -> Data:
        """The data of the domain, typed."""
        return cast(Data, self.data)

    def directive(self, name: str) -> type[Directive] | None:
        """Return the directive of that name; for one that is none of ours, what leads to a finding."""
        return super().directive(name) or directive_class(name)

    def clear_doc(self, docname: str) -> None:
        """Forget the results of a document that is read again or gone."""
        self.kept["documents"].pop(docname, None)
        self.kept["doubtful"] = [name for name in self.kept["doubtful"] if name != docname]

    def merge_domaindata(self, docnames: Collection[str], otherdata: dict[str, object]) -> None:
        """Take over the results of the documents that another process has read."""
        others = cast(Data, otherdata)
        self.kept["documents"].update(
            (name, others["documents"][name]) for name in docnames if name in others["documents"]
        )
        self.kept["doubtful"] += [name for name in others["doubtful"] if name in docnames]

    def resolve_any_xref(self, *_: object) -> list[tuple[str, nodes.reference]]:
        """Return nothing: the role of the domain is no reference."""
        return []

    def store(self, docname: str, judged: DocumentResult) -> None:
        """Keep the results of a document."""
        self.kept["documents"][docname] = judged

    def all(self) -> Iterable[tuple[str, DocumentResult]]:
        """Return the results of all documents, in the order of their names."""
        return sorted(self.kept["documents"].items())
