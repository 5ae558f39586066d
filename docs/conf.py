"""Sphinx settings of this project's own manual, which is built with this project's own extension."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

from sphinx_fsgs import __version__

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))

project = "sphinx_fsgs"
author = "The sphinx_fsgs developers"
copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx_autodoc_typehints",
    "sphinx_fsgs",
    "api_pages",
    "disagreements",
    "navigation",
]
exclude_patterns = ["_build"]
fsgs_pages = "reference"  # a page for each instruction, question and processor
html_theme = "furo"
html_title = f"sphinx_fsgs {release}"

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"

# sphinx_autodoc_typehints calls what Sphinx 9 calls deprecated, once for each documented name.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"sphinx_autodoc_typehints\..*")

# It also tries what docutils and Sphinx import for type checkers only, which does not always exist at run time, and
# the methods that Lark's decorators replace.
suppress_warnings = [
    "sphinx_autodoc_typehints.forward_reference",
    "sphinx_autodoc_typehints.guarded_import",
    "sphinx_autodoc_typehints.local_function",
]

# Nothing is fetched while building, so that names of other projects lead nowhere; our own must resolve.
_FOREIGN = "|".join(
    map(
        re.escape,
        [*sorted(sys.stdlib_module_names), "Ellipsis", "docutils", "lark", "pygments", "pytest", "_pytest", "sphinx"],
    )
)
nitpick_ignore_regex = [
    ("py:class", "Evidence"),  # in a union Sphinx keeps the name of this alias of literals, and it has no page
    ("py:.*", rf"({_FOREIGN})(\..*)?"),
    ("py:.*", r"sphinx_fsgs\..*\._\w+"),  # private names in a signature
    ("py:.*", r"(sphinx_fsgs\..*\.)?[A-Z]"),  # type variables
]
