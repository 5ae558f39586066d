"""Which literal blocks of a document are C."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx_fsgs.document.model import Block, Document
from sphinx_fsgs.syntax.lexicon import Lexicon
from sphinx_fsgs.syntax.read_example import SIGN_OF_C


def c_blocks(document: Document, lexicon: Lexicon) -> Iterator[Block]:
    """Yield the literal blocks that are C and that nobody sets aside."""
    apart = {block.order for block in document.skipped}
    for block in document.blocks:
        if block.order in apart or not (block.language or SIGN_OF_C.search(block.fragment.text)):
            continue
        from sphinx_fsgs.syntax.language import language_of  # its patterns cost more than most documents need

        if language_of(block.fragment.text, block.language, lexicon) == "c":
            yield block
