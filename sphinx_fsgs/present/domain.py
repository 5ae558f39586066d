"""The Sphinx domain ``fsgs``: its directives and roles, and what is kept of all documents between builds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, TypedDict, cast

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.domains import Domain, ObjType
from sphinx.util.nodes import make_refnode

from sphinx_fsgs.check.article import Article, Listing
from sphinx_fsgs.check.result import DocumentResult
from sphinx_fsgs.document.markup import DIRECTIVES, NAMING, ROLES, directive_class
from sphinx_fsgs.present.articles import anchor
from sphinx_fsgs.present.reference import REFERENCE_DIRECTIVES, REFERENCE_ROLES
from sphinx_fsgs.present.uses import Use, of_instruction

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.roles import XRefRole
    from sphinx.util.typing import RoleFunction

Thing = tuple[str, str, str]
"""What a document says all about: its kind, its name in the spec, and how it is called."""


class Data(TypedDict):
    """What is kept with the environment, most of it by document, and what it was computed with.

    ``doubtful`` are the documents of which Sphinx has lost text, or that go beyond their project: the command says so.
    ``shows`` are those that show something of the spec, ``things`` what they say all about, ``uses`` the examples and
    claims that run instructions. ``told`` keeps, for each builder and output folder, which of these each page listed.
    """

    version: int
    digest: str
    spec: str
    documents: dict[str, DocumentResult]
    doubtful: list[str]
    shows: list[str]
    things: dict[str, tuple[Thing, ...]]
    uses: dict[str, tuple[Use, ...]]
    told: dict[str, dict[str, str]]


class FsgsDomain(Domain):
    """Examples and claims about FS and GS, and the instructions, questions and processors that they are about."""

    name = "fsgs"
    label = "FS and GS"
    data_version = 3
    directives: ClassVar[dict[str, type[Directive]]] = {**DIRECTIVES, **REFERENCE_DIRECTIVES}
    roles: ClassVar[dict[str, RoleFunction | XRefRole]] = {**ROLES, **REFERENCE_ROLES}
    object_types: ClassVar[dict[str, ObjType]] = {
        "instruction": ObjType("instruction", "instruction"),
        "behaviour": ObjType("question on which processors differ", "behaviour"),
        "profile": ObjType("processor", "profile"),
        "definition": ObjType("function or procedure", "definition"),
        "index": ObjType("list", "index"),
    }
    initial_data: ClassVar[dict[str, object]] = {
        "digest": "",
        "spec": "",
        "documents": {},
        "doubtful": [],
        "shows": [],
        "things": {},
        "uses": {},
        "told": {},
    }

    @property
    def kept(self) -> Data:
        """The data of the domain, typed."""
        return cast(Data, self.data)

    def directive(self, name: str) -> type[Directive] | None:
        """Return the directive of that name; for one that is none of ours, what leads to a finding."""
        return super().directive(name) or directive_class(name)

    def clear_doc(self, docname: str) -> None:
        """Forget what is kept of a document that is read again or gone."""
        for part in (self.kept["documents"], self.kept["things"], self.kept["uses"]):
            cast("dict[str, object]", part).pop(docname, None)
        self.kept["doubtful"] = [name for name in self.kept["doubtful"] if name != docname]
        self.kept["shows"] = [name for name in self.kept["shows"] if name != docname]

    def merge_domaindata(self, docnames: Collection[str], otherdata: dict[str, object]) -> None:
        """Take over what is kept of the documents that another process has read."""
        others = cast(Data, otherdata)
        pairs = [(self.kept["documents"], others["documents"]), (self.kept["things"], others["things"])]
        for mine, theirs in cast("list[tuple[dict[str, object], dict[str, object]]]", pairs):
            mine.update((name, theirs[name]) for name in docnames if name in theirs)
        self.kept["uses"].update((name, others["uses"][name]) for name in docnames if name in others["uses"])
        self.kept["doubtful"] += [name for name in others["doubtful"] if name in docnames]
        self.kept["shows"] += [name for name in others["shows"] if name in docnames]

    def store(self, docname: str, judged: DocumentResult) -> None:
        """Keep the results of a document."""
        self.kept["documents"][docname] = judged

    def all(self) -> Iterable[tuple[str, DocumentResult]]:
        """Return the results of all documents, in the order of their names."""
        return sorted(self.kept["documents"].items())

    def made_with_spec(self) -> list[str]:
        """Return the documents that were checked against the spec, or show something of it."""
        return sorted({*self.kept["documents"], *self.kept["shows"]})

    def listing_anew(self, output: str) -> list[str]:
        """Return the pages whose list of examples is another than the one that was last written there.

        :param output: the builder and the folder that it writes to.
        """
        stems = {doc: [name for kind, name, _ in things if kind == "instruction"] for doc, things in self._listing()}
        titles = self.env.titles
        found = {doc: [of_instruction(self.kept["uses"], stem) for stem in names] for doc, names in stems.items()}
        now = {
            doc: repr([(titles.get(each), those) for part in parts for each, those in part.items()])
            for doc, parts in found.items()
        }
        now = {doc: hashlib.sha256(text.encode()).hexdigest() for doc, text in now.items()}
        before = self.kept["told"].get(output, {})
        self.kept["told"][output] = now
        return sorted(doc for doc, digest in now.items() if before.get(doc) != digest)

    def _listing(self) -> Iterator[tuple[str, tuple[Thing, ...]]]:
        things = self.kept["things"].items()
        return ((doc, those) for doc, those in things if any(kind == "instruction" for kind, *_ in those))

    # ---- what the spec says, and where ----

    def note_spec(self, docname: str) -> None:
        """Keep that a document shows something of the spec, so that it is read again when that changes."""
        if docname not in self.kept["shows"]:
            self.kept["shows"].append(docname)

    def note_article(self, docname: str, article: Article) -> None:
        """Keep that a document has the article, so that references to its subject lead there."""
        listed = (block.name for block in article.blocks() if isinstance(block, Listing) and block.name)
        things = ((article.kind, article.name, article.title), *(("definition", name, name) for name in listed))
        self.kept["things"][docname] = (*self.kept["things"].get(docname, ()), *things)

    def place_of(self, kind: str, name: str) -> tuple[str, str] | None:
        """Return the document that says all about something, and the id in it; None when there is none."""
        things = self.kept["things"]
        found = (doc for doc in sorted(things) if any(each[:2] == (kind, name) for each in things[doc]))
        docname = next(found, None)
        return None if docname is None else (docname, anchor(kind, name))

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield what documents say all about, for the inventory and the search."""
        for docname, things in sorted(self.kept["things"].items()):
            for kind, name, title in things:
                yield (name, title, kind, docname, anchor(kind, name), 1)

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Return the link to the page of something of the spec, or its words where no document says all about it."""
        place = self.place_of(typ, target)
        if place is None:
            return cast("nodes.reference", contnode)  # the name is right: it was looked up when the document was read
        return make_refnode(builder, fromdocname, *place, contnode)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Return the links for ``:any:``: what has that name and a page."""
        places = [(kind, self.place_of(kind, target)) for kind in NAMING]
        return [
            (f"{self.name}:{kind}", make_refnode(builder, fromdocname, *place, contnode))
            for kind, place in places
            if place is not None
        ]
