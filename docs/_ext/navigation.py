"""One tree of the whole manual for all pages of a folder of the reference.

The theme shows the tree of all pages on each of them, and Sphinx makes it anew each time: of three hundred pages that
costs more than all else. The pages of one of these folders stand beside each other and are many and alike, so they
share the tree of their index: open at the folder, with its title as the place where one is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

FOLDERS = ("behaviours", "diagnostics", "instructions", "profiles")
"""Below ``reference/``."""

_BEFORE_THE_THEME = 400

Tree = Callable[..., str]


class Trees:
    """The trees that have been made in one build."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}

    def share(
        self, app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
    ) -> None:
        """Let a page of one of the folders use the tree of the folder's index, where both are files in one folder."""
        folder, _, name = pagename.rpartition("/")
        make: Tree | None = getattr(app.builder, "_get_local_toctree", None)  # what the theme's own call leads to
        if make and app.builder.name == "html" and folder.removeprefix("reference/") in FOLDERS and name != "index":
            context["toctree"] = self._of(f"{folder}/index", make)

    def _of(self, index: str, make: Tree) -> Tree:
        def tree(**options: Any) -> str:
            key = (index, repr(sorted(options.items())))
            if key not in self._made:
                # A page leads to itself by "#", which is another page for those that share its tree.
                self._made[key] = make(index, **options).replace('href="#"', 'href="index.html"')
            return self._made[key]

        return tree


def setup(app: Sphinx) -> dict[str, bool]:
    """Share the trees."""
    app.connect("html-page-context", Trees().share, priority=_BEFORE_THE_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
