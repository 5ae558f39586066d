"""A project of Sphinx that dumps what ``collect`` finds in each of its documents."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains import Domain

from sphinx_fsgs.document.collect import collect
from sphinx_fsgs.document.markup import DIRECTIVES, ROLES, UnknownDirective, claim_role, fsgs_annotation, fsgs_claim
from tests.document.dump import dump

project = "dump"
root_doc = "nested"
exclude_patterns = ["parts"]


class FsgsDomain(Domain):
    name = "fsgs"
    label = "fsgs"
    directives = DIRECTIVES
    roles = ROLES

    def merge_domaindata(self, docnames, otherdata):
        """Nothing is kept in the domain."""

    def directive(self, name):
        return super().directive(name) or UnknownDirective

    def role(self, name):
        return super().role(name) or claim_role


def on_read(app: Sphinx, doctree: nodes.document) -> None:
    path = Path(app.env.doc2path(app.env.docname))
    found = dump(collect(doctree, path, shown_as=path.name))
    (Path(app.outdir) / f"{path.stem}.json").write_text(json.dumps(found), encoding="utf-8")


def setup(app: Sphinx) -> None:
    # Without visitors: Sphinx falls back on those of the bases, comment and inline.
    app.add_node(fsgs_annotation)
    app.add_node(fsgs_claim)
    app.add_domain(FsgsDomain)
    app.add_directive("fsgs", UnknownDirective)
    app.connect("doctree-read", on_read)
