"""Documentation of the x86 FS and GS machinery that is executed, proved, and fails the build where it is false.

List ``sphinx_fsgs`` in the ``extensions`` of a ``conf.py``, or use the command ``fsgs``. Importing this package
imports nothing else: Sphinx, docutils, Lark and the solver are loaded by those who need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__all__ = ["__version__", "setup"]

__version__ = "0.1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set the extension up in a Sphinx application; Sphinx calls this."""
    from sphinx_fsgs.present.sphinx import setup as setup_extension

    return setup_extension(app)
