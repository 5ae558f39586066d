"""What html builders write for our node, and the style of the pages that hold one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from sphinx_fsgs.present import html
from sphinx_fsgs.present.nodes import fsgs_result, names_of, results_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html import HTMLTranslator

STYLE = "fsgs.css"


def style_folder() -> Path:
    """Return the folder that html builders copy."""
    return Path(__file__).resolve().parent / "static"


def visit_result(translator: HTMLTranslator, node: fsgs_result) -> None:
    """Write the results, as much of them as the shape of the node asks for."""
    translator.body.append(_markup(node, str(translator.config["fsgs_show"])))
    raise nodes.SkipNode


def _markup(node: fsgs_result, show: str) -> str:
    results, names = results_of(node), names_of(node)
    if node["shape"] == "block":
        return "".join(html.render(result, bool(node["trace"]), names) for result in results)
    if show == "none" or not results:
        return ""
    return html.render_note(results, names) if node["shape"] == "note" else html.render_mark(results[0], names)


def depart_nothing(translator: HTMLTranslator, node: fsgs_result) -> None:
    """Do nothing: the visitor has written all."""


def add_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, object], doctree: nodes.document | None
) -> None:
    """Load the style on a page that holds a result or shows something of the spec, and on no other."""
    if doctree is not None and next(iter(doctree.findall(_is_ours)), None) is not None:
        app.add_css_file(STYLE)


def _is_ours(node: nodes.Node) -> bool:
    return isinstance(node, fsgs_result) or isinstance(node, nodes.container) and "fsgs-article" in node["classes"]
