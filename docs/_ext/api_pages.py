"""The directive ``layer``: the API of every public module of one layer, so that no module is left out.

A docstring may name what another module defines by its last part, as the code does that imports it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

PACKAGE = "sphinx_fsgs"


def modules_of(layer: str) -> list[str]:
    """Return the public modules of the package's folder ``layer``, or of the package itself for ``.``."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    found = root.glob("*.py") if layer == "." else (root / layer).rglob("*.py")
    names = [".".join([PACKAGE, *path.relative_to(root).with_suffix("").parts]) for path in sorted(found)]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


class Layer(SphinxDirective):
    """``.. layer:: machine`` documents the modules below ``sphinx_fsgs/machine``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of the modules."""
        modules = modules_of(self.arguments[0])
        packages = {name for name in modules if any(each.startswith(f"{name}.") for each in modules)}
        if not modules:
            raise self.error(f"no modules in layer {self.arguments[0]!r}")
        lines = [line for name in modules for line in _lines(name, name in packages)]
        source, _ = self.get_source_info()
        parent = nodes.Element()
        self.state.nested_parse(StringList(lines, source=source), self.content_offset, parent)
        return parent.children


def _lines(name: str, package: bool) -> tuple[str, ...]:
    """Return the rst for a module; what a package offers is described where its modules define it."""
    return (f".. rubric:: {name}", "", f".. automodule:: {name}", *(["   :no-members:"] * package), "")


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Node | None:
    """Return the link for a name that exactly one of our modules defines."""
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    found = {name for name, *_ in domain.get_objects() if name.endswith("." + node["reftarget"])}
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], found.pop(), node, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the resolver."""
    app.add_directive("layer", Layer)
    app.connect("missing-reference", resolve_short_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
