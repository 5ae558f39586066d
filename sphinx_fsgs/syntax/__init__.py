"""Text to trees: frozen dataclasses with spans, never raw Lark trees.

Nothing here knows a processor: names are words until a :class:`~sphinx_fsgs.syntax.lexicon.Lexicon`,
handed in from above, says what they are.
"""
