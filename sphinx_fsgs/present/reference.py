"""Directives and roles that show the spec itself: instructions, questions and processors, and what leads to them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.states import Inliner
from sphinx.util.docutils import SphinxDirective

from sphinx_fsgs.check.article import Article
from sphinx_fsgs.check.entries import articles
from sphinx_fsgs.check.entries.behaviour import behaviour_page
from sphinx_fsgs.check.entries.indexes import article_of_index
from sphinx_fsgs.check.entries.instruction import instruction_entry
from sphinx_fsgs.check.entries.profile import profile_page
from sphinx_fsgs.document.markup import NAMING, claim_role, kept, split_words
from sphinx_fsgs.present.articles import DOMAIN, Page, anchor, article_nodes, lead
from sphinx_fsgs.present.shown import KINDS
from sphinx_fsgs.spec.model import Spec

if TYPE_CHECKING:
    from sphinx_fsgs.present.domain import FsgsDomain


@functools.cache
def the_spec() -> Spec:
    """Return the spec of the installation."""
    return Spec()


class _SpecDirective(SphinxDirective):
    """One argument, which names something in the spec.

    Whatever else is written is kept as it is, for the reading of the document to report it as every host does.
    """

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    head: ClassVar[str]

    def run(self) -> list[nodes.Node]:
        """Return what is named as standard nodes."""
        name = None if self.content or not self.arguments else KINDS[self.head][1](the_spec(), self.arguments[0])
        if name is None:
            return kept(self)
        self.domain.note_spec(self.env.docname)
        return self.shown(name)

    def shown(self, name: str) -> list[nodes.Node]:
        """Return the nodes for what has that name in the spec."""
        raise NotImplementedError

    @property
    def domain(self) -> FsgsDomain:
        """The domain that the directive belongs to."""
        return cast("FsgsDomain", self.env.get_domain(DOMAIN))

    def page(self, sections: bool) -> Page:
        """Return the document that is being read."""
        return Page(self.state.document, self.env.docname, sections)


class OperationDirective(_SpecDirective):
    """``.. fsgs:operation:: LKGS``: how it is written, what it does, what it raises, who says so."""

    head = "operation"

    def shown(self, name: str) -> list[nodes.Node]:
        """Return the instruction."""
        return article_nodes(articles.of_operation(the_spec(), name), self.page(False), self.head)


class AnswersDirective(_SpecDirective):
    """``.. fsgs:answers:: null_selector_clears_base``: the question, and what each processor answers to it."""

    head = "answers"

    def shown(self, name: str) -> list[nodes.Node]:
        """Return the question with a table of its answers."""
        return article_nodes(articles.of_answers(the_spec(), name), self.page(False), self.head)


class _ArticleDirective(_SpecDirective):
    """All that is said of something. With ``:sections:`` the parts are sections, as on a page of its own."""

    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {"sections": directives.flag}

    def shown(self, name: str) -> list[nodes.Node]:
        """Return the whole article, which from now on is where references to its subject lead."""
        article = self.article(the_spec(), name)
        self.domain.note_article(self.env.docname, article)
        return article_nodes(article, self.page("sections" in self.options))

    def article(self, spec: Spec, name: str) -> Article:
        """Return the article on what has that name."""
        raise NotImplementedError


class InstructionDirective(_ArticleDirective):
    """``.. fsgs:instruction:: LKGS``: all that the spec says of it, and the examples that use it."""

    head = "instruction"

    def article(self, spec: Spec, name: str) -> Article:
        """Return the article on an instruction."""
        return articles.of_instruction(spec, instruction_entry(spec, name))


class BehaviourDirective(_ArticleDirective):
    """``.. fsgs:behaviour:: null_selector_clears_base``: a question, who asks it, and what processors answer."""

    head = "behaviour"

    def article(self, spec: Spec, name: str) -> Article:
        """Return the article on a question."""
        return articles.of_behaviour(spec, behaviour_page(spec, name))


class ProfileDirective(_ArticleDirective):
    """``.. fsgs:profile:: amd_zen3``: what CPUID says on a processor, and what it answers."""

    head = "profile"

    def article(self, spec: Spec, name: str) -> Article:
        """Return the article on a processor."""
        return articles.of_profile(spec, profile_page(spec, name))


class IndexDirective(_ArticleDirective):
    """``.. fsgs:index:: instructions``, or ``behaviours``, ``profiles``, ``procedures``: all of a kind."""

    head = "index"

    def article(self, spec: Spec, name: str) -> Article:
        """Return the list."""
        return article_of_index(spec, name)


REFERENCE_DIRECTIVES: dict[str, type[Directive]] = {
    each.head: each
    for each in (
        OperationDirective,
        AnswersDirective,
        InstructionDirective,
        BehaviourDirective,
        ProfileDirective,
        IndexDirective,
    )
}
"""The directives of the domain that only show the spec, by their name behind ``fsgs:``."""


def leading_role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    options: Mapping[str, object] | None = None,
    content: Sequence[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Make the reference of ``:fsgs:instruction:`LKGS``` or ``:fsgs:instruction:`words <LKGS>```, and its like.

    What names nothing is kept as it is, for the reading of the document to report it as every host does.
    """
    kind = name.lower().removeprefix(f"{DOMAIN}:")
    words, part = split_words(nodes.unescape(text))
    found = KINDS[kind][1](the_spec(), nodes.unescape(text)[part])
    if found is None:
        return claim_role(name, rawtext, text, lineno, inliner, options, content)
    env = inliner.document.settings.env
    cast("FsgsDomain", env.get_domain(DOMAIN)).note_spec(env.docname)
    return [lead(kind, found, words, env.docname)], []


REFERENCE_ROLES = dict.fromkeys(NAMING, leading_role)
"""The roles of the domain that lead to pages of the spec, by their name behind ``fsgs:``."""

__all__ = ["REFERENCE_DIRECTIVES", "REFERENCE_ROLES", "anchor", "the_spec"]
