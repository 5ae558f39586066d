"""Which literal blocks of a document are C."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.document.model import Block, Document
from sphinx_fsgs.syntax.read_c import looks_like_c

NAMED = "c"
UNNAMED = frozenset({"", "none", "default", "text"})
"""What documents say of a block that may be anything."""


def is_c(block: Block) -> bool:
    """Return whether a literal block is C: by the language that the source names, else by its text."""
    return block.language == NAMED or (block.language in UNNAMED and looks_like_c(block.fragment.text))


def c_blocks(document: Document) -> Iterator[Block]:
    """Yield the literal blocks that are C and that nobody sets aside."""
    apart = {block.order for block in document.skipped}
    return (block for block in document.blocks if block.order not in apart and is_c(block))
