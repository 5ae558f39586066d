"""Which literal blocks of a document are C."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.document.model import Block, Document
from sphinx_fsgs.syntax.language import language_of
from sphinx_fsgs.syntax.lexicon import Lexicon


def c_blocks(document: Document, lexicon: Lexicon) -> Iterator[Block]:
    """Yield the literal blocks that are C and that nobody sets aside."""
    apart = {block.order for block in document.skipped}
    for block in document.blocks:
        if block.order not in apart and language_of(block.fragment.text, block.language, lexicon) == "c":
            yield block
